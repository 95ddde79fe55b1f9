"""What is done with arrays around a program of numbers, once the numbers stand in arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograd.jit.roll.origins import Origins
from autograd.jit.roll.scalars import Scalars
from autograd.jit.roll.views import read
from autograd.jit.terms import Term, Terms
from autograd.ops.structural import broadcast_op, concatenate_op


def put_in_place(
    terms: Terms, program: Scalars, outputs: Sequence[Term], rolled: Sequence[Term]
) -> list[Term]:
    """`outputs`, with all that depends on the wanted numbers made of `rolled` instead."""
    new = dict(zip(program.wanted, rolled, strict=True))
    origins = Origins()
    for term in program.after:
        assert term.op is not None
        args = [new.get(arg, arg) for arg in term.args]
        found = None
        if term.op is concatenate_op:
            found = _cut_out(terms, origins, args, term.settings["axis"])
        new[term] = found or terms.apply(term.op, args, **term.settings)
    return [new.get(output, output) for output in outputs]


def _cut_out(terms: Terms, origins: Origins, parts: Sequence[Term], axis: int) -> Term | None:
    """Parts of one array joined, as a part of it."""
    found = [origins.of(part) for part in parts]
    (base, _), *others = found
    if base in parts or any(other is not base for other, _ in others):
        return None
    places = np.concatenate([part for _, part in found], axis)
    whole = read(terms, base, places)
    if whole.shape != places.shape:
        whole = terms.apply(broadcast_op, [whole], shape=places.shape)
    return whole
