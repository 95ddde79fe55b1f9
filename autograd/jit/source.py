"""The readable source of a compiled program, which runs with NumPy alone.

`write` generates the code, as for a program that runs; here its terms get the names that the user's
program gives them, and lines a comment that says where they come from.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import keyword
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np

from autograd import kernels
from autograd.jit.errors import JitError
from autograd.jit.literals import Functions, literal
from autograd.jit.loops import inside
from autograd.jit.lowering import write
from autograd.jit.lowering.calls import name_of
from autograd.jit.lowering.code import Code, Unwritten, packed
from autograd.jit.lowering.emitter import Parts
from autograd.jit.lowering.expressions import FUNCTIONS
from autograd.jit.program import Program, fails
from autograd.jit.terms import Term, is_leaf, ordered
from autograd.jit.trace import Provenance
from autograd.trees import map_tree


def source(
    f: Callable[..., Any],
    program: Program,
    provenance: Provenance,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    static: frozenset[int | str],
    settings: frozenset[int],
) -> str:
    """The text for a program that was recorded from f(*args, **kwargs) with this provenance.

    settings: the positions of integers that are no data.
    """
    recording, new = program.recording, program.simplified
    positions = count()

    def as_data(x: Any) -> Any:
        return 0.0 if x.__class__ is int and next(positions) not in settings else x

    args = tuple([x if n in static else map_tree(as_data, x) for n, x in enumerate(args)])
    kwargs = {name: x if name in static else map_tree(as_data, x) for name, x in kwargs.items()}
    paths = list(paths_of_arguments(f, args, kwargs, static))
    roots = [*program.outputs, *[check.term for check in recording.checks]]
    left = program.checks()
    ends = [new[root] for root in [*program.outputs, *[check.term for _, check in left]]]
    live = list(inside(ordered(ends)))
    described = [
        *[(path, "" if path.isidentifier() else f"the argument {path}") for path in paths],
        *[(outside.name, f"from outside: {outside.name}") for outside in recording.guard.inputs],
        *[
            (provenance.name(draw.index) or "drawn", "drawn anew at each run")
            for draw in recording.draws
        ],
    ]
    parameters = [
        (new[term], name, what)
        for term, (name, what) in zip(program.inputs, described, strict=True)
        if term in recording.inputs or new[term] in live
    ]
    names = _Names([name_of(term.op.kernel, term.op.name) for term in live if term.op])
    for term, name, _ in parameters:
        names.give(term, name)
    for node, path in zip(provenance.inputs, paths, strict=True):
        provenance.names[node.index] = path
    for part in recording.guard.inputs:
        if part.node is not None:
            provenance.names[part.node.index] = part.name
    recorded = {term.index: term for term in ordered(roots) if term.op is not None}
    same = {
        term.index: term  # the last, where an operation was written out in several
        for term in live
        if term.index in recorded and _alike(term.example, recorded[term.index].example)
    }
    for index in sorted(same):
        if word := provenance.name(index):
            names.give(same[index], word)
    for term in live:
        if not term.constant:
            names.give(term, "")
    branches = [(fails(check), _refusal(check.line)) for check in recording.checks]
    parts = Parts(
        [(names.of[term], term) for term, _, _ in parameters],
        [new[term] for term in program.outputs],
        [(new[check.term], *branches[number]) for number, check in left],
        names=names.of,
        comment=lambda term: provenance.origin(term.index),
        branches=branches,
    )
    code = write(parts)
    docs = _documented([(names.of[term], _kind(term), what) for term, _, what in parameters])
    about = [f"From {program.name}{place(f)}, for arguments of these shapes; needs NumPy alone."]
    if docs:
        about += ["", *docs]
    if recording.effects:
        about += ["", "Left out: what the program does besides computing its result."]
    return _module(code, about, _result(program, code.results))


def _module(code: Code, about: Sequence[str], result: str) -> str:
    """The text of a module with the function `run`, and the constants and memory that it uses.

    about: the lines of its docstring; result: the expression that `run` returns.
    """
    if code.shared:
        what = type(next(iter(code.shared.values()))).__name__
        raise JitError(
            f"source: an operation has a {what} among its settings, which cannot be written down; "
            "the compiled program itself runs all the same"
        )
    functions = Functions()
    for name, function in code.functions.items():
        functions.add(name, function)
    constants = sorted(code.constants.items(), key=lambda item: item[1].size)
    data = [
        *[f"{name} = {literal(array)}" for name, array in constants],
        *map(_tidy, code.setup),
    ]
    run = [f"    {_tidy(line)}" for line in [*code.body, f"return {result}"]]
    run = [f"def run({', '.join(code.parameters)}):", *run]
    read = [f"{name} = {text}" for name, text in functions.constants.items()]
    body = "\n".join([*run, *data, *read])
    code.math |= set(re.findall(r"(?<![\w.])(?:inf|nan)\b", body))
    imports = {*functions.imports, *code.imports("\n".join([body, *functions.texts.values()]))}
    parts = [
        '"""' + "\n".join(about) + ('\n"""' if about[1:] else '"""'),
        "\n".join(sorted(imports, key=lambda line: ("numpy" in line, line[0] == "f", line))),
        "\n".join(read),
        *[f"\n{text}" for text in functions.texts.values()],
    ]
    memory = "# Constants, and memory that each run overwrites\n" + "\n".join(data)
    last = ["\n" + "\n".join(run), *([memory] if data else [])]
    large = "b64decode(" in memory or "np.array(\n" in memory
    parts += last if large else reversed(last)  # large constants stand last
    return "\n\n".join(filter(None, parts)) + "\n"


