"""Formulas as pictures made of paths, so that a page needs neither a script nor a font for them.

What TeX they are written in stands in the pages. `ziamath` lays them out.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import Any

import ziamath
from docutils import nodes
from sphinx.application import Sphinx

SIZE = 20.0
ziamath.config.svg2 = False  # no ids, which would meet those of other formulas


@cache
def picture(tex: str, inline: bool) -> str:
    """A formula as SVG, in units of the font around it and on its base line.

    ziamath gives a minus the room of a difference wherever it is not the first sign; here it has
    none after what opens or relates.
    """
    tidy = re.sub(r"([(\[=,|&]|^|\\\\)\s*-", r"\1 {-}", tex.strip()).replace("ᵀ", r"^\top")
    formula = ziamath.Latex(tidy, size=SIZE, inline=inline, color="currentColor")
    tag, paths = formula.svg().split(">", 1)
    tag = re.sub(r'(width|height)="([\d.]+)"', lambda m: f'{m[1]}="{in_ems(float(m[2]))}"', tag)
    style = f"vertical-align: {in_ems(formula.getyofst())}"
    return f'{tag} role="img" aria-label="{escape(tex)}" style="{style}">{paths}'


def in_ems(size: float) -> str:
    return f"{size / SIZE:.3f}em"


def inline_formula(self: Any, node: nodes.math) -> None:
    """No line ends between a formula and the point or comma after it."""
    self.body.append(f'<span class="formula">{picture(node.astext(), True)}\u2060</span>')
    raise nodes.SkipNode


def displayed_formula(self: Any, node: nodes.math_block) -> None:
    self.body.append(f'<div class="formula">{picture(node.astext(), False)}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("paths", (inline_formula, None), (displayed_formula, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
