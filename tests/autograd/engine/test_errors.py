"""Errors say in one sentence what happened, where, with which shapes, and how to fix it."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import GraphChangedError, Tensor, Value, gradients

X = Tensor(np.arange(6.0).reshape(2, 3))
Z = Tensor([1.0 + 2.0j, 3.0j])


def test_backward_on_more_than_one_number() -> None:
    with pytest.raises(ValueError, match=r"output of shape \(2, 3\) needs a direction") as caught:
        (X * 2).backward()
    for way_out in (".sum()", ".mean()", "backward(gradient=...)", "seed=...", "jacobian(f)"):
        assert way_out in str(caught.value)


def test_a_seed_of_the_wrong_shape() -> None:
    with pytest.raises(ValueError, match=r"shape \(3,\) does not fit its node of shape \(2, 3\)"):
        (X * 2).backward(np.ones(3))
    with pytest.raises(ValueError, match=r"shape \(1,\) does not fit its node of shape \(\)"):
        gradients(Value(2.0) * 3, Value(1.0), seed=np.ones(1))


def test_as_many_seeds_as_outputs() -> None:
    with pytest.raises(ValueError, match="1 seeds for 2 outputs"):
        gradients([X, X], X, seed=[np.ones((2, 3))])


@pytest.mark.parametrize(("output", "inputs"), [(3.0, X), (X, 3.0), (X, [X, "x"]), (None, X)])
def test_gradients_of_what_is_no_node(output: Any, inputs: Any) -> None:
    with pytest.raises(TypeError, match=r"not part of a graph; .*Value or Tensor"):
        gradients(output, inputs)


def test_gradients_of_a_derivative_that_is_a_plain_number() -> None:
    x = Value(2.0)
    with pytest.raises(TypeError, match=r"float is not part of a graph.*create_graph=True"):
        gradients(gradients(x**3, x), x)


@pytest.mark.parametrize(
    ("f", "shapes"),
    [
        (lambda: X + Tensor(np.ones(2)), r"add: shapes \(2, 3\) and \(2,\) do not broadcast"),
        (lambda: np.ones((4, 3)) * X, r"mul: shapes \(4, 3\) and \(2, 3\) do not broadcast"),
        (lambda: ad.maximum(X, np.ones(4)), r"\(2, 3\) and \(4,\) do not broadcast"),
        (lambda: ad.where(np.ones(5) > 0, X, 0.0), r"where: shapes \(5,\) and \(2, 3\) and \(\)"),
        (lambda: X @ X, r"matmul: shapes \(2, 3\) and \(2, 3\) do not match"),
        (lambda: X @ 2.0, r"matmul: .*a number is not a matrix; use \* to scale"),
        (lambda: ad.concatenate([X, np.ones(3)]), r"concatenate: .*\(2, 3\).*\(3,\)"),
        (lambda: ad.stack([X, np.ones(3)]), r"stack: .*\(2, 3\).*\(3,\)"),
        (lambda: X.at[0].set(np.ones(4)), r"values of shape \(4,\) cannot be broadcast"),
        (lambda: ad.inv(X), r"inv: square matrices are needed, and the shape is \(2, 3\)"),
        (lambda: ad.einsum("ij,jk", X, X), r"einsum"),
        (lambda: ad.transpose(X, (0, 0)), r"transpose: axes \(0, 0\)"),
        (lambda: ad.split(X, 2, 1), r"split: 3 entries along axis 1 .* do not make 2 equal parts"),
    ],
)
def test_shapes_that_do_not_fit_are_named_with_the_operation(f: Any, shapes: str) -> None:
    with pytest.raises(ValueError, match=shapes):
        f()


@pytest.mark.parametrize(
    "f",
    [
        lambda: X.reshape(4, 2),
        lambda: ad.broadcast_to(X, (2, 2)),
        lambda: X.sum(2),
        lambda: ad.squeeze(X, 0),
        lambda: X[5],
        lambda: X[0, 0, 0],
        lambda: ad.take(X, [7]),
    ],
)
def test_axes_sizes_and_indices_that_are_not_there(f: Any) -> None:
    with pytest.raises((ValueError, IndexError)):
        f()


def test_item_assignment_shows_the_rewrite() -> None:
    with pytest.raises(TypeError, match=r"write x = x\.at\[i\]\.set\(v\).*x\.at\[i\]\.add\(v\)"):
        X[0] = 1.0
    with pytest.raises(TypeError, match=r"x\.at\[i\]\.add"):
        X[0] += 1.0
    with pytest.raises(TypeError):
        Value(1.0)[0] = 2.0


def test_a_node_as_an_index() -> None:
    for key in (Tensor([0.0]), Value(1.0), (Value(0.0), 1)):
        with pytest.raises(
            TypeError, match=r"index must consist of plain .*numpy\(\)\.astype\(int\)"
        ):
            X[key]


def test_a_node_put_into_a_plain_array() -> None:
    with pytest.raises(
        TypeError, match=r"cut it out of the graph\. .*autograd\.array\(\[\.\.\.\]\)"
    ):
        np.array([Value(1.0), 2.0])
    with pytest.raises(TypeError, match=r"\.numpy\(\) or \.item\(\)"):
        Tensor([X, X])


def test_integers_are_made_floats_and_other_types_refused() -> None:
    assert Value(3).data == 3.0
    assert Tensor([1, 2]).dtype == np.float64
    with pytest.raises(TypeError, match=r"dtype=<class 'int'>\): .*floating-point"):
        Tensor([1, 2], dtype=int)
    with pytest.raises(TypeError, match="numbers, and this is an array of <U1: "):
        Tensor(["a", "b"])
    with pytest.raises(TypeError, match="array of object"):
        Tensor([None])


@pytest.mark.parametrize(
    "f",
    [
        lambda: Value(1j),
        lambda: Value(np.complex64(1j)),
        lambda: Tensor([1j], dtype=float),
        lambda: Z < 1.0,
        lambda: X >= 1j,
        lambda: ad.relu(Z),
        lambda: ad.clip(Z, 0.0, 1.0),
        lambda: ad.erf(Z),
        lambda: float(Z[0]),
        lambda: ad.grad(lambda z: z)(1j),
        lambda: ad.grad(lambda x: x * 1j)(1.0),
        lambda: ad.elementwise_grad(lambda x: x * 1j)(1.0),
        lambda: (Z[0] * 2.0).backward(),
        lambda: ad.gradients(X.sum(), X, seed=1j),
        lambda: ad.jvp(ad.exp, 1.0, 1j),
        lambda: ad.jacobian(ad.conj)(np.array([1j])),
        lambda: ad.holomorphic_grad(ad.conj)(1j),
    ],
)
def test_complex_numbers_are_refused_where_they_have_no_meaning(f: Any) -> None:
    with pytest.raises(TypeError, match=r"complex|arguments must be real|holomorphic"):
        f()


def test_a_function_without_a_rule_is_named_with_what_to_write() -> None:
    with pytest.raises(
        TypeError, match=r"np\.histogram has no derivative rule .*numpy\.histogram.*custom_op"
    ):
        np.histogram(X)


def test_a_changed_graph_is_noticed_at_second_order() -> None:
    x = Tensor([1.0, 2.0], "weights")
    out = (x**3).sum()
    x.data[0] = 5.0
    with pytest.raises(
        GraphChangedError, match=r"Tensor\(.*'weights'\) was given new data after"
    ) as e:
        gradients(out, x, create_graph=True)
    assert "operation 'pow'" in str(e.value)
    assert "create_graph=True" in str(e.value)
    assert "compute the output again first" in str(e.value)
    np.testing.assert_array_equal(gradients(out, x), [3.0, 12.0])


def test_a_graph_of_values_changed_under_way_is_noticed_too() -> None:
    a = Value(2.0, "a")
    out = a**3
    a.data = 5.0
    with pytest.raises(GraphChangedError, match=r"label='a'\) was given new data after .* 'pow'"):
        gradients(out, a, create_graph=True)
    assert gradients(out, a) == 12.0
    out.backward()
    assert a.grad == 12.0


def test_data_that_is_given_back_is_no_change() -> None:
    x = Tensor([1.0, 2.0])
    out = (x**3).sum()
    saved = x.data.copy()
    x.data = [9.0, 9.0]
    x.data = saved
    np.testing.assert_array_equal(gradients(out, x, create_graph=True).data, [3.0, 12.0])


def test_a_change_elsewhere_is_no_change_here() -> None:
    x, y = Tensor([1.0]), Tensor([2.0])
    left, right = (x**2).sum(), (y**2).sum()
    y.data = [7.0]
    assert gradients(left, x, create_graph=True).item() == 2.0
    assert right.item() == 4.0


def test_an_operation_cannot_be_pickled_nor_a_graph() -> None:
    with pytest.raises(TypeError, match="operation 'sin' cannot be pickled"):
        pickle.dumps(ad.sin)
    with pytest.raises(ValueError, match=r"result of 'mul'.*detach"):
        pickle.dumps(X * 2)


def test_arguments_of_other_kinds_are_refused_by_python() -> None:
    for bad in (None, "text", object()):
        with pytest.raises(TypeError):
            X * bad
        with pytest.raises(TypeError):
            bad + Value(1.0)


def test_generator_is_no_array_and_python_s_own_sum_is_named() -> None:
    with pytest.raises(TypeError, match=r"generator is not an array: .*Python's sum"):
        ad.sum(Value(k) for k in range(3))
