"""A function of a batch gives what a loop over its examples gives: values, derivatives, errors."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import autograd as ad
from autograd import JitError, Tensor, Value, grad, jit, vmap
from tests.autograd.cases import CASES, Case, total
from tests.autograd.programs import AUTOGRAD, Program, programs

SIZE = 3
X = np.random.default_rng(0).normal(size=(4, 3))
W = np.random.default_rng(1).normal(size=(3, 5))


def moved(case: Case) -> list[tuple[Any, ...]]:
    """Examples near the case's arguments, within its radius."""
    rng = np.random.default_rng(1)
    return [
        tuple([x + case.radius * (rng.random(np.shape(x)) - 0.5) for x in case.args])
        for _ in range(SIZE)
    ]


def stacked(examples: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple(map(np.stack, zip(*examples, strict=True)))


def same(found: Any, loop: list[Any], rtol: float = 1e-12) -> None:
    """One result for the batch, and a list of results for the examples."""
    if isinstance(loop[0], list | tuple):
        assert type(found) is type(loop[0])
        for part, parts in zip(found, zip(*loop, strict=True), strict=True):
            same(part, list(parts), rtol)
        return
    expected = np.stack([getattr(part, "primal", part) for part in loop])
    assert np.shape(found) == expected.shape
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-12)


# Every operation


@pytest.mark.parametrize("case", CASES, ids=str)
def test_values_and_gradients_are_those_of_a_loop(case: Case) -> None:
    examples = moved(case)
    same(vmap(case.f)(*stacked(examples)), [case.f(*example) for example in examples])
    if "of-zero" in case.detail:
        return  # a determinant: regular and singular matrices go different ways
    gradient = grad(total(case), range(len(case.args)))
    loop = [gradient(*example) for example in examples]
    batch = stacked(examples)
    same(vmap(gradient)(*batch), loop, 1e-11)
    through = grad(lambda *xs: ad.sum(vmap(total(case))(*xs)), range(len(case.args)))
    same(through(*batch), loop, 1e-11)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs(), st.sets(st.integers(0, 3), min_size=1))
def test_random_programs_with_some_inputs_the_same_for_all(
    program: Program, varied: set[int]
) -> None:
    def f(*inputs: Any) -> Any:
        return program.run(AUTOGRAD, inputs, program.constants)

    examples = [
        [x * factor if n in varied else x for n, x in enumerate(program.inputs)]
        for factor in (1.0, 0.95, 1.02)
    ]
    args = [
        np.stack([example[n] for example in examples]) if n in varied else x
        for n, x in enumerate(program.inputs)
    ]
    axes = tuple([0 if n in varied else None for n in range(4)])
    for g in (f, grad(f, tuple(varied))):
        same(vmap(g, in_axes=axes)(*args), [g(*example) for example in examples], 1e-9)


# Where the batch lies


@st.composite
def axes_and_nesting(draw: Any) -> tuple[Any, Any, Any]:
    """An argument that nests, axes that fit it, and how to take example i of it."""
    kind = draw(st.sampled_from(["array", "number", "list", "tuple", "dict"]))
    if kind in ("array", "number"):
        shape = draw(st.lists(st.integers(1, 3), max_size=2 if kind == "array" else 0))
        axis = draw(st.none() | st.integers(-len(shape) - 1, len(shape)))
        if axis is None:
            x = np.arange(np.prod(shape)).reshape(shape) * 0.7
            return x, None, lambda i: x
        shape.insert(axis % (len(shape) + 1), SIZE)
        x = np.arange(np.prod(shape)).reshape(shape) * 0.7
        return x, axis, lambda i: np.take(x, i, axis)
    parts = [draw(axes_and_nesting()) for _ in range(draw(st.integers(1, 2)))]
    if kind == "dict":
        made = [{str(n): part[k] for n, part in enumerate(parts)} for k in (0, 1)]
        return *made, lambda i: {str(n): take(i) for n, (_, _, take) in enumerate(parts)}
    build: Any = list if kind == "list" else tuple
    made = [build(part[k] for part in parts) for k in (0, 1)]
    return *made, lambda i: build(take(i) for _, _, take in parts)


