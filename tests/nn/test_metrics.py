"""Metrics: scikit-learn as oracle, and the cases on which it is silent."""

from typing import Any

import numpy as np
import pytest
import sklearn.metrics as oracle
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nn import DataError, metrics, one_hot

few = settings(max_examples=40)  # the oracle takes milliseconds


@st.composite
def labelled(draw: st.DrawFn, most_classes: int = 5) -> tuple[Any, Any]:
    """Class numbers predicted and true, some classes often missing from either."""
    n = draw(st.integers(1, 40))
    predicted, true = (
        draw(
            st.lists(st.integers(0, draw(st.integers(0, most_classes - 1))), min_size=n, max_size=n)
        )
        for _ in range(2)
    )
    return np.array(predicted), np.array(true)


@given(labelled())
def test_accuracy_and_error_rate_are_scikit_learns(pair: tuple[Any, Any]) -> None:
    predicted, true = pair
    assert metrics.accuracy(predicted, true) == oracle.accuracy_score(true, predicted)
    assert metrics.error_rate(predicted, true) == pytest.approx(
        oracle.zero_one_loss(true, predicted), abs=1e-15
    )


@given(labelled(), st.integers(0, 2))
def test_the_confusion_matrix_is_scikit_learns(pair: tuple[Any, Any], spare: int) -> None:
    predicted, true = pair
    classes = max(2, predicted.max() + 1, true.max() + 1) + spare
    expected = oracle.confusion_matrix(true, predicted, labels=range(classes))
    given_width = metrics.confusion_matrix(predicted, true, classes=classes)
    np.testing.assert_array_equal(given_width, expected)
    if spare == 0:
        np.testing.assert_array_equal(metrics.confusion_matrix(predicted, true), expected)


@pytest.mark.parametrize("average", ["macro", "weighted", "micro"])
@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (metrics.precision, oracle.precision_score),
        (metrics.recall, oracle.recall_score),
    ],
)
@few
@given(pair=labelled())
def test_averages_are_scikit_learns(
    figure: Any, expected: Any, average: str, pair: tuple[Any, Any]
) -> None:
    predicted, true = pair
    reference = expected(true, predicted, average=average, zero_division=0)
    assert figure(predicted, true, average=average) == pytest.approx(reference, abs=1e-12)


@few
@given(pair=labelled(most_classes=2), positive=st.integers(0, 1))
def test_binary_figures_are_scikit_learns(pair: tuple[Any, Any], positive: int) -> None:
    predicted, true = pair
    options: dict[str, Any] = {"pos_label": positive, "zero_division": 0, "labels": [0, 1]}
    assert metrics.precision(predicted, true, positive=positive) == pytest.approx(
        oracle.precision_score(true, predicted, **options)
    )
    assert metrics.recall(predicted, true, positive=positive) == pytest.approx(
        oracle.recall_score(true, predicted, **options)
    )
    # Specificity is the other class's recall.
    assert metrics.specificity(predicted, true, positive=positive) == pytest.approx(
        oracle.recall_score(true, predicted, **options | {"pos_label": 1 - positive})
    )


@few
@given(labelled())
def test_figures_of_each_class_are_scikit_learns(
    pair: tuple[Any, Any],
) -> None:
    predicted, true = pair
    figures = metrics.class_figures(predicted, true)
    for k in range(len(figures.precision)):
        of, to = true == k, predicted == k
        for held, score in (
            (figures.precision[k], oracle.precision_score(of, to, zero_division=0)),
            (figures.recall[k], oracle.recall_score(of, to, zero_division=0)),
            (figures.specificity[k], oracle.recall_score(~of, ~to, zero_division=0)),
        ):
            assert held == pytest.approx(score, abs=1e-12)
        assert figures.examples[k] == of.sum()


@given(labelled())
def test_averaged_specificity_follows_its_definition(pair: tuple[Any, Any]) -> None:
    predicted, true = pair
    multi = oracle.multilabel_confusion_matrix(true, predicted)  # of the classes that occur
    tn, fp = multi[:, 0, 0], multi[:, 0, 1]
    each = np.divide(tn, tn + fp, out=np.zeros(len(tn)), where=tn + fp > 0)
    support = multi[:, 1].sum(axis=1)
    assert metrics.specificity(predicted, true, average="macro") == pytest.approx(each.mean())
    assert metrics.specificity(predicted, true, average="weighted") == pytest.approx(
        each @ support / support.sum()
    )
    absent = max(2, predicted.max() + 1, true.max() + 1) - len(tn)
    numerator, denominator = (total + absent * len(true) for total in (tn.sum(), (tn + fp).sum()))
    micro = numerator / denominator if denominator else 0
    assert metrics.specificity(predicted, true, average="micro") == pytest.approx(micro)


def test_a_score_at_the_threshold_is_class_0() -> None:
    assert metrics.predicted_classes([0.49, 0.5, 0.51], threshold=0.5).tolist() == [0, 0, 1]


def test_the_number_of_classes_is_the_widest_of_what_is_given() -> None:
    assert metrics.confusion_matrix([0], [0]).shape == (2, 2)
    assert metrics.confusion_matrix([0], one_hot([0], 4)).shape == (4, 4)
    assert metrics.confusion_matrix(one_hot([0], 5), [0]).shape == (5, 5)


def test_zero_denominators_give_zero() -> None:
    assert metrics.precision([0, 0], [1, 0]) == 0
    assert metrics.recall([0, 1], [0, 0]) == 0
    assert metrics.specificity([1, 0], [1, 1]) == 0


# --- what is taken for a prediction and a target -------------------------------------------------


