"""Arguments and results of the functions that are differentiated: which, of what kind, and the
errors for what cannot be.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from contextvars import ContextVar, Token
from typing import Any

import numpy as np

from autograd import ops
from autograd.convert import PlainArrayError
from autograd.engine.graph import Node, ancestors, between
from autograd.engine.operations import interpreter
from autograd.frames import stacklevel_of_caller
from autograd.ops.complex_parts import is_complex


def choose(
    name: str, args: Sequence[Any], argnums: int | Sequence[int]
) -> tuple[Any, Callable[[Any], list[Any]]]:
    """The arguments numbered `argnums`, and the function that puts others in their place.

    One number chooses an argument, a sequence a tuple of them. Raises ValueError for numbers that
    name no argument, or one twice.
    """
    if argnums == 0 and args:
        return args[0], lambda new: [new, *args[1:]]
    if argnums == range(len(args)):
        return tuple(args), list
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for number in numbers:
        if not -len(args) <= number < len(args):
            raise ValueError(
                f"{name}: argnums names argument {number}, and the function was called with "
                f"{len(args)} positional arguments"
            )
    if len({number % len(args) for number in numbers}) != len(numbers):
        raise ValueError(f"{name}: argnums {argnums} names an argument twice")

    def replace(new: Any) -> list[Any]:
        call = list(args)
        for number, arg in zip(numbers, (new,) if isinstance(argnums, int) else new, strict=True):
            call[number] = arg
        return call

    chosen = tuple(args[number] for number in numbers)
    return chosen[0] if isinstance(argnums, int) else chosen, replace


NODE_MAKERS: dict[type, Callable[[Any], Node]] = {}
"""For types of arguments beside numbers and arrays, what makes a node of one."""


_NUMBERS = (float, int)
_ARRAYS = (np.ndarray, np.generic, complex)


def fresh(name: str, leaf: Any) -> Node:
    """A node for an argument: the start of the derivative, so that nested ones do not mix."""
    if isinstance(leaf, Node):  # of integers only where operations are replayed on other numbers
        return ops.identity(ops.as_real(leaf))
    if (make := NODE_MAKERS.get(type(leaf))) is not None:
        return make(leaf)
    if isinstance(leaf, _NUMBERS) and not isinstance(leaf, bool):
        return _variable(Node.number(leaf))
    if isinstance(leaf, _ARRAYS):
        return _variable(Node.array(leaf))
    raise TypeError(
        f"{name}: cannot differentiate with respect to {leaf!r} of type {type(leaf).__name__}; "
        "arguments are numbers, arrays, nodes, or nested lists, tuples and dicts of them "
        "(argnums chooses which arguments)"
    )


def _variable(leaf: Node) -> Node:
    """The leaf; while a program is recorded, a result, which is not taken for a constant."""
    return ops.identity(leaf) if interpreter().replayed else leaf


_runs: ContextVar[tuple[list[Node], ...]] = ContextVar("runs", default=())
"""The inputs of the functions that are being differentiated, outermost first."""


class differentiating:
    """A block that runs a function, to differentiate it with respect to the nodes in a list."""

    def __enter__(self) -> list[Node]:
        inputs: list[Node] = []
        self.token: Token[tuple[list[Node], ...]] = _runs.set((*_runs.get(), inputs))
        return inputs

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        _runs.reset(self.token)
        if error and isinstance(error.__cause__, PlainArrayError):
            error.args = error.__cause__.args  # NumPy hides it behind a sentence of its own


def is_differentiated(node: Node) -> bool:
    """Whether a function is being differentiated by what `node` was computed from."""
    inputs = [x for run in _runs.get() for x in run]
    if not inputs:
        return False
    first = min([x.index for x in inputs])
    return node in between(inputs, ancestors([node], first))[1]


def real(x: Any) -> Any:
    """A number as a float, an array in its floating-point type, or as float64; a node as it is."""
    if isinstance(x, Node):
        return x
    if isinstance(x, float | int) and not isinstance(x, np.generic):
        return float(x)
    array = np.asarray(x)
    return array if array.dtype.kind in "fc" else array.astype(float)


def split_aux(name: str, result: Any) -> tuple[Any, Any]:
    """The output to differentiate, and what the function returns beside it."""
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(f"{name}: with has_aux=True the function must return (output, aux)")
    return result


def plain(leaf: Any) -> Any:
    """The plain data of a node, which may be written to; anything else as it is."""
    if not isinstance(leaf, Node) or isinstance(leaf, Node.number):
        return getattr(leaf, "primal", leaf)
    return (leaf.primal if leaf.primal.flags.writeable else leaf.primal.copy())[()]


_DATA = (Node, float, int, complex, np.ndarray, np.generic)


def check_outputs(name: str, inputs: Sequence[Node], outputs: Sequence[Any]) -> None:
    """Warn of a result that no input has a part in, as HIPS autograd does; TypeError where it is an
    array with labels, which might hold nodes.

    Not where it is a node of the function's own: the derivative of a step is zero, and so is that
    of a derivative that is constant.
    """
    has_part = not inputs
    for out in outputs:
        if isinstance(out, Node):
            has_part = has_part or out.index >= inputs[0].index
        elif not isinstance(out, _DATA) and hasattr(out, "__array__"):
            raise TypeError(
                f"{name}: the function returned a {type(out).__name__}, and nodes inside of it "
                "have no derivative: return a node, such as x * a.values for x * a"
            )
    if not has_part:
        warnings.warn(
            f"Output seems independent of input: {name} gives zeros. (A number that .item(), "
            ".data or .numpy() took out of a node is a constant.)",
            stacklevel=stacklevel_of_caller(),
        )


def require_number(name: str, result: Any, outputs: Sequence[Any]) -> None:
    """Raise TypeError or ValueError for a result other than one real number: it has no gradient."""
    require_size(name, result, outputs)
    require_real(name, outputs)


def require_size(name: str, result: Any, outputs: Sequence[Any]) -> None:
    """Raise TypeError or ValueError for a result that is not one number, real or complex."""
    if len(outputs) != 1 or not isinstance(outputs[0], _DATA):
        raise TypeError(
            f"{name}: the function must return a single number, and it returned "
            f"{_describe(result)}; for several results use jacobian or vjp"
        )
    if isinstance(outputs[0], bool) or getattr(outputs[0], "dtype", None) == np.dtype(bool):
        raise TypeError(f"{name}: the function returned a truth value, which has no derivative")
    shape = ops.shape_of(outputs[0])
    if math.prod(shape) != 1:
        raise ValueError(
            f"{name}: the function must return a single number, and it returned shape "
            f"{shape}: reduce it (.sum(), .mean()), or use jacobian, elementwise_grad or vjp"
        )


def require_real(name: str, outputs: Sequence[Any]) -> None:
    """Raise TypeError for complex results, which have no gradient."""
    if any(map(is_complex, outputs)):
        raise TypeError(
            f"{name}: the function must return real numbers, and it returned complex ones: take "
            "their real parts or absolute values, or use holomorphic_grad, jacobian or vjp"
        )


def _describe(result: Any) -> str:
    if isinstance(result, list | tuple | dict):
        return f"a {type(result).__name__} of {len(result)}"
    return "None (is a `return` missing?)" if result is None else f"a {type(result).__name__}"
