"""Modules: what is found, in which order, and what survives saving, freezing and copying."""

import copy
import json
import pickle
from collections import namedtuple
from functools import partial
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Tensor, Value
from nn import build, register
from nn.registry import REGISTRY


class Parts(nn.Module):
    """Parameters and modules wherever they may stand."""

    def __init__(self) -> None:
        self.last = nn.Linear(2, 1, rng=0)
        self.scale = Tensor([2.0])
        self.blocks = [nn.Linear(3, 2, rng=1), {"gate": Value(0.5)}, (Tensor([1.0, 2.0]), "text")]
        self.count = np.array([3, 4])
        self._cache = np.zeros(7)
        self.nothing = None

    def forward(self, x: Any) -> Any:
        return self.last(self.blocks[0](x)) * self.scale * self.blocks[1]["gate"]


NAMES = [
    "last.weight",
    "last.bias",
    "scale",
    "blocks.0.weight",
    "blocks.0.bias",
    "blocks.1.gate",
    "blocks.2.0",
]


class Tied(nn.Module):
    """One weight used by two layers, and one layer used twice."""

    def __init__(self) -> None:
        self.encode = nn.Linear(3, 3, bias=False, rng=0)
        self.decode = nn.Linear(3, 3, bias=False, rng=1)
        self.decode.weight = self.encode.weight
        self.again = self.encode

    def forward(self, x: Any) -> Any:
        return self.decode(self.encode(x))


# --------------------------------------------------------------------------------------------------
# Finding


def test_parameters_come_in_order_of_definition_named_by_path() -> None:
    assert list(Parts().named_parameters()) == NAMES


def test_a_shared_parameter_comes_once_under_its_first_path() -> None:
    model = Tied()
    assert list(model.named_parameters()) == ["encode.weight"]
    assert model.num_parameters() == 9
    assert list(model.named_modules()) == ["", "encode", "decode"]


def test_the_result_of_a_computation_is_no_parameter() -> None:
    model = nn.Linear(2, 2, rng=0)
    model.seen = model([[1.0, 2.0]])
    assert list(model.named_parameters()) == ["weight", "bias"]


def test_a_module_that_knows_its_parent_is_visited_once() -> None:
    model = nn.Sequential(nn.Linear(1, 1, rng=0))
    model[0].parent = model
    assert list(model.named_parameters()) == ["0.weight", "0.bias"]
    assert "Sequential, shared" in repr(model)


@pytest.mark.parametrize(
    ("sizes", "count"), [([784, 200, 10], 159_010), ([784, 10], 7_850), ([784, 30, 10], 23_860)]
)
def test_the_texts_networks_have_the_texts_numbers_of_parameters(
    sizes: list[int], count: int
) -> None:
    model = nn.MLP(sizes, rng=0)
    assert model.num_parameters() == model.to_vector().size == count


def test_a_plain_array_is_a_buffer_unless_it_is_private() -> None:
    assert list(Parts().named_buffers()) == ["count"]


def test_generators_are_found_by_path() -> None:
    model = nn.MLP([2, 3, 3, 1], dropout=0.5, rng=0)
    assert list(model.named_generators()) == ["2.generator", "5.generator"]


def test_weights_leave_out_biases_and_scales() -> None:
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.BatchNorm(3), nn.PReLU(), nn.Linear(3, 1))
    assert model.weights() == [model[0].weight, model[3].weight]
    neuron = nn.scalar.Neuron(2)
    assert neuron.weights() == neuron.w


def test_calling_a_module_without_forward_says_so() -> None:
    class Empty(nn.Module):
        pass

    with pytest.raises(NotImplementedError, match="Empty has no forward"):
        Empty()(1.0)
    with pytest.raises(TypeError):
        Empty(1.0)
    with pytest.raises(AttributeError, match="Empty has no attribute 'weight'"):
        _ = Empty().weight


# --------------------------------------------------------------------------------------------------
# State


