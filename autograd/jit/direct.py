"""Calls like the one that a program was recorded for: one function from their arguments on.

To take a call apart and look at what is outside, step by step, would take longer than many a
program itself; so it is written out for one form of call. What does not fit goes elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import compress, count
from typing import Any

from autograd.jit.adapter import Unpacker, Unwritten, written_result
from autograd.jit.lowering.code import Code
from autograd.jit.outside import Misfit
from autograd.jit.program import Program

_numbers = count()
DIRECT = "<direct"
"""How the file names of such functions begin."""
_OTHERWISE = "return otherwise(*args)"


def direct(
    program: Program,
    args: tuple[Any, ...],
    static: frozenset[int | str],
    otherwise: Callable[..., Any],
) -> Callable[[tuple[Any, ...]], Any] | None:
    """The function from the tuple of arguments, like `args`, to the result.

    It calls `otherwise` with the arguments where they are not alike, or the program does not fit.
    None where the result may be nodes, and for a program that draws random numbers.
    """
    if not program.plain or program.made.draws:
        return None
    code = program.plain_code()
    taken = Unpacker(_OTHERWISE)
    try:
        taken.take("args", args, static)
        outside, found = program.around.written(_OTHERWISE)
        end, space = _arrays(program, taken) if code is None else _floats(program, code, taken)
    except Unwritten:
        return None
    lines = ["try:", *[f"    {line}" for line in [*taken.lines(), *outside]], *end]
    text = "\n".join(["def direct(args):", *[f"    {line}" for line in lines]])
    space |= {"otherwise": otherwise, "ran": program.ran, **taken.space, **found}
    exec(compile(text, f"{DIRECT} {program.name} {next(_numbers)}>", "exec"), space)
    function: Callable[[tuple[Any, ...]], Any] = space["direct"]
    return function


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
    return lines, {"compute": program.compute, "Misfit": Misfit, "pack": program.pack}


def _tuple(names: Sequence[str]) -> str:
    return f"({''.join(f'{name}, ' for name in names)})"


def _floats(program: Program, code: Code, taken: Unpacker) -> tuple[list[str], dict[str, Any]]:
    """Lines that are the program, and what they refer to."""
    if any(name.startswith("*") for name in taken.leaves):
        raise Unwritten
    made = program.made
    varies = [term is not None for term in made.outputs]
    result, space = written_result(made.result, varies, made.constants, code.results)
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
