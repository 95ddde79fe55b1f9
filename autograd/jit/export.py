"""A program as a file in C, which needs neither Python nor NumPy."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, count, groupby
from pathlib import Path
from typing import Any

import numpy as np

from autograd.jit.errors import JitError
from autograd.jit.native import HELPERS, Unsupported, lower_to_c
from autograd.jit.program import Program, fails
from autograd.jit.source import paths, paths_of_arguments, place
from autograd.jit.terms import Term

_RESERVED = re.compile(
    "auto|bool|break|case|char|const|continue|default|do|double|else|enum|extern|float|for|goto|if|"
    "inline|int|long|main|register|restrict|return|short|signed|sizeof|static|struct|switch|typedef|"
    "union|unsigned|void|volatile|while|rint|memset|signbit|y[01n]|j[01n]|"
    r"(?:between|const|i|local|nest|numbers|v|work)\d+|"
    + "|".join([f"{name}[fl]?" for name in [*dir(math), *HELPERS]])
)
"""Words of C, functions of its library, and names like those that are given within a function."""


def export(
    file: Path,
    f: Callable[..., Any],
    program: Program,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    static: frozenset[int | str],
) -> None:
    """Write a program that was recorded from f(*args, **kwargs) to `file`, and its header."""
    recording, new = program.recording, program.simplified
    name = _word(file.stem)
    if recording.effects or recording.draws:
        what = "draws random numbers" if recording.draws else "does more than compute its result"
        raise JitError(f"export: {program.name} {what}, which has no meaning in C")
    given = zip(paths_of_arguments(f, args, kwargs, static), recording.inputs, strict=True)
    inputs = _groups([(path, new[term]) for path, term in given])
    constants = iter(recording.constants)
    leaves = [
        recording.terms.constant(next(constants)) if term is None else new[term]
        for term in recording.outputs
    ]
    named = zip(paths("result", recording.result), leaves, strict=True)
    results = _groups([*named], [name for name, _ in inputs])
    outside = [new[part.term] for part in recording.guard.inputs]
    known = dict(zip(outside, map(np.asarray, program.guard.fetch()), strict=True))
    lines = {n + 1: check.line for n, check in enumerate(recording.checks)}
    try:
        text, declared = lower_to_c(
            name,
            inputs,
            results,
            [(new[check.term], fails(check), n + 1) for n, check in program.checks()],
            known,
            [(fails(check), "") for check in recording.checks],
        )
    except Unsupported as why:
        raise JitError(
            f"export: {program.name} computes {why or 'lists of several shapes'}, which has no "
            "text in C: compute it outside of what is exported"
        ) from None
    guard = f"{name.upper()}_H"
    about = [
        f"From {program.name}{place(f)}, written by autograd.jit.",
        "",
        *[_described(group, terms) for group, terms in [*inputs, *results]],
        "",
        "Arrays lie in C order. Not to be called by several threads at once.",
        f"Returns 0{', or' if lines else '.'}",
        *[f"    {n} where the branch at {line} goes another way" for n, line in lines.items()],
    ]
    comment = "\n".join(["/*", *[f" * {line}".rstrip() for line in about], " */"])
    file.with_suffix(".h").write_text(
        f"{comment}\n#ifndef {guard}\n#define {guard}\n\n"
        "#include <stdbool.h>\n#include <stdint.h>\n\n"
        f'#ifdef __cplusplus\nextern "C" {{\n#endif\n\n{declared}\n\n'
        f"#ifdef __cplusplus\n}}\n#endif\n\n#endif\n"
    )
    include = f'#include "{file.with_suffix(".h").name}"\n'
    file.write_text(f"/* {about[0]} */\n\n{include}\n{text}")


def _groups(
    terms: Sequence[tuple[str, Term]], taken: Sequence[str] = ()
) -> list[tuple[str, list[Term]]]:
    """Parameters: terms with names, of which the numbers of one list are one."""

    def of_list(pair: tuple[str, Term]) -> tuple[str, Any]:
        path, term = pair
        return (re.sub(r"\[\d+\]$", "", path), term.dtype) if term.scalar else (path, None)

    found: dict[str, list[Term]] = {}
    for (path, _), members in groupby(terms, of_list):
        group = [*members]
        first = _word(path if len(group) > 1 else group[0][0])
        names = chain([first], (f"{first}_{n}" for n in count(1)))
        name = next(name for name in names if name not in found and name not in taken)
        found[name] = [term for _, term in group]
    return [*found.items()]


def _word(text: str) -> str:
    """A name in C."""
    name = re.sub(r"\W+", "_", text).strip("_")
    return f"{name}_" if _RESERVED.fullmatch(name) or not name[:1].isalpha() else name


def _described(name: str, terms: Sequence[Term]) -> str:
    (first, *others) = terms
    kind = "double" if first.scalar and first.dtype == float else first.dtype.name
    shape = (len(terms),) if others else first.shape
    return f"{name}: {kind}{f' {shape}' if shape else ''}"
