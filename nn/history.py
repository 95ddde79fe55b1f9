"""``History``: a table of the steps of a training run and a table of its validations."""

from __future__ import annotations

import csv
import html
import io
from array import array
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.extras import require
from nn.files.arrayfile import PathLike, write_atomically
from nn.plot import learning_curves
from nn.plot.sketch import loss_sketch

Column = NDArray[np.float64]
COUNTS = ("step", "epoch", "examples")


class Table(Mapping[str, Column]):
    """Columns of numbers of equal length by name, to which rows can be appended.

    >>> table = Table("step", "loss")
    >>> table.append(step=0, loss=2.5)
    >>> table.append(step=1, loss=2.25)
    >>> table["loss"], table.rows
    (array([2.5 , 2.25]), 2)
    """

    def __init__(self, *names: str) -> None:
        # An array of doubles takes 8 bytes for a number; a list of Python floats takes 32.
        self._columns = {name: array("d") for name in names}

    def append(self, **row: float) -> None:
        """Append a row, with a number for each column."""
        self.extend(**{name: [number] for name, number in row.items()})

    def extend(self, **rows: Iterable[float]) -> None:
        """Append several rows, with as many numbers for each column."""
        for name, column in self._columns.items():
            column.extend(rows[name])

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(next(iter(self._columns.values())))

    def __getitem__(self, name: str) -> Column:
        return np.array(self._column(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __repr__(self) -> str:
        return f"<{self.rows} rows of {', '.join(self)}>"

    def last(self, name: str) -> float:
        """Return the last number of a column."""
        return self._column(name)[-1]

    def _column(self, name: str) -> array[float]:
        if name not in self._columns:
            raise KeyError(f"no column {name!r}; there are {', '.join(self._columns)}")
        return self._columns[name]

    def load(self, columns: Mapping[str, Column]) -> None:
        """Replace all rows; ``ValueError`` for other columns, unequal lengths and no counts."""
        if set(columns) != set(self) or len({len(column) for column in columns.values()}) != 1:
            raise ValueError(f"columns {list(columns)} do not fit a table of {list(self)}")
        for name in {*COUNTS} & {*columns}:
            counts = np.asarray(columns[name], float)
            if not (np.isfinite(counts) & (counts >= 1) & (counts == np.floor(counts))).all():
                raise ValueError(f"the column {name!r} holds other numbers than 1, 2, 3, ...")
        self._columns = {name: array("d", columns[name].tolist()) for name in self}


class History:
    """The history of a training run.

    ``steps`` has a row for each step: ``step`` and ``epoch``, counted from 1, the number of
    ``examples`` in its mini-batch, the ``loss`` and the metrics of these before the update, the
    learning rate ``lr``, and ``gradient_norm``, the norm of the gradient of all parameters before
    clipping. ``validations`` has a row for each
    validation: the ``step`` after which it was done, the ``epoch``, and the ``loss`` and metrics of
    the validation set. Both give arrays by name: ``history.steps["loss"]``. ``stopped`` is the
    reason why training ended.

    >>> history = History(["accuracy"])
    >>> row = {"step": 1, "epoch": 1, "examples": 32, "loss": 0.7, "accuracy": 0.5}
    >>> history.steps.append(**row, lr=0.1, gradient_norm=2.0)
    >>> history.validations.append(step=1, epoch=1, loss=0.6, accuracy=0.75)
    >>> history
    History(1 epoch, 1 step; training loss 0.7, accuracy 0.5; validation loss 0.6, accuracy 0.75)
    """

    def __init__(self, metrics: list[str]) -> None:
        self.metrics = metrics
        self.steps: Table = Table(*COUNTS, "loss", *metrics, "lr", "gradient_norm")
        self.validations: Table = Table("step", "epoch", "loss", *metrics)
        self.stopped: str = ""

    def epochs(self) -> dict[str, Column]:
        """Return ``epoch``, and the means of the ``loss`` and metrics over each epoch's examples.

        The loss of a mini-batch counts as often as it has examples, so that a short last batch does
        not count too much.

        >>> history = History([])
        >>> for step, (loss, examples) in enumerate([(4.0, 3), (2.0, 1), (1.0, 3)]):
        ...     row = {"step": step + 1, "epoch": 1 + step // 2, "examples": examples, "loss": loss}
        ...     history.steps.append(**row, lr=0.1, gradient_norm=1.0)
        >>> history.epochs()
        {'epoch': array([1., 2.]), 'loss': array([3.5, 1. ])}
        """
        numbers, first = np.unique(self.steps["epoch"], return_index=True)
        means = {"epoch": numbers}
        for name in ("loss", *self.metrics):
            means[name] = np.array(
                [
                    self._mean(name, slice(start, stop))
                    for start, stop in pairwise([*first, self.steps.rows])
                ]
            )
        return means

    def epoch_mean(self, name: str) -> float:
        """Return the mean of the loss or a metric over the examples of the last epoch so far."""
        first = np.searchsorted(self.steps["epoch"], self.steps.last("epoch"))
        return self._mean(name, slice(int(first), None))

    def _mean(self, name: str, rows: slice) -> float:
        return float(np.average(self.steps[name][rows], weights=self.steps["examples"][rows]))

    def __repr__(self) -> str:
        if not self.steps.rows:
            return "History(no steps)"
        epochs = int(self.steps.last("epoch"))
        parts = [
            f"{epochs} epoch{'s' * (epochs > 1)}, "
            f"{self.steps.rows} step{'s' * (self.steps.rows > 1)}"
        ]
        means = self.epochs()
        for side, last in (
            ("training", lambda name: means[name][-1]),
            ("validation", self.validations.last),
        ):
            if side == "training" or self.validations.rows:
                figures = (f"{name} {last(name):.4g}" for name in ("loss", *self.metrics))
                parts.append(f"{side} {', '.join(figures)}")
        return f"History({'; '.join(parts)})"

    def plot(self) -> Any:
        """Draw the learning curves with ``nn.plot.learning_curves``; return the axes."""
        return learning_curves(self)

    def joined(self) -> dict[str, Column]:
        """Return both tables as one, with a row for each step.

        The columns of ``validations`` have the prefix ``validation_``, and NaN in the other steps.
        """
        table = dict(self.steps)
        rows = self.validations["step"].astype(np.int64) - 1
        for name in ("loss", *self.metrics):
            column = np.full(self.steps.rows, np.nan)
            column[rows] = self.validations[name]
            table[f"validation_{name}"] = column
        return table

    def to_csv(self, path: PathLike) -> None:
        """Write the table of ``joined``, with empty cells for NaN, completely or not at all.

        Reading the file gives exactly the same numbers. Raises ``OSError`` if it cannot be written.
        """
        text = io.StringIO()
        table = self.joined()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(table)
        for row in zip(*(column.tolist() for column in table.values()), strict=True):
            cells = zip(table, row, strict=True)
            writer.writerow(
                "" if x != x else int(x) if name in COUNTS else repr(x) for name, x in cells
            )
        write_atomically(path, text.getvalue().encode())

    def to_pandas(self) -> Any:
        """Return the table of ``joined`` as a pandas ``DataFrame``."""
        pandas = require("pandas", extra="notebook")
        return pandas.DataFrame(self.joined()).astype(dict.fromkeys(COUNTS, np.int64))

    def _repr_html_(self) -> str:
        """A table of the last epochs, and a sketch of the loss."""
        means = self.epochs()
        names = ("loss", *self.metrics)
        validated = dict(zip(self.validations["epoch"], range(self.validations.rows), strict=True))
        head = "".join(
            f"<th>{html.escape(name)}</th>"
            for name in ("epoch", *names, *(f"validation {name}" for name in names if validated))
        )
        rows = []
        for place, epoch in list(enumerate(means["epoch"]))[-10:]:
            figures = [means[name][place] for name in names]
            if validated:
                row = validated.get(epoch)
                figures += [
                    np.nan if row is None else self.validations[name][row] for name in names
                ]
            cells = "".join(f"<td>{'' if x != x else format(x, '.4g')}</td>" for x in figures)
            rows.append(f"<tr><td>{int(epoch)}</td>{cells}</tr>")
        ended = f"<p>{html.escape(self.stopped)}</p>" if self.stopped else ""
        sketch = loss_sketch(
            (means["epoch"], means["loss"]), (self.validations["epoch"], self.validations["loss"])
        )
        return f"<table><tr>{head}</tr>{''.join(rows)}</table>{ended}{sketch}"

    def state_dict(self) -> dict[str, Any]:
        """Return the history as strings and arrays."""
        return {
            "metrics": self.metrics,
            "steps": dict(self.steps),
            "validations": dict(self.validations),
            "stopped": self.stopped,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a ``state_dict``; ``ValueError`` for one with other metrics."""
        if not (np.asarray(state["steps"]["examples"]) >= 1).all():
            raise ValueError("a step has no examples")
        if not isinstance(state["stopped"], str):
            raise ValueError("the reason why training ended is not a text")
        self.steps.load(state["steps"])
        self.validations.load(state["validations"])
        self.stopped = state["stopped"]