def test_state_goes_to_another_module_of_the_same_architecture() -> None:
    first, second = (nn.Sequential(nn.Linear(2, 3, rng=r), nn.BatchNorm(3)) for r in (0, 1))
    x = np.random.default_rng(0).normal(size=(5, 2))
    first(x)
    second.load_state_dict(first.state_dict())
    np.testing.assert_array_equal(first.eval()(x).numpy(), second.eval()(x).numpy())
    assert int(second[1].num_batches_tracked) == 1


def test_a_state_is_a_copy() -> None:
    model = nn.BatchNorm(2)
    state = model.state_dict()
    for array in state.values():
        array += 1
    assert model.weight.tolist() == [1.0, 1.0]
    assert model.running_mean.tolist() == [0.0, 0.0]
    model.load_state_dict(state)
    state["weight"][:] = 9
    state["running_mean"][:] = 9
    assert model.weight.tolist() == [2.0, 2.0]
    assert model.running_mean.tolist() == [1.0, 1.0]


def test_a_state_that_does_not_fit_is_refused_whole() -> None:
    model = nn.MLP([2, 3, 1], rng=0)
    before = model.to_vector()
    state = {name: array + 1 for name, array in model.state_dict().items()}
    state["9.weight"] = state.pop("2.bias")
    state["0.weight"] = state["0.weight"].T
    state["0.bias"] = np.array(["a", "b", "c"])
    with pytest.raises(ValueError, match="does not fit MLP") as caught:
        model.load_state_dict(state)
    message = str(caught.value)
    assert "0.weight has shape (2, 3), not (3, 2)" in message
    assert "0.bias is of type <U1, not real numbers" in message
    assert "2.bias is missing" in message
    assert "9.weight is unexpected" in message
    with pytest.raises(ValueError, match="shape"):
        model.load_state_dict(state, strict=False)
    np.testing.assert_array_equal(model.to_vector(), before)


def test_a_state_that_is_not_strict_may_lack_and_exceed() -> None:
    model = nn.Linear(1, 1, rng=0)
    model.load_state_dict({"bias": [5], "other": [1.0]}, strict=False)
    assert model.bias.tolist() == [5.0]


def test_loading_keeps_each_type() -> None:
    model = nn.BatchNorm(1)
    state = {name: array.astype(np.float64) for name, array in model.state_dict().items()}
    model.load_state_dict(state)
    assert model.weight.dtype == model.running_var.dtype == np.float32
    assert model.num_batches_tracked.dtype == np.int64


@given(st.integers(0, 10), st.lists(st.integers(1, 5), min_size=2, max_size=4))
def test_a_vector_of_all_parameters_goes_out_and_in(seed: int, sizes: list[int]) -> None:
    model = nn.MLP(sizes, rng=seed, dtype=np.float64)
    other = nn.MLP(sizes, rng=seed + 1, dtype=np.float64)
    theta = model.to_vector()
    other.from_vector(theta)
    np.testing.assert_array_equal(other.to_vector(), theta)
    pieces = [model[0].weight.numpy().ravel(), model[0].bias.numpy()]
    np.testing.assert_array_equal(theta[: sizes[1] * (sizes[0] + 1)], np.concatenate(pieces))


def test_a_vector_of_another_length_is_refused_and_changes_nothing() -> None:
    model = nn.MLP([2, 2], rng=0)
    before = model.to_vector()
    for wrong in (np.zeros(5), np.zeros((6, 1)), np.zeros(0)):
        with pytest.raises(ValueError, match=r"6 parameters, shape \(6,\)"):
            model.from_vector(wrong)
    np.testing.assert_array_equal(model.to_vector(), before)
    assert nn.ReLU().to_vector().shape == (0,)


def test_values_are_parameters_too() -> None:
    model = Parts()
    model.from_vector(np.arange(model.num_parameters()))
    assert model.blocks[1]["gate"].data == 12.0
    state = model.state_dict()
    state["blocks.1.gate"] = np.array(-1.0)
    model.load_state_dict(state)
    assert model.blocks[1]["gate"].data == -1.0


# --------------------------------------------------------------------------------------------------
# Training and freezing


