"""Where the mini-batches of a run come from: arrays, or an iterable that makes them."""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from nn.data import Array
from nn.evaluation import Target, examples, take

Batch: TypeAlias = tuple[Array, Target]
"""The inputs and targets of a mini-batch."""

Iterables: TypeAlias = Iterable[Any] | Callable[..., Iterable[Any]]


@dataclass(eq=False, slots=True)
class Rows:
    """Some rows of examples, which are read when they are needed: a rank reads those of its shards.

    rows: their numbers, or a slice if they are in order.
    """

    examples: Batch
    rows: slice | Array

    def __len__(self) -> int:
        return self.rows.stop - self.rows.start if isinstance(self.rows, slice) else len(self.rows)

    def part(self, part: slice) -> Rows:
        """Return consecutive ones of these rows."""
        if isinstance(self.rows, slice):
            start = self.rows.start
            return Rows(self.examples, slice(start + part.start, start + part.stop))
        return Rows(self.examples, self.rows[part])

    def read(self) -> Batch:
        """Return the inputs and targets."""
        return take(self.examples[0], self.rows), take(self.examples[1], self.rows)

    def targets(self) -> Array:
        """Return the targets without weights."""
        y = self.examples[1]
        return take(y[0] if isinstance(y, tuple) else y, self.rows)


