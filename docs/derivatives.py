"""`python docs/derivatives.py > docs/derivatives.md`: rules, and what is chosen at kinks.

All of it is asked of the engine: the formulas of its rules, the numbers of its derivatives.
"""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
from extensions.rules import local_derivatives

import autograd
from autograd import Value, derivative, jvp
from autograd.ops import TABLE
from autograd.ops.op_types import Elementwise

STEP = 1e-7
"""How far from a point *before* and *after* are."""

HEAD = """\
# Derivatives

What the engine multiplies by. This page is written by `python docs/derivatives.py`, which asks the
engine itself: the formulas are its own rules, run on symbols, and the numbers are what it gives. A
test holds the page to them.

## Rules

Operations that work entry by entry state a local derivative for each argument; $f$ stands for the
result, where the rule is written with it. The formulas are for arguments at which the function is
smooth; what is taken elsewhere stands below.
"""

WHERE = """
`where(c, x, y)` has the derivative 1 by the one that is taken, 0 by the other, and none by c.

The other operations (sums, products of matrices, indexing, decompositions) state how a cotangent
goes back through them: see [their reference](api/operations.md), and [how the engine
works](how_it_works.md).
"""

KINKS_HEAD = """
## Kinks, jumps and edges

Where a function has no derivative, or none that is finite, somebody has to choose a number. Here it
is chosen so that formulas which mean the same agree: `relu(x)`, `maximum(x, 0)` and
`where(x > 0, x, 0)` have the same derivative everywhere. *Before* and *after* are the slopes just
left and right of the point, *there* is what the engine gives at the point itself, forward and
reverse; a dash is where nothing is defined.
"""

KINKS = [
    ("abs(x)", 0.0),
    ("relu(x)", 0.0),
    ("leaky_relu(x, 0.1)", 0.0),
    ("elu(x, 2.0)", 0.0),
    ("maximum(x, 1.0)", 1.0),
    ("minimum(x, 1.0)", 1.0),
    ("maximum(x, 2 * x - 1)", 1.0),
    ("minimum(x, 2 * x - 1)", 1.0),
    ("clip(x, 0.0, 1.0)", 0.0),
    ("clip(x, 0.0, 1.0)", 1.0),
    ("where(x > 0, x, 0.0)", 0.0),
    ("hypot(x, 0.0)", 0.0),
    ("norm(array([x, 0.0]))", 0.0),
    ("max(array([x, 1.0, 1.0]))", 1.0),
    ("min(array([x, 1.0, 1.0]))", 1.0),
    ("median(array([x, 1.0, 2.0]))", 1.0),
    ("sort(array([x, 1.0]))[0]", 1.0),
    ("ptp(array([x, 1.0]))", 1.0),
    ("std(array([x, 1.0]))", 1.0),
    ("sign(x)", 0.0),
    ("heaviside(x)", 0.0),
    ("floor(x)", 1.0),
    ("ceil(x)", 1.0),
    ("round(x)", 0.5),
    ("mod(x, 2.0)", 2.0),
    ("floor_divide(x, 2.0)", 2.0),
    ("arctan2(x, -1.0)", 0.0),
    ("sqrt(x)", 0.0),
    ("cbrt(x)", 0.0),
    ("x**0.5", 0.0),
    ("x**0", 0.0),
    ("0.0**x", 0.0),
    ("log(x)", 0.0),
    ("log1p(x)", -1.0),
    ("1 / x", 0.0),
    ("arcsin(x)", 1.0),
    ("arccos(x)", 1.0),
    ("arccosh(x)", 1.0),
    ("arctanh(x)", 1.0),
]

TAIL = """
- **Ties are shared** between what is differentiated, in `max` and `min` by all entries that tie. A
  constant has no share: `maximum(x, 1.0)` has the derivative of the constant at the tie, 0.
- **A cotangent of exactly 0 stays 0**, also times an infinite local derivative: in
  `where(x > 0, sqrt(x), 0)` at 0 the branch not taken leaks no NaN.
- **At second order a kink leaves no trace**: what jumps has the derivative 0 on both sides.
- `check_grads` fails at a kink, as it should.
"""


def page() -> str:
    """The page of the documentation."""
    return HEAD + rules() + WHERE + KINKS_HEAD + kinks() + TAIL


def rules() -> str:
    rows = ["", "| operation | derivative |", "|---|---|"]
    for name in autograd.ops.__all__:
        op = TABLE.get(name)
        if isinstance(op, Elementwise) and name != "where":
            names = list(inspect.signature(op).parameters)
            formulas = [f"${formula}$" for formula in local_derivatives(op)]
            if op.arity != 1:
                formulas = [f"by {by}: {f}" for by, f in zip(names, formulas, strict=True)]
            rows.append(f"| `{name}({', '.join(names)})` | {', '.join(formulas)} |")
    return "\n".join(rows) + "\n"


def kinks() -> str:
    rows = [
        "",
        "| function | at x = | value | before | after | there |",
        "|---|---|---|---|---|---|",
    ]
    for program, at in KINKS:
        value, before, after, there = slopes(program, at)
        rows.append(f"| `{program}` | {at:g} | {value} | {before} | {after} | **{there}** |")
    return "\n".join(rows) + "\n"


def slopes(program: str, at: float) -> tuple[str, str, str, str]:
    """The value, and the slopes before, after and at the point."""
    names = {name: getattr(autograd, name) for name in autograd.ops.__all__}

    def f(x: Any) -> Any:
        return eval(program, names, {"x": x})

    with np.errstate(all="ignore"):
        slope = derivative(f)
        there = slope(at)
        forward = jvp(f, at, 1.0)[1]
        assert there == forward, program
        value, *near = (float(f(Value(x)).data) for x in (at, at - STEP, at + STEP))
        sides = [slope(at + step) for step in (-STEP, STEP)]
        before, after = (
            "—" if math.isnan(value) else shown(side, limit=True)
            for value, side in zip(near, sides, strict=True)
        )
        return shown(value), before, after, shown(there)


def shown(number: float, limit: bool = False) -> str:
    """Four digits; beside a point, what grows without end is infinite."""
    if math.isnan(number):
        return "—"
    if abs(number) > (1e3 if limit else 1e300):
        return "∞" if number > 0 else "-∞"
    return f"{round(number, 4) + 0.0:g}"


if __name__ == "__main__":
    print(page(), end="")