def test_zero_grad_forgets_every_gradient() -> None:
    model = Parts()
    model(np.ones((1, 3))).sum().backward()
    assert model.last.weight.grad is not None
    assert model.blocks[1]["gate"].grad != 0.0
    model.zero_grad()
    assert model.last.weight.grad is None
    assert model.blocks[1]["gate"].grad == 0.0


def test_train_and_eval_reach_every_module() -> None:
    model = nn.Sequential(nn.Sequential(nn.Dropout(rng=0)), nn.BatchNorm(1))
    assert model[0][0].training
    assert model.eval() is model
    assert not any(module.training for module in model.named_modules().values())
    model.train()
    assert all(module.training for module in model.named_modules().values())


def test_a_frozen_parameter_is_a_constant() -> None:
    model = nn.MLP([2, 3, 1], rng=0)
    weight = model[0].weight
    x = np.ones((4, 2), np.float32)
    expected = model(x).numpy()
    model[0].freeze()
    assert type(model[0].weight) is np.ndarray
    assert list(model.named_parameters()) == ["2.weight", "2.bias"]
    assert list(model.named_parameters(frozen=True)) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert (model.num_parameters(), model.num_parameters(frozen=True)) == (4, 13)
    assert model.to_vector().size == 4
    out = model(x)
    np.testing.assert_array_equal(out.numpy(), expected)
    out.sum().backward()
    assert weight.grad is None
    assert model[2].weight.grad is not None


def test_unfreezing_gives_the_same_parameters_back_in_order() -> None:
    model = Parts()
    before = model.named_parameters()
    model.freeze()
    assert model.named_parameters() == {}
    model.freeze()
    assert list(model.named_parameters(frozen=True)) == NAMES
    model.added = Tensor([0.0])
    model.unfreeze()
    after = model.named_parameters()
    assert after.pop("added") is model.added
    assert list(after) == NAMES
    assert all(after[name] is before[name] for name in NAMES)


def test_parameters_in_containers_freeze_where_they_stand() -> None:
    Pair = namedtuple("Pair", "left right")
    model = nn.Module()
    model.pair = Pair(Tensor([1.0]), Tensor([2.0]))
    model.mixed = {"layer": nn.ReLU(), "gate": Value(3.0), "list": [Tensor([4.0])]}
    model.freeze()
    assert model.pair.right.tolist() == [2.0]
    assert type(model.pair.right) is np.ndarray
    assert (model.mixed["gate"], model.mixed["list"][0].tolist()) == (3.0, [4.0])
    assert isinstance(model.mixed["layer"], nn.ReLU)
    assert list(model.named_modules()) == ["", "mixed.layer"]


def test_a_frozen_parameter_is_saved_and_loaded() -> None:
    model = nn.Linear(1, 1, init="zeros").freeze()
    assert list(model.state_dict()) == ["weight", "bias"]
    model.load_state_dict({"weight": [[3.0]], "bias": [1.0]})
    assert model(np.array([[2.0]])).tolist() == [[7.0]]


def test_a_parameter_frozen_in_one_place_is_left_out_in_all() -> None:
    for part in ("encode", "decode"):
        model = Tied()
        getattr(model, part).freeze()
        assert model.parameters() == []
        assert list(model.named_parameters(frozen=True)) == ["encode.weight"]


def test_an_attribute_given_anew_while_frozen_is_trained() -> None:
    model = nn.Linear(1, 1, rng=0).freeze()
    model.weight = new = Tensor([[1.0]])
    assert model.parameters() == [new]
    assert model.unfreeze().weight is new


# --------------------------------------------------------------------------------------------------
# Copies


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
@pytest.mark.parametrize("frozen", [False, True])
def test_a_copy_is_the_same_and_apart(clone: Any, frozen: bool) -> None:
    model = Tied()
    if frozen:
        model.encode.freeze()
    twin = clone(model)
    assert list(twin.named_parameters(frozen=True)) == ["encode.weight"]
    assert twin.parameters() == [] if frozen else twin.decode.weight is twin.encode.weight
    x = np.ones((1, 3))
    np.testing.assert_array_equal(plain(twin(x)), plain(model(x)))
    twin.unfreeze().from_vector(np.zeros(9))
    assert model.unfreeze().to_vector().any()


