"""How a single column of a table becomes numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from nn.data import Array, DataError, listed, shown
from nn.tables.dates import DateOrder, cycles, days
from nn.tables.table import Column, Table


@dataclass
class ColumnEncoding:
    """How a column becomes numbers.

    place: the number of the column in the training data, from 0.
    fill: what stands for a missing number or date, the mean of the training data; None if there
        must be none. ``indicator`` adds a number that is 1 where it is missing.
    categories: the words, each of which is a number that is 1 for it. ``missing_category`` adds one
        for missing cells.
    order, origin, with_time: how dates are written, the days since 1970 that count as 0, and
        whether they have a time of day.
    """

    name: str
    place: int
    kind: Literal["number", "category", "date"]
    fill: float | None = None
    indicator: bool = False
    categories: list[str] = field(default_factory=list)
    missing_category: bool = False
    order: DateOrder = "iso"
    origin: float = 0.0
    with_time: bool = False

    def features(self) -> list[str]:
        """Return the names of the numbers that a cell becomes."""
        indicator = [f"{self.name} missing"] if self.indicator else []
        if self.kind == "number":
            return [self.name, *indicator]
        if self.kind == "date":
            places = [name for name, _ in cycles(np.zeros(1), self.with_time)]
            return [f"{self.name} {part}" for part in ("days", *places)] + indicator
        names = [f"{self.name}={word}" for word in self.categories]
        return [*names, f"{self.name} missing"] if self.missing_category else names

    def __call__(self, column: Column, table: Table) -> list[Array]:
        """Return an array for each feature; ``DataError`` for cells that do not fit."""
        missing = column.missing
        if missing.any() and self.fill is None and not self.missing_category:
            raise DataError(
                f"{table.where(column.name, int(missing.argmax()))}: the cell is empty"
                + HOW_TO_IMPUTE
            )
        if self.kind == "category":
            return self._one_hot(column, table, missing)
        if self.kind == "date":
            cells = days_of(column, self.order, table)
        elif column.kind != "number":
            row = int((~missing).argmax())
            raise DataError(
                f"{table.where(column.name, row)}: {shown(column.cells[row])} is not a number, as "
                "the training data have in this column"
            )
        else:
            cells = column.cells
        if self.fill is not None:
            cells = np.where(missing, self.fill, cells)
        indicator = [missing.astype(float)] if self.indicator else []
        if self.kind == "number":
            return [cells, *indicator]
        places = [array for _, array in cycles(cells, self.with_time)]
        return [cells - self.origin, *places, *indicator]

    def _one_hot(self, column: Column, table: Table, missing: Array) -> list[Array]:
        position = {word: number for number, word in enumerate(self.categories)}
        words = column.cells if column.kind == "word" else as_words(column)
        numbers = np.full(len(words), -1)
        for row, word in enumerate(words):
            if missing[row]:
                numbers[row] = len(position)
            elif word in position:
                numbers[row] = position[word]
            else:
                raise DataError(
                    f"{table.where(column.name, row)}: {shown(word)} is none of the categories of "
                    f"the training data, {listed(self.categories)}"
                )
        count = len(position) + self.missing_category
        return [(numbers == number).astype(float) for number in range(count)]


HOW_TO_IMPUTE = (
    "; missing='impute' (--missing impute) puts the mean of the column for a number and a category "
    "of its own for a word, missing='drop' (--missing drop) leaves out such rows"
)


def days_of(column: Column, order: DateOrder, table: Table) -> Array:
    """Return a column of dates as days since 1970-01-01, NaN where missing."""
    if column.kind == "date":
        return column.cells
    if column.kind == "number":
        if np.isnan(column.cells).all():
            return column.cells
        row = int((~np.isnan(column.cells)).argmax())
        raise DataError(f"{table.where(column.name, row)}: {column.cells[row]:g} is no date")
    known: dict[str | None, float] = {None: np.nan}
    for row, cell in enumerate(column.cells):
        if cell not in known:
            try:
                known[cell] = days(cell, order)
            except ValueError as error:
                where = table.where(column.name, row)
                raise DataError(f"{where}: {shown(cell)} is not a date ({error})") from error
    return np.array([known[cell] for cell in column.cells])


def as_words(column: Column) -> Array:
    """Return the cells of a column of numbers as words."""
    words = np.empty(len(column.cells), object)
    words[:] = [
        None if cell != cell else str(int(cell)) if cell == int(cell) else str(cell)
        for cell in column.cells.tolist()
    ]
    return words
