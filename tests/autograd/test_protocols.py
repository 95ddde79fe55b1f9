"""NumPy's own functions on nodes: they give nodes, or say clearly why not, and never objects."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np
import pytest
from scipy import special

import autograd as ad
from autograd import Tensor, Value, check_grads, grad, gradients, jit, signatures, vmap
from autograd.alternatives import Mark, all_marks, alternative
from autograd.protocols import RULES
from autograd.trees import flatten

A = np.array([[0.57, 1.53, 2.1], [1.07, 0.26, 0.77]])
SQUARE = np.array([[2.0, 0.5], [0.3, 1.5]])

SINGLE: dict[str, Callable[[Any], Any]] = {
    "sin": np.sin,
    "absolute": np.absolute,
    "fabs": np.fabs,
    "negative": np.negative,
    "positive": np.positive,
    "rint": np.rint,
    "logaddexp": lambda x: np.logaddexp(x, 1.0),
    "power": lambda x: np.power(x, 2.5),
    "float_power": lambda x: np.float_power(x, 2),
    "subtract": lambda x: np.subtract(1.0, x),
    "true_divide": lambda x: np.true_divide(x, 3.0),
    "remainder": lambda x: np.remainder(x, 0.4),
    "fmod_like": lambda x: np.mod(x, 0.4),
    "sum": np.sum,
    "sum axis": lambda x: np.sum(x, axis=0),
    "sum keepdims": lambda x: np.sum(x, axis=1, keepdims=True),
    "sum positional": lambda x: np.sum(x, 1),
    "mean": lambda x: np.mean(x, axis=(0, 1)),
    "var": lambda x: np.var(x, axis=0, ddof=1),
    "std": np.std,
    "prod": lambda x: np.prod(x, axis=1),
    "max": lambda x: np.max(x, axis=1),
    "amin": lambda x: np.amin(x, axis=0),
    "median": np.median,
    "cumsum": lambda x: np.cumsum(x, axis=1),
    "cumprod": np.cumprod,
    "add.reduce": np.add.reduce,
    "multiply.reduce": lambda x: np.multiply.reduce(x, axis=1),
    "maximum.reduce": lambda x: np.maximum.reduce(x, axis=None),
    "reshape": lambda x: np.reshape(x, (3, 2)),
    "ravel": np.ravel,
    "transpose": np.transpose,
    "swapaxes": lambda x: np.swapaxes(x, 0, 1),
    "moveaxis": lambda x: np.moveaxis(x, 0, 1),
    "expand_dims": lambda x: np.expand_dims(x, 1),
    "squeeze": lambda x: np.squeeze(x[None], 0),
    "broadcast_to": lambda x: np.broadcast_to(x, (2, 2, 3)),
    "concatenate": lambda x: np.concatenate([x, A, x], axis=1),
    "concatenate tuple": lambda x: np.concatenate((A, x)),
    "stack": lambda x: np.stack([x, 2 * x], axis=-1),
    "vstack": lambda x: np.vstack([x, A]),
    "hstack": lambda x: np.hstack([A, x]),
    "where": lambda x: np.where(A > 0.8, x, -1.0),
    "where node in the middle": lambda x: np.where(A > 0.8, 0.0, x),
    "clip": lambda x: np.clip(x, 0.4, 1.2),
    "round": lambda x: np.round(x, 1),
    "pad": lambda x: np.pad(x, 1),
    "roll": lambda x: np.roll(x, 1, axis=1),
    "flip": lambda x: np.flip(x, axis=0),
    "tile": lambda x: np.tile(x, (2, 1)),
    "repeat": lambda x: np.repeat(x, 2, axis=0),
    "tril": np.tril,
    "triu": lambda x: np.triu(x, 1),
    "diag": np.diag,
    "diagonal": np.diagonal,
    "trace": np.trace,
    "take": lambda x: np.take(x, [0, 2, 2], axis=1),
    "take_along_axis": lambda x: np.take_along_axis(x, np.argsort(A, axis=1), axis=1),
    "sort": lambda x: np.sort(x, axis=1),
    "matmul": lambda x: np.matmul(x, A.T),
    "dot": lambda x: np.dot(A.T, x),
    "outer": lambda x: np.outer(x, x),
    "inner": lambda x: np.inner(x, A),
    "tensordot": lambda x: np.tensordot(x, A, axes=([1], [1])),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, A),
    "kron": lambda x: np.kron(x, SQUARE),
    "linalg.norm": np.linalg.norm,
    "linalg.inv": lambda x: np.linalg.inv(x[:, :2]),
    "linalg.det": lambda x: np.linalg.det(x[:, :2]),
    "linalg.solve": lambda x: np.linalg.solve(SQUARE, x),
    "linalg.svd": lambda x: np.linalg.svd(x, compute_uv=False),
}


@pytest.mark.parametrize("name", SINGLE)
def test_numpys_functions_give_nodes_with_numpys_values(name: str) -> None:
    x = Tensor(A)
    result, expected = SINGLE[name](x), SINGLE[name](A)
    assert type(result) is Tensor
    np.testing.assert_allclose(result.data, expected, rtol=1e-14, atol=1e-15, strict=True)


@pytest.mark.parametrize("name", SINGLE)
def test_numpys_functions_stay_differentiable(name: str) -> None:
    x = Tensor(A)
    u = np.linspace(0.5, 1.5, np.size(SINGLE[name](A))).reshape(np.shape(SINGLE[name](A)))
    gradient = gradients((SINGLE[name](x) * u).sum(), x)
    v = np.array([[0.3, -1.0, 0.7], [0.2, 0.9, -0.4]])
    h = 1e-6
    difference = np.sum(u * (SINGLE[name](A + h * v) - SINGLE[name](A - h * v))) / (2 * h)
    assert np.sum(gradient * v) == pytest.approx(difference, rel=1e-6, abs=1e-8)


def test_an_array_and_a_node_multiply_in_either_order() -> None:
    x, a = Tensor(A), Value(2.0)
    for result in (A * a, a * A, A * x, A + a, A - x, A / x, A**x, A.T @ x):
        assert type(result) is Tensor
    product = A * a
    product.sum().backward()
    assert a.grad == pytest.approx(A.sum(), rel=1e-15)


def test_a_numpy_number_and_a_value_make_a_value() -> None:
    a = Value(2.0)
    for number in (np.float64(3.0), np.float32(3.0), np.int64(3)):
        for result, expected in (
            (number * a, 6.0),
            (number + a, 5.0),
            (number - a, 1.0),
            (number**a, 9),
        ):
            assert type(result) is Value
            assert result.data == expected
    (np.float64(3.0) * a).backward()
    assert a.grad == 3.0


def test_a_ufunc_on_a_value_gives_a_value() -> None:
    a = Value(0.5)
    for result in (np.sin(a), np.exp(a), np.arctan2(a, 2.0), np.maximum(0.1, a), np.negative(a)):
        assert type(result) is Value
    assert np.sin(a).data == pytest.approx(np.sin(0.5), rel=1e-15)


def test_functions_that_only_look_get_plain_data_and_give_plain_answers() -> None:
    x = Tensor(A)
    assert np.shape(x) == (2, 3)
    assert np.ndim(x) == 2
    assert np.size(x) == 6
    assert np.argmax(x) == 2
    assert type(np.zeros_like(x)) is np.ndarray
    assert type(np.ones_like(x)) is np.ndarray
    assert np.allclose(x, A)
    assert np.array_equal(x, A)
    assert np.all(np.isfinite(x))
    assert not np.any(np.isnan(x))
    np.testing.assert_array_equal(np.argsort(x, axis=1), np.argsort(A, axis=1))
    np.testing.assert_array_equal(np.greater(x, 1.0), A > 1.0)
    assert np.result_type(Tensor([1.0], dtype=np.float32)) == np.float32


def test_numpys_testing_functions_compare_nodes() -> None:
    np.testing.assert_allclose(Tensor(A).data, A)
    assert np.isclose(Value(2.0), 2.0)


@pytest.mark.parametrize(
    ("call", "name", "instead"),
    [
        (np.histogram, r"np\.histogram", r"autograd\.numpy\.histogram\(x\)"),
        (np.i0, r"np\.i0", r"autograd\.scipy\.special\.i0\(x\)"),
        (np.unique, r"np\.unique", r"x\[np\.unique"),
        (np.linalg.lstsq, r"np\.linalg\.lstsq", r"np\.linalg\.solve"),
        (np.insert, r"np\.insert", r"np\.concatenate"),
    ],
)
def test_a_function_without_a_rule_is_named_with_what_to_write(
    call: Any, name: str, instead: str
) -> None:
    args = {np.linalg.lstsq: (Tensor(A), 1.0), np.insert: (Tensor(A), 0, 1.0)}.get(
        call, (Tensor(A),)
    )
    with pytest.raises(TypeError, match=rf"^{name} has no derivative rule.*: write {instead}"):
        call(*args)


@pytest.mark.parametrize("call", [np.gcd, np.packbits, np.setdiff1d])
def test_no_function_is_named_where_none_does_anything_like_it(call: Any) -> None:
    with pytest.raises(TypeError, match=r"Write it from functions that have one\."):
        call(*[Tensor(A)] * (1 if call is np.packbits else 2))


def test_functions_and_arguments_that_the_table_lacks_are_those_of_the_larger_namespaces() -> None:
    def f(x: Any) -> Any:
        return np.diff(x, axis=0).sum() + np.sum(x, 0, None, None, False, 3.0, A > 1) @ A[0]

    check_grads(f, A)
    assert f(A) == pytest.approx(f(Tensor(A)).item())
    assert grad(special.gammaln)(2.0) == pytest.approx(special.digamma(2.0))
    assert jit(grad(lambda x: np.trapezoid(x**2)))(A[0]) == pytest.approx(A[0] * [1, 2, 1])
    assert vmap(np.diff)(A).tolist() == np.diff(A).tolist()


def test_several_results_of_linear_algebra_have_their_names() -> None:
    x = Tensor(A.T @ A + np.eye(3))
    assert np.linalg.svd(x).S.shape == np.linalg.eigh(x).eigenvalues.shape == (3,)
    assert np.linalg.slogdet(x).logabsdet.item() == pytest.approx(np.log(np.linalg.det(x.data)))
    assert np.linalg.qr(x).R.shape == np.linalg.eig(x).eigenvectors.shape == (3, 3)


def test_every_function_that_a_message_names_exists() -> None:
    for module, marks in all_marks().items():
        for name in marks:
            written = alternative(f"{module}.{name}")
            if written.startswith("autograd.") and marks[name] is not Mark.DERIVATIVE:
                place, _, function = written.partition("(")[0].rpartition(".")
                assert callable(getattr(importlib.import_module(place), function))


def test_methods_of_ufuncs_without_a_rule_are_refused_by_name() -> None:
    x = Tensor(A)
    for call, name in (
        (lambda: np.add.accumulate(x), r"np\.add\.accumulate"),
        (lambda: np.multiply.outer(x, x), r"np\.multiply\.outer"),
        (lambda: np.subtract.reduce(x), r"np\.subtract\.reduce"),
        (lambda: np.add.at(A.copy(), [0], x), r"np\.add\.at"),
    ):
        with pytest.raises(TypeError, match=f"{name} has no derivative rule"):
            call()


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.sin(x, where=A > 1),
        lambda x: np.mean(x, initial=3.0),
        lambda x: np.sum(x, nothing=3.0),
    ],
)
def test_a_setting_that_a_rule_does_not_know_is_refused_and_not_ignored(call: Any) -> None:
    with pytest.raises(TypeError, match=r"^np\.\w+.* of a node: |unexpected keyword"):
        call(Tensor(A))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.sum(x, 1, None),
        lambda x: np.sum(x, 1, np.float32),
        lambda x: np.sum(x, dtype=np.float32),
        lambda x: np.mean(x, 0, np.float32, keepdims=True),
        lambda x: np.var(x, 0, np.float64, None, 1, True),
        lambda x: np.std(x, axis=1, correction=1),
        lambda x: np.max(x, 0, None, True),
        lambda x: np.cumsum(x, 1, np.float32),
        lambda x: np.trace(x, 1, 0, 1, np.float32),
        lambda x: np.median(x, 1, None, True, True),
        lambda x: np.sort(x, 0, "stable"),
        lambda x: np.sort(x, axis=1, kind="stable"),
        lambda x: np.take(x, [0, 2, 5], 1, None, "clip"),
        lambda x: np.clip(x, 1.0, a_max=2.0),
        lambda x: np.concatenate([x, x], 1, dtype=np.float32, casting="same_kind"),
        lambda x: np.stack([x, x], 1, dtype=np.float32),
        lambda x: np.add(x, 1.0, dtype=np.float32, casting="same_kind"),
        lambda x: np.cross(x, x[::-1], 1, 1, 0),
        lambda x: np.cross(x.T, x, axisa=0),
        lambda x: np.searchsorted(x[0, [0, 2, 1]], x[1], "right"),
        lambda x: np.argpartition(x, 1, 0),
        lambda x: np.isclose(x, x + 0.01, 0.1, equal_nan=True),
        lambda x: np.divmod(x, 0.7),
        lambda x: np.reshape(x, (3, 2), "F"),
        lambda x: np.reshape(x, (3, 2), order="F"),
    ],
)
def test_arguments_mean_what_they_do_in_numpy(call: Any) -> None:
    for ours, theirs in zip(flatten(call(Tensor(A)))[0], flatten(call(A))[0], strict=True):
        np.testing.assert_allclose(getattr(ours, "data", ours), theirs, rtol=1e-15, strict=True)
    for ours, theirs in zip(flatten(jit(call)(A))[0], flatten(call(A))[0], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-15)


def test_two_arguments_by_place_mean_the_same_in_every_function() -> None:
    """So that calls with no more need no translation."""
    for theirs, ours in RULES.items():
        shared = min(2, len(signatures.names_by_place(theirs)), len(signature(ours).parameters))
        assert signatures.in_common(theirs, ours)[0] >= shared, theirs


def test_no_node_is_written_and_no_array_takes_its_place() -> None:
    x, out = Tensor(A), np.zeros(A.shape)
    for call in (
        lambda: np.sin(x, out=out),
        lambda: np.sin(A, out=x),
        lambda: np.add(x, 1.0, out=out),
        lambda: np.sum(x, axis=0, out=out[0]),
        lambda: np.clip(x, 0, 1, out=out),
    ):
        with pytest.raises(TypeError, match=r"out=\.\.\.\): a node cannot be written into"):
            call()
    np.testing.assert_array_equal(out, np.zeros(A.shape))
    np.testing.assert_array_equal(x.data, A)
    np.testing.assert_array_equal(np.sin(x, out=None).data, np.sin(A))


@pytest.mark.parametrize(
    "make",
    [
        lambda v, x: np.array([v, v]),
        lambda v, x: np.array(v),
        lambda v, x: np.array([[v, 1.0], [0.0, v]]),
        lambda v, x: np.array(x),
        lambda v, x: np.array([x, x]),
        lambda v, x: np.asarray(x),
        lambda v, x: np.asarray(v, dtype=object),
        lambda v, x: np.array([v], dtype=object),
        lambda v, x: np.array([x, 1.0], dtype=object),
        lambda v, x: np.full(3, v),
        lambda v, x: np.ones(2) * [v, v],
        lambda v, x: np.sum([v, v]),
        lambda v, x: np.sin([v, v]),
        lambda v, x: np.dot([v, v], [1.0, 2.0]),
        lambda v, x: Tensor([v, 1.0]),
        lambda v, x: Tensor([x, x]),
        lambda v, x: np.zeros(3).__setitem__(slice(None), x),
    ],
)
def test_an_array_of_objects_never_appears(make: Any) -> None:
    with pytest.raises(TypeError, match=r"autograd\.array\(\[\.\.\.\]\)"):
        make(Value(2.0), Tensor([1.0, 2.0, 3.0]))


def test_a_node_stored_into_a_plain_array_is_refused() -> None:
    a = np.zeros(3)
    with pytest.raises(TypeError, match="cannot be put into a plain array"):
        a[0] = Value(2.0)
    with pytest.raises(TypeError, match="cannot be put into a plain array"):
        a[:] = Tensor([1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match="cannot be put into a plain array"):
        a[1:2] = Value(2.0)
    np.testing.assert_array_equal(a, np.zeros(3))


def test_array_builds_a_tensor_from_tracked_parts() -> None:
    a, t = Value(3.0), Value(0.5)
    matrix = ad.array([[a, 0.0], [ad.sin(t), a * t]])
    assert type(matrix) is Tensor
    np.testing.assert_array_equal(matrix.data, [[3.0, 0.0], [np.sin(0.5), 1.5]])
    (matrix * np.array([[1.0, 10.0], [100.0, 1000.0]])).sum().backward()
    assert a.grad == 1.0 + 500.0
    assert t.grad == pytest.approx(100 * np.cos(0.5) + 3000.0, rel=1e-15)


def test_array_takes_tensors_arrays_and_numbers_together() -> None:
    x = Tensor([1.0, 2.0])
    matrix = ad.array([x, np.array([3.0, 4.0]), [5, Value(6.0)]])
    np.testing.assert_array_equal(matrix.data, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert ad.array(x) is x
    assert type(ad.array([1.0, 2.0])) is np.ndarray
    with pytest.raises(ValueError, match=r"\(2,\).*\(3,\)"):
        ad.array([x, np.ones(3)])


def test_plain_arguments_give_plain_results() -> None:
    assert type(ad.sin(0.5)) is float
    assert type(ad.sin(A)) is np.ndarray
    assert type(ad.sum(A, axis=0)) is np.ndarray
    assert type(ad.concatenate([A, A])) is np.ndarray
    assert type(ad.matmul(A, A.T)) is np.ndarray
