"""The work `epoch`: each way of training an epoch takes the steps of the formulas."""

from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest

from benchmarks.problems import epochs
from benchmarks.summary import disagreement
from benchmarks.systems.epochs import numpy as by_hand
from benchmarks.systems.epochs import ours
from benchmarks.works import WORKS
from tests.benchmarks.answers import right


@pytest.fixture(autouse=True)
def few_examples(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As many as are checked, and not 60,000."""
    monkeypatch.setattr(epochs, "EXAMPLES", 2000)
    for cached in (epochs.examples, right):
        cached.cache_clear()
    yield
    for cached in (epochs.examples, right):
        cached.cache_clear()


@pytest.mark.parametrize(
    ("system", "variant"),
    [(ours, "fit"), (ours, "loop"), (by_hand, "allocating"), (by_hand, "preallocated")],
)
def test_an_epoch_takes_the_steps_of_the_formulas(system: ModuleType, variant: str) -> None:
    cases = system.epoch(variant)
    answers = {measure: case.answer() for measure, case in cases.items()}
    work = next(work for work in WORKS if work.name == "epoch")
    assert disagreement(answers, right("epoch"), work.tolerance) is None


def test_the_formulas_of_the_two_networks_differ() -> None:
    answers = right("epoch")
    swapped = {"784-30-10, batch 10": answers["784-200-10, batch 100"]}
    complaint = disagreement(swapped, answers, 1e-4)
    assert complaint


def test_a_shuffled_epoch_takes_every_example_once() -> None:
    shuffled = list(epochs.batches(25, 10, np.random.default_rng(0)))
    assert [len(rows) for rows in shuffled] == [10, 10, 5]
    assert sorted(np.concatenate(shuffled)) == list(range(25))
