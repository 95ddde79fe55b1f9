"""From terms to machine code: loops by LLVM, products by BLAS, and a driver in Python.

Nothing else of the compiler knows of it but `lower`, which does what `lowering.write` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograd.jit.loops import inside, is_of_lists
from autograd.jit.lowering.code import Code
from autograd.jit.native import machine
from autograd.jit.native.driver import Driver
from autograd.jit.native.layout import is_regular
from autograd.jit.native.schedule import Unsupported
from autograd.jit.terms import Term, ordered


class Default:
    """Whether machine code is made where nobody says so."""

    native = False


def makes_machine_code(wanted: bool | None) -> bool:
    """Whether to make machine code, where it is wanted or not, or None.

    Raises ImportError where it cannot be made.
    """
    wanted = Default.native if wanted is None else wanted
    if wanted and (reason := machine.reason()):
        raise ImportError(reason)
    return wanted


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
