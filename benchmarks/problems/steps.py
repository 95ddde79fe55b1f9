"""The works `compiled-step`, `compile-time` and `memory`: steps of training on one batch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from benchmarks.problems import epochs
from benchmarks.problems.arrays import Answer, Array, Labels
from benchmarks.problems.epochs import CHECKED_STEPS, NETWORKS, Network
from benchmarks.scales import SCALES, Scale
from benchmarks.timing import Case

SETUP = "stepper = make(*data)"


class Stepper(Protocol):
    """A network in training, in one system, with one batch in the system's own arrays."""

    def step(self) -> float:
        """Update the parameters; the loss before it."""

    def parameters(self) -> Sequence[Array]:
        """The parameters as they are now, in the shapes of `Network.parameters`."""


Make = Callable[[Network, Array, Labels], Stepper]


def batch(network: Network) -> tuple[Array, Labels]:
    """Noise in [0, 1) with random labels: inputs (batch, 784) float32, labels (batch,)."""
    rng = np.random.default_rng(8)
    return rng.random((network.batch, 784), dtype=np.float32), rng.integers(0, 10, network.batch)


def cases(make: Make, lead: int = 1) -> Mapping[str, Case]:
    """A case for each network: a step, or as many as `lead` by a method of that name, `steps`."""
    found = {}
    for network in NETWORKS:
        statement = "stepper.step()" if lead == 1 else f"stepper.steps({lead})"
        names = {"stepper": make(network, *batch(network))}
        found[network.measure] = Case(statement, names, answer(make, network), units=lead)
    return found


def compiling(make: Make) -> Mapping[str, Case]:
    """A case for each network: the first step of one that was just made, and is compiled by it."""
    return {
        network.measure: Case(
            "stepper.step()",
            {"make": make, "data": (network, *batch(network))},
            answer(make, network),
            setup=SETUP,
            executions=1,
        )
        for network in NETWORKS
    }


def weighing(make: Make, scales: Mapping[str, type[Scale]]) -> Mapping[str, Case]:
    """A case for each network and each way of weighing: the memory of a step, all told."""
    found = {}
    for network in NETWORKS:
        names = {"make": make, "data": (network, *batch(network))}
        case = Case("stepper.step()", names, answer(make, network), setup=SETUP)
        found |= {
            f"{network.measure} | {name}": replace(case, meter=scale)
            for name, scale in scales.items()
        }
    return found


def answer(make: Make, network: Network) -> Callable[[], Answer]:
    """The losses of some steps on one batch, and how far these moved each parameter."""

    def prove() -> Answer:
        stepper = make(network, *batch(network))
        losses = [stepper.step() for _ in range(CHECKED_STEPS)]
        return epochs.described(network, losses, stepper.parameters())

    return prove


def answers() -> Mapping[str, Answer]:
    """What a step must give: the same by the textbook formulas in float64."""
    return {
        network.measure: epochs.trained(network, [batch(network)] * CHECKED_STEPS)
        for network in NETWORKS
    }


def answers_of_memory() -> Mapping[str, Answer]:
    """The same, however it is weighed."""
    return {f"{name} | {scale}": right for name, right in answers().items() for scale in SCALES}
