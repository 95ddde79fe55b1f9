"""Files as people have them: each trains, or is refused with the option that decides."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

import nn
from nn import DataError, TableEncoder, read_table
from nn.command import main
from nn.tables.dates import days
from nn.tables.images import ImageEncoder

rng = np.random.default_rng(0)
N = 60
AGE = rng.integers(18, 80, N)
CITY = rng.choice(["Bonn", "Oslo", "Rome"], N)
INCOME = rng.normal(3000, 800, N).round(2)
MONTH, DAY = rng.integers(1, 13, N), rng.integers(1, 29, N)
BOUGHT = np.where((AGE > 50) ^ (CITY == "Oslo"), "yes", "no")
QUICK = ("--epochs", "2", "--out", "out", "--overwrite")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, **_: Path(path).touch())


def write(rows: list[list[Any]], name: str = "t.csv", separator: str = ",", start: str = "") -> str:
    with Path(name).open("w", newline="", encoding="utf-8") as file:
        file.write(start)
        csv.writer(file, delimiter=separator, lineterminator="\n").writerows(rows)
    return name


def people(*, city: Any = CITY, income: Any = INCOME, date: Any = None) -> list[list[Any]]:
    dates = [f"2024-{m:02}-{d:02}" for m, d in zip(MONTH, DAY, strict=True)]
    columns = [AGE, city, income, dates if date is None else date, BOUGHT]
    return [["age", "city", "income", "joined", "bought"], *map(list, zip(*columns, strict=True))]


def train(name: str, *options: str) -> int:
    return main(["train", "--data", name, *options, *QUICK])


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What the command has printed since the last time, as one line."""

    def read() -> str:
        printed = capsys.readouterr()
        return " ".join((printed.out + printed.err).split())

    return read


# --- ten files -----------------------------------------------------------------------------------


def test_mixed_columns_are_trained_on_and_the_raw_file_is_evaluated_and_predicted(said) -> None:
    name = write(people())
    assert train(name) == 0
    assert "numbers: age, income; categories: city (3); dates: joined" in said()
    model = nn.load("out/model.safetensors")
    assert main(["evaluate", "out", "--data", name]) == 0
    table = read_table(name)
    predicted = nn.predict(model, table).argmax(axis=1)
    correct = np.mean(np.array(model.classes)[predicted] == BOUGHT)
    assert f" {100 * correct:.2f} %" in said()
    # Without the target, and with the columns in another order and one more.
    rows = [[row[3], row[0], "x", row[1], row[2]] for row in people()]
    rows[0][2] = "comment"
    assert main(["predict", "out", write(rows, "new.csv"), "--out", "p.csv"]) == 0
    header, *lines = (line.split(",") for line in Path("p.csv").read_text().splitlines())
    assert header == ["prediction", "probability"]
    assert [line[0] for line in lines] == [model.classes[k] for k in predicted]


def test_missing_cells_are_refused_imputed_or_dropped(said) -> None:
    income: list[Any] = ["" if i % 7 == 0 else x for i, x in enumerate(INCOME)]
    city = ["NA" if i % 10 == 0 else x for i, x in enumerate(CITY)]
    name = write(people(income=income, city=city))
    assert train(name) == 2
    assert "t.csv, line 2, column 2 ('city'): the cell is empty (6 of 60" in said()
    assert train(name, "--missing", "impute") == 0
    told = said()
    assert "income: 9 of 60 cells are missing, and become the mean" in told
    assert "city: 6 of 60 cells are missing, and become a category of its own" in told
    assert main(["predict", "out", name]) == 0
    assert train(name, "--missing", "drop") == 0
    assert "14 of 60 rows have missing cells and are left out" in said()
    assert main(["predict", "out", name]) == 2
    assert "line 2, column 2 ('city'): the cell is empty" in said()


def test_a_file_of_a_spreadsheet_is_read_with_its_separator_line_and_empty_ends(said) -> None:
    rows = [[*row, ""] for row in people()]
    text = "sep=;\r\n;;;;;\r\n" + "".join(";".join(map(str, row)) + "\r\n" for row in rows)
    text = text.replace(".", ",") + ";;;;;\r\n;;;;;\r\n"
    for encoding in ("utf-8-sig", "utf-16"):
        Path("t.csv").write_text(text, encoding, newline="")
        assert train("t.csv", "--decimal", ",") == 0
        assert "numbers: age, income; categories: city (3); dates: joined" in said()
        assert main(["evaluate", "out", "--data", "t.csv"]) == 0
    table = read_table("t.csv", decimal=",")
    assert (table.lines[0], len(table), table.names[-1]) == (4, N, "bought")


