"""Chains of additions as sums of many terms at once, whatever the order they were written in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from autograd.graph import Op
from autograd.jit.roll.scalars import Scalars
from autograd.ops.elementwise import add, neg, sub

Addends: TypeAlias = list[tuple[float, int]]
"""What is added up: a sign and a node each, in the order of the program."""

_SIGNS: dict[Op | None, tuple[float, ...]] = {add: (1.0, 1.0), sub: (1.0, -1.0), neg: (-1.0,)}


@dataclass(frozen=True)
class Sums:
    """`found`: the sums by the node that is their result. `steps`: the nodes on the way to them."""

    found: dict[int, Addends]
    steps: set[int]


def sums(program: Scalars) -> Sums:
    """All additions, subtractions and changes of sign, in sums as long as they can be.

    One whose result nothing but another addition uses, and only once, is a step on the way.
    """
    ops, args, uses = program.ops, program.args, program.uses
    linear = [node for node, op in enumerate(ops) if op in _SIGNS]
    added = [0] * len(ops)
    for node in linear:
        for arg in args[node]:
            added[arg] += 1
    steps = {node for node in linear if uses[node] == 1 == added[node]}
    found = {root: _addends(program, root, steps) for root in linear if root not in steps}
    return Sums(found, steps)


def _addends(program: Scalars, root: int, steps: set[int]) -> Addends:
    ops, args = program.ops, program.args
    addends = []
    stack = [(1.0, root)]
    while stack:
        sign, node = stack.pop()
        if node == root or node in steps:
            signs = _SIGNS[ops[node]]
            for n in range(len(signs) - 1, -1, -1):
                stack.append((sign * signs[n], args[node][n]))
        else:
            addends.append((sign, node))
    return addends
