"""`checkpoint`: the same derivatives from fewer nodes."""

from __future__ import annotations

import gc
import weakref
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ad
import nn
from autograd import (
    GraphChangedError,
    Node,
    NonFiniteError,
    Tensor,
    Value,
    assign,
    check_grads,
    checkpoint,
    debug,
    grad,
    gradients,
    jit,
    jvp,
    observe,
    sample,
)

X = np.array([0.5, -1.0, 2.0])


def compare(f: Any, *inputs: Any, params: Any = ()) -> None:
    """Value, gradient and second derivative of f with and without a checkpoint."""
    nodes = [*inputs, *params]

    def derivatives(f: Any) -> list[Any]:
        out = ad.sum(f(*inputs))
        first = gradients(out, nodes, create_graph=True)
        second = gradients(sum([ad.sum(g * g) for g in first], ad.sum(0.0 * out)), nodes)
        return [out.item(), *[g.numpy() for g in first], *second]

    for found, expected in zip(derivatives(checkpoint(f)), derivatives(f), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)


def test_derivatives_agree_to_second_order() -> None:
    compare(lambda x, y: ad.tanh(x * y) * ad.exp(y) + x, Tensor(X), Tensor(X + 1))


def test_values_agree_too() -> None:
    compare(lambda a, b: ad.sin(a * b) + a**3, Value(0.5), Value(-1.5))


def test_parameters_read_from_outside_are_differentiated() -> None:
    w = Tensor(np.linspace(-1.0, 1.0, 9).reshape(3, 3))
    b = Tensor(X)
    compare(lambda x: ad.tanh(w @ x + b), Tensor(X), params=(w, b))


def test_parameters_that_feed_each_other_get_each_their_own_share() -> None:
    a = Value(0.7)
    b = ad.sin(a)
    c = a * b
    compare(lambda x: x * a + ad.exp(b * x) * c, Value(1.3), params=(a,))
    compare(lambda x: x * a + ad.exp(b * x) * c, Value(1.3), params=(a, b, c))


def test_an_input_that_is_also_read_from_outside_gets_both_shares() -> None:
    x = Value(3.0)
    checkpoint(lambda y: y * x)(x).backward()
    assert x.grad == 6.0
    t = Tensor(X)
    compare(lambda y: y * ad.exp(t), t)
    compare(lambda y, z: y * z * t, t, t)


def test_a_node_from_outside_may_be_the_result() -> None:
    x, w = Value(3.0), Value(2.0)
    inside = w * w
    checkpoint(lambda y: w)(x).backward()
    checkpoint(lambda y: inside)(x).backward()
    checkpoint(lambda y: y)(x).backward()
    assert (w.grad, x.grad) == (5.0, 1.0)


def test_an_input_given_twice_gets_both_shares() -> None:
    x = Tensor(X)
    compare(lambda y, z: ad.sin(y) * z, x, x)


def test_several_outputs_in_nested_containers() -> None:
    x, w = Tensor(X), Tensor([2.0])

    def f(x: Any, scale: float, note: str = "") -> Any:
        return {"a": ad.sum(x * w), "b": [x * scale, (x.reshape(3, 1), note, 7.0)]}

    out = checkpoint(f)(x, 3.0, note="as it is")
    plain = f(x, 3.0, note="as it is")
    assert out["b"][1][1:] == ("as it is", 7.0)
    assert out["a"].shape == ()
    assert out["b"][1][0].shape == (3, 1)
    for pick in (
        lambda o: o["a"],
        lambda o: ad.sum(o["b"][0] ** 2) * o["a"],
        lambda o: ad.sum(o["b"][1][0] * o["b"][0]),
    ):
        found, expected = gradients(pick(out), [x, w]), gradients(pick(plain), [x, w])
        for left, right in zip(found, expected, strict=True):
            np.testing.assert_allclose(left, right, rtol=1e-14)


def test_arguments_may_be_nested_and_plain_arguments_pass_through() -> None:
    p = {"w": Tensor(X), "b": Value(2.0), "n": 3}

    def f(p: Any, *, power: int) -> Any:
        return ad.sum(p["w"] ** power) * p["b"] * p["n"]

    checkpoint(f)(p, power=2).backward()
    np.testing.assert_allclose(p["w"].grad, 2 * X * 6.0)
    assert p["b"].grad == pytest.approx(3 * np.sum(X**2))


def test_plain_arguments_alone_give_a_plain_result() -> None:
    assert checkpoint(lambda x: x * 2.0)(3.0) == 6.0
    assert type(checkpoint(ad.sin)(X)) is np.ndarray


