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
from nn.labels import number_words
from nn.modules.columns import Columns, Pixels
from nn.modules.layers import Sequential
from nn.modules.module import Module
from nn.tables import TableEncoder, load_table, read_table
from nn.tables.images import ImageEncoder, image_paths
from nn.tables.table import TABLES

PLANE: dict[str, Callable[..., Examples]] = {
    "moons": datasets.moons,
    "circles": datasets.circles,
    "spirals": datasets.spirals,
}
NAMES = ("digits", "mnist", *PLANE)
EXAMPLES_IN_PLANE = (1000, 500)  # for training and for the test
DIGITS = tuple("0123456789")
MOST_NUMBERED = 20
"""How many different whole numbers are taken for classes unless told."""
TRAINING_DEFAULTS: dict[str, Any] = {
    "target": None,
    "drop": (),
    "category": (),
    "classes": None,
    "missing": "refuse",
    "dates": None,
    "size": None,
    "test": 0.2,
}
"""Options of ``train`` that the other commands do not have."""


class Source(NamedTuple):
    """Training and test examples. ``classes`` are the names of the classes, empty for values.

    ``y`` is class numbers (n,) int64, or values (n, outputs) float32. ``test`` is None if there is
    no test set. ``raw`` says that the inputs need to be standardised. ``first`` is the layer that
    knows how a table or images became numbers, and ``notes`` say what was done to them.
    """

    name: str
    train: Examples
    test: Examples | None
    classes: tuple[str, ...]
    raw: bool
    first: Columns | Pixels | None = None
    notes: tuple[str, ...] = ()


def is_file(data: str) -> bool:
    """Whether ``--data`` is a file, by its ending."""
    return Path(data).suffix.lower() in (".npz", *TABLES)


def is_table(data: str) -> bool:
    """Whether ``--data`` is a table with columns, by its ending."""
    return Path(data).suffix.lower() in TABLES


def reading(options: Namespace) -> dict[str, Any]:
    """The keywords of ``read_table`` that say how a file is to be read, None if not given."""
    return {
        "separator": options.separator,
        "decimal": options.decimal,
        "header": options.header,
        "memory_limit": options.memory_limit * 1_000_000,
    }


def load_source(data: str, options: Namespace, values: bool | None = None) -> Source:
    """Load the training and test examples.

    Whole numbers as labels are classes by their value: 1, 2 and 3 are three classes, -1 and 1 are
    two.

    ``values`` says whether the loss is for values (True) or for classes (False); with None the
    targets decide. If the data have no test set, a fraction of the examples becomes one: always the
    same examples, and for classes the same fraction of each.
    """
    if not is_table(data):
        _only_for_tables(data, options)
    if is_table(data):
        return _table(data, options, values)
    if is_file(data):
        x, y, classes = load_table(data, memory_limit=options.memory_limit * 1_000_000)
        y, classes = _kind_of_target(data, y, classes, values)
        return _split_off_test(Path(data).name, Examples(x, y), classes, options.test, raw=True)
    if values:
        raise CommandError(f"--data {data} has classes, but --loss is for values")
    if Path(data).is_dir():
        return _images(Path(data), options)
    if data == "digits":
        return _split_off_test(data, datasets.digits(), DIGITS, options.test, raw=False)
    if data == "mnist":
        return Source(data, *datasets.mnist(), DIGITS, raw=False)
    train, test_set = (PLANE[data](n, rng=rng) for rng, n in enumerate(EXAMPLES_IN_PLANE))
    return Source(data, train, test_set, ("0", "1"), raw=False)


def _only_for_tables(data: str, options: Namespace) -> None:
    for name in ("target", "drop", "category", "classes", "dates"):
        if getattr(options, name):
            raise CommandError(f"--{name} is for .csv, .tsv and .parquet files, not for {data}")


