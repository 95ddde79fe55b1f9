"""Learning curves: how cost and errors went during training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nn.data import Array, DataError
from nn.plot.canvas import TRAINING, VALIDATION, several

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_POINTS = 500


class Curves(Protocol):
    """The course of a training run, as ``nn.History`` holds it."""

    metrics: list[str]

    @property
    def steps(self) -> Mapping[str, Array]: ...

    @property
    def validations(self) -> Mapping[str, Array]: ...

    def epochs(self) -> Mapping[str, Array]: ...


def learning_curves(history: Curves, axes: Iterable[Axes] | None = None) -> NDArray[Any]:
    """Cost and misclassification rate over the epochs, side by side, of training and validation.

    history: a ``History``, as ``fit`` returns it.

    Faint is each mini-batch, or the mean of several where the picture has no room for all. Strong
    are the mean of each epoch, at its middle, and the whole validation set, at the step after
    which it was measured. (Lindholm et al. 2022, figs 6.7 and 6.8.)

    The second panel is 1 - accuracy where the history has the metric "accuracy", else its
    "error_rate", else its first metric; a history without metrics has one panel. Gives the axes as
    an array. Raises ``DataError`` for a history without steps.
    """
    if not len(history.steps["step"]):
        raise DataError("a history without steps has no curves")
    names = ["loss", *_second_panel(history.metrics)]
    drawn = several(axes, len(names), size=(5, 3.6))
    for ax, name in zip(drawn, names, strict=True):
        _panel(ax, history, name)
    return drawn


def _second_panel(metrics: list[str]) -> list[str]:
    preferred = [name for name in ("accuracy", "error_rate") if name in metrics]
    return (preferred + metrics)[:1]


def _panel(ax: Axes, history: Curves, name: str) -> None:
    def figures(column: Array) -> Array:
        return 1 - column if name == "accuracy" else column

    step, epoch = history.steps["step"], history.steps["epoch"]
    length = np.count_nonzero(epoch == epoch[0])  # of an epoch in steps; the last may be cut short
    x, batch = _thinned((step - 0.5) / length), _thinned(figures(history.steps[name]))
    ax.plot(x, batch, color=TRAINING, alpha=0.3, linewidth=0.8, label="training, mini-batches")
    means = history.epochs()
    middles = [step[epoch == number].mean() - 0.5 for number in means["epoch"]]
    mean = figures(means[name])
    ax.plot(np.divide(middles, length), mean, ".-", color=TRAINING, label="training, epochs")
    strong = mean
    if len(history.validations["step"]):
        held_out = figures(history.validations[name])
        x = history.validations["step"] / length
        ax.plot(x, held_out, "s-", color=VALIDATION, markersize=3, label="validation")
        strong = np.append(mean, held_out)
    label = {"loss": "cost", "accuracy": "misclassification rate"}.get(name, name.replace("_", " "))
    if name == "error_rate":
        label = "misclassification rate"
    ax.set(xlabel="epoch", ylabel=label)
    ax.set_xlim(left=0)
    _limit_height(ax, batch[np.isfinite(batch)], strong[np.isfinite(strong)])
    ax.grid(alpha=0.3)
    ax.legend()


def _thinned(column: Array) -> Array:
    """The numbers, or means of neighbours if there are more than ``MOST_POINTS``."""
    parts = np.array_split(column, min(len(column), MOST_POINTS))
    return np.array([part.mean() for part in parts])


def _limit_height(ax: Axes, faint: Array, strong: Array) -> None:
    """From 0 to all that is strong; a few bad mini-batches shall not make the rest flat."""
    if faint.size and faint.min() >= 0:
        top = max(strong.max(initial=0), np.percentile(faint, 98))
        if top > 0:
            ax.set_ylim(0, 1.08 * top)
