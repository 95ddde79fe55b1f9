"""How what other libraries write is written here, for the messages of missing attributes."""

from __future__ import annotations

from typing import Any, NoReturn

_CONSTANT = (
    "every Tensor and Value is differentiated, and what is constant is a plain array or number"
)
_NO_DEVICE = "the data are NumPy arrays in main memory, so there is nothing to move: leave it out"
_NO_IN_PLACE = (
    "no operation changes its argument: write x = x + 1, or p.data = p.data - lr * p.grad of a leaf"
)

_IN_PLACE = (
    *("add_", "clamp_", "clip_", "copy_", "div_", "exp_", "fill_", "log_", "mul_", "neg_", "pow_"),
    *("relu_", "sigmoid_", "sqrt_", "sub_", "tanh_", "zero_"),
)

OF_NODES = {
    **dict.fromkeys(_IN_PLACE, _NO_IN_PLACE),
    **dict.fromkeys(("requires_grad", "requires_grad_", "retain_grad"), _CONSTANT),
    **dict.fromkeys(("to", "cpu", "cuda", "device", "is_cuda"), _NO_DEVICE),
    **dict.fromkeys(("float", "double", "half", "type"), "write x.astype(np.float32)"),
    **dict.fromkeys(("is_leaf", "grad_fn", "creator"), "x.op is the operation, None for a leaf"),
    **dict.fromkeys(("zero_grad", "null_grad"), "write x.grad = None (0.0 for a Value)"),
    "_backward": "loss.backward() goes through the graph, and step(loss) shows it node by node",
    "constant": _CONSTANT,
    **dict.fromkeys(("clone", "copy"), "no operation changes its argument, so x itself will do"),
    **dict.fromkeys(("contiguous", "block_until_ready"), "it always is: leave it out"),
    **dict.fromkeys(("add", "sub", "mul", "div", "pow"), "write x + y, x * y, x**y, ..."),
    **dict.fromkeys(("mm", "bmm", "matmul"), "write x @ y"),
    **dict.fromkeys(("eq", "ne", "gt", "ge", "lt", "le"), "write x == y, x > y, ..."),
    **dict.fromkeys(("clamp", "clamp_min", "clamp_max"), "write x.clip(0, None)"),
    **dict.fromkeys(("softmax", "log_softmax", "logsumexp"), "the functions are autograd's"),
    **dict.fromkeys(("expand", "expand_as"), "write np.broadcast_to(x, shape)"),
    **dict.fromkeys(("chunk", "split", "narrow", "unbind"), "write np.split(x, 2), or x[:2]"),
    **dict.fromkeys(("scatter", "scatter_", "index_add_"), "write x.at[i].set(y), or .add(y)"),
    **dict.fromkeys(("long", "int", "bool"), "write x.numpy().astype(int), a plain array"),
    **dict.fromkeys(("new_zeros", "new_ones"), "write np.zeros(x.shape, x.dtype)"),
    **dict.fromkeys(("sort", "topk"), "write np.sort(x), or np.argsort(x)"),
    "masked_fill": "write np.where(mask, value, x)",
    "gather": "write np.take_along_axis(x, i, axis)",
    "index_select": "write np.take(x, i, axis)",
    "register_hook": "gradients(loss, x) is the gradient with respect to any node",
    "assign": "write x.data = new",
    "t": "write x.T",
    "detach_": "write x = x.detach()",
    "view": "write x.reshape(2, 3)",
    "permute": "write x.transpose(1, 0)",
    "unsqueeze": "write np.expand_dims(x, 0)",
    "abs": "write np.abs(x), or abs(x)",
    "norm": "write np.linalg.norm(x)",
    "numel": "x.size is the number of entries",
    "dim": "x.ndim is the number of axes",
}

OF_THE_PACKAGE = {
    **dict.fromkeys(
        ("tensor", "Variable", "as_tensor", "from_numpy"), "write Tensor(x), or the plain array x"
    ),
    **dict.fromkeys(("ones", "eye", "arange", "float32", "float64"), "plain arrays are NumPy's"),
    **dict.fromkeys(("randn", "rand"), "use NumPy's generators, np.random.default_rng(0)"),
    **dict.fromkeys(("cuda", "device"), _NO_DEVICE),
    **dict.fromkeys(("nn", "optim"), "`import nn` has the layers and optimisers"),
    **dict.fromkeys(("save", "load"), "nn.save(model, path) and nn.load(path), or np.savez"),
    "inference_mode": "`with no_grad():` is a block without gradients",
    "pmap": "write vmap(f), which computes on one processor",
    "cat": "write np.concatenate([x, y])",
    "mm": "write x @ y",
    "clamp": "write x.clip(0, 1)",
    "is_tensor": "write isinstance(x, Tensor)",
    "autograd": "gradients(y, x), and grad(f), are here",
    "GradientTape": "grad(f), or loss.backward() of Tensors; nothing is recorded by hand",
    **dict.fromkeys(("custom_jvp", "custom_vjp", "Function"), "custom_op defines an operation"),
    **dict.fromkeys(("jacfwd", "jacrev"), 'write jacobian(f); mode="forward" goes forward'),
    **dict.fromkeys(("debug_nans", "set_detect_anomaly"), "write `with debug():`"),
    **dict.fromkeys(
        ("make_jaxpr", "eval_shape"), "jit(f).source(x) is the program with its shapes"
    ),
    **dict.fromkeys(("manual_seed", "random"), "use NumPy's generators, np.random.default_rng(0)"),
    **dict.fromkeys(
        ("tree", "tree_map", "tree_util"),
        "arguments may be nested dicts, lists and tuples; autograd.misc.flatten flattens them",
    ),
    "linearize": "vjp(f, x) and jvp(f, (x,), (t,)) are linear in the cotangent and the tangent",
    "lax": "scan, fori_loop, while_loop and stop_gradient are here",
    "remat": "write checkpoint(f)",
    "gradcheck": "write check_grads(f, x)",
    "compile": "write jit(f)",
    "no_autodiff": "`with no_grad():` is a block without gradients",
    "enable_grad": "gradients are recorded outside `with no_grad():`",
    "set_grad_enabled": "`with no_grad():` is a block without gradients",
    "functional": "grad, vjp, jvp, jacobian and hessian are here",
    "func": "grad, vjp, jvp, jacobian and hessian are here",
    "backward": "write loss.backward()",
}


class Habit:
    """An attribute that can neither be read nor set, with a message that says what to write.

    A `__getattr__` would do the same for all at once, and make every attribute of a node slower to
    read: operations on numbers would take a quarter longer.
    """

    def __init__(self, name: str, habit: str) -> None:
        self._message = f"object has no attribute {name!r}: {habit}"

    def __get__(self, thing: Any, owner: type) -> NoReturn:
        raise AttributeError(f"{owner.__name__!r} {self._message}")

    def __set__(self, thing: Any, value: Any) -> NoReturn:
        raise AttributeError(f"{type(thing).__name__!r} {self._message}")
