"""Recording is switched on and off for each thread and task by itself."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import autograd as ad
from autograd import Tensor, Value, no_grad


def test_no_grad_in_one_thread_does_not_stop_another() -> None:
    x = Value(3.0)
    inside, may_leave = threading.Event(), threading.Event()
    parents = []

    def without() -> None:
        with no_grad():
            inside.set()
            may_leave.wait(10)
            parents.append((x * x).parents)

    thread = threading.Thread(target=without)
    thread.start()
    assert inside.wait(10)
    y = x * x
    assert y.parents == (x, x)
    may_leave.set()
    thread.join(10)
    assert parents == [()]
    y.backward()
    assert x.grad == 6.0


def test_a_new_thread_records_whatever_the_one_that_started_it_does() -> None:
    x = Value(3.0)
    parents = []
    with no_grad():
        thread = threading.Thread(target=lambda: parents.append((x * x).parents))
        thread.start()
        thread.join(10)
        assert (x * x).parents == ()
    assert parents == [(x, x)]


def test_tasks_have_a_switch_of_their_own() -> None:
    x = Value(3.0)

    async def without(entered: asyncio.Event, leave: asyncio.Event) -> int:
        with no_grad():
            entered.set()
            await leave.wait()
            return len((x * x).parents)

    async def both() -> tuple[int, int]:
        entered, leave = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(without(entered, leave))
        await entered.wait()
        here = len((x * x).parents)
        leave.set()
        return here, await task

    assert asyncio.run(both()) == (2, 0)


def test_threads_differentiate_side_by_side() -> None:
    def gradient(seed: int) -> object:
        x = np.random.default_rng(seed).standard_normal((20, 20))
        return ad.grad(lambda x: ad.sum(ad.tanh(x @ x) * ad.sqrt(ad.relu(x))))(x)

    expected = [gradient(seed) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(gradient, range(8)))
    for left, right in zip(found, expected, strict=True):
        np.testing.assert_array_equal(left, right)


def test_no_grad_nests_and_ends_with_its_block_also_after_an_error() -> None:
    x = Tensor([1.0])
    with no_grad():
        with no_grad():
            assert (x * 2).parents == ()
        assert (x * 2).parents == ()
    assert (x * 2).parents == (x,)

    def fail() -> None:
        with no_grad():
            raise KeyError("inside")

    with pytest.raises(KeyError):
        fail()
    assert (x * 2).parents == (x,)


def test_no_grad_gives_the_same_numbers_and_kinds() -> None:
    a, x = Value(2.0), Tensor([1.0, 2.0])
    for f in (lambda: a * 3, lambda: 3 - a, lambda: ad.exp(a), lambda: a * x, lambda: x.sum()):
        recorded = f()
        with no_grad():
            free = f()
        assert type(free) is type(recorded)
        np.testing.assert_array_equal(free.data, recorded.data)
        assert free.op is None