def test_without_recording_it_is_the_function_itself() -> None:
    x = Tensor(X)
    with ad.no_grad():
        out = checkpoint(ad.sin)(x)
    assert out.parents == ()


def test_checkpoints_nest() -> None:
    inner = checkpoint(lambda x: ad.tanh(x) * x)
    compare(lambda x: inner(inner(x) + 1.0) * x, Tensor(X))


def test_it_works_inside_transforms_and_in_forward_mode() -> None:
    f = checkpoint(lambda x: ad.sum(ad.exp(x) * ad.sin(x)))
    plain = grad(lambda x: ad.sum(ad.exp(x) * ad.sin(x)))
    np.testing.assert_allclose(grad(f)(X), plain(X), rtol=1e-14)
    np.testing.assert_allclose(jvp(f, X, np.ones(3))[1], plain(X).sum(), rtol=1e-14)
    check_grads(f, X, order=3)
    w = Tensor(X)
    check_grads(checkpoint(lambda x: ad.sum(ad.sin(x * w))), X)


def test_the_function_is_run_once_more_for_each_backward_pass() -> None:
    runs = []

    def f(x: Any, y: Any) -> Any:
        runs.append(1)
        return ad.tanh(x) * y

    x, y = Tensor(X), Tensor(X)
    out = ad.sum(checkpoint(f)(x, y))
    assert len(runs) == 1
    out.backward()
    assert len(runs) == 2
    out.backward()
    assert len(runs) == 3
    np.testing.assert_allclose(x.grad, 2 * X * (1 - np.tanh(X) ** 2), rtol=1e-14)


# What a second run would do again: draws, changes, observers.


def masked(rng: np.random.Generator) -> Any:
    """A function that drops entries at random, as dropout does."""
    return lambda x: ad.tanh(x * sample(rng, lambda rng: (rng.random(3) < 0.5) * 2.0))


def test_random_numbers_are_those_of_the_first_run() -> None:
    g = grad(lambda x: ad.sum(checkpoint(masked(np.random.default_rng(0)))(x)))(np.ones(3))
    np.testing.assert_allclose(g, [0.0, 2 / np.cosh(2) ** 2, 2 / np.cosh(2) ** 2], rtol=1e-14)


def noisy(wrap: Any) -> Any:
    """A program of nested parts that draw, with an inner derivative; `wrap` is applied to each."""

    def f(x: Any, rng: np.random.Generator) -> Any:
        part = wrap(masked(rng))

        def outer(x: Any) -> Any:
            y = part(x) * sample(rng, lambda rng: rng.normal(size=3)) + part(x * x)
            return y * grad(lambda z: ad.sum(part(ad.sin(z))))(x)

        return ad.sum(wrap(outer)(x + wrap(outer)(x)))

    return f


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), order=st.integers(1, 3))
def test_programs_that_draw_have_the_same_derivatives_to_third_order(seed: int, order: int) -> None:
    def derivative(f: Any) -> Any:
        rng = np.random.default_rng(seed)
        run = lambda x: f(x, rng)  # noqa: E731
        for _ in range(order):
            run = (lambda g: lambda x: ad.sum(g(x) * X))(grad(run))
        return run(X / 3), rng.random()

    found, expected = derivative(noisy(checkpoint)), derivative(noisy(lambda f: f))
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("observed", [False, True])
def test_each_effect_happens_once_in_debug_and_outside(observed: bool) -> None:
    seen: list[float] = []
    state = SimpleNamespace(total=np.zeros(1))

    def f(x: Any) -> Any:
        observe(lambda y: seen.append(float(y[0])), x)
        assign(state, "total", state.total + x[:1])
        return ad.sum(x * x)

    with debug() if observed else nullcontext():
        out = checkpoint(checkpoint(f))(Tensor(X))
        out.backward()
        out.backward()
    assert seen == [0.5]
    assert state.total == [0.5]


def test_a_later_run_finds_attributes_as_they_were_before_the_first() -> None:
    """As a layer does that improves an estimate at each call, and divides by it."""
    state = SimpleNamespace(u=np.ones(3))

    def f(x: Any) -> Any:
        assign(state, "u", state.u + x * x)
        return ad.sum(x / state.u)

    x = Tensor(X)
    outs = [checkpoint(f)(x) for _ in range(3)]
    found = gradients(ad.sum(ad.array(outs)), x)
    np.testing.assert_allclose(found, sum(1 / (1 + k * X**2) for k in (1, 2, 3)), rtol=1e-14)
    np.testing.assert_allclose(state.u, 1 + 3 * X**2)


