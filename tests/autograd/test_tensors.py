"""`Tensor`: an array with NumPy's manners, and what it refuses."""

from __future__ import annotations

import operator
import pickle
from copy import copy
from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import Tensor, Value

A = np.array([[0.5, -1.5, 2.0], [1.0, 0.25, -0.5]])


@pytest.mark.parametrize(
    "f",
    [operator.add, operator.sub, operator.mul, operator.truediv, operator.mod, operator.floordiv],
)
@pytest.mark.parametrize(
    "other", [2, 2.5, np.float64(2.5), A + 3, Tensor(A + 3), Value(2.5), [1, 2, 3]]
)
def test_arithmetic_with_anything_on_either_side_is_that_of_numpy(f: Any, other: Any) -> None:
    x = Tensor(A + 5)
    plain = np.asarray(other.data if isinstance(other, Tensor | Value) else other)
    for result, expected in ((f(x, other), f(A + 5, plain)), (f(other, x), f(plain, A + 5))):
        assert type(result) is Tensor
        np.testing.assert_array_equal(result.data, expected)


def test_the_matrix_product_takes_arrays_on_either_side() -> None:
    x = Tensor(A)
    np.testing.assert_array_equal((x @ A.T).data, A @ A.T)
    np.testing.assert_array_equal((A.T @ x).data, A.T @ A)
    np.testing.assert_array_equal((x @ Tensor(A.T)).data, A @ A.T)


def test_an_array_changed_in_place_by_a_node_is_refused_or_becomes_a_node() -> None:
    a = np.ones(3)
    with pytest.raises(TypeError, match="cannot be written into"):
        a += Tensor([1.0, 2.0, 3.0])
    x = Tensor([1.0, 2.0, 3.0])
    before = x
    x += 1.0
    np.testing.assert_array_equal(x.data, [2.0, 3.0, 4.0])
    np.testing.assert_array_equal(before.data, [1.0, 2.0, 3.0])


def test_float32_and_float64_stay_and_integers_and_booleans_become_float64() -> None:
    assert Tensor(A.astype(np.float32)).dtype == np.float32
    assert Tensor(A).dtype == np.float64
    assert Tensor([1, 2]).dtype == np.float64
    assert Tensor([True, False]).dtype == np.float64
    assert Tensor([1.0], dtype=np.float32).dtype == np.float32
    assert Tensor(A, dtype="float32").data.dtype == np.float32


def test_python_numbers_leave_float32_as_it_is() -> None:
    x = Tensor(A.astype(np.float32))
    for y in (
        x * 2.0,
        2 - x,
        x**2,
        x / 3,
        ad.maximum(x, 0.5),
        ad.exp(x).mean(),
        ad.var(x),
        x @ x.T,
    ):
        assert y.dtype == np.float32


def test_the_data_given_is_copied() -> None:
    a = A.copy()
    x = Tensor(a)
    a[0, 0] = 100.0
    assert x.data[0, 0] == 0.5


def test_attributes_are_those_of_an_array() -> None:
    x = Tensor(A)
    assert (x.shape, x.ndim, x.size, x.dtype, len(x)) == ((2, 3), 2, 6, np.float64, 2)
    np.testing.assert_array_equal(x.T.data, A.T)
    assert x.tolist() == A.tolist()
    assert [row.shape for row in x] == [(3,), (3,)]
    assert 2.0 in x
    assert 7.0 not in x
    assert x.op is None
    assert x.parents == ()
    assert x.label == ""
    assert (x * 2).op.name == "mul"


def test_numpy_gives_the_numbers_to_read_and_not_to_write() -> None:
    x = Tensor(A)
    view = x.numpy()
    np.testing.assert_array_equal(view, A)
    with pytest.raises(ValueError, match="read-only"):
        view[0, 0] = 1.0
    assert (x * 1).data.flags.writeable is False


def test_item_needs_a_single_number() -> None:
    assert Tensor([[2.5]]).item() == 2.5
    assert float(Tensor(2.5)) == 2.5
    with pytest.raises(ValueError, match=r"single number.*shape \(2, 3\)"):
        Tensor(A).item()


METHODS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("sum", (), {}),
    ("sum", (0,), {"keepdims": True}),
    ("mean", (1,), {}),
    ("var", (0,), {"ddof": 1}),
    ("std", (), {}),
    ("prod", (1,), {}),
    ("max", (0,), {}),
    ("min", (), {"axis": 1}),
    ("argmax", (1,), {}),
    ("argmin", (), {}),
    ("cumsum", (1,), {}),
    ("cumprod", (), {}),
    ("reshape", (3, 2), {}),
    ("reshape", ((3, -1),), {}),
    ("ravel", (), {}),
    ("flatten", (), {}),
    ("transpose", (), {}),
    ("transpose", (1, 0), {}),
    ("transpose", ((1, 0),), {}),
    ("transpose", (None,), {}),
    ("swapaxes", (0, 1), {}),
    ("repeat", (2, 1), {}),
    ("take", ([0, 2], 1), {}),
    ("diagonal", (), {}),
    ("trace", (1,), {}),
    ("dot", (A.T,), {}),
    ("clip", (-1.0, 1.0), {}),
    ("clip", (), {"min": 0.0}),
    ("clip", (), {"max": 0.0}),
    ("round", (), {}),
    ("round", (1,), {}),
]


@pytest.mark.parametrize(("name", "args", "settings"), METHODS)
def test_methods_are_those_of_an_array(name: str, args: Any, settings: Any) -> None:
    expected = getattr(A, name)(*args, **settings)
    result = getattr(Tensor(A), name)(*args, **settings)
    plain = result.data if isinstance(result, Tensor) else result
    np.testing.assert_allclose(plain, expected, rtol=1e-15)
    assert np.shape(plain) == np.shape(expected)


