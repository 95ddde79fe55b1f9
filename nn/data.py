"""Examples in arrays: mini-batches, splits, one-hot rows and standardised columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Array = NDArray[Any]
Rng = int | np.random.Generator


class DataError(ValueError):
    """Data have the wrong shape, length, labels, numbers or file format."""


LONGEST_NAME = 100
"""The longest name in a list of names."""


def shortened(text: object, most: int = 200) -> str:
    """Text that a file may have made long, cut in the middle for a message.

    >>> shortened("a" * 1000, most=10)
    'aaaaa…aaa (1,000 characters)'
    """
    return printable(_cut(str(text), most))


def shown(text: object, most: int = 60) -> str:
    """Quote text that a file contains, shortened, for a message.

    >>> shown("petal width")
    "'petal width'"
    """
    return repr(_cut(str(text), most))


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return f"{text[: most // 2]}…{text[-(most // 3) :]} ({len(text):,} characters)"


def printable(text: str) -> str:
    r"""Text on one line, in which characters that would steer a terminal are written as escapes.

    >>> printable("red\x1b[31m\n  and blue")
    'red\\x1b[31m and blue'
    """
    line = text if text.isprintable() else " ".join(text.split())
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def listed(names: Iterable[object], most: int = 10) -> str:
    """Names separated by commas, only the first of them if there are many.

    >>> listed(range(1000), most=3)
    '0, 1, 2 and 997 more'
    """
    names = list(names)
    text = ", ".join(shortened(name, LONGEST_NAME) for name in names[:most])
    return text if len(names) <= most else f"{text} and {len(names) - most:,} more"


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
    """An iterable of mini-batches, with a new partition in each iteration; see ``batches``."""

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
        whole, rest = divmod(self._examples, self._size)
        return whole if self._drop_last or not rest else whole + 1

    def __iter__(self) -> Iterator[Any]:
        order = None if self._rng is None else self._rng.permutation(self._examples)
        for start in range(0, len(self) * self._size, self._size):
            rows = slice(start, start + self._size)
            if order is None:
                batch = tuple(array[rows] for array in self._arrays)
            else:  # take() copies rows in half the time of indexing with an array
                batch = tuple(array.take(order[rows], axis=0) for array in self._arrays)
            yield batch if len(batch) > 1 else batch[0]


def batches(
    *arrays: ArrayLike, size: int, rng: Rng | None = None, drop_last: bool = False
) -> Batches:
    """Cut arrays of equal length into mini-batches of ``size`` examples.

    Each iteration (each epoch) draws a new random partition from ``rng``, in which every example
    occurs once. The last batch has the remaining examples, or is left out with ``drop_last``.
    ``rng=None`` keeps the order and returns views of the arrays. One array gives bare batches,
    several give tuples; ``len()`` is the number of batches. (Lindholm et al. 2022, section 6.3.)

    Raises ``DataError`` for unequal lengths or no examples, and ``ValueError`` for a size below 1
    or if ``drop_last`` leaves no batch.

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

    ``test`` is a fraction of the examples between 0 and 1, rounded to whole examples, or their
    number as an integer. ``stratify=labels`` splits each class in the same proportion (by largest
    remainders) and leaves at least one example of each to train on.

    Raises ``DataError`` for unequal lengths, and ``ValueError`` if ``test`` leaves a side empty.

    >>> labels = [0, 0, 0, 0, 0, 0, 1, 1, 1]
    >>> train, test = train_test_split(labels, test=3, stratify=labels)
    >>> sorted(train.tolist()), sorted(test.tolist())
    ([0, 0, 0, 0, 1, 1], [0, 0, 1])
    """
    data = tuple(np.asarray(array) for array in arrays)
    total = _count_examples(data)
    test_size = test if isinstance(test, (int, np.integer)) else round(test * total)
    if not 0 < test_size < total:
        raise ValueError(
            f"test={test} puts {test_size} of {total} examples in the test set; "
            f"each side must have at least one"
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
    test_counts = _proportional(np.bincount(groups), int(test_size))
    is_test = np.zeros(total, dtype=bool)
    for group, count in enumerate(test_counts):
        is_test[generator.permutation(np.flatnonzero(groups == group))[:count]] = True
    order = generator.permutation(total)
    sides = order[~is_test[order]], order[is_test[order]]
    return tuple(array.take(side, axis=0) for array in data for side in sides)


def class_numbers(labels: ArrayLike, classes: int | None = None) -> NDArray[np.int64]:
    """Check that ``labels`` (n,) are class numbers 0, 1, ... and return them as int64.

    They may be whole numbers of any type, such as ``3.0``, and below ``classes`` if it is given.
    Raises ``DataError`` with the first label that is not a class number, and its index.

    >>> class_numbers([2.0, 0.0])
    array([2, 0])
    >>> class_numbers([2, 10], classes=10)
    Traceback (most recent call last):
    nn.data.DataError: label 10 at index 1 is not a class number from 0 to 9
    """
    array = np.asarray(labels)
    if array.ndim != 1 or array.dtype.kind not in "biuf":
        raise DataError(
            f"labels of shape {array.shape} and type {array.dtype} are not class numbers; "
            f"give one whole number for each example, shape (n,)"
        )
    largest = np.inf if classes is None else classes - 1
    with np.errstate(invalid="ignore"):
        numbers = array.astype(np.int64)
    wrong = (numbers != array) | (array < 0) | (array > largest)
    if wrong.any():
        index = int(wrong.argmax())
        bound = "0 upwards" if classes is None else f"0 to {classes - 1}"
        raise DataError(f"label {array[index]} at index {index} is not a class number from {bound}")
    return numbers


def one_hot(labels: ArrayLike, classes: int | None = None, dtype: DTypeLike = np.float32) -> Array:
    """Rows with 1 at the label and 0 elsewhere: ``rows[i, k] = 1{labels[i] = k}``.

    ``labels`` are class numbers (n,) and the result is (n, classes); by default ``classes`` is the
    largest label + 1. Raises ``DataError`` for labels that are not class numbers below it.

    >>> one_hot([0, 2])
    array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    numbers = class_numbers(labels, classes)
    if classes is None:
        if numbers.size == 0:
            raise DataError("there are no labels to take the number of classes from; give classes=")
        classes = int(numbers.max()) + 1
    rows = np.zeros((numbers.size, classes), dtype=dtype)
    rows[np.arange(numbers.size), numbers] = 1
    return rows


