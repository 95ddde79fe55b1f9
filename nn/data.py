"""Examples in arrays: mini-batches, splits, one-hot rows, standardised columns.

What makes or reads the arrays is in ``nn.datasets`` and ``nn.tables``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Array = NDArray[Any]
Rng = int | np.random.Generator


class DataError(ValueError):
    """The data are not what they must be: wrong lengths, labels, numbers or files."""


class Examples(NamedTuple):
    """Inputs and their targets; unpacks as ``x, y``.

    ``x`` is (n, features) float32. ``y`` is (n,) int64 class numbers, or float32 values.
    """

    x: Array
    y: Array


class TrainTest(NamedTuple):
    """A data set with its official split; unpacks as ``(x, y), (test_x, test_y)``."""

    train: Examples
    test: Examples


class Batches:
    """Mini-batches of some arrays, cut afresh each time it is iterated; see ``batches``."""

    def __init__(
        self, arrays: tuple[Array, ...], size: int, rng: Rng | None, drop_last: bool
    ) -> None:
        self._arrays = arrays
        self._examples = _count_examples(arrays)
        self._size = size
        self._rng = None if rng is None else np.random.default_rng(rng)
        self._drop_last = drop_last
        if size < 1:
            raise ValueError(f"size={size}: a mini-batch needs at least one example")
        if len(self) == 0:
            raise ValueError(
                f"size={size} with drop_last=True leaves no batch of {self._examples} examples"
            )

    def __len__(self) -> int:
        whole, left = divmod(self._examples, self._size)
        return whole if self._drop_last or not left else whole + 1

    def __iter__(self) -> Iterator[Any]:
        order = None if self._rng is None else self._rng.permutation(self._examples)
        for start in range(0, len(self) * self._size, self._size):
            part = slice(start, start + self._size)
            if order is None:
                batch = tuple(array[part] for array in self._arrays)
            else:  # take() copies rows in half the time of indexing with an array
                batch = tuple(array.take(order[part], axis=0) for array in self._arrays)
            yield batch if len(batch) > 1 else batch[0]


def batches(
    *arrays: ArrayLike, size: int, rng: Rng | None = None, drop_last: bool = False
) -> Batches:
    """Cut arrays of equal length into mini-batches of ``size`` examples.

    Each iteration (each epoch) draws a new random partition from ``rng``: every example comes
    once, the last batch holds what is left unless ``drop_last``. ``rng=None`` keeps the order and
    gives views into the arrays. One array yields bare batches, several yield tuples.
    ``len()`` is the number of batches. (Lindholm et al. 2022, section 6.3.)

    Raises ``DataError`` for unequal lengths or no examples, ``ValueError`` for a size below 1 or
    one that with ``drop_last`` leaves no batch.

    >>> x, y = np.arange(10.0).reshape(5, 2), np.arange(5)
    >>> [labels.tolist() for _, labels in batches(x, y, size=2)]
    [[0, 1], [2, 3], [4]]
    >>> epochs = batches(y, size=5, rng=0)
    >>> [next(iter(epochs)).tolist() for _ in range(2)]
    [[2, 4, 3, 0, 1], [4, 1, 2, 0, 3]]
    """
    return Batches(tuple(np.asarray(array) for array in arrays), size, rng, drop_last)


def train_test_split(
    *arrays: ArrayLike,
    test: float = 0.2,
    rng: Rng = 0,
    stratify: ArrayLike | None = None,
) -> tuple[Array, ...]:
    """Split arrays of equal length at random: ``a_train, a_test, b_train, b_test, ...``.

    ``test`` is a share of the examples between 0 and 1, rounded to whole examples, or their
    number as an integer. With ``stratify=labels`` each class is split in the same proportion
    (largest remainders get the odd ones) and keeps at least one example to train on.

    Raises ``DataError`` for unequal lengths, ``ValueError`` for a ``test`` that leaves either
    side empty.

    >>> labels = [0, 0, 0, 0, 0, 0, 1, 1, 1]
    >>> train, test = train_test_split(labels, test=3, stratify=labels)
    >>> sorted(train.tolist()), sorted(test.tolist())
    ([0, 0, 0, 0, 1, 1], [0, 0, 1])
    """
    held = tuple(np.asarray(array) for array in arrays)
    total = _count_examples(held)
    test_size = test if isinstance(test, (int, np.integer)) else round(test * total)
    if not 0 < test_size < total:
        raise ValueError(
            f"test={test} puts {test_size} of {total} examples in the test set; "
            f"it must leave at least one on either side"
        )
    if stratify is None:
        groups = np.zeros(total, dtype=np.int64)
    else:
        labels = np.asarray(stratify)
        if labels.shape != (total,):
            raise DataError(
                f"stratify has shape {labels.shape}; one label for each of the "
                f"{total} examples, shape ({total},), is needed"
            )
        groups = np.unique(labels, return_inverse=True)[1]
    generator = np.random.default_rng(rng)
    taken = _proportional(np.bincount(groups), int(test_size))
    is_test = np.zeros(total, dtype=bool)
    for group, count in enumerate(taken):
        is_test[generator.permutation(np.flatnonzero(groups == group))[:count]] = True
    order = generator.permutation(total)
    sides = order[~is_test[order]], order[is_test[order]]
    return tuple(array.take(side, axis=0) for array in held for side in sides)


def class_numbers(labels: ArrayLike, classes: int | None = None) -> NDArray[np.int64]:
    """Check that ``labels`` are class numbers 0, 1, ... and return them as (n,) int64.

    Whole numbers of any type pass, ``3.0`` too; ``classes`` bounds them from above.
    Raises ``DataError`` naming the first label that is none, and its index.

    >>> class_numbers([2.0, 0.0])
    array([2, 0])
    >>> class_numbers([2, 10], classes=10)
    Traceback (most recent call last):
    nn.data.DataError: label 10 at index 1 is not a class number from 0 to 9
    """
    given = np.asarray(labels)
    if given.ndim != 1 or given.dtype.kind not in "biuf":
        raise DataError(
            f"labels of shape {given.shape} and type {given.dtype} are not class numbers; "
            f"give one whole number for each example, shape (n,)"
        )
    most = np.inf if classes is None else classes - 1
    with np.errstate(invalid="ignore"):
        numbers = given.astype(np.int64)
    wrong = (numbers != given) | (given < 0) | (given > most)
    if wrong.any():
        index = int(wrong.argmax())
        bound = "0 upwards" if classes is None else f"0 to {classes - 1}"
        raise DataError(f"label {given[index]} at index {index} is not a class number from {bound}")
    return numbers


def one_hot(labels: ArrayLike, classes: int | None = None, dtype: DTypeLike = np.float32) -> Array:
    """Rows with a 1 at the label and 0 elsewhere: ``row[i, k] = 1{labels[i] = k}``.

    ``labels`` (n,) class numbers give (n, classes); ``classes`` is the largest label + 1 when
    it is not given. Raises ``DataError`` for labels that are not class numbers below it.

    >>> one_hot([0, 2])
    array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    numbers = class_numbers(labels, classes)
    if classes is None:
        if numbers.size == 0:
            raise DataError("no labels: the number of classes cannot be read off; give classes=")
        classes = int(numbers.max()) + 1
    rows = np.zeros((numbers.size, classes), dtype=dtype)
    rows[np.arange(numbers.size), numbers] = 1
    return rows


