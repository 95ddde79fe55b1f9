"""Where there is no derivative one number is chosen, and formulas that mean the same agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import autograd as ad
import autograd.numpy as anp
from autograd import (
    Tensor,
    Value,
    derivative,
    elementwise_grad,
    grad,
    gradients,
    hessian,
    jit,
    jvp,
    taylor,
    vmap,
)

DOCUMENTED: dict[str, tuple[Callable[[Any], Any], float, float]] = {
    "relu": (ad.relu, 0.0, 0.0),
    "abs": (ad.abs, 0.0, 0.0),
    "sign": (ad.sign, 0.0, 0.0),
    "heaviside": (ad.heaviside, 0.0, 0.0),
    "floor": (ad.floor, 2.0, 0.0),
    "ceil": (ad.ceil, 2.0, 0.0),
    "round": (ad.round, 2.5, 0.0),
    "trunc": (ad.trunc, 2.0, 0.0),
    "clip at its lower bound": (lambda x: ad.clip(x, 0.0, 1.0), 0.0, 0.0),
    "clip at its upper bound": (lambda x: ad.clip(x, 0.0, 1.0), 1.0, 0.0),
    "maximum with a constant": (lambda x: ad.maximum(x, 1.0), 1.0, 0.0),
    "maximum of a constant": (lambda x: ad.maximum(1.0, x), 1.0, 0.0),
    "minimum with a constant": (lambda x: ad.minimum(x, 1.0), 1.0, 0.0),
    "maximum with itself": (lambda x: ad.maximum(x, x), 1.0, 1.0),
    "minimum of two nodes": (lambda x: ad.minimum(x, 2 * x - 1), 1.0, 1.5),
    "hypot in the origin": (lambda x: ad.hypot(x, 0.0), 0.0, 0.0),
    "leaky_relu": (lambda x: ad.leaky_relu(x, 0.1), 0.0, 0.1),
    "elu": (lambda x: ad.elu(x, 2.0), 0.0, 2.0),
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_number_chosen_at_a_kink(name: str) -> None:
    f, x, slope = DOCUMENTED[name]
    assert grad(f)(x) == slope
    assert jvp(f, x, 1.0)[1] == slope
    np.testing.assert_array_equal(elementwise_grad(f)(np.full(2, x)), slope)
    np.testing.assert_array_equal(jvp(f, np.full(2, x), np.ones(2))[1], slope)


RELUS: dict[str, Callable[[Any], Any]] = {
    "relu(x)": ad.relu,
    "maximum(x, 0)": lambda x: ad.maximum(x, 0),
    "maximum(0, x)": lambda x: ad.maximum(0.0, x),
    "np.maximum(x, 0)": lambda x: np.maximum(x, 0.0),
    "where(x > 0, x, 0)": lambda x: ad.where(x > 0, x, 0.0),
    "np.where(x > 0, x, 0)": lambda x: np.where(x > 0, x, 0.0),
    "clip(x, 0)": lambda x: ad.clip(x, 0.0),
    "leaky_relu(x, 0)": lambda x: ad.leaky_relu(x, 0.0),
    "x * step": lambda x: x * (x > 0),
    "-minimum(-x, 0)": lambda x: -ad.minimum(-x, 0.0),
}


@pytest.mark.parametrize("name", RELUS)
def test_equivalent_formulas_of_relu_agree_at_every_order(name: str) -> None:
    x = np.array([-2.0, -0.0, 0.0, 3.0])
    for order, expected in enumerate(
        ([0.0, 0.0, 0.0, 3.0], [0.0, 0.0, 0.0, 1.0], [0.0] * 4, [0.0] * 4)
    ):
        f = derivative(RELUS[name], order)
        np.testing.assert_array_equal(f(x), expected)
        for one, value in zip(x, expected, strict=True):
            assert f(float(one)) == value


@pytest.mark.parametrize("name", RELUS)
def test_equivalent_formulas_of_relu_agree_inside_a_program(name: str) -> None:
    def loss(relu: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda x: ad.sum(ad.exp(relu(x) * x) + relu(relu(x) - 1.0) ** 3)

    x = np.array([-2.0, 0.0, 1.0, 1.5])
    np.testing.assert_allclose(grad(loss(RELUS[name]))(x), grad(loss(ad.relu))(x), rtol=1e-15)
    np.testing.assert_allclose(hessian(loss(RELUS[name]))(x), hessian(loss(ad.relu))(x), rtol=1e-14)


ABSOLUTES: dict[str, Callable[[Any], Any]] = {
    "abs(x)": ad.abs,
    "maximum(x, -x)": lambda x: ad.maximum(x, -x),
    "x sign(x)": lambda x: x * ad.sign(x),
    "relu(x) + relu(-x)": lambda x: ad.relu(x) + ad.relu(-x),
    "hypot(x, 0)": lambda x: ad.hypot(x, 0.0),
}


@pytest.mark.parametrize("name", ABSOLUTES)
def test_equivalent_formulas_of_the_absolute_value_agree(name: str) -> None:
    x = np.array([-2.0, 0.0, 3.0])
    second = [0.0, np.inf if "hypot" in name else 0.0, 0.0]  # of lengths see below
    for order, expected in enumerate(([2.0, 0.0, 3.0], [-1.0, 0.0, 1.0], second)):
        np.testing.assert_array_equal(derivative(ABSOLUTES[name], order)(x), expected)


def test_ties_share_equally() -> None:
    x = np.array([[3.0, 1.0, 3.0], [0.0, 0.0, 0.0]])
    np.testing.assert_array_equal(
        grad(lambda x: ad.sum(ad.max(x, 1)))(x), [[0.5, 0, 0.5], [1 / 3, 1 / 3, 1 / 3]]
    )
    np.testing.assert_array_equal(grad(lambda x: ad.min(x))(x), [[0, 0, 0], [1 / 3, 1 / 3, 1 / 3]])
    a, b = Value(2.0), Value(2.0)
    assert gradients(ad.maximum(a, b), [a, b]) == [0.5, 0.5]
    assert gradients(ad.minimum(a, b), [a, b]) == [0.5, 0.5]
    s, t = Tensor([2.0, 5.0]), Tensor([2.0, 1.0])
    gs, gt = gradients(ad.maximum(s, t).sum(), [s, t])
    np.testing.assert_array_equal(gs, [0.5, 1.0])
    np.testing.assert_array_equal(gt, [0.5, 0.0])


WITH_CONSTANT: dict[str, Callable[[Any, Any], Any]] = {
    "maximum": ad.maximum,
    "minimum": ad.minimum,
    "maximum of the constant": lambda x, c: ad.maximum(c, x),
    "clip between constants": lambda x, c: ad.clip(x, c, c + 1.0),
    "clip of the constant": lambda x, c: ad.clip(c, x, 1.0),
    "fmax": anp.fmax,
    "max from": lambda x, c: anp.max(ad.array([x, x]), axis=0, initial=1.0) * c,
    "sum of maxima": lambda x, c: ad.maximum(ad.maximum(x, c), ad.minimum(x, 1.0)),
    "maximum beside itself held constant": lambda x, c: ad.maximum(x, ad.stop_gradient(x)) * c,
    "leaky_relu": lambda x, c: ad.leaky_relu(x, 0.1 * c),
    "where": lambda x, c: ad.where(x > c, x, c),
    "hypot": ad.hypot,
    "heaviside": lambda x, c: x * ad.heaviside(x - c),
}
FEW = st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=3, max_size=3).map(np.array)


@pytest.mark.parametrize("name", WITH_CONSTANT)
@settings(max_examples=5, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(x=FEW, c=FEW)
def test_at_a_tie_it_counts_what_is_differentiated_and_not_what_is_a_node(
    name: str, x: Any, c: Any
) -> None:
    f = WITH_CONSTANT[name]

    def total(x: Any, c: Any) -> Any:
        return ad.sum(f(x, c))

    expected = grad(lambda x: total(x, c))(x)  # c is a plain array
    with np.errstate(all="ignore"):
        for found in (
            grad(total)(x, c),
            jit(grad(total))(x, c),
            jit(vmap(grad(f)))(x, c),
            vmap(grad(f))(x, c),
            grad(jit(total))(x, c),
            gradients(total(node := Tensor(x), Tensor(c)), node),
            gradients(total(node := Tensor(x), Tensor(c)), node, create_graph=True).data,
            jvp(lambda x: f(x, Tensor(c)), x, np.ones(3))[1],
            jit(lambda x, c: jvp(lambda x: f(x, c), x, np.ones(3))[1])(x, c),
            np.array([grad(f)(float(a), float(b)) for a, b in zip(x, c, strict=True)]),
            np.array([jit(grad(f))(float(a), float(b)) for a, b in zip(x, c, strict=True)]),
            np.array([gradients(f(a := Value(p), Value(q)), a) for p, q in zip(x, c, strict=True)]),
            np.array(
                [jvp(lambda a, q=q: f(a, Value(q)), p, 1.0)[1] for p, q in zip(x, c, strict=True)]
            ),
        ):
            np.testing.assert_array_equal(found, expected)
        if "held constant" not in name:  # which for a series is a function of t like any other
            series = jit(lambda x, c: taylor(lambda x: f(x, c), x)[1])(x, c)
            np.testing.assert_array_equal(series, expected)
        both = grad(total, (0, 1))
        np.testing.assert_array_equal(jit(both)(x, c), both(x, c))
        for way in (total, jit(total)):
            forward = jvp(way, (x, c), (x, c + 1.0))[1]
            np.testing.assert_allclose(forward, np.vdot(both(x, c), [x, c + 1.0]))


def test_ties_at_second_order() -> None:
    x = np.array([1.0, 1.0])
    np.testing.assert_allclose(hessian(lambda x: ad.max(x) ** 2)(x), np.full((2, 2), 0.5))


@pytest.mark.parametrize("kind", [float, np.array])
def test_powers_at_zero_are_right_at_every_order(kind: Any) -> None:
    for n in range(5):
        for power in (n, float(n)):
            found = [derivative(lambda x, p=power: x**p, order)(kind(0.0)) for order in range(4)]
            expected = [
                float(np.prod(range(n, 0, -1))) if n == order else 0.0 for order in range(4)
            ]
            assert [float(f) for f in found] == expected, (n, found)


def test_powers_with_an_array_of_exponents_at_zero() -> None:
    powers = np.array([0.0, 1.0, 2.0, 3.0])
    x = np.zeros(4)
    for order, expected in enumerate(([1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 2, 0], [0, 0, 0, 6])):
        np.testing.assert_array_equal(derivative(lambda x: x**powers, order)(x), expected)
        with np.errstate(all="ignore"):
            tracked = derivative(lambda x: x ** Tensor(powers), order)(x)
        np.testing.assert_array_equal(getattr(tracked, "data", tracked), expected)


def test_the_derivative_of_a_power_by_its_exponent_at_zero() -> None:
    assert grad(lambda y: 0.0**y)(2.0) == 0.0
    np.testing.assert_array_equal(elementwise_grad(lambda y: 0.0**y)(np.array([0.5, 2.0])), [0, 0])
    gx, gy = grad(lambda x, y: x**y, (0, 1))(0.0, 2.0)
    assert (gx, gy) == (0.0, 0.0)


@pytest.mark.parametrize("kind", [float, np.array])
def test_the_exponent_zero_has_mixed_derivatives(kind: Any) -> None:
    """∂²xʸ/∂x∂y = 1/x at y = 0, though ∂xʸ/∂x is 0 there."""
    by_x = grad(lambda x, y: ad.sum(x**y))
    assert by_x(kind(2.0), kind(0.0)) == 0.0
    assert grad(by_x, 1)(kind(2.0), kind(0.0)) == 0.5
    by_y = grad(lambda x, y: ad.sum(x**y), 1)
    assert grad(by_y)(kind(2.0), kind(0.0)) == 0.5


@pytest.mark.parametrize("x", [0.0, -0.0, 2.0, -2.0, np.inf, -np.inf, np.nan])
def test_the_derivative_by_the_base_at_exponent_zero_is_zero_in_every_way_to_run(x: float) -> None:
    xs = np.array([x, x])
    with np.errstate(all="ignore"):
        for zero in (0, 0.0, -0.0, np.array(0.0)):
            by_base = grad(lambda x, zero=zero: ad.sum(x**zero))
            for run in (by_base, jit(by_base), grad(jit(lambda x, zero=zero: ad.sum(x**zero)))):
                assert run(x) == 0.0
                np.testing.assert_array_equal(run(xs), [0.0, 0.0])
            np.testing.assert_array_equal(vmap(by_base)(xs), [0.0, 0.0])
            assert jvp(lambda x, zero=zero: x**zero, x, 1.0)[1] == 0.0
        for kind in (float, np.array):
            assert grad(lambda x, y: ad.sum(x**y))(kind(x), kind(0.0)) == 0.0
            assert jit(grad(lambda x, y: ad.sum(x**y)))(kind(x), kind(0.0)) == 0.0
            assert gradients((a := Value(x)) ** Value(0.0), a, create_graph=True).data == 0.0


def test_powers_of_negative_numbers() -> None:
    assert derivative(lambda x: x**3, 2)(-2.0) == -12.0
    assert derivative(lambda x: x**-2, 1)(-2.0) == 0.25
    np.testing.assert_array_equal(derivative(lambda x: x**3, 3)(np.array([-2.0, 0.0])), [6.0, 6.0])


@pytest.mark.parametrize("zeros", [0, 1, 2, 3, 4])
@pytest.mark.parametrize(
    "f", [ad.prod, lambda x: ad.cumprod(x)[-1], lambda x: x[0] * x[1] * x[2] * x[3]]
)
def test_products_with_zeros_are_right_at_orders_1_to_3(
    f: Callable[[Any], Any], zeros: int
) -> None:
    x = np.array([2.0, 3.0, 5.0, 7.0])
    x[:zeros] = 0.0

    def without(*left_out: int) -> float:
        """∂ of the product by each of some entries: the product of the others."""
        return float(np.prod(np.delete(x, left_out))) if len({*left_out}) == len(left_out) else 0.0

    np.testing.assert_array_equal(grad(f)(x), [without(i) for i in range(4)])
    second = hessian(f)(x)
    third = ad.jacobian(hessian(f))(x)
    for i in range(4):
        for j in range(4):
            assert second[i, j] == without(i, j)
            for k in range(4):
                assert third[i, j, k] == without(i, j, k)


def test_norms_and_deviations_at_zero_have_derivative_zero() -> None:
    zero = np.zeros(3)
    np.testing.assert_array_equal(grad(ad.norm)(zero), zero)
    np.testing.assert_array_equal(grad(ad.std)(np.ones(3)), zero)
    np.testing.assert_array_equal(grad(lambda x: ad.norm(x, 3))(zero), zero)


def test_the_deviation_of_one_number_is_zero_with_all_its_derivatives() -> None:
    x = np.array([[2.0], [-1.0]])
    np.testing.assert_array_equal(
        ad.hessian(lambda x: ad.sum(ad.std(x, 1)))(x), np.zeros((2, 1) * 2)
    )
    assert np.isnan(ad.std(np.array([np.nan])))
    assert np.isnan(ad.std(np.array([2.0]), ddof=1))


LENGTHS: dict[str, Callable[[Any], Any]] = {
    "norm": ad.norm,
    "norm of order 3": lambda x: ad.norm(x, 3),
    "norm of order 1.5": lambda x: ad.norm(x, 1.5),
    "std": lambda x: ad.std(x - np.array([0.0, 1.0])),
    "hypot": lambda x: ad.hypot(x[0], x[1] - 1.0),
}


@pytest.mark.parametrize("name", LENGTHS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_number_chosen_for_the_slope_of_a_length_at_zero_has_no_derivative(
    name: str, dtype: Any
) -> None:
    """A length squared is smooth at 0, and its second derivative is not 0."""
    f, zero = LENGTHS[name], np.array([0, 0 if "norm" in name else 1], dtype)
    with np.errstate(all="ignore"):
        for run in (lambda f: f, jit):
            slope = run(grad(f))(zero)
            np.testing.assert_array_equal(slope, np.zeros(2))
            assert slope.dtype == dtype
            np.testing.assert_array_equal(run(grad(lambda x: f(x) ** 2))(zero), np.zeros(2))
            for g in (f, lambda x: f(x) ** 2, lambda x: f(x) ** 4):
                assert not np.isfinite(np.diag(run(hessian(g))(zero))).any()


def test_a_norm_of_zero_beside_others_disturbs_none() -> None:
    x = np.array([[0.0, 0.0], [3.0, 4.0]])

    def f(x: Any) -> Any:
        return ad.sum(ad.norm(x, axis=1))

    np.testing.assert_allclose(grad(f)(x), [[0, 0], [0.6, 0.8]])
    second = hessian(f)(x)
    np.testing.assert_allclose(second[1, :, 1], hessian(ad.norm)(x[1]))
    assert not np.isfinite(second[0, :, 0]).all()
    assert np.count_nonzero(second[np.isfinite(second)]) == 4
    np.testing.assert_array_equal(second[0, :, 1], 0)
    np.testing.assert_array_equal(second[1, :, 0], 0)


def test_the_power_one_half_at_zero_is_infinite_like_the_root() -> None:
    assert grad(lambda x: x**0.5)(0.0) == grad(ad.sqrt)(0.0) == np.inf


def test_softplus_and_its_kin_are_smooth_everywhere() -> None:
    for x in (-800.0, -30.0, 0.0, 30.0, 800.0):
        for order in range(1, 4):
            assert np.isfinite(derivative(ad.softplus, order)(x))
            assert np.isfinite(derivative(lambda x: ad.logaddexp(0.0, x), order)(x))
            assert np.isfinite(derivative(ad.sigmoid, order)(x))
    np.testing.assert_allclose(derivative(ad.softplus, 2)(0.0), 0.25)
