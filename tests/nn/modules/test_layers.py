"""Layers held to their formulas, and to differences of themselves."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Tensor, check_grads
from nn import MLP, BatchNorm, Dropout, LayerNorm, Linear, Sequential

RNG = np.random.default_rng(0)


def loss_of(model: nn.Module) -> Callable[..., Any]:
    """A function of the parameters and the input, for `check_grads`."""

    def loss(parameters: dict[str, Any], x: Any) -> Any:
        replica = copy.deepcopy(model)
        for path, parameter in parameters.items():
            *parents, name = path.split(".")
            holder = replica
            for parent in parents:
                holder = getattr(holder, parent)
            setattr(holder, name, parameter)
        return (ag.sin(replica(x)) * weights(replica(x).shape)).sum()

    return loss


def weights(shape: tuple[int, ...]) -> Any:
    return np.cos(np.arange(np.prod(shape))).reshape(shape)


MODELS = [
    Linear(3, 2, rng=0, dtype=np.float64),
    Linear(3, 2, bias=False, rng=0, dtype=np.float64),
    LayerNorm(3, dtype=np.float64),
    BatchNorm(3, dtype=np.float64),
    BatchNorm(3, dtype=np.float64).eval(),
    nn.PReLU(3, dtype=np.float64),
    MLP([3, 4, 2], "tanh", rng=0, dtype=np.float64),
    MLP([3, 4, 4, 2], "prelu", rng=0, dtype=np.float64),
    Sequential(Linear(3, 4, rng=0, dtype=np.float64), nn.Softmax(), LayerNorm(4, dtype=np.float64)),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.title())
def test_gradients_of_parameters_and_input_are_those_of_differences(model: nn.Module) -> None:
    parameters = {
        name: parameter.numpy() + 0.1 * RNG.normal(size=parameter.shape)
        for name, parameter in model.named_parameters().items()
    }
    check_grads(loss_of(model), parameters, RNG.normal(size=(4, 3)), order=2, rtol=1e-5)


# --------------------------------------------------------------------------------------------------
# Linear, Sequential, MLP


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.integers(0, 9))
def test_a_layer_maps_rows_by_the_weights_transposed(n: int, k: int, m: int, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(n, k))
    layer = Linear(k, m, rng=seed, dtype=np.float64)
    layer.bias.data = np.arange(float(m))
    z = nn.tanh(layer(x))
    assert layer.weight.shape == (m, k)
    for i in range(n):  # q = h(W x + b), one example at a time
        q = np.tanh(layer.weight.numpy() @ x[i] + layer.bias.numpy())
        np.testing.assert_allclose(z.numpy()[i], q, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(nn.tanh(layer(x[i])).numpy(), q, rtol=1e-12, atol=1e-15)


def test_a_linear_layer_costs_a_product_and_an_addition() -> None:
    out = Linear(3, 2, rng=0)(np.ones((4, 3), np.float32))
    names = []
    stack = [out]
    while stack:
        node = stack.pop()
        names += [] if node.op is None else [node.op.name]
        stack += node.parents
    assert sorted(names) == ["add", "matmul", "transpose"]


def test_xor_is_solved_by_the_texts_weights() -> None:
    model = MLP([2, 2, 1], "relu", dtype=np.float64)
    model.load_state_dict(
        {
            "0.weight": np.ones((2, 2)),
            "0.bias": [0.0, -1.0],
            "2.weight": [[1.0, -2.0]],
            "2.bias": [0.0],
        }
    )
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    assert model(x).tolist() == [[0.0], [1.0], [1.0], [0.0]]
    features = model[:2](x).numpy()
    assert features.tolist() == [[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [2.0, 1.0]]


def test_the_same_seed_gives_the_same_network() -> None:
    first, second, other = MLP([3, 3, 3], rng=1), MLP([3, 3, 3], rng=1), MLP([3, 3, 3], rng=2)
    np.testing.assert_array_equal(first.to_vector(), second.to_vector())
    assert not np.array_equal(first.to_vector(), other.to_vector())
    assert not np.array_equal(first[0].weight.numpy(), first[2].weight.numpy())
    assert not np.array_equal(Linear(3, 3).weight.numpy(), Linear(3, 3).weight.numpy())


def test_what_is_made_without_a_seed_is_the_same_in_every_run() -> None:
    import subprocess
    import sys

    program = "import nn; print(nn.MLP([2, 2, 1]).to_vector().tolist())"
    runs = {subprocess.check_output([sys.executable, "-c", program]) for _ in range(2)}
    assert len(runs) == 1


@pytest.mark.parametrize(
    ("activation", "init"), [("relu", "he"), (nn.ELU, "he"), ("tanh", "xavier"), (ag.sin, "xavier")]
)
def test_a_network_begins_as_suits_its_activation(activation: Any, init: str) -> None:
    by_default = MLP([20, 30, 10], activation, rng=0)
    named = MLP([20, 30, 10], activation, init=init, rng=0)
    np.testing.assert_array_equal(by_default.to_vector(), named.to_vector())
    assert not by_default[0].bias.numpy().any()


def test_a_network_has_the_layers_it_was_asked_for() -> None:
    model = MLP([4, 3, 2, 1], "sigmoid", dropout=0.1, rng=0)
    kinds = [Linear, nn.Sigmoid, Dropout, Linear, nn.Sigmoid, Dropout, Linear]
    assert [type(layer) for layer in model.layers] == kinds
    assert len(model) == 7
    assert model[-1].weight.shape == (1, 2)
    shared = nn.PReLU()
    assert MLP([1, 2, 2, 1], shared, rng=0).layers.count(shared) == 2


def test_float32_stays_float32_and_float64_float64() -> None:
    for dtype in (np.float32, np.float64):
        model = Sequential(
            MLP([3, 4, 4], "prelu", dropout=0.5, rng=0, dtype=dtype),
            BatchNorm(4, dtype=dtype),
            LayerNorm(4, dtype=dtype),
            nn.LeakyReLU(),
            nn.ELU(),
        )
        out = model(np.ones((5, 3), dtype))
        assert out.dtype == dtype
        out.sum().backward()
        assert {p.grad.dtype for p in model.parameters() if p.grad is not None} <= {np.dtype(dtype)}
        assert model.eval()(np.ones((5, 3), dtype)).dtype == dtype


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Linear(3, 2, rng=0), (4, 2)),
        (Linear(3, 2, rng=0), ()),
        (LayerNorm(3), (3, 1)),
        (BatchNorm(3), (3, 2)),
    ],
)
def test_an_input_of_another_width_is_refused(layer: nn.Module, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(3.* got an input of shape .* must hold 3 features"):
        layer(np.ones(shape))


@pytest.mark.parametrize("sizes", [[3], [], [3, 0], [0, 2]])
def test_sizes_that_make_no_network_are_refused(sizes: list[int]) -> None:
    with pytest.raises(ValueError, match="an MLP needs"):
        MLP(sizes)


# --------------------------------------------------------------------------------------------------
# Dropout


@given(st.floats(0, 0.9), st.integers(0, 100))
def test_dropout_keeps_the_expected_output(p: float, seed: int) -> None:
    out = Dropout(p, rng=seed)(np.ones(10_000))
    kept = out[out != 0]
    np.testing.assert_allclose(kept, 1 / (1 - p))
    deviation = np.sqrt(p / (1 - p) / out.size)
    assert abs(out.mean() - 1) <= 6 * deviation + 1e-12


def test_dropout_passes_gradients_where_it_passes_numbers() -> None:
    x = Tensor(np.ones((20, 20)))
    out = Dropout(0.5, rng=0)(x)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, out.numpy())


def test_dropout_is_nothing_in_evaluation_and_for_p_0() -> None:
    x = Tensor(np.ones(3))
    assert Dropout(0.5, rng=0).eval()(x) is x
    assert Dropout(0.0, rng=0)(x) is x
    for p in (1.0, -0.1, float("nan")):
        with pytest.raises(ValueError, match="fraction of entries"):
            Dropout(p)


def test_dropout_goes_on_from_a_restored_generator() -> None:
    drop, x = Dropout(0.5, rng=0), np.ones(50)
    drop(x)
    (generator,) = drop.named_generators().values()
    state = generator.bit_generator.state
    expected = drop(x)
    drop(x)
    generator.bit_generator.state = state
    np.testing.assert_array_equal(drop(x), expected)


# --------------------------------------------------------------------------------------------------
# Normalisation


def test_layer_norm_gives_each_example_mean_0_and_variance_1() -> None:
    x = RNG.normal(3.0, 7.0, size=(4, 2, 50))
    out = LayerNorm(50, eps=0.0, dtype=np.float64)(x).numpy()
    np.testing.assert_allclose(out.mean(-1), 0, atol=1e-12)
    np.testing.assert_allclose(out.var(-1), 1, atol=1e-12)


def test_batch_norm_gives_each_feature_mean_0_and_variance_1() -> None:
    x = RNG.normal(3.0, 7.0, size=(40, 3, 2))
    out = BatchNorm(2, eps=0.0, dtype=np.float64)(x).numpy()
    np.testing.assert_allclose(out.mean((0, 1)), 0, atol=1e-12)
    np.testing.assert_allclose(out.var((0, 1)), 1, atol=1e-12)


def test_running_figures_follow_the_batches() -> None:
    norm = BatchNorm(2, momentum=0.25, dtype=np.float64)
    mean, var = np.zeros(2), np.ones(2)
    for _ in range(3):
        x = RNG.normal(size=(5, 2))
        norm(Tensor(x))
        mean, var = 0.75 * mean + 0.25 * x.mean(0), 0.75 * var + 0.25 * x.var(0, ddof=1)
    np.testing.assert_allclose(norm.running_mean, mean)
    np.testing.assert_allclose(norm.running_var, var)
    assert int(norm.num_batches_tracked) == 3
    norm.eval()
    x = RNG.normal(size=(1, 2))
    np.testing.assert_allclose(norm(x).numpy(), (x - mean) / np.sqrt(var + 1e-5))
    np.testing.assert_array_equal(norm.running_mean, norm.running_mean)


def test_without_momentum_the_figures_are_averages_of_all_batches() -> None:
    norm = BatchNorm(1, momentum=None, dtype=np.float64)
    batches = [RNG.normal(size=(5, 1)) for _ in range(4)]
    for batch in batches:
        norm(batch)
    np.testing.assert_allclose(norm.running_mean, np.mean(batches))
    np.testing.assert_allclose(norm.running_var, np.mean([b.var(ddof=1) for b in batches]))


def test_evaluation_leaves_the_running_figures_alone() -> None:
    norm = BatchNorm(1).eval()
    norm(np.ones((5, 1)))
    assert norm.running_mean.tolist() == [0.0]
    assert int(norm.num_batches_tracked) == 0


def test_a_graph_held_keeps_the_figures_it_used() -> None:
    norm = BatchNorm(1, dtype=np.float64)
    norm(np.array([[1.0], [3.0]]))
    x = Tensor([[2.0]])
    out = norm.eval()(x)
    expected = ag.gradients(out, x)
    norm.train()(np.array([[10.0], [300.0]]))
    norm.load_state_dict({name: 9 * a for name, a in norm.state_dict().items()})
    np.testing.assert_array_equal(ag.gradients(out, x), expected)


def test_training_batch_norm_on_one_example_is_refused() -> None:
    with pytest.raises(ValueError, match=r"BatchNorm\(2\): training on a batch of 1"):
        BatchNorm(2)(np.ones((1, 2)))
