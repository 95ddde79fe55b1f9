"""From terms to machine code: loops by LLVM, products by BLAS, and a driver in Python.

Nothing else of the compiler knows of it but `lower`, which does what `lowering.write` does, and
when it is to be called.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograd.jit.loops import Loop, inside, is_of_lists
from autograd.jit.lowering.code import Code
from autograd.jit.native import functions, machine
from autograd.jit.native.c import HELPERS
from autograd.jit.native.driver import Driver
from autograd.jit.native.export import lower_to_c
from autograd.jit.native.layout import is_regular
from autograd.jit.native.schedule import Unsupported
from autograd.jit.terms import Term, ordered

__all__ = ["HELPERS", "Unsupported", "lower", "lower_to_c", "makes_machine_code", "runs_first"]

VARIABLE = "WENGERT_NATIVE"
"""The environment variable that says whether to make machine code where no argument does."""

_OPERATION = 5e-8
"""About the seconds that Python takes for an operation on numbers."""
_MANY = 50_000
"""Written-out programs of more terms take LLVM more than in proportion: at 50,000, 4 s."""


def makes_machine_code(wanted: bool | None) -> bool | None:
    """Whether to make machine code at once; None for later, where `runs_first` says so.

    Raises ImportError where it is wanted and cannot be made.
    """
    if wanted is None:
        wanted = {"1": True, "0": False}.get(os.environ.get(VARIABLE, ""))
    if wanted and (reason := machine.reason()):
        raise ImportError(reason)
    return wanted


def runs_first(roots: Iterable[Term]) -> int | None:
    """How often a program runs in Python until that has taken as long as to make machine code of
    it would; None where it is to stay as it is.

    In machine code it gives the same bits: it computes numbers from numbers.
    """
    order = ordered(roots)
    if not machine.is_installed() or not all(map(functions.keeps_bits, inside(order))):
        return None
    operations = _operations(order)
    terms = sum(1 for _ in inside(order))
    if not operations or terms > _MANY:
        return None
    seconds = (0.03 if "llvmlite" in sys.modules else 0.3) + 8e-5 * terms
    return int(seconds / (operations * _OPERATION)) + 1


def _operations(order: Iterable[Term]) -> int:
    return sum(
        term.op.turns * _operations(term.op.order()) if isinstance(term.op, Loop) else term.scalar
        for term in order
    )


def lower(
    inputs: Sequence[tuple[str, Term]],
    results: Sequence[Term],
    checks: Sequence[tuple[Term, str, str]],
    effects: Sequence[tuple[str, Sequence[Term]]],
    sinks: Sequence[tuple[Term, Any]],
    fixed: Mapping[Term, Any],
    branches: Sequence[tuple[str, str]],
) -> Code | None:
    """The program in machine code; None where it has something that cannot be written so.

    The arguments are those of `lowering.write`.
    """
    roots = [*results, *[t for t, _ in sinks], *[t for t, _, _ in checks]]
    roots += [arg for _, args in effects for arg in args]
    terms = [term for term in inside(ordered(roots)) if not is_of_lists(term)]
    if any(term.size == 0 or term.dtype.hasobject for term in terms):
        return None
    if not all(map(is_regular, fixed.values())):
        return None
    try:
        return Driver(inputs, results, checks, effects, sinks, fixed, branches).code
    except Unsupported:
        return None
