"""How well predictions agree with the targets: accuracy, confusion, precision, recall.

What a model is trained on is in ``nn.losses``. Each figure takes first the prediction, then the
target. Predictions are class numbers (n,), or a row of scores, logits or probabilities for each
example (n, classes), of which the largest counts; or, with ``threshold``, one score (n,) or (n, 1)
for class 1 against class 0: 0.5 for probabilities, 0 for logits. Targets are class numbers (n,)
or (n, 1), or one-hot rows. TP, FP, TN and FN count, for one class against the rest, the true and
false positives and negatives. Formulas: Lindholm et al. (2022), section 4.5.
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
    """Class numbers (n,) of a prediction: as given, ``argmaxₖ scoreₖ``, or ``score > threshold``.

    Raises ``DataError`` for scores that are NaN, and for one score an example without
    ``threshold``: a number alone does not tell whether it is a probability or a logit.

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
    """Share of right predictions, ``1/n Σᵢ 1{ŷᵢ = yᵢ}``.

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
    """Counts ``C[j, k] = Σᵢ 1{yᵢ = j and ŷᵢ = k}``: the target's class down, the predicted across.

    (classes, classes) int64. ``classes`` is, when not given, as many as the scores in a row, the
    columns of a one-hot target and the class numbers need, and at least 2.

    >>> confusion_matrix([0, 1, 1, 1], [0, 0, 1, 1])
    array([[1, 1],
           [0, 2]])
    """
    predicted, true = _pair(prediction, target, threshold)
    if classes is None:
        widths = [np.shape(given)[1] for given in (prediction, target) if np.ndim(given) == 2]
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
    """``TP / (TP + FP)``: how many of the examples given a class belong to it.

    0 for a class that is never predicted. ``average`` is

    - "binary": the figure of class ``positive`` of two;
    - "macro": the mean over the classes, and "weighted" that mean weighted by the classes' share
      of the targets; a class that neither targets nor predictions hold takes no part;
    - "micro": the formula with TP, FP, TN and FN each summed over the classes.

    Raises ``DataError`` for "binary" with more than two classes. ``class_figures`` has the figure
    of each class.

    >>> precision([1, 1, 0, 1], [1, 0, 0, 1])
    0.6666666666666666
    """
    counts = _count(confusion_matrix(prediction, target, classes=classes, threshold=threshold))
    return _average("precision", counts, average, positive)


def recall(
    prediction: ArrayLike,
    target: ArrayLike,
    *,
    average: Average = "binary",
    positive: int = 1,
    classes: int | None = None,
    threshold: float | None = None,
) -> float:
    """Sensitivity, ``TP / (TP + FN)``: how many of a class's examples are given to it.

    0 for a class without examples. ``average`` as for ``precision``.

    >>> recall([1, 1, 0, 1], [1, 0, 0, 1])
    1.0
    """
    counts = _count(confusion_matrix(prediction, target, classes=classes, threshold=threshold))
    return _average("recall", counts, average, positive)


def specificity(
    prediction: ArrayLike,
    target: ArrayLike,
    *,
    average: Average = "binary",
    positive: int = 1,
    classes: int | None = None,
    threshold: float | None = None,
) -> float:
    """``TN / (TN + FP)``: how many of the other classes' examples are kept out of a class.

    0 where all examples belong to the class. ``average`` as for ``precision``.

    >>> specificity([1, 1, 0, 1], [1, 0, 0, 1])
    0.5
    """
    counts = _count(confusion_matrix(prediction, target, classes=classes, threshold=threshold))
    return _average("specificity", counts, average, positive)


class ClassFigures(NamedTuple):
    """Each class's precision, recall, specificity and number of examples, (classes,) each."""

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
    precisions, recalls, specificities = (_ratio(*parts(counts)) for parts in _PARTS.values())
    return ClassFigures(precisions, recalls, specificities, _examples(counts))


def classification_report(
    prediction: ArrayLike,
    target: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    classes: int | None = None,
    threshold: float | None = None,
) -> str:
    """Table of each class's precision, recall, specificity and number of examples, as text.

    Below it their averages, as ``precision`` defines them, and the accuracy. ``names``, one for
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
        return row(average, (_average(name, counts, average, 1) for name in _PARTS), counts.total)

    columns = [_ratio(*parts(counts)) for parts in _PARTS.values()]
    lines = [f"{'':<{width}}  precision  recall  specificity  examples"]
    lines += map(row, labels, zip(*columns, strict=True), _examples(counts))
    lines += ["", average_row("macro"), average_row("weighted")]
    lines.append(f"{'accuracy':<{width}}{counts.tp.sum() / counts.total:11.4f}")
    return "\n".join(lines)


class _OneAgainstRest(NamedTuple):
    """True and false positives, true and false negatives of each class; number of examples."""

    tp: Counts
    fp: Counts
    tn: Counts
    fn: Counts
    total: int


# Numerator and denominator of each figure.
_PARTS: dict[str, Callable[[_OneAgainstRest], tuple[Counts, Counts]]] = {
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


def _examples(counts: _OneAgainstRest) -> Counts:
    return counts.tp + counts.fn


def _average(figure: str, counts: _OneAgainstRest, average: Average, positive: int) -> float:
    """Reduce the classes' figures to one as ``precision`` says."""
    part, whole = _PARTS[figure](counts)
    figures = _ratio(part, whole)
    if average == "binary":
        if figures.size != 2 or positive not in (0, 1):
            raise DataError(
                f"average='binary' takes class 0 or 1 of two, not class {positive} of "
                f"{figures.size}; choose 'macro', 'weighted' or 'micro', or see class_figures"
            )
        return float(figures[positive])
    if average == "macro":
        return float(figures[_examples(counts) + counts.fp > 0].mean())
    if average == "weighted":
        return float(figures @ _examples(counts) / counts.total)
    if average == "micro":
        return float(_ratio(part.sum(), whole.sum()))
    raise ValueError(f"average={average!r} is none of binary, macro, weighted and micro")


def _ratio(part: Counts, whole: Counts) -> Figures:
    ratio: Figures = np.divide(part, whole, out=np.zeros(np.shape(part)), where=whole > 0)
    return ratio


def _pair(
    prediction: ArrayLike, target: ArrayLike, threshold: float | None
) -> tuple[Counts, Counts]:
    """Both as class numbers, of equal length and at least one."""
    predicted = predicted_classes(prediction, threshold)
    given = np.asarray(target)
    if given.ndim == 2 and given.shape[1] > 1:
        if not (np.isin(given, (0, 1)).all() and (given.sum(axis=1) == 1).all()):
            raise DataError(
                f"targets of shape {given.shape} are not one-hot rows (a single 1 in each, else 0)"
            )
        true = given.argmax(axis=1).astype(np.int64)
    else:
        true = class_numbers(given.reshape(-1) if given.shape[1:] == (1,) else given)
    if predicted.shape != true.shape:
        raise DataError(f"{predicted.size} predictions for {true.size} targets")
    if true.size == 0:
        raise DataError("no predictions and targets: of no examples there is no figure")
    return predicted, true
