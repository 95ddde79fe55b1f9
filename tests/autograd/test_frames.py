"""`array[i] = node` is refused, also on a Python whose frames or instructions nobody knows."""

from __future__ import annotations

import dis
import math
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from autograd import LineLog, Tensor, Value, debug, draw
from autograd.frames import knows_stores


def without_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(sys, "_getframe")


def renamed(instruction: str, name: str) -> list[str]:
    return [name if known == instruction else known for known in dis.opname]


def with_another_instruction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dis, "opname", renamed("STORE_SUBSCR", "STORE_ELEMENT"))


def with_a_call_that_looks_like_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dis, "opname", renamed("CALL", "STORE_SUBSCR"))


@pytest.fixture(
    params=[without_frames, with_another_instruction, with_a_call_that_looks_like_a_store]
)
def unknown_python(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    disguise: Callable[[pytest.MonkeyPatch], None] = request.param
    with monkeypatch.context() as patches:
        disguise(patches)
        knows_stores.cache_clear()
        yield
    knows_stores.cache_clear()


def store(x: Any) -> None:
    np.zeros(2)[0] = x


def store_in_a_slice(x: Any) -> None:
    np.zeros(2)[0:1] = x


def store_in_place(x: Any) -> None:
    array = np.zeros(2)
    array[1] += x


@pytest.mark.parametrize("x", [Value(2.0), Tensor([2.0]), Tensor(2.0)])
@pytest.mark.parametrize("write", [store, store_in_a_slice, store_in_place])
def test_a_node_is_not_put_into_a_plain_array(write: Callable[[Any], None], x: Any) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        write(x)
    error = caught.value.__cause__ or caught.value  # NumPy has words of its own for an array's
    assert "plain array" in str(error)


def test_a_float_of_a_node_is_a_number_where_instructions_are_known() -> None:
    assert knows_stores()
    assert float(Value(2.0)) == math.sqrt(Value(4.0)) == 2.0


@pytest.mark.usefixtures("unknown_python")
def test_an_unknown_python_refuses_what_might_be_a_cut() -> None:
    x = Value(2.0)
    for write in (store, float, math.sqrt):
        with pytest.raises(TypeError, match=r"cut x out of the graph|plain array"):
            write(x)
    assert x.item() == 2.0


def test_without_frames_lines_and_names_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    x = Value(2.0)
    with monkeypatch.context() as patches:
        without_frames(patches)
        with LineLog() as log:
            y = x * 3.0
        with debug():
            z = y * 3.0
        picture = draw(z)
    assert log.user_line_of(z) is None
    assert picture.nodes == 3
