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
from nn.data import Array, Examples, class_numbers, train_test_split
from nn.tables import load_table

PLANE: dict[str, Callable[..., Examples]] = {
    "moons": datasets.moons,
    "circles": datasets.circles,
    "spirals": datasets.spirals,
}
NAMES = ("digits", "mnist", *PLANE)
EXAMPLES_IN_PLANE = {"train": 1000, "test": 500}
MOST_CLASSES = 1000


class Source(NamedTuple):
    """Data to learn from. ``classes`` are names, none of them where values are to be learned.

    ``y`` is (n,) int64 class numbers, or (n, outputs) float32 values. ``test`` is empty where
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
        x, y, names = load_table(data)
        y, classes = _targets(data, y, names, values)
        source = _set_apart(Path(data).name, Examples(x, y), classes, test, raw=True)
    elif data == "mnist":
        (train, test_set), classes = datasets.mnist(), _digit_names()
        source = Source(data, train, test_set, classes, raw=False)
    elif data == "digits":
        source = _set_apart(data, datasets.digits(), _digit_names(), test, raw=False)
    else:
        train, test_set = (_plane(data, part) for part in EXAMPLES_IN_PLANE)
        classes = tuple(map(str, np.unique(train.y)))
        source = Source(data, train, test_set, classes, raw=False)
    if values and source.classes:
        raise CommandError(f"--data {data} holds classes, and --loss is one for values")
    return source


def load_examples(data: str, classes: tuple[str, ...] | None) -> Examples:
    """What to evaluate a model of these classes on: the test set, or all of a file.

    Of ``digits`` it is the part that ``train`` sets apart unless told otherwise. ``classes`` is
    empty for a model of values, and None for one that does not name its classes.
    """
    if not is_file(data):
        source = load_source(data, values=None, test=0.2)
        assert source.test is not None
        return source.test
    named = bool(classes) and classes != tuple(map(str, range(len(classes or ()))))
    x, y, names = load_table(data, classes=classes if named else None)
    if classes == ():
        if names:
            raise CommandError(f"{data} holds classes in words, and the model gives values")
        return Examples(x, _as_values(y))
    y, found = _targets(data, y, names, values=False)
    if names and not named:
        raise CommandError(f"{data} names classes, such as {names[0]!r}, and the model does not")
    if named and not names:
        raise CommandError(
            f"{data} holds numbers as targets, and the model the classes {', '.join(classes or ())}"
        )
    if classes is not None and len(found) > len(classes):
        class_numbers(y, len(classes))
    return Examples(x, y)


def _targets(
    data: str, y: Array, names: tuple[str, ...], values: bool | None
) -> tuple[Array, tuple[str, ...]]:
    """Targets as class numbers with the classes' names, or as rows of values with none."""
    if names:
        if values:
            raise CommandError(f"{data} has targets in words, and --loss is one for values")
        return y, names
    if y.ndim == 2 and not values and np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all():
        y = y.argmax(axis=1)
    if values or (values is None and y.dtype.kind == "f"):
        return _as_values(y), ()
    if y.dtype.kind == "f":
        raise CommandError(
            f"{data} has targets that are not whole numbers; for values choose --loss mse or mae"
        )
    class_numbers(y)
    count = int(y.max()) + 1
    if count > min(len(y), MOST_CLASSES):
        raise CommandError(
            f"{data} has a label {count - 1} (row {int(y.argmax())}), too large for {len(y):,} "
            f"examples: classes are numbered 0, 1, 2, ...; for values choose --loss mse or mae"
        )
    return y, tuple(map(str, range(count)))


def _as_values(y: Array) -> Array:
    return y.reshape(len(y), -1).astype(np.float32)


def _digit_names() -> tuple[str, ...]:
    return tuple("0123456789")


def _plane(name: str, part: str) -> Examples:
    return PLANE[name](EXAMPLES_IN_PLANE[part], rng=list(EXAMPLES_IN_PLANE).index(part))


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
