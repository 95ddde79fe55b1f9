"""The works about the compiler: every way of our own and by hand gives the right answers.

The other libraries are compared when the benchmarks run.
"""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from benchmarks import scales, table
from benchmarks.problems import costs
from benchmarks.runner import Result
from benchmarks.summary import disagreement
from benchmarks.systems import ours
from benchmarks.systems.derivatives import numpy as formulas
from benchmarks.systems.derivatives import ours as derivatives
from benchmarks.systems.series import ours as series
from benchmarks.systems.steps import numpy as by_hand
from benchmarks.systems.steps import ours as steps
from benchmarks.timing import Case
from benchmarks.works import WORKS, Contestant
from tests.benchmarks.answers import right

ROOT = Path(__file__).parents[2]
BY_NAME = {work.name: work for work in WORKS}
MODULES = {
    module.__name__: module for module in (ours, derivatives, series, formulas, by_hand, steps)
}
COMPILED = ("compiled-step", "rosenbrock", "gradient-cost", "series")


@pytest.mark.parametrize(
    ("name", "module", "variant"),
    [
        (name, MODULES[each.module], each.variant)
        for name in COMPILED
        for each in BY_NAME[name].contestants
        if each.module in MODULES
    ],
)
def test_each_way_gives_the_right_answers(name: str, module: ModuleType, variant: str) -> None:
    if variant == "native":
        pytest.importorskip("llvmlite", reason='machine code needs the extra "native"')
    cases = getattr(module, name.replace("-", "_"))(variant)
    answers = {measure: case.answer() for measure, case in cases.items()}
    assert answers
    assert disagreement(answers, right(name), BY_NAME[name].tolerance) is None


def test_the_steps_that_compiling_is_timed_with_are_first_ones() -> None:
    compiled = []

    class Stepper:
        def step(self) -> None:
            compiled.append(self)

    case = Case("stepper.step()", {"make": Stepper}, dict, setup="stepper = make()", executions=1)
    stopwatch = case.measured()
    stopwatch.turn(0.0)
    stopwatch.turn(0.0)
    assert len(set(map(id, compiled))) == len(compiled) == 2


def test_hessian_products_are_how_gradients_move() -> None:
    p, v, data = (
        [array.astype(float) for array in arrays]
        for arrays in (costs.parameters(), costs.parameter_direction(), costs.batch())
    )

    def ahead(step: float) -> list[np.ndarray]:
        moved = [array + step * move for array, move in zip(p, v, strict=True)]
        return costs.loss_and_gradient(moved, *data)[1]

    differences = zip(ahead(1e-7), ahead(-1e-7), strict=True)
    for found, (after, before) in zip(costs.loss_product(p, v, *data), differences, strict=True):
        np.testing.assert_allclose(found, (after - before) / 2e-7, atol=1e-5)


WEIGHED = """
import sys
import numpy as np
from benchmarks.scales import SCALES
from benchmarks.timing import Case
names, setup = {"np": np}, "kept = np.ones(1_000_000)"
case = Case("np.ones(2_000_000)", names, dict, setup=setup, meter=SCALES[sys.argv[1]])
print(case.measured().turn(0.0))
"""


@pytest.mark.parametrize("scale", scales.SCALES)
def test_memory_is_what_is_kept_and_the_most_of_a_run(scale: str) -> None:
    # A process that has done other things may have pages to spare.
    command = [sys.executable, "-c", WEIGHED, scale]
    weighed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert float(weighed.stdout) == pytest.approx(24e6, rel=0.02)


def test_memory_has_three_figures_and_its_unit() -> None:
    sizes = [1.5e9, 2_345_678.0, 12_300.0, 45.0]
    assert [table.amount(size) for size in sizes] == ["1.5 GB", "2.35 MB", "12.3 kB", "45 B"]


def test_a_quotient_is_of_two_measures_of_one_system() -> None:
    above, below = costs.QUOTIENTS[0]
    both = Result(Contestant("both", "module"), {above: [6e-3, 6e-3], below: [2e-3, 3e-3]})
    one = Result(Contestant("one", "module"), {below: [1e-3, 1e-3]})
    text = table.section(BY_NAME["gradient-cost"], [both, one])
    row = next(line for line in text.splitlines() if "÷" in line)
    assert row.endswith("value and gradient ÷ function | 2.4 (2.2 to 2.8) |  |")