@dataclass(frozen=True)
class Standardizer:
    """Each column's ``mean`` and ``std`` (in float64), to standardise further data the same way.

    ``std`` is 0 for a column that is constant in the training data; such a column becomes 0.

    >>> scale = Standardizer.fit([[1.0, 5.0], [3.0, 5.0]])
    >>> scale.mean, scale.std
    (array([2., 5.]), array([1., 0.]))
    >>> scale([[4.0, 7.0]])
    array([[2., 0.]])
    """

    mean: NDArray[np.float64]
    std: NDArray[np.float64]

    @classmethod
    def fit(cls, train: ArrayLike) -> Standardizer:
        """Measure ``train``, one example a row; ``std`` divides by n (the population's)."""
        x = _floats(train)
        _count_examples((x,))
        bad = np.argwhere(~np.isfinite(x))
        if bad.size:
            index = tuple(bad[0].tolist())
            raise DataError(f"{x[index]} at index {index}: only finite numbers can be standardised")
        low, high = x.min(axis=0), x.max(axis=0)
        # A constant column's computed deviation is rounding error, not 0: 0.1 three times gives
        # 1e-17, and dividing by it would turn the error into a column of ones.
        constant = low == high
        mean = np.where(constant, low, x.mean(axis=0, dtype=np.float64))
        std = np.where(constant, 0.0, x.std(axis=0, dtype=np.float64))
        return cls(mean, std)

    def __call__(self, x: ArrayLike) -> Array:
        """``(x - mean) / std``; float32 and float64 are kept, other types become float32."""
        given = _floats(x)
        if given.shape[1:] != self.mean.shape:
            raise DataError(
                f"examples of shape {given.shape[1:]} do not fit figures of shape {self.mean.shape}"
            )
        centred = given - self.mean
        scaled = np.divide(centred, self.std, out=np.zeros_like(centred), where=self.std > 0)
        return scaled.astype(given.dtype)


