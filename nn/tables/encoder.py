"""``TableEncoder``: the columns of a table as the inputs and targets of a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

import numpy as np

from nn.data import Array, DataError, listed, shortened, shown
from nn.tables.csvfile import TARGET_COLUMNS, Dialect, how_to_write
from nn.tables.dates import DateOrder, date_order, looks_like_date
from nn.tables.description import checked
from nn.tables.encoding import HOW_TO_IMPUTE, ColumnEncoding, as_words, days_of
from nn.tables.numbers import as_whole
from nn.tables.table import Column, Table, as_table, distinct, read_table

Missing: TypeAlias = Literal["refuse", "impute", "drop"]

MOST_CATEGORIES = 100
FEW = 10


class TableEncoder:
    """Makes numbers of the columns of a table, in the way that it learned from the training data.

    A number stays a number. A word becomes one of the column's categories, as numbers of which one
    is 1 (one-hot). A date becomes its day, and its place in the year and the week on circles; with
    a time of day, that too. Words in the target are classes.

    ``features`` are the names of the inputs, ``target`` the name of the target column, and
    ``classes`` the names of the classes, or () if the targets are numbers. ``notes`` says in
    sentences what was done. ``reading`` are keywords of ``read_table``, such as the decimal mark,
    with which ``read`` reads a file. ``to_dict`` and ``from_dict`` are for files; see
    ``nn.Columns``.

    >>> import pandas
    >>> people = pandas.DataFrame({
    ...     "age": [30, 40], "city": ["Rome", "Oslo"], "joined": ["2024-01-31", "2024-02-01"],
    ...     "bought": ["yes", "no"],
    ... })
    >>> encoder = TableEncoder.fit(people)
    >>> encoder.inputs(people)[:, :4]
    array([[30.,  0.,  1.,  0.],
           [40.,  1.,  0.,  1.]], dtype=float32)
    >>> encoder.features[:4], encoder.classes, encoder.targets(people)
    (['age', 'city=Oslo', 'city=Rome', 'joined days'], ('no', 'yes'), array([1, 0]))
    """

    def __init__(
        self,
        columns: Sequence[ColumnEncoding],
        target: str,
        classes: Sequence[str],
        *,
        named: bool,
        missing: Missing,
        width: int,
        place: int,
        reading: Mapping[str, Any] | None = None,
    ) -> None:
        self.columns: list[ColumnEncoding] = list(columns)
        self.target = target
        self.classes: tuple[str, ...] = tuple(classes)
        self.named = named
        self.missing: Missing = missing
        self.reading: dict[str, Any] = dict(reading or {})
        self.notes: list[str] = []
        # Without names columns are known by their place.
        self._width = width
        self._place = place

    @property
    def features(self) -> list[str]:
        """The names of the inputs of the network."""
        return [name for column in self.columns for name in column.features()]

    # --- learning --------------------------------------------------------------------------------

    @classmethod
    def fit(
        cls,
        data: Any,
        *,
        target: str | None = None,
        drop: Iterable[str] = (),
        category: Iterable[str] = (),
        classes: Sequence[str] | None = None,
        missing: Missing = "refuse",
        dates: DateOrder | None = None,
        rows: Array | None = None,
    ) -> Self:
        """Learn from a ``Table`` or a pandas ``DataFrame``.

        target: the column to predict; by default the one called label, target, y or class, or else
            the last.
        drop: columns to leave out.
        category: columns whose cells are categories, also if they are many or numbers.
        classes: the names of the classes, in order; by default the words of the target, sorted.
        missing: what to do about missing cells: "refuse" them; "impute" the mean of a column of
            numbers or dates, with a number that says where, and for words a category of its own;
            or "drop" such rows (``complete`` does it). Rows without a target are always dropped
            then.
        dates: "day-first" or "month-first", where the dates do not show it.
        rows: the rows to take means from, such as those for training; by default all.

        Raises ``DataError`` for an unknown column, missing cells that are refused, columns of
        numbers and words, of too many different words, or of dates that can be read in two ways.
        """
        table = as_table(data, category=category)
        dropped = [_known(table, name, "drop") for name in drop]
        name = target_name(table, target, dropped)
        as_category = {_known(table, column, "category") for column in category}
        encoder = cls(
            [],
            name,
            (),
            named=table.named,
            missing=missing,
            width=len(table.columns),
            place=table.names.index(name),
        )
        encoder.classes = tuple(classes) if classes is not None else encoder._classes_of(table)
        used = encoder._labelled(table)
        training = table if rows is None else table.rows(rows)
        for column in used.columns:
            if column.name == name or column.name in dropped:
                continue
            encoder.columns.append(
                encoder._learn(used, training, column.name, column.name in as_category, dates)
            )
        if not encoder.columns:
            raise DataError(
                f"{table.source}: no column is left besides the target {shown(name)} (if the cells "
                "are separated by another character, separator= or --separator names it)"
            )
        encoder.notes += encoder._describe(table, dropped)
        return encoder

    def _classes_of(self, table: Table) -> tuple[str, ...]:
        column = table.column(self.target)
        return tuple(distinct(column.cells)) if column.kind == "word" else ()

    def _labelled(self, table: Table) -> Table:
        """The rows with a target, of which "drop" keeps those that are complete."""
        (target,) = self._columns_of(table, [(self.target, self._place)])
        missing = target.missing
        if missing.all():
            raise DataError(f"{table.where(target.name)}: the target column is empty")
        if missing.any() and self.missing == "refuse":
            row = int(missing.argmax())
            raise DataError(
                f"{table.where(target.name, row)}: the target is missing; missing='drop' or "
                "'impute' (--missing drop or impute) leaves out rows without a target"
            )
        return table.rows(~missing) if missing.any() else table

    def complete(self, data: Any) -> tuple[Table, list[str]]:
        """Return the rows of a table to train on or to measure, and notes on those left out.

        Rows without a target are left out unless that is refused, and with missing="drop" also
        those with a missing cell in a column that is used.
        """
        table = as_table(data)
        kept = self._labelled(table)
        notes = []
        if len(kept) < len(table):
            notes.append(f"{len(table) - len(kept):,} rows without a target are left out")
        if self.missing == "drop":
            missing = np.zeros(len(kept), bool)
            for column in self._inputs_of(kept):
                missing |= column.missing
            if missing.all():
                raise DataError(
                    f"{table.source}: no row is complete; missing='impute' (--missing impute) "
                    "replaces missing cells"
                )
            if missing.any():
                notes.append(
                    f"{missing.sum():,} of {len(kept):,} rows have missing cells and are left out"
                )
                kept = kept.rows(~missing)
        return kept, notes

    def _learn(
        self, table: Table, training: Table, name: str, is_category: bool, dates: DateOrder | None
    ) -> ColumnEncoding:
        column, sample = table.column(name), training.column(name)
        place = table.names.index(name)
        missing = column.missing
        where = table.where(name)
        if missing.all():
            raise DataError(f"{where}: all cells are empty; drop= (--drop) leaves the column out")
        impute = self.missing == "impute"
        if missing.any() and self.missing == "refuse":
            raise DataError(
                f"{table.where(name, int(missing.argmax()))}: the cell is empty ("
                f"{missing.sum():,} of {len(table):,} cells of the column are){HOW_TO_IMPUTE}"
            )
        words = distinct(column.cells) if column.kind == "word" else []
        if not is_category and (
            column.kind == "date" or (words and all(map(looks_like_date, words)))
        ):
            order = date_order(words, dates, where)
            cells = days_of(column, order, table)
            known = days_of(sample, order, training)
            return ColumnEncoding(
                name,
                place,
                "date",
                fill=_mean(known, where) if impute else None,
                indicator=bool(impute and missing.any()),
                order=order,
                origin=float(np.floor(np.nanmin(cells))),
                with_time=bool((cells[~missing] % 1 != 0).any()),
            )
        if column.kind == "number" and not is_category:
            fill = _mean(sample.cells, where) if impute else None
            return ColumnEncoding(name, place, "number", fill, bool(impute and missing.any()))
        words = words or distinct(as_words(column))
        many = len(words) > MOST_CATEGORIES or (len(words) > FEW and 2 * len(words) > len(table))
        if many and not is_category:
            raise DataError(
                f"{where}: {len(words):,} different words in {len(table):,} rows, such as "
                f"{listed(map(shown, words), most=3)}; {how_to_write(words)}"
                "drop= (--drop) leaves the column out, "
                "category= (--category) takes each word as a category"
            )
        return ColumnEncoding(
            name,
            place,
            "category",
            categories=words,
            missing_category=bool(impute and missing.any()),
        )

    def _describe(self, table: Table, dropped: list[str]) -> list[str]:
        """What the columns are taken for, and what was done about missing cells."""
        kinds: dict[str, list[str]] = {"number": [], "category": [], "date": []}
        for column in self.columns:
            text = column.name if self.named else f"column {column.name}"
            if column.kind == "category":
                text += f" ({len(column.categories)})"
            kinds[column.kind].append(text)
        plural = {"number": "numbers", "category": "categories", "date": "dates"}
        parts = [f"{plural[kind]}: {listed(names)}" for kind, names in kinds.items() if names]
        parts += [f"left out: {listed(dropped)}"] if dropped else []
        notes = [
            f"target: {self.target if self.named else f'column {self.target}'}; " + "; ".join(parts)
        ]
        for column in self.columns:
            cells = table.column(column.name).cells
            if column.kind == "number" and len(table) > FEW and (np.diff(cells) == 1).all():
                notes.append(
                    f"{column.name} counts the rows, which says nothing about others; drop= "
                    "(--drop) leaves it out"
                )
            count = int(table.column(column.name).missing.sum())
            if count and self.missing == "impute":
                what = "a category of its own" if column.missing_category else f"{column.fill:.4g}"
                if column.kind == "date":
                    what = "the mean date"
                elif column.kind == "number":
                    what = f"the mean {what}"
                notes.append(
                    f"{column.name}: {count:,} of {len(table):,} cells are missing, and become "
                    f"{what}"
                )
        return notes

    def read(self, path: str | PathLike[str], **settings: Any) -> Table:
        """Return the table of a file; ``settings`` are keywords of ``read_table``."""
        given = {name: value for name, value in settings.items() if value is not None}
        words = [column.name for column in self.columns if column.kind == "category"]
        settings = {"category": words, "classes": self.classes, **self.reading, **given}
        return read_table(path, **settings)

    # --- encoding --------------------------------------------------------------------------------

    def inputs(self, data: Any) -> Array:
        """Return the inputs (n, features) float32; ``DataError`` for cells that do not fit."""
        table = as_table(data)
        arrays = []
        for encoding, column in zip(self.columns, self._inputs_of(table), strict=True):
            arrays += [array.astype(np.float32) for array in encoding(column, table)]
        return np.stack(arrays, axis=1)

    def targets(self, data: Any) -> Array:
        """Return class numbers (n,) int64 for words, whole numbers (n,) int64, or float32.

        Raises ``DataError`` for a missing target and for a class that is not in ``classes``.
        """
        table = as_table(data)
        (column,) = self._columns_of(table, [(self.target, self._place)])
        missing = column.missing
        if missing.any():
            raise DataError(
                f"{table.where(column.name, int(missing.argmax()))}: the target is missing"
            )
        if not self.classes:
            if column.kind != "number":
                raise DataError(
                    f"{table.where(column.name, 0)}: the target {shown(column.cells[0])} is not a "
                    "number, as those of the training data are"
                )
            return as_whole(Path(table.source), column.cells)
        position = {name: number for number, name in enumerate(self.classes)}
        words = column.cells if column.kind == "word" else as_words(column)
        for row, word in enumerate(words):
            if word not in position:
                raise DataError(
                    f"{table.where(column.name, row)}: {shown(word)} is none of the classes "
                    f"{listed(self.classes)}"
                )
        return np.array([position[word] for word in words], dtype=np.int64)

    def _inputs_of(self, table: Table) -> list[Column]:
        return self._columns_of(table, [(column.name, column.place) for column in self.columns])

    def _columns_of(self, table: Table, wanted: Sequence[tuple[str, int]]) -> list[Column]:
        """The columns of the training data in another table: by name, or else by their place."""
        if self.named and table.named:
            return [table.column(name) for name, _ in wanted]
        count = len(table.columns)
        if count not in (self._width, self._width - 1):
            raise DataError(
                f"{table.source} has {count} columns, and the training data had {self._width}, "
                "with the target"
            )
        columns = []
        for _, place in wanted:
            if count < self._width and place == self._place:
                raise DataError(f"{table.source} has no column for the target")
            place -= count < self._width and place > self._place
            columns.append(table.column(table.names[place]))
        return columns

    # --- files -----------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return what ``from_dict`` needs, in JSON's types."""
        return {
            "columns": [asdict(column) for column in self.columns],
            "target": self.target,
            "classes": list(self.classes),
            "named": self.named,
            "missing": self.missing,
            "width": self._width,
            "place": self._place,
            "reading": self.reading,
        }

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """Make the encoder that ``to_dict`` described; ``ValueError`` if it is damaged."""
        try:
            columns = [
                ColumnEncoding(**checked(column, ColumnEncoding)) for column in state["columns"]
            ]
            encoder = cls(**checked({**state, "columns": columns}, TableEncoder.__init__))
            encoder.reading = checked(encoder.reading, Dialect)
            for place in (encoder._place, *(column.place for column in columns)):
                if not 0 <= place < encoder._width:
                    raise ValueError(f"column {place} of {encoder._width}")
            return encoder
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"not the description of a TableEncoder: {shortened(error)}"
            ) from error


def target_name(table: Table, told: str | None, dropped: Sequence[str] = ()) -> str:
    """Return the name of the target column: as told, label, target, y or class, or the last."""
    if told is not None:
        return _known(table, told, "target")
    names = [name for name in table.names if name not in dropped]
    found = [name for name in names if table.named and name.lower() in TARGET_COLUMNS]
    if len(found) > 1:
        raise DataError(
            f"{table.source}: columns {found[0]!r} and {found[1]!r} could each be the target; "
            "target= (--target) names it"
        )
    if not names:
        raise DataError(f"{table.source}: no column is left")
    return found[0] if found else names[-1]


def _known(table: Table, name: str, option: str) -> str:
    if table.names.count(name) != 1:
        what = "several columns are" if name in table.names else "no column is"
        raise DataError(
            f"{table.source}: {option}= (--{option}) names {shown(name)}, but {what} called that; "
            f"there are {listed(table.names)}"
        )
    return name


def _mean(cells: Array, where: str) -> float:
    if np.isnan(cells).all():
        raise DataError(f"{where}: all cells of the training rows are empty; leave the column out")
    return float(np.nanmean(cells))
