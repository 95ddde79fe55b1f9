"""What HIPS autograd takes besides lists and plain numbers: iterables, and nodes for integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest

import autograd.numpy as np
from autograd import Tensor, grad, hessian, jit, vmap

JOIN: dict[str, Callable[[Any], Any]] = {
    name: getattr(np, name)
    for name in ("concatenate", "stack", "vstack", "hstack", "dstack", "column_stack")
}
X = numpy.array([1.0, 2.0])
W = numpy.array([[1.0, 2.0, 0.5], [0.0, 3.0, 1.5]])


@pytest.mark.parametrize("name", JOIN)
def test_arrays_to_join_come_in_any_iterable(name: str) -> None:
    join = JOIN[name]
    expected = getattr(numpy, name)([X, 2 * X])
    for make in (
        lambda x: (x * k for k in (1.0, 2.0)),
        lambda x: map(x.__mul__, (1.0, 2.0)),
        lambda x: {"a": x, "b": 2.0 * x}.values(),
        lambda x: (x, 2 * x),
    ):
        numpy.testing.assert_array_equal(join(make(X)), expected)
        numpy.testing.assert_array_equal(join(make(Tensor(X))).data, expected)
        for gradient in (grad(lambda x, make=make: (join(make(x)) ** 2).sum()),):
            numpy.testing.assert_array_equal(gradient(X), 10 * X)
            numpy.testing.assert_array_equal(jit(gradient)(X), 10 * X)


def test_a_node_becomes_integers_by_their_type() -> None:
    def f(W: Any) -> Any:
        return (W[np.int64(W[:, 0])] * W[np.int32(W[:, 1]) - 2]).sum()

    expected = grad(lambda W: (W[[1, 0]] * W[[0, 1]]).sum())(W)
    for ours in (grad(f), jit(grad(f))):
        numpy.testing.assert_array_equal(ours(W), expected)
    numpy.testing.assert_array_equal(vmap(grad(f))(numpy.stack([W, W]))[1], expected)


def test_types_of_integers_are_numpys() -> None:
    for name in ("int8", "int16", "int32", "int64", "int_", "intp"):
        ours, theirs = getattr(np, name), getattr(numpy, name)
        assert ours == theirs
        assert {theirs: 1}[ours]
        assert numpy.zeros(1, ours).dtype == ours
        assert numpy.dtype(ours) == theirs
        assert isinstance(theirs(3), ours)
        assert type(ours(3.7)) is theirs
        assert ours("7") == 7
        assert issubclass(theirs, ours)
        assert numpy.issubdtype(ours, numpy.integer)
        assert not isinstance(numpy.uint8(3), ours)
    assert np.float64 is numpy.float64


@pytest.mark.parametrize("kind", [list, tuple])
def test_lists_beside_an_operator_are_arrays_at_any_order(kind: Any) -> None:
    numbers = numpy.array([2.0, 4.0])
    for f in (
        lambda x, y: np.sum(x**3 / y),
        lambda x, y: np.sum(y * x**3 - y),
        lambda x, y: np.sum(np.power(x, y)),
    ):
        expected = hessian(f)(X, numbers)
        numpy.testing.assert_array_equal(hessian(f)(X, kind(numbers)), expected)
    assert grad(grad(lambda x: np.sum(x**3 / kind([2.0, 4.0]))))(3.0) == 13.5


def test_where_takes_its_arguments_by_name() -> None:
    numpy.testing.assert_array_equal(np.where(condition=[True, False], x=1.0, y=2.0), [1.0, 2.0])
    numpy.testing.assert_array_equal(np.where([0, 3]), numpy.where([0, 3]))
    gradient = grad(lambda x: np.where(condition=X > 1, x=x, y=-3 * x).sum())(X)
    numpy.testing.assert_array_equal(gradient, [-3.0, 1.0])


def test_where_of_numbers_of_python_gives_one_of_them() -> None:
    assert type(np.where(True, 1, 2)) is int
    assert type(np.where(condition=False, x=1, y=2.0)) is float
    assert type(np.where(numpy.bool_(True), 1.0, 2.0)) is numpy.ndarray
    assert type(np.where([True], 1.0, 2.0)) is numpy.ndarray


@pytest.mark.parametrize(
    "call",
    [
        lambda np, x: np.copy(x, order="F", subok=True),
        lambda np, x: np.array(x, order="F", subok=True, ndmin=2),
        lambda np, x: np.asarray(x, order="C", copy=None),
        lambda np, x: np.full((2, 2), x[0], order="F"),
        lambda np, x: np.linspace(x[0], x[1], 3, device=None),
        lambda np, x: np.partition(x, 1, kind="introselect"),
        lambda np, x: np.quantile(x, 0.3, overwrite_input=False, out=None),
        lambda np, x: np.nansum(x, out=None),
        lambda np, x: np.concatenate(np.atleast_1d(x, x[0], 2.0)),
        lambda np, x: np.concatenate(np.atleast_2d(x, x + 1.0)),
    ],
)
def test_settings_that_make_no_difference_are_taken(call: Any) -> None:
    numpy.testing.assert_allclose(call(np, Tensor(X)).data, call(numpy, X), rtol=1e-14)


PLACES: dict[str, Callable[[Any, Any], Any]] = {
    "nanargmax": lambda np, w: np.nanargmax(w, axis=1),
    "nanargmin": lambda np, w: np.nanargmin(w),
    "lexsort": lambda np, w: np.lexsort((w[0], w[1])),
    "unravel_index": lambda np, w: np.unravel_index(np.argmax(w), w.shape),
    "unravel_index of several": lambda np, w: np.unravel_index(np.argsort(w[0]), (3,)),
    "ravel_multi_index": lambda np, w: np.ravel_multi_index((np.argmax(w, 1) % 2, [1, 2]), (2, 3)),
    "argpartition": lambda np, w: np.argpartition(w, 1),
    "searchsorted": lambda np, w: np.searchsorted(w[0], w[1], side="right"),
    "digitize": lambda np, w: np.digitize(w[1], w[0] * 0 + [0.0, 1.0, 2.0], True),
    "isreal": lambda np, w: np.isreal(w),
    "triu_indices_from": lambda np, w: np.triu_indices_from(w),
    "spacing": lambda np, w: np.spacing(w),
}


@pytest.mark.parametrize("name", PLACES)
def test_places_are_found_anew_in_compiled_and_batched_programs(name: str) -> None:
    f = PLACES[name]
    rows = [W, W[::-1].copy()]
    compiled = jit(lambda w: f(np, w))
    batched = vmap(lambda w: f(np, w))(numpy.stack(rows))
    for number, row in enumerate(rows):
        expected = f(numpy, row)
        for found in (f(np, Tensor(row)), compiled(row)):
            numpy.testing.assert_array_equal(found, expected, strict=not isinstance(found, tuple))
        parts = batched if isinstance(batched, tuple) else (batched,)
        own = [part[number] for part in parts]
        numpy.testing.assert_array_equal(own if isinstance(batched, tuple) else own[0], expected)
