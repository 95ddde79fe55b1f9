"""The line of the fault is named in at least 19 of 20 programs as beginners write them."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import BroadcastWarning, GraphChangedError, NonFiniteError, debug, why
from tests.nn import drill

MISSED = {drill.a_column_less_a_row_of_two_axes}
"""It is listed in docs/limits.md."""


def marked_line(program: Callable[[], Any]) -> int:
    where: Any = drill.LogLayer if program is drill.fit_with_a_layer_of_logarithms else program
    lines, first = inspect.getsourcelines(where)
    (place,) = [place for place, line in enumerate(lines) if "# the fault" in line]
    return first + place


def complaint(program: Callable[[], Any]) -> str:
    """What debug, and why where it finds nothing, say of a program."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with debug():
                result = program()
        except (NonFiniteError, GraphChangedError) as error:
            return str(error)
    for warning in caught:
        if issubclass(warning.category, BroadcastWarning):
            return f"{Path(warning.filename).name}:{warning.lineno} {warning.message}"
    return repr(why(*result)) if isinstance(result, tuple) else ""


def names(text: str, line: int) -> bool:
    """Whether a text names a line of the drill, and that first."""
    _, found, rest = text.partition(f"{Path(drill.__file__).name}:")
    return bool(found) and rest.startswith(f"{line}") and not rest[len(f"{line}")].isdigit()


@pytest.mark.parametrize("program", drill.PROGRAMS, ids=lambda program: program.__name__)
def test_the_line_of_the_fault_is_named(program: Callable[[], Any]) -> None:
    text = complaint(program)
    assert names(text, marked_line(program)) is (program not in MISSED), text


def test_at_least_19_of_20_are_found() -> None:
    assert len(drill.PROGRAMS) == 20
    assert len(MISSED) <= 1


@pytest.mark.parametrize(
    "program",
    [p for p in drill.PROGRAMS if p is not drill.fit_with_a_layer_of_logarithms],
    ids=lambda program: program.__name__,
)
def test_without_help_the_fault_goes_unnoticed(program: Callable[[], Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program()  # no error


def test_fit_by_itself_names_the_line_too() -> None:
    program = drill.fit_with_a_layer_of_logarithms
    with pytest.raises(NonFiniteError) as caught, np.errstate(all="ignore"):
        program()
    assert names(str(caught.value), marked_line(program))


@pytest.mark.parametrize(
    "program",
    [
        drill.the_hidden_layer_as_plain_data,
        drill.a_scale_by_item,
        drill.the_math_module,
        drill.the_forward_pass_under_no_grad,
        drill.units_that_are_all_dead,
    ],
    ids=lambda program: program.__name__,
)
def test_outside_of_debug_the_reason_is_found_if_not_the_line(program: Callable[[], Any]) -> None:
    x, loss = program()
    answer = why(x, loss)
    assert answer.kind in ("apart", "cut", "dead")
    assert answer.lasting
