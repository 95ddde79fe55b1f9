"""The colours and the axes of all pictures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nn.extras import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# The colours of Okabe and Ito (2008), which colour-blind readers can distinguish.
BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SKY, ORANGE, YELLOW, BLACK = "#56B4E9", "#E69F00", "#F0E442", "#000000"

TRAINING, VALIDATION = BLUE, VERMILION


def one(ax: Axes | None, *, size: tuple[float, float]) -> Any:
    """Return ``ax``, or if it is None new axes in a figure of ``size`` inches."""
    if ax is not None:
        return ax
    pyplot = require("matplotlib.pyplot", extra="train")
    return pyplot.subplots(figsize=size, layout="constrained")[1]


def several(
    axes: Iterable[Axes] | None,
    number: int,
    *,
    size: tuple[float, float],
    columns: int | None = None,
) -> NDArray[Any]:
    """Return the first ``number`` of ``axes``, or new axes of ``size`` inches each, as an array.

    New axes are in rows of ``columns``, by default in one row. Raises ``ValueError`` if there are
    too few.
    """
    if axes is None:
        pyplot = require("matplotlib.pyplot", extra="train")
        columns = min(columns or number, number)
        rows = -(-number // columns)
        figure, grid = pyplot.subplots(
            rows,
            columns,
            figsize=(size[0] * columns, size[1] * rows),
            squeeze=False,
            layout="constrained",
        )
        flat = list(grid.flat)
        for ax in flat[number:]:
            figure.delaxes(ax)
    else:
        flat = list(np.ravel(np.array(axes, dtype=object)))
    if len(flat) < number:
        raise ValueError(f"{len(flat)} axes for {number} pictures")
    array = np.empty(number, dtype=object)
    array[:] = flat[:number]
    return array