def test_an_index_without_a_name_is_a_column_that_counts_the_rows(said) -> None:
    rows = [[k - 1 if k else "", *row] for k, row in enumerate(people())]
    assert train(write(rows)) == 0
    assert "column 1 counts the rows, which says nothing about others" in said()
    assert train("t.csv", "--drop", "column 1") == 0
    assert "left out: column 1" in said()


@pytest.mark.parametrize(
    ("cells", "advice"),
    [
        ([f"{x:.1f}%" for x in INCOME], "numbers are read without a unit, %, or sign"),
        ([f"${x:.2f}" for x in INCOME], "numbers are read without a unit, %, or sign"),
        ([f"{x:.1f} cm" for x in INCOME], "numbers are read without a unit, %, or sign"),
        ([f"{d} March {2000 + k}" for k, d in enumerate(DAY)], "dates are read as 2024-12-31"),
        ([f"{d:02}/{k:02}/24" for k, d in enumerate(DAY)], "dates are read as 2024-12-31"),
        ([f"{1000 + k:,}" for k in range(N)], "without a mark between thousands, or decimal=','"),
        (
            [f"{1 + k / 10:.1f}" if k % 2 else "-" for k in range(N)],
            "a missing cell is empty or NA",
        ),
    ],
)
def test_numbers_and_dates_in_another_form_are_told_what_to_write(
    said, cells: list[str], advice: str
) -> None:
    assert train(write(people(income=cells))) == 2
    assert advice in said()


def test_a_file_of_another_kind_is_told_how_to_be_saved(said) -> None:
    Path("people.xlsx").touch()
    assert train("people.xlsx") == 2
    assert "not a folder of images; save a spreadsheet as CSV" in said()
    with pytest.raises(DataError, match="save a spreadsheet as CSV"):
        read_table("people.xlsx")


def test_columns_of_one_name_and_cells_after_the_last_are_told(said) -> None:
    names, *rows = people()
    assert train(write([["age", "age", *names[2:]], *rows])) == 2
    assert "2 columns are called 'age'" in said()
    assert train(write([names, *[[*row, ""] for row in rows]])) == 2
    assert "line 2: 6 cells, but the first line has 5 (a separator at its end" in said()


def test_the_mean_is_that_of_the_training_rows() -> None:
    name = write([["a", "y"], *[["" if i == 0 else i, i % 2] for i in range(50)]])
    assert train(name, "--missing", "impute", "--classes", "0,1") == 0
    (column,) = nn.load("out/model.safetensors")[0].encoder.columns
    with_test = np.mean(np.arange(1, 50))
    assert column.fill != with_test
    assert abs(column.fill - with_test) < 5


@pytest.mark.parametrize("separator", [";", "\t"])
def test_semicolons_decimal_commas_and_a_bom(separator: str, said) -> None:
    income = [f"{x:.2f}".replace(".", ",") for x in INCOME]
    suffix = "tsv" if separator == "\t" else "csv"
    name = write(people(income=income), f"t.{suffix}", separator, start="\ufeff")
    assert train(name) == 2
    assert "is not a number; decimal=',' (--decimal ,) reads it as one" in said()
    assert train(name, "--decimal", ",") == 0
    expected = nn.predict(nn.load("out/model.safetensors"), read_table(name, decimal=","))
    assert main(["predict", "out", name, "--out", "p.csv"]) == 0  # the mark is that of the training
    first = Path("p.csv").read_text().splitlines()[1].split(",")[0]
    assert first == ("no", "yes")[expected[0].argmax()]


def test_dates_are_read_in_the_order_that_they_show_or_refused(said) -> None:
    pairs = list(zip(MONTH, DAY, strict=True))
    german = write(people(date=[f"{d:02}.{m:02}.2024" for m, d in pairs]), "german.csv")
    american = write(people(date=[f"{m}/{d}/2024" for m, d in pairs]), "american.csv")
    same = np.array(TableEncoder.fit(read_table(write(people()))).inputs(read_table("t.csv")))
    for name in (german, american):
        table = read_table(name)
        np.testing.assert_array_equal(TableEncoder.fit(table).inputs(table), same)
    unclear = write(people(date=[f"{m}/{min(d, 12)}/2024" for m, d in pairs]), "unclear.csv")
    assert train(unclear) == 2
    assert "day and month could each be first; dates='day-first' or 'month-first'" in said()
    assert train(unclear, "--dates", "day-first") == 0
    mixed = write(people(date=["13/1/2024", "1/13/2024", *["1/2/2024"] * (N - 2)]), "mixed.csv")
    assert train(mixed) == 2
    assert "'13/1/2024' and '1/13/2024', day and month could each be first" in said()