class ArrayBatches:
    """Mini-batches of arrays, in a new order in each epoch.

    ``sample`` is all of the examples. ``state_dict`` has what an order depends on.
    """

    def __init__(
        self, data: Batch, size: int, drop_last: bool, rng: np.random.Generator | None
    ) -> None:
        self.sample: Batch = data
        self.is_unweighted: bool = not isinstance(data[1], tuple)
        self.size = size
        self.drop_last = drop_last
        self.rng = rng
        count = len(data[0])
        if drop_last and size > count:
            raise ValueError(
                f"batch_size={size} with drop_last=True leaves no mini-batch of {count} examples"
            )
        self.examples_in_epoch: int = count - count % size if drop_last else count
        self._began: Any = None  # the state of `rng` before the examples were shuffled

    def epoch(self, number: int, done: int) -> Iterator[tuple[Rows, bool]]:
        """Yield the batches of an epoch after the first ``done``, and whether each is the last."""
        order = None if self.rng is None else self._order(self.rng, resumed=done > 0)
        count, size = self.examples_in_epoch, self.size
        for start in range(done * size, count, size):
            rows: Any = slice(start, min(start + size, count))
            rows = rows if order is None else order[rows]
            yield Rows(self.sample, rows), start + size >= count

    def _order(self, rng: np.random.Generator, *, resumed: bool) -> Array:
        count = len(self.sample[0])
        if not resumed:
            self._began = rng.bit_generator.state
            return rng.permutation(count)
        # Draw the order of the interrupted epoch again, then return to where it was interrupted.
        state = rng.bit_generator.state
        rng.bit_generator.state = self._began
        order = rng.permutation(count)
        rng.bit_generator.state = state
        return order

    def identity(self) -> dict[str, Any]:
        """Return what a run must have in common with its checkpoint, by name."""
        state = None if self.rng is None else repr(self.rng.bit_generator.state)
        return {
            "batch_size": self.size,
            "drop_last": self.drop_last,
            "state of rng": state and f"{zlib.crc32(state.encode()):08x}",
        }

    def arrays(self) -> list[Array]:
        """Return all of the data."""
        return parts_of(self.sample)

    def state_dict(self) -> dict[str, Any]:
        """Return the state that the order of the rest of the epoch depends on."""
        return {
            "rng": None if self.rng is None else self.rng.bit_generator.state,
            "began": self._began,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a ``state_dict``."""
        if self.rng is not None:
            self.rng.bit_generator.state = state["rng"]
        self._began = state["began"]


class IterableBatches:
    """Mini-batches that an iterable makes, or a function that returns one for each epoch.

    An iterable is read from its beginning in each epoch. A function is called with the number of
    the epoch, from 1, if it has a parameter without a default. ``sample`` is the first
    mini-batch, and ``examples_in_epoch`` is None, since it is not known. ``state_dict`` has a
    checksum of the mini-batches read in the epoch, and the state of an iterable that has a
    ``state_dict``.
    """

    examples_in_epoch = None
    is_unweighted = False

    def __init__(self, data: Iterables, epochs: int, classes: Sequence[str] | None = None) -> None:
        self._data = data
        self._classes = classes
        self._takes_epoch = callable(data) and any(
            parameter.default is inspect.Parameter.empty
            and parameter.kind is not inspect.Parameter.VAR_KEYWORD
            for parameter in inspect.signature(data).parameters.values()
        )
        self._checksum = 0
        self._began: Any = None
        if not callable(data) and iter(data) is data and epochs > 1:
            raise ValueError(
                f"data is a {type(data).__name__}, which can be read once, and epochs={epochs}: "
                "pass the function that makes it, or epochs=1"
            )
        self.sample: Batch | None = None

    def epoch(self, number: int, done: int) -> Iterator[tuple[Rows, bool]]:
        """Yield the batches of an epoch after the first ``done``, and whether each is the last."""
        expected = self._checksum if done else 0
        self._checksum = 0
        if not done and hasattr(self._data, "state_dict"):
            self._began = self._data.state_dict()
        waiting = None  # one batch is read ahead, to know which is the last
        for position, item in enumerate(self._iterator(number)):
            batch = self._batch(item, number, position)
            if self.sample is None:
                self.sample = batch
            if position < done:
                self._count_in(batch)
                if position == done - 1 and self._checksum != expected:
                    raise ValueError(
                        f"the first {done} mini-batches of epoch {number} are not those that the "
                        "run was interrupted after: data must be a function of the epoch, or have "
                        "state_dict and load_state_dict"
                    )
                continue
            if waiting is not None:
                self._count_in(waiting)
                yield Rows(waiting, slice(0, len(waiting[0]))), False
            waiting = batch
        if waiting is None:
            raise ValueError(
                f"data gave {f'only {done} mini-batches' if done else 'no mini-batch'} in epoch "
                f"{number}"
            )
        self._count_in(waiting)
        if hasattr(self._data, "state_dict"):
            self._began = self._data.state_dict()  # that of the next epoch
        yield Rows(waiting, slice(0, len(waiting[0]))), True

    def _iterator(self, number: int) -> Iterator[Any]:
        if not callable(self._data):
            return iter(self._data)
        return iter(self._data(number) if self._takes_epoch else self._data())

    def _batch(self, item: Any, number: int, position: int) -> Batch:
        name = f"mini-batch {position + 1} of epoch {number}"
        x, y, weights = examples(item, name, weighted=True, classes=self._classes)
        return (x, y) if weights is None else (x, (y, weights))

    def _count_in(self, batch: Batch) -> None:
        for array in parts_of(batch):
            header = f"{array.dtype}{array.shape}".encode()
            self._checksum = zlib.crc32(header, self._checksum)
            self._checksum = zlib.crc32(np.ascontiguousarray(array).data.cast("B"), self._checksum)

    def identity(self) -> dict[str, Any]:
        """Return what a run must have in common with its checkpoint, by name."""
        return {"data": type(self._data).__name__}

    def arrays(self) -> list[Array]:
        """Return no arrays: the data are not known in advance."""
        return []

    def state_dict(self) -> dict[str, Any]:
        """Return the checksum of the epoch so far, and the state of the iterable before it."""
        return {"checksum": self._checksum, "began": self._began}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a ``state_dict``."""
        self._checksum = state["checksum"]
        self._began = state["began"]
        if self._began is not None and hasattr(self._data, "load_state_dict"):
            self._data.load_state_dict(self._began)


def is_iterable(data: Any) -> bool:
    """Whether data are an iterable of mini-batches, or a function, and not arrays.

    A list of two arrays is inputs and targets, and a list of tuples is mini-batches.
    """
    if callable(data):
        return True
    if isinstance(data, np.ndarray | str | Mapping | tuple) or not hasattr(data, "__iter__"):
        return False
    return not (isinstance(data, list) and not all(isinstance(item, tuple) for item in data))


def parts_of(batch: Batch) -> list[Array]:
    """Return the arrays of examples: inputs, targets, and weights if there are any."""
    x, y = batch
    return [x, *y] if isinstance(y, tuple) else [x, y]
