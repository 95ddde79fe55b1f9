"""Code laid out to be read: what it takes, constants, memory, the function, and large data last."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Sequence
from itertools import pairwise

from autograd.jit.lowering.carry import Carried, literal
from autograd.jit.lowering.code import Code, depths
from autograd.jit.trace import JitError

WIDTH = 100


def page(code: Code, about: Sequence[str], result: str) -> str:
    """The text of a module that needs NumPy alone and has the function `run`.

    about: the lines of its docstring; result: an expression for what `run` returns.
    """
    if code.shared:
        what = type(next(iter(code.shared.values()))).__name__
        raise JitError(
            f"source: an operation has a {what} among its settings, which cannot be written down; "
            "the compiled program itself runs all the same"
        )
    carried = Carried()
    for name, function in code.functions.items():
        carried.add(name, function)
    read = [f"{name} = {text}" for name, text in carried.constants.items()]
    constants, memory, data = _sorted(code)
    body = [f"    {_tidy(line)}" for line in [*code.body, f"return {result}"]]
    run = [f"def run({', '.join(code.parameters)}):", *body]
    parts = [
        '"""' + "\n".join([*about, '"""']),
        *_section(
            "", _imports(code, carried, "\n".join([*read, *constants, *memory, *run, *data]))
        ),
        *_section("", read),
        *[f"\n\n{text}" for text in carried.functions.values()],
        *([""] if carried.functions and (constants or memory) else []),
        *_section("# Constants", constants),
        *_section("# Memory, which each run overwrites", memory),
        "\n\n" + "\n".join(map(_folded, run)),
        *_section("\n# Data", data),
    ]
    return "\n".join(parts) + "\n"


def _sorted(code: Code) -> tuple[list[str], list[str], list[str]]:
    """The lines that make constants, those that make memory, and large constants with their views.

    A function looks for what it reads when it runs, so that large constants may stand below it.
    """
    constants: list[str] = []
    memory: list[str] = []
    data: list[str] = []
    large = set()
    for name, array in code.constants.items():
        text = literal(array)
        if "b64decode" in text:
            large.add(name)
        (data if name in large else constants).append(f"{name} = {text}")
    for line in map(_tidy, code.setup):
        name, _, expression = line.partition(" = ")
        if large & set(_WORD.findall(expression)):
            large.add(name)
            data.append(line)
        elif expression.startswith("np.ones("):
            constants.append(line)
        else:
            memory.append(line)
    return constants, memory, data


_WORD = re.compile(r"\b[A-Za-z_]\w*")


def _section(title: str, lines: Sequence[str]) -> list[str]:
    """Lines after an empty one, under a title."""
    if not lines:
        return []
    return ["", *([title] if title else []), *map(_folded, lines)]


def _imports(code: Code, carried: Carried, text: str) -> list[str]:
    code.math |= set(re.findall(r"(?<![\w.])(?:inf|nan)\b", text))
    lines = {_in_brackets(line) for line in (*carried.imports, *code.imports(text))}
    of_numpy = {line for line in lines if line.split()[1].startswith("numpy")}
    groups = [
        sorted(group, key=lambda line: (line.startswith("from"), line))
        for group in (lines - of_numpy, of_numpy)
        if group
    ]
    return [line for group in groups for line in ("", *group)][1:]


def _in_brackets(line: str) -> str:
    """An import that can be over several lines, if it is long."""
    return line if len(line) <= WIDTH else line.replace("import ", "import (") + ")"


# --------------------------------------------------------------------------------------------------
# Lines as a formatter leaves them


def _tidy(line: str) -> str:
    """A statement without needless parentheses."""
    indent = line[: len(line) - len(line.lstrip())]
    statement = line.strip()
    if statement.startswith("#"):
        return line if len(line) <= WIDTH - 8 else f"{line[: WIDTH - 9]}…"
    inner = f"{statement}\n    pass" if statement.endswith(":") else statement
    text = ast.unparse(ast.parse(inner)).removesuffix("\n    pass")
    if statement.startswith("return (") and len(indent + text) < WIDTH - 4:
        text = "return " + text[8:-1] if not text.endswith(",)") else text
    return indent + re.sub(r"""'([^'"\\]*)'""", r'"\1"', text)


def _folded(line: str, room: int = WIDTH) -> str:
    """A line that is too long over several, at the commas of its longest brackets."""
    if len(line) <= room or line.lstrip().startswith("#") or '"""' in line:
        return line
    indent = line[: len(line) - len(line.lstrip())]
    start, stop = _longest(line)
    head, inside, tail = line[: start + 1], line[start + 1 : stop], line[stop:]
    if not inside:
        return line
    deeper = f"{indent}    "
    if len(deeper + inside) <= room and head.lstrip().startswith("def "):
        return f"{head}\n{deeper}{inside}\n{indent}{tail}"
    parts = _split(inside)
    if len(deeper + inside) <= room and len(parts) > 1 and not head.endswith((" [", " {", " (")):
        return f"{head}\n{deeper}{inside}\n{indent}{tail}"
    words = re.match(r"^(([-\w.]+, )*-?\d[-\w.]*|(\w+, ){16,}\w+)$", ", ".join(parts))
    if words and head.endswith(("[", "run(")):
        filled = textwrap.fill(f"{', '.join(parts)},", room - len(deeper))
        return f"{head}\n{textwrap.indent(filled, deeper)}\n{indent}{tail}"
    rows = "".join([_folded(deeper + part, room - 1) + ",\n" for part in parts])
    return f"{head}\n{rows}{indent}{tail}"


def _longest(text: str) -> tuple[int, int]:
    """Where the brackets with the most between them are, of those within no others."""
    depth = [0, *depths(text)]
    starts = [n for n, c in enumerate(text) if c in "([{" and depth[n] == 0]
    ends = [n for n, c in enumerate(text) if c in ")]}" and depth[n + 1] == 0]
    groups = [(0, 0), *zip(starts, ends, strict=True)]
    return max(groups, key=lambda group: group[1] - group[0])


def _split(text: str) -> list[str]:
    """The parts between commas outside brackets."""
    outside = [n for n, depth in enumerate(depths(text)) if depth == 0 and text[n] == ","]
    parts = [text[start + 1 : stop].strip() for start, stop in pairwise([-1, *outside, len(text)])]
    return [part for part in parts if part]
