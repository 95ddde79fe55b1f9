"""The numbers of entries in keys, as in `x[3]`, apart from what else the keys say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

Key: TypeAlias = tuple[Any, ...]


class _Entry:
    """Stands in a key for a number."""


ENTRY: Final = _Entry()


def is_moving(part: Any) -> bool:
    """Whether a part of a key stands for numbers."""
    return part is ENTRY or (isinstance(part, slice) and part.start is ENTRY)


def without_numbers(key: Any, shape: Sequence[int]) -> tuple[Any, list[int]]:
    """A key of an array with `ENTRY` for its numbers, also for those of slices, and the numbers.

    None are left out where there are more than two, or where axes are not those of the array.
    """
    parts: list[Any] = []
    numbers: list[int] = []
    for axis, part in enumerate(key if isinstance(key, tuple) else (key,)):
        if isinstance(part, int) and not isinstance(part, bool):
            parts.append(ENTRY)
            numbers.append(part % shape[axis])
        elif not isinstance(part, slice):
            return key, []
        elif part.step is None and None not in (part.start, part.stop) and part.start >= 0:
            parts.append(slice(ENTRY, ENTRY))
            numbers += [part.start, part.stop]
        else:
            parts.append(part)
    return (tuple(parts), numbers) if len(numbers) <= 2 else (key, [])


def with_numbers(key: Key, numbers: Sequence[Any]) -> Key:
    """The key in which these numbers are, or slices in their place."""
    left = iter(numbers)
    parts = []
    for part in key:
        if part is ENTRY:
            part = next(left)
        elif is_moving(part):
            part = slice(next(left), next(left))
        parts.append(part)
    return tuple(parts)