def test_labels_of_plus_and_minus_one_are_two_classes(said) -> None:
    rng = np.random.default_rng(1)
    name = write([["x", "label"], *[[x, 1 if x > 0 else -1] for x in rng.normal(size=N)]])
    assert train(name) == 0
    assert nn.load("out/model.safetensors").classes == ("-1", "1")
    assert main(["evaluate", "out", "--data", name]) == 0
    assert train(name, "--classes", "1,-1") == 0
    assert nn.load("out/model.safetensors").classes == ("1", "-1")
    assert train(name, "--classes", "1,0") == 2
    assert "'-1' is none of the classes 1, 0" in said()


def test_one_class_is_refused(said) -> None:
    assert train(write([["x", "y"], *[[x, "a"] for x in range(N)]])) == 2
    assert "t.csv has a single class; at least two are needed" in said()


def test_quoted_separators_and_line_ends_stay_in_their_cells() -> None:
    city = np.where(CITY == "Oslo", 'Oslo, "the\nTiger City"', CITY)
    assert train(write(people(city=city))) == 0
    encoder = nn.load("out/model.safetensors")[0].encoder
    assert encoder.columns[1].categories == ["Bonn", 'Oslo, "the\nTiger City"', "Rome"]


def test_identifiers_mixed_columns_and_empty_columns_are_refused_until_an_option_decides(
    said,
) -> None:
    rows = [["id", *row] if n == 0 else [f"c{n}", *row] for n, row in enumerate(people())]
    assert train(write(rows)) == 2
    assert "column 1 ('id'): 60 different words in 60 rows, such as 'c1', 'c10', 'c11'" in said()
    assert train("t.csv", "--drop", "id") == 0
    rows = people()
    rows[5][0] = "old"
    assert train(write(rows)) == 2
    assert "line 6, column 1 ('age'): 'old' is not a number, and 59 cells of the column" in said()
    assert train("t.csv", "--category", "age") == 0
    assert main(["predict", "out", "t.csv"]) == 0
    rows = [[*row[:-1], "" if n else "empty", row[-1]] for n, row in enumerate(people())]
    assert train(write(rows), "--missing", "impute") == 2
    assert "all cells are empty; drop= (--drop) leaves the column out" in said()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--target", "price"), "target= (--target) names 'price', but no column is called that"),
        (
            ("--drop", "id"),
            "drop= (--drop) names 'id', but no column is called that; there are age",
        ),
        (("--category", "town"), "names 'town', but no column"),
        (("--drop", "age,city,income,joined"), "no column is left besides the target 'bought'"),
        (("--target", "income", "--loss", "cross-entropy"), "not whole numbers, words or one-hot"),
        (("--loss", "mse"), "has words as targets, but --loss is for values"),
        (("--size", "3"), "'3' is not a size in pixels, such as 28x28"),
    ],
)
def test_options_that_do_not_fit_the_columns_are_refused(options, complaint: str, said) -> None:
    assert train(write(people()), *options) == 2
    assert complaint in said()


def test_the_target_may_be_any_column(said) -> None:
    rng = np.random.default_rng(1)
    assert train(write(people()), "--target", "city") == 0
    assert nn.load("out/model.safetensors").classes == ("Bonn", "Oslo", "Rome")
    assert train("t.csv", "--target", "income") == 0
    assert "R²" in said()
    assert main(["evaluate", "out", "--data", "t.csv"]) == 0
    rows = [[x, y, z] for x, y, z in zip(AGE, BOUGHT, INCOME, strict=True)]
    assert train(write(rows, "bare.csv"), "--target", "2", "--no-header") == 0
    assert nn.load("out/model.safetensors").classes == ("no", "yes")
    assert main(["predict", "out", "bare.csv"]) == 0
    whole = [["x", "price"], *[[x, 10 * n] for n, x in enumerate(rng.normal(size=N))]]
    whole += whole[1:]
    assert train(write(whole, "prices.csv")) == 2
    assert "60 different whole numbers; they are values with --loss mse or mae" in said()
    assert train("prices.csv", "--loss", "mse") == 0


