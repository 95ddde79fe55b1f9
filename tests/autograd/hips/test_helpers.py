"""The functions that HIPS autograd's rules are written with, and its small utilities."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
from numpy.testing import assert_allclose

import autograd.numpy as np
from autograd import GradientError, core, extend, grad, tracer, vjp
from autograd.numpy import numpy_jvps, numpy_vjps, numpy_wrapper
from autograd.test_util import make_numerical_jvp, scalar_close
from autograd.util import func, quick_grad_check, subval, subvals

RNG = numpy.random.default_rng(0)
A, B = RNG.standard_normal((2, 3, 4)), RNG.standard_normal((4, 5, 3))


def test_a_cotangent_is_summed_to_the_shape_of_its_argument() -> None:
    meta = numpy_wrapper.metadata(numpy.zeros((1, 4)))
    assert_allclose(numpy_vjps.unbroadcast(A, meta), A.sum(axis=(0, 1))[None])
    assert numpy_vjps.unbroadcast_f(2.0, lambda g: g * A)(1.0).shape == ()
    row = numpy_wrapper.metadata(numpy.zeros((1, 3)))
    assert_allclose(numpy_vjps.unbroadcast_einsum(A, row, [0, Ellipsis]), A.sum((0, 2))[None])
    assert numpy_vjps.unbroadcast_einsum(A, meta, [0, 1]) is A
    assert_allclose(numpy_jvps.broadcast(A[0], A), numpy.broadcast_to(A[0], A.shape))
    assert numpy_jvps.broadcast(A, A) is A


@pytest.mark.parametrize("axes", [1, ([2], [0]), ([1, 2], [2, 0]), ([2, 1], [0, 2]), (2, 0)])
def test_the_adjoints_of_a_product_are_those_of_its_factors(axes: Any) -> None:
    product, pull = vjp(lambda a, b: np.tensordot(a, b, axes), A, B)
    g = RNG.standard_normal(product.shape)
    by_a, by_b = pull(g)
    assert_allclose(numpy_vjps.tensordot_adjoint_0(B, g, axes, A.ndim, B.ndim), by_a)
    assert_allclose(numpy_vjps.tensordot_adjoint_1(A, g, axes, A.ndim, B.ndim), by_b)


def test_the_adjoints_of_dot_and_matmul_are_those_of_their_factors() -> None:
    a, b = A[0], B[:, 0]
    meta_a, meta_b = numpy_wrapper.metadata(a), numpy_wrapper.metadata(b)
    g = RNG.standard_normal((3, 3))
    assert_allclose(numpy_vjps.dot_adjoint_0(b, g, meta_a, meta_b), g @ b.T)
    assert_allclose(numpy_vjps.dot_adjoint_1(a, g, meta_a, meta_b), a.T @ g)
    assert_allclose(numpy_vjps.matmul_adjoint_0(b, g, meta_a, 2), g @ b.T)
    assert_allclose(numpy_vjps.matmul_adjoint_1(a, g, 2, meta_b), a.T @ g)


def test_makers_of_vjps_are_there_under_their_names() -> None:
    x = A[0]
    pull = numpy_vjps.grad_np_sum(x.sum(axis=1), x, axis=1)  # type: ignore[attr-defined]
    assert_allclose(pull(np.arange(3.0)), np.arange(3.0)[:, None] + numpy.zeros_like(x))
    pull = numpy_vjps.grad_kron(1, None, numpy.eye(2), x)  # type: ignore[attr-defined]
    assert pull(numpy.ones((6, 8))).shape == x.shape


def test_rules_are_stated_by_the_names_of_the_modules_that_hold_rules() -> None:
    for name in ("primitive", "defvjp", "defvjp_argnum", "register_notrace"):
        assert getattr(numpy_vjps, name) is getattr(extend, name)
    for name in ("defjvp", "defjvp_argnum", "def_linear"):
        assert getattr(numpy_jvps, name) is getattr(extend, name)
    for name in ("getval", "isbox", "trace"):
        assert getattr(core, name) is getattr(tracer, name)


def test_a_reduction_is_undone_in_shape() -> None:
    for axis, count in ((None, 24), (0, 2), ((0, -1), 8)):
        for keepdims in (True, False):
            summed = A.sum(axis=axis, keepdims=keepdims)
            found, n = numpy_vjps.repeat_to_match_shape(summed, A.shape, float, axis, keepdims)
            assert found.shape == A.shape
            assert n == count
    assert numpy_vjps.repeat_to_match_shape(2.0, (), float, None, False) == (2.0, 1)


def test_a_namespace_is_wrapped() -> None:
    new: dict[str, Any] = {}
    numpy_wrapper.wrap_namespace(vars(numpy), new)
    assert new["pi"] == numpy.pi
    assert new["conj"] is new["conjugate"]
    assert new["int64"](2.5) == 2
    assert new["sin"](0.0) == 0.0
    assert new["shape"](A) == A.shape
    assert grad(lambda x: x * new["int64"](x))(2.5) == 2.0
    assert numpy_wrapper.sin is np.sin


def test_arrays_are_made_of_arguments() -> None:
    def f(x: Any) -> Any:
        made = numpy_wrapper.array_from_args((), {}, x, 2 * x)
        return np.sum(numpy_wrapper.concatenate_args(0, made, made))

    assert grad(f)(1.0) == 6.0
    assert numpy_wrapper.wrap_if_boxes_inside(A) is A
    assert numpy_wrapper.parse_einsum_input("ij,jk", A[0], B[:, 0])[:2] == ("ij,jk", "ik")
    assert numpy_wrapper._astype(A, "float32").dtype == numpy.float32


def test_small_utilities_do_what_they_say() -> None:
    assert subval((1, 2), 0, "a") == ("a", 2)
    assert subvals([1, 2, 3], [(1, "b")]) == (1, "b", 3)
    assert func(len) is len
    assert scalar_close(1.0, 1.0 + 1e-9)
    assert not scalar_close(1.0, 1.1)
    assert_allclose(make_numerical_jvp(lambda p: (p[0] ** 2, p[1]), (3.0, 1.0))((1.0, 0.0))[0], 6.0)
    quick_grad_check(lambda x, n: x**n, 2.0, (3,))
    with pytest.raises(GradientError):
        quick_grad_check(lambda x: x * float(numpy.real(getattr(x, "primal", x))), 2.0)
