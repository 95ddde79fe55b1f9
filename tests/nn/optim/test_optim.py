"""Optimisers and clipping, against their formulas written out."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograd import Tensor, Value
from nn import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    RandomSearch,
    RMSProp,
    clip_grad_norm,
    clip_grad_value,
    grad_norm,
)
from nn.optim import Optimizer, optimizer

GRADIENT = [SGD, Adam, AdamW, RMSProp, Adagrad]
SETTINGS: list[tuple[type, dict[str, Any]]] = [
    (SGD, {"lr": 0.1}),
    (SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    (Adam, {"lr": 0.1}),
    (AdamW, {"lr": 0.1, "weight_decay": 0.1}),
    (RMSProp, {"lr": 0.1, "momentum": 0.5, "centered": True}),
    (Adagrad, {"lr": 0.1, "initial_accumulator": 0.1, "lr_decay": 1e-3}),
]


def bowl(parameters: list[Any]) -> Any:
    """A loss with its least value 0 where every parameter is 1."""
    total: Any = 0.0
    for p in parameters:
        d = p - 1.0
        total = total + (d * d if isinstance(p, Value) else (d * d).sum())
    return total


def descend(method: Any, parameters: list[Any], steps: int) -> None:
    for _ in range(steps):
        method.zero_grad()
        bowl(parameters).backward()
        method.step()


def tensors(dtype: Any = np.float32) -> list[Tensor]:
    rng = np.random.default_rng(0)
    return [Tensor(rng.standard_normal(shape).astype(dtype)) for shape in [(3, 2), (3,), ()]]


# --- what all of them do -------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "settings"), SETTINGS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_parameters_approach_the_minimum_and_keep_their_type(
    kind: Any, settings: dict[str, Any], dtype: Any
) -> None:
    parameters = tensors(dtype)
    before = float(bowl(parameters))
    method = kind(parameters, **settings)
    method.lr = np.float64(0.1)  # as a schedule computed with NumPy would set it
    descend(method, parameters, 150)
    assert float(bowl(parameters)) < 0.5 * before
    assert {p.dtype for p in parameters} == {np.dtype(dtype)}
    assert {np.asarray(p.grad).dtype for p in parameters} == {np.dtype(dtype)}


@pytest.mark.parametrize(("kind", "settings"), SETTINGS)
def test_values_are_optimised_like_tensors_of_one_number(kind: Any, settings: dict) -> None:
    value, tensor = Value(-1.5), Tensor(np.float64(-1.5))
    descend(kind([value], **settings), [value], 20)
    descend(kind([tensor], **settings), [tensor], 20)
    assert isinstance(value.data, float)
    assert value.data == pytest.approx(float(tensor), abs=1e-12)


@pytest.mark.parametrize(("kind", "settings"), SETTINGS)
def test_a_saved_state_continues_exactly(kind: Any, settings: dict[str, Any]) -> None:
    parameters = tensors()
    method = kind(parameters, **settings)
    descend(method, parameters, 7)
    method.lr = 0.02
    state = method.state_dict()
    copies = [Tensor(p.numpy()) for p in parameters]
    descend(method, parameters, 7)
    again = kind(copies)  # the settings come with the state
    again.load_state_dict(state)
    assert again.lr == 0.02
    descend(again, copies, 7)
    for p, q in zip(parameters, copies, strict=True):
        np.testing.assert_array_equal(p.numpy(), q.numpy())


@pytest.mark.parametrize(("kind", "settings"), SETTINGS)
def test_a_state_is_numbers_and_arrays_that_a_later_step_leaves_alone(
    kind: Any, settings: dict[str, Any]
) -> None:
    parameters = tensors()
    method = kind(parameters, **settings)
    descend(method, parameters, 3)
    state = method.state_dict()
    arrays = [
        array
        for held in state["parameters"].values()
        for array in held.values()
        if isinstance(array, np.ndarray)
    ]
    copies = [array.copy() for array in arrays]
    descend(method, parameters, 2)
    for array, copy in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    json.dumps(state, default=lambda array: array.tolist(), allow_nan=False)


@pytest.mark.parametrize("kind", GRADIENT)
def test_gradients_are_left_as_they_were(kind: Any) -> None:
    p = Tensor([[1.0, 2.0]])
    p.grad = np.array([[3.0, -4.0]])
    method = kind([p], weight_decay=0.1)
    for _ in range(3):
        method.step()
    np.testing.assert_array_equal(p.grad, [[3.0, -4.0]])


@pytest.mark.parametrize("kind", GRADIENT)
def test_a_parameter_without_a_gradient_stays_even_under_weight_decay(kind: Any) -> None:
    moved, still = Tensor([[1.0]]), Tensor([[1.0]])
    moved.grad = np.array([[1.0]])
    kind([moved, still], lr=0.1, weight_decay=0.1).step()
    assert still.numpy() == 1.0 > moved.numpy()


@pytest.mark.parametrize("kind", GRADIENT)
def test_a_graph_recorded_before_the_step_keeps_its_numbers(kind: Any) -> None:
    p = Tensor([[2.0]])
    loss = (p * p * p).sum()
    p.grad = np.array([[1.0]])
    kind([p], lr=0.5).step()
    p.grad = None
    loss.backward()
    np.testing.assert_array_equal(p.grad, [[12.0]])


def test_zero_grad_forgets_so_that_gradients_do_not_add_up() -> None:
    p, v = Tensor([1.0]), Value(1.0)
    method = SGD({"p": p, "v": v})
    for _ in range(2):
        method.zero_grad()
        assert p.grad is None
        assert v.grad == 0.0
        bowl([p * 3.0, v]).backward()
        np.testing.assert_array_equal(p.grad, [12.0])


# --- weight decay --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", GRADIENT)
def test_weight_decay_leaves_biases_out_unless_asked(kind: Any) -> None:
    def after(**settings: Any) -> dict[str, float]:
        named = {
            "weight": Tensor(np.ones((2, 2))),
            "0.bias": Tensor(np.ones((1, 2))),
            "gain": Tensor(np.ones(2)),
        }
        for p in named.values():
            p.grad = np.full(p.shape, 0.5)
        method = kind(named, lr=0.1, **settings)
        for _ in range(3):
            method.step()
        return {name: float(p.numpy().ravel()[0]) for name, p in named.items()}

    plain = after(weight_decay=0)
    decayed = after(weight_decay=0.3)
    all_decayed = after(weight_decay=0.3, decay_biases=True)
    assert decayed["weight"] != plain["weight"]
    assert decayed["0.bias"] == plain["0.bias"]
    assert decayed["gain"] == plain["gain"]
    assert all_decayed["0.bias"] == all_decayed["gain"] == decayed["weight"]


def test_sgd_weight_decay_is_the_gradient_of_half_lambda_times_the_squares() -> None:
    w = Tensor([[3.0]])
    w.grad = np.array([[1.0]])
    SGD([w], lr=0.1, weight_decay=0.5).step()
    assert w.item() == pytest.approx(3 - 0.1 * (1 + 0.5 * 3))


def test_adamw_decay_does_not_pass_through_the_mean_of_squares() -> None:
    w = Tensor([[3.0]])
    w.grad = np.array([[1.0]])
    AdamW([w], lr=0.1, weight_decay=0.5, eps=0.0).step()
    assert w.item() == pytest.approx(3 * (1 - 0.1 * 0.5) - 0.1)


# --- the parameters and the settings -------------------------------------------------------------


def test_a_module_is_asked_for_its_named_parameters() -> None:
    class Two:
        def named_parameters(self) -> dict[str, Tensor]:
            return {"hidden.weight": Tensor([[1.0]]), "hidden.bias": Tensor([1.0])}

    assert list(SGD(Two()).parameters) == ["hidden.weight", "hidden.bias"]


def test_a_single_tensor_is_one_parameter_not_its_rows() -> None:
    p = Tensor([[1.0], [2.0]])
    assert SGD(p).parameters["0"] is p


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ([], "no parameters"),
        ([Tensor([1.0]) * 2], "'0' is the result of 'mul'"),
        ([np.zeros(3)], "'0' is a ndarray, not a Tensor"),
    ],
)
def test_what_cannot_be_optimised_is_refused(parameters: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        SGD(parameters)


def test_a_parameter_given_twice_is_refused() -> None:
    p = Tensor([1.0])
    with pytest.raises(ValueError, match="'b' occurs twice: it is 'a'"):
        SGD({"a": p, "b": p})


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (SGD, {"lr": -1}),
        (SGD, {"lr": math.nan}),
        (SGD, {"lr": math.inf}),
        (SGD, {"momentum": 1.0}),
        (SGD, {"weight_decay": -0.1}),
        (Adam, {"betas": (0.9, 1.0)}),
        (Adam, {"eps": -1e-8}),
        (RMSProp, {"alpha": 1.5}),
        (Adagrad, {"lr_decay": -1}),
    ],
)
def test_settings_out_of_range_are_refused(kind: Any, settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{kind.__name__}: .* is not from 0 to below"):
        kind([Tensor([1.0])], **settings)


def test_a_learning_rate_set_later_is_checked_too() -> None:
    method = SGD([Tensor([1.0])], lr=0.1)
    with pytest.raises(ValueError, match=r"lr=-1\.0 is not from 0"):
        method.lr = -1
    assert method.lr == 0.1


def test_nesterov_without_momentum_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a momentum"):
        SGD([Tensor([1.0])], nesterov=True)


def test_a_repr_shows_kind_and_settings() -> None:
    assert repr(SGD([Tensor([1.0])], lr=0.5)).startswith("SGD(1 parameters, lr=0.5, weight_decay=0")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("sgd", SGD), ("Adam", Adam), ("RMSprop", RMSProp), ("random-search", RandomSearch)],
)
def test_an_optimiser_is_found_by_name(name: str, kind: type[Optimizer]) -> None:
    found = optimizer(name, [Tensor([1.0])], lr=0.25)
    assert type(found) is kind
    assert found.lr == 0.25


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="'adma' is none of sgd, adam, adamw, rmsprop"):
        optimizer("adma", [Tensor([1.0])])


# --- loading a state that does not fit -----------------------------------------------------------


def broken_states() -> list[tuple[Any, str]]:
    def state() -> dict[str, Any]:
        parameters = tensors()
        method = Adam(parameters)
        descend(method, parameters, 1)
        return method.state_dict()

    other_kind = {**state(), "optimizer": "SGD"}
    other_settings = {**state(), "settings": {"lr": 1.0}}
    bad_setting = state()
    bad_setting["settings"]["beta2"] = 3.0
    other_names = state()
    other_names["parameters"]["3"] = other_names["parameters"].pop("2")
    other_shape = state()
    other_shape["parameters"]["1"]["mean"] = np.zeros(4)
    other_slot = state()
    other_slot["parameters"]["1"]["velocity"] = np.zeros(3)
    return [
        (other_kind, "state of SGD cannot be loaded into Adam"),
        (other_settings, "has the settings"),
        (bad_setting, "beta2=3.0 is not"),
        (other_names, r"holds the parameters \['0', '1', '2'\]"),
        (other_shape, r"shape \(4,\) is not a state of the parameter '1' of shape \(3,\)"),
        (other_slot, "'velocity' of shape"),
    ]


@pytest.mark.parametrize(("state", "message"), broken_states())
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(state: Any, message: str) -> None:
    parameters = tensors()
    method = Adam(parameters, lr=0.5)
    descend(method, parameters, 2)
    before = method.state_dict()
    with pytest.raises(ValueError, match=message):
        method.load_state_dict(state)
    after = method.state_dict()
    assert after["settings"] == before["settings"]
    for name, held in before["parameters"].items():
        assert all(np.array_equal(after["parameters"][name][key], held[key]) for key in held)


# --- random search -------------------------------------------------------------------------------


def test_random_search_never_raises_the_loss_and_gets_there_slowly() -> None:
    parameters = tensors()
    method = RandomSearch(parameters, lr=0.2, rng=1)
    losses = [method.step(lambda: bowl(parameters)) for _ in range(300)]
    assert np.all(np.diff(losses) <= 0)
    assert losses[-1] < 0.3 * losses[0]
    assert {p.dtype for p in parameters} == {np.dtype(np.float32)}


def test_random_search_evaluates_once_and_records_nothing() -> None:
    p = Tensor([5.0])
    results = []

    def closure() -> Tensor:
        results.append((p * p).sum())
        return results[-1]

    assert RandomSearch([p]).step(closure, loss=25.0) == 25.0
    assert len(results) == 1
    assert results[0].parents == ()


def test_random_search_keeps_no_proposal_whose_loss_is_nan() -> None:
    p = Tensor([5.0])
    assert RandomSearch([p]).step(lambda: math.nan, loss=math.inf) == math.inf
    np.testing.assert_array_equal(p.numpy(), [5.0])


def test_random_search_continues_exactly_from_its_state() -> None:
    def run(p: Tensor, method: RandomSearch, steps: int) -> None:
        for _ in range(steps):
            method.step(lambda: (p * p).sum())

    p = Tensor([5.0, 3.0])
    method = RandomSearch([p], lr=0.5)
    run(p, method, 5)
    state, q = method.state_dict(), Tensor(p.numpy())
    run(p, method, 20)
    again = RandomSearch([q], rng=99)
    again.load_state_dict(state)
    run(q, again, 20)
    np.testing.assert_array_equal(p.numpy(), q.numpy())


# --- clipping ------------------------------------------------------------------------------------

GRADIENTS = hnp.arrays(
    np.float64,
    hnp.array_shapes(max_dims=2, max_side=4),
    elements=st.floats(-1e3, 1e3).map(lambda x: round(x, 3)),
)


def with_gradients(*gradients: Any) -> list[Tensor]:
    parameters = [Tensor(np.zeros_like(g)) for g in gradients]
    for p, g in zip(parameters, gradients, strict=True):
        p.grad = g
    return [*parameters, Tensor([0.0])]  # one without a gradient


@given(GRADIENTS, GRADIENTS, st.floats(0.01, 1e4))
def test_a_norm_above_the_limit_becomes_the_limit_and_keeps_its_direction(
    a: Any, b: Any, most: float
) -> None:
    joined = np.concatenate([a.ravel(), b.ravel()])
    parameters = with_gradients(a.copy(), b.copy())
    norm = clip_grad_norm(parameters, most)
    after = np.concatenate([np.ravel(p.grad) for p in parameters[:2]])
    assert norm == pytest.approx(np.linalg.norm(joined), rel=1e-12)
    scale = most / norm if norm > most else 1.0
    np.testing.assert_allclose(after, joined * scale, rtol=1e-12)


@given(GRADIENTS, st.floats(0.01, 1e4))
def test_every_entry_is_held_between_the_limits(a: Any, most: float) -> None:
    parameters = with_gradients(a)
    clip_grad_value(parameters, most)
    np.testing.assert_array_equal(parameters[0].grad, np.clip(a, -most, most))


@pytest.mark.parametrize("size", [1e-30, 1e-25, 1e25, 1e37])
def test_the_norm_survives_where_squares_would_overflow_or_vanish(size: float) -> None:
    g = np.array([3.0, 4.0], np.float32) * np.float32(size)
    parameters = with_gradients(g)
    assert grad_norm(parameters) == pytest.approx(5 * size, rel=1e-6)
    assert clip_grad_norm(parameters, size) == pytest.approx(5 * size, rel=1e-6)
    assert grad_norm(parameters) == pytest.approx(size, rel=1e-6)
    assert parameters[0].grad.dtype == np.float32


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_gradient_that_is_not_finite_is_reported_and_left(bad: float) -> None:
    parameters = with_gradients(np.array([1.0, bad]), np.array([2.0]))
    norm = clip_grad_norm(parameters, 1.0)
    assert not math.isfinite(norm)
    np.testing.assert_array_equal(parameters[1].grad, [2.0])


def test_no_gradients_and_empty_ones_have_the_norm_zero() -> None:
    assert grad_norm([Tensor([1.0])]) == 0.0
    assert grad_norm(with_gradients(np.zeros((0, 3)))) == 0.0


@pytest.mark.parametrize("clip", [clip_grad_norm, clip_grad_value])
@pytest.mark.parametrize("most", [0.0, -1.0, math.nan])
def test_a_limit_that_is_not_positive_is_refused(clip: Any, most: float) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        clip([Tensor([1.0])], most)


@pytest.mark.parametrize("kind", GRADIENT)
def test_an_optimiser_clips_as_clip_grad_norm_does(kind: Any) -> None:
    ours, expected = tensors(), tensors()
    method, plain = kind(ours, clip_norm=0.5), kind(expected)
    for _ in range(3):
        for parameters, optimiser in ((ours, method), (expected, plain)):
            optimiser.zero_grad()
            bowl(parameters).backward()
        clip_grad_norm(expected, 0.5)
        method.step()
        plain.step()
    for one, other in zip(ours, expected, strict=True):
        np.testing.assert_array_equal(one.data, other.data)


def test_a_clip_norm_that_is_not_positive_is_refused() -> None:
    method = SGD(tensors())
    for most in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match=f"clip_norm={most}"):
            SGD(tensors(), clip_norm=most)
        with pytest.raises(ValueError, match="above 0, or None"):
            method.clip_norm = most
    assert method.clip_norm is None


def test_an_optimiser_written_with_the_old_names_steps_as_one_with_the_new() -> None:
    class Old(Adam):
        slots = (*Adam.slots, "last")

        def begins(self) -> dict[str, float]:
            return super().begins() | {"last": 0.0}

        def rates(self, steps: int) -> dict[str, float]:
            return super().rates(steps) | {"momentum": 0.5}

        def rule(self, theta: Any, g: Any, slots: Any, rates: Any, *, decayed: bool) -> Any:
            g = g + rates["momentum"] * slots["last"]
            theta, after = super().rule(theta, g, slots, rates, decayed=decayed)
            return theta, after | {"last": g}

    class New(Adam):
        state_names = (*Adam.state_names, "last")

        def init_state(self) -> dict[str, float]:
            return super().init_state() | {"last": 0.0}

        def hyperparameters(self, steps: int) -> dict[str, float]:
            return super().hyperparameters(steps) | {"momentum": 0.5}

        def rule(self, theta: Any, g: Any, state: Any, hyper: Any, *, decayed: bool) -> Any:
            g = g + hyper["momentum"] * state["last"]
            theta, after = super().rule(theta, g, state, hyper, decayed=decayed)
            return theta, after | {"last": g}

    old, new = tensors(), tensors()
    first, second = Old(old, lr=0.1), New(new, lr=0.1)
    descend(first, old, 4)
    descend(second, new, 4)
    for one, other in zip(old, new, strict=True):
        np.testing.assert_array_equal(one.data, other.data)
    again = Old(tensors(), lr=0.1)
    again.load_state_dict(first.state_dict())
    assert again.state_dict()["parameters"].keys() == first.state_dict()["parameters"].keys()
