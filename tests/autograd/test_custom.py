"""`custom_op`: a user's own operation is one like those of the table."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import Tensor, Value, check_grads, custom_op, grad, hessian, jvp

X = np.array([0.4, -1.1, 0.7])


def test_an_elementwise_operation_is_differentiated_to_any_order() -> None:
    sine = custom_op(np.sin, derivative=lambda out, x: ad.cos(x), name="sine")
    check_grads(sine, X, order=3)
    check_grads(sine, 0.3, order=3)
    assert grad(grad(grad(sine)))(0.0) == -1.0


def test_it_may_be_written_with_its_result() -> None:
    expo = custom_op(np.exp, derivative=lambda out, x: out)
    check_grads(expo, X, order=3)


def test_on_values_it_gives_values() -> None:
    sine = custom_op(np.sin, derivative=lambda out, x: ad.cos(x))
    a = Value(0.3)
    b = sine(a)
    assert type(b) is Value
    assert type(b.data) is float
    b.backward()
    assert a.grad == pytest.approx(np.cos(0.3), rel=1e-15)


def test_on_plain_data_it_is_its_kernel() -> None:
    sine = custom_op(np.sin, derivative=lambda out, x: ad.cos(x))
    np.testing.assert_array_equal(sine(X), np.sin(X))
    assert sine(0.3) == np.sin(0.3)


def test_several_arguments_each_with_a_derivative_a_number_or_none() -> None:
    op = custom_op(
        lambda x, y, z: x * y + 2 * x + z,
        derivative=(lambda out, x, y, z: y + 2, lambda out, x, y, z: x, None),
        name="mixed",
    )
    gx, gy, gz = grad(lambda *xs: ad.sum(op(*xs)), (0, 1, 2))(X, 2.0, X)
    np.testing.assert_array_equal(gx, np.full(3, 4.0))
    assert gy == pytest.approx(X.sum())
    np.testing.assert_array_equal(gz, np.zeros(3))
    doubled = custom_op(lambda x: 2 * x, derivative=2.0)
    np.testing.assert_array_equal(grad(lambda x: ad.sum(doubled(x)))(X), np.full(3, 2.0))
    shifted = custom_op(lambda x, y: x - y, derivative=(1, -1))
    check_grads(shifted, X, np.ones((2, 1)))


def test_broadcasting_is_summed_back() -> None:
    op = custom_op(
        lambda x, y: x * y, derivative=(lambda out, x, y: y, lambda out, x, y: x), name="times"
    )
    check_grads(op, X, np.ones((2, 1)))
    check_grads(op, 0.5, X)


def test_a_structural_operation_with_settings() -> None:
    def scatter_rows(g: Any, out: Any, x: Any, *, every: int) -> Any:
        return ad.scatter(g, slice(None, None, every), x.shape)

    thin = custom_op(lambda x, every: x[::every], vjp=scatter_rows, name="thin")
    np.testing.assert_array_equal(thin(X, every=2), X[::2])
    check_grads(lambda x: thin(x, every=2) ** 2, X)


def test_several_arguments_of_a_structural_operation() -> None:
    op = custom_op(
        lambda a, b: a @ b,
        vjp=(lambda g, out, a, b: g @ b.T, lambda g, out, a, b: a.T @ g),
        name="product",
    )
    check_grads(op, np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(3, 2), order=3)


def test_an_argument_without_rule_has_derivative_zero() -> None:
    op = custom_op(lambda x, n: x * n, vjp=(lambda g, out, x, n: g * n, None), name="times_n")
    gx, gn = grad(lambda x, n: ad.sum(op(x, n)), (0, 1))(X, 3.0)
    np.testing.assert_array_equal(gx, np.full(3, 3.0))
    assert gn == 0.0


def test_a_jvp_may_stand_beside_the_vjp() -> None:
    op = custom_op(
        np.cumsum,
        vjp=lambda g, out, x: ad.flip(ad.cumsum(ad.flip(g))),
        jvp=lambda argnum, t, out, x: ad.cumsum(t),
        name="running",
    )
    check_grads(op, X)
    np.testing.assert_array_equal(jvp(op, X, np.ones(3))[1], [1.0, 2.0, 3.0])


def test_a_rule_in_numpy_on_plain_arrays_serves_the_first_order() -> None:
    op = custom_op(np.sin, vjp=lambda g, out, x: g * np.cos(x), name="sine")
    np.testing.assert_allclose(grad(lambda x: ad.sum(op(x)))(X), np.cos(X))
    check_grads(op, X, order=2)  # and np.cos on a node gives a node, so the second too


def test_a_straight_through_estimator() -> None:
    step = custom_op(lambda x: np.where(x > 0, 1.0, 0.0), derivative=1)
    np.testing.assert_array_equal(grad(lambda x: ad.sum(step(x) * X))(X), X)


def test_hessians_go_through_it() -> None:
    cube = custom_op(lambda x: x**3, derivative=lambda out, x: 3 * x**2)
    np.testing.assert_allclose(hessian(lambda x: ad.sum(cube(x)))(X), np.diag(6 * X), rtol=1e-14)


def test_it_has_the_name_and_docstring_of_its_kernel() -> None:
    def squared(x: Any) -> Any:
        """x times x."""
        return x * x

    op = custom_op(squared, derivative=lambda out, x: 2 * x)
    assert op.__name__ == "squared"
    assert op.__doc__ == "x times x."
    assert op(Tensor(X)).op.name == "squared"
    assert custom_op(lambda x: x, derivative=1, name="mine").name == "mine"


def test_a_kernel_of_pythons_math_serves_values() -> None:
    root = custom_op(math.sqrt, derivative=lambda out, x: 0.5 / out)
    a = Value(4.0)
    root(a).backward()
    assert (root(a).data, a.grad) == (2.0, 0.25)
    assert root.name == "sqrt"


@pytest.mark.parametrize("x", [0.3, X])
@pytest.mark.parametrize(
    "rules", [{"derivative": lambda out, x: None}, {"vjp": (lambda g, out, x: None,)}]
)
def test_a_rule_without_return_raises_and_does_not_count_as_zero(rules: Any, x: Any) -> None:
    op = custom_op(np.sin, **rules)
    with pytest.raises(TypeError, match=r"sin: its derivative rule returned None \(is a `return`"):
        grad(lambda x: ad.sum(op(x)))(x)


def test_the_arguments_are_called_as_in_the_rule() -> None:
    op = custom_op(lambda *xs: math.prod(xs), derivative=(lambda out, base, height: height, None))
    assert [*inspect.signature(op).parameters] == ["base", "height"]


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"derivative": lambda out, x: x, "vjp": lambda g, out, x: g},
        {"jvp": lambda argnum, t, out, x: t},
        {"derivative": lambda out, x: x, "jvp": lambda argnum, t, out, x: t},
    ],
)
def test_either_a_derivative_or_a_vjp_is_stated(rules: Any) -> None:
    with pytest.raises(TypeError, match="custom_op 'sin': give either `derivative`"):
        custom_op(np.sin, **rules)


def test_settings_of_an_elementwise_operation_are_refused_and_not_ignored() -> None:
    op = custom_op(np.sin, derivative=lambda out, x: ad.cos(x))
    for x in (0.3, X, Value(0.3), Tensor(X)):
        with pytest.raises(TypeError, match="sin takes 1 argument and no keywords"):
            op(x, scale=2.0)
        with pytest.raises(TypeError, match="it was called with 2"):
            op(x, 2.0)
