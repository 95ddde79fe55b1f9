"""Deep graphs: building, differentiating and freeing them never recurses."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import Tensor, Value, grad, gradients, jvp


@contextmanager
def without_collector() -> Iterator[None]:
    """No garbage collection inside, so that what is freed is freed by reference counting alone."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def chain(x: Any, length: int) -> Any:
    for _ in range(length // 2):
        x = x * 0.5 + 1.0
    return x


def test_a_chain_of_a_million_operations_is_differentiated_and_freed() -> None:
    with without_collector():
        a = Value(3.0)
        out = chain(a, 1_000_000)
        assert out.data == 2.0
        middle = out.parents[0]
        watched = weakref.ref(middle)
        out.backward()
        assert a.grad == 0.0  # 2 to the power of minus 500,000
        assert middle.grad == 1.0
        del out, middle
        assert watched() is None


def test_a_long_chain_keeps_the_slope_it_has() -> None:
    a = Value(1.0)
    out = a
    for _ in range(100_000):
        out = out + a
    out.backward()
    assert a.grad == 100_001.0
    assert gradients(out, a) == 100_001.0


@pytest.mark.parametrize("shape", [(), (2,)])
def test_a_long_chain_of_tensors(shape: tuple[int, ...]) -> None:
    with without_collector():
        x = Tensor(np.ones(shape))
        out = x
        for _ in range(50_000):
            out = out + x
        watched = weakref.ref(out.parents[0])
        out.sum().backward()
        np.testing.assert_array_equal(x.grad, np.full(shape, 50_001.0))
        del out
        assert watched() is None


def test_forward_mode_and_second_order_are_as_deep() -> None:
    depth = 5 * sys.getrecursionlimit()

    def f(x: Any) -> Any:
        for _ in range(depth):
            x = x + 0.0
        return x * x * x

    assert jvp(f, 2.0, 1.0) == (8.0, 12.0)
    assert grad(grad(f))(2.0) == 12.0


def test_an_inner_node_is_freed_as_soon_as_its_last_use_is() -> None:
    with without_collector():
        x = Tensor(np.ones(3))
        y = ad.exp(x)
        z = (y * 2.0).sum()
        watched = weakref.ref(y)
        del y
        assert watched() is not None
        del z
        assert watched() is None


@pytest.mark.parametrize(
    "make", [lambda: Value(0.3), lambda: Tensor(0.3), lambda: Tensor([0.3, 0.4])]
)
def test_reference_counting_alone_frees_a_graph_after_any_pass(make: Any) -> None:
    with without_collector():
        x = make()

        def middle_and_output() -> tuple[Any, Any]:
            middle = ad.tanh(x) * x
            return weakref.ref(middle), ad.sum(ad.exp(middle) + middle)

        for differentiate in (
            lambda out: None,
            lambda out: out.backward(),
            lambda out: gradients(out, x),
            lambda out: gradients(out, x, create_graph=True),
            lambda out: gradients(ad.sum(gradients(out, x, create_graph=True)), x),
        ):
            watched, out = middle_and_output()
            differentiate(out)
            del out
            assert watched() is None


@pytest.mark.parametrize(
    "transform",
    [
        lambda f: grad(f),
        lambda f: grad(lambda x: ad.sum(grad(f)(x))),
        lambda f: ad.hessian(f),
        lambda f: lambda x: jvp(f, x, np.ones(2)),
        lambda f: lambda x: ad.hvp(f, x, np.ones(2)),
    ],
)
@pytest.mark.eager
def test_transforms_leave_nothing_behind(transform: Any) -> None:
    watched = []

    def f(x: Any) -> Any:
        inside = ad.tanh(x) * x
        watched.append(weakref.ref(inside))
        return ad.sum(inside)

    with without_collector():
        result = transform(f)(np.array([0.3, 0.4]))
        assert watched
        assert all(reference() is None for reference in watched)
        del result


def test_an_exception_in_a_rule_leaves_recording_as_it_was() -> None:
    def fail(g: Any, out: Any, x: Any) -> Any:
        raise RuntimeError("in the rule")

    bad = ad.custom_op(lambda x: x * 1.0, vjp=fail, name="bad")
    x = Tensor([1.0])
    with pytest.raises(RuntimeError, match="in the rule"):
        bad(x).sum().backward()
    assert (x * 2).parents == (x,)
    (x * 2).sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0])


def test_a_second_backward_doubles_the_leaves_only() -> None:
    a = Value(0.5)
    nodes = [a]
    for _ in range(100):
        nodes.append(ad.sin(nodes[-1]) * 1.1)
    nodes[-1].backward()
    once = [node.grad for node in nodes]
    nodes[-1].backward()
    assert nodes[0].grad == 2 * once[0]
    assert [node.grad for node in nodes[1:]] == once[1:]