def plain(x: Any) -> Any:
    return x.numpy() if isinstance(x, Tensor) else x


# --------------------------------------------------------------------------------------------------
# Description


def test_a_repr_shows_the_tree_with_shapes_and_counts() -> None:
    model = nn.Sequential(nn.MLP([2, 3, 1], "tanh", rng=0), nn.Dropout(0.25))
    model[0][2].freeze()
    assert repr(model).splitlines() == [
        "Sequential()                                                         13 parameters",
        "  0: MLP([2, 3, 1], 'tanh')                                          13",
        "    0: Linear(2, 3)          weight (3, 2), bias (3,)                 9",
        "    1: Tanh()",
        "    2: Linear(3, 1)          weight (1, 3) frozen, bias (1,) frozen   4",
        "  1: Dropout(0.25)",
    ]


def test_a_card_shows_the_parts_and_the_numbers_in_the_parameters() -> None:
    model = nn.Sequential(nn.MLP([3, 4, 2], init="zeros"), nn.Linear(2, 1, rng=0))
    model[1].freeze()
    card = model._repr_html_()
    root = ElementTree.fromstring(card)
    rows = [list(row.itertext()) for row in root.iter("tr")]
    assert rows[:4] == [
        ["Sequential()"],
        ["0", "MLP([3, 4, 2], init='zeros')"],
        ["0.0", "Linear(3, 4, init='zeros')"],
        ["0.0.weight", "(4, 3)", "12", "float32, all 0"],
    ]
    assert ["1.bias (frozen)", "(1,)", "1", "float32, all 0"] in rows
    assert rows[-1] == ["parameters", "29"]
    weight = next(row for row in rows if row[0] == "1.weight (frozen)")
    assert weight[3].startswith("float32, from ")


def test_a_card_of_parameters_in_lists_and_of_many_parts_is_bounded() -> None:
    assert "w.1" in nn.scalar.Neuron(2)._repr_html_()
    large = nn.Sequential(*[nn.Linear(1, 1, init="zeros") for _ in range(50)])
    card = large._repr_html_()
    assert "91 more rows" in card
    assert card.count("<tr>") == 62


def test_a_repr_without_parameters_has_no_counts() -> None:
    assert repr(nn.LeakyReLU(alpha=0.2)) == "LeakyReLU(alpha=0.2)"
    assert repr(nn.Function(ag.sin)) == "Function(sin)"
    assert nn.Classifier(nn.ReLU(), nn.ReLU(), classes=["a"]).title() == "Classifier(classes=['a'])"


EVERY_MODULE = [
    nn.Linear(3, 2, bias=False, init="he", rng=np.random.default_rng(0)),
    nn.Linear(3, 2, init=nn.init.zeros, dtype=np.float64),
    nn.Linear(3, 2, init=partial(nn.init.normal, sigma=1.0), dtype=np.dtype("float64")),
    nn.MLP((3, 4, 2), nn.ELU, rng=7, dropout=np.float64(0.5)),
    nn.MLP([3, 4, 2], ag.tanh),
    nn.MLP([3, 4, 2], nn.PReLU(4)),
    nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3), nn.BatchNorm(3, momentum=None), ag.relu),
    nn.Sequential(nn.Sequential(nn.LeakyReLU(np.float32(0.5)), nn.ELU(2.0)), nn.Softmax(axis=1)),
    *(kind() for kind in nn.activations.ACTIVATIONS.values()),
]


@pytest.mark.parametrize("model", EVERY_MODULE, ids=lambda model: model.title())
def test_every_module_is_rebuilt_from_its_config(model: nn.Module) -> None:
    config = json.loads(json.dumps(model.config()))
    rebuilt = build(config)
    assert type(rebuilt) is type(model)
    assert rebuilt.config() == config
    rebuilt.load_state_dict(model.state_dict())
    x = np.random.default_rng(0).normal(size=(4, 3))
    np.testing.assert_array_equal(plain(rebuilt.eval()(x)), plain(model.eval()(x)))
    assert {n: a.dtype for n, a in rebuilt.state_dict().items()} == {
        n: a.dtype for n, a in model.state_dict().items()
    }


