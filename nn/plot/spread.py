"""The spread of activations and gradients by layer over the steps of a training run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nn.data import Array, DataError
from nn.extras import require
from nn.plot.canvas import several

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Spreads(Protocol):
    """Standard deviations (records, layers), as ``nn.LayerSpread`` records them."""

    @property
    def steps(self) -> list[int]: ...

    @property
    def layers(self) -> list[str]: ...

    @property
    def activations(self) -> Array: ...

    @property
    def gradients(self) -> Array: ...


def layer_spread(spread: Spreads, axes: Iterable[Axes] | None = None) -> NDArray[Any]:
    """Draw the spread of each layer's outputs, and of the gradients by them, over the steps.

    spread: a ``LayerSpread``, which recorded them as a callback of ``fit``.

    The first layer is dark and the last one light. Lines that fan out are signals that vanish or
    explode; a line at the bottom is a layer that has died. Both axes are logarithmic where no
    spread is 0. Returns the two axes. Raises ``DataError`` where nothing was recorded. (Glorot and
    Bengio 2010, figs 6 and 7.)
    """
    if not spread.steps:
        raise DataError("nothing was recorded: give the LayerSpread to fit(callbacks=[...])")
    panels = several(axes, 2, size=(5, 3.6))
    colours = require("matplotlib", extra="train").colormaps["viridis"](
        np.linspace(0, 0.9, len(spread.layers))
    )
    both = ("activations", spread.activations), ("gradients by activations", spread.gradients)
    for ax, (name, stds) in zip(panels, both, strict=True):
        for layer, colour, std in zip(spread.layers, colours, stds.T, strict=True):
            ax.plot(spread.steps, std, ".-", color=colour, markersize=3, label=layer)
        if stds.min() > 0:
            ax.set_yscale("log")
        ax.set(xlabel="step", ylabel=f"spread of {name}")
        ax.grid(alpha=0.3)
    panels[1].legend(fontsize=8, title="layer", loc="center left", bbox_to_anchor=(1, 0.5))
    return panels