def test_rows_without_a_target_are_not_guessed(said) -> None:
    rows = people()
    rows[3][-1] = ""
    assert train(write(rows)) == 2
    assert "line 4, column 5 ('bought'): the target is missing" in said()
    assert train("t.csv", "--missing", "drop") == 0
    assert "1 rows without a target are left out" in said()


def test_categories_and_classes_that_training_did_not_see_are_named(said) -> None:
    assert train(write(people())) == 0
    rows = people()
    rows[4][1] = "Paris"
    assert main(["predict", "out", write(rows, "new.csv")]) == 2
    assert "new.csv, line 5, column 2 ('city'): 'Paris' is none of the categories" in said()
    rows = people()
    rows[4][-1] = "maybe"
    assert main(["evaluate", "out", "--data", write(rows, "new.csv")]) == 2
    assert "'maybe' is none of the classes no, yes" in said()
    assert main(["predict", "out", write([row[1:] for row in people()], "new.csv")]) == 2
    assert "no column is called 'age'; there are city, income, joined, bought" in said()


def test_imbalanced_classes_are_pointed_at_and_may_be_weighed(said) -> None:
    rng = np.random.default_rng(1)
    y = np.where(np.arange(200) % 20 == 0, "rare", "usual")
    x = rng.normal(size=200) + 2 * (y == "rare")
    name = write([["x", "y"], *map(list, zip(x, y, strict=True))])
    assert train(name) == 0
    told = said()
    assert "imbalanced classes: 95" in told
    assert "--class-weight balanced lets each class count as much" in told
    assert "accuracy balanced errors" in told
    assert "recall, test examples class examples recall rare 2" in told
    balanced = ("--class-weight", "balanced", "--epochs", "10", "--out", "b")
    assert main(["train", "--data", name, *balanced]) == 0
    model = nn.load("b/model.safetensors")
    found = np.array(model.classify(nn.read_table(name).columns[0].cells[:, None]))
    assert np.mean(found[y == "rare"] == "rare") > 0.6


# --- parquet, DataFrames and images --------------------------------------------------------------


def test_parquet_is_what_the_same_csv_is() -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.read_csv(write(people()), parse_dates=["joined"])
    frame.to_parquet("t.parquet")
    tables = read_table("t.csv"), read_table("t.parquet"), frame
    first, *others = (TableEncoder.fit(table).inputs(table) for table in tables)
    for other in others:
        np.testing.assert_array_equal(first, other)
    assert train("t.parquet") == 0
    model = nn.load("out/model.safetensors")
    np.testing.assert_array_equal(nn.predict(model, frame), nn.predict(model, tables[0]))
    Path("bad.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"bad\.parquet: a damaged parquet file"):
        read_table("bad.parquet")


def test_columns_of_a_dataframe_keep_their_meaning() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "whole": pandas.array([1, None, 3], dtype="Int64"),
            "flag": [True, False, True],
            "kind": pandas.Categorical(["b", None, "a"]),
            "at": pandas.to_datetime(["2024-01-01", None, "2024-01-03"]).tz_localize("UTC"),
            "y": ["p", "q", "p"],
        }
    )
    encoder = TableEncoder.fit(frame, missing="impute")
    x = encoder.inputs(frame)
    names = encoder.features
    assert x[:, names.index("whole")].tolist() == [1, 2, 3]
    assert x[:, names.index("whole missing")].tolist() == [0, 1, 0]
    assert x[:, names.index("flag")].tolist() == [1, 0, 1]
    assert [x[:, names.index(f"kind{n}")].tolist() for n in ("=a", "=b", " missing")] == [
        [0, 0, 1],
        [1, 0, 0],
        [0, 1, 0],
    ]
    assert x[:, names.index("at days")].tolist() == [0, 1, 2]
    assert encoder.targets(frame).tolist() == [0, 1, 0]
    again = TableEncoder.from_dict(encoder.to_dict())
    np.testing.assert_array_equal(again.inputs(frame), x)
    with pytest.raises(DataError, match="a list among words"):
        TableEncoder.fit(pandas.DataFrame({"a": [[1], [2]], "y": [0, 1]}))


