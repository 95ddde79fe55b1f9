"""Programs written for micrograd run with the import changed, and give what micrograd gives.

The programs take the class of the numbers as an argument: `autograd.Value` here, and beside it
micrograd's own where that is installed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from autograd import Value

# --------------------------------------------------------------------------------------------------
# Programs


def uses_on_both_sides(number: Any) -> tuple[list[Any], Any]:
    """A node used several times, on either side of + and *, before and after relu."""
    u = number(-1.5)
    v = 3 * u + 1 + u
    open_gate = (v * u).relu()
    closed_gate = v.relu() + v * u
    w = open_gate * 2 + closed_gate + closed_gate * v
    return [u], w + open_gate * open_gate


def every_operator(number: Any) -> tuple[list[Any], Any]:
    """Division, powers, numbers on either side, subtraction, negation, sums in place."""
    p, q = number(1.75), number(-0.5)
    total = p / q + q**3 - 2.5
    total += 4 - p
    total *= -q + 1.0
    for k in (1, 2, 3):
        total -= (p - k * q).relu() / (k + q)
        total += k - total**2 / 50
        total = total + (q - total).relu()
    ratio = total**-1 + 6.0 / (p * p + 1)
    return [p, q], ratio / 4 + total


def chain_of_uses(number: Any) -> tuple[list[Any], Any]:
    a = number(3.0)
    b = a + a
    c = b * a - a / b
    for k in range(1, 5):
        c = c * 0.5 + k * a - c**2 / (10 + k)
    return [a], c


class Unit:
    """A neuron of numbers, rectified unless it is the last."""

    def __init__(self, number: Any, inputs: int, rectified: bool) -> None:
        self.weights = [number(random.gauss(0, 1)) for _ in range(inputs)]
        self.bias = number(0)
        self.rectified = rectified

    def __call__(self, xs: list[Any]) -> Any:
        total = sum((w * x for w, x in zip(self.weights, xs, strict=True)), self.bias)
        return total.relu() if self.rectified else total


class Network:
    """Layers of units, written number by number."""

    def __init__(self, number: Any, *sizes: int) -> None:
        self.layers = [
            [Unit(number, n_in, rectified=depth < len(sizes) - 2) for _ in range(n_out)]
            for depth, (n_in, n_out) in enumerate(pairwise(sizes))
        ]

    def __call__(self, xs: list[Any]) -> Any:
        for layer in self.layers:
            xs = [unit(xs) for unit in layer]
        return xs[0]

    def parameters(self) -> list[Any]:
        units = [unit for layer in self.layers for unit in layer]
        return [p for unit in units for p in (*unit.weights, unit.bias)]


def moons(n: int) -> tuple[Any, Any]:
    """Two half circles, labelled 1 and -1."""
    angle = np.linspace(0, np.pi, n // 2)
    upper = np.stack([np.cos(angle), np.sin(angle)], 1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], 1)
    return np.concatenate([upper, lower]), np.repeat([1, -1], n // 2)


def demonstration(number: Any, steps: int) -> list[float]:
    """Two moons told apart by the hinge loss with weight decay, by plain descent."""
    random.seed(3)
    points, labels = moons(20)
    network = Network(number, 2, 8, 8, 1)
    losses = []
    for _ in range(steps):
        scores = [network([number(x) for x in point]) for point in points]
        hinges = [(1 + -y * score).relu() for y, score in zip(labels, scores, strict=True)]
        loss = sum(hinges) * (1.0 / len(hinges))
        loss = loss + 1e-4 * sum(p * p for p in network.parameters())
        for p in network.parameters():
            p.grad = 0
        loss.backward()
        for p in network.parameters():
            p.data -= 0.1 * p.grad
        losses.append(float(loss.data))
    return losses


# --------------------------------------------------------------------------------------------------
# What they have to give


def central(program: Callable[[Any], tuple[list[Any], Any]], which: int) -> float:
    """The slope by differences: the program is run on floats, one leaf moved by a little."""

    class Number(float):
        """A float with relu, whose leaf number `which` is `moved`."""

        moved = 0.0
        made = 0

        def relu(self) -> float:
            return Number.of(max(self, 0.0))

        @classmethod
        def of(cls, x: float) -> Number:
            return float.__new__(cls, x)

        def __new__(cls, x: float) -> Number:
            shift = cls.moved if cls.made == which else 0.0
            cls.made += 1
            return float.__new__(cls, x + shift)

    for name in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "neg"):
        plain = getattr(float, f"__{name}__")
        setattr(Number, f"__{name}__", lambda *xs, plain=plain: Number.of(plain(*xs)))

    def at(shift: float) -> float:
        Number.moved, Number.made = shift, 0
        return float(program(Number)[1])

    return (at(1e-5) - at(-1e-5)) / 2e-5


PROGRAMS = [uses_on_both_sides, every_operator, chain_of_uses]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_programs_give_the_slopes_that_differences_give(program: Any) -> None:
    leaves, out = program(Value)
    out.backward()
    for which, leaf in enumerate(leaves):
        assert leaf.grad == pytest.approx(central(program, which), rel=1e-7)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_programs_agree_with_micrograd_itself(program: Any) -> None:
    engine = pytest.importorskip("micrograd.engine", reason="micrograd is not installed")
    ours, theirs = program(Value), program(engine.Value)
    ours[1].backward()
    theirs[1].backward()
    assert ours[1].data == pytest.approx(theirs[1].data, rel=1e-15)
    for left, right in zip(ours[0], theirs[0], strict=True):
        assert left.grad == pytest.approx(right.grad, rel=1e-14)


def test_the_demonstration_learns() -> None:
    losses = demonstration(Value, 40)
    assert losses[-1] < 0.3 * losses[0]


def test_the_demonstration_agrees_with_micrograd_itself() -> None:
    engine = pytest.importorskip("micrograd.engine", reason="micrograd is not installed")
    np.testing.assert_allclose(demonstration(Value, 5), demonstration(engine.Value, 5), rtol=1e-12)


def test_the_demonstration_stays_with_values() -> None:
    """NumPy's integers as labels make no tensors of the scores."""
    _, y = moons(4)
    score = Value(0.3)
    margin = (1 + -y[0] * score).relu()
    assert type(margin) is Value
    assert type(margin.data) is float


