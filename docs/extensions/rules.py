"""The local derivatives of elementwise operations as formulas, from the engine's own rules."""

from __future__ import annotations

import inspect
from functools import cache

import sympy

from autograd.ops.op_types import Elementwise
from autograd.pictures.explaining.symbolic import Symbolic, expression, symbols

_TEX = {"slope": "alpha", "at_zero": "h", "bound": "b"}


@cache
def local_derivatives(op: Elementwise) -> tuple[str, ...]:
    """For each argument the local derivative in TeX; f stands for the result.

    A formula is for all points but kinks and ties, where another number may have been chosen.
    """
    names = [sympy.Symbol("f", real=True)]
    names += [
        sympy.Symbol(_TEX.get(name, name), real=True) for name in inspect.signature(op).parameters
    ]
    found = []
    with symbols():
        for rule in op.partials:
            local = rule(*map(Symbolic, names)) if callable(rule) else rule or 0
            tex = sympy.latex(expression(local), ln_notation=True)
            found.append(tex.replace(r"\frac", r"\dfrac"))
    return tuple(found)
