"""The benchmark harness: its statistics, its table, and that wrong answers are not timed.

Nothing here asserts a time.
"""

import gc
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import environment, libraries, runner, table
from benchmarks.problems import ANSWERS, classification, moons
from benchmarks.runner import Result
from benchmarks.summary import Spread, disagreement, ratio
from benchmarks.systems import neurons, ours
from benchmarks.systems import numpy as by_hand
from benchmarks.timing import Case, Stopwatch
from benchmarks.works import BY_HAND, OURS, WORKS, Contestant, Plan, Work
from tests.benchmarks.answers import right

BRIEF = Plan(rounds=2, seconds=0.001)


def work(*contestants: Contestant) -> Work:
    """The work `step` for other contestants."""
    return Work("step", "a step", "What it is.", contestants, 1e-4, BRIEF, BRIEF)


def result(title: str, **times: list[float]) -> Result:
    """What a contestant measured."""
    return Result(Contestant(title, "module"), {name: list(t) for name, t in times.items()})


# statistics


def test_a_ratio_is_one_of_medians_and_its_spread_is_within_rounds() -> None:
    # The machine is twice as slow in the second round: that must not widen the spread.
    found = ratio([2.0, 4.0, 2.2], [1.0, 2.0, 1.0])
    assert found.value == pytest.approx(2.2)
    assert (found.low, found.high) == pytest.approx((2.0, 2.1))


def test_the_spread_of_a_single_round_is_empty() -> None:
    assert ratio([3.0], [2.0]) == Spread(1.5, 1.5, 1.5)


def test_equal_answers_agree() -> None:
    assert disagreement({"a": {"x": np.ones(3)}}, {"a": {"x": np.ones(3)}}, 0.0) is None


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"a": {"x": np.array([1.0, 2.002])}}, r"a: x is off by 1\.0e-03, more than 1e-04"),
        ({"a": {"x": np.array([1.0, np.nan])}}, r"a: x is off by nan"),
        ({"a": {"x": np.array([[1.0, 2.0]])}}, r"a: x has shape \(1, 2\), not \(2,\)"),
        ({"a": {"y": np.array([1.0, 2.0])}}, r"a: no x"),
        ({"b": {"x": np.array([1.0, 2.0])}}, r"b: not a measure of this work"),
    ],
)
def test_a_wrong_answer_is_described(
    given: Mapping[str, Mapping[str, np.ndarray]], complaint: str
) -> None:
    found = disagreement(given, {"a": {"x": np.array([1.0, 2.0])}}, 1e-4)
    assert found is not None
    assert re.match(complaint, found)


# timing


@pytest.mark.parametrize("collector", [True, False])
def test_the_collector_runs_during_a_sample_only_if_asked(collector: bool) -> None:
    seen: set[bool] = set()
    names = {"seen": seen, "gc": gc}
    case = Case("seen.add(gc.isenabled())", names, dict, collector=collector)
    Stopwatch(case).turn(seconds=0.0005)
    assert seen == {collector}
    assert gc.isenabled()


def test_a_fixed_number_of_executions_is_kept() -> None:
    runs: list[int] = []
    stopwatch = Stopwatch(Case("runs.append(1)", {"runs": runs}, dict, executions=3))
    stopwatch.turn(seconds=0.0)
    stopwatch.turn(seconds=0.0)
    assert len(runs) == 6


# the right answers, against independent ones


def test_the_formula_for_moons_agrees_with_differences() -> None:
    points, labels = moons.moons()
    layers = moons.network()
    _, gradient = moons.loss_and_gradient(layers, points, labels)
    rng = np.random.default_rng(0)
    direction = [(rng.normal(size=w.shape), rng.normal(size=b.shape)) for w, b in layers]

    def along(step: float) -> float:
        pairs = zip(layers, direction, strict=True)
        moved = [(w + step * dw, b + step * db) for (w, b), (dw, db) in pairs]
        return moons.loss_and_gradient(moved, points, labels)[0]

    slope = sum(
        float((dw * gw).sum() + (db * gb).sum())
        for (dw, db), (gw, gb) in zip(direction, gradient, strict=True)
    )
    assert (along(1e-6) - along(-1e-6)) / 2e-6 == pytest.approx(slope, rel=1e-6)


def test_the_neurons_of_micrograd_compute_the_formula() -> None:
    engine = pytest.importorskip("micrograd.engine")
    cases = neurons.cases(engine.Value)
    answers = {moons.COLLECTOR_ON: cases[moons.COLLECTOR_ON].answer()}  # all are the same
    assert disagreement(answers, right("scalars"), 1e-9) is None
    assert cases[moons.COLLECTOR_ON].note == "65,818 nodes"


@pytest.mark.parametrize("variant", ["allocating", "preallocated"])
def test_the_steps_by_hand_compute_the_formula(variant: str) -> None:
    case = by_hand.step(variant)[classification.MEASURE]
    assert disagreement({"step": case.answer()}, right("step"), 1e-4) is None


@pytest.mark.parametrize("name", ["scalars", "step", "operations"])
def test_this_engine_computes_the_right_answers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moons, "moons", partial(moons.moons, points=10))  # a tenth of the time
    chosen, right = next(work for work in WORKS if work.name == name), ANSWERS[name]()
    for contestant in chosen.contestants:
        if contestant.module == ours.__name__:
            cases = getattr(ours, name)(contestant.variant)
            answers = {measure: case.answer() for measure, case in cases.items()}
            assert disagreement(answers, right, chosen.tolerance) is None


