"""The work `programs`: the objectives of `benchmarks.programs`, and their slopes by differences.

On plain numbers an objective is plain NumPy and SciPy, whichever `autograd` it imports.
"""

from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks import programs
from benchmarks.problems.arrays import Answer, Array
from benchmarks.timing import Case

# An equation solver that is exact to 1e-7 needs longer steps.
STEPS = {"ode_fit": 1e-4}


def measure(name: str) -> str:
    """The name of a program's measure."""
    return f"value and gradient | {name.replace('_', ' ')}"


def leaves(nested: Any) -> Iterator[Array]:
    """The arrays in nested dicts, lists and tuples."""
    if isinstance(nested, dict):
        for key in sorted(nested):
            yield from leaves(nested[key])
    elif isinstance(nested, list | tuple):
        for part in nested:
            yield from leaves(part)
    else:
        yield np.asarray(nested, float)


def moved(nested: Any, directions: Iterator[Array], step: float) -> Any:
    """The same nesting, each array moved in a direction."""
    if isinstance(nested, dict):
        found = {key: moved(nested[key], directions, step) for key in sorted(nested)}
        return {key: found[key] for key in nested}
    if isinstance(nested, list | tuple):
        return type(nested)([moved(part, directions, step) for part in nested])
    return nested + step * next(directions)


def direction(start: Any) -> list[Array]:
    """A random direction, the same on every run."""
    rng = np.random.default_rng(0)
    return [rng.standard_normal(array.shape) for array in leaves(start)]


def answer(value: float, slope: float) -> Answer:
    """What is compared: the objective, and its slope in a direction."""
    return {"value": np.array(value), "slope": np.array(slope)}


def answers() -> Mapping[str, Answer]:
    """The objective at its start, and its slope by central differences."""
    return {
        measure(name): expected(programs.load(name), STEPS.get(name, 1e-6))
        for name in programs.NAMES
    }


def expected(program: ModuleType, h: float) -> Answer:
    """The objective of a program, and its slope by differences with steps of h."""
    v = direction(program.start)
    ahead, behind = (program.objective(moved(program.start, iter(v), s)) for s in (h, -h))
    return answer(program.objective(program.start), (ahead - behind) / (2 * h))


def cases(value_and_grad: Callable[..., Any]) -> Mapping[str, Case]:
    """The value and gradient of every program, by a library's own function for it."""
    return {measure(name): case(programs.load(name), value_and_grad) for name in programs.NAMES}


def case(program: ModuleType, value_and_grad: Callable[..., Any]) -> Case:
    """The value and gradient of one program."""
    compute = value_and_grad(program.objective)

    def prove() -> Answer:
        value, gradient = compute(program.start)
        pairs = zip(leaves(gradient), direction(program.start), strict=True)
        return answer(value, sum(np.sum(g * v) for g, v in pairs))

    return Case("compute(start)", {"compute": compute, "start": program.start}, prove)
