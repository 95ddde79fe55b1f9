"""Chains of additions as sums of many terms at once, whatever the order they were written in."""

from __future__ import annotations

from typing import TypeAlias

from autograd.jit.roll.scalars import Scalars
from autograd.ops.elementwise import add, neg, sub

Addends: TypeAlias = list[tuple[float, int]]
"""What is added up: a sign and a node each, in the order of the program."""

_SIGNS = {add: (1.0, 1.0), sub: (1.0, -1.0), neg: (-1.0,)}


def sums(program: Scalars) -> tuple[dict[int, Addends], set[int]]:
    """The sums by the node that is their result, and the nodes that are only steps on the way.

    A step on the way is an addition whose result nothing but another addition uses, and only once.
    """
    used_in_sums = [0] * len(program.ops)
    for op, args in zip(program.ops, program.args, strict=True):
        if op in _SIGNS:
            for arg in args:
                used_in_sums[arg] += 1
    steps = {
        node
        for node, op in enumerate(program.ops)
        if op in _SIGNS and program.uses[node] == 1 == used_in_sums[node]
    }
    found = {}
    for root, op in enumerate(program.ops):
        if op in _SIGNS and root not in steps:
            found[root] = _addends(program, root, steps)
    return found, steps


def _addends(program: Scalars, root: int, steps: set[int]) -> Addends:
    addends = []
    stack = [(1.0, root)]
    while stack:
        sign, node = stack.pop()
        if node == root or node in steps:
            signs = _SIGNS[program.ops[node]]
            stack += [
                (sign * s, arg)
                for s, arg in zip(reversed(signs), reversed(program.args[node]), strict=True)
            ]
        else:
            addends.append((sign, node))
    return addends
