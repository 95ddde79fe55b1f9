"""The data that ``--data`` names: data sets and the user's files."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nn import datasets
from nn.command.errors import CommandError
from nn.data import Array, DataError, Examples, class_numbers, listed, shown, train_test_split
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


def reading(options: Namespace) -> dict[str, Any]:
    """The keywords of ``load_table`` that say how a file is to be read."""
    return {
        "separator": options.separator,
        "decimal": options.decimal,
        "header": options.header,
        "memory_limit": options.memory_limit * 1_000_000,
    }


def load_source(data: str, *, values: bool | None, test: float, **reading: Any) -> Source:
    """Load the training and test examples.

    Whole numbers as labels are classes by their value: 1, 2 and 3 are three classes, -1 and 1 are
    two.

    ``values`` says whether the loss is for values (True) or for classes (False); with None the
    targets decide. If the data have no test set, a fraction ``test`` of the examples becomes one:
    always the same examples, and for classes the same fraction of each.
    """
    if is_file(data):
        x, y, classes = load_table(data, **reading)
        if values is None:
            values = y.dtype.kind == "f" and not _one_hot(y)
        if values and classes:
            raise CommandError(f"{data} has words as targets, but --loss is for values")
        if values:
            y = _as_values(y)
        elif not classes:
            y, classes = _numbered(data, y)
        return _split_off_test(Path(data).name, Examples(x, y), classes, test, raw=True)
    if values:
        raise CommandError(f"--data {data} has classes, but --loss is for values")
    if data == "digits":
        return _split_off_test(data, datasets.digits(), DIGITS, test, raw=False)
    if data == "mnist":
        return Source(data, *datasets.mnist(), DIGITS, raw=False)
    train, test_set = (PLANE[data](n, rng=rng) for rng, n in enumerate(EXAMPLES_IN_PLANE))
    return Source(data, train, test_set, ("0", "1"), raw=False)


def load_examples(data: str, classes: tuple[str, ...] | None, **reading: Any) -> Examples:
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
    numbers = {int(name): i for i, name in enumerate(classes or ()) if _is_whole(name)}
    words = len(numbers) < len(classes or ())
    x, y, names = load_table(data, classes=classes if words else None, **reading)
    if names and not words:
        raise CommandError(
            f"{data} has classes with names, such as {shown(names[0])}, but the model has none"
        )
    if words and not names:
        raise CommandError(
            f"{data} has numbers as targets, but the model has classes {listed(classes or ())}"
        )
    if words:
        return Examples(x, y)
    if classes:
        labels = _labels(data, y)
        unknown = np.flatnonzero(~np.isin(labels, list(numbers)))
        if len(unknown):
            raise CommandError(
                f"{data}: label {labels[unknown[0]]} at index {unknown[0]} is none of the classes "
                f"{listed(classes)}"
            )
        return Examples(x, np.array([numbers[label] for label in labels.tolist()]))
    if classes is None and (y.dtype.kind != "f" or _one_hot(y)):
        return Examples(x, _labels(data, y))
    return Examples(x, _as_values(y))


def checked_classes(data: str, y: Array, classes: int | None) -> Array:
    """``class_numbers`` with the name of the data in the error."""
    try:
        return class_numbers(y, classes)
    except DataError as error:
        raise CommandError(f"{data}: {error}") from error


def _one_hot(y: Array) -> bool:
    return y.ndim == 2 and bool(np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all())


def _is_whole(name: str) -> bool:
    return name.removeprefix("-").isdecimal()


def _labels(data: str, y: Array) -> Array:
    """Whole numbers (n,), of one-hot rows or as they are."""
    if _one_hot(y):
        y = y.argmax(axis=1)
    if y.dtype.kind == "f":
        raise CommandError(
            f"{data}: the targets are not whole numbers, words or one-hot rows, so they are not "
            f"classes"
        )
    return y


def _numbered(data: str, y: Array) -> tuple[Array, tuple[str, ...]]:
    """Class numbers 0, 1, ... for labels that are whole numbers, and the labels as names.

    One-hot rows have a class for each column. Otherwise classes are the labels that occur; an error
    if they are too many for the examples.
    """
    if _one_hot(y):
        return _labels(data, y), tuple(map(str, range(y.shape[1])))
    found, numbers = np.unique(_labels(data, y), return_inverse=True)
    if 2 * len(found) > len(y):
        raise CommandError(
            f"{data}: {len(found):,} different labels, from {found[0]} to {found[-1]}, are too "
            f"many for {len(y):,} examples; for values use --loss mse or mae"
        )
    return numbers.reshape(-1), tuple(map(str, found.tolist()))


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
