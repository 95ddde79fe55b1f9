"""The work `scalars` neuron by neuron, for any library with micrograd's `Value`.

The computation is that of micrograd's demonstration notebook, operation by operation.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.problems import moons
from benchmarks.problems.arrays import Answer
from benchmarks.timing import Case

# What a user's cell does: the last graph is alive until the new loss takes its name.
STEP = "loss = forward(); zero_grad(); loss.backward()"
LOOP = 4


class Neuron:
    """One output: the sum of weighted inputs, starting from the bias."""

    def __init__(self, weights: Sequence[Any], bias: Any, rectified: bool) -> None:
        self.weights = weights
        self.bias = bias
        self.rectified = rectified

    def __call__(self, inputs: Sequence[Any]) -> Any:
        """Compute the output."""
        total = sum((w * x for w, x in zip(self.weights, inputs, strict=True)), self.bias)
        return total.relu() if self.rectified else total

    def parameters(self) -> list[Any]:
        """The weights, then the bias."""
        return [*self.weights, self.bias]


class Network:
    """Layers of neurons, all rectified but the last."""

    def __init__(self, value: Callable[[float], Any], layers: moons.Layers) -> None:
        self.layers = [
            [
                Neuron([value(w) for w in row], value(b), rectified=index < len(layers) - 1)
                for row, b in zip(weights.tolist(), biases.tolist(), strict=True)
            ]
            for index, (weights, biases) in enumerate(layers)
        ]

    def __call__(self, inputs: Sequence[Any]) -> Any:
        """The score of one point."""
        for layer in self.layers:
            inputs = [neuron(inputs) for neuron in layer]
        return inputs[0]

    def parameters(self) -> list[Any]:
        """All parameters, neuron by neuron."""
        return [p for layer in self.layers for neuron in layer for p in neuron.parameters()]

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self.parameters():
            parameter.grad = 0.0


def loss_of(network: Network, points: Sequence[Any], labels: Sequence[Any]) -> Any:
    """Hinge loss over all points, with the squared parameters."""
    scores = [network(point) for point in points]
    hinges = [(1 + -label * score).relu() for label, score in zip(labels, scores, strict=True)]
    data_loss = sum(hinges) * (1.0 / len(hinges))
    return data_loss + moons.PENALTY * sum(p * p for p in network.parameters())


class Demonstration:
    """The network with its data."""

    def __init__(
        self, value: Callable[[float], Any], points: Sequence[Any], labels: Sequence[Any]
    ) -> None:
        self.value = value
        self.points = points
        self.labels = labels
        self.network = Network(value, moons.network())

    def loss(self) -> Any:
        """The loss, of points wrapped anew."""
        inputs = [[self.value(x) for x in point] for point in self.points]
        return loss_of(self.network, inputs, self.labels)

    def answer(self) -> Answer:
        """The loss and the gradient of every parameter."""
        loss = self.loss()
        self.network.zero_grad()
        loss.backward()
        gradient = [float(p.grad) for p in self.network.parameters()]
        return {"loss": np.array(float(loss.data)), "gradient": np.array(gradient)}

    def nodes(self) -> int:
        """The nodes from the loss back to its leaves."""
        stack = [self.loss()]
        seen = set(stack)
        while stack:
            new = set(stack.pop()._prev) - seen
            seen |= new
            stack += new
        return len(seen)

    def case(self, **settings: Any) -> Case:
        """Loss and gradients, to be timed."""
        names = {"forward": self.loss, "zero_grad": self.network.zero_grad}
        return Case(STEP, names, self.answer, **settings)


def cases(value: Callable[[float], Any]) -> Mapping[str, Case]:
    """The measures of the work `scalars` for a library's `Value`."""
    points, labels = moons.moons()
    plain = Demonstration(value, points.tolist(), labels.tolist())
    notebook = Demonstration(value, list(points), list(labels))
    return {
        moons.COLLECTOR_ON: plain.case(executions=LOOP, note=f"{plain.nodes():,} nodes"),
        moons.COLLECTOR_OFF: plain.case(executions=1, collector=False),
        moons.NOTEBOOK: notebook.case(executions=1, collector=False),
    }
