"""HIPS autograd's tools: flattening, optimisers, fixed points, checks, builtins."""

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
    GradientError,
    Tensor,
    Value,
    grad,
    jacobian,
    primitive,
)
from autograd.builtins import DictBox
from autograd.builtins import dict as dict_of
from autograd.builtins import isinstance as isinstance_of
from autograd.builtins import list as list_of
from autograd.builtins import tuple as tuple_of
from autograd.builtins import type as type_of
from autograd.extend import (
    Box,
    defvjp,
)
from autograd.misc import flatten
from autograd.misc.fixed_points import fixed_point
from autograd.misc.flatten import flatten_func
from autograd.misc.optimizers import adam, rmsprop, sgd, unflatten_optimizer
from autograd.numpy.numpy_boxes import ArrayBox
from autograd.test_util import check_equivalent, check_grads, check_jvp, check_vjp, combo_check
from autograd.tracer import isbox

X = numpy.array([0.3, -1.2, 0.8])
V = numpy.array([1.1, 0.2, -0.7])
M = numpy.array([[1.0, 0.5, -0.3], [0.2, -1.4, 0.9]])


def test_builtins_look_through_nodes() -> None:
    x, a = Tensor(X), Value(1.0)
    assert isinstance_of(x, numpy.ndarray)
    assert isinstance_of(a, float)
    assert isinstance_of((a, x), tuple_of)
    assert isinstance_of({"a": a}, DictBox)
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


def test_a_check_says_what_it_has_checked() -> None:
    double = primitive(lambda x: 2.0 * x)
    defvjp(double, lambda ans, x: lambda g: 2.001 * g)
    with pytest.raises(GradientError, match=r"Derivative \(VJP\) check of <lambda> failed"):
        check_grads(double, modes=["rev"])(1.0)