# processes

SOUND = "from benchmarks.systems.numpy import step, versions"
WRONG = """
from dataclasses import replace
from benchmarks.systems import numpy
def step(variant):
    case = numpy.step(variant)["step"]
    right = case.answer()
    return {"step": replace(case, answer=lambda: right | {"losses": 1.001 * right["losses"]})}
def versions():
    return {}
"""
ABSENT = "import a_library_nobody_has"
BROKEN = "def step(variant):\n    raise RuntimeError('no such device')"
TALKATIVE = f"print('hello from the library')\n{SOUND}"


def run_systems(folder: Path, **sources: str) -> dict[str, Result]:
    """Run the work `step` with systems of the given source, by name."""
    for name, source in sources.items():
        home = libraries.library_folder(folder, name)
        home.mkdir(parents=True)
        (home / f"{name}.py").write_text(source)
    contestants = [Contestant(name, name, "allocating") for name in sources]
    results = runner.run(work(*contestants), BRIEF, libraries.Setting(folder))
    return {found.contestant.title: found for found in results}


def test_what_is_wrong_absent_or_broken_is_reported_and_the_rest_is_timed(tmp_path: Path) -> None:
    found = run_systems(
        tmp_path, sound=SOUND, wrong=WRONG, absent=ABSENT, broken=BROKEN, talkative=TALKATIVE
    )
    for name in ("sound", "talkative"):
        assert len(found[name].times["step"]) == BRIEF.rounds
        assert not found[name].error
    assert re.search(r"losses is off by 1\.0e-03", found["wrong"].error)
    assert found["wrong"].times == {"step": []}
    assert "a_library_nobody_has" in found["absent"].missing
    assert found["broken"].error == "RuntimeError: no such device"


def test_a_worker_finds_its_own_library_before_the_project(tmp_path: Path) -> None:
    own = libraries.library_folder(tmp_path, "hips")
    own.mkdir(parents=True)
    variables = libraries.Setting(tmp_path).variables("hips")
    assert variables["PYTHONPATH"].startswith(str(own))


def test_the_blas_pin_is_removed_unless_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    free = libraries.Setting(tmp_path).variables("numpy")
    kept = libraries.Setting(tmp_path, keep_blas_pin=True).variables("numpy")
    assert "OPENBLAS_CORETYPE" not in free
    assert kept["OPENBLAS_CORETYPE"] == "Haswell"


def test_threads_limit_every_pool(tmp_path: Path) -> None:
    variables = libraries.Setting(tmp_path, threads=3).variables("numpy")
    assert {variables[name] for name in libraries.THREAD_VARIABLES} == {"3"}


# the table


def test_a_duration_has_three_figures_and_its_unit() -> None:
    times = [1.6, 0.0123, 0.000456, 7.89e-7, 3.3e-8]
    assert [table.duration(t) for t in times] == ["1.6 s", "12.3 ms", "456 µs", "789 ns", "33 ns"]


def test_a_single_measure_is_a_list_with_ratios_to_the_baselines() -> None:
    results = [result(BY_HAND, step=[1e-3, 1e-3]), result(OURS, step=[2e-3, 4e-3])]
    text = table.section(work(), results)
    assert "|  | time | ÷ autograd (ours) | ÷ NumPy by hand | notes |" in text
    assert f"| {OURS} | 3 ms (2.5 ms to 3.5 ms) | 1 (1 to 1) | 3 (2.5 to 3.5) |  |" in text


def test_many_measures_are_a_grid_with_gaps() -> None:
    numbers = {"forward | a": [1e-6], "forward | b": [2e-6]}
    results = [result(OURS, **numbers), result("other", **{"forward | b": [6e-6]})]
    text = table.section(work(), results)
    assert "### Forward" in text
    assert "| a | 1 µs |  |" in text
    assert "| b | 2 µs | 6 µs, x 3 (3 to 3) |" in text


def test_what_was_not_measured_is_at_the_end() -> None:
    absent, broken = result("A"), result("B", step=[])
    absent.missing, broken.error = "No module named 'a'", "wrong answer"
    text = table.report({"Processor": "abacus"}, [(work(), [absent, broken])])
    assert "| Processor | abacus |" in text
    assert "- step, A: not installed (No module named 'a')" in text
    assert "- step, B: **error**: wrong answer" in text
    assert "--install" in text


# the command


def test_the_environment_is_described_in_full() -> None:
    described = environment.describe()
    assert all(described.values())
    assert described["NumPy"] == np.__version__


def test_only_a_whole_run_writes_the_whole_table() -> None:
    names = [
        command.output_path(command.parse(arguments)).name
        for arguments in ([], ["--quick"], ["--only", "step"], ["--out", "here.md"])
    ]
    assert names == ["all.md", "all-quick.md", "step.md", "here.md"]


def test_list_names_every_work_and_system(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--list"]) == 0
    printed = capsys.readouterr().out
    for each in WORKS:
        assert each.name in printed
        assert all(contestant.title in printed for contestant in each.contestants)