def test_a_layer_used_twice_is_rebuilt_as_one() -> None:
    layer = nn.Linear(2, 2, rng=0)
    model = nn.Sequential(layer, nn.Sequential(nn.Tanh(), layer))
    rebuilt = build(json.loads(json.dumps(model.config())))
    assert rebuilt[0] is rebuilt[1][1]
    assert rebuilt.num_parameters() == 6


def test_a_class_of_the_users_is_rebuilt_once_registered() -> None:
    @register
    class Scaled(nn.Module):
        def __init__(self, rng: Any, factors: dict[str, float], *parts: nn.Module) -> None:
            self.factors = factors
            self.inner = parts

        def forward(self, x: Any) -> Any:
            return self.factors["all"] * self.inner[0](x)

    model = Scaled(np.random.default_rng(), {"all": 3.0}, nn.Linear(1, 1, init="zeros"))
    rebuilt = build(model.config())
    assert rebuilt.factors == {"all": 3.0}
    assert isinstance(rebuilt.inner[0], nn.Linear)

    @register  # a notebook's cell run again
    class Scaled(nn.Module):  # type: ignore[no-redef]
        pass

    assert REGISTRY.pop("Scaled") is Scaled


def test_another_thing_of_a_registered_name_is_refused() -> None:
    class Linear(nn.Module):
        pass

    with pytest.raises(ValueError, match="the name 'Linear' already refers"):
        register(Linear)
    with pytest.raises(ValueError, match="Linear, which is not registered"):
        Linear().config()


@pytest.mark.parametrize(
    "model",
    [
        nn.Function(lambda x: x),
        nn.Linear(1, 1, init=lambda shape, rng, dtype: np.ones(shape)),
        nn.MLP([1, 1, 1], activation=np.sin),
    ],
)
def test_what_is_not_registered_cannot_be_described(model: nn.Module) -> None:
    with pytest.raises(
        ValueError, match=r"(function|init|activation)=\.\.\.\) is .* cannot be sav"
    ):
        model.config()


LINEAR = {"class": "Linear"}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"class": "os.system", "arguments": {"command": "true"}}, "not registered"),
        (LINEAR | {"arguments": {"n_in": 1}}, "missing 1 required"),
        (
            {"class": "Linear", "arguments": {"n_in": 1, "n_out": 1, "evil": 1}},
            "Linear takes no argument evil",
        ),
        ({"class": "xavier", "arguments": {"shape": [1, 1]}}, "'xavier' is not a module"),
        (
            {"class": "Linear", "arguments": {"n_in": 1, "n_out": 1, "init": {"dtype": "O"}}},
            "not p",
        ),
        (LINEAR, "not part of an architecture"),
        ({"class": "Sequential", "arguments": {"layers": [{"shared": 0}]}}, "not part of an arch"),
        ({"named": "Linear"}, "not the architecture of a module"),
        ([], "not the architecture"),
        ("Linear", "not the architecture"),
        (None, "not the architecture"),
        ({"class": "MLP", "arguments": {"sizes": "ab"}}, "MLP cannot be made"),
        ({"class": "MLP", "arguments": {"sizes": [-1, 2]}}, "sizes=\\[-1, 2\\]"),
        (LINEAR | {"arguments": {"n_in": -1, "n_out": 2}}, "n_in=-1"),
    ],
)
def test_a_foreign_config_is_refused(config: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(config)


def test_a_bottomless_config_is_refused() -> None:
    config: Any = {"class": "ReLU", "arguments": {}}
    for _ in range(5000):
        config = {"class": "Sequential", "arguments": {"layers": [config]}}
    with pytest.raises(ValueError, match="nested too deeply"):
        build(config)