@overload
def standardize(train: ArrayLike, /) -> Array: ...


@overload
def standardize(train: ArrayLike, /, *others: ArrayLike) -> tuple[Array, ...]: ...


def standardize(train: ArrayLike, /, *others: ArrayLike) -> Array | tuple[Array, ...]:
    """Give each column mean 0 and standard deviation 1 by the training data's figures.

    ``(x - mean) / std`` for ``train`` and, with the same mean and std, for each of ``others``.
    Constant columns become 0. One array returns an array, several a tuple; to keep the figures,
    use ``Standardizer.fit``. Raises ``DataError`` for NaN, infinities and unequal widths.

    >>> standardize([[1.0], [3.0]], [[5.0]])
    (array([[-1.],
           [ 1.]]), array([[3.]]))
    """
    scale = Standardizer.fit(train)
    return tuple(scale(x) for x in (train, *others)) if others else scale(train)


def _floats(values: ArrayLike) -> Array:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise DataError(f"an array of {array.dtype} is not one of real numbers")
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float32)


def _count_examples(arrays: tuple[Array, ...]) -> int:
    """Return the arrays' common length, refusing none, unequal ones and zero."""
    if not arrays:
        raise ValueError("no array was given")
    shapes = [array.shape for array in arrays]
    if () in shapes:
        raise DataError("a single number is not an array of examples")
    lengths = {shape[0] for shape in shapes}
    if len(lengths) > 1:
        raise DataError(
            "arrays of unequal length: shapes "
            + ", ".join(map(str, shapes))
            + "; the first axis of each must count the same examples"
        )
    length = lengths.pop()
    if length == 0:
        raise DataError("there are no examples: arrays of length 0")
    return int(length)


def _proportional(counts: NDArray[np.int64], seats: int) -> NDArray[np.int64]:
    """Hand out ``seats`` in proportion to ``counts`` by largest remainder, never all of a class."""
    taken, remainder = np.divmod(counts * seats, counts.sum())
    by_remainder = np.argsort(-remainder, kind="stable")
    can_give = by_remainder[(counts - taken > 1)[by_remainder]]
    left = seats - int(taken.sum())
    if left > can_give.size:
        raise DataError(
            f"a test set of {seats} examples would take the last example of a class away from "
            f"training; make it smaller, or use stratify=None"
        )
    taken[can_give[:left]] += 1
    return taken