def test_methods_that_arrays_do_not_have_are_functions_of_the_engine() -> None:
    x = Tensor(np.abs(A))
    for name in ("exp", "log", "sqrt", "tanh", "sigmoid", "relu"):
        np.testing.assert_array_equal(getattr(x, name)().data, getattr(ad, name)(x).data)
    assert Tensor(A[None]).squeeze(0).shape == (2, 3)
    assert x.astype(np.float32).dtype == np.float32


def test_astype_casts_the_gradient_back() -> None:
    x = Tensor(A)
    x.astype(np.float32).sum().backward()
    assert x.grad.dtype == np.float64


def test_comparisons_give_plain_arrays_of_booleans() -> None:
    x = Tensor(A)
    for result, expected in (
        (x > 0, A > 0),
        (x <= A, np.full(A.shape, True)),
        (operator.gt(0, x), A < 0),
        (operator.eq(A, x), np.full(A.shape, True)),
        (x != 0.5, A != 0.5),
        (x >= Value(1.0), A >= 1.0),
    ):
        assert type(result) is np.ndarray
        np.testing.assert_array_equal(result, expected)
    assert (Tensor(1.0) > 0) is True
    with pytest.raises(ValueError, match="ambiguous"):
        bool(x > 0)
    with pytest.raises(ValueError, match="ambiguous"):
        bool(x)


def test_a_tensor_is_a_key_by_identity() -> None:
    x, y = Tensor(A), Tensor(A)
    assert {x: 1, y: 2}[x] == 1


def test_a_mask_from_a_comparison_indexes() -> None:
    x = Tensor(A)
    x[x > 0].sum().backward()
    np.testing.assert_array_equal(x.grad, (A > 0) * 1.0)


def test_indexing_with_repeated_numbers_sums_their_gradients() -> None:
    x = Tensor([1.0, 2.0, 3.0])
    (x[[0, 0, 2]] * np.array([1.0, 10.0, 100.0])).sum().backward()
    np.testing.assert_array_equal(x.grad, [11.0, 0.0, 100.0])


def test_an_index_is_copied_so_that_later_changes_do_not_matter() -> None:
    x = Tensor([1.0, 2.0, 3.0])
    numbers = np.array([0, 1])
    picked = x[numbers]
    numbers[:] = 2
    picked.sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0, 0.0])


def test_at_gives_a_changed_copy() -> None:
    x, v = Tensor([1.0, 2.0, 3.0]), Value(5.0)
    y = x.at[1].set(v)
    z = x.at[[0, 0]].add([10.0, 20.0])
    np.testing.assert_array_equal(y.data, [1.0, 5.0, 3.0])
    np.testing.assert_array_equal(z.data, [31.0, 2.0, 3.0])
    np.testing.assert_array_equal(x.data, [1.0, 2.0, 3.0])
    (y * np.array([1.0, 10.0, 100.0])).sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 0.0, 100.0])
    assert v.grad == 10.0


def test_a_tensor_shows_its_numbers_label_and_unusual_dtype() -> None:
    assert repr(Tensor([1.0, 2.0], "x")) == "Tensor([1., 2.], label='x')"
    assert repr(Tensor([1.0], dtype=np.float32)) == "Tensor([1.], dtype=float32)"
    assert repr(Tensor(2.0)) == "Tensor(2.)"
    assert repr(Tensor(np.zeros(1000))) == "Tensor(shape (1000,), float64, all 0)"
    assert f"{Tensor(0.125):.2f}" == "0.12"


def test_only_a_leaf_can_be_given_new_data_and_of_its_shape() -> None:
    x = Tensor([1.0, 2.0])
    x.data = [3, 4]
    np.testing.assert_array_equal(x.data, [3.0, 4.0], strict=True)
    with pytest.raises(ValueError, match=r"shape \(3,\) for a tensor of shape \(2,\)"):
        x.data = np.ones(3)
    with pytest.raises(ValueError, match="result of 'mul'"):
        (x * 2).data = np.ones(2)


def test_new_data_is_copied_and_keeps_the_dtype() -> None:
    x = Tensor(np.ones(2, np.float32))
    new = np.array([3.0, 4.0])
    x.data = new
    new[0] = 100.0
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x.data, [3.0, 4.0])


def test_a_leaf_can_be_copied_and_pickled_and_a_result_cannot() -> None:
    x = Tensor(A, "x")
    for other in (copy(x), pickle.loads(pickle.dumps(x))):
        np.testing.assert_array_equal(other.data, A)
        assert other.label == "x"
    with pytest.raises(ValueError, match=r"Use \.detach\(\)"):
        pickle.dumps(x * 2)


def test_detach_cuts_the_graph_and_does_not_share_memory() -> None:
    x = Tensor(A)
    y = (x * 2).detach()
    assert y.parents == ()
    z = x.detach()
    z.data[0, 0] = 100.0
    assert x.data[0, 0] == 0.5


def test_empty_tensors_are_tensors() -> None:
    x = Tensor(np.zeros((0, 3)))
    (ad.exp(x) * 2).sum().backward()
    np.testing.assert_array_equal(x.grad, np.zeros((0, 3)), strict=True)


def test_unrecorded_results_share_no_writable_memory() -> None:
    x = Tensor(A)
    with ad.no_grad():
        views = [x.reshape(3, 2), x.T, x[0], ad.identity(x), ad.broadcast_to(x, (2, 2, 3))]
    loss = (x * x).sum()
    for view in views:
        try:
            view.data[...] = 100.0
        except ValueError:  # read-only is fine
            continue
    loss.backward()
    np.testing.assert_array_equal(x.grad, 2 * A)
    np.testing.assert_array_equal(x.data, A)