def test_a_folder_of_images_has_a_class_for_each_folder(said) -> None:
    rng = np.random.default_rng(1)
    images = pytest.importorskip("PIL.Image")
    for kind, value in (("dark", 40), ("light", 200)):
        Path("photos", kind).mkdir(parents=True)
        for n in range(12):
            pixels = np.clip(rng.normal(value, 30, (6, 5)), 0, 255).astype(np.uint8)
            images.fromarray(pixels).save(f"photos/{kind}/{n}.png")
    assert main(["train", "--data", "photos", "--epochs", "30", "--out", "out"]) == 0
    assert "images: Pixels(6 x 5 x 1), from 0 to 1" in said()
    assert main(["evaluate", "out", "--data", "photos"]) == 0
    assert "24 100.00 %" in said()
    assert main(["predict", "out", "photos/light"]) == 0
    assert said().count("light") == 12
    images.fromarray(np.zeros((6, 5, 3), np.uint8)).resize((10, 12)).save("photos/dark/b.png")
    assert main(["predict", "out", "photos/dark/b.png"]) == 2
    assert "is an image of 10 x 12 pixels, and those of the training data have 5 x 6" in said()
    assert train("photos") == 2
    assert "size= (--size WIDTHxHEIGHT) resizes all of them" in said()
    assert train("photos", "--size", "4x4") == 0
    assert nn.load("out/model.safetensors")[0].encoder.channels == 3
    encoder = ImageEncoder(2, 2, 3)
    colours = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    images.fromarray(colours).save("colours.png")
    x = encoder([Path("colours.png")], 10**6).reshape(3, 2, 2)
    np.testing.assert_allclose(x, colours.transpose(2, 0, 1) / 255, rtol=1e-6)
    conv = ("photos", "--size", "16x8", "--network", "conv")
    assert train(*conv) == 2
    assert "--schedule one-cycle needs more than 2 steps" in said()
    assert train(*conv, "--schedule", "constant") == 0
    assert nn.load("out/model.safetensors")[1].title() == "Unflatten(1, [3, 8, 16])"
    Path("photos/dark/c.png").write_bytes(b"no image")
    assert train("photos") == 2
    assert "c.png: not an image that Pillow can read" in said()
    Path("photos/a.png").touch()
    assert train("photos") == 2
    assert "is not in the folder of a class" in said()


# --- dates ---------------------------------------------------------------------------------------


@given(when=st.datetimes())
def test_dates_are_those_of_the_calendar(when: Any) -> None:
    expected = (when.replace(microsecond=0) - type(when)(1970, 1, 1)).total_seconds() / 86400
    clock = when.strftime("%H:%M:%S")
    texts = {
        f"{when.year:04}-{when.month:02}-{when.day:02} {clock}": "iso",
        f"{when.year:04}-{when.month:02}-{when.day:02}T{clock}Z": "iso",
        f"{when.day}.{when.month}.{when.year:04} {clock}": "day-first",
        f"{when.month}/{when.day}/{when.year:04} {clock}": "month-first",
    }
    for text, order in texts.items():
        assert days(text, order) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", ["31.02.2024", "2024-13-01", "2024-02-30"])
def test_days_that_do_not_exist_are_named(cell: str) -> None:
    rows = [
        ["on", "y"],
        *[["01.03.2024" if "." in cell else "2024-03-13", n % 2] for n in range(20)],
    ]
    rows[7][0] = cell
    table = read_table(write(rows))
    with pytest.raises(DataError, match=rf"line 8, column 1 \('on'\): '{cell}' is not a date"):
        TableEncoder.fit(table, dates="day-first")


# --- what a model knows of its columns -----------------------------------------------------------


def test_a_model_of_a_table_takes_tables_and_numbers(said) -> None:
    table = read_table(write(people()))
    encoder = TableEncoder.fit(table, drop=["joined"])
    x, y = encoder.inputs(table), encoder.targets(table)
    layers = nn.Standardize(x.shape[1]).fit(x), nn.Linear(x.shape[1], 2, rng=0)
    model = nn.Classifier(nn.Columns(encoder.to_dict()), *layers, classes=encoder.classes)
    nn.fit(model, (x, y), loss="cross-entropy", epochs=1, progress=False)
    nn.save(model, "m.safetensors")
    again = nn.load("m.safetensors")
    np.testing.assert_array_equal(nn.predict(again, table), nn.predict(model, x))
    assert repr(again).count("Columns(3 columns, 5 inputs)") == 1
    with pytest.raises(DataError, match="became 5 numbers"):
        again(np.ones((2, 4), np.float32))
    with pytest.raises(ValueError, match="not the description of a TableEncoder"):
        nn.Columns({"columns": [{"name": "a"}]})
