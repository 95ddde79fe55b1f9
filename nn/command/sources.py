"""The data that ``--data`` names: data sets and the user's files."""

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
EXAMPLES_IN_PLANE = (1000, 500)  # for training and for the test
DIGITS = tuple("0123456789")


class Source(NamedTuple):
    """Training and test examples. ``classes`` are the names of the classes, empty for values.

    ``y`` is class numbers (n,) int64, or values (n, outputs) float32. ``test`` is None if there is
    no test set. ``raw`` says that the inputs need to be standardised.
    """

    name: str
    train: Examples
    test: Examples | None
    classes: tuple[str, ...]
    raw: bool


def is_file(data: str) -> bool:
    """Whether ``--data`` is a file, by its ending."""
    return Path(data).suffix.lower() in (".npz", ".csv")


def load_source(data: str, *, values: bool | None, test: float) -> Source:
    """Load the training and test examples.

    ``values`` says whether the loss is for values (True) or for classes (False); with None the
    targets decide. If the data have no test set, a fraction ``test`` of the examples becomes one:
    always the same examples, and for classes the same fraction of each.
    """
    if is_file(data):
        x, y, classes = load_table(data)
        if values is None:
            values = y.dtype.kind == "f" and not _one_hot(y)
        if not values:
            y = _class_numbers(data, y)
            classes = classes or _number_names(data, y)
        elif classes:
            raise CommandError(f"{data} has words as targets, but --loss is for values")
        else:
            y = _as_values(y)
        return _split_off_test(Path(data).name, Examples(x, y), classes, test, raw=True)
    if values:
        raise CommandError(f"--data {data} has classes, but --loss is for values")
    if data == "digits":
        return _split_off_test(data, datasets.digits(), DIGITS, test, raw=False)
    if data == "mnist":
        return Source(data, *datasets.mnist(), DIGITS, raw=False)
    train, test_set = (PLANE[data](n, rng=rng) for rng, n in enumerate(EXAMPLES_IN_PLANE))
    return Source(data, train, test_set, ("0", "1"), raw=False)


def load_examples(data: str, classes: tuple[str, ...] | None) -> Examples:
    """Load the examples to evaluate a model of these classes on: a test set, or a whole file.

    For ``digits`` it is the test set of ``train`` with default options. ``classes`` is empty for a
    model of values, and None for a model that does not name its classes.
    """
    if not is_file(data):
        if classes == ():
            raise CommandError(f"{data} has classes, but the outputs of the model are values")
        source = load_source(data, values=None, test=0.2)
        assert source.test is not None
        return source.test
    words = bool(classes) and classes != tuple(map(str, range(len(classes or ()))))
    x, y, names = load_table(data, classes=classes if words else None)
    if names and not words:
        raise CommandError(
            f"{data} has classes with names, such as {names[0]!r}, but the model has none"
        )
    if words and not names:
        raise CommandError(
            f"{data} has numbers as targets, but the model has classes {', '.join(classes or ())}"
        )
    if classes or (classes is None and (y.dtype.kind != "f" or _one_hot(y))):
        return Examples(x, _class_numbers(data, y))
    return Examples(x, _as_values(y))


def checked_classes(data: str, y: Array, classes: int | None) -> Array:
    """``class_numbers`` with the name of the data in the error."""
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
            f"{data}: the targets are not whole numbers, words or one-hot rows, so they are not "
            f"classes"
        )
    return checked_classes(data, y, None)


def _number_names(data: str, y: Array) -> tuple[str, ...]:
    """The names of numbered classes; an error if there are too many for the examples."""
    count = int(y.max()) + 1
    if 2 * count > len(y):
        raise CommandError(
            f"{data}: label {count - 1} at index {int(y.argmax())} is out of range: it would mean "
            f"{count:,} classes for {len(y):,} examples, since classes are numbered 0, 1, 2, ...; "
            f"for values use --loss mse or mae"
        )
    return tuple(map(str, range(count)))


def _as_values(y: Array) -> Array:
    return y.reshape(len(y), -1).astype(np.float32)


def _split_off_test(
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
    """``train_test_split``, by class if there are classes; errors name the ``option``."""
    try:
        return train_test_split(
            *examples, test=float(share), rng=rng, stratify=examples.y if classes else None
        )
    except ValueError as error:
        raise CommandError(
            f"{option} {share:g} cannot be split off {len(examples.x)} examples"
            f"{f' of {len(classes)} classes' if classes else ''}: each side, and each class, must "
            f"keep at least one"
        ) from error