def leaves(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        tree = list(tree.values())
    return [x for part in tree for x in leaves(part)] if isinstance(tree, list | tuple) else [tree]


@settings(max_examples=60, deadline=None)
@given(st.lists(axes_and_nesting(), min_size=1, max_size=3))
def test_the_batch_lies_where_in_axes_says(arguments: Any) -> None:
    args, axes, takes = zip(*arguments, strict=True)
    if all(axis is None for axis in leaves(axes)):
        return

    def f(*args: Any) -> Any:
        return sum(ad.sum(ad.sin(x * (n + 1.0))) for n, x in enumerate(leaves(args)))

    loop = [f(*[take(i) for take in takes]) for i in range(SIZE)]
    same(vmap(f, in_axes=axes)(*args), loop)


def test_one_axis_serves_all_arguments_and_all_that_nests_in_one() -> None:
    x = {"a": X.T, "b": [X.T * 2.0]}
    same(
        vmap(lambda p, y: p["a"] @ p["b"][0] + y.sum(), in_axes=1)(x, X.T),
        [v @ (2.0 * v) + v.sum() for v in X],
    )


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
def test_the_batch_goes_where_out_axes_says(axis: int) -> None:
    found = vmap(lambda v: np.ones((2, 1)) * v, out_axes=axis)(X)
    np.testing.assert_array_equal(found, np.stack([np.ones((2, 1)) * v for v in X], axis))


def test_out_axes_nest_as_the_result_does() -> None:
    first, rest = vmap(lambda v: (v, {"twice": 2 * v, "number": 3.0}), out_axes=(1, 0))(X)
    np.testing.assert_array_equal(first, X.T)
    np.testing.assert_array_equal(rest["twice"], 2 * X)
    np.testing.assert_array_equal(rest["number"], np.full(4, 3.0))


def test_what_is_the_same_for_all_is_repeated_or_left_alone() -> None:
    w = np.ones(2)
    same, alone = vmap(lambda v: (w, w), out_axes=(0, None))(X)
    assert same.shape == (4, 2)
    assert alone is w


def test_an_empty_batch_gives_an_empty_result() -> None:
    assert vmap(lambda v: ad.sin(v) @ W)(np.zeros((0, 3))).shape == (0, 5)


def test_keyword_arguments_are_the_same_for_all() -> None:
    f = vmap(lambda v, scale, name: v * scale if name == "times" else v)
    np.testing.assert_array_equal(f(X, scale=np.arange(3.0), name="times"), X * np.arange(3.0))


@pytest.mark.parametrize(
    ("in_axes", "args", "message"),
    [
        (0, (X, 2.0), "float of shape .. has no axis 0.*needs None in in_axes"),
        (2, (X,), r"shape \(4, 3\) has no axis 2"),
        ((0, 0), (X, W), r"different numbers of examples along their axes: \[4, 3\]"),
        ((0,), (X, W), "has 1 entries, and the function was called with 2"),
        (None, (X,), "no argument has a batch axis"),
        (({"a": 0},), ({"b": X},), "a dict with the keys"),
        (((0, 0),), ([X],), "a list of 1"),
        ("rows", (X,), "give an axis, None, or the same nesting"),
    ],
)
def test_axes_that_do_not_fit_are_refused(in_axes: Any, args: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        vmap(lambda *args: args[0], in_axes=in_axes)(*args)


def test_a_result_that_differs_between_examples_needs_an_axis() -> None:
    with pytest.raises(ValueError, match="out_axes is None for a result that differs"):
        vmap(ad.sin, out_axes=None)(X)


# Within and around other transforms


def row(v: Any) -> Any:
    return ad.sum(ad.tanh(v @ W) ** 2) * v[0]


@pytest.mark.parametrize(
    "of_rows",
    [
        lambda x: vmap(grad(row))(x),
        lambda x: jit(vmap(grad(row)))(x),
        lambda x: vmap(jit(grad(row)))(x),
        lambda x: vmap(grad(jit(row)))(x),
        lambda x: grad(lambda x: ad.sum(vmap(row)(x)))(x),
        lambda x: jit(grad(lambda x: ad.sum(vmap(jit(row))(x))))(x),
        lambda x: vmap(lambda v: ad.vjp(row, v)[1](1.0)[0])(x),
        lambda x: vmap(lambda v: ad.jacobian(lambda u: row(u) * np.ones(1))(v)[0])(x),
        lambda x: vmap(lambda v: vmap(lambda e: ad.jvp(row, v, e)[1])(np.eye(3)))(x),
    ],
)
def test_gradients_by_row_however_they_are_asked_for(of_rows: Any) -> None:
    np.testing.assert_allclose(of_rows(X), [grad(row)(v) for v in X], rtol=1e-12)


def test_hessians_of_all_examples() -> None:
    found = vmap(ad.hessian(row))(X)
    np.testing.assert_allclose(found, [ad.hessian(row)(v) for v in X], rtol=1e-11, atol=1e-14)


def test_batches_of_batches() -> None:
    pairs = vmap(lambda v: vmap(lambda u: u @ v)(X))(X)
    np.testing.assert_allclose(pairs, X @ X.T, rtol=1e-14)
    crossed = vmap(vmap(lambda s, t: s * t, in_axes=(None, 0)), in_axes=(0, None))(X[0], X[1])
    np.testing.assert_allclose(crossed, np.outer(X[0], X[1]), rtol=1e-14)


def test_gradients_of_a_loss_for_each_example() -> None:
    params = {"w": W, "b": np.zeros(5)}
    labels = np.array([0, 4, 2, 2])

    def loss(params: Any, x: Any, label: Any) -> Any:
        return -ad.log_softmax(x @ params["w"] + params["b"])[label]

    found = vmap(grad(loss), in_axes=(None, 0, 0))(params, X, labels)
    for name in params:
        loop = [grad(loss)(params, x, int(label))[name] for x, label in zip(X, labels, strict=True)]
        np.testing.assert_allclose(found[name], loop, rtol=1e-12, atol=1e-15)


def test_derivatives_by_what_the_function_reads_from_outside() -> None:
    w = Tensor(W)
    out = vmap(lambda v: ad.sum(ad.tanh(v @ w)))(X)
    (by_all,) = ad.gradients([ad.sum(out)], [w])
    np.testing.assert_allclose(by_all, grad(lambda w: ad.sum(ad.tanh(X @ w)))(W), rtol=1e-12)
    by_example = vmap(lambda v: ad.gradients(ad.sum(ad.tanh(v @ w)), w))(X)
    assert by_example.shape == (4, 3, 5)
    np.testing.assert_allclose(by_example.numpy().sum(0), by_all, rtol=1e-12)


def test_nodes_in_nodes_out_and_data_in_data_out() -> None:
    assert isinstance(vmap(row)(X), np.ndarray)
    assert isinstance(vmap(row)(Tensor(X)), Tensor)
    with ad.no_grad():
        assert vmap(row)(Tensor(X)).op is None


def test_a_value_counts_as_a_number_beside_float32() -> None:
    x = X.astype(np.float32)
    scale = Value(2.0)
    assert vmap(lambda v: v * scale)(x).dtype == np.float32
    assert vmap(lambda v: ad.mean(v) * scale + v)(x).dtype == np.float32


def test_unused_argument_has_zeros_beside_a_derivative_that_is_nan() -> None:
    def f(x: Any, y: Any) -> Any:
        return (np.sin(np.sqrt(x)) * np.sqrt(x)).sum()

    x, y = np.array([[0.0, 2.0], [1.0, 4.0]]), np.ones((2, 3))
    with np.errstate(all="ignore"):
        by_x, by_y = vmap(grad(f, (0, 1)))(x, y)
    assert np.isnan(by_x).tolist() == [[True, False], [False, False]]
    assert not by_y.any()


def test_zero_times_infinity_is_zero_in_a_derivative_as_in_a_loop() -> None:
    def f(x: Any) -> Any:
        return ad.where(x > 0.0, ad.sqrt(ad.where(x > 0.0, x, 0.0)), 0.0)

    x = np.array([4.0, 0.0, -1.0])
    np.testing.assert_array_equal(vmap(grad(f))(x), [grad(f)(v) for v in x.tolist()])


# Indices that differ from example to example


@pytest.mark.parametrize("batched", [(0, 0), (None, 0), (0, None)])
@pytest.mark.parametrize(
    "pick",
    [
        lambda x, i: x[i[0]],
        lambda x, i: x[i],
        lambda x, i: x[:, i],
        lambda x, i: x[..., i],
        lambda x, i: x[:, :, i[1]],
        lambda x, i: x[i, :, i],
        lambda x, i: x[None, i, 1:],
        lambda x, i: x[i[:, None], i],
        lambda x, i: x[:, [0, 1, 1], i],
        lambda x, i: ad.take(x, i, 1),
        lambda x, i: ad.scatter(x[0, 0, :2], i[:2], (4,)),
        lambda x, i: ad.scatter(x[:, :, :2], (slice(None), i[:2]), (2, 4, 2)),
    ],
)
def test_computed_indices(pick: Any, batched: Any) -> None:
    x = np.random.default_rng(2).normal(size=(SIZE, 2, 2, 3))
    i = np.random.default_rng(3).integers(0, 2, (SIZE, 3))
    args = [a if axis == 0 else a[0] for a, axis in zip((x, i), batched, strict=True)]

    def example(n: int) -> list[Any]:
        return [a[n] if axis == 0 else a for a, axis in zip(args, batched, strict=True)]

    def f(x: Any, i: Any) -> Any:
        return pick(ad.captured(x), i)

    same(vmap(f, in_axes=batched)(*args), [pick(*example(n)) for n in range(SIZE)])
    slope = grad(lambda x, i: ad.sum(ad.sin(f(x, i))))
    same(vmap(slope, in_axes=batched)(*args), [slope(*example(n)) for n in range(SIZE)])


def test_sorting_and_the_places_of_extremes() -> None:
    same(vmap(ad.sort)(X), [np.sort(v) for v in X])
    for f in (ad.argmax, ad.argmin, ad.argsort):
        same(vmap(f)(X), [f(v) for v in X])
        same(
            vmap(lambda m, f=f: f(m, axis=0))(X[None] * W[:2, :1, None]),
            [f(X * w, axis=0) for w in W[:2, 0]],
        )
    same(
        vmap(lambda m: ad.argmax(m))(X.reshape(2, 2, 3)), [np.argmax(m) for m in X.reshape(2, 2, 3)]
    )


# What goes one by one, and what cannot go together


def test_an_operation_without_a_rule_is_called_for_each_example() -> None:
    calls = []

    def kernel(x: Any) -> Any:
        calls.append(x.shape)
        return x * x[0]

    op = ad.custom_op(
        kernel, vjp=lambda g, out, x: g * x[0] + ad.scatter(ad.sum(g * x), 0, x.shape)
    )
    same(vmap(op)(X), [v * v[0] for v in X])
    assert set(calls) == {(3,)}
    slope = grad(lambda v: ad.sum(op(v) ** 2))
    same(vmap(slope)(X), [slope(v) for v in X])


def test_a_branch_that_all_examples_take_alike_is_taken() -> None:
    def f(v: Any) -> Any:
        return v * 2.0 if ad.sum(v) > 0 else -v

    np.testing.assert_array_equal(vmap(f)(np.abs(X)), np.abs(X) * 2.0)
    np.testing.assert_array_equal(vmap(f)(-np.abs(X)), np.abs(X))
    compiled = jit(vmap(f))
    np.testing.assert_array_equal(compiled(np.abs(X)), np.abs(X) * 2.0)
    with pytest.warns(ad.JitNotice, match="went the other way"):
        np.testing.assert_array_equal(compiled(-np.abs(X)), np.abs(X))


def test_a_branch_that_divides_the_batch_names_its_line() -> None:
    def f(v: Any) -> Any:
        if v[0] > 0:
            return v
        return -v

    with pytest.raises(JitError, match=r"if v\[0\] > 0.*go different ways.*where\(condition"):
        vmap(f)(X)
    same(vmap(lambda v: ad.where(v[0] > 0, v, -v))(X), [f(v) for v in X])


def test_determinants_of_regular_or_singular_matrices() -> None:
    regular = np.random.default_rng(5).normal(size=(3, 2, 2)) + 3 * np.eye(2)
    same(vmap(grad(ad.det))(regular), [grad(ad.det)(a) for a in regular])
    singular = np.stack([np.outer(v[:2], v[1:]) for v in X])
    same(vmap(grad(ad.det))(singular), [grad(ad.det)(a) for a in singular])


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda v: float(v[0]), r"float\(\) of a recorded value.*number of one example"),
        (lambda v: v.numpy(), r"\.numpy\(\) of a recorded value"),
        (lambda v: ad.sum(v).backward(), "backward"),
        (lambda v: [1.0, 2.0, 3.0][int(v[0])], "go different ways"),
        (lambda v: v + ad.sample(np.random.default_rng(0), lambda g: g.normal()), "random numbers"),
    ],
)
def test_what_would_be_that_of_one_example_is_refused(f: Any, message: str) -> None:
    with pytest.raises(JitError, match=message):
        vmap(f)(X * 10)