@dataclass(frozen=True)
class Standardizer:
    """The ``mean`` and ``std`` of each column, to standardise other data in the same way.

    Both are (features,) in float64. ``std`` is 0 for a column that is constant in the training
    data; such a column becomes 0.

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
        """Measure ``train`` (n, features); ``std`` divides by n.

        Raises ``DataError`` for no examples and for numbers that are not finite.
        """
        x = _floats(train)
        _count_examples((x,))
        bad = np.argwhere(~np.isfinite(x))
        if bad.size:
            index = tuple(bad[0].tolist())
            raise DataError(f"{x[index]} at index {index}: only finite numbers can be standardised")
        low, high = x.min(axis=0), x.max(axis=0)
        # The computed std of a constant column is rounding error, not 0: three times 0.1 gives
        # 1e-17, and dividing by it would give a column of ones.
        constant = low == high
        mean = np.where(constant, low, x.mean(axis=0, dtype=np.float64))
        std = np.where(constant, 0.0, x.std(axis=0, dtype=np.float64))
        return cls(mean, std)

    def __call__(self, x: ArrayLike) -> Array:
        """``(x - mean) / std``; float32 and float64 are kept, other types become float32."""
        data = _floats(x)
        if data.shape[1:] != self.mean.shape:
            raise DataError(
                f"examples of shape {data.shape[1:]} do not fit a mean of shape {self.mean.shape}"
            )
        centred = data - self.mean
        scaled = np.divide(centred, self.std, out=np.zeros_like(centred), where=self.std > 0)
        return scaled.astype(data.dtype)


@overload
def standardize(train: ArrayLike, /) -> Array: ...


@overload
def standardize(train: ArrayLike, /, *others: ArrayLike) -> tuple[Array, ...]: ...


def standardize(train: ArrayLike, /, *others: ArrayLike) -> Array | tuple[Array, ...]:
    """Scale each column to mean 0 and standard deviation 1 over the training data.

    ``(x - mean) / std`` of ``train`` and, with the same mean and std, of each of ``others``, all
    (n, features). Constant columns become 0. One array gives an array, several give a tuple. To
    keep the mean and std use ``Standardizer.fit``. Raises ``DataError`` for NaN, infinities and
    unequal widths.

    >>> standardize([[1.0], [3.0]], [[5.0]])
    (array([[-1.],
           [ 1.]]), array([[3.]]))
    """
    scale = Standardizer.fit(train)
    return tuple(scale(x) for x in (train, *others)) if others else scale(train)


def _floats(values: ArrayLike) -> Array:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise DataError(f"an array of type {array.dtype} does not hold real numbers")
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float32)


def _count_examples(arrays: tuple[Array, ...]) -> int:
    """The common length of the arrays; an error if there is none, or if it is 0."""
    if not arrays:
        raise ValueError("there is no array")
    shapes = [array.shape for array in arrays]
    if () in shapes:
        raise DataError("a single number is not an array of examples")
    lengths = {shape[0] for shape in shapes}
    if len(lengths) > 1:
        raise DataError(
            "arrays of unequal length: shapes "
            + ", ".join(map(str, shapes))
            + "; the first axes must have the same length"
        )
    length = lengths.pop()
    if length == 0:
        raise DataError("there are no examples: arrays of length 0")
    return int(length)


def _proportional(counts: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Divide ``size`` in proportion to ``counts`` by largest remainders, below each count."""
    shares, remainder = np.divmod(counts * size, counts.sum())
    by_remainder = np.argsort(-remainder, kind="stable")
    can_grow = by_remainder[(counts - shares > 1)[by_remainder]]
    rest = size - int(shares.sum())
    if rest > can_grow.size:
        raise DataError(
            f"a test set of {size} examples would leave no example of some class for training; "
            f"make it smaller, or use stratify=None"
        )
    shares[can_grow[:rest]] += 1
    return shares
