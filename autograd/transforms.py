"""Functions of functions: from f to its derivatives. Thin faces of `backward` and `forward`.

A result is plain data, unless the arguments are nodes or f depends on other nodes: then it is a
node, and can be differentiated again. So these nest to any order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any, Literal, ParamSpec, TypeAlias, TypeVar

import numpy as np

from autograd import ops
from autograd.arguments import check_outputs, require_number, require_real
from autograd.batching.basis import on_basis
from autograd.engine.graph import Array, Node
from autograd.engine.linearize import Linearized
from autograd.engine.operations import interpreter, recording, using
from autograd.jit import jit
from autograd.ops.complex_parts import is_complex
from autograd.taylor import factorial, filled, stretch, taylor
from autograd.trees import flatten, map_tree
from autograd.wrap_util import wrap_nary_f

Argnums: TypeAlias = "int | Sequence[int]"
Function: TypeAlias = Callable[..., Any]
P = ParamSpec("P")
R = TypeVar("R")


def _linearized(
    name: str,
    f: Function,
    args: Sequence[Any],
    kwargs: dict[str, Any],
    argnums: Argnums,
    has_aux: bool = False,
) -> Linearized:
    try:
        run = Linearized(name, f, args, kwargs, argnums, has_aux)
    except (AttributeError, TypeError, ValueError) as error:
        for number, arg in enumerate(args):
            if isinstance(arg, list) and all(isinstance(x, float | int) for x in flatten(arg)[0]):
                error.add_note(
                    f"Argument {number} is a list of numbers, and a list is what the function "
                    "gets. Pass np.array([...]) where it computes with an array."
                )
        raise
    if name == "grad":
        require_number(name, run.result, run.outputs)
    check_outputs(name, run.inputs, run.outputs)
    return run


def value_and_grad(
    f: Callable[P, R], argnums: Argnums = 0, has_aux: bool = False, *, argnum: Argnums | None = None
) -> Callable[P, tuple[R, Any]]:
    """The function that gives f and its gradient ∂f/∂x in one forward and one backward pass.

    f: returns a single number, or with `has_aux=True` a pair (number, anything).
    argnums: which positional arguments to differentiate with respect to; a tuple gives a tuple of
        gradients. `argnum` is what HIPS autograd calls it.

    Arguments are floats, arrays, nodes, or nested dicts, lists and tuples of them; a gradient has
    the form of its argument, and None where that has None for a missing part. Raises TypeError or
    ValueError where f gives more than one number.

    >>> import numpy as np
    >>> from autograd import value_and_grad
    >>> value_and_grad(lambda p: p["a"] * p["b"] ** 2)({"a": 2.0, "b": 3.0})
    (18.0, {'a': 9.0, 'b': 12.0})
    """
    argnums = argnums if argnum is None else argnum
    return wrap_nary_f(f, value_and_grad, argnums)(_value_and_grad(f, argnums, has_aux))


def _value_and_grad(f: Callable[P, R], argnums: Argnums, has_aux: bool) -> Callable[P, Any]:
    def value_and_gradient(*args: P.args, **kwargs: P.kwargs) -> Any:
        run = _linearized("grad", f, args, kwargs, argnums, has_aux)
        gradient = run.rebuild(iter(run.pull({0: None})))
        value = run.unwrap(run.result)
        return ((value, run.unwrap(run.aux)), gradient) if has_aux else (value, gradient)

    return value_and_gradient


def grad(
    f: Callable[P, Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    argnum: Argnums | None = None,
) -> Callable[P, Any]:
    """The function that gives the gradient ∂f/∂x of f; with `has_aux`, (gradient, aux).

    Arguments as in `value_and_grad`.

    >>> from autograd import grad
    >>> grad(grad(lambda x: x**4))(2.0)
    48.0
    """
    argnums = argnums if argnum is None else argnum
    both = _value_and_grad(f, argnums, has_aux)

    @wrap_nary_f(f, grad, argnums)
    def gradient(*args: P.args, **kwargs: P.kwargs) -> Any:
        value, g = both(*args, **kwargs)
        return (g, value[1]) if has_aux else g

    return gradient


def elementwise_grad(
    f: Callable[P, Any], argnums: Argnums = 0, *, argnum: Argnums | None = None
) -> Callable[P, Any]:
    """The derivative of a function that works entry by entry: ∂ Σᵢ f(x)ᵢ / ∂x.

    >>> import numpy as np
    >>> from autograd import elementwise_grad
    >>> elementwise_grad(np.tanh)(np.array([0.0, 100.0]))
    array([1., 0.])
    """
    return _entry_by_entry(elementwise_grad, f, argnums if argnum is None else argnum)


def _entry_by_entry(operator: Function, f: Callable[P, Any], argnums: Argnums) -> Callable[P, Any]:
    name = operator.__name__

    @wrap_nary_f(f, operator, argnums)
    def gradient(*args: P.args, **kwargs: P.kwargs) -> Any:
        run = _linearized(name, f, args, kwargs, argnums)
        require_real(name, run.outputs)
        ones = {number: np.ones(ops.shape_of(out)) for number, out in enumerate(run.outputs)}
        return run.rebuild(iter(run.pull(ones)))

    return gradient


def derivative(f: Callable[P, R], n: int = 1) -> Callable[P, R]:
    """The n-th derivative of a function of one number, or entry by entry of an array.

    From the third on it is a coefficient of `taylor`, whose cost grows as n². Raises TypeError for
    an n that is no integer, and ValueError for a negative one.

    >>> from autograd import derivative
    >>> derivative(lambda x: x**5, 3)(2.0)
    240.0
    """
    if not isinstance(n, int | np.integer):
        raise TypeError(
            f"derivative: the order must be an integer, not of type {type(n).__name__}; the "
            "derivative at x is derivative(f)(x)"
        )
    if n < 0:
        raise ValueError(f"derivative: the order must be 0 or more, not {n}")
    nested = f
    for _ in range(n):
        nested = _entry_by_entry(derivative, nested, 0)
    if n <= 2:
        return nested
    step = stretch(n)

    @wraps(f)
    def high_derivative(x: Any, *args: Any, **kwargs: Any) -> Any:
        line = map_tree(partial(filled, step), x)
        *_, last = taylor(lambda x: f(x, *args, **kwargs), x, line, n)
        one = isinstance(last, Node | np.ndarray | np.generic | float)
        if not one or ops.shape_of(last) != ops.shape_of(x):
            return nested(x, *args, **kwargs)  # it does not work entry by entry
        return factorial(n, step) * last

    return high_derivative  # type: ignore[return-value]  # f takes x first


def vjp(f: Callable[..., R], *primals: Any) -> tuple[R, Callable[[Any], tuple[Any, ...]]]:
    """f(*primals), and the function from a cotangent of it to those of the primals: v ↦ vᵀ J.

    The cotangent has the form of the result; what comes back is a tuple, one entry per primal.

    >>> import numpy as np
    >>> from autograd import vjp
    >>> out, pullback = vjp(lambda x: x**2, np.array([1.0, 3.0]))
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 2., 60.]),)
    """
    run = _linearized("vjp", f, primals, {}, range(len(primals)))

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        seeds, _ = flatten(cotangent)
        if len(seeds) > len(run.outputs):
            seeds, _ = flatten(_of_present(cotangent, run.result))
        if len(seeds) > len(run.outputs):  # False is what JAX hands over for an integer's
            seeds = [seed for seed in seeds if np.result_type(seed).kind != "b" or np.any(seed)]
        if len(seeds) != len(run.outputs):
            raise ValueError(
                f"vjp: the result has {len(run.outputs)} parts, the cotangent {len(seeds)}; it "
                "must have the form of the result, with an array (no list of numbers) for an array"
            )
        return run.rebuild(iter(run.pull(dict(enumerate(seeds)))))

    return run.unwrap(run.result), pullback


def _of_present(cotangent: Any, result: Any) -> Any:
    """The cotangent with None where the result has None, a part that is missing."""
    if isinstance(cotangent, list | tuple | dict) and len(result) == len(cotangent):
        keys = result if isinstance(result, dict) else range(len(result))
        return [_of_present(cotangent[key], result[key]) for key in keys]
    return None if result is None else cotangent


def jvp(f: Callable[..., R], primals: Any, tangents: Any) -> tuple[R, R]:
    """f at `primals`, and its derivative in the direction `tangents`: t ↦ J t.

    primals, tangents: tuples with one entry per argument of f; a single argument that is not a
        tuple may be given as it is.

    >>> from autograd import jvp
    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 3.0)
    """
    if not isinstance(primals, tuple):
        primals, tangents = (primals,), (tangents,)
    run = _linearized("jvp", f, primals, {}, range(len(primals)))
    given, _ = flatten(tangents)
    if len(given) != len(run.inputs):
        raise ValueError(
            f"jvp: {len(run.inputs)} primals and {len(given)} tangents; the tangents must have the "
            "form of the primals, with an array (no list of numbers) for an array"
        )
    return run.unwrap(run.result), run.rebuild_output(iter(run.push(dict(enumerate(given)))))


def jacobian(
    f: Callable[P, Any],
    argnums: Argnums = 0,
    mode: Literal["auto", "forward", "reverse"] = "auto",
    *,
    argnum: Argnums | None = None,
) -> Callable[P, Any]:
    """The function that gives all ∂fᵢ/∂xⱼ, of shape f.shape + x.shape.

    mode: "reverse" takes one backward pass per entry of f, "forward" one forward pass per entry of
        x, and "auto" whichever are fewer. Within `jit` and `vmap` one pass serves all.

    Where f gives or takes nested dicts, lists and tuples, the result nests likewise: the form of f
    outside, that of its argument inside.

    An entry of a complex function of complex numbers is ∂f/∂z. Where there is none, since f is not
    holomorphic, TypeError is raised. That of a real function u is ∂u/∂x - i ∂u/∂y for z = x + iy.

    >>> import numpy as np
    >>> from autograd import jacobian
    >>> jacobian(lambda x: np.array([[0.0, 1.0], [2.0, 0.0]]) @ x)(np.array([5.0, 6.0]))
    array([[0., 1.],
           [2., 0.]])
    """
    if mode not in ("auto", "forward", "reverse"):
        raise ValueError(f"jacobian: mode is 'auto', 'forward' or 'reverse', not {mode!r}")
    argnums = argnums if argnum is None else argnum

    @wrap_nary_f(f, jacobian, argnums)
    def all_derivatives(*args: P.args, **kwargs: P.kwargs) -> Any:
        run = _linearized("jacobian", f, args, kwargs, argnums)
        n_out = sum(_size(out) for out in run.outputs)
        n_in = sum(node.size for node in run.inputs)
        opaque = any(getattr(node.op, "opaque", False) for node in run.order)
        in_reverse = n_out <= n_in or opaque if mode == "auto" else mode == "reverse"
        if in_reverse:
            rows = [_on_basis(run.pull, i, out, run.inputs) for i, out in enumerate(run.outputs)]
        else:
            columns = [_on_basis(run.push, j, x, run.outputs) for j, x in enumerate(run.inputs)]
            rows = [
                [
                    ops.moveaxis(column[i], range(x.ndim), range(-x.ndim, 0))
                    for column, x in zip(columns, run.inputs, strict=True)
                ]
                for i in range(len(run.outputs))
            ]
        return run.rebuild_output(run.rebuild(iter(row)) for row in rows)

    return all_derivatives


def _size(x: Array) -> int:
    return math.prod(ops.shape_of(x))


def _on_basis(
    linear: Callable[[dict[int, Array]], list[Array]],
    number: int,
    space: Array,
    targets: Sequence[Array],
) -> list[Array]:
    """The values of `linear` for the standard basis of `space`, whose axes come first.

    linear: `pull` or `push` of a run, of which `space` is the output or input of the number.

    In a compiled program all go through it in one pass; without, a pass each keeps memory small.
    A complex space has twice the dimensions: along 1 and along i.
    """
    along_one = _along(linear, number, space, targets, 1.0)
    if not is_complex(space):
        return along_one
    along_i = _along(linear, number, space, targets, 1j)
    return [_joined(*pair) for pair in zip(along_one, along_i, targets, strict=True)]


def _joined(along_one: Array, along_i: Array, target: Array) -> Array:
    """The derivative by complex numbers from those in the two directions."""
    if not is_complex(target):
        return along_one - along_i * 1j
    one, i = (np.asarray(getattr(x, "primal", x)) for x in (along_one, along_i))
    limit = np.finfo(one.dtype).eps ** 0.5 * np.abs(one).max(initial=0.0)
    if np.abs(i - 1j * one).max(initial=0.0) > limit:
        raise TypeError(
            "jacobian: the function is not holomorphic, so that no complex number is its "
            "derivative: take that of its real and its imaginary part"
        )
    return along_one


def _along(
    linear: Callable[[dict[int, Array]], list[Array]],
    number: int,
    space: Array,
    targets: Sequence[Array],
    unit: complex,
) -> list[Array]:
    """The values of `linear` for the standard basis times `unit`."""
    shape, size = ops.shape_of(space), _size(space)
    if not shape:
        return linear({number: np.multiply(np.ones(()), unit)})
    if interpreter().replayed and size > 1:
        return on_basis(lambda vector: linear({number: vector * unit}), space)
    passes = [linear({number: vector.reshape(shape)}) for vector in np.eye(size) * unit]
    return [
        ops.reshape(ops.array([parts[i] for parts in passes]), shape + ops.shape_of(target))
        if passes
        else np.zeros(shape + ops.shape_of(target))
        for i, target in enumerate(targets)
    ]


def hessian(
    f: Callable[P, Any], argnums: Argnums = 0, *, argnum: Argnums | None = None
) -> Callable[P, Any]:
    """The function that gives all ∂²f/∂xᵢ∂xⱼ of a function f that gives a single number.

    Its shape is x.shape + x.shape; for nested arguments it nests as `jacobian` of `grad` does.

    >>> import numpy as np
    >>> from autograd import hessian
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    argnums = argnums if argnum is None else argnum
    return wrap_nary_f(f, hessian, argnums)(jacobian(grad(f, argnums), argnums))