@given(labelled())
def test_scores_one_hot_rows_and_columns_stand_for_class_numbers(pair: tuple[Any, Any]) -> None:
    predicted, true = pair
    classes = max(2, predicted.max() + 1, true.max() + 1)
    expected = metrics.confusion_matrix(predicted, true, classes=classes)
    scores = np.random.default_rng(0).uniform(-1, 1, (len(true), classes))
    scores[np.arange(len(true)), predicted] = 2
    for prediction in (predicted, scores, scores.astype(np.float32), one_hot(predicted, classes)):
        for target in (true, true[:, None], true.astype(np.float32), one_hot(true, classes)):
            np.testing.assert_array_equal(
                metrics.confusion_matrix(prediction, target, classes=classes), expected
            )


@given(labelled(most_classes=2))
def test_one_score_counts_for_class_1_above_the_threshold(pair: tuple[Any, Any]) -> None:
    predicted, true = pair
    logits = np.where(predicted == 1, 0.3, -1.5)
    probabilities = 1 / (1 + np.exp(-logits))
    expected = metrics.accuracy(predicted, true)
    for shape in ((-1,), (-1, 1)):
        assert metrics.accuracy(logits.reshape(shape), true, threshold=0) == expected
        assert metrics.accuracy(probabilities.reshape(shape), true, threshold=0.5) == expected
        np.testing.assert_array_equal(
            metrics.confusion_matrix(logits.reshape(shape), true, threshold=0),
            metrics.confusion_matrix(predicted, true),
        )


@pytest.mark.parametrize(
    ("prediction", "target", "options", "message"),
    [
        ([0.2, 0.7], [0, 1], {}, "needs threshold=0.5 if it is a probability, threshold=0 if"),
        ([[0.2], [0.7]], [0, 1], {}, "needs threshold=0.5"),
        ([[0.2, 0.8]], [1], {"threshold": 0.5}, r"shape \(1, 2\) with a threshold"),
        ([[0.2, np.nan]], [1], {}, "prediction for example 0 is NaN"),
        ([0, 1, 1], [0, 1], {}, "3 predictions for 2 targets"),
        ([], [], {}, "needs threshold"),
        (np.zeros((0, 3)), np.zeros(0, dtype=int), {}, "no predictions and targets"),
        ([0, -1], [0, 1], {}, "label -1 at index 1"),
        ([0, 1], [0, 0.5], {}, "label 0.5 at index 1"),
        ([0, 1], [[0.5, 0.5], [1, 0]], {}, r"targets of shape \(2, 2\) are not one-hot"),
        ([0, 1], [[1, 1], [1, 0]], {}, "not one-hot"),
        (["a"], ["a"], {}, "not class numbers"),
        (np.zeros((2, 3, 4)), [0, 1], {}, r"shape \(2, 3, 4\)"),
    ],
)
def test_what_is_neither_is_refused(
    prediction: Any, target: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        metrics.accuracy(prediction, target, **options)
    with pytest.raises(DataError, match=message):
        metrics.error_rate(prediction, target, **options)


def test_classes_beyond_the_number_told_are_refused() -> None:
    for predicted, true in (([3], [0]), ([0], [3])):
        with pytest.raises(DataError, match="label 3 at index 0 is not a class number from 0 to 2"):
            metrics.confusion_matrix(predicted, true, classes=3)


def test_binary_figures_of_more_classes_are_refused_with_the_choices() -> None:
    with pytest.raises(DataError, match=r"class 1 of 3; choose 'macro', 'weighted' or 'micro'"):
        metrics.precision([0, 1, 2], [0, 1, 2])
    with pytest.raises(DataError, match="class 2 of 2"):
        metrics.recall([0, 1], [0, 1], positive=2)
    unknown: Any = "mean"
    with pytest.raises(ValueError, match="'mean' is none of"):
        metrics.recall([0, 1], [0, 1], average=unknown)


# --- the report ----------------------------------------------------------------------------------


@few
@given(labelled())
def test_the_report_holds_scikit_learns_figures(pair: tuple[Any, Any]) -> None:
    predicted, true = pair
    classes = int(max(2, predicted.max() + 1, true.max() + 1))
    assume(set(predicted) | set(true) == set(range(classes)))
    lines = metrics.classification_report(predicted, true).splitlines()
    expected = oracle.classification_report(true, predicted, output_dict=True, zero_division=0)
    assert lines[0].split() == ["precision", "recall", "specificity", "examples"]
    rows = {
        line.split()[0]: [float(cell) for cell in line.split()[1:]] for line in lines[1:] if line
    }
    names = {str(k): str(k) for k in range(classes)}
    names |= {"macro": "macro avg", "weighted": "weighted avg"}
    for name, oracle_name in names.items():
        precision, recall, _, examples = rows[name]
        assert precision == pytest.approx(expected[oracle_name]["precision"], abs=5.1e-5)
        assert recall == pytest.approx(expected[oracle_name]["recall"], abs=5.1e-5)
        assert examples == expected[oracle_name]["support"]
    assert rows["accuracy"] == [pytest.approx(metrics.accuracy(predicted, true), abs=5.1e-5)]


def test_the_report_has_the_names_of_the_classes() -> None:
    report = metrics.classification_report(
        [0, 1, 1], [0, 1, 0], names=["versicolor", "setosa"]
    ).splitlines()
    assert [line.split()[0] for line in report if line][1:3] == ["versicolor", "setosa"]
    assert {len(line) for line in report if line} == {len(report[0]), len(report[-1])}
    with pytest.raises(DataError, match="1 names for 2 classes"):
        metrics.classification_report([0, 1], [0, 1], names=["one"])
