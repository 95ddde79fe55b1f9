"""Labels that are words, and the weights of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nn.data import Array, DataError, class_numbers, listed, shown

ClassWeight: TypeAlias = Mapping[Any, float] | Literal["balanced"]


def are_words(labels: Array) -> bool:
    """Whether labels are text, and not numbers."""
    if labels.dtype.kind != "O":
        return labels.dtype.kind in "UT"
    return bool(labels.size) and all(isinstance(label, str) for label in labels.flat)


def names_of_classes(model: Any) -> tuple[str, ...] | None:
    """Return the names of the classes that a model knows, or None."""
    names = getattr(model, "classes", None)
    is_names = isinstance(names, tuple) and all(isinstance(name, str) for name in names)
    return names if is_names else None


def number_words(words: Array, classes: Sequence[str]) -> NDArray[np.int64]:
    """Return the position in ``classes`` of each label (n,); ``DataError`` for an unknown one.

    >>> number_words(np.array(["b", "a", "b"]), ["a", "b"])
    array([1, 0, 1])
    """
    found, index = np.unique(words.astype(str), return_inverse=True)
    position = {name: number for number, name in enumerate(classes)}
    if unknown := [name for name in found.tolist() if name not in position]:
        raise DataError(f"the label {shown(unknown[0])} is none of the classes {listed(classes)}")
    numbers = np.array([position[name] for name in found.tolist()], dtype=np.int64)
    return numbers[index.reshape(words.shape)]


def weights_of_classes(
    labels: Array, weights: ClassWeight, classes: Sequence[str] | None = None
) -> NDArray[np.float64]:
    """Return the weight of each example, (n,), by its class.

    weights: a number for each class, by class number or by name in ``classes``; a class that is not
        named has weight 1. "balanced" gives class c of k the weight n / (k nᶜ), where nᶜ of the n
        examples are of it, so that every class counts as much as any other.

    >>> weights_of_classes(np.array([0, 0, 0, 1]), "balanced")
    array([0.66666667, 0.66666667, 0.66666667, 2.        ])
    """
    try:
        numbers = class_numbers(labels)
    except DataError as error:
        raise DataError(f"class_weight needs class numbers as targets: {error}") from error
    counts = np.bincount(numbers)
    if isinstance(weights, str):
        if weights != "balanced":
            raise ValueError(
                f'class_weight={weights!r} is neither "balanced" nor a weight for each class'
            )
        present = np.count_nonzero(counts)
        return (len(numbers) / (present * np.maximum(counts, 1)))[numbers]
    names = {name: number for number, name in enumerate(classes or ())}
    of_class = np.ones(len(counts))
    for label, weight in weights.items():
        number = names.get(label, label) if isinstance(label, str) else label
        known = not isinstance(number, str) and number == int(number) >= 0
        if not known or int(number) >= max(len(counts), len(names)):
            raise ValueError(f"class_weight names {label!r}, which no example is of")
        if not 0 <= weight < np.inf:
            raise ValueError(f"class_weight[{label!r}] is {weight}; weights are 0 or more")
        if int(number) < len(counts):
            of_class[int(number)] = weight
    return of_class[numbers]
