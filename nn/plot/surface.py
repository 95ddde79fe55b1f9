"""The error surface: a function of two numbers, and the paths that descend on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

import autograd as ag
from nn.data import DataError
from nn.plot.canvas import one
from nn.plot.classes import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def error_surface(
    f: Callable[[Any, Any], Any],
    across: tuple[float, float],
    up: tuple[float, float],
    *,
    paths: Iterable[ArrayLike] = (),
    labels: Iterable[str] = (),
    resolution: int = 80,
    logarithmic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw the heights of a function of two numbers, such as a loss of two weights.

    f: takes two numbers and gives one; it is evaluated at ``resolution``² points at once, by
        ``autograd.vmap``.
    across, up: the ranges of the first and of the second number.
    paths: points (n, 2) each, as descent went through them; drawn with a circle at the end.
    labels: of the paths, for a legend.
    logarithmic: whether levels are at equal ratios above the least height, which shows narrow
        valleys.

    Raises ``DataError`` for a path of another shape. Returns the axes.
    """
    ax = one(ax, size=(5, 4))
    x, y = np.linspace(*across, resolution), np.linspace(*up, resolution)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    with ag.no_grad():
        found = ag.vmap(f)(grid[:, 0], grid[:, 1])
    heights = found.numpy() if isinstance(found, ag.Tensor) else np.asarray(found)
    heights = heights.reshape(resolution, resolution)
    shown = np.log10(heights - np.nanmin(heights) + 1e-3 * np.ptp(heights) + 1e-300)
    levels = shown if logarithmic else heights
    surface = ax.contourf(x, y, levels, levels=24, cmap="Greys", alpha=0.75)
    ax.contour(x, y, levels, levels=24, colors="black", linewidths=0.3, alpha=0.6)
    label = "log₁₀ of the height above the least" if logarithmic else None
    ax.figure.colorbar(surface, ax=ax, label=label)
    names = list(labels)
    for number, path in enumerate(paths):
        points = np.asarray(path, float)
        if points.ndim != 2 or points.shape[1] != 2:
            raise DataError(f"a path of shape {points.shape} does not consist of points (n, 2)")
        colour = COLOURS[number % len(COLOURS)]
        name = names[number] if number < len(names) else None
        ax.plot(*points.T, ".-", color=colour, markersize=3, linewidth=1.4, label=name)
        ax.plot(*points[-1], "o", color=colour, markersize=7, markeredgecolor="white")
    ax.set(xlim=across, ylim=up, xlabel="$w_1$", ylabel="$w_2$")
    if names:
        ax.legend()
    return ax
