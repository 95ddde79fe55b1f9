"""The scalar program to be rolled: terms as numbered nodes, and who uses them.

Nothing is computed or changed here.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd.graph import Op
from autograd.jit.terms import Term, ordered
from autograd.ops.elementwise import identity, stop_gradient
from autograd.ops.kinds import Elementwise


class Scalars:
    """Terms that hold one of Python's numbers each, numbered so that arguments come first.

    `ops[n]` is None for a leaf: an input, a constant, or what comes from outside of the elementwise
    operations on numbers.
    """

    def __init__(self, outputs: Sequence[Term]) -> None:
        self.terms: list[Term] = []
        self.ops: list[Op | None] = []
        self.args: list[tuple[int, ...]] = []
        self.uses: list[int] = []
        number: dict[Term, int] = {}
        for term in ordered(outputs):
            if term.op in (identity, stop_gradient):  # of use only to who differentiates
                number[term] = number[term.args[0]]
                continue
            number[term] = len(self.terms)
            self.terms.append(term)
            self.ops.append(term.op)
            args = tuple([number[arg] for arg in term.args])
            self.args.append(args)
            self.uses.append(0)
            for arg in args:
                self.uses[arg] += 1
        self.outputs = [number[output] for output in outputs]
        for node in self.outputs:
            self.uses[node] += 1

    @property
    def operations(self) -> int:
        """How many numbers are computed."""
        return sum(op is not None for op in self.ops)


def is_scalar_program(outputs: Sequence[Term]) -> bool:
    """Whether numbers are all there is, and elementwise operations all that is done to them."""
    return all(
        term.scalar and (term.op is None or isinstance(term.op, Elementwise))
        for term in ordered(outputs)
    )
