"""The names of HIPS autograd beside its NumPy: operators, primitives, tools."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import autograd.numpy as np
from autograd import (
    Tensor,
    Value,
    checkpoint,
    deriv,
    elementwise_grad,
    grad,
    grad_and_aux,
    grad_named,
    hessian,
    hessian_tensor_product,
    hessian_vector_product,
    holomorphic_grad,
    jacobian,
    make_ggnvp,
    make_hvp,
    make_jvp,
    make_vjp,
    multigrad_dict,
    primitive,
    tensor_jacobian_product,
    value_and_grad,
    vector_jacobian_product,
)
from autograd.builtins import dict as dict_of
from autograd.builtins import isinstance as isinstance_of
from autograd.builtins import list as list_of
from autograd.builtins import tuple as tuple_of
from autograd.builtins import type as type_of
from autograd.check import GradientError
from autograd.differential_operators import make_jvp_reversemode
from autograd.extend import (
    Box,
    def_linear,
    defjvp,
    defjvp_argnum,
    defjvp_argnums,
    defvjp,
    defvjp_argnum,
    defvjp_argnums,
    notrace_primitive,
)
from autograd.misc import flatten
from autograd.misc.fixed_points import fixed_point
from autograd.misc.flatten import flatten_func
from autograd.misc.optimizers import adam, rmsprop, sgd, unflatten_optimizer
from autograd.numpy.numpy_boxes import ArrayBox
from autograd.test_util import check_equivalent, check_grads, check_jvp, check_vjp, combo_check
from autograd.tracer import getval, isbox

X = numpy.array([0.3, -1.2, 0.8])
V = numpy.array([1.1, 0.2, -0.7])
M = numpy.array([[1.0, 0.5, -0.3], [0.2, -1.4, 0.9]])


def energy(x: Any) -> Any:
    return np.sum(np.sin(x) * x**2) + x[0] * x[1]


def layer(x: Any) -> Any:
    return np.tanh(np.dot(M, x))


# --------------------------------------------------------------------------------------------------
# Operators


def two(a: Any, b: Any) -> Any:
    return np.sum(a * b**2)


@pytest.mark.parametrize("operator", [grad, value_and_grad, elementwise_grad, jacobian, hessian])
def test_argnum_is_taken_by_name_as_by_place(operator: Any) -> None:
    by_name, by_place = operator(two, argnum=1)(X, V), operator(two, 1)(X, V)
    check_equivalent(by_name, by_place)
    assert not numpy.array_equal(operator(two)(X, V), by_place)


def test_argnum_may_be_a_tuple() -> None:
    by_a, by_b = grad(two, argnum=(0, 1))(X, V)
    numpy.testing.assert_allclose(by_a, V**2)
    numpy.testing.assert_allclose(by_b, 2 * X * V)


def test_products_with_a_hessian_agree() -> None:
    expected = hessian(energy)(X) @ V
    product, gradient = make_hvp(energy)(X)
    numpy.testing.assert_allclose(product(V), expected)
    numpy.testing.assert_allclose(gradient, grad(energy)(X))
    numpy.testing.assert_allclose(hessian_vector_product(energy)(X, V), expected)
    numpy.testing.assert_allclose(hessian_tensor_product(two, 1)(X, V, X), 2 * X * X)
    assert hessian_vector_product is hessian_tensor_product


def test_products_with_a_jacobian_agree() -> None:
    j, u = jacobian(layer)(X), numpy.array([0.4, -2.0])
    pullback, value = make_vjp(layer)(X)
    numpy.testing.assert_allclose(pullback(u), u @ j)
    numpy.testing.assert_allclose(pullback(2 * u), 2 * u @ j)
    numpy.testing.assert_allclose(value, layer(X))
    numpy.testing.assert_allclose(vector_jacobian_product(layer)(X, u), u @ j)
    value, tangent = make_jvp(layer)(X)(V)
    numpy.testing.assert_allclose(tangent, j @ V)
    numpy.testing.assert_allclose(value, layer(X))
    numpy.testing.assert_allclose(make_jvp_reversemode(layer)(X)(V), j @ V)


def test_a_tensor_jacobian_product_contracts_as_many_axes_as_the_tensor_has() -> None:
    def outer(x: Any) -> Any:
        return np.outer(layer(x), x)

    u = numpy.array([0.4, -2.0])
    expected = numpy.tensordot(u, jacobian(outer)(X), 1)
    numpy.testing.assert_allclose(tensor_jacobian_product(outer)(X, u), expected)
    assert expected.shape == (3, 3)


def test_a_gauss_newton_product_is_that_of_jacobian_and_curvature() -> None:
    def loss(z: Any) -> Any:
        return np.sum(np.exp(z))

    j = jacobian(layer)(X)
    curvature = numpy.diag(numpy.exp(layer(X)))
    numpy.testing.assert_allclose(make_ggnvp(layer, loss)(X)(V), j.T @ curvature @ j @ V)
    numpy.testing.assert_allclose(make_ggnvp(layer)(X)(V), j.T @ j @ V)


def test_operators_take_nested_arguments_and_nest() -> None:
    def loss(p: Any) -> Any:
        return np.sum(p["w"] ** 2) * p["b"]

    pullback, value = make_vjp(loss)({"w": X, "b": 2.0})
    check_equivalent(pullback(1.0), {"w": 4 * X, "b": np.sum(X**2)})
    assert value == pytest.approx(2 * np.sum(X**2))
    curvature = grad(lambda x: np.sum(make_vjp(energy)(x)[0](1.0) ** 2))(X)
    numpy.testing.assert_allclose(curvature, 2 * hessian(energy)(X) @ grad(energy)(X))


def test_deriv_is_the_whole_derivative_of_a_curve() -> None:
    curve = deriv(lambda t: np.array([np.cos(t), np.sin(t)]))
    numpy.testing.assert_allclose(curve(0.3), [-numpy.sin(0.3), numpy.cos(0.3)])
    numpy.testing.assert_allclose(deriv(curve)(0.3), [-numpy.cos(0.3), -numpy.sin(0.3)])
    assert deriv(lambda a, b: a * b, 1)(2.0, 5.0) == 2.0


def test_gradients_by_name_and_beside_other_results() -> None:
    gradients = multigrad_dict(lambda a, b, *, c=3.0: np.sum(a * b) * c)(X, V)
    check_equivalent(gradients, {"a": 3 * V, "b": 3 * X, "c": np.sum(X * V)})
    check_equivalent(grad_named(two, "b")(X, V), 2 * X * V)
    check_equivalent(grad_and_aux(lambda x: (energy(x), x[0]))(X), (grad(energy)(X), X[0]))
    check_equivalent(grad(checkpoint(energy))(X), grad(energy)(X))


def test_complex_numbers_are_refused() -> None:
    with pytest.raises(TypeError, match="holomorphic_grad: complex numbers are not supported"):
        holomorphic_grad(np.exp)


# --------------------------------------------------------------------------------------------------
# Primitives


def make_product() -> Any:
    @primitive
    def product(x: Any, y: Any, power: float = 1.0) -> Any:
        """x y, to a power."""
        return (x * y) ** power

    return product


def test_a_primitive_has_the_derivatives_stated_for_it_to_any_order() -> None:
    product = make_product()
    defvjp(
        product,
        lambda ans, x, y, power=1.0: lambda g: g * power * ans / x,
        lambda ans, x, y, power=1.0: lambda g: g * power * ans / y,
    )
    assert product.__name__ == "product"
    assert product.__doc__ == "x y, to a power."
    assert type(product(2.0, 3.0)) is float
    check_grads(lambda x, y: product(x, y, power=1.5), (0, 1), order=3)(abs(X), abs(V))


def test_forward_mode_takes_the_rules_stated_for_it() -> None:
    product = make_product()
    tangents: list[Any] = []

    def by_x(t: Any, ans: Any, x: Any, y: Any) -> Any:
        tangents.append(t)
        return t * y

    defjvp(product, by_x, lambda t, ans, x, y: t * x)
    numpy.testing.assert_allclose(make_jvp(product)(X, V)(X)[1], X * V)
    assert len(tangents) == 1
    with pytest.raises(NotImplementedError, match="VJP of product by argument 0 is not defined"):
        grad(lambda x: np.sum(product(x, V)))(X)


def test_rules_are_stated_for_all_arguments_by_one_function() -> None:
    by_number, by_numbers, linear = make_product(), make_product(), make_product()
    defvjp_argnum(by_number, lambda n, ans, args, kwargs: lambda g: g * args[1 - n])
    defvjp_argnums(
        by_numbers, lambda ns, ans, args, kwargs: lambda g: [g * args[1 - n] for n in ns]
    )
    defjvp_argnum(by_number, lambda n, t, ans, args, kwargs: t * args[1 - n])
    defjvp_argnums(
        by_numbers,
        lambda ns, ts, ans, args, kwargs: sum(t * args[1 - n] for n, t in zip(ns, ts, strict=True)),
    )
    def_linear(linear)
    defvjp(linear, lambda ans, x, y: lambda g: g * y, lambda ans, x, y: lambda g: g * x)
    same = make_product()
    defjvp(same, "same", None, argnums=(0, 1))
    defvjp(same, lambda ans, x, y: lambda g: g * y, None)
    for product in (by_number, by_numbers, linear):
        check_grads(product, (0, 1))(X, V)
    check_grads(same)(X, V)
    numpy.testing.assert_array_equal(grad(lambda y: np.sum(same(X, y)))(V), 0.0)


def test_primitives_say_what_they_cannot_do() -> None:
    product = make_product()
    defvjp(product, lambda ans, x, y: lambda g: g * x, argnums=[1])
    with pytest.raises(NotImplementedError, match="VJP of product by argument 0 is not defined"):
        grad(product)(2.0, 3.0)
    assert grad(product, 1)(2.0, 3.0) == 2.0
    with pytest.raises(TypeError, match=r"power is differentiated.*pass it by position"):
        grad(lambda p: product(2.0, 3.0, power=p))(2.0)
    with pytest.raises(TypeError, match="'pair' gave a tuple"):
        primitive(pair)(Value(2.0))
    with pytest.raises(TypeError, match=r"autograd\.extend\.primitive"):
        defvjp(np.sin, lambda ans, x: lambda g: g)


def pair(x: Any) -> Any:
    return x, x


def test_a_primitive_may_give_whole_numbers() -> None:
    count = primitive(lambda x: int(numpy.sum(x > 0)))
    defvjp(count, None)
    numpy.testing.assert_array_equal(grad(count)(X), 0.0)


def test_what_is_not_traced_gets_plain_data() -> None:
    seen: list[Any] = []
    look = notrace_primitive(seen.append)
    grad(lambda x: (look(x), x * getval(x))[1])(3.0)
    assert seen == [3.0]
    assert grad(lambda x: x * getval(x) * x._value)(3.0) == 9.0


# --------------------------------------------------------------------------------------------------
# Tools


def test_builtins_look_through_nodes() -> None:
    x, a = Tensor(X), Value(1.0)
    assert isinstance_of(x, numpy.ndarray)
    assert isinstance_of(a, float)
    assert isinstance_of((a, x), tuple_of)
    assert type_of(x) is numpy.ndarray
    assert isbox(x)
    assert isinstance(x, ArrayBox)
    assert isinstance(x, Box)
    assert not isbox(X)
    pair = grad(lambda p: p["a"] * list_of(tuple_of([p["a"], 1.0]))[0])(dict_of(a=3.0))
    assert pair == {"a": 6.0}


Pair = namedtuple("Pair", "left right")
NESTED = st.recursive(
    st.floats(-9, 9)
    | arrays(float, st.sampled_from([(), (2,), (2, 3)]), elements=st.floats(-9, 9)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.builds(Pair, inner, inner)
        | st.dictionaries(st.sampled_from("abc"), inner)
    ),
    max_leaves=5,
)


@given(NESTED)
def test_flatten_is_undone_by_its_second_result(nested: Any) -> None:
    row, unflatten = flatten(nested)
    assert row.ndim == 1
    check_equivalent(unflatten(row), nested)
    if isinstance(nested, list | tuple | dict):
        assert type(unflatten(row)) is type(nested)


def test_flatten_is_differentiable_both_ways() -> None:
    nested = {"w": M, "b": (X, 2.0)}
    row, unflatten = flatten(nested)

    def loss(nested: Any) -> Any:
        return np.sum(nested["w"] @ nested["b"][0]) * nested["b"][1]

    check_equivalent(unflatten(grad(lambda r: loss(unflatten(r)))(row)), grad(loss)(nested))
    check_equivalent(grad(lambda n: np.sum(flatten(n)[0] ** 2))(nested), unflatten(2 * row))
    f, _, start = flatten_func(lambda n: {"b": n["w"]}, nested)
    numpy.testing.assert_array_equal(f(start), M.ravel())


def test_optimisers_follow_their_formulas() -> None:
    def slope(x: Any, i: int) -> Any:
        return numpy.array([2.0, -1.0]) * (i + 1) * x

    x = numpy.array([1.0, 2.0])
    settings = {"num_iters": 3, "step_size": 0.1}

    v, expected = numpy.zeros(2), x
    for i in range(3):
        v = 0.9 * v - 0.1 * slope(expected, i)
        expected = expected + 0.1 * v
    numpy.testing.assert_allclose(sgd(slope, x, **settings), expected)

    s, expected = numpy.ones(2), x
    for i in range(3):
        g = slope(expected, i)
        s = 0.9 * s + 0.1 * g**2
        expected = expected - 0.1 * g / (numpy.sqrt(s) + 1e-8)
    numpy.testing.assert_allclose(rmsprop(slope, x, **settings), expected)

    m, s, expected = numpy.zeros(2), numpy.zeros(2), x
    for i in range(3):
        g = slope(expected, i)
        m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
        step = (m / (1 - 0.9 ** (i + 1))) / (numpy.sqrt(s / (1 - 0.999 ** (i + 1))) + 1e-8)
        expected = expected - 0.1 * step
    numpy.testing.assert_allclose(adam(slope, x, **settings), expected)


@pytest.mark.parametrize("optimizer", [sgd, rmsprop, adam])
def test_optimisers_take_nested_parameters_and_report_each_step(optimizer: Any) -> None:
    start = {"w": M, "b": [2.0]}
    calls: list[Any] = []

    def loss(p: Any, i: int) -> Any:
        return np.sum((p["w"] - 1) ** 2) + p["b"][0] ** 2

    end = optimizer(grad(loss), start, lambda *args: calls.append(args), 100, 0.05)
    assert loss(end, 0) < 0.2 * loss(start, 0)
    check_equivalent(calls[0][0], start)
    check_equivalent(calls[0][2], grad(loss)(start, 0))
    assert [call[1] for call in calls] == list(range(100))


def test_an_optimiser_of_ones_own_takes_nested_parameters() -> None:
    @unflatten_optimizer
    def descend(grad: Any, x: Any, callback: Any, steps: int) -> Any:
        for i in range(steps):
            x = x - 0.5 * grad(x, i)
        return x

    end = descend(lambda x, i: {"a": x["a"]}, {"a": np.ones(2)}, steps=3)
    check_equivalent(end, {"a": np.ones(2) / 8})


def test_an_optimisation_can_be_differentiated() -> None:
    def end(rate: Any) -> Any:
        return sgd(lambda x, i: 2 * x, np.array([1.0]), num_iters=5, step_size=rate)[0]

    check_grads(end)(0.1)


def test_a_fixed_point_has_derivatives_to_any_order() -> None:
    def distance(x: Any, y: Any) -> Any:
        return np.max(np.abs(x - y))

    def iterate(p: Any) -> Any:
        return lambda x: np.tanh(np.dot(p["w"], x)) + p["b"]

    w = numpy.array([[0.2, -0.3], [0.1, 0.4]])
    p = {"w": w, "b": numpy.array([0.5, -0.2])}

    def through_point(p: Any) -> Any:
        return fixed_point(iterate, p, np.zeros(2), distance, 1e-14)

    def through_steps(p: Any) -> Any:
        x = np.zeros(2)
        for _ in range(60):
            x = iterate(p)(x)
        return x

    check_equivalent(through_point(p), through_steps(p))
    check_equivalent(jacobian(through_point)(p), jacobian(through_steps)(p))
    check_grads(lambda p: np.sum(through_point(p) ** 2), order=3)(p)


def test_checks_accept_the_right_and_find_the_wrong() -> None:
    wrong = primitive(lambda x: x * x)
    defvjp(wrong, lambda ans, x: lambda g: 2.01 * g * x)
    with pytest.raises(GradientError):
        check_grads(wrong, modes=["rev"], order=1)(3.0)
    with pytest.raises(GradientError):
        check_vjp(wrong, 3.0)
    with pytest.raises(GradientError):
        check_jvp(wrong, 3.0)
    with pytest.raises(GradientError):
        combo_check(wrong)([0.0, 3.0])
    with pytest.raises(ValueError, match="modes are 'fwd' and 'rev'"):
        check_grads(wrong, modes=["both"])(3.0)
    with pytest.raises(AssertionError):
        check_equivalent([1.0, 2.0], [1.0])
    combo_check(np.sum, modes=["rev"])([M, X], axis=[None, 0])
