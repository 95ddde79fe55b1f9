"""Small programs of numbers alone: one function from the arguments of a call to its result.

What a program of arrays needs around it, memory and a look at what is outside, would take longer
than such a program itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from typing import Any

from autograd.jit.adapter import Unpacker, Unwritten, written_result
from autograd.jit.program import Program

_numbers = count()
_MOST_OUTSIDE = 8


def direct(
    program: Program,
    args: tuple[Any, ...],
    static: frozenset[int | str],
    otherwise: Callable[..., Any],
) -> Callable[[tuple[Any, ...]], Any] | None:
    """The function from the tuple of arguments, like `args`, to the result.

    It calls `otherwise` with the arguments where they are not alike, or the program does not fit.
    None for a program that is not of numbers alone.
    """
    code, made = program.plain_code(), program.made
    if code is None:
        return None
    leave = "return otherwise(*args)"
    taken = Unpacker(leave)
    try:
        if all(type(arg) is float for arg in args) and not static:
            taken.numbers(code.parameters, "args")
        else:
            for number, arg in enumerate(args):
                taken.part(f"args[{number}]", arg, number in static)
        varies = [term is not None for term in made.outputs]
        result, given = written_result(made.result, varies, made.constants)
    except Unwritten:
        return None
    if any(name.startswith("*") for name in taken.leaves):
        return None
    names = zip(code.parameters, taken.leaves, strict=True)
    outside = program.outside()
    if len(outside) > _MOST_OUTSIDE:
        return None
    for number, (read, found) in enumerate(outside):
        taken.space |= {f"read{number}": read, f"found{number}": found}
        taken.lines += [f"if read{number}() is not found{number}:", f"    {leave}"]
    lines = [
        *taken.lines,
        *[f"{name} = {leaf}" for name, leaf in names if name != leaf],
        *[f"    {leave}" if line.startswith("    return ") else line for line in code.body],
    ]
    if program.risky:  # NaN, also that of ∞ - ∞, is looked into elsewhere
        lines += [f"total = {' + '.join(code.results)}", "if total != total:", f"    {leave}"]
    for number, value in enumerate(code.results, 1):
        result = re.sub(rf"\bv{number}\b", value, result)
    text = "\n".join(
        [
            f"from math import {', '.join(sorted(code.math))}" if code.math else "",
            "def direct(args):",
            f"    if len(args) != {len(args)}:",
            f"        {leave}",
            "    try:",
            *[f"        {line}" for line in lines],
            f"        result = {result}",
            "    except (ArithmeticError, ValueError, LookupError):",
            f"        {leave}",
            "    ran()",
            "    return result",
        ]
    )
    space = {"otherwise": otherwise, "ran": program.ran, **taken.space, **given}
    exec(compile(text, f"<direct {program.name} {next(_numbers)}>", "exec"), space)
    function: Callable[[tuple[Any, ...]], Any] = space["direct"]
    return function
