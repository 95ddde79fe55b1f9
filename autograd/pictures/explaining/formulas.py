"""A recorded graph and its derivatives as formulas, by the engine's own rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import sympy

from autograd.engine.graph import Node
from autograd.engine.operations import Op
from autograd.ops.complex_parts import is_complex
from autograd.ops.op_types import Elementwise
from autograd.pictures.explaining.symbolic import (
    NoFormulaError,
    Symbolic,
    cells,
    exact,
    expression,
    symbols,
)

__all__ = ["NoFormulaError", "exact", "formulas", "latex", "readable", "readable_value"]

ENTRIES = 12
"""Numbers that get a symbol each."""
LARGEST = 36
"""Entries of an array on the way."""
OPERATIONS = 500
"""Operations of a program, written out with each reused part as often as it is used."""
LONGEST = 150
"""Operations in a formula that can be read."""


_KERNELS: Mapping[str, Callable[..., Any]] = {
    "logsumexp": lambda x, axis, keepdims: np.log(np.exp(x).sum(axis, keepdims=keepdims)),
    "softmax": lambda x, axis: np.exp(x) / np.exp(x).sum(axis, keepdims=True),
    "log_softmax": lambda x, axis: x - np.log(np.exp(x).sum(axis, keepdims=True)),
}
"""As the definitions say, where the engine's own kernels look for the largest entry."""


def formulas(nodes: Sequence[Node], leaves: Mapping[Node, Any]) -> tuple[Any, dict[Node, Any]]:
    """The last of `nodes`, a single number, as an expression, and its derivatives.

    nodes: a history, in the order of creation.
    leaves: the symbols of each leaf to differentiate by, as an array of its shape. Other leaves
        count as the numbers that they hold. The derivatives are arrays of the same shapes.

    Raises NoFormulaError for an operation that there is no formula of, and for complex numbers.
    """
    if any(is_complex(x) for node in nodes for x in (node, *node.args)):
        raise NoFormulaError("it computes with complex numbers")
    with symbols():
        values = _forward(nodes, leaves)
        cotangents = _backward(nodes, values)
    derivatives = {}
    for leaf in leaves:
        found = cotangents.get(leaf, cells(0.0, leaf.shape))
        derivatives[leaf] = cells(found, leaf.shape)
        for place in np.ndindex(leaf.shape):
            derivatives[leaf][place] = expression(found[place])
    (value,) = values[nodes[-1]].flat
    return expression(value), derivatives


def readable(nodes: Sequence[Node], names: Mapping[Node, Any]) -> tuple[Any, dict[Node, Any]]:
    """The formula of the last of `nodes` and its derivatives, simplified, in real symbols.

    names: those of the entries of each leaf to differentiate by, as an array.

    Raises NoFormulaError, with a reason, for what is too large to be read or has no formula.
    """
    leaves = _symbols_of(nodes, names)
    formula, derivatives = formulas(nodes, leaves)
    for array in derivatives.values():
        for place, derivative in np.ndenumerate(array):
            array[place] = _simplified(derivative)
    return _simplified(formula), derivatives


def readable_value(nodes: Sequence[Node], names: Mapping[Node, Any]) -> Any:
    """The formula of the last of `nodes` alone; otherwise as `readable`."""
    leaves = _symbols_of(nodes, names)
    with symbols():
        (value,) = _forward(nodes, leaves)[nodes[-1]].flat
    return _simplified(expression(value))


def _symbols_of(nodes: Sequence[Node], names: Mapping[Node, Any]) -> dict[Node, Any]:
    """Real symbols for the entries of the leaves; NoFormulaError where they would be too many."""
    entries = sum(array.size for array in names.values())
    if entries > ENTRIES:
        raise NoFormulaError(f"its arguments have {entries:,} entries, which is too many")
    operations = _written_out(nodes)
    if operations > OPERATIONS:
        count = f"{operations:,.0f}" if operations < 1e6 else f"{operations:.4g}"
        raise NoFormulaError(f"it has {count} operations, which is too many")
    leaves = {}
    for leaf, array in names.items():
        leaves[leaf] = np.empty(array.shape, object)
        for place, name in np.ndenumerate(array):
            leaves[leaf][place] = sympy.Symbol(name, real=True)
    return leaves


def latex(x: Any) -> str:
    """An expression, or the name of a symbol, in LaTeX."""
    text: str = sympy.latex(sympy.Symbol(x) if isinstance(x, str) else x)
    return text


