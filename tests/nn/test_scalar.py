"""Networks of Values: micrograd's programs with only the import changed, and nn.MLP's numbers."""

import importlib.util
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Value
from nn import scalar

needs_micrograd = pytest.mark.skipif(
    importlib.util.find_spec("micrograd") is None, reason="micrograd is not installed"
)

# A program as micrograd's users write them; only the first two lines are ours.
PROGRAM = """
import random
import numpy as np

np.random.seed(1337)
random.seed(1337)
X = np.random.randn(20, 2)
y = np.where(X[:, 0] * X[:, 1] > 0, 1, -1)

model = MLP(2, [8, 8, 1])

def loss(batch_size=None):
    if batch_size is None:
        Xb, yb = X, y
    else:
        ri = np.random.permutation(X.shape[0])[:batch_size]
        Xb, yb = X[ri], y[ri]
    inputs = [list(map(Value, xrow)) for xrow in Xb]
    scores = list(map(model, inputs))
    losses = [(1 + -yi*scorei).relu() for yi, scorei in zip(yb, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    alpha = 1e-4
    reg_loss = alpha * sum((p*p for p in model.parameters()))
    total_loss = data_loss + reg_loss
    accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(yb, scores)]
    return total_loss, sum(accuracy) / len(accuracy)

seen = []
for k in range(10):
    total_loss, acc = loss(None if k % 2 else 10)
    model.zero_grad()
    total_loss.backward()
    learning_rate = 1.0 - 0.9*k/100
    for p in model.parameters():
        p.data -= learning_rate * p.grad
    seen.append((total_loss.data, acc))

class Pair(Module):
    def __init__(self):
        self.both = [Neuron(2, nonlin=False), Neuron(2)]
    def __call__(self, x):
        return self.both[0](x) * self.both[1](x)
    def parameters(self):
        return [p for n in self.both for p in n.parameters()]

pair = Pair()
out = pair([1.0, 2.0])
out.backward()
grads = [p.grad for p in pair.parameters()]
pair.zero_grad()
layer = Layer(3, 2, nonlin=False)
texts = [str(model), str(layer), str(Neuron(1)), len(model.parameters())]
wide = layer([1, 2.5, Value(3)])
"""


def run(module: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    program = f"from {module} import Layer, MLP, Module, Neuron\n{PROGRAM}"
    value = "micrograd.engine" if module == "micrograd.nn" else "autograd"
    exec(f"from {value} import Value\n{program}", names)
    return names


def test_a_program_for_micrograd_runs_and_learns() -> None:
    names = run("nn.scalar")
    losses = [loss for loss, _ in names["seen"]]
    assert losses[-1] < losses[0]
    assert [p.grad for p in names["pair"].parameters()] == [0.0] * 6


@needs_micrograd
def test_the_same_program_gives_micrograds_numbers() -> None:
    ours, theirs = run("nn.scalar"), run("micrograd.nn")
    assert ours["texts"] == theirs["texts"]
    np.testing.assert_allclose(ours["seen"], theirs["seen"], rtol=1e-12)
    np.testing.assert_allclose(ours["grads"], theirs["grads"], rtol=1e-12)
    for name in ("model", "pair", "layer"):
        np.testing.assert_allclose(
            [p.data for p in ours[name].parameters()],
            [p.data for p in theirs[name].parameters()],
            rtol=1e-12,
        )
    assert [v.data for v in ours["wide"]] == [v.data for v in theirs["wide"]]


def vector_of(model: scalar.MLP, attribute: str) -> Any:
    """The parameters in the order of `nn.MLP.to_vector`: a layer's weights, then its biases."""
    parts = []
    for layer in model.layers:
        parts += [getattr(w, attribute) for neuron in layer.neurons for w in neuron.w]
        parts += [getattr(neuron.b, attribute) for neuron in layer.neurons]
    return np.array(parts)


@given(st.integers(1, 4), st.lists(st.integers(1, 5), min_size=1, max_size=3), st.integers(0, 1000))
def test_the_same_weights_give_the_same_loss_and_gradients_as_arrays(
    n_in: int, n_out: list[int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(5, n_in)), rng.normal(size=(5, n_out[-1]))
    numbers = scalar.MLP(n_in, n_out, rng=rng)
    for parameter in numbers.parameters():
        parameter.data += 0.1 * rng.normal()  # biases too
    arrays = nn.MLP([n_in, *n_out], "relu", dtype=np.float64)
    arrays.from_vector(vector_of(numbers, "data"))

    rows = [numbers(row) for row in x.tolist()]
    rows = [row if isinstance(row, list) else [row] for row in rows]
    errors = [f - t for row, target in zip(rows, y.tolist(), strict=True)
              for f, t in zip(row, target, strict=True)]  # fmt: skip
    by_numbers = sum((e * e for e in errors), Value(0.0)) / len(errors)
    by_arrays = nn.mse(arrays(x), y)
    assert by_numbers.data == pytest.approx(float(by_arrays), rel=1e-12)
    by_numbers.backward()
    by_arrays.backward()
    gradient = np.concatenate([p.grad.ravel() for p in arrays.parameters()])
    np.testing.assert_allclose(vector_of(numbers, "grad"), gradient, rtol=1e-12, atol=1e-12)

    numbers.zero_grad()
    nn.mse(ag.array(rows), y).backward()
    np.testing.assert_allclose(vector_of(numbers, "grad"), gradient, rtol=1e-12, atol=1e-12)


def test_weights_come_from_pythons_random_or_from_a_generator() -> None:
    random.seed(5)
    drawn = [random.uniform(-1, 1) for _ in range(6)]
    random.seed(5)
    model = scalar.MLP(2, [2, 1])
    assert [w.data for layer in model.layers for n in layer.neurons for w in n.w] == drawn
    seeded = [scalar.MLP(2, [2, 1], rng=seed).to_vector() for seed in (1, 1, 2)]
    assert np.array_equal(seeded[0], seeded[1])
    assert not np.array_equal(seeded[0], seeded[2])
    assert len(np.unique(seeded[0][[0, 1, 3, 4, 6, 7]])) == 6
    layers = [scalar.Layer(2, 2, rng=np.random.default_rng(3)).to_vector() for _ in range(2)]
    assert np.array_equal(*layers)


def test_values_take_the_place_of_parameters_by_path() -> None:
    model = scalar.MLP(1, [2, 1], rng=0)
    names = list(model.named_parameters())
    assert names[:3] == ["layers.0.neurons.0.w.0", "layers.0.neurons.0.b", "layers.0.neurons.1.w.0"]
    twin = scalar.MLP(1, [2, 1], rng=1)
    twin.load_state_dict(model.state_dict())
    assert twin([0.5]).data == model([0.5]).data


def test_an_input_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="a neuron with 2 inputs got 3"):
        scalar.MLP(2, [1])([1.0, 2.0, 3.0])


def test_a_network_of_values_is_not_saved_as_the_network_of_arrays() -> None:
    with pytest.raises(ValueError, match=r"nn\.scalar\.MLP, which is not registered"):
        scalar.MLP(1, [1]).config()
