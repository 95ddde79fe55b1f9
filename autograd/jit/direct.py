"""Calls like the one that a program was recorded for: one function from their arguments on.

To take a call apart and look at what is outside, step by step, would take longer than many a
program itself; so it is written out for one form of call. What does not fit goes elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import compress, count
from typing import Any, TypeAlias

from autograd.jit.adapter import Unpacker, Unwritten, written_result
from autograd.jit.outside import Misfit
from autograd.jit.program import Program

_numbers = count()
DIRECT = "<direct"
"""How the file names of such functions begin."""
_OTHERWISE = "return otherwise(args, kwargs)"
Call: TypeAlias = Callable[[tuple[Any, ...], dict[str, Any]], Any]


def direct(
    program: Program,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    static: frozenset[int | str],
    otherwise: Call,
) -> Call | None:
    """The function from arguments like these to the result.

    It calls `otherwise` with the arguments where they are not alike, or the program does not fit.
    None where the call itself has nodes, or containers of the user's own kinds.
    """
    taken = Unpacker(_OTHERWISE)
    try:
        taken.take("args", args, static)
        for name, arg in kwargs.items():
            taken.take(f"(kwargs[{name!r}],)", [arg], {0} if name in static else ())
    except Unwritten:
        return None
    looked_at: list[str] = []
    found: dict[str, Any] = {}
    if not program.plain or program.made.draws:
        lines, space = _whole(program, taken)
    else:
        looked_at, found = program.around.written(_OTHERWISE)
        lines, space = _floats(program, taken) or _arrays(program, taken)
    lines = [
        "def direct(args, kwargs):",
        f"    if {f'len(kwargs) != {len(kwargs)}' if kwargs else 'kwargs'}:",
        f"        {_OTHERWISE}",
        "    try:",
        *[f"        {line}" for line in [*taken.lines(), *looked_at]],
        *[f"    {line}" for line in lines],
    ]
    space |= {"otherwise": otherwise, "ran": program.ran, "Misfit": Misfit}
    space |= {**taken.space, **found}
    exec(compile("\n".join(lines), f"{DIRECT} {program.name} {next(_numbers)}>", "exec"), space)
    function: Call = space["direct"]
    return function


def _whole(program: Program, taken: Unpacker) -> tuple[list[str], dict[str, Any]]:
    """Lines that call a program whose result may be nodes, or which draws random numbers."""
    lines = [
        f"    given = {_tuple(taken.leaves)}",
        "except (LookupError, ValueError):",
        f"    {_OTHERWISE}",
        "try:",
        "    return fast(given)",
        "except Misfit:",
        f"    {_OTHERWISE}",
    ]
    return lines, {"fast": program.fast}


def _arrays(program: Program, taken: Unpacker) -> tuple[list[str], dict[str, Any]]:
    """Lines that run the code of the program, and what they refer to."""
    outside = [f"s{number}" for number in range(len(program.made.outside))]
    given = [*taken.leaves, *compress(outside, program.around.moving())]
    inputs = [*taken.leaves, *outside]
    lines = [
        f"    given = {_tuple(given)}",
        f"    inputs = {_tuple(inputs) if inputs != given else 'given'}",
        "except (LookupError, ValueError):",
        f"    {_OTHERWISE}",
        "try:",
        "    values = compute(given, inputs)",
        "except Misfit:",
        f"    {_OTHERWISE}",
        "ran()",
        "return pack(values)",
    ]
    return lines, {"compute": program.compute, "pack": program.pack}


def _tuple(names: Sequence[str]) -> str:
    return f"({''.join(f'{name}, ' for name in names)})"


def _floats(program: Program, taken: Unpacker) -> tuple[list[str], dict[str, Any]] | None:
    """Lines that are the program, and what they refer to; None where it is not one of floats."""
    code, made = program.plain_code(), program.made
    if code is None or any(name.startswith("*") for name in taken.leaves):
        return None
    varies = [term is not None for term in made.outputs]
    try:
        result, space = written_result(made.result, varies, made.constants, code.results)
    except Unwritten:
        return None
    names = zip(code.parameters, taken.leaves, strict=True)
    lines = [f"{name} = {leaf}" for name, leaf in names if name != leaf]
    lines += [f"    {_OTHERWISE}" if line.startswith("    return ") else line for line in code.body]
    if program.exposed:  # NaN, also that of ∞ - ∞, is looked into elsewhere
        total = " + ".join([code.results[place] for place in program.exposed])
        lines += [f"total = {total}", "if total != total:", f"    {_OTHERWISE}"]
    lines = [
        *[f"    {line}" for line in lines],
        f"    result = {result}",
        "except (ArithmeticError, ValueError, LookupError):",
        f"    {_OTHERWISE}",
        "ran()",
        "return result",
    ]
    return lines, {name: getattr(math, name) for name in code.math} | space
