"""Learning-rate schedules, against their formulas at every step."""

import json
import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.optim.schedules import (
    Constant,
    Cosine,
    Exponential,
    OneCycle,
    ReduceOnPlateau,
    Schedule,
    Step,
    Warmup,
)

RATES = st.floats(1e-6, 10)
STEPS = st.integers(0, 300)


@given(RATES, STEPS)
def test_constant_step_and_exponential_follow_their_formulas(lr: float, t: int) -> None:
    assert Constant(lr)(t) == lr
    assert Step(lr, every=7, factor=0.5)(t) == pytest.approx(lr / 2 ** (t // 7))
    assert Exponential(lr, factor=0.9)(t) == pytest.approx(lr * math.exp(t * math.log(0.9)))


@given(RATES, st.integers(1, 200), STEPS)
def test_cosine_falls_along_half_a_wave_and_stays_at_its_end(lr: float, steps: int, t: int) -> None:
    end = lr / 10
    schedule = Cosine(lr, steps=steps, end=end)
    expected = end + (lr - end) * math.cos(math.pi / 2 * min(t / steps, 1)) ** 2
    assert schedule(t) == pytest.approx(expected)
    assert schedule(0) == pytest.approx(lr)
    assert schedule(steps) == schedule(steps + 50) == end


@given(RATES, st.integers(1, 50), STEPS)
def test_warmup_rises_in_equal_steps_then_hands_over_from_the_beginning(
    lr: float, steps: int, t: int
) -> None:
    then = Cosine(lr, steps=100)
    schedule = Warmup(steps, then)
    assert schedule(steps + t) == then(t)
    ramp = [0.0, *(schedule(s) for s in range(steps + 1))]
    rises = [after - before for before, after in pairwise(ramp)]
    assert rises == pytest.approx([lr / (steps + 1)] * (steps + 1))


@given(RATES, st.integers(4, 200), st.sampled_from([0.3, 0.5, 0.9]))
def test_one_cycle_rises_to_its_peak_and_falls_to_almost_nothing(
    peak: float, steps: int, rise: float
) -> None:
    schedule = OneCycle(peak, steps=steps, rise=rise)
    rates = [schedule(t) for t in range(steps)]
    top = rates.index(max(rates))
    assert rates[0] == pytest.approx(peak / 25)
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert max(rates) <= peak
    assert abs(top - (rise * steps - 1)) < 1
    assert schedule(steps + 10) == rates[-1] == pytest.approx(peak / 250_000)


def test_plateau_waits_patiently_reduces_and_counts_again() -> None:
    schedule = ReduceOnPlateau(1.0, factor=0.5, patience=2, min_delta=0.1, least=0.2)
    rates = []
    for loss in [5.0, 4.0, 3.95, 3.95, 3.8, 3.8, 3.8, 3.8, *[math.nan] * 9]:
        schedule.observe(loss)
        rates.append(schedule(0))
    # 3.95 is no improvement by 0.1 on 4.0, 3.8 is; then three times no improvement, and so on.
    assert rates == [1.0] * 7 + [0.5] * 3 + [0.25] * 3 + [0.2] * 4


def test_plateau_does_not_take_nan_for_the_best() -> None:
    schedule = ReduceOnPlateau(1.0, factor=0.5, patience=2)
    for loss in [math.nan, math.inf, 3.0, 2.0, 1.0]:
        schedule.observe(loss)
    assert schedule(0) == 1.0


@pytest.mark.parametrize("warm", [False, True])
def test_plateau_continues_from_its_state_also_behind_a_warm_up(warm: bool) -> None:
    def new() -> Schedule:
        schedule = ReduceOnPlateau(1.0, factor=0.5, patience=1)
        return Warmup(2, schedule) if warm else schedule

    first, second = new(), new()
    for loss in [2.0, 2.0, 2.0, 2.0]:
        first.observe(loss)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    for loss in [2.0, 2.0, 1.0, 1.0, 1.0]:
        first.observe(loss)
        second.observe(loss)
        assert first(5) == second(5)
    assert first(5) < 0.5
    first.start()
    assert first(5) == 1.0


def test_a_schedule_without_memory_has_an_empty_state_and_ignores_the_loss() -> None:
    schedule = Cosine(1.0, steps=10)
    schedule.observe(3.0)
    assert schedule.state_dict() == {}
    schedule.load_state_dict({})
    assert schedule == Cosine(1.0, steps=10)


@pytest.mark.parametrize(
    ("make", "settings", "message"),
    [
        (Constant, {"lr": -1.0}, "lr=-1"),
        (Constant, {"lr": math.nan}, "lr=nan"),
        (Step, {"lr": 1.0, "every": 0}, "every=0"),
        (Exponential, {"lr": 1.0, "factor": -0.5}, "factor=-0.5"),
        (Cosine, {"lr": 1.0, "steps": 0}, "steps=0"),
        (Cosine, {"lr": 1.0, "steps": 9, "end": math.inf}, "end=inf"),
        (OneCycle, {"peak": 1.0, "steps": 3}, "a rise of 0.8999"),
        (OneCycle, {"peak": 1.0, "steps": 10, "rise": 1.0}, "a rise of 10"),
        (Warmup, {"steps": 0, "then": Constant(1.0)}, "steps=0"),
        (ReduceOnPlateau, {"lr": 1.0, "patience": -1}, "patience=-1"),
        (ReduceOnPlateau, {"lr": 1.0, "factor": 1.0}, "would not reduce"),
    ],
)
def test_settings_out_of_range_are_refused_by_name(
    make: Any, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=f"{make.__name__}.*{message}"):
        make(**settings)