def _tidy(line: str) -> str:
    """A statement without needless parentheses."""
    indent = line[: len(line) - len(line.lstrip())]
    statement = line.strip()
    if statement.startswith("#"):
        return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"
    block = f"{statement} pass" if statement.endswith(":") else statement
    return indent + ast.unparse(ast.parse(block)).removesuffix("\n    pass")


_WIDTH = 92


def _alike(x: Any, y: Any) -> bool:
    """Whether a term is what was recorded, or one on the way there."""
    return np.shape(x) == np.shape(y) and bool(np.array_equal(x, y, equal_nan=True))


def _documented(parameters: Sequence[tuple[str, str, str]]) -> list[str]:
    """A line for each parameter, and one for many that differ by their numbers alone."""
    forms = [re.sub(r"\d+", "0", ": ".join(parameter)) for parameter in parameters]
    count = Counter(forms)
    lines = {}
    for form, (name, kind, what) in zip(forms, parameters, strict=True):
        described = f"{kind}{what and ', '}{what}"
        if count[form] <= _MANY:
            lines[name] = f"{name}: {described}"
        elif form not in lines:
            lines[form] = f"{name} and {count[form] - 1} more like it: {kind}"
    return list(lines.values())


_MANY = 6


def _refusal(line: str) -> str:
    return f"raise ValueError({f'{line} goes the other way'!r})"


def _kind(term: Term) -> str:
    return "float" if term.scalar else f"{term.dtype.name} {term.shape}"


def place(f: Any) -> str:
    """Where a function is defined, to stand after its name."""
    code = getattr(inspect.unwrap(f), "__code__", None)
    if code is None:
        return ""
    return f" ({os.path.basename(code.co_filename)}:{code.co_firstlineno})"


def _result(program: Program, results: Sequence[str]) -> str:
    """The result as the function nests it; in one row where it has containers of its own kind."""
    recording = program.recording
    varies = [term is not None for term in recording.outputs]
    try:
        return packed(recording.result, varies, recording.constants, results, _literal)
    except Unwritten:
        return f"[{', '.join(results)}]"


def _literal(constant: Any) -> str:
    if isinstance(constant, np.ndarray | np.generic):
        return f"np.array({np.asarray(constant).tolist()!r})"
    if isinstance(constant, float | int | str | bool | None):
        return repr(constant)
    raise Unwritten


# --------------------------------------------------------------------------------------------------
# Names


class _Names:
    """A name for each term, `of` it, that nothing else has."""

    def __init__(self, reserved: Iterable[str]) -> None:
        self.of: dict[Term, str] = {}
        self._reserved = {*_RESERVED, *reserved}
        self._parameters: set[str] = set()
        self._count = 0

    def give(self, term: Term, wanted: str) -> None:
        """A name like the one wanted, or a number; a term keeps the first that it gets."""
        if term in self.of or term.constant:
            return
        if not wanted:
            self._count += 1
            self.of[term] = f"t{self._count}"
            return
        name = re.sub(r"\W+", "_", wanted).strip("_")
        if not name.isidentifier():
            name = f"x_{name}"
        if keyword.iskeyword(name) or name in self._reserved or _GENERATED.match(name):
            name += "_"
        first, count = name, 1
        while name in self._parameters:
            count += 1
            name = f"{first}_{count}"
        self._parameters.add(name)
        self.of[term] = name


_GENERATED = re.compile(r"^(t|buffer|kept|last|list|part|const|number|ones|setting)\d")
_WORDS = {"np", "run", "b64decode", "concatenate", "copyto", "where", *dir(builtins)}
_FUNCTIONS = {name for name, thing in vars(np).items() if isinstance(thing, np.ufunc)}
_RESERVED = _WORDS | _FUNCTIONS | FUNCTIONS | vars(kernels).keys()


def paths_of_arguments(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    static: frozenset[int | str],
) -> Iterator[str]:
    """How a program would write each number and array among the arguments."""
    data = [None if number in static else arg for number, arg in enumerate(args)]
    try:
        named = inspect.signature(f).bind_partial(*data).arguments
    except (TypeError, ValueError):
        named = {"args": data}
    by_name = {name: arg for name, arg in kwargs.items() if name not in static}
    for name, arg in [*named.items(), *by_name.items()]:
        yield from paths(name, arg)


def paths(name: str, tree: Any) -> Iterator[str]:
    """The same for what is in `tree`, which is called `name`."""
    if isinstance(tree, dict):
        for key, part in tree.items():
            word = f'"{key}"' if isinstance(key, str) else key
            yield from paths(f"{name}[{word}]", part)
    elif isinstance(tree, list | tuple):
        fields = getattr(tree, "_fields", None)
        for number, part in enumerate(tree):
            yield from paths(f"{name}.{fields[number]}" if fields else f"{name}[{number}]", part)
    elif is_leaf(tree):
        yield name
