"""Loops as functions: `scan`, `fori_loop` and `while_loop`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import (
    Tensor,
    Value,
    check_grads,
    fori_loop,
    grad,
    jacobian,
    jit,
    jvp,
    scan,
    tanh,
    value_and_grad,
    vmap,
    while_loop,
)
from autograd.trees import flatten

W = np.array([[0.5, -0.3], [0.2, 0.7]])
X = np.linspace(-1.0, 1.0, 10).reshape(5, 2)


def recurrent(w: Any, x: Any, **how: Any) -> Any:
    """The states of a recurrent network, by `scan`."""

    def step(h: Any, row: Any) -> Any:
        h = tanh(w @ h + row)
        return h, {"state": h, "norm": (h * h).sum()}

    return scan(step, np.zeros(2), x, **how)


def written_out(w: Any, x: Any, reverse: bool = False) -> Any:
    h, states = np.zeros(2), []
    for t in reversed(range(5)) if reverse else range(5):
        h = tanh(w @ h + x[t])
        states.append(h)
    states = states[::-1] if reverse else states
    return h, {"state": ad.stack(states), "norm": ad.stack([(h * h).sum() for h in states])}


def same(a: Any, b: Any) -> bool:
    pairs = zip(flatten(a)[0], flatten(b)[0], strict=True)
    return all(np.allclose(x, y, rtol=1e-12, atol=1e-14) for x, y in pairs)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("checkpoint", [False, True, 2, 100])
def test_scan_is_a_loop_whose_results_are_stacked(reverse: bool, checkpoint: Any) -> None:
    how = {"reverse": reverse, "checkpoint": checkpoint}
    expected = written_out(W, X, reverse)
    assert same(recurrent(W, X, **how), expected)
    assert same(jit(lambda w, x: recurrent(w, x, **how))(W, X), expected)

    def loss(run: Any) -> Any:
        def total(w: Any, x: Any) -> Any:
            h, ys = run(w, x)
            return h.sum() + (ys["state"] ** 2).sum() + (ys["norm"] * np.arange(5.0)).sum()

        return value_and_grad(total, (0, 1))

    expected = loss(lambda w, x: written_out(w, x, reverse))(W, X)
    assert same(loss(lambda w, x: recurrent(w, x, **how))(W, X), expected)
    assert same(jit(loss(lambda w, x: recurrent(w, x, **how)))(W, X), expected)


@pytest.mark.parametrize("checkpoint", [False, 2])
def test_scans_have_derivatives_of_any_order_in_both_modes(checkpoint: Any) -> None:
    def f(w: Any) -> Any:
        return scan(lambda c, x: (tanh(w * c + x), c * c), 0.3, X[:, 0], checkpoint=checkpoint)[0]

    check_grads(f, 0.7, order=3)


def test_scan_carries_containers_and_values() -> None:
    def fibonacci(carry: Any, x: None) -> Any:
        return {"last": carry["sum"], "sum": carry["sum"] + carry["last"]}, (carry["sum"], None)

    a = Value(1.0)
    carry, (ys, nothing) = scan(fibonacci, {"last": a, "sum": a}, length=5)
    assert nothing is None
    assert ys.data.tolist() == [1.0, 2.0, 3.0, 5.0, 8.0]
    assert ad.gradients(carry["sum"], a) == 13.0


def test_scan_of_no_steps_gives_empty_results() -> None:
    carry, ys = scan(lambda c, x: (c + x.sum(), {"y": x * 2.0}), 1.5, np.zeros((0, 3)))
    assert carry == 1.5
    assert ys["y"].shape == (0, 3)


def test_rows_of_a_long_tensor_have_one_gradient() -> None:
    xs = Tensor(np.linspace(0.0, 1.0, 1000))
    total, _ = scan(lambda c, x: (c + x * x, None), 0.0, xs)
    total.backward()
    assert np.allclose(xs.grad, 2 * xs.data)


@pytest.mark.parametrize("checkpoint", [False, True, 3])
def test_fori_loop_counts(checkpoint: Any) -> None:
    def power(x: Any) -> Any:
        return fori_loop(2, 9, lambda i, y: y * x + i, 1.0, checkpoint=checkpoint)

    def expected(x: Any) -> Any:
        y = 1.0
        for i in range(2, 9):
            y = y * x + i
        return y

    for f in (power, grad(power), grad(grad(power)), jit(grad(power))):
        g = {power: expected}.get(f)
        if g is None:
            g = grad(grad(expected)) if f.__name__ == grad(grad(power)).__name__ else grad(expected)
        assert np.allclose(f(1.1), g(1.1), rtol=1e-12)
    assert fori_loop(3, 3, lambda i, y: y + i, 7.0) == 7.0


def root(x: Any) -> Any:
    return while_loop(lambda y: abs(y * y - x) > 1e-13, lambda y: 0.5 * (y + x / y), x)


def test_while_loop_is_differentiated_forwards_and_in_reverse() -> None:
    for x in (2.0, 9.0):
        assert np.allclose(root(x), x**0.5)
        assert np.allclose(grad(root)(x), 0.5 * x**-0.5)
        assert np.allclose(grad(grad(root))(x), -0.25 * x**-1.5)
        assert np.allclose(jvp(root, (x,), (1.0,))[1], 0.5 * x**-0.5)


def test_compiled_while_loops_take_as_many_steps_as_the_numbers_need() -> None:
    compiled = jit(value_and_grad(root), notices=False)
    for x in (2.0, 1e6, 1e-3, 4.0, 1e6, 2.0):
        assert compiled(x) == value_and_grad(root)(x)


def test_loops_are_batched() -> None:
    def f(x: Any) -> Any:
        return scan(lambda c, row: (tanh(c + row), c), 0.0, x)[0]

    xs = np.linspace(-1.0, 1.0, 12).reshape(3, 4)
    assert np.allclose(vmap(f)(xs), [f(x) for x in xs])
    assert np.allclose(jacobian(vmap(f))(xs), jacobian(lambda xs: ad.stack([*map(f, xs)]))(xs))


def test_scans_of_many_steps_compile_to_short_programs() -> None:
    def f(w: Any, x: Any) -> Any:
        return scan(lambda c, row: (tanh(w * c + row), c * row), 0.1, x)[1].sum()

    x = np.linspace(-1.0, 1.0, 300)
    compiled = jit(value_and_grad(f, (0, 1)))
    assert len(compiled.source(0.5, x).splitlines()) < 200
    assert same(compiled(0.5, x), value_and_grad(f, (0, 1))(0.5, x))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: scan(lambda c, x: (c, x), 0.0, {"a": np.ones(3), "b": np.ones(2)}), "are 2, 3"),
        (lambda: scan(lambda c, x: (c, x), 0.0, np.ones(3), length=4), "are 3, 4"),
        (lambda: scan(lambda c, x: (c, x), 0.0), "none of them is given"),
        (lambda: scan(lambda c, x: (c, x), 0.0, [1.0, 2.0]), "no first axis"),
        (lambda: scan(lambda c, x: (x, x), 0.0, np.ones((3, 2))), "keep its structure and shapes"),
        (lambda: fori_loop(0, 2, lambda i, c: (c, c), 0.0), "keep its structure and shapes"),
        (lambda: while_loop(lambda c: True, lambda c: [c], 0.0), "keep its structure and shapes"),
        (lambda: scan(lambda c, x: (c, x), 0.0, np.ones(3), checkpoint=-1), "must be positive"),
    ],
)
def test_what_is_no_loop_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
