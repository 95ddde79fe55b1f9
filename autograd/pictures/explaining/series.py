"""A Taylor series of a function as formulas, for `explain(f, x, order=n)`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.graph import Array, Node
from autograd.pictures.drawing.content import number
from autograd.pictures.explaining.load import load_formulas
from autograd.pictures.walk import history


class SeriesExplanation:
    """The Taylor series of a function of one number, with its coefficients as formulas.

    coefficients: c₀, …, cₙ as SymPy expressions, where f(x + t) = Σ cₖ tᵏ; None for one that nobody
        could read, and `reasons` says why, by its order.
    point, values: the numbers: where the function is expanded, and the coefficients there.

    In a terminal it shows itself as text, in Jupyter as mathematics.
    """

    def __init__(self, name: str, argument: str, leaf: Node, nodes: Sequence[Array]) -> None:
        self.name = name
        self.argument = argument
        self.point: float = leaf.primal
        self.values: list[float] = [float(np.asarray(getattr(c, "primal", c))) for c in nodes]
        self.coefficients: list[Any] = []
        self.reasons: dict[int, str] = {}
        formulas = load_formulas()
        names = {leaf: np.array(argument, object)}
        for order, (node, value) in enumerate(zip(nodes, self.values, strict=True)):
            try:
                found = (
                    formulas.readable_value(history([node]), names)
                    if isinstance(node, Node)
                    else formulas.exact(value)
                )
            except formulas.NoFormulaError as error:
                found, self.reasons[order] = None, str(error)
            self.coefficients.append(found)

    def __str__(self) -> str:
        x, last = self.argument, len(self.values)
        terms = [_term(_factor(c, k), k) for k, c in enumerate(self.coefficients)]
        sums = "\n    + ".join([*terms, f"O({_term('', last)})"])
        numbers = " + ".join([*(_term(number(c), k) for k, c in enumerate(self.values))])
        return "\n".join(
            [
                f"{self.name}({x} + t) = {sums}",
                f"at {x} = {number(self.point)}: {numbers}".replace("+ -", "- "),
                *(f"No formula of coefficient {k}: {why}." for k, why in self.reasons.items()),
            ]
        )

    __repr__ = __str__

    def latex(self) -> str:
        """The series in LaTeX's mathematics, a term a line."""
        write = load_formulas().latex
        lines = [
            rf"c_{{{k}}}\, {_power(k)}" if c is None else rf"\left({write(c)}\right) {_power(k)}"
            for k, c in enumerate(self.coefficients)
        ]
        name = self.name.replace("_", r"\_")
        name = name if len(name) == 1 else rf"\operatorname{{{name}}}"
        start = rf"{name}({write(self.argument)} + t) &= "
        end = r" \\" + "\n" + rf"&\quad + O(t^{{{len(lines)}}})"
        body = " \\\\\n&\\quad + ".join([line.strip() for line in lines])
        return "\\begin{aligned}\n" + start + body + end + "\n\\end{aligned}"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex()}$"


def _factor(c: Any, k: int) -> str:
    if c is None:
        return "?"
    return str(c) if k == 0 or c.is_Atom else f"({c})"


def _term(coefficient: str, k: int) -> str:
    power = "" if k == 0 else "t" if k == 1 else f"t**{k}"
    return power if coefficient == "1" and power else f"{coefficient} {power}".strip()


def _power(k: int) -> str:
    return "" if k == 0 else "t" if k == 1 else f"t^{{{k}}}"
