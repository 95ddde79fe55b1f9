"""Learning curves: cost and error rate during training."""

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
    """The columns of a training run, as in ``nn.History``."""

    metrics: list[str]

    @property
    def steps(self) -> Mapping[str, Array]: ...

    @property
    def validations(self) -> Mapping[str, Array]: ...

    def epochs(self) -> Mapping[str, Array]: ...


def learning_curves(history: Curves, axes: Iterable[Axes] | None = None) -> NDArray[Any]:
    """Draw cost and misclassification rate over the epochs, for training and validation.

    history: a ``History``, as ``fit`` returns it.

    The faint line shows the mini-batches, or means of several if there are many. The strong lines
    show the mean of each epoch, at its middle, and the whole validation set, at the step after
    which it was measured.

    The second panel shows 1 - accuracy if the history has the metric "accuracy", else the
    "error_rate", else the first metric. Without metrics there is one panel. Returns the axes as an
    array. Raises ``DataError`` for a history without steps. (Lindholm et al. 2022, figs 6.7 and
    6.8.)
    """
    if not len(history.steps["step"]):
        raise DataError("a history without steps has no curves")
    names = ["loss", *_second_panel(history.metrics)]
    panels = several(axes, len(names), size=(5, 3.6))
    for ax, name in zip(panels, names, strict=True):
        _panel(ax, history, name)
    return panels


def _second_panel(metrics: list[str]) -> list[str]:
    preferred = [name for name in ("accuracy", "error_rate") if name in metrics]
    return (preferred + metrics)[:1]


def _panel(ax: Axes, history: Curves, name: str) -> None:
    def figures(column: Array) -> Array:
        return 1 - column if name == "accuracy" else column

    step, epoch = history.steps["step"], history.steps["epoch"]
    length = np.count_nonzero(epoch == epoch[0])  # steps in an epoch; the last may be shorter
    x, batch = _thinned((step - 0.5) / length), _thinned(figures(history.steps[name]))
    ax.plot(x, batch, color=TRAINING, alpha=0.3, linewidth=0.8, label="training, mini-batches")
    means = history.epochs()
    middles = [step[epoch == number].mean() - 0.5 for number in means["epoch"]]
    mean = figures(means[name])
    ax.plot(np.divide(middles, length), mean, ".-", color=TRAINING, label="training, epochs")
    strong = mean
    if len(history.validations["step"]):
        validation = figures(history.validations[name])
        x = history.validations["step"] / length
        ax.plot(x, validation, "s-", color=VALIDATION, markersize=3, label="validation")
        strong = np.append(mean, validation)
    label = {"loss": "cost", "accuracy": "misclassification rate"}.get(name, name.replace("_", " "))
    if name == "error_rate":
        label = "misclassification rate"
    ax.set(xlabel="epoch", ylabel=label)
    ax.set_xlim(left=0)
    _limit_height(ax, batch[np.isfinite(batch)], strong[np.isfinite(strong)])
    ax.grid(alpha=0.3)
    ax.legend()


def _thinned(column: Array) -> Array:
    """The column, or means of neighbours if it has more than ``MOST_POINTS`` entries."""
    groups = np.array_split(column, min(len(column), MOST_POINTS))
    return np.array([group.mean() for group in groups])


def _limit_height(ax: Axes, faint: Array, strong: Array) -> None:
    """Show 0 and all of the strong lines, but not the outliers among the mini-batches."""
    if faint.size and faint.min() >= 0:
        top = max(strong.max(initial=0), np.percentile(faint, 98))
        if top > 0:
            ax.set_ylim(0, 1.08 * top)
