"""Loops as functions, with JAX's names and meaning: `scan`, `fori_loop` and `while_loop`.

They are loops in Python, for those who want to say that a program is one. So they differentiate in
both modes and to any order, and `jit` compiles them as it does all loops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import isqrt
from typing import Any, TypeVar, cast

import numpy as np

from autograd.engine.graph import Array, Node
from autograd.engine.operations import interpreter
from autograd.ops.structural import shape_of, stack
from autograd.recompute import checkpoint as recomputed
from autograd.trees import flatten, map_tree

Carry = TypeVar("Carry")


def scan(
    f: Callable[[Carry, Any], tuple[Carry, Any]],
    init: Carry,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    *,
    checkpoint: bool | int = False,
) -> tuple[Carry, Any]:
    """Carry a value through the rows of arrays, and stack what each step gives.

    It is this loop, with the results stacked along a first axis:

        for x in xs:
            carry, y = f(carry, x)
            ys.append(y)

    f: takes the carry and a row, and gives the next carry, of the same structure and shapes, and a
        result for `ys`. Both, and the rows, may be nested lists, tuples and dicts; a result may be
        None.
    init: the first carry.
    xs: arrays, or nested containers of arrays, with one first axis; f gets None where it is left
        out.
    length: the number of steps, where `xs` does not tell.
    reverse: go from the last row to the first; the results stay with their rows.
    checkpoint: keep intermediate results of a stretch of steps only while it is differentiated, and
        compute them again: so many steps, or as many as there are stretches. See `checkpoint`.

    Returns the last carry and the stacked results. Raises ValueError where first axes differ or a
    carry changes its structure or shape.

    >>> import numpy as np
    >>> from autograd import grad, scan
    >>> def total(xs):
    ...     return scan(lambda carry, x: (carry + x * x, carry), 0.0, xs)
    >>> total(np.array([1.0, 2.0, 3.0]))
    (np.float64(14.0), array([0., 1., 5.]))
    >>> grad(lambda xs: total(xs)[0])(np.array([1.0, 2.0, 3.0]))
    array([2., 4., 6.])
    """
    leaves, rebuild = flatten(xs)
    lengths = {_length(leaf) for leaf in leaves if leaf is not None}
    lengths |= set() if length is None else {length}
    if len(lengths) != 1:
        found = ", ".join(map(str, sorted(lengths)))
        raise ValueError(
            "scan: the arrays in `xs` and `length` must agree on the number of steps; "
            + (f"they are {found}" if lengths else "none of them is given")
        )
    (steps,) = lengths
    columns = [[None] * steps if leaf is None else _rows(leaf, steps) for leaf in leaves]
    rows = [rebuild(iter(row)) for row in zip(*columns, strict=True)]
    if not rows:
        example = rebuild(iter([None if x is None else np.zeros(shape_of(x)[1:]) for x in leaves]))
        parts, rebuild_y = flatten(f(init, example)[1])
        empty = [None if y is None else np.zeros((0, *shape_of(y))) for y in parts]
        return init, rebuild_y(iter(empty))
    if reverse:
        rows.reverse()
    check = _Check("scan", init)

    def run(carry: Carry, rows: Sequence[Any]) -> tuple[Carry, list[Any]]:
        ys = []
        for x in rows:
            carry, y = f(carry, x)
            check(carry)
            ys.append(y)
        return carry, ys

    carry, ys = init, []
    for stretch in _stretches(rows, checkpoint):
        carry, some = (recomputed(run) if checkpoint else run)(carry, stretch)
        ys += some
    if reverse:
        ys.reverse()
    _, rebuild_y = flatten(ys[0])
    parts_of_ys = zip(*[flatten(y)[0] for y in ys], strict=True)
    stacked = [None if column[0] is None else stack(column) for column in parts_of_ys]
    return carry, rebuild_y(iter(stacked))


def fori_loop(
    lower: int,
    upper: int,
    body: Callable[[int, Carry], Carry],
    init: Carry,
    *,
    checkpoint: bool | int = False,
) -> Carry:
    """`for i in range(lower, upper): value = body(i, value)`, from the value `init` on.

    body: gives a value of the same structure and shapes.
    checkpoint: as for `scan`.

    >>> from autograd import fori_loop, grad
    >>> grad(lambda x: fori_loop(0, 3, lambda i, y: y * x, 1.0))(2.0)
    12.0
    """
    check = _Check("fori_loop", init)

    def run(value: Carry, numbers: Iterable[int]) -> Carry:
        for i in numbers:
            value = body(i, value)
            check(value)
        return value

    value = init
    for stretch in _stretches(range(lower, upper), checkpoint):
        value = (recomputed(run) if checkpoint else run)(value, stretch)
    return value


def while_loop(
    condition: Callable[[Carry], Any], body: Callable[[Carry], Carry], init: Carry
) -> Carry:
    """`while condition(value): value = body(value)`, from the value `init` on.

    body: gives a value of the same structure and shapes.

    The derivative is that of the steps taken, forwards and in reverse. A compiled program is one
    number of steps; for others the function is recorded again.

    >>> from autograd import grad, while_loop
    >>> def square_root(x):
    ...     better = lambda y: 0.5 * (y + x / y)
    ...     return while_loop(lambda y: abs(y * y - x) > 1e-12, better, x)
    >>> round(grad(square_root)(4.0), 12)
    0.25
    """
    check = _Check("while_loop", init)
    value = init
    while condition(value):
        value = body(value)
        check(value)
    return value


class _Check:
    """Raises ValueError for a carry that is not like the first."""

    def __init__(self, name: str, init: Any) -> None:
        self._name = name
        self._shapes = map_tree(shape_of, init)

    def __call__(self, carry: Any) -> None:
        shapes = map_tree(shape_of, carry)
        if shapes != self._shapes:
            raise ValueError(
                f"{self._name}: what is carried on must keep its structure and shapes: it began "
                f"with {self._shapes}, and a step gave {shapes}"
            )


def _length(leaf: Any) -> int:
    shape = shape_of(leaf)
    if not shape:
        raise ValueError(
            f"scan: {leaf!r} in `xs` has no first axis to go along: give arrays, such as "
            "np.array([1.0, 2.0]) in place of [1.0, 2.0]"
        )
    return shape[0]


def _rows(x: Array, count: int) -> list[Any]:
    """The rows of an array. Those of a node are halves of halves of it: each by itself would have
    the whole array as its gradient.
    """
    if count < 2 or not isinstance(x, Node) or interpreter().replayed:
        return [x[n] for n in range(count)]
    middle, node = count // 2, cast(Any, x)
    return [*_rows(node[:middle], middle), *_rows(node[middle:], count - middle)]


def _stretches(items: Sequence[Any], checkpoint: bool | int) -> Iterable[Sequence[Any]]:
    """The items in stretches that are run again for their derivatives; all at once if none is."""
    size = isqrt(len(items)) if checkpoint is True else int(checkpoint) or len(items)
    if size < 0:
        raise ValueError(f"checkpoint={checkpoint}: the number of steps must be positive")
    return [items[n : n + max(size, 1)] for n in range(0, len(items), max(size, 1))]
