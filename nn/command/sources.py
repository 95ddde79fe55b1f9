"""The data that ``--data`` names: sets with a name, and the user's own files.

Files are read by ``nn.tables``, sets made or fetched by ``nn.datasets``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nn import datasets
from nn.command.errors import CommandError
from nn.data import Array, DataError, Examples, class_numbers, train_test_split
from nn.tables import load_table

PLANE: dict[str, Callable[..., Examples]] = {
    "moons": datasets.moons,
    "circles": datasets.circles,
    "spirals": datasets.spirals,
}
NAMES = ("digits", "mnist", *PLANE)
EXAMPLES_IN_PLANE = (1000, 500)  # to train on, and for the test
DIGITS = tuple("0123456789")


class Source(NamedTuple):
    """Data to learn from. ``classes`` are names, none of them where values are to be learned.

    ``y`` is (n,) int64 class numbers, or (n, outputs) float32 values. ``test`` is None where
    nothing was set apart. ``raw`` says that the inputs are in units of their own, to be scaled.
    """

    name: str
    train: Examples
    test: Examples | None
    classes: tuple[str, ...]
    raw: bool


def is_file(data: str) -> bool:
    """Whether ``--data`` is a file, which its ending tells."""
    return Path(data).suffix.lower() in (".npz", ".csv")


def load_source(data: str, *, values: bool | None, test: float) -> Source:
    """What to train on, and what to test with.

    ``values`` is whether the loss is one for values (True) or for classes (False); None lets the
    targets decide. Of data without a test set of its own a share ``test`` is set apart, always the
    same examples, and for classes the same share of each.
    """
    if is_file(data):
        x, y, classes = load_table(data)
        if values is None:
            values = y.dtype.kind == "f" and not _one_hot(y)
        if not values:
            y = _class_numbers(data, y)
            classes = classes or _numbered(data, y)
        elif classes:
            raise CommandError(f"{data} has targets in words, and --loss is one for values")
        else:
            y = _as_values(y)
        return _set_apart(Path(data).name, Examples(x, y), classes, test, raw=True)
    if values:
        raise CommandError(f"--data {data} holds classes, and --loss is one for values")
    if data == "digits":
        return _set_apart(data, datasets.digits(), DIGITS, test, raw=False)
    if data == "mnist":
        return Source(data, *datasets.mnist(), DIGITS, raw=False)
    train, test_set = (PLANE[data](n, rng=rng) for rng, n in enumerate(EXAMPLES_IN_PLANE))
    return Source(data, train, test_set, ("0", "1"), raw=False)


def load_examples(data: str, classes: tuple[str, ...] | None) -> Examples:
    """What to evaluate a model of these classes on: the test set, or all of a file.

    Of ``digits`` it is the part that ``train`` sets apart unless told otherwise. ``classes`` is
    empty for a model of values, and None for one that does not name its classes.
    """
    if not is_file(data):
        if classes == ():
            raise CommandError(f"{data} holds classes, and the model gives values")
        source = load_source(data, values=None, test=0.2)
        assert source.test is not None
        return source.test
    words = bool(classes) and classes != tuple(map(str, range(len(classes or ()))))
    x, y, named = load_table(data, classes=classes if words else None)
    if named and not words:
        raise CommandError(f"{data} names classes, such as {named[0]!r}, and the model does not")
    if words and not named:
        raise CommandError(
            f"{data} holds numbers as targets, and the model the classes {', '.join(classes or ())}"
        )
    if classes or (classes is None and (y.dtype.kind != "f" or _one_hot(y))):
        return Examples(x, _class_numbers(data, y))
    return Examples(x, _as_values(y))


def checked(data: str, y: Array, classes: int | None) -> Array:
    """``class_numbers``, with the name of the data in the error."""
    try:
        return class_numbers(y, classes)
    except DataError as error:
        raise CommandError(f"{data}: {error}") from error


def _one_hot(y: Array) -> bool:
    return y.ndim == 2 and bool(np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all())


def _class_numbers(data: str, y: Array) -> Array:
    if _one_hot(y):
        y = y.argmax(axis=1)
    if y.dtype.kind == "f":
        raise CommandError(
            f"{data}: the targets are not whole numbers, words or one-hot rows, so they name no "
            f"classes"
        )
    return checked(data, y, None)


def _numbered(data: str, y: Array) -> tuple[str, ...]:
    """The names of numbered classes, of which a file of examples must have some of each."""
    count = int(y.max()) + 1
    if 2 * count > len(y):
        raise CommandError(
            f"{data}: label {count - 1} at index {int(y.argmax())} is out of range, for it makes "
            f"{count:,} classes of {len(y):,} examples, and classes are numbered 0, 1, 2, ...; "
            f"for values choose --loss mse or mae"
        )
    return tuple(map(str, range(count)))


def _as_values(y: Array) -> Array:
    return y.reshape(len(y), -1).astype(np.float32)


def _set_apart(
    name: str, examples: Examples, classes: tuple[str, ...], test: float, *, raw: bool
) -> Source:
    if test == 0:
        return Source(name, examples, None, classes, raw)
    x, test_x, y, test_y = split(examples, classes, test, rng=0, option="--test")
    return Source(name, Examples(x, y), Examples(test_x, test_y), classes, raw)


def split(
    examples: Examples,
    classes: tuple[str, ...],
    share: float,
    *,
    rng: int | np.random.Generator,
    option: str,
) -> tuple[Array, ...]:
    """``train_test_split``, by class where there are classes; the option is named in errors."""
    try:
        return train_test_split(
            *examples, test=float(share), rng=rng, stratify=examples.y if classes else None
        )
    except ValueError as error:
        raise CommandError(
            f"{option} {share:g} cannot be set apart from {len(examples.x)} examples"
            f"{f' of {len(classes)} classes' if classes else ''}: each side, and each class, must "
            f"keep at least one"
        ) from error
