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

OF_NODES = {
    **dict.fromkeys(("requires_grad", "requires_grad_", "retain_grad"), _CONSTANT),
    **dict.fromkeys(("to", "cpu", "cuda", "device"), _NO_DEVICE),
    **dict.fromkeys(("float", "double", "half", "type"), "write x.astype(np.float32)"),
    **dict.fromkeys(("is_leaf", "grad_fn"), "x.op is the operation, and None for a leaf"),
    "zero_grad": "write x.grad = None (0.0 for a Value)",
    "clone": "no operation changes its argument, so x itself will do",
    "detach_": "write x = x.detach()",
    "view": "write x.reshape(2, 3)",
    "permute": "write x.transpose(1, 0)",
    "unsqueeze": "write np.expand_dims(x, 0)",
    "abs": "write np.abs(x), or abs(x)",
    "norm": "write np.linalg.norm(x)",
    "matmul": "write x @ y",
    "numel": "x.size is the number of entries",
    "dim": "x.ndim is the number of axes",
}

OF_THE_PACKAGE = {
    **dict.fromkeys(("tensor", "Variable", "as_tensor"), "write Tensor(x), or the plain array x"),
    "enable_grad": "gradients are recorded outside `with no_grad():`",
    "set_grad_enabled": "`with no_grad():` is a block without gradients",
    "functional": "grad, vjp, jvp, jacobian and hessian are here",
    "backward": "write loss.backward()",
}


def missing_attribute(kind: str, name: str) -> str:
    """The message about an attribute that a node does not have, with what to write instead."""
    habit = OF_NODES.get(name, "")
    if not habit and name.endswith("_") and not name.startswith("_"):
        habit = _NO_IN_PLACE
    return f"{kind!r} object has no attribute {name!r}" + (f": {habit}" if habit else "")


class Habit:
    """An attribute that can neither be read nor set, with a message that says why."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, node: Any, owner: type) -> NoReturn:
        kind = owner.__name__ if node is None else type(node).__name__
        raise AttributeError(missing_attribute(kind, self._name))

    def __set__(self, node: Any, value: Any) -> NoReturn:
        raise AttributeError(missing_attribute(type(node).__name__, self._name))
