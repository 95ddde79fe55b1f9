"""Dates in the cells of a table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nn.data import DataError

DateOrder: TypeAlias = Literal["iso", "day-first", "month-first"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[-+]\d\d:?\d\d)?)?")
_NUMBERS = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?")


def looks_like_date(cell: str) -> bool:
    """Whether a cell is written as a date: 2024-12-31, 31.12.2024 or 12/31/2024, or with a time.

    >>> [looks_like_date(cell) for cell in ("2024-12-31 08:00", "31.12.2024", "3.12", "May")]
    [True, True, False, False]
    """
    return bool(_ISO.fullmatch(cell) or _NUMBERS.fullmatch(cell))


def date_order(cells: Iterable[str], told: DateOrder | None, where: str) -> DateOrder:
    """Return the order of day, month and year in dates.

    Raises ``DataError`` if day and month cannot be told apart: no number of a day is above 12.
    """
    numbers = [match for cell in cells if (match := _NUMBERS.fullmatch(cell))]
    if not numbers:
        return "iso"
    if told in ("day-first", "month-first"):
        return told
    first = max(numbers, key=lambda match: int(match[1]))
    second = max(numbers, key=lambda match: int(match[3]))
    if int(first[1]) > 12 >= int(second[3]):
        return "day-first"
    if int(second[3]) > 12 >= int(first[1]):
        return "month-first"
    both = f"{first[0]!r} and {second[0]!r}" if int(first[1]) > 12 else repr(first[0])
    raise DataError(
        f"{where}: in the dates, such as {both}, day and month could each be first; "
        "dates='day-first' or 'month-first' (--dates) decides"
    )


def days(cell: str, order: DateOrder) -> float:
    """Return the days since 1970-01-01, with the time as a fraction; ``ValueError`` for no date.

    >>> days("31.12.1970 12:00", "day-first"), days("1970-01-02", "iso")
    (364.5, 1.0)
    """
    match = _NUMBERS.fullmatch(cell)
    if match:
        if order == "iso":
            raise ValueError(f"{cell!r} is no date in the order year, month, day")
        first, second = int(match[1]), int(match[3])
        day, month = (first, second) if order == "day-first" else (second, first)
        hour, minute, second_of_minute = (int(part or 0) for part in match.group(5, 6, 7))
        time = datetime(int(match[4]), month, day, hour, minute, second_of_minute, tzinfo=UTC)
    elif _ISO.fullmatch(cell):
        date, _, clock = cell.replace("T", " ").partition(" ")
        year, month_text, day_text = date.split("-")
        iso = f"{year}-{int(month_text):02}-{int(day_text):02}"
        if clock:
            iso += f"T{clock.rjust(len(clock) + (clock.find(':') == 1), '0')}"
        time = datetime.fromisoformat(iso)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time
    else:
        raise ValueError(f"{cell!r} is no date")
    return (time - EPOCH).total_seconds() / 86400


def cycles(
    days_since_1970: NDArray[np.float64], with_time: bool
) -> list[tuple[str, NDArray[np.float64]]]:
    """Return where each date is in the year and in the week, and if asked in the day.

    A place in a cycle is a point on a circle, so that December is next to January.
    """
    turns = [("year", days_since_1970 / 365.2425), ("week", (days_since_1970 + 3) / 7)]
    turns += [("day", days_since_1970)] if with_time else []
    return [
        (f"{name} {function.__name__}", function(2 * np.pi * (turn % 1)))
        for name, turn in turns
        for function in (np.sin, np.cos)
    ]
