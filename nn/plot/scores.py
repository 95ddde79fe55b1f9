"""Pictures of scores: how errors of both kinds change with the threshold, by scikit-learn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from nn.data import Array, DataError, class_numbers
from nn.extras import require
from nn.plot.canvas import BLACK
from nn.plot.canvas import one as one_axes
from nn.plot.classes import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def roc_curve(
    y: ArrayLike, scores: ArrayLike, *, names: Sequence[str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the true positive rate over the false positive rate, for each threshold of the scores.

    y: class numbers (n,).
    scores: of class 1 against class 0 (n,), or of each class (n, classes), such as logits or
        probabilities. With several classes each has a curve against all others.
    names: of the classes, for the legend.

    The legend gives the area under each curve: the probability that a positive example has a
    larger score than a negative one. The diagonal is guessing. Computed by scikit-learn (extra
    ``sklearn``). Raises ``DataError`` for other shapes, or a class without examples for or against
    it. (Fawcett 2006, An introduction to ROC analysis.)
    """
    metrics = require("sklearn.metrics", extra="sklearn")
    ax = one_axes(ax, size=(4.6, 4.2))
    ax.plot([0, 1], [0, 1], ":", color=BLACK, linewidth=1, label="guessing")
    for k, name, is_class, score in _against_the_rest(y, scores, names):
        false_positive, true_positive, _ = metrics.roc_curve(is_class, score)
        area = metrics.auc(false_positive, true_positive)
        label = f"{name}area {area:.3f}"
        ax.plot(false_positive, true_positive, color=COLOURS[k % len(COLOURS)], label=label)
    ax.set(xlabel="false positive rate", ylabel="true positive rate (recall)")
    return _finished(ax)


def precision_recall_curve(
    y: ArrayLike, scores: ArrayLike, *, names: Sequence[str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the precision over the recall, for each threshold of the scores.

    Arguments and errors are those of ``roc_curve``. The legend gives the average precision
    Σ (Rₙ - Rₙ₋₁) Pₙ. A dotted line is the share of the class, which is the precision of guessing.
    For a rare class it tells more than the ROC curve. Computed by scikit-learn.
    """
    metrics = require("sklearn.metrics", extra="sklearn")
    ax = one_axes(ax, size=(4.6, 4.2))
    for k, name, is_class, score in _against_the_rest(y, scores, names):
        precision, recall, _ = metrics.precision_recall_curve(is_class, score)
        average = metrics.average_precision_score(is_class, score)
        colour = COLOURS[k % len(COLOURS)]
        label = f"{name}average {average:.3f}"
        ax.step(recall, precision, where="post", color=colour, label=label)
        ax.axhline(is_class.mean(), linestyle=":", color=colour, linewidth=1)
    ax.set(xlabel="recall", ylabel="precision")
    return _finished(ax)


def _against_the_rest(
    y: ArrayLike, scores: ArrayLike, names: Sequence[str] | None
) -> Iterator[tuple[int, str, Array, Array]]:
    """Each class with its name, which examples are of it, and their scores."""
    classes, score = class_numbers(y), np.asarray(scores)
    if score.ndim == 2 and score.shape[1] == 1:
        score = score[:, 0]
    if score.ndim not in (1, 2) or len(score) != len(classes):
        raise DataError(
            f"scores of shape {score.shape} for {len(classes)} labels; a score, or a row of "
            "scores, for each label is needed"
        )
    number = 2 if score.ndim == 1 else score.shape[1]
    if classes.size and classes.max() >= number:
        raise DataError(f"class {classes.max()} has no score: there are scores of {number} classes")
    if names is not None and len(names) != number:
        raise DataError(f"{len(names)} names for {number} classes")
    for k in [1] if score.ndim == 1 else range(number):
        is_class = classes == k
        if is_class.all() or not is_class.any():
            raise DataError(f"a curve needs examples of class {k} and of others")
        name = "" if names is None and number == 2 else f"class {k}" if names is None else names[k]
        yield k, f"{name}: " if name else "", is_class, score if score.ndim == 1 else score[:, k]


def _finished(ax: Axes) -> Axes:
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    ax.grid(alpha=0.3)
    ax.legend(loc="lower right" if "true" in ax.get_ylabel() else "lower left")
    return ax
