"""The trace of a computation as a table, in text, HTML and LaTeX, an operation a row.

Formulas of whole programs are in `formulas`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from autograd.draw.content import times
from autograd.graph import Array, Node
from autograd.notation import compact, constant, formula, names_of
from autograd.walk import Walk, local_derivative

MOST = 60
"""Rows that are shown; of more, the first and the last."""
SHORT = 16
"""Characters for an array that is one of several in a cell."""


class Row(NamedTuple):
    """A line of the table; all but the number is text."""

    step: str
    operation: str
    inputs: str
    value: str
    locals: str
    cotangent: str


class Trace:
    """What a computation did, step by step; it shows itself as a table, in Jupyter as HTML.

    rows: `Row`s of step, operation, inputs, value, local derivatives and cotangent.
    """

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._names = names_of(walk.nodes)
        self._headings = Row(
            "step",
            "operation",
            "inputs",
            "value",
            "local derivatives",
            f"∂{self._names[walk.output]}/∂…",
        )

    @property
    def rows(self) -> list[Row]:
        """All rows, in the order of the computation."""
        return list(self._rows(range(len(self._walk.nodes))))

    def _rows(self, numbers: Sequence[int]) -> Iterator[Row]:
        for number in numbers:
            node = self._walk.nodes[number]
            inputs, locals = [], []
            for argnum, arg in enumerate(node.args):
                inputs.append(compact(arg.primal if isinstance(arg, Node) else arg, SHORT))
                if isinstance(arg, Node):
                    locals.append(f"{self._names[arg]}: {_local(node, argnum)}")
            yield Row(
                str(number + 1),
                self._operation(node),
                ", ".join(inputs),
                compact(node.primal),
                ", ".join(locals),
                compact(self._walk.cotangent(node)),
            )

    def _operation(self, node: Node) -> str:
        def write(arg: Array) -> str:
            return self._names[arg] if isinstance(arg, Node) else constant(arg)

        name = self._names[node]
        return name if node.op is None else f"{name} = {formula(node, write)}"

    def _shown(self) -> tuple[list[Row], str, list[Row]]:
        """The first rows, how many are left out and the last rows."""
        count = len(self._walk.nodes)
        if count <= MOST:
            return self.rows, "", []
        first, last = range(MOST // 2), range(count - MOST // 2, count)
        return list(self._rows(first)), f"… {count - MOST:,} more rows …", list(self._rows(last))

    def __str__(self) -> str:
        first, omitted, last = self._shown()
        widths = [
            max(map(len, column)) for column in zip(self._headings, *first, *last, strict=True)
        ]

        def line(row: Row) -> str:
            cells = [row.step.rjust(widths[0]), *map(str.ljust, row[1:], widths[1:])]
            return "  ".join(cells).rstrip()

        rule = "  ".join("─" * width for width in widths)
        between = [" " * (widths[0] + 2) + omitted] if omitted else []
        return "\n".join(
            [line(self._headings), rule, *map(line, first), *between, *map(line, last)]
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        first, omitted, last = self._shown()
        between = [f'<tr><td colspan="6" style="{_CELL}">{omitted}</td></tr>'] if omitted else []
        return "\n".join(
            [
                '<div style="max-width: 900px; overflow-x: auto">',
                '<table style="border-collapse: collapse; font-variant-numeric: tabular-nums">',
                f"<thead>{_html_row(self._headings, _HEADING)}</thead>",
                "<tbody>",
                *map(_html_row, first),
                *between,
                *map(_html_row, last),
                "</tbody>",
                "</table>",
                "</div>",
            ]
        )

    def latex(self) -> str:
        """The table as an `array`, for the mathematics of LaTeX and of MathJax."""
        first, omitted, last = self._shown()
        head = [rf"\text{{{name}}}" for name in self._headings[:-1]]
        head.append(math(self._headings[-1]))
        between = [rf"& \text{{{omitted}}}".replace("…", r"\ldots{}")] if omitted else []
        lines = [
            " & ".join(head) + r" \\ \hline",
            *(
                line + r" \\"
                for line in (*map(_latex_row, first), *between, *map(_latex_row, last))
            ),
        ]
        return "\n".join([r"\begin{array}{rlllll}", *lines, r"\end{array}"])


_HEADING = 'th scope="col"'
_CELL = "text-align: left; padding: 2px 12px 2px 0; white-space: nowrap"


def _html_row(row: Row, tag: str = "td") -> str:
    cells = (f'<{tag} style="{_CELL}">{escape(cell)}</{tag[:2]}>' for cell in row)
    return f"<tr>{''.join(cells)}</tr>"


def _latex_row(row: Row) -> str:
    return " & ".join(map(math, row))


def _local(node: Node, argnum: int) -> str:
    local = local_derivative(node, argnum)
    if local is not None:
        return compact(local, SHORT)
    return f"{times(node.shape) or 1} by {times(node.args[argnum].shape) or 1}"


# --------------------------------------------------------------------------------------------------
# From the text of a cell to LaTeX

_TOKEN = re.compile(
    r"(?P<number>\d[\d.]*(?:e[+-]?\d+)?)|(?P<name>[^\W\d]\w*)|(?P<power>\*\*)|(?P<sign>.)"
)
_SIGNS = {
    "×": r"\times ",
    "·": r"\cdot ",
    "…": r"\ldots ",
    "Σ": r"\Sigma ",
    "Π": r"\Pi ",
    "∂": r"\partial ",
    "≤": r"\le ",
    "≥": r"\ge ",
    "≠": r"\ne ",
    " ": "",
    ",": r",\; ",
    ":": r"\colon ",
    "@": r"\mathbin{@}",
    **{sign: "\\" + sign for sign in "{}$&#%_"},
    "\\": r"\backslash ",
    "^": r"\wedge ",
    "~": r"\sim ",
}


def math(text: str) -> str:
    r"""A formula as `notation` writes it, in LaTeX's mathematics.

    >>> print(math("v1 = a × b ** 2"))
    v_{1}=a\times b^{2}
    """
    parts: list[str] = []
    raised = False
    for token in _TOKEN.finditer(text):
        kind, word = token.lastgroup, token[0]
        if word == " " and raised:
            continue
        part = _SIGNS.get(word, word)
        if kind == "number":
            base, _, exponent = word.partition("e")
            part = rf"{base} \cdot 10^{{{int(exponent)}}}" if exponent else base
        elif kind == "name":
            part = _name(word)
        elif kind == "power":
            part = ""
        parts.append(f"^{{{part}}}" if raised else part)
        raised = kind == "power"
    return "".join(parts)


def _name(word: str) -> str:
    letter, digits = word[0], word[1:]
    if not digits or digits.isdecimal():
        return f"{letter}_{{{digits}}}" if digits else letter
    return rf"\mathrm{{{word}}}".replace("_", r"\_")
