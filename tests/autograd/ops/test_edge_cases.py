"""Operations where they are easily wrong: zeros, ties, infinities, repeated and singular things.

That every operation is differentiated rightly where it is smooth is held in `test_table`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ad
from autograd import Tensor, Value, grad, gradients, jvp, linalg, value_and_grad

RNG = np.random.default_rng(1964)
START = RNG.bit_generator.state
INF = np.inf


@pytest.fixture(autouse=True)
def _same_numbers_in_any_order_of_tests():
    RNG.bit_generator.state = START


def along(f: Callable[..., Any], x: Any, *directions: Any) -> Any:
    """The derivative of f along each of the directions in turn, at x."""
    for direction in directions:
        f = _along(f, direction)
    return f(Tensor(x)).item()


def _along(f: Callable[..., Any], direction: Any) -> Callable[..., Any]:
    return lambda x: (gradients(f(x), x, create_graph=True) * direction).sum()


def unit(n: int, *place: int) -> Any:
    one = np.zeros((n,) * len(place))
    one[place] = 1.0
    return one


def gradient_of_sum(f: Callable[..., Any], x: Any, weights: Any = 1.0) -> Any:
    x = Tensor(x)
    return gradients((f(x) * weights).sum(), x)


# --------------------------------------------------------------------------------------------------
# Products with zeros


@pytest.mark.parametrize("missing", list(permutations(range(4), 3)))
def test_third_derivative_of_a_product_of_zeros_is_the_factor_left(missing):
    x = np.array([0.0, 0.0, 0.0, 5.0])
    (left,) = set(range(4)) - set(missing)
    assert along(ad.prod, x, *[unit(4, i) for i in missing]) == x[left]


def test_product_over_two_axes_with_zeros_has_exact_second_derivatives():
    x = np.array([[0.0, 2.0], [3.0, 0.0]])
    assert along(ad.prod, x, unit(2, 0, 0), unit(2, 1, 1)) == 6.0
    assert along(ad.prod, x, unit(2, 0, 0), unit(2, 0, 0)) == 0.0


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 9])
def test_mixed_derivatives_of_cumprod_are_products_of_the_other_factors(n):
    x = RNG.integers(-2, 3, n).astype(float)  # zeros are likely
    x[0] = 0.0
    i, j = RNG.integers(0, n, 2)
    found = along(lambda x: ad.cumprod(x) @ (2.0 ** np.arange(n)), x, unit(n, i), unit(n, j))
    expected = 0.0
    for last in range(max(i, j), n):
        expected += 2.0**last * np.prod(np.delete(x[: last + 1], [i, j]))
    assert found == (0.0 if i == j else expected)


def test_product_of_nothing_is_one_and_has_an_empty_gradient():
    x = Tensor(np.zeros((2, 0)))
    y = ad.prod(x, axis=1)
    assert y.tolist() == [1.0, 1.0]
    assert gradients(y.sum(), x).shape == (2, 0)


# --------------------------------------------------------------------------------------------------
# Infinities, NaN, ties and other kinks


def test_logsumexp_of_minus_infinities_has_derivative_zero():
    x = Tensor([[-INF, -INF], [0.0, -INF], [1.0, 1.0]])
    y = ad.logsumexp(x, axis=1)
    np.testing.assert_allclose(y.numpy(), [-INF, 0.0, 1.0 + np.log(2.0)])
    np.testing.assert_allclose(gradients(y.sum(), x), [[0, 0], [1, 0], [0.5, 0.5]])
    second = gradients(ad.logsumexp(x, axis=1).sum(), x, create_graph=True) * [1.0, 2.0]
    np.testing.assert_allclose(gradients(second.sum(), x), [[0, 0], [0, 0], [-0.25, 0.25]])


def test_logsumexp_of_plus_infinity_is_infinite():
    assert ad.logsumexp(np.array([INF, 0.0])) == INF


@pytest.mark.parametrize("f", [ad.softmax, ad.log_softmax])
def test_masked_logits_get_no_probability_and_no_gradient(f):
    x = np.array([0.0, -INF, 1.0])
    assert ad.softmax(x)[1] == 0.0
    g = gradient_of_sum(lambda x: f(x)[[0, 2]], x, [1.0, -2.0])
    assert g[1] == 0.0
    assert np.isfinite(g).all()


def test_large_logits_do_not_overflow():
    x = np.array([1e4, -1e4, 1e4])
    np.testing.assert_array_equal(ad.softmax(x), [0.5, 0.0, 0.5])
    np.testing.assert_allclose(ad.log_softmax(x), [-np.log(2.0), -2e4 - np.log(2), -np.log(2.0)])


@pytest.mark.parametrize("f", [ad.std, ad.norm, lambda x: ad.norm(x, 3), lambda x: ad.norm(x, 1.5)])
def test_kinks_at_zero_spread_have_derivative_zero_and_no_nan(f):
    np.testing.assert_array_equal(gradient_of_sum(f, np.zeros(3)), [0.0, 0.0, 0.0])


@pytest.mark.parametrize("f", [ad.var, ad.std])
def test_variance_without_a_degree_of_freedom_is_nan(f):
    x = np.array([[1.0], [2.0]])
    assert np.isnan(f(x, axis=1, ddof=1)).all()
    assert np.isnan(gradient_of_sum(lambda x: f(x, axis=1, ddof=1), x)).all()


def test_extremes_share_among_ties_along_each_row():
    x = np.array([[1.0, 1.0, 0.0], [2.0, 3.0, 3.0]])
    np.testing.assert_array_equal(
        gradient_of_sum(lambda x: ad.max(x, axis=1), x), [[0.5, 0.5, 0], [0, 0.5, 0.5]]
    )
    np.testing.assert_array_equal(
        gradient_of_sum(lambda x: ad.min(x, axis=0, keepdims=True), x), [[1, 1, 1], [0, 0, 0]]
    )


def test_extreme_of_a_row_with_nan_has_derivative_nan_in_that_row_alone():
    g = gradient_of_sum(lambda x: ad.max(x, axis=1), np.array([[1.0, np.nan], [1.0, 2.0]]))
    assert np.isnan(g[0]).all()
    np.testing.assert_array_equal(g[1], [0.0, 1.0])


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1), -1])
@pytest.mark.parametrize("keepdims", [False, True])
def test_median_agrees_with_numpy_also_with_nan(axis, keepdims):
    x = RNG.permutation(20).reshape(4, 5).astype(float)
    x[2, 3] = np.nan
    expected = np.median(x, axis=axis, keepdims=keepdims)
    np.testing.assert_array_equal(ad.median(x, axis, keepdims), expected)
    assert ad.median(Tensor(x), axis, keepdims).shape == expected.shape


def test_sort_gives_equal_entries_their_cotangents_in_order():
    x = np.array([2.0, 1.0, 2.0, 1.0])
    np.testing.assert_array_equal(gradient_of_sum(ad.sort, x, [1.0, 2.0, 3.0, 4.0]), [3, 1, 4, 2])


# --------------------------------------------------------------------------------------------------
# Indexing


KEYS = {
    "repeated rows": [0, 0, 2, -1],
    "a matrix of rows": np.array([[0, 1], [1, 1]]),
    "pairs, some twice": ([0, 1, 1, -3], [2, 3, 3, 2]),
    "rows by columns": (np.array([[0], [2]]), np.array([[1, 1]])),
    "columns after a slice": (slice(None), [1, 1, 0]),
    "a number before an array": (1, [0, 0]),
    "an array after dots": (..., [3, 3, 3]),
    "a mask": np.arange(12).reshape(3, 4) % 5 > 1,
    "a mask of rows and columns": (np.array([True, False, True]), np.array([1, 1])),
    "a new axis": (None, [0, 0], None, slice(1, 3)),
    "a backward slice": (slice(None, None, -2), slice(1, None)),
    "nothing": [],
    "a 0-d array": np.array(2),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_entries_read_twice_get_the_sum_of_their_cotangents(key, dtype):
    x = RNG.standard_normal((3, 4)).astype(dtype)
    g = RNG.standard_normal(x[key].shape).astype(dtype)
    expected = np.zeros_like(x)
    np.add.at(expected, key, g)
    node = Tensor(x)
    found = gradients(node[key], node, seed=g)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_at_set_writes_as_numpy_and_cuts_what_it_replaces(key):
    x, values = RNG.standard_normal((3, 4)), RNG.standard_normal(np.zeros((3, 4))[key].shape)
    weights = RNG.standard_normal((3, 4))
    expected = x.copy()
    expected[key] = values
    node, new = Tensor(x), Tensor(values)
    y = node.at[key].set(new)
    np.testing.assert_array_equal(y.numpy(), expected)
    of_x, of_values = gradients((y * weights).sum(), [node, new])
    untouched = np.ones((3, 4))
    untouched[key] = 0.0
    np.testing.assert_array_equal(of_x, weights * untouched)
    for place in np.ndindex(values.shape):  # set is linear, so a step of 1 shows the derivative
        moved = values.copy()
        moved[place] += 1.0
        changed = x.copy()
        changed[key] = moved
        assert of_values[place] == pytest.approx(((changed - expected) * weights).sum(), abs=1e-12)


def test_at_add_adds_all_values_that_meet_and_broadcasts():
    x = Tensor(np.zeros(3))
    v = Tensor(2.0)
    y = x.at[[1, 1, 0]].add(v)
    assert y.tolist() == [2.0, 4.0, 0.0]
    assert gradients(y.sum(), v) == 3.0


def test_at_keeps_the_dtype_of_the_array():
    x = Tensor(np.zeros(3, np.float32))
    assert x.at[0].set(1.5).dtype == x.at[[0, 0]].add(np.ones(2)).dtype == np.float32


def test_an_index_array_changed_later_does_not_change_the_graph():
    x, places = Tensor([1.0, 2.0, 3.0]), np.array([0, 1])
    y = x[places] * 1.0
    z = ad.take(x, places)
    w = x.at[places].set(0.0)
    places[:] = 2
    assert gradients(y.sum(), x).tolist() == [1.0, 1.0, 0.0]
    assert gradients(z.sum(), x).tolist() == [1.0, 1.0, 0.0]
    assert gradients(w.sum(), x).tolist() == [0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("mode", "places"), [("wrap", [7, -9]), ("clip", [7, -9]), ("raise", [-1, 2])]
)
def test_take_treats_numbers_outside_as_numpy_does(mode, places):
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(ad.take(x, places, mode=mode), np.take(x, places, mode=mode))


# --------------------------------------------------------------------------------------------------
# Linear functions of one array: the transpose is known from what NumPy does with unit arrays

LINEAR = {
    "roll the row": lambda m: lambda x: m.roll(x, 2),
    "roll one axis": lambda m: lambda x: m.roll(x, -1, 1),
    "roll two axes": lambda m: lambda x: m.roll(x, (1, -2), (0, 1)),
    "flip": lambda m: lambda x: m.flip(x),
    "flip one axis": lambda m: lambda x: m.flip(x, -1),
    "fliplr": lambda m: lambda x: m.fliplr(x),
    "flipud": lambda m: lambda x: m.flipud(x),
    "repeat all": lambda m: lambda x: m.repeat(x, 2),
    "repeat each": lambda m: lambda x: m.repeat(x, [2, 0, 1], axis=0),
    "tile": lambda m: lambda x: m.tile(x, (2, 1, 2)),
    "tile a row": lambda m: lambda x: m.tile(x[0], 3),
    "tile none": lambda m: lambda x: m.tile(x, ()),
    "tril": lambda m: lambda x: m.tril(x, 1),
    "triu": lambda m: lambda x: m.triu(x, -1),
    "diag of a matrix": lambda m: lambda x: m.diag(x, -1),
    "diag of a row": lambda m: lambda x: m.diag(x[0], 2),
    "diag of a row below": lambda m: lambda x: m.diag(x[0], -1),
    "diagonal": lambda m: lambda x: m.diagonal(m.reshape(x, (2, 3, 2)), 1, 0, 1),
    "diagonal of other axes": lambda m: lambda x: m.diagonal(m.reshape(x, (2, 3, 2)), -1, 2, 1),
    "trace": lambda m: lambda x: m.trace(x, 1),
    "split": lambda m: lambda x: m.split(x, 2, axis=1)[1],
    "split at": lambda m: lambda x: m.split(x, [1, 2])[1],
    "array_split": lambda m: lambda x: m.array_split(x, 2)[0],
    "vstack": lambda m: lambda x: m.vstack([x, x[0]]),
    "hstack": lambda m: lambda x: m.hstack([x, x]),
    "hstack of rows": lambda m: lambda x: m.hstack([x[0], x[1]]),
    "stack": lambda m: lambda x: m.stack([x, 2 * x], axis=-1),
    "concatenate rows": lambda m: lambda x: m.concatenate([x, 3 * x], axis=None),
    "concatenate the last axis": lambda m: lambda x: m.concatenate([x, x[:, :1]], axis=-1),
    "moveaxis": lambda m: lambda x: m.moveaxis(m.reshape(x, (2, 3, 2)), [0, 1], [-1, 0]),
    "expand_dims": lambda m: lambda x: m.expand_dims(x, (0, -1)),
    "squeeze": lambda m: lambda x: m.squeeze(x[None, :, :1], -1),
    "squeeze all": lambda m: lambda x: m.squeeze(x[None, :, :1]),
    "swapaxes": lambda m: lambda x: m.swapaxes(x, -1, 0),
    "atleast_2d": lambda m: lambda x: m.atleast_2d(x[1]),
    "broadcast_to": lambda m: lambda x: m.broadcast_to(x[:, :1], (2, 3, 5)),
    "broadcast a number": lambda m: lambda x: m.broadcast_to(x[0, 0], (2, 3)),
    "cumsum": lambda m: lambda x: m.cumsum(x, -1),
    "cumsum of the row": lambda m: lambda x: m.cumsum(x),
    "take": lambda m: lambda x: m.take(x, [[0, 1], [1, 1]], axis=1),
    "take_along_axis": lambda m: lambda x: m.take_along_axis(x, np.array([[1], [0], [1]]), 1),
    "take_along_axis of the row": lambda m: lambda x: m.take_along_axis(x, np.array([7, 7]), None),
    "pad": lambda m: lambda x: m.pad(x, ((1, 0), (2, 3))),
    "pad by the edge": lambda m: lambda x: m.pad(x, (3, 1), mode="edge"),
    "pad by reflection": lambda m: lambda x: m.pad(x, 7, mode="reflect"),
    "pad by symmetry": lambda m: lambda x: m.pad(x, ((7, 2), (0, 9)), mode="symmetric"),
    "pad by wrapping": lambda m: lambda x: m.pad(x, (2, 9), mode="wrap"),
    "einsum of the diagonal": lambda m: lambda x: m.einsum("ii->i", x[:, 1:]),
    "einsum of a trace": lambda m: lambda x: m.einsum("ii", x[:, 1:]),
    "einsum of a sum": lambda m: lambda x: m.einsum("ij->j", x),
}


@pytest.mark.parametrize("make", LINEAR.values(), ids=LINEAR)
def test_linear_functions_agree_with_numpy_forward_and_transposed(make):
    ours, theirs = make(ad), make(np)
    x = RNG.standard_normal((3, 4))
    expected = theirs(x)
    node = Tensor(x)
    y = ours(node)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-14)
    weights = RNG.standard_normal(expected.shape)
    columns = [(theirs(unit_of(x, place)) * weights).sum() for place in np.ndindex(x.shape)]
    found = gradients((y * weights).sum(), node)
    np.testing.assert_allclose(found.ravel(), columns, rtol=1e-13, atol=1e-13)


def unit_of(x: Any, place: tuple[int, ...]) -> Any:
    one = np.zeros_like(x)
    one[place] = 1.0
    return one


def test_pad_with_a_constant_puts_it_there():
    x = np.arange(4.0).reshape(2, 2)
    expected = np.pad(x, ((1, 2), (0, 1)), constant_values=7.0)
    np.testing.assert_array_equal(ad.pad(x, ((1, 2), (0, 1)), constant_values=7.0), expected)


# --------------------------------------------------------------------------------------------------
# Products


@st.composite
def einsums(draw):
    """Subscripts with letters in every role, and shapes for them with axes of length one."""
    sizes = {letter: draw(st.integers(1, 3)) for letter in "abcd"}
    terms, shapes = [], []
    for _ in range(draw(st.integers(1, 4))):
        letters = draw(st.text("abcd", max_size=3))
        dots = draw(st.none() | st.lists(st.sampled_from([1, 2]), max_size=2))
        place = draw(st.integers(0, len(letters)))
        before, after = letters[:place], letters[place:]
        terms.append(before + ("" if dots is None else "...") + after)
        shapes.append((*[sizes[c] for c in before], *(dots or ()), *[sizes[c] for c in after]))
    subscripts = ",".join(terms)
    if draw(st.booleans()):
        used = sorted(set(subscripts) & set("abcd"))
        out = draw(st.lists(st.sampled_from(used), unique=True)) if used else []
        subscripts += "->" + "..." * ("..." in subscripts) + "".join(out)
    return subscripts, shapes


@settings(max_examples=200, deadline=None)
@given(einsums(), st.sampled_from([False, True, "optimal"]))
def test_einsum_agrees_with_numpy(case, optimize):
    subscripts, shapes = case
    arrays = [np.random.default_rng(0).standard_normal(shape) for shape in shapes]
    expected = np.einsum(subscripts, *arrays)
    found = ad.einsum(subscripts, *arrays, optimize=optimize)
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    nodes = [Tensor(array) for array in arrays]
    y = ad.einsum(subscripts, *nodes, optimize=optimize)
    weights = np.random.default_rng(1).standard_normal(y.shape)
    for node, array, g in zip(nodes, arrays, gradients(y, nodes, seed=weights), strict=True):
        # linear in each operand, so <g, operand> = <weights, result>
        assert (g * array).sum() == pytest.approx((weights * expected).sum(), rel=1e-8, abs=1e-10)
        assert g.shape == node.shape


def test_einsum_follows_a_path_given_and_takes_wide_steps_two_by_two():
    arrays = [RNG.standard_normal((2, 2)) for _ in range(4)]
    expected = np.linalg.multi_dot(arrays)
    for path in (["einsum_path", (1, 2), (0, 2), (0, 1)], ["einsum_path", (0, 1, 2, 3)]):
        np.testing.assert_allclose(ad.einsum("ab,bc,cd,de", *arrays, optimize=path), expected)


@pytest.mark.parametrize("name", ["dot", "inner", "outer", "kron"])
@pytest.mark.parametrize(
    ("left", "right"), [((), (2, 2)), ((3,), (3,)), ((2, 3), (3,)), ((2, 3, 3), (4, 3, 3))]
)
def test_products_have_the_shapes_and_values_of_numpy(name, left, right):
    x, y = RNG.standard_normal(left), RNG.standard_normal(right)
    expected = getattr(np, name)(x, y)
    found = getattr(ad, name)(Tensor(x), y)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-13)


@pytest.mark.parametrize(
    ("left", "right"),
    [((3,), (3,)), ((2, 3), (3,)), ((3,), (5, 3, 2)), ((5, 2, 3), (3,)), ((5, 1, 2, 3), (4, 3, 2))],
)
def test_gradients_of_matmul_fit_vectors_and_broadcast_batches(left, right):
    x, y = Tensor(RNG.standard_normal(left)), Tensor(RNG.standard_normal(right))
    z = x @ y
    np.testing.assert_allclose(z.numpy(), x.numpy() @ y.numpy())
    w = RNG.standard_normal(z.shape)
    of_x, of_y = gradients(z, [x, y], seed=w)
    for node, g in ((x, of_x), (y, of_y)):
        direction = RNG.standard_normal(node.shape)
        moved = [direction if other is node else other.numpy() for other in (x, y)]
        np.testing.assert_allclose((g * direction).sum(), (w * (moved[0] @ moved[1])).sum())


# --------------------------------------------------------------------------------------------------
# Matrices

SINGULAR = {
    "zero": np.zeros((3, 3)),
    "rank 1": np.outer([1.0, 2.0, 3.0], [1.0, 1.0, 2.0]),
    "rank 2, by rounding": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]),
    "nearly rank 1": np.diag([1.0, 1e-5, 1e-9]),
    "regular": np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 3.0]]),
}


def adjugate(a: Any) -> Any:
    """Of a 3×3 matrix, by vector products of its rows."""
    return np.stack([np.cross(a[1], a[2]), np.cross(a[2], a[0]), np.cross(a[0], a[1])], axis=1)


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("a", SINGULAR.values(), ids=SINGULAR)
def test_determinant_has_all_derivatives_at_singular_matrices(a, batched):
    """det(A + tE) = det A + t tr(adj(A) E) + t² tr(adj(E) A) + t³ det E for 3×3 matrices."""
    e = RNG.standard_normal((3, 3))
    f = ad.det
    if batched:
        others = np.stack(list(SINGULAR.values()))

        def f(x):
            return ad.det(ad.concatenate([others, x[None]]))[-1]

    expected = np.trace(adjugate(a) @ e), 2 * np.trace(adjugate(e) @ a), 6 * np.linalg.det(e)
    assert along(f, a, e) == pytest.approx(expected[0], abs=1e-11)
    assert along(f, a, e, e) == pytest.approx(expected[1], abs=1e-10)
    assert along(f, a, e, e, e) == pytest.approx(expected[2], abs=1e-8)
    assert along(f, a, e, e, e, e) == pytest.approx(0.0, abs=1e-6)


def test_determinant_of_larger_matrices_of_low_rank():
    a = np.diag([0.0, 3.0, 0.0, 2.0, 0.0])
    places = [(0, 0), (2, 2), (4, 4)]
    assert along(ad.det, a, *[unit(5, *place) for place in places]) == pytest.approx(6.0)
    assert along(ad.det, a, unit(5, 0, 2), unit(5, 2, 0), unit(5, 4, 4)) == pytest.approx(-6.0)
    assert along(ad.det, a, *[unit(5, *place) for place in places[:2]]) == pytest.approx(0.0)


def test_slogdet_of_a_singular_matrix_refuses_a_derivative():
    a = Tensor(np.zeros((2, 2)))
    sign, value = ad.slogdet(a)
    assert sign == 0.0
    assert value.item() == -INF
    with pytest.raises(np.linalg.LinAlgError):
        gradients(value, a)


def test_equal_eigenvalues_have_a_derivative_their_vectors_none():
    a = Tensor(np.eye(3))
    values, vectors = ad.eigh(a)
    np.testing.assert_allclose(gradients(values.sum(), a), np.eye(3))
    assert not np.isfinite(gradients((vectors * RNG.standard_normal((3, 3))).sum(), a)).any()


def test_equal_singular_values_have_a_derivative_their_vectors_none():
    a = Tensor(np.eye(3)[:, :2])
    _, s, vt = ad.svd(a, full_matrices=False)
    np.testing.assert_allclose(gradients(s.sum(), a), np.eye(3)[:, :2])
    assert not np.isfinite(gradients((vt * RNG.standard_normal((2, 2))).sum(), a)).all()


@pytest.mark.parametrize("shape", [(4, 2), (2, 4), (3, 3), (2, 2, 4)])
def test_factors_are_those_of_numpy(shape):
    a = RNG.standard_normal(shape)
    for ours, theirs in zip(ad.qr(a), np.linalg.qr(a), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-13)
    np.testing.assert_allclose(ad.qr(a, "r"), np.linalg.qr(a, "r"), atol=1e-13)
    theirs = np.linalg.svd(a, full_matrices=False)
    for ours, factor in zip(ad.svd(a, full_matrices=False), theirs, strict=True):
        np.testing.assert_allclose(ours, factor, atol=1e-13)
    square = a @ np.swapaxes(a, -1, -2) + np.eye(shape[-2])
    np.testing.assert_allclose(ad.cholesky(square), np.linalg.cholesky(square), atol=1e-13)
    np.testing.assert_allclose(ad.eigh(square)[0], np.linalg.eigvalsh(square), atol=1e-13)
    np.testing.assert_allclose(ad.eigh(square)[1], np.linalg.eigh(square)[1], atol=1e-12)


@pytest.mark.parametrize("n", [-2, -1, 0, 1, 5, 6])
def test_matrix_power_is_that_of_numpy(n):
    a = RNG.standard_normal((2, 3, 3))
    np.testing.assert_allclose(linalg.matrix_power(a, n), np.linalg.matrix_power(a, n))


@pytest.mark.parametrize("shape", [(2, 4), (4, 2), (3, 3)])
def test_derivative_of_pinv_at_full_rank_is_that_of_the_formula_by_inv(shape):
    a = RNG.standard_normal(shape)
    tall = shape[0] > shape[1]

    def by_inv(a):
        t = ad.transpose(a)
        return ad.inv(t @ a) @ t if tall else t @ ad.inv(a @ t)

    w = RNG.standard_normal(shape[::-1])
    found, expected = (gradient_of_sum(f, a, w) for f in (linalg.pinv, by_inv))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (3, 3)])
def test_second_derivative_of_pinv_keeps_its_digits_where_a_is_nearly_singular(shape):
    rng = np.random.default_rng(0)
    u, s, vt = np.linalg.svd(rng.standard_normal(shape), full_matrices=False)
    s[-1] = 1e-4
    a, v, w = (u * s) @ vt, rng.standard_normal(shape), rng.standard_normal(shape[::-1])
    with mpmath.workdps(60):

        def along(t):
            m = mpmath.matrix(a.tolist()) + t * mpmath.matrix(v.tolist())
            tall = shape[0] >= shape[1]
            p = (m.T * m) ** -1 * m.T if tall else m.T * (m * m.T) ** -1
            return mpmath.fsum(p[i] * x for i, x in zip(np.ndindex(w.shape), w.flat, strict=True))

        expected = float(mpmath.diff(along, 0, 2, h=mpmath.mpf(10) ** -18))
    found = ad.grad(ad.grad(lambda t: (linalg.pinv(a + t * v) * w).sum()))(0.0)
    assert found == pytest.approx(expected, rel=3e-10)  # the old terms were wrong by 9e-10 and more


def test_derivative_of_pinv_in_a_batch_is_that_of_each_matrix_of_its_rank():
    rng = np.random.default_rng(1)
    batch = np.stack([rng.standard_normal((3, 3)), np.outer([1.0, 2, 3], [1.0, 1, 2])])
    derivative = ad.jacobian(linalg.pinv)
    expected = np.stack([derivative(a) for a in batch])
    np.testing.assert_allclose(ad.vmap(derivative)(batch), expected, rtol=1e-12, atol=1e-14)
    step = ad.grad(lambda a: (linalg.pinv(a) ** 2).sum())
    np.testing.assert_allclose(step(batch), np.stack([step(a) for a in batch]), rtol=1e-12)


VECTOR_ORDERS = [None, 1, 2, 3, 2.5, 1.5, INF, -INF]
MATRIX_ORDERS = [None, "fro", "nuc", 1, -1, 2, -2, INF, -INF]


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(
    ("shape", "ord", "axis"),
    [
        *[((5,), ord, None) for ord in VECTOR_ORDERS],
        *[((3, 4), ord, 0) for ord in VECTOR_ORDERS],
        *[((3, 4), ord, None) for ord in MATRIX_ORDERS],
        *[((2, 3, 4), ord, (2, 0)) for ord in MATRIX_ORDERS],
        ((2, 3, 4), None, None),
    ],
)
def test_norms_are_those_of_numpy(shape, ord, axis, keepdims):
    x = RNG.standard_normal(shape)
    expected = np.linalg.norm(x, ord, axis, keepdims)
    found = ad.norm(Tensor(x), ord, axis, keepdims)
    assert found.shape == np.shape(expected)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-13)


# --------------------------------------------------------------------------------------------------
# Kinds of number


FLOAT32 = [
    lambda x: x.mean(0),
    lambda x: x.var(0),
    lambda x: x.std(ddof=1),
    lambda x: x.max(1),
    lambda x: x.prod(1),
    lambda x: x.cumprod(1),
    lambda x: ad.logsumexp(x, 1),
    ad.softmax,
    ad.log_softmax,
    lambda x: ad.pad(x, 1),
    ad.tril,
    lambda x: ad.median(x, 0),
    lambda x: x[[0, 0]],
    ad.sort,
    ad.norm,
    lambda x: ad.norm(x, 3, axis=0),
    lambda x: ad.inv(x + 2 * np.eye(3, dtype=np.float32)),
    lambda x: ad.det(x),
    lambda x: ad.cholesky(x @ x.T + np.eye(3, dtype=np.float32)),
    lambda x: ad.eigh(x)[0],
    lambda x: ad.svd(x)[1],
    lambda x: ad.qr(x)[1],
    lambda x: ad.einsum("ij,jk->ik", x, x),
]


@pytest.mark.parametrize("f", FLOAT32)
def test_float32_stays_float32_forward_and_back(f):
    x = Tensor(RNG.standard_normal((3, 3)).astype(np.float32))
    y = f(x)
    assert y.dtype == np.float32
    assert gradients(y.sum(), x).dtype == np.float32


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "max", "median", "logsumexp", "cumsum"])
def test_reductions_take_a_single_value(name):
    x = Value(3.0)
    y = getattr(ad, name)(x)
    assert y.item() == 3.0
    assert gradients(y.sum(), x) == 1.0


def test_functions_take_lists_that_hold_nodes():
    a, b = Value(3.0), Value(4.0)
    assert ad.norm([a, b]).item() == 5.0
    assert gradients(ad.sum(ad.softmax([a, 1.0, b]) * [0.0, 1.0, 0.0]), a) < 0
    assert gradients(ad.det([[a, 1.0], [2.0, b]]), [a, b]) == pytest.approx([4.0, 3.0])


# --------------------------------------------------------------------------------------------------
# Errors say what does not fit

X = np.ones((2, 3))
ERRORS = [
    (lambda: ad.sum(X, 2), "axis 2 is out of bounds for array of dimension 2"),
    (lambda: ad.reshape(X, 4, 2), r"reshape: the 6 entries of shape \(2, 3\) do not fill shape"),
    (
        lambda: ad.transpose(X, (0, 0)),
        r"transpose: axes \(0, 0\) are not a permutation of those of shape",
    ),
    (lambda: ad.matrix_transpose(X[0]), r"at least two axes are needed, and the shape is \(3,\)"),
    (lambda: ad.moveaxis(X, [0, 1], 0), "differ in length"),
    (lambda: ad.moveaxis(X, 0, 5), "axis 5 is out of bounds"),
    (lambda: ad.median(np.zeros((0, 2)), 0), r"no entries along axis 0 of shape \(0, 2\)"),
    (lambda: ad.squeeze(X, (0, 0)), r"axis=\(0, 0\) repeats an axis"),
    (lambda: ad.squeeze(X, 0), r"axis 0 of shape \(2, 3\) does not have length one"),
    (lambda: ad.broadcast_to(X, 4), r"\(2, 3\) does not broadcast to \(4,\)"),
    (lambda: ad.concatenate([]), "at least one array"),
    (
        lambda: ad.concatenate([X, X.T]),
        r"shapes \[\(2, 3\), \(3, 2\)\]: all arrays must have an axis 0",
    ),
    (lambda: ad.concatenate([1.0, X]), "a number has no axis; use stack"),
    (lambda: ad.stack([X, X.T]), r"they have \[\(2, 3\), \(3, 2\)\]"),
    (lambda: ad.split(X, 2, -1), "3 entries along axis -1 .* use array_split"),
    (lambda: ad.array_split(X, 0), "must be positive"),
    (lambda: ad.pad(X, (1, 2, 3)), "does not match shape"),
    (lambda: ad.pad(X, 1, "medium"), "'medium' is not one of 'constant', 'edge'"),
    (lambda: ad.pad(X, 9, "reflect", reflect_type="odd"), "at most 1 entries are added"),
    (lambda: ad.repeat(X, [1, 2], 1), r"\[1, 2\] must be one number, or one for each of the 3"),
    (lambda: ad.tril(X[0]), "tril: at least two axes are needed"),
    (lambda: ad.diag(X[None]), "a vector or a matrix is needed"),
    (lambda: ad.scatter(X, [0], (3,)), "does not broadcast"),
    (lambda: Tensor(X).at[0].set(np.ones(4)), r"values of shape \(4,\) cannot be broadcast"),
    (lambda: ad.take(X, 0, mode="no"), "'no' is not one of 'raise', 'wrap', 'clip'"),
    (lambda: ad.take_along_axis(X, [0], 0), "must have as many axes"),
    (lambda: ad.matmul(X, X), r"shapes \(2, 3\) and \(2, 3\) do not match: .* 3, must be 2"),
    (lambda: ad.matmul(X, 2.0), "a number is not a matrix; use \\* to scale"),
    (
        lambda: ad.matmul(np.ones((2, 1, 1)), np.ones((3, 1, 1))),
        r"the batch axes \(2,\) and \(3,\)",
    ),
    (lambda: ad.tensordot(X, X, 1), r"the sizes are \[3\] and \[2\]"),
    (lambda: ad.cross(X, X[:, :2]), "axis -1 of shape .* must have length three"),
    (lambda: ad.einsum("ij,jk", X, X), "'j' stands for different sizes"),
    (lambda: ad.einsum("ii", X), "'i' stands for different sizes"),
    (lambda: ad.einsum("ij", X, X), "1 terms for 2 operands"),
    (lambda: ad.einsum("ijk", X), "'ijk' does not name 2 axes"),
    (lambda: ad.einsum("i", X), "'i' does not name 2 axes"),
    (lambda: ad.einsum("i1", X), "may hold letters"),
    (lambda: ad.einsum("ij->ii", X), "a letter of the result is repeated"),
    (lambda: ad.einsum("ij->k", X), "or occurs in no operand"),
    (lambda: ad.einsum("...i->i", X), "the result needs the '...'"),
    (lambda: ad.inv(X), r"inv: square matrices are needed, and the shape is \(2, 3\)"),
    (lambda: ad.inv(np.zeros((2, 2))), "Singular"),
    (lambda: ad.solve(np.zeros((2, 2)), np.ones(2)), "Singular"),
    (lambda: ad.solve(np.eye(2), np.ones(3)), r"\(3,\) of b do not match"),
    (lambda: ad.cholesky(-np.eye(2)), "not positive definite"),
    (lambda: ad.qr(X[0]), "at least two axes are needed"),
    (lambda: ad.qr(X.T, "complete"), "mode 'complete' has no derivative"),
    (lambda: ad.svd(X[0]), "at least two axes are needed"),
    (lambda: ad.svd(X), "2 rows and 3 columns needs full_matrices=False"),
    (lambda: ad.norm(X, "abc"), "is not a matrix norm"),
    (lambda: ad.norm(X, 0, 1), "ord=0 is not a vector norm"),
    (lambda: ad.norm(X[None], 2), r"shape \(1, 2, 3\) is not a vector or a matrix"),
    (lambda: ad.norm(X[None], 2, (0, 1, 2)), "norm: axis must be one axis"),
]


@pytest.mark.parametrize(("call", "message"), ERRORS)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("split", [ad.split, ad.array_split, np.split, np.array_split])
def test_to_split_without_an_axis_is_refused_as_numpy_does(split):
    with pytest.raises((TypeError, ValueError)):
        split(X, 1, None)
    with pytest.raises((TypeError, ValueError)):
        split(Tensor(X), 1, None)


def test_a_node_is_no_index_and_einsum_needs_letters_or_numbers_of_axes():
    with pytest.raises(TypeError, match=r"use x\[node.numpy\(\).astype\(int\)\]"):
        Tensor(X)[Tensor([0.0])]
    with pytest.raises(TypeError, match="use x"):
        ad.take(X, Tensor([0.0]))
    with pytest.raises(TypeError, match=r"must be a string, such as .* or follow each array"):
        ad.einsum(X, [0, 60])


def test_quotient_by_a_constant_zero_has_an_infinite_derivative_at_every_order_that_asks_for_it():
    slope = grad(lambda x: x / 0.0)
    for x in (0.0, 2.0):
        assert slope(x) == jvp(slope, x, 1.0)[0] == value_and_grad(slope)(x)[0] == np.inf