def hvp(f: Function, primals: Any, tangents: Any) -> Any:
    """The Hessian of f times a vector, at the cost of a few gradients: the derivative of the
    gradient in the direction `tangents`.

    primals, tangents: tuples with one entry per argument of f, and so is then the result; a single
        argument that is not a tuple may be given as it is, and so is then the result.

    >>> import numpy as np
    >>> from autograd import hvp
    >>> hvp(lambda x: x[0] ** 2 * x[1], np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    array([4., 2.])
    """
    argnums = range(len(primals)) if isinstance(primals, tuple) else 0
    return jvp(grad(f, argnums), primals, tangents)[1]


def source(f: Function, *args: Any, argnums: Argnums = 0, **kwargs: Any) -> str:
    """The program that computes f(*args, **kwargs) and its gradient, as a module of NumPy alone.

    argnums: which arguments to differentiate by, as in `value_and_grad`.

    A whole number to differentiate by counts as a real one; others are constants, as in `jit`.

    Its function `run` takes the numbers and arrays among the arguments one by one, then those that
    `f` reads from outside, and gives the value and the gradient, for arguments of the same shapes.
    Comments name the line of `f` that each part comes from, or is the gradient of. It is what
    `jit(value_and_grad(f)).source` gives, and refuses what that does. Raises TypeError for anything
    but a function, and without arguments.

    >>> from autograd import source
    >>> module = {}
    >>> exec(source(lambda x: x**3, 2.0), module)
    >>> module["run"](5.0)
    (125.0, 75.0)
    """
    if not callable(f):
        raise TypeError(f"source: a {type(f).__name__} is not a function: source(f, x)")
    if not args:
        raise TypeError("source: the code is for arguments of certain shapes: source(f, x)")
    wanted = [argnums] if isinstance(argnums, int) else argnums
    places = {k % len(args) for k in wanted}
    given = [float(x) if k in places and type(x) is int else x for k, x in enumerate(args)]
    text: str = jit(value_and_grad(f, argnums)).source(*given, **kwargs)
    return text


def no_grad() -> using:
    """Inside `with no_grad():` operations on nodes give nodes without a history.

    It saves the time and memory of recording where no derivative is wanted, and holds for the
    current thread only.

    >>> from autograd import Value, no_grad
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.parents
    ()
    """
    return recording(False)