def _table(data: str, options: Namespace, values: bool | None) -> Source:
    given = {name: value for name, value in reading(options).items() if value is not None}
    table = read_table(data, category=options.category, **given)
    settings = {
        name: getattr(options, name)
        for name in ("target", "drop", "category", "classes", "missing", "dates")
    }
    encoder = TableEncoder.fit(table, **settings)
    table, notes = encoder.complete(table)
    y, classes = _kind_of_target(data, encoder.targets(table), encoder.classes, values)
    encoder.classes = classes
    rows, test = np.arange(len(table)), None
    if options.test:
        rows, test, *_ = split(Examples(rows, y), classes, options.test, rng=0, option="--test")
    described = encoder.notes
    if options.missing == "impute":  # by the means of the training examples
        encoder = TableEncoder.fit(table, **{**settings, "classes": classes or None}, rows=rows)
    given.pop("memory_limit")
    encoder.reading = given
    x = encoder.inputs(table)
    return Source(
        Path(data).name,
        Examples(x[rows], y[rows]),
        None if test is None else Examples(x[test], y[test]),
        classes,
        raw=True,
        first=Columns(encoder.to_dict()),
        notes=(*described, *notes),
    )


def _images(folder: Path, options: Namespace) -> Source:
    paths, words = image_paths(folder)
    classes = tuple(sorted(set(words)))
    encoder = ImageEncoder.fit(paths, options.size)
    x = encoder(paths, options.memory_limit * 1_000_000)
    y = np.array([classes.index(word) for word in words])
    first = Pixels(encoder.to_dict())
    name = folder.resolve().name
    source = _split_off_test(name, Examples(x, y), classes, options.test, raw=False)
    return source._replace(first=first, notes=(f"images: {first.title()}, from 0 to 1",))


def _kind_of_target(
    data: str, y: Array, classes: tuple[str, ...], values: bool | None
) -> tuple[Array, tuple[str, ...]]:
    """The targets as class numbers and the names of the classes, or as values and ()."""
    if values is None:
        values = y.dtype.kind == "f" and not _one_hot(y)
        if not values and not classes and y.ndim == 1 and len(np.unique(y)) > MOST_NUMBERED:
            raise CommandError(
                f"{data}: the targets are {len(np.unique(y)):,} different whole numbers; they are "
                "values with --loss mse or mae, and classes with --loss cross-entropy"
            )
    if values and classes:
        raise CommandError(f"{data} has words as targets, but --loss is for values")
    if values:
        return _as_values(y), ()
    return (y, classes) if classes else _numbered(data, y)


def load_examples(
    data: str, model: Module, classes: tuple[str, ...] | None, options: Namespace
) -> tuple[Examples, list[str]]:
    """Load the examples to evaluate a model of these classes on: a test set, or a whole file.

    For ``digits`` it is the test set of ``train`` with default options. ``classes`` is empty for a
    model of values, and None for a model that does not name its classes. The second result are
    notes on rows that are left out.
    """
    first = first_layer(model)
    if isinstance(first, Columns) and is_table(data):
        table, notes = first.encoder.complete(first.encoder.read(data, **reading(options)))
        y = first.encoder.targets(table)
        return Examples(first.encoder.inputs(table), y if classes else _as_values(y)), notes
    if isinstance(first, Pixels) and Path(data).is_dir():
        paths, words = image_paths(Path(data))
        numbers = number_words(np.array(words), classes or ())
        return Examples(first.encoder(paths, options.memory_limit * 1_000_000), numbers), []
    return _examples(data, classes, options), []


def first_layer(model: Module) -> Any:
    """The first layer of a model, if it is a chain."""
    return model[0] if isinstance(model, Sequential) and len(model) else model


def _examples(data: str, classes: tuple[str, ...] | None, options: Namespace) -> Examples:
    if not is_file(data):
        if classes == ():
            raise CommandError(f"{data} has classes, but the outputs of the model are values")
        source = load_source(data, Namespace(**TRAINING_DEFAULTS, **vars(options)))
        assert source.test is not None
        return source.test
    numbers = {int(name): i for i, name in enumerate(classes or ()) if _is_whole(name)}
    words = len(numbers) < len(classes or ())
    given = {name: value for name, value in reading(options).items() if value is not None}
    x, y, names = load_table(data, classes=classes if words else None, **given)
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
