"""Rules that stop training, fed with figures directly."""

import math
from typing import Any

import numpy as np
import pytest

from nn import EarlyStopping, History, Linear, SmallChange, StoppingRule


def validated(rule: StoppingRule, figures: list[float], name: str = "loss") -> list[str | None]:
    """What the rule says after each validation, of a model whose weight is then its number."""
    history = History(["accuracy"])
    model = Linear(1, 1, bias=False)
    said = []
    for step, figure in enumerate(figures, start=1):
        model.weight.data = [[float(step)]]
        row = {"loss": 0.0, "accuracy": 0.0, name: figure}
        history.validations.append(step=step, epoch=1, **row)
        said.append(rule.after_validation(model, history))
    rule.finish(model)
    said.append(str(model.weight.item()))
    return said


def after_epochs(rule: StoppingRule, errors: list[float]) -> list[str | None]:
    history = History([])
    said = []
    for epoch, error in enumerate(errors, start=1):
        for loss in (error - 1, error + 1):
            history.steps.append(step=0, epoch=epoch, examples=4, loss=loss, lr=0, gradient_norm=0)
        said.append(rule.after_epoch(Linear(1, 1), history))
    return said


def test_early_stopping_is_patient_and_restores_the_best_weights() -> None:
    rule = EarlyStopping(patience=3)
    *said, weight = validated(rule, [5.0, 3.0, 4.0, 3.0, 3.5])
    assert said[:4] == [None] * 4
    assert said[4] is not None
    assert "validation loss was 3 at its best (step 2)" in said[4]
    assert weight == "2.0"
    assert (rule.best, rule.best_step) == (3.0, 2)


def test_early_stopping_starts_counting_again_after_each_improvement() -> None:
    *said, weight = validated(EarlyStopping(patience=2), [5.0, 6.0, 4.0, 4.5, 3.0, 3.1])
    assert said == [None] * 6
    assert weight == "5.0"


def test_an_improvement_must_be_above_min_delta() -> None:
    *said, weight = validated(EarlyStopping(patience=2, min_delta=0.5), [5.0, 4.6, 4.5])
    assert said[2] is not None
    assert weight == "1.0"


def test_a_metric_may_be_watched_and_is_then_to_rise() -> None:
    rule = EarlyStopping(patience=2, monitor="accuracy", mode="max")
    *said, weight = validated(rule, [0.5, 0.9, 0.8, 0.9], "accuracy")
    assert said[3] is not None
    assert "validation accuracy was 0.9" in said[3]
    assert weight == "2.0"


def test_weights_stay_the_last_without_restore_best() -> None:
    assert validated(EarlyStopping(restore_best=False), [1.0, 2.0])[-1] == "2.0"


def test_nan_is_no_improvement() -> None:
    *said, weight = validated(EarlyStopping(patience=2), [math.nan, math.inf])
    assert said[1] is not None
    assert "was never finite" in said[1]
    assert weight == "2.0"


def test_small_change_compares_the_means_of_epochs() -> None:
    said = after_epochs(SmallChange(0.1), [5.0, 4.0, 3.95])
    assert said[:2] == [None, None]
    assert said[2] is not None
    assert "changed by 0.05, less than 0.1" in said[2]


def test_small_change_may_have_to_last() -> None:
    said = after_epochs(SmallChange(0.1, patience=2), [5.0, 5.0, 4.0, 4.0, 4.05])
    assert [bool(reason) for reason in said] == [False] * 4 + [True]


@pytest.mark.parametrize("cut", range(1, 6))
def test_rules_go_on_from_their_state(cut: int) -> None:
    figures = [5.0, 3.0, 4.0, 3.5, 3.2, 3.1]
    whole, first, second = (EarlyStopping(patience=4) for _ in range(3))
    expected = validated(whole, figures)
    history, model = History([]), Linear(1, 1, bias=False)
    said: list[Any] = []
    for step, figure in enumerate(figures, start=1):
        model.weight.data = [[float(step)]]
        history.validations.append(step=step, epoch=1, loss=figure)
        rule = first if step <= cut else second
        said.append(rule.after_validation(model, history))
        if step == cut:
            second.load_state_dict(first.state_dict())
    second.finish(model)
    assert [*said, str(model.weight.item())] == expected

    change = SmallChange(0.1, patience=2)
    after_epochs(change, [3.0, 3.0])
    again = SmallChange(0.1, patience=2)
    again.load_state_dict(change.state_dict())
    assert after_epochs(again, [3.0])[0] is not None


def test_a_rule_that_overrides_nothing_never_stops() -> None:
    rule = StoppingRule()
    rule.start()
    rule.load_state_dict(rule.state_dict())
    assert not any(validated(rule, [1.0, 1.0])[:-1])
    assert not any(after_epochs(rule, [1.0, 1.0]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: EarlyStopping(0), "patience=0"),
        (lambda: EarlyStopping(min_delta=-1), "min_delta=-1"),
        (lambda: EarlyStopping(min_delta=np.nan), "min_delta=nan"),
        (lambda: EarlyStopping(mode="least"), "neither 'min' nor 'max'"),
        (lambda: SmallChange(0), "threshold=0"),
        (lambda: SmallChange(0.1, patience=0), "patience=0"),
    ],
)
def test_settings_out_of_range_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
