"""The trace of a computation as a table in text, HTML and LaTeX, one operation a row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, NamedTuple

import numpy as np

from autograd.engine.graph import Array, Node
from autograd.pictures.drawing.content import Fold, jacobian, summary
from autograd.pictures.drawing.fold import fold
from autograd.pictures.drawing.subject import Subject
from autograd.pictures.notation import compact, constant, formula, names_of
from autograd.pictures.walk import Walk, local_derivative

MOST = 60
"""Rows: of more, some stand for many operations, folded as a drawing folds them."""
SHORT = 16
"""Characters for an array that is one of several in a cell."""


class Row(NamedTuple):
    """A line of the table, as text."""

    step: str
    operation: str
    inputs: str
    value: str
    locals: str
    cotangent: str


class Trace:
    """What a computation did, step by step; it shows itself as a table, in Jupyter as HTML.

    rows: step, operation, inputs, value, local derivatives and cotangent. A long computation is
        folded, first by module, then by line, then by repeats of the same.
    """

    def __init__(self, walk: Walk, graph: Subject) -> None:
        self._walk = walk
        self._names = names_of(walk.nodes, graph.names)
        self.headings: Row = Row(
            "step",
            "operation",
            "inputs",
            "value",
            "local derivatives",
            f"∂{self._names[walk.output]}/∂…",
        )
        folds: Mapping[Node, Fold] = {}
        if len(walk.nodes) > MOST:
            folds = fold(graph, (), room=MOST // 2, closely=True)
        self.rows: list[Row] = []
        shown: set[Fold] = set()
        for number, node in enumerate(walk.nodes, 1):
            found = folds.get(node)
            if found is None or node is walk.output:
                self.rows.append(self._row(number, node))
            elif found not in shown:
                shown.add(found)
                self.rows.append(self._folded(number, found))

    def _row(self, number: int, node: Node) -> Row:
        inputs, locals = [], []
        for argnum, arg in enumerate(node.args):
            inputs.append(compact(arg.primal if isinstance(arg, Node) else arg, SHORT))
            if isinstance(arg, Node):
                locals.append(f"{self._names[arg]}: {_local(node, argnum)}")
        name = self._names[node]
        return Row(
            str(number),
            name if node.op is None else f"{name} = {formula(node, self._write)}",
            ", ".join(inputs),
            compact(node.primal),
            ", ".join(locals),
            compact(self._walk.cotangent(node)),
        )

    def _write(self, arg: Array) -> str:
        return self._names[arg] if isinstance(arg, Node) else constant(arg)

    def _folded(self, number: int, fold: Fold) -> Row:
        """A row for many nodes: how many operations or leaves, and between what they lie."""
        count = len(fold.nodes)
        kind = "leaves" if fold.kind in ("leaf", "parameter") else "operations"
        title = " ".join([fold.title, fold.text]).strip()
        return Row(
            f"{number}…",
            f"{title}: {count:,} {kind if count > 1 else kind.removesuffix('s')}",
            "",
            _range(node.primal for node in fold.nodes),
            "",
            _range(map(self._walk.cotangent, fold.nodes)),
        )

    def __str__(self) -> str:
        widths = [max(map(len, column)) for column in zip(self.headings, *self.rows, strict=True)]

        def line(row: Row) -> str:
            cells = [row.step.rjust(widths[0]), *map(str.ljust, row[1:], widths[1:])]
            return "  ".join(cells).rstrip()

        rule = "  ".join("─" * width for width in widths)
        return "\n".join([line(self.headings), rule, *map(line, self.rows)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return "\n".join(
            [
                '<div style="max-width: 900px; overflow-x: auto">',
                '<table style="border-collapse: collapse; font-variant-numeric: tabular-nums">',
                f"<thead>{_html_row(self.headings, _HEADING)}</thead>",
                "<tbody>",
                *map(_html_row, self.rows),
                "</tbody>",
                "</table>",
                "</div>",
            ]
        )

    def latex(self) -> str:
        """The table as an `array`, for the mathematics of LaTeX and of MathJax."""
        head = [*(rf"\text{{{name}}}" for name in self.headings[:-1]), math(self.headings[-1])]
        lines = [" & ".join(map(math, row)) for row in self.rows]
        return "\n".join(
            [
                r"\begin{array}{rlllll}",
                " & ".join(head) + r" \\ \hline",
                *(line + r" \\" for line in lines),
                r"\end{array}",
            ]
        )


_HEADING = 'th scope="col"'
_CELL = "text-align: left; vertical-align: top; padding: 2px 12px 2px 0"


def _html_row(row: Row, tag: str = "td") -> str:
    """Where there is no room for a row in one line, its cells are broken after commas only."""
    texts = (escape(cell).replace(" ", "&#160;").replace(",&#160;", ", ") for cell in row)
    cells = (f'<{tag} style="{_CELL}">{text}</{tag[:2]}>' for text in texts)
    return f"<tr>{''.join(cells)}</tr>"


def _local(node: Node, argnum: int) -> str:
    local = local_derivative(node, argnum)
    if local is not None:
        return compact(local, SHORT)
    return jacobian(node, node.args[argnum])


def _range(data: Iterable[Any]) -> str:
    """Between what all entries of some numbers and arrays lie."""
    return summary(np.concatenate([np.ravel(x) for x in data]))


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