def test_what_observes_is_told_of_every_example() -> None:
    seen: list[Any] = []

    def f(v: Any) -> Any:
        ad.observe(lambda total: seen.append(float(total)), ad.sum(v))
        return v

    vmap(f)(X)
    np.testing.assert_allclose(seen, X.sum(1))
    seen.clear()
    compiled = jit(vmap(f))
    compiled(X)
    seen.clear()
    compiled(2 * X)
    np.testing.assert_allclose(seen, 2 * X.sum(1))


def test_state_may_be_set_to_what_is_the_same_for_all() -> None:
    class Counter:
        calls: Any = 0.0
        last: Any = None

    counter = Counter()

    def f(v: Any) -> Any:
        ad.assign(counter, "calls", counter.calls + 1.0)
        return v

    vmap(f)(X)
    assert counter.calls == 1.0
    with pytest.raises(JitError, match="last of a Counter cannot be set within vmap"):
        vmap(lambda v: ad.assign(counter, "last", v))(X)


def test_a_checkpointed_function() -> None:
    f = ad.checkpoint(lambda v: ad.sum(ad.tanh(v) * v))
    same(vmap(grad(f))(X), [grad(f)(v) for v in X])
    np.testing.assert_allclose(jit(grad(f))(X[0]), grad(f)(X[0]), rtol=1e-14)