def test_dropout_and_batch_norm_inside_a_checkpoint_train_as_outside() -> None:
    def trained(wrap: Any) -> dict[str, Any]:
        model = nn.Sequential(
            nn.Linear(3, 8, rng=0), nn.BatchNorm(8), nn.Dropout(0.5, rng=1), nn.Linear(8, 1, rng=2)
        )
        x = np.random.default_rng(3).normal(size=(16, 3))
        parameters = list(model.parameters())
        for _ in range(3):
            loss = ad.mean(wrap(model)(Tensor(x)) ** 2)
            for p, g in zip(parameters, gradients(loss, parameters), strict=True):
                p.data = p.data - 0.1 * g
        return dict(model.state_dict())

    found, expected = trained(checkpoint), trained(lambda f: f)
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-5, atol=1e-7)


def test_debug_names_a_constant_that_was_made_nan_inside_a_checkpoint() -> None:
    with np.errstate(all="ignore"), debug(), pytest.raises(NonFiniteError, match="'log' made"):
        checkpoint(lambda x: x * ad.log(np.array([-1.0, 1.0, 2.0])))(Tensor(X))


def test_a_function_that_does_not_repeat_itself_is_refused() -> None:
    rng = np.random.default_rng(0)
    out = ad.sum(checkpoint(lambda x: x * rng.normal(size=3))(Tensor(X)))
    with pytest.raises(GraphChangedError, match="another result when it was run again"):
        out.backward()


def test_a_compiled_function_inside_draws_once() -> None:
    f = masked(np.random.default_rng(0))
    found = grad(lambda x: ad.sum(checkpoint(jit(f))(x)))(np.ones(3))
    expected = grad(lambda x: ad.sum(masked(np.random.default_rng(0))(x)))(np.ones(3))
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_results_of_different_types_keep_theirs() -> None:
    def f(x: Any, y: Any) -> Any:
        return ad.sin(x), y * y, ad.sum(x) * ad.exp(x)

    x, y = Tensor(X, dtype=np.float32), Tensor(X)
    found, expected = checkpoint(f)(x, y), f(x, y)
    assert [out.dtype for out in found] == [out.dtype for out in expected]
    for left, right in zip(found, expected, strict=True):
        np.testing.assert_array_equal(left.data, right.data)
        for g, h in zip(gradients(left.sum(), [x, y]), gradients(right.sum(), [x, y]), strict=True):
            assert g.dtype == h.dtype
            np.testing.assert_array_equal(g, h)


def nodes_alive() -> int:
    gc.collect()
    return sum(issubclass(type(thing), Node) for thing in gc.get_objects())


def test_fewer_nodes_stay_alive() -> None:
    def block(x: Any) -> Any:
        for _ in range(50):
            x = ad.tanh(x + 1.0)
        return x

    def alive_after(block: Any) -> int:
        before = nodes_alive()
        x = Tensor(X)
        out = x
        for _ in range(4):
            out = block(out)
        count = nodes_alive() - before
        assert out.shape == (3,)
        return count

    assert alive_after(block) > 400
    assert alive_after(checkpoint(block)) < 20


def test_what_is_recomputed_is_freed_after_the_pass() -> None:
    def block(x: Any) -> Any:
        for _ in range(50):
            x = ad.tanh(x + 1.0)
        return x

    x = Tensor(X)
    out = ad.sum(checkpoint(block)(x))
    before = nodes_alive()
    out.backward()
    assert nodes_alive() <= before + 2


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_dropped_checkpoint_is_freed_without_the_collector(create_graph: bool) -> None:
    gc.collect()
    gc.disable()
    try:
        x = Tensor(X)
        middle = checkpoint(lambda x: ad.tanh(x) * x)(x)
        out = ad.sum(middle**2)
        g = gradients(out, x, create_graph=create_graph)
        watched = weakref.ref(middle)
        del middle, out, g
        assert watched() is None
    finally:
        gc.enable()


def test_a_parameter_that_changed_since_is_noticed() -> None:
    w = Tensor(X)
    out = ad.sum(checkpoint(lambda x: ad.exp(x * w))(Tensor(X)))
    w.data = X + 1.0
    with pytest.raises(GraphChangedError, match="compute the output again before backward"):
        out.backward()


def test_an_input_that_changed_since_does_not_matter_at_first_order() -> None:
    x = Tensor(X)
    out = ad.sum(checkpoint(ad.exp)(x))
    x.data[...] = 100.0
    out.backward()
    np.testing.assert_allclose(x.grad, np.exp(X), rtol=1e-14)
