"""Networks and losses under `jit` give what they give without it, whatever changes meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
import nn.scalar
from autograd import JitNotice, Tensor, jit, value_and_grad
from nn.modules.activations import ACTIVATIONS
from nn.targets import skip_target_checks

RNG = np.random.default_rng(0)


def numbers(x: Any) -> Any:
    return x.primal if isinstance(x, ag.Node) else x


def same(found: Any, expected: Any) -> None:
    """Alike to a few units in the last place, in shape, in type, and in being nodes or not."""
    if isinstance(expected, tuple | list):
        for one, other in zip(found, expected, strict=True):
            same(one, other)
        return
    assert isinstance(found, ag.Node) == isinstance(expected, ag.Node)
    found, expected = numbers(found), numbers(expected)
    assert np.asarray(found).dtype == np.asarray(expected).dtype
    precise = np.asarray(expected).dtype == np.float64
    rtol, atol = (1e-12, 1e-13) if precise else (2e-5, 1e-6)
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)


def backpropagate(f: Callable[..., Any], parameters: list[Any], *args: Any) -> list[Any]:
    """The value, and what `backward` leaves in the gradients of parameters."""
    for parameter in parameters:
        parameter.grad = None if isinstance(parameter, Tensor) else 0.0
    loss = f(*args)
    loss.backward()
    return [numbers(loss), *[parameter.grad for parameter in parameters]]


def batch(n: int = 6, features: int = 3, dtype: Any = np.float32) -> Any:
    return RNG.normal(size=(n, features)).astype(dtype)


# --------------------------------------------------------------------------------------------------
# Modules

MODULES: dict[str, Callable[[], nn.Module]] = {
    "Linear": lambda: nn.Linear(3, 2, rng=0),
    "Linear without bias": lambda: nn.Linear(3, 2, bias=False, rng=0),
    "Linear in float64": lambda: nn.Linear(3, 2, rng=0, dtype=np.float64),
    "MLP": lambda: nn.MLP([3, 5, 4, 2], "tanh", rng=0),
    "MLP with dropout": lambda: nn.MLP([3, 50, 2], "relu", rng=0, dropout=0.5),
    "Sequential": lambda: nn.Sequential(nn.Linear(3, 4, rng=0), ag.sin, nn.LayerNorm(4)),
    "LayerNorm": lambda: nn.LayerNorm(3),
    "BatchNorm": lambda: nn.BatchNorm(3),
    "BatchNorm in evaluation": lambda: nn.BatchNorm(3).eval(),
    "BatchNorm averaging": lambda: nn.BatchNorm(3, momentum=None),
    "BatchNorm between": lambda: nn.Sequential(
        nn.Linear(3, 4, rng=0), nn.BatchNorm(4), nn.ReLU(), nn.Linear(4, 2, rng=1)
    ),
    "Dropout": lambda: nn.Dropout(0.5, rng=0),
    "Standardize": lambda: nn.Standardize(3).fit([[1.0, 5.0, 0.0], [3.0, 5.0, 1.0]]),
    "Standardize inverse": lambda: nn.Standardize(3, inverse=True).fit(np.eye(3)),
    "Softmax": nn.Softmax,
    "PReLU for each unit": lambda: nn.PReLU(3),
    **ACTIVATIONS,
}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_gives_the_same_and_the_same_gradients(name: str) -> None:
    model = MODULES[name]()
    twin = MODULES[name]()
    compiled = jit(lambda x: ag.sum(ag.sin(model(x))))
    by_input = jit(value_and_grad(lambda x: ag.sum(ag.sin(model(x)))))

    def plain(x: Any) -> Any:
        return ag.sum(ag.sin(twin(x)))

    for x in (batch(), batch(), batch()):
        same(by_input(x), value_and_grad(plain)(x))
        if model.parameters():
            found = backpropagate(compiled, model.parameters(), x)
            same(found, backpropagate(plain, twin.parameters(), x))
        for path, buffer in twin.named_buffers().items():
            same(model.named_buffers()[path], buffer)
    assert by_input.stats().recorded == 1


def test_arguments_may_be_captured_arrays_of_which_new_numbers_are_seen() -> None:
    model, twin = MODULES["BatchNorm between"](), MODULES["BatchNorm between"]()
    x = batch()
    compiled = jit(lambda: ag.sum(ag.square(model(x))))
    for _ in range(3):
        same(compiled(), ag.sum(ag.square(twin(x))))
        x[:] = batch()
    assert compiled.stats().recorded == 1


def test_values_in_neurons_give_the_same() -> None:
    model, twin = nn.scalar.MLP(2, [4, 4, 1], rng=0), nn.scalar.MLP(2, [4, 4, 1], rng=0)
    compiled = jit(lambda x: ag.tanh(model(x)))
    for x in ([1.0, -2.0], [0.5, 0.3], [-1.0, -1.0]):
        found = backpropagate(compiled, model.parameters(), x)
        same(found, backpropagate(lambda x: ag.tanh(twin(x)), twin.parameters(), x))
        for parameter, other in zip(model.parameters(), twin.parameters(), strict=True):
            parameter.data = other.data = parameter.data - 0.1 * parameter.grad
    assert compiled.stats().recorded == 1


# --------------------------------------------------------------------------------------------------
# What changes between calls


def classifier(**settings: Any) -> tuple[nn.Module, Any, Any]:
    model = nn.MLP([3, 6, 4], rng=0, **settings)
    return (
        model,
        lambda x, y: nn.cross_entropy(model(x), y),
        jit(lambda x, y: nn.cross_entropy(model(x), y)),
    )


def test_parameters_may_be_stepped_loaded_and_replaced() -> None:
    model, loss, compiled = classifier()
    optimizer = nn.Adam(model, lr=0.1)
    other = nn.MLP([3, 6, 4], rng=1).state_dict()

    def replace() -> None:
        model.layers[0].weight.data = np.ones((6, 3))

    def write() -> None:
        model.layers[0].bias.data[:] = 2.0

    for change in (optimizer.step, lambda: model.load_state_dict(other), replace, write):
        x, y = batch(), RNG.integers(0, 4, 6)
        found = backpropagate(compiled, model.parameters(), x, y)
        same(found, backpropagate(loss, model.parameters(), x, y))
        change()
    assert compiled.stats().recorded == 1


@pytest.mark.parametrize("mode", [True, False])
def test_buffers_may_be_loaded(mode: bool) -> None:
    model, twin = MODULES["BatchNorm between"](), MODULES["BatchNorm between"]()
    model.train(mode), twin.train(mode)
    compiled = jit(lambda x: ag.sum(ag.square(model(x))))
    before = model.state_dict()
    before["1.running_var"] += 1.0
    for _ in range(2):
        for _ in range(2):
            x = batch()
            same(compiled(x), ag.sum(ag.square(twin(x))))
        same(model.named_buffers()["1.running_mean"], twin.named_buffers()["1.running_mean"])
        model.load_state_dict(before)
        twin.load_state_dict(before)
    assert compiled.stats().recorded == 1


@pytest.mark.parametrize("name", ["MLP with dropout", "BatchNorm between"])
@pytest.mark.filterwarnings("ignore::autograd.JitNotice")
def test_evaluation_and_training_are_told_apart(name: str) -> None:
    model, twin = MODULES[name](), MODULES[name]()
    compiled = jit(lambda x: ag.sum(ag.square(model(x))))
    for mode in (None, False, True, False):
        if mode is not None:
            model.train(mode), twin.train(mode)
        for x in (batch(), batch()):
            same(compiled(x), ag.sum(ag.square(twin(x))))
    assert compiled.stats().recorded == 2


def test_another_mode_is_announced() -> None:
    model = nn.MLP([3, 4, 2], rng=0, dropout=0.5)
    compiled = jit(model.forward)
    compiled(batch())
    model.eval()
    with pytest.warns(JitNotice, match="training"):
        compiled(batch())


@pytest.mark.filterwarnings("ignore::autograd.JitNotice")
def test_frozen_parameters_get_no_gradient_until_they_are_thawed() -> None:
    model, loss, compiled = classifier(activation="prelu")
    changes: list[Callable[[], Any]] = [
        lambda: None,
        model.layers[0].freeze,
        lambda: model.load_state_dict(nn.MLP([3, 6, 4], "prelu", rng=1).state_dict()),
        model.freeze,
        model.unfreeze,
    ]
    parameters = model.parameters()
    for change in changes:
        change()
        for _ in range(2):
            x, y = batch(), RNG.integers(0, 4, 6)
            if model.parameters():
                found = backpropagate(compiled, parameters, x, y)
                expected = backpropagate(loss, parameters, x, y)
                assert [g is None for g in found] == [g is None for g in expected]
                same([g for g in found if g is not None], [g for g in expected if g is not None])
            else:
                same(numbers(compiled(x, y)), np.asarray(loss(x, y)))


# --------------------------------------------------------------------------------------------------
# Losses


def softmax(z: Any) -> Any:
    return ag.softmax(z)


def logits(n: int = 6) -> Any:
    return RNG.normal(size=(n, 3))


def rows(n: int = 6) -> Any:
    return softmax(2 * RNG.normal(size=(n, 3)))


def labels(n: int = 6) -> Any:
    return RNG.integers(0, 3, n)


def one_hot(n: int = 6) -> Any:
    return np.eye(3)[labels(n)]


def hits(n: int = 6) -> Any:
    return (RNG.random((n, 3)) < 0.5).astype(float)


def sparse(n: int = 6) -> Any:
    """Distributions with zeros in them."""
    odds = RNG.random((n, 3)) * hits(n) + np.eye(3)[labels(n)]
    return odds / odds.sum(-1, keepdims=True)


def itself(z: Any) -> Any:
    return z


LOSSES: dict[str, tuple[Callable[..., Any], Callable[[Any], Any], Callable[[], Any]]] = {
    "mse": (nn.mse, itself, logits),
    "mae": (nn.mae, itself, logits),
    "sse": (nn.sse, itself, logits),
    "mse of integers": (nn.mse, itself, lambda: RNG.integers(-3, 3, (6, 3))),
    "quadratic_cost": (nn.quadratic_cost, itself, one_hot),
    "quadratic_cost of labels": (nn.quadratic_cost, itself, labels),
    "binary_cross_entropy": (nn.binary_cross_entropy, ag.sigmoid, hits),
    "binary_cross_entropy of probabilities": (nn.binary_cross_entropy, ag.sigmoid, rows),
    "binary_cross_entropy_with_logits": (nn.binary_cross_entropy_with_logits, itself, hits),
    "cross_entropy_cost": (nn.cross_entropy_cost, itself, one_hot),
    "cross_entropy_cost of labels": (nn.cross_entropy_cost, itself, labels),
    "cross_entropy": (nn.cross_entropy, itself, labels),
    "cross_entropy of labels as floats": (nn.cross_entropy, itself, lambda: labels() * 1.0),
    "cross_entropy of small labels": (nn.cross_entropy, itself, lambda: labels().astype(np.uint8)),
    "cross_entropy of one-hot rows": (nn.cross_entropy, itself, one_hot),
    "cross_entropy of probabilities": (nn.cross_entropy, itself, sparse),
    "gaussian_nll": (nn.gaussian_nll, itself, logits),
    "gaussian_nll with a variance": (
        lambda z, y, **settings: nn.gaussian_nll(z, y, ag.exp(z), **settings),
        itself,
        logits,
    ),
    "bernoulli_nll": (nn.bernoulli_nll, ag.sigmoid, hits),
    "categorical_nll": (nn.categorical_nll, softmax, labels),
    "kl_divergence": (nn.kl_divergence, softmax, sparse),
}
REDUCED = [
    name for name in LOSSES if LOSSES[name][0] not in (nn.quadratic_cost, nn.cross_entropy_cost)
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_gives_the_same_value_and_gradient(name: str, dtype: Any) -> None:
    loss, squash, target = LOSSES[name]

    def f(z: Any, y: Any) -> Any:
        return loss(squash(z), y)

    compiled, of_compiled = jit(value_and_grad(f)), value_and_grad(jit(f))
    by_tensor, z = jit(f), Tensor(np.zeros((6, 3), dtype))
    for _ in range(3):
        z.data, y = logits().astype(dtype), target()
        expected = value_and_grad(f)(z.data, y)
        same(compiled(z.data, y), expected)
        same(of_compiled(z.data, y), expected)
        same(backpropagate(by_tensor, [z], z, y), backpropagate(f, [z], z, y))
    assert compiled.stats().recorded == by_tensor.stats().recorded == 1


@pytest.mark.parametrize("name", LOSSES)
def test_captured_targets_are_read_at_each_run(name: str) -> None:
    loss, squash, target = LOSSES[name]
    y = target()
    compiled = jit(value_and_grad(lambda z: loss(squash(z), y)))
    for _ in range(3):
        z = logits()
        same(compiled(z), value_and_grad(lambda z: loss(squash(z), y))(z))
        y[...] = target()
    assert compiled.stats().recorded == 1


@pytest.mark.parametrize("reduction", ["sum", "none"])
@pytest.mark.parametrize("name", REDUCED)
def test_reductions_are_the_same(name: str, reduction: Any) -> None:
    loss, squash, target = LOSSES[name]

    def f(z: Any, y: Any) -> Any:
        return loss(squash(z), y, reduction=reduction)

    compiled = jit(f)
    for _ in range(2):
        z, y = logits(), target()
        same(compiled(z, y), f(z, y))


@pytest.mark.parametrize(
    "name", ["cross_entropy", "categorical_nll", "cross_entropy of one-hot rows"]
)
def test_curvatures_are_the_same(name: str) -> None:
    loss, squash, target = LOSSES[name]

    def f(z: Any, y: Any) -> Any:
        return loss(squash(z), y)

    compiled = jit(ag.hessian(f))
    for _ in range(2):
        z, y = logits(), target()
        same(compiled(z, y), ag.hessian(f)(z, y))


def test_labels_in_a_grid_and_of_a_single_example_are_the_same() -> None:
    compiled = jit(value_and_grad(nn.cross_entropy))
    for shape in ((2, 4, 3), (3,)):
        for _ in range(2):
            z, y = RNG.normal(size=shape), RNG.integers(0, 3, shape[:-1])
            same(compiled(z, y), value_and_grad(nn.cross_entropy)(z, y))


def test_logits_of_any_size_lose_nothing() -> None:
    z, y = np.array([[1e4, 0.0, -1e4], [0.0, -np.inf, 1.0]]), np.array([1, 2])
    same(jit(value_and_grad(nn.cross_entropy))(z, y), value_and_grad(nn.cross_entropy)(z, y))


def test_weight_decay_is_the_same() -> None:
    model = nn.MLP([3, 4, 2], rng=0)
    compiled = jit(lambda x: nn.mse(model(x), np.zeros((6, 2))) + nn.weight_decay(model, 0.1))
    for _ in range(2):
        x = batch()
        found = backpropagate(compiled, model.parameters(), x)
        same(found, backpropagate(compiled.__wrapped__, model.parameters(), x))
        model.layers[0].weight.data[:] = RNG.normal(size=(4, 3))


# --------------------------------------------------------------------------------------------------
# Checks

Z = RNG.normal(size=(2, 3))
P = np.full((2, 3), 1 / 3)
REFUSED: dict[str, tuple[Callable[..., Any], tuple[Any, Any], tuple[Any, Any]]] = {
    "a label too large": (nn.cross_entropy, (Z, [0, 2]), (Z, [0, 3])),
    "a negative label": (nn.cross_entropy, (Z, [0, 2]), (Z, [0, -1])),
    "a label between": (nn.cross_entropy, (Z, [0.0, 2.0]), (Z, [0.0, 1.5])),
    "rows of another sum": (nn.cross_entropy, (Z, P), (Z, P * 2)),
    "a target above 1": (nn.binary_cross_entropy_with_logits, (Z, P), (Z, P + 1)),
    "a probability below 0": (nn.binary_cross_entropy, (P, P), (P - 1, P)),
    "a label of the rows made": (nn.quadratic_cost, (Z, [0, 2]), (Z, [0, 3])),
    "an outcome between": (nn.bernoulli_nll, (P, np.ones((2, 3))), (P, P)),
    "a class too large": (nn.categorical_nll, (P, [0, 2]), (P, [0, 3])),
    "predicted rows of another sum": (nn.categorical_nll, (P, [0, 2]), (P * 2, [0, 2])),
    "divergence from other sums": (nn.kl_divergence, (P, P), (P, P * 2)),
    "a variance of 0": (
        lambda z, v: nn.gaussian_nll(z, z, v),
        (Z, np.ones((2, 3))),
        (Z, np.zeros((2, 3))),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_data_are_checked_at_every_run_with_the_same_message(name: str) -> None:
    loss, *calls = REFUSED[name]
    good, bad = ([np.asarray(arg) for arg in call] for call in calls)
    with pytest.raises(nn.DataError) as error:
        loss(*bad)
    compiled = jit(value_and_grad(loss))
    for _ in range(2):
        with pytest.raises(nn.DataError) as again:
            compiled(*bad)
        assert str(again.value) == str(error.value)
        same(compiled(*good), value_and_grad(loss)(*good))
    with pytest.raises(nn.DataError):
        jit(loss)(*bad)


def test_targets_that_were_checked_as_a_whole_are_not_looked_at_again() -> None:
    compiled = jit(lambda p, y: nn.categorical_nll(p, y))
    with skip_target_checks():
        compiled(P, np.array([0, 2]))
    assert compiled(P, np.array([0, -1])) == pytest.approx(np.log(3))
    with pytest.raises(nn.DataError, match="a row"):  # what the model gives is
        compiled(P * 2, np.array([0, 2]))
    with skip_target_checks(), pytest.raises(nn.DataError):
        nn.categorical_nll(P, np.array([0, -1]))


def test_a_batch_of_one_is_refused_in_training() -> None:
    model = nn.BatchNorm(3)
    compiled = jit(model)
    compiled(batch())
    for _ in range(2):
        with pytest.raises(ValueError, match="batch of 1"):
            compiled(batch(1))


def test_probabilities_in_place_of_logits_are_warned_of() -> None:
    with pytest.warns(UserWarning, match="takes logits"):
        jit(lambda z, y: nn.cross_entropy(ag.softmax(z), y))(Z, np.array([0, 1]))
