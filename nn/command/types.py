"""The kinds of values that the options of the command take."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from nn.command.sources import NAMES, is_file
from nn.tables.table import OTHER_FILES


def data(text: str) -> str:
    """The name of a data set, a file, or a folder of images."""
    if text not in NAMES and not is_file(text) and not Path(text).is_dir():
        advice = f"; {OTHER_FILES}" if Path(text).is_file() else ""
        raise argparse.ArgumentTypeError(
            f"{text!r} is none of {', '.join(NAMES)}, not a .csv, .tsv, .parquet or .npz file, and "
            f"not a folder of images{advice}"
        )
    return text


def sizes(text: str) -> tuple[int, ...]:
    """Units in each hidden layer."""
    if text in ("0", "none", ""):
        return ()
    try:
        units = tuple(int(size) for size in text.split(","))
    except ValueError:
        units = ()
    if not units or min(units) < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not the number of units in each hidden layer, such as 30 or 100,50; "
            f"0 is for none"
        )
    return units


def names(text: str) -> tuple[str, ...]:
    """Names that are separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def size(text: str) -> tuple[int, int]:
    """The height and width of an image, from WIDTHxHEIGHT."""
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) * int(height)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size in pixels, such as 28x28")
    return int(height), int(width)


def _number(
    kind: Callable[[str], float], description: str, is_valid: Callable[[float], bool]
) -> Callable[[str], float]:
    """A type for argparse: numbers of one kind that are valid."""

    def convert(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            number = float("nan")
        if not is_valid(number):
            raise argparse.ArgumentTypeError(f"{text!r} is not {description}")
        return number

    return convert


count: Callable[[str], float] = _number(int, "a whole number, 1 or more", lambda n: n >= 1)
seed: Callable[[str], float] = _number(int, "a whole number, 0 or more", lambda n: n >= 0)
positive: Callable[[str], float] = _number(
    float, "a number above 0", lambda x: 0 < x < float("inf")
)
not_negative: Callable[[str], float] = _number(
    float, "a number, 0 or more", lambda x: 0 <= x < float("inf")
)
share: Callable[[str], float] = _number(float, "a share, from 0 to below 1", lambda x: 0 <= x < 1)
