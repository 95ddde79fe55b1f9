"""What an optimiser does to a parameter's data never reaches a graph that has read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import GraphChangedError, Tensor, Value, gradients

P = np.array([1.0, 2.0, 3.0])
NEW = np.array([10.0, 20.0, 30.0])


def minus(p: Tensor) -> None:
    p.data -= P - NEW


def times(p: Tensor) -> None:
    p.data *= 10.0


def all_entries(p: Tensor) -> None:
    p.data[...] = NEW


def one_by_one(p: Tensor) -> None:
    for i in range(3):
        p.data[i] = NEW[i]


def part(p: Tensor) -> None:
    p.data[:2] += NEW[:2] - P[:2]
    p.data[2] = NEW[2]


def rebind(p: Tensor) -> None:
    p.data = NEW


def rebind_itself(p: Tensor) -> None:
    data = p.data
    data += NEW - P
    p.data = data


def out_argument(p: Tensor) -> None:
    np.add(p.data, NEW - P, out=p.data)


def copyto(p: Tensor) -> None:
    np.copyto(p.data, NEW)


def through_a_view(p: Tensor) -> None:
    p.data.reshape(3, 1)[:, 0] = NEW


UPDATES = [
    minus,
    times,
    all_entries,
    one_by_one,
    part,
    rebind,
    rebind_itself,
    out_argument,
    copyto,
    through_a_view,
]


@pytest.mark.parametrize("update", UPDATES, ids=lambda f: f.__name__)
def test_an_update_after_recording_leaves_the_graph_as_it_was(update: Callable[..., None]) -> None:
    p = Tensor(P)
    out = (p**3).sum()
    update(p)
    np.testing.assert_array_equal(p.data, NEW)
    np.testing.assert_allclose(gradients(out, p), 3 * P**2)
    out.backward()
    np.testing.assert_allclose(p.grad, 3 * P**2)
    assert out.item() == np.sum(P**3)


@pytest.mark.parametrize("update", UPDATES, ids=lambda f: f.__name__)
def test_what_is_computed_after_an_update_uses_the_new_numbers(update: Callable[..., None]) -> None:
    p = Tensor(P)
    old = (p**3).sum()
    update(p)
    new = (p**3).sum()
    assert new.item() == np.sum(NEW**3)
    np.testing.assert_allclose(gradients(new, p), 3 * NEW**2)
    np.testing.assert_allclose(gradients(old, p), 3 * P**2)


@pytest.mark.parametrize("update", UPDATES, ids=lambda f: f.__name__)
def test_a_derivative_of_a_derivative_notices_the_update(update: Callable[..., None]) -> None:
    p = Tensor(P)
    out = (p**3).sum()
    update(p)
    with pytest.raises(GraphChangedError):
        gradients(out, p, create_graph=True)


def test_an_alias_from_before_recording_cannot_be_written_to_any_more() -> None:
    p = Tensor(P)
    alias = p.data
    alias[0] = 5.0
    out = (p**3).sum()
    with pytest.raises(ValueError, match="read-only"):
        alias[0] = 7.0
    np.testing.assert_allclose(gradients(out, p), [75.0, 12.0, 27.0])


def test_an_alias_from_after_recording_is_the_tensors_own_until_the_next() -> None:
    p = Tensor(P)
    first = (p**3).sum()
    alias = p.data
    alias[:] = NEW
    np.testing.assert_array_equal(p.data, NEW)
    second = (p**3).sum()
    with pytest.raises(ValueError, match="read-only"):
        alias[0] = 7.0
    np.testing.assert_allclose(gradients(first, p), 3 * P**2)
    np.testing.assert_allclose(gradients(second, p), 3 * NEW**2)


def test_steps_of_descent_with_all_graphs_kept() -> None:
    p = Tensor(P)
    kept = []
    for _ in range(5):
        loss = (p**2).sum()
        kept.append((loss, p.data.copy()))
        loss.backward()
        p.data -= 0.1 * p.grad
        p.grad = None
    np.testing.assert_allclose(p.data, P * 0.8**5)
    for loss, then in kept:
        np.testing.assert_allclose(gradients(loss, p), 2 * then)


def test_a_value_given_new_data_leaves_the_graph_as_it_was() -> None:
    a, b = Value(2.0), Value(3.0)
    out = a * b + a**2
    a.data = 100.0
    b.data -= 50.0
    assert gradients(out, [a, b]) == [7.0, 2.0]
    out.backward()
    assert (a.grad, b.grad) == (7.0, 2.0)
    assert (a * b).data == -4700.0


def test_results_cannot_be_written_to() -> None:
    p = Tensor(P)
    y = p * 2
    with pytest.raises(ValueError, match="read-only"):
        y.data[0] = 5.0
    with pytest.raises(ValueError, match="read-only"):
        y.numpy()[0] = 5.0
    with pytest.raises(ValueError, match="read-only"):
        p[:2].data[0] = 5.0


def test_views_of_a_leaf_do_not_follow_its_updates() -> None:
    p = Tensor(P)
    views = [p.reshape(3, 1), p[:], p.T, ad.broadcast_to(p, (2, 3)), ad.identity(p)]
    p.data[...] = NEW
    for view in views:
        np.testing.assert_array_equal(np.unique(view.data), P)


def test_views_made_without_recording_do_not_follow_either() -> None:
    p = Tensor(P)
    with ad.no_grad():
        views = [p.reshape(3, 1), p[:], p.T, ad.broadcast_to(p, (2, 3)), ad.identity(p)]
    p.data[...] = NEW
    for view in views:
        np.testing.assert_array_equal(np.unique(view.data), P)


def test_a_gradient_that_is_written_to_does_not_reach_the_graph() -> None:
    p, q = Tensor(P), Tensor(NEW)
    out = (p * q).sum()
    out.backward()
    p.grad *= 100.0
    q.grad[...] = 0.0
    np.testing.assert_array_equal(gradients(out, p), NEW)
    np.testing.assert_array_equal(gradients(out, q), P)


def test_arguments_of_transforms_are_copied() -> None:
    x = P.copy()
    out, pullback = ad.vjp(lambda x: x**3, x)
    x[...] = NEW
    out[...] = 0.0
    np.testing.assert_allclose(pullback(np.ones(3))[0], 3 * P**2)


def test_what_a_pullback_gives_may_be_written_to() -> None:
    _, pullback = ad.vjp(lambda x: x * 2.0, P)
    first = pullback(np.ones(3))[0]
    first[...] = 7.0
    np.testing.assert_array_equal(pullback(np.ones(3))[0], [2.0, 2.0, 2.0])


def test_a_view_from_before_recording_does_not_reach_the_graph() -> None:
    p = Tensor(P)
    view: Any = p.data[:]
    out = (p**3).sum()
    view[0] = 7.0
    np.testing.assert_allclose(gradients(out, p), 3 * P**2)
