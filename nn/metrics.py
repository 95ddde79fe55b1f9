"""Metrics of classification: accuracy, confusion matrix, precision, recall and specificity.

The arguments of each metric are the prediction and the target. A prediction is class numbers (n,),
or a row of scores (logits or probabilities) for each example, (n, classes), of which the largest
counts; or, with ``threshold``, one score (n,) or (n, 1) for class 1 against class 0, where the
threshold is 0.5 for probabilities and 0 for logits. A target is class numbers (n,) or (n, 1), or
one-hot rows. TP, FP, TN and FN are the numbers of true and false positives and negatives of one
class against the rest. (Lindholm et al. 2022, section 4.5.)

All raise ``DataError`` for predictions or targets of another form, and for unequal lengths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.data import DataError, class_numbers

Average = Literal["binary", "macro", "weighted", "micro"]
Counts = NDArray[np.int64]
Figures = NDArray[np.float64]


def predicted_classes(prediction: ArrayLike, threshold: float | None = None) -> Counts:
    """Class numbers (n,) of a prediction: unchanged, ``argmaxₖ scoreₖ``, or ``score > threshold``.

    Raises ``DataError`` for scores that are NaN, and for a single score per example without
    ``threshold``, since it could be a probability or a logit.

    >>> predicted_classes([[0.1, 0.7, 0.2], [2.0, -1.0, 0.0]])
    array([1, 0])
    >>> predicted_classes([0.2, 0.6], threshold=0.5)
    array([0, 1])
    """
    scores = np.asarray(prediction)
    if scores.dtype.kind == "f" and np.isnan(scores).any():
        raise DataError(f"the prediction for example {np.argwhere(np.isnan(scores))[0][0]} is NaN")
    if threshold is not None:
        if scores.ndim not in (1, 2) or scores.shape[1:] not in ((), (1,)):
            raise DataError(
                f"predictions of shape {scores.shape} with a threshold; one score for "
                f"each example, shape (n,) or (n, 1), is needed"
            )
        return (scores.reshape(-1) > threshold).astype(np.int64)
    if scores.ndim == 2 and scores.shape[1] > 1:
        best: Counts = scores.argmax(axis=1)
        return best
    if scores.ndim == 2 or scores.dtype.kind == "f":
        raise DataError(
            f"predictions of shape {scores.shape} and type {scores.dtype}: one score for each "
            f"example needs threshold=0.5 if it is a probability, threshold=0 if it is a logit"
        )
    return class_numbers(scores)


def accuracy(prediction: ArrayLike, target: ArrayLike, *, threshold: float | None = None) -> float:
    """Fraction of correct predictions, ``1/n Σᵢ 1{ŷᵢ = yᵢ}``.

    >>> accuracy([0, 1, 2, 2], [0, 1, 2, 0])
    0.75
    """
    predicted, true = _pair(prediction, target, threshold)
    return float(np.mean(predicted == true))


def error_rate(
    prediction: ArrayLike, target: ArrayLike, *, threshold: float | None = None
) -> float:
    """Misclassification rate, ``1/n Σᵢ 1{ŷᵢ ≠ yᵢ} = 1 - accuracy``.

    >>> error_rate([0, 1, 2, 2], [0, 1, 2, 0])
    0.25
    """
    predicted, true = _pair(prediction, target, threshold)
    return float(np.mean(predicted != true))


def confusion_matrix(
    prediction: ArrayLike,
    target: ArrayLike,
    *,
    classes: int | None = None,
    threshold: float | None = None,
) -> Counts:
    """Counts ``C[j, k] = Σᵢ 1{yᵢ = j and ŷᵢ = k}``: rows are true classes, columns predictions.

    The result is (classes, classes) int64. By default ``classes`` is the number of scores or
    one-hot columns, or the largest class number + 1, and at least 2.

    >>> confusion_matrix([0, 1, 1, 1], [0, 0, 1, 1])
    array([[1, 1],
           [0, 2]])
    """
    predicted, true = _pair(prediction, target, threshold)
    if classes is None:
        widths = [np.shape(rows)[1] for rows in (prediction, target) if np.ndim(rows) == 2]
        classes = max(2, *widths, int(predicted.max()) + 1, int(true.max()) + 1)
    class_numbers(predicted, classes)
    class_numbers(true, classes)
    pairs = np.bincount(true * classes + predicted, minlength=classes * classes)
    return pairs.reshape(classes, classes)


def precision(
    prediction: ArrayLike,
    target: ArrayLike,
    *,
    average: Average = "binary",
    positive: int = 1,
    classes: int | None = None,
    threshold: float | None = None,
) -> float:
    """``TP / (TP + FP)``: the fraction of the predictions of a class that are correct.

    0 for a class that is never predicted. ``average`` is

    - "binary": the precision of class ``positive`` of two;
    - "macro": the mean over the classes that occur in the targets or predictions;
    - "weighted": the same mean, weighted by the number of targets of each class;
    - "micro": the formula with TP, FP, TN and FN summed over the classes.

    Raises ``DataError`` for "binary" with more than two classes. ``class_figures`` returns the
    precision of each class.

    >>> precision([1, 1, 0, 1], [1, 0, 0, 1])
    0.6666666666666666
    """
    confusion = confusion_matrix(prediction, target, classes=classes, threshold=threshold)
    return _average("precision", _count(confusion), average, positive)


def recall(
    prediction: ArrayLike,
    target: ArrayLike,
    *,
    average: Average = "binary",
    positive: int = 1,
    classes: int | None = None,
    threshold: float | None = None,
) -> float:
    """Sensitivity, ``TP / (TP + FN)``: the fraction of the examples of a class that are predicted.

    0 for a class without examples. ``average`` and errors are as for ``precision``.

    >>> recall([1, 1, 0, 1], [1, 0, 0, 1])
    1.0
    """
    confusion = confusion_matrix(prediction, target, classes=classes, threshold=threshold)
    return _average("recall", _count(confusion), average, positive)


def specificity(
    prediction: ArrayLike,
    target: ArrayLike,
    *,
    average: Average = "binary",
    positive: int = 1,
    classes: int | None = None,
    threshold: float | None = None,
) -> float:
    """``TN / (TN + FP)``: the fraction of the other examples that are not predicted as the class.

    0 if all examples belong to the class. ``average`` and errors are as for ``precision``.

    >>> specificity([1, 1, 0, 1], [1, 0, 0, 1])
    0.5
    """
    confusion = confusion_matrix(prediction, target, classes=classes, threshold=threshold)
    return _average("specificity", _count(confusion), average, positive)


class ClassFigures(NamedTuple):
    """Precision, recall, specificity and number of examples of each class, (classes,) each."""

    precision: Figures
    recall: Figures
    specificity: Figures
    examples: Counts


def class_figures(
    prediction: ArrayLike,
    target: ArrayLike,
    *,
    classes: int | None = None,
    threshold: float | None = None,
) -> ClassFigures:
    """Precision, recall and specificity of each class against the rest; 0 for 0 / 0.

    >>> class_figures([0, 1, 2, 2], [0, 1, 2, 1]).recall
    array([1. , 0.5, 1. ])
    """
    counts = _count(confusion_matrix(prediction, target, classes=classes, threshold=threshold))
    precisions, recalls, specificities = (_ratio(*f(counts)) for f in _FRACTIONS.values())
    return ClassFigures(precisions, recalls, specificities, counts.examples)


def classification_report(
    prediction: ArrayLike,
    target: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    classes: int | None = None,
    threshold: float | None = None,
) -> str:
    """Return a table of the precision, recall, specificity and number of examples of each class.

    Below it are their averages, as ``precision`` defines them, and the accuracy. ``names``, one for
    each class, replace the class numbers.

    >>> print(classification_report([1, 1, 0, 1], [1, 0, 0, 1], names=["no", "yes"]))
              precision  recall  specificity  examples
    no           1.0000  0.5000       1.0000         2
    yes          0.6667  1.0000       0.5000         2
    <BLANKLINE>
    macro        0.8333  0.7500       0.7500         4
    weighted     0.8333  0.7500       0.7500         4
    accuracy     0.7500
    """
    confusion = confusion_matrix(prediction, target, classes=classes, threshold=threshold)
    counts = _count(confusion)
    labels = [str(k) for k in range(len(confusion))] if names is None else list(names)
    if len(labels) != len(confusion):
        raise DataError(f"{len(labels)} names for {len(confusion)} classes")
    width = max(map(len, [*labels, "weighted"]))

    def row(label: str, figures: Iterable[float], examples: int) -> str:
        first, second, third = figures
        return f"{label:<{width}}{first:11.4f}{second:8.4f}{third:13.4f}{examples:10d}"

    def average_row(average: Average) -> str:
        means = (_average(name, counts, average, 1) for name in _FRACTIONS)
        return row(average, means, counts.total)

    columns = [_ratio(*f(counts)) for f in _FRACTIONS.values()]
    lines = [f"{'':<{width}}  precision  recall  specificity  examples"]
    lines += map(row, labels, zip(*columns, strict=True), counts.examples)
    lines += ["", average_row("macro"), average_row("weighted")]
    lines.append(f"{'accuracy':<{width}}{counts.tp.sum() / counts.total:11.4f}")
    return "\n".join(lines)


class _OneAgainstRest(NamedTuple):
    """True and false positives and negatives of each class, and the number of examples."""

    tp: Counts
    fp: Counts
    tn: Counts
    fn: Counts
    total: int

    @property
    def examples(self) -> Counts:
        """The number of examples of each class."""
        return self.tp + self.fn


# The numerator and denominator of each metric.
_FRACTIONS: dict[str, Callable[[_OneAgainstRest], tuple[Counts, Counts]]] = {
    "precision": lambda c: (c.tp, c.tp + c.fp),
    "recall": lambda c: (c.tp, c.tp + c.fn),
    "specificity": lambda c: (c.tn, c.tn + c.fp),
}


def _count(confusion: Counts) -> _OneAgainstRest:
    tp = confusion.diagonal()
    fp = confusion.sum(axis=0) - tp
    fn = confusion.sum(axis=1) - tp
    total = int(confusion.sum())
    return _OneAgainstRest(tp, fp, total - tp - fp - fn, fn, total)


def _average(metric: str, counts: _OneAgainstRest, average: Average, positive: int) -> float:
    """Average a metric over the classes, as ``precision`` defines it."""
    numerator, denominator = _FRACTIONS[metric](counts)
    figures = _ratio(numerator, denominator)
    if average == "binary":
        if figures.size != 2 or positive not in (0, 1):
            raise DataError(
                f"average='binary' takes class 0 or 1 of two, not class {positive} of "
                f"{figures.size}; choose 'macro', 'weighted' or 'micro', or see class_figures"
            )
        return float(figures[positive])
    if average == "macro":
        return float(figures[counts.examples + counts.fp > 0].mean())
    if average == "weighted":
        return float(figures @ counts.examples / counts.total)
    if average == "micro":
        return float(_ratio(numerator.sum(), denominator.sum()))
    raise ValueError(f"average={average!r} is none of binary, macro, weighted and micro")


def _ratio(a: Counts, b: Counts) -> Figures:
    """a / b, and 0 where b is 0."""
    ratio: Figures = np.divide(a, b, out=np.zeros(np.shape(a)), where=b > 0)
    return ratio


def _pair(
    prediction: ArrayLike, target: ArrayLike, threshold: float | None
) -> tuple[Counts, Counts]:
    """Both as class numbers, of equal length, at least 1."""
    predicted = predicted_classes(prediction, threshold)
    y = np.asarray(target)
    if y.ndim == 2 and y.shape[1] > 1:
        if not (np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all()):
            raise DataError(
                f"targets of shape {y.shape} are not one-hot rows (a single 1 in each, else 0)"
            )
        true = y.argmax(axis=1).astype(np.int64)
    else:
        true = class_numbers(y.reshape(-1) if y.shape[1:] == (1,) else y)
    if predicted.shape != true.shape:
        raise DataError(f"{predicted.size} predictions for {true.size} targets")
    if true.size == 0:
        raise DataError("there are no predictions and targets")
    return predicted, true
