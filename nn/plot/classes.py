"""Pictures of a classifier: its confusion matrix, and its decision boundary in the plane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

import autograd as ag
from autograd import Tensor
from nn.data import Array, DataError, class_numbers
from nn.evaluation import predict
from nn.extras import require
from nn.modules.module import Module
from nn.plot.canvas import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION, YELLOW, one

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Their numbers have no common divisor, so 88 classes differ in colour or marker.
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK, YELLOW)
MARKERS = "o^sDvP*X<>p"

MOST_CLASSES_WITH_NUMBERS = 30


def confusion_matrix(
    counts: ArrayLike, *, names: Sequence[str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the counts of ``nn.metrics.confusion_matrix``: rows are true classes.

    The numbers are the counts. The colour is the fraction of the examples of the true class, on a
    square-root scale that shows rare confusions. Raises ``DataError`` if ``counts`` is not a square
    matrix of counts, and for another number of names.
    """
    matrix = np.asarray(counts)
    classes = len(matrix) if matrix.ndim == 2 else 0
    if matrix.shape != (classes, classes) or classes == 0 or matrix.min() < 0:
        raise DataError(f"an array of shape {matrix.shape} is not a square matrix of counts")
    labels = [str(k) for k in range(classes)] if names is None else list(names)
    if len(labels) != classes:
        raise DataError(f"{len(labels)} names for {classes} classes")
    colors = require("matplotlib.colors", extra="train")
    side = 0.42 * min(max(classes, 6), 20)
    ax = one(ax, size=(side + 2.2, side + 1))
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    image = ax.imshow(share, cmap="Blues", norm=colors.PowerNorm(0.5, vmin=0, vmax=1))
    ax.figure.colorbar(image, ax=ax, label="share of the true class", ticks=[0, 0.02, 0.1, 0.3, 1])
    long = max(map(len, labels)) > 3
    ax.set_xticks(range(classes), labels, rotation=90 if long else 0)
    ax.set_yticks(range(classes), labels)
    ax.set(xlabel="predicted class", ylabel="true class")
    if classes <= MOST_CLASSES_WITH_NUMBERS:
        for (row, column), count in np.ndenumerate(matrix):
            if count:
                colour = "white" if share[row, column] > 0.35 else "black"
                ax.text(column, row, f"{count}", color=colour, ha="center", va="center", size=8)
    return ax


def decision_boundary(
    model: Module | Callable[[Array], Any],
    x: ArrayLike,
    y: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    threshold: float = 0.0,
    resolution: int = 200,
    ax: Axes | None = None,
) -> Axes:
    """Draw the regions that a model assigns to each class, their boundaries, and the examples.

    model: a module, which runs in evaluation mode, or a function. It maps points (n, 2) to scores
        (n, classes), of which the largest counts, or to one score for class 1.
    x, y: examples (n, 2) and their class numbers (n,).
    threshold: the threshold of a single score: 0 for logits, 0.5 for probabilities.
    resolution: the model is evaluated at ``resolution``² points.

    Raises ``DataError`` for other shapes. (Bishop 2006, fig. 5.4.)
    """
    x, y = np.asarray(x), class_numbers(y)
    if x.ndim != 2 or x.shape[1:] != (2,) or len(x) != len(y) or len(x) == 0:
        raise DataError(
            f"points of shape {x.shape} and {len(y)} labels; points in the plane (n, 2), and a "
            f"label for each, are needed"
        )
    ax = one(ax, size=(5, 4))
    low, high = x.min(axis=0), x.max(axis=0)
    margin = 0.08 * (high - low) + 1e-3
    across, up = np.linspace(low - margin, high + margin, resolution).T
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    scores = _scores(model, grid.astype(x.dtype), threshold)
    for k in range(scores.shape[1]):
        # By how much class k leads: 0 on its boundary and smooth there, unlike the class number.
        lead = scores[:, k] - np.delete(scores, k, axis=1).max(axis=1)
        if lead.max() > 0:
            lead = lead.reshape(resolution, resolution)
            colour = COLOURS[k % len(COLOURS)]
            ax.contourf(across, up, lead, levels=[0, np.inf], colors=[colour], alpha=0.2)
            if lead.min() < 0:
                ax.contour(across, up, lead, levels=[0], colors="black", linewidths=1)
    for k in np.unique(y):
        ax.scatter(
            x[y == k, 0],
            x[y == k, 1],
            s=20,
            color=COLOURS[k % len(COLOURS)],
            marker=MARKERS[k % len(MARKERS)],
            edgecolors="white",
            linewidths=0.4,
            label=f"class {k}" if names is None else names[k],
        )
    ax.set(xlabel="$x_1$", ylabel="$x_2$", xlim=across[[0, -1]], ylim=up[[0, -1]])
    ax.legend()
    return ax


def _scores(model: Module | Callable[[Array], Any], points: Array, threshold: float) -> Array:
    """The scores (n, classes) of points; a single score becomes those of class 0 and class 1."""
    if isinstance(model, Module):
        scores = predict(model, points)
    else:
        with ag.no_grad():
            output = model(points)
        scores = output.numpy() if isinstance(output, Tensor) else np.asarray(output)
    if scores.shape[:1] != points.shape[:1] or scores.ndim > 2:
        raise DataError(
            f"the output of the model for {len(points)} points has shape {scores.shape}; a score, "
            f"or a row of scores, for each point is needed"
        )
    scores = scores.reshape(len(points), -1)
    if scores.shape[1] == 1:
        return np.hstack([np.zeros_like(scores), scores - threshold])
    return scores
