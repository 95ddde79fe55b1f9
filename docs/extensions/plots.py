"""Small plots of operations and their derivatives, made by the engine.

They are SVG in the text's colour, so they follow the theme; a page needs no script for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from inspect import signature
from typing import Any

import numpy as np

from autograd import Tensor, gradients, stack
from autograd.ops.op_types import Elementwise

WIDTH, HEIGHT, MARGIN = 250, 150, 22
REACH = 4.0
"""The plot goes from -4 to 4, or as far in between as the function is finite."""

OTHERS: dict[str, tuple[float, ...]] = {
    "abs": (),
    "ceil": (),
    "clip": (-1.0, 2.0),
    "elu": (),
    "floor": (),
    "gelu": (),
    "hardtanh": (),
    "heaviside": (0.5,),
    "leaky_relu": (),
    "maximum": (1.0,),
    "minimum": (1.0,),
    "mish": (),
    "round": (),
    "sign": (),
    "silu": (),
    "softsign": (),
    "trunc": (),
}
"""Functions besides those of the table that have a curve, and their other arguments in it."""

BINARY = 2.0
"""What the second argument is in the plot of an operation of the table that takes two."""

REDUCTIONS = ("logsumexp", "max", "mean", "median", "min", "prod", "ptp", "std", "sum", "var")
"""Functions that are shown along [x, 1, 2]."""

LEFT_OUT = ("angle", "cast", "conj", "imag", "real", "where")
"""Operations of which a curve over real numbers shows nothing."""


@cache
def plot(name: str, function: Callable[..., Any]) -> str:
    """The function and its derivative by its first argument, or "" for one that has no curve.

    Lines end where the function is not finite or jumps.
    """
    call, of_x = curve_of(name, function)
    if of_x is None:
        return ""
    x, y, slope = curves(of_x)
    low, high = limits(np.concatenate([y, slope]))
    place = partial(points, x=x, low=low, high=high)
    lines = [("derivative", slope), ("function", y)]
    body = [*axes(x, low, high)]
    body += [
        f'<polyline class="{kind}" points="{line}"/>'
        for kind, values in lines
        for line in place(values)
    ]
    legend = f'<span class="function">{call}</span>, <span class="derivative">derivative</span>'
    return (
        f'<figure class="curve"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{call} and its derivative">{"".join(body)}</svg>'
        f"<figcaption>{legend}</figcaption></figure>"
    )


def curve_of(name: str, function: Callable[..., Any]) -> tuple[str, Callable[..., Any] | None]:
    """How a function of one number is written that shows a function, and itself."""
    if name in REDUCTIONS:
        return f"{name}([x, 1, 2])", lambda x: function(stack([x, 0 * x + 1, 0 * x + 2]), axis=0)
    others = OTHERS.get(name)
    if others is None and isinstance(function, Elementwise) and name not in LEFT_OUT:
        arity = len(signature(function).parameters)
        others = {1: (), 2: (BINARY,)}.get(arity)
    if others is None:
        return "", None
    call = f"{name}({', '.join(['x', *(f'{other:g}' for other in others)])})"
    return call, lambda x: function(x, *others)


def curves(function: Callable[..., Any]) -> tuple[Any, Any, Any]:
    """The points at which the function is finite, its values and its derivatives there."""
    x = np.linspace(-REACH, REACH, 1601) + 1e-9  # beside the kinks at whole numbers
    with np.errstate(all="ignore"):
        leaf = Tensor(x)
        result = function(leaf)
        (slope,) = gradients(result, [leaf], np.ones(x.shape))
        y, slope = np.asarray(result.data, float), np.asarray(slope, float)
    finite = np.flatnonzero(np.isfinite(y))
    part = slice(finite[0], finite[-1] + 1) if len(finite) else slice(0)
    return x[part], y[part], slope[part]


def limits(values: Any) -> tuple[float, float]:
    """The heights to show: most of the curves, 0, and something on both sides."""
    found = values[np.isfinite(values)]
    low, high = np.quantile(found, [0.03, 0.97])
    low, high = max(min(low, 0.0), -REACH), min(max(high, 0.0), REACH)
    room = 0.12 * max(high - low, 1.0)
    return low - room, high + room


def points(y: Any, x: Any, low: float, high: float) -> Iterator[str]:
    """A curve in pieces, as a polyline has them."""
    with np.errstate(invalid="ignore"):
        shown = np.isfinite(y) & (y >= low) & (y <= high)
        steps = np.abs(np.diff(y, prepend=y[0], append=y[-1]))
        smooth = 4 * np.maximum(steps[:-2], steps[2:]) + 0.04 * (high - low)
        breaks = ~shown[1:] | ~shown[:-1] | ~(steps[1:-1] <= smooth)
    for piece in np.split(np.arange(len(x)), np.flatnonzero(breaks) + 1):
        if len(piece) > 1:
            across, up = scaled(x[piece], x, low, high), height(y[piece], low, high)
            keep = [*range(0, len(piece) - 1, 10), len(piece) - 1]
            yield " ".join(f"{across[i]:.1f},{up[i]:.1f}" for i in keep)


def scaled(at: Any, x: Any, low: float, high: float) -> Any:
    return MARGIN + (at - x[0]) / (x[-1] - x[0]) * (WIDTH - 2 * MARGIN)


def height(at: Any, low: float, high: float) -> Any:
    return HEIGHT - MARGIN - (at - low) / (high - low) * (HEIGHT - 2 * MARGIN)


def axes(x: Any, low: float, high: float) -> Iterator[str]:
    """The two axes, through 0 where that is in the plot, and the numbers at their ends."""
    left, right = MARGIN, WIDTH - MARGIN
    zero = height(0.0, low, high)
    yield f'<line x1="{left}" x2="{right}" y1="{zero:.1f}" y2="{zero:.1f}"/>'
    middle = scaled(min(max(0.0, x[0]), x[-1]), x, low, high)
    yield f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{MARGIN}" y2="{HEIGHT - MARGIN}"/>'
    for at, place in ((x[0], left), (x[-1], right)):
        end = f"{round(at, 2) + 0.0:g}"
        yield f'<text x="{place}" y="{HEIGHT - 6}" text-anchor="middle">{end}</text>'
    for at in ticks(low, high):
        up = height(at, low, high)
        yield f'<text x="{middle - 4:.1f}" y="{up + 3:.1f}" text-anchor="end">{at:g}</text>'
        yield f'<line x1="{middle - 2:.1f}" x2="{middle + 2:.1f}" y1="{up:.1f}" y2="{up:.1f}"/>'


def ticks(low: float, high: float) -> list[float]:
    """Two or three round numbers."""
    step = next(step for step in (0.25, 0.5, 1.0, 2.0, 4.0) if (high - low) / step <= 4)
    first = np.ceil(low / step) * step
    return [at for at in np.arange(first, high, step) if at]
