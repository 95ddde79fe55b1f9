"""`Fault`: where NaN or infinity began, in words: operation, line, entry, path and fix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.diagnostics.advice import advice
from autograd.diagnostics.numbers import data_of, extent, what_is_not_finite
from autograd.engine.graph import Array, Node, ancestors
from autograd.engine.operations import Op
from autograd.lines import Line, line_of, user_line_of
from autograd.ops.op_types import Elementwise
from autograd.scopes import Scope, scopes

MOST_STEPS = 6


@dataclass(frozen=True)
class Fault:
    """An operation, or its derivative, that made a number that is not finite.

    operation: its name, and `backward` whether it is the derivative.
    made: what it computed, and from what.
    line: the user's line, where it is known; `library_line` the line of `nn` that it called.
    index: the creation number of the node.
    entry: which entry is the first that is not finite; () for a single number.
    at_entry: the computation at that entry, for elementwise operations; else "".
    way: the operations between it and the output, or those that computed its argument.
    advice: how to fix it, where that is known; else "".
    """

    operation: str
    backward: bool
    made: str
    line: Line | None
    library_line: Line | None
    index: int
    entry: tuple[int, ...]
    at_entry: str
    way: str
    advice: str

    @property
    def module(self) -> Scope | None:
        """The innermost module that it ran in, once that run has ended."""
        return next(reversed(scopes(self.index, self.index)), None)

    def __str__(self) -> str:
        operation = f"operation {self.operation!r}"
        rows = [f"{f'the derivative of {operation}' if self.backward else operation} {self.made}"]
        if self.line:
            rows += [f"{self.line.file}:{self.line.lineno}, in {self.line.function}"]
            rows += [f"    {self.line.text}"]
        if self.library_line:
            rows += [f"called from there, {self.library_line}: {self.library_line.text}"]
        if module := self.module:
            rows += [f"module {module.path} ({module.kind})" if module.path else module.kind]
        if self.at_entry:
            rows += [
                f"at entry {list(self.entry)}: {self.at_entry}" if self.entry else self.at_entry
            ]
        rows += [text for text in (self.way, self.advice) if text]
        return "\n  ".join(rows)


class NonFiniteError(FloatingPointError):
    """An operation or its derivative made NaN or infinity; `fault` says which, where and why."""

    def __init__(self, fault: Fault | None, message: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fault = fault

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.message, self.fault) if part)


def forward_fault(op: Op, args: tuple[Array, ...], made: Node, way: str) -> Fault:
    """`op(*args)` is `made`, which is not finite."""
    out = data_of(made)
    entry = first_not_finite(out)
    operands = _at(entry, out, args) if isinstance(op, Elementwise) else None
    return Fault(
        op.name,
        False,
        f"made {what_is_not_finite(out)} of {_extents(args)}",
        *_where(made),
        entry,
        "" if operands is None else f"{_call(op, operands)} = {out[entry]:.4g}",
        way,
        advice(op.name, False, _amount(args) if operands is None else operands, _makers(args)),
    )


def backward_fault(node: Node, g: Array, share: Array, way: str) -> Fault:
    """The derivative of `node` turned the cotangent `g` into `share`, which is not finite."""
    share, g = data_of(share), data_of(g)
    entry = first_not_finite(share)
    operands = None
    at_entry = ""
    undetermined = None
    if isinstance(node.op, Elementwise) and share.shape == node.shape:
        undetermined = float(g[entry]) if np.isnan(share[entry]) else None
        operands = _at(entry, share, node.args)
        at_entry = (
            f"the slope of {_call(node.op, operands)} times the cotangent {g[entry]:.4g} is "
            f"{share[entry]:.4g}"
        )
    return Fault(
        node.op.name,
        True,
        f"made {what_is_not_finite(share)} of a cotangent of {extent(g)}, where its arguments are "
        f"{_extents(node.args)}",
        *_where(node),
        entry,
        at_entry,
        way,
        advice(node.op.name, True, operands, _makers(node.args), undetermined),
    )


def data_fault(op: Op, arg: Array, made: Node) -> Fault:
    """`op` reads a NaN in `arg`, a leaf or a plain array."""
    data = data_of(arg)
    entry = first_not_finite(data)
    return Fault(
        op.name,
        False,
        f"was given {what_is_not_finite(data)}: it is in the data, and was not computed here",
        *_where(made),
        entry,
        f"{name_of(arg) if isinstance(arg, Node) else 'the array'} holds {data[entry]:.4g}",
        "",
        "look at the data, np.argwhere(np.isnan(x)): leave such rows out, or fill them in",
    )


def _where(node: Node) -> tuple[Line | None, Line | None, int]:
    line, inner = user_line_of(node), line_of(node)
    return line, None if inner == line else inner, node.index


def _extents(args: Sequence[Array]) -> str:
    return ", ".join(extent(x) for x in map(data_of, args) if x.size)


def first_not_finite(array: Any) -> tuple[int, ...]:
    """The index of the first entry that is NaN or infinite, in C order."""
    place = int(np.argmin(np.isfinite(array)))
    return tuple(int(i) for i in np.unravel_index(place, array.shape))


def way_to(output: Node, node: Node) -> str:
    """The operations that lead from `node` to `output`, in words; "" if they are the same."""
    before: dict[Node, Node] = {}
    for later in reversed(ancestors([output], first=node.index)):
        for arg in later.args:
            if isinstance(arg, Node) and (arg is node or arg in before):
                before.setdefault(later, arg)
    way = [output]
    while way[-1] is not node and way[-1] in before:
        way.append(before[way[-1]])
    steps = [step(node) for node in reversed(way[:-1])]
    return f"from there to the output: {_shortened(steps, ' → ')}" if steps else ""


def way_from(op: Op, args: Sequence[Array]) -> str:
    """The operations that computed the argument to blame, in words; "" if there is none.

    It is the divisor of a division, and otherwise the latest argument.
    """
    steps = []
    if op.name == "div" and isinstance(args[1], Node):
        args = args[1:]
    while nodes := [arg for arg in args if isinstance(arg, Node)]:
        node = max(nodes, key=lambda node: node.index)
        steps.append(step(node))
        args = node.args
        if len(steps) > MOST_STEPS:
            break
    return f"its argument came from: {' ← '.join(steps)}" if steps else ""


def step(node: Node) -> str:
    """A node in a few words: its label or operation, and its line if that is known."""
    line = user_line_of(node)
    return f"{name_of(node)} ({line})" if line else name_of(node)


def name_of(node: Node) -> str:
    """A node by its label, else by its operation, else by its kind and shape."""
    kind = f"{type(node).__name__} of shape {node.shape}" if node.shape else type(node).__name__
    return str(node.label or (node.op.name if node.op else f"a {kind}"))


def _shortened(steps: list[str], arrow: str) -> str:
    left_out = len(steps) - MOST_STEPS
    if left_out > 1:
        half = MOST_STEPS // 2
        steps = [*steps[:half], f"{left_out} more", *steps[-half:]]
    return arrow.join(steps)


def _amount(args: Sequence[Array]) -> list[float]:
    """How many numbers an operation reads, and the square of the largest."""
    data = [np.abs(data_of(arg)) for arg in args]
    with np.errstate(over="ignore"):
        largest = max((np.square(x.max()) for x in data if x.size), default=0.0)
    return [sum(x.size for x in data), float(largest)]


def _at(entry: tuple[int, ...], out: Any, args: Sequence[Array]) -> list[float]:
    """The arguments of an elementwise operation at one entry of its result."""
    return [np.broadcast_to(data_of(arg), out.shape)[entry].item() for arg in args]


def _call(op: Op, operands: Sequence[float]) -> str:
    """An operation on numbers as one writes it: `log(0)`, `1 / 0`."""
    numbers = [f"{x:.4g}" for x in operands]
    if len(numbers) == 2 and not op.symbol.isidentifier():
        return f" {op.symbol} ".join(numbers)
    return f"{op.name}({', '.join(numbers)})"


def _makers(args: Sequence[Array], depth: int = 3) -> set[str]:
    """The names of the operations that computed the arguments, some steps back."""
    names: set[str] = set()
    nodes = [arg for arg in args if isinstance(arg, Node) and arg.op is not None]
    for _ in range(depth):
        names.update(node.op.name for node in nodes)
        nodes = [parent for node in nodes for parent in node.parents if parent.op is not None]
    return names