# --------------------------------------------------------------------------------------------------
# Programs that walk the graph


def trace(root: Any) -> tuple[set[Any], set[tuple[Any, Any]]]:
    """The nodes and edges of a graph, as the usual drawing of micrograd's graphs collects them."""
    nodes, edges = set(), set()

    def build(v: Any) -> None:
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    return nodes, edges


def test_a_walk_over_prev_finds_nodes_edges_and_operations() -> None:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    c = a * b
    d = c + a
    e = d.tanh()
    nodes, edges = trace(e)
    assert nodes == {a, b, c, d, e}
    assert edges == {(a, c), (b, c), (c, d), (a, d), (d, e)}
    assert [n._op for n in (a, b, c, d, e)] == ["", "", "*", "+", "tanh"]
    assert {n.label for n in nodes if n.label} == {"a", "b"}
    assert [(a - b)._op, (a / b)._op, (a**2)._op, (-a)._op] == ["-", "/", "**", "-"]


def test_a_node_used_twice_by_one_operation_is_one_child() -> None:
    a = Value(3.0)
    assert (a * a)._prev == {a}
    assert (a * a).parents == (a, a)


def test_the_usual_drawing_writes_dot() -> None:
    root = (Value(2.0, label="a") * 3 + 1).relu()
    root.backward()
    nodes, edges = trace(root)
    lines = []
    for n in nodes:
        uid = str(id(n))
        lines.append(f'{uid} [label="{{ {n.label} | data {n.data:.4f} | grad {n.grad:.4f} }}"]')
        if n._op:
            lines += [f'{uid + n._op} [label="{n._op}"]', f"{uid + n._op} -> {uid}"]
    lines += [f"{id(m)} -> {str(id(n)) + n._op}" for m, n in edges]
    assert any("a | data 2.0000 | grad 3.0000" in line for line in lines)
    assert len(lines) == 4 + 2 * 3 + 3


def test_an_expression_of_a_neuron_step_by_step() -> None:
    """The neuron of the lecture: tanh written out in exponentials gives the same slopes."""
    x1, x2, w1, w2 = Value(2.0), Value(0.0), Value(-3.0), Value(1.0)
    b = Value(6.8813735870195432, label="b")
    n = x1 * w1 + x2 * w2 + b
    e = (2 * n).exp()
    o = (e - 1) / (e + 1)
    o.backward()
    assert o.data == pytest.approx(math.sqrt(0.5), rel=1e-9)
    for node, slope in ((x1, -1.5), (x2, 0.5), (w1, 1.0), (w2, 0.0)):
        assert node.grad == pytest.approx(slope, abs=1e-9)
    again = (x1 * w1 + x2 * w2 + b).tanh()
    assert again.data == pytest.approx(o.data, rel=1e-14)


def test_a_gradient_set_by_hand_is_what_the_next_pass_adds_to() -> None:
    a = Value(2.0)
    a.grad = 10.0
    (a * 3).backward()
    assert a.grad == 13.0
    assert repr(a) == "Value(data=2.0, grad=13.0)"
