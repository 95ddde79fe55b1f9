"""The sizes of the error terms over the layers, which show gradients that vanish or explode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from nn.data import Array
from nn.plot.canvas import TRAINING, one

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class ErrorTerms(Protocol):
    """The error terms of the layers, as ``nn.deltas`` returns them."""

    @property
    def layers(self) -> list[str]: ...

    @property
    def engine(self) -> list[Array]: ...

    @property
    def sizes(self) -> Array: ...


def delta_sizes(deltas: ErrorTerms, ax: Axes | None = None) -> Axes:
    """Draw |δ| by layer on a logarithmic axis: the mean as a line, the middle 80 % as a band.

    Gradients vanish if the line falls towards the first layer, and explode if it rises. Returns the
    axes. (Nielsen 2015, ch. 5.)
    """
    ax = one(ax, size=(5, 3.6))
    x = np.arange(1, len(deltas.layers) + 1)
    sizes = [np.abs(delta) for delta in deltas.engine]
    low, high = np.transpose([np.percentile(size, (10, 90)) for size in sizes])
    ax.fill_between(x, low, high, color=TRAINING, alpha=0.2, linewidth=0, label="middle 80 %")
    ax.plot(x, deltas.sizes, "o-", color=TRAINING, label="mean")
    if deltas.sizes.min() > 0:
        ax.set_yscale("log")
    ax.set_xticks(x, deltas.layers)
    ax.set(xlabel="layer", ylabel="|δ|")
    ax.grid(alpha=0.3)
    ax.legend()
    return ax
