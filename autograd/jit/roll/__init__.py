"""Rolling."""
from __future__ import annotations
from collections.abc import Sequence
from autograd.jit.terms import Term, Terms
from autograd.jit.roll.groups import Groups
from autograd.jit.roll.lower import Lowering
from autograd.jit.roll.scalars import Scalars, is_scalar_program


def rolled(terms: Terms, outputs: Sequence[Term], by_depth: bool = False) -> list[Term]:
    program = Scalars(outputs)
    groups = Groups(terms, program, by_depth)
    return Lowering(terms, groups).outputs()