def _written_out(nodes: Sequence[Node]) -> float:
    """About how many operations the formula of the last node has."""
    sizes: dict[Node, float] = {}
    for node in nodes:
        sizes[node] = float(node.op is not None) + sum(
            sizes[arg] * max(arg.size / max(node.size, 1), 1) for arg in node.parents
        )
    return sizes[nodes[-1]]


def _simplified(formula: Any) -> Any:
    operations = int(formula.count_ops())
    if operations > LONGEST:
        raise NoFormulaError(f"a formula of it has {operations:,} operations, which is too many")
    return min(formula, sympy.simplify(formula), key=sympy.count_ops)


def _forward(nodes: Sequence[Node], leaves: Mapping[Node, Any]) -> dict[Node, Any]:
    values: dict[Node, Any] = {}
    for node in nodes:
        if node.size > LARGEST:
            raise NoFormulaError(f"an array in it has {node.size:,} entries")
        if node in leaves:
            values[node] = cells(None, node.shape)
            for place in np.ndindex(node.shape):
                values[node][place] = Symbolic(leaves[node][place])
        elif node.op is None:
            values[node] = np.asarray(node.primal).astype(object)
        else:
            values[node] = _result(node, _arguments(node, values))
    return values


def _backward(nodes: Sequence[Node], values: Mapping[Node, Any]) -> dict[Node, Any]:
    cotangents: dict[Node, Any] = {nodes[-1]: cells(1.0, nodes[-1].shape)}
    for node in reversed(nodes):
        if node not in cotangents:
            continue
        for argnum, arg in enumerate(node.args):
            if isinstance(arg, Node):
                args = _arguments(node, values)
                share = _share(node, argnum, cotangents[node], values[node], args)
                if share is not None:
                    share = _fitted(share, arg.shape)
                    held = cotangents.get(arg)
                    cotangents[arg] = cells(share if held is None else held + share, arg.shape)
    return cotangents


def _arguments(node: Node, values: Mapping[Node, Any]) -> tuple[Any, ...]:
    return tuple(values[arg] if isinstance(arg, Node) else arg for arg in node.args)


def _result(node: Node, args: tuple[Any, ...]) -> Any:
    op = node.op
    if not isinstance(op, Elementwise):
        kernel = _KERNELS.get(op.name, op.kernel)
        with _there_may_be_none(op):
            return cells(kernel(*map(_lifted, args), **node.settings), node.shape)
    result = cells(None, node.shape)
    for place, entries in _entries(args, node.shape):
        result[place] = op(*entries)
    return result


def _share(node: Node, argnum: int, g: Any, out: Any, args: tuple[Any, ...]) -> Any:
    op = node.op
    if not isinstance(op, Elementwise):
        with _there_may_be_none(op):
            return op.vjp(argnum, _lifted(g), out, tuple(map(_lifted, args)), node.settings)
    share = cells(None, node.shape)
    for place, entries in _entries(args, node.shape):
        local = op.local(argnum, out[place], entries)
        if local is None:
            return None
        share[place] = g[place] * local
    return share


def _entries(
    args: tuple[Any, ...], shape: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], tuple[Any, ...]]]:
    """The entries of the arguments that go together, place by place; constants as plain numbers."""
    arrays = [np.broadcast_to(np.asarray(arg, object), shape) for arg in args]
    for place in np.ndindex(shape):
        yield place, tuple(array[place] for array in arrays)


def _lifted(x: Any) -> Any:
    """An array of symbols and numbers as one of symbolic nodes alone."""
    if not isinstance(x, np.ndarray) or x.dtype != object:
        return x
    lifted = cells(None, x.shape)
    for place in np.ndindex(x.shape):
        lifted[place] = Symbolic(expression(x[place]))
    return lifted


@contextmanager
def _there_may_be_none(op: Op) -> Iterator[None]:
    """Not every operation on whole arrays can do with symbols."""
    try:
        yield
    except NoFormulaError:
        raise
    except Exception as error:
        raise NoFormulaError(f"{op.name} has none") from error


def _fitted(share: Any, shape: tuple[int, ...]) -> Any:
    """A cotangent summed over the axes of a broadcast; see `backward.project`."""
    share = share if isinstance(share, np.ndarray) else cells(share, ())
    if share.shape == shape:
        return share
    if share.ndim < len(shape):
        return np.broadcast_to(share, shape)
    extra = share.ndim - len(shape)
    broadcast = (
        axis + extra for axis, size in enumerate(shape) if size != share.shape[axis + extra]
    )
    return np.add.reduce(share, axis=(*range(extra), *broadcast), keepdims=True).reshape(shape)
