"""Plots of the notebooks, so that their cells can be about mathematics."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from nn.plot import COLOURS

LINES = "-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 3))
"""Line styles, so that curves differ in more than their colour."""
MARKERS = "os^Dv*x+"
SIZE = (6.0, 3.4)


def curves(
    x: Any,
    lines: Mapping[str, Any],
    ax: Any = None,
    *,
    scale: str = "plot",
    points: bool = False,
    shared: bool = False,
    **settings: Any,
) -> None:
    """A curve for each entry of `lines`, with its name in the legend.

    x: what all have in common; None where each entry is a pair (x, y).
    ax: where to plot; a new figure if it is left out.
    scale: the axes, as the methods of matplotlib are called: plot, semilogx, semilogy or loglog.
    points: mark each point.
    shared: name axes that panels share at the outermost only.
    settings: title, xlabel, ylabel, xlim, and what else `ax.set` takes.
    """
    if ax is None:
        ax = plt.subplots(figsize=SIZE, layout="constrained")[1]
    for number, (name, line) in enumerate(lines.items()):
        across, up = line if x is None else (x, line)
        getattr(ax, scale)(
            across,
            up,
            color=COLOURS[number % len(COLOURS)],
            linestyle=LINES[number % len(LINES)],
            marker=MARKERS[number % len(MARKERS)] if points else None,
            markersize=4,
            label=name,
        )
    ax.set(**settings)
    if shared:
        ax.label_outer()
    ax.grid(alpha=0.3)
    if len(lines) > 1:
        ax.legend(fontsize=8)


def side_by_side(count: int, **settings: Any) -> Any:
    """Axes in a row."""
    settings = {"figsize": (min(5.0 * count, 11), 3.4), "layout": "constrained", **settings}
    return plt.subplots(1, count, **settings)[1]


def matrix(ax: Any, entries: Any, **settings: Any) -> None:
    """A small matrix, with its entries written into it."""
    ax.imshow(entries, cmap="Blues", vmin=0, vmax=1.3)
    ax.set(xticks=range(entries.shape[1]), yticks=range(entries.shape[0]), **settings)
    for (row, column), entry in np.ndenumerate(entries):
        colour = "white" if entry else "black"
        ax.text(column, row, f"{entry:.0f}", color=colour, ha="center", va="center", size=8)


def surface(ax: Any, f: Any, across: Any, up: Any, levels: Any, **settings: Any) -> Any:
    """f over a rectangle, in shades of grey; `f` takes both coordinates, as arrays."""
    grid = np.meshgrid(np.linspace(*across, 150), np.linspace(*up, 150))
    shown = ax.contourf(*grid, f(*grid), levels=levels, cmap="Greys", norm="log", extend="both")
    ax.set(xlim=across, ylim=up, **settings)
    return shown


def paths(ax: Any, named: Mapping[str, Any], target: Any = None, **settings: Any) -> None:
    """Ways through the plane from their starts, one point a row, and a star where they should end."""
    for number, (name, path) in enumerate(named.items()):
        style = {"color": COLOURS[number], "linestyle": LINES[number], "linewidth": 1.5}
        ax.plot(*np.transpose(path), marker=".", markersize=4, label=name, **style)
        ax.plot(*path[0], "o", color=COLOURS[number])
    if target is not None:
        star = {"color": "white", "markeredgecolor": "black", "markersize": 15, "zorder": 3}
        ax.plot(*np.transpose(target), "*", label="minimum", **star)
    ax.set(**settings)
    ax.legend(loc="lower right", fontsize=8)


def histogram(ax: Any, numbers: Any, **settings: Any) -> None:
    """Which share of numbers between 0 and 1 lies where, in per cent."""
    weights = np.full(numbers.size, 100 / numbers.size)
    ax.hist(numbers, bins=40, range=(0, 1), weights=weights, color=COLOURS[0])
    ax.set(yscale="log", ylim=(0.1, 100), ylabel="share (%)", **settings)
    ax.set_yticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    ax.label_outer()


def larger_points(*axes: Any, size: float = 90.0) -> None:
    """The points in a plot of few of them."""
    for ax in axes:
        for points in ax.collections:
            if hasattr(points, "set_sizes"):
                points.set_sizes([size])
        ax.legend(loc="center")


def level(ax: Any, f: Any, height: float, name: str | None, **style: Any) -> None:
    """Where f has this height, within the axes; `f` takes points, one a row."""
    grid = np.meshgrid(np.linspace(*ax.get_xlim(), 200), np.linspace(*ax.get_ylim(), 200))
    heights = f(np.stack(grid, axis=-1).reshape(-1, 2)).reshape(grid[0].shape)
    width, colour = style.get("linewidth", 1.5), style["color"]
    ax.contour(*grid, heights, levels=[height], colors=[colour], linewidths=width, linestyles="--")
    ax.plot([], [], "--", color=colour, linewidth=width, label=name)
