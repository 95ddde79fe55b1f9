"""Reading the user's own npz and csv files, right ones and every kind of wrong one."""

import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nn import DataError
from nn.tables import load_features, load_table


def csv_file(folder: Path, text: str | bytes) -> Path:
    path = folder / "table.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


# --- csv -----------------------------------------------------------------------------------------


def test_the_last_column_is_the_target_without_a_header(tmp_path: Path) -> None:
    x, y, classes = load_table(csv_file(tmp_path, "1.5,2,0\n-3,4e-1,1\n"))
    assert x.tolist() == [[1.5, 2.0], [-3.0, np.float32(0.4)]]
    assert x.dtype == np.float32
    assert y.tolist() == [0, 1]
    assert y.dtype == np.int64
    assert classes == ()


@pytest.mark.parametrize("name", ["label", "Target", "y", "CLASS"])
def test_a_column_named_as_the_target_is_it_wherever_it_stands(tmp_path: Path, name: str) -> None:
    x, y, _ = load_table(csv_file(tmp_path, f"a,{name},b\n1,7,2\n3,8,4\n"))
    assert x.tolist() == [[1, 2], [3, 4]]
    assert y.tolist() == [7, 8]


def test_a_header_without_such_a_name_leaves_the_last_column(tmp_path: Path) -> None:
    x, y, _ = load_table(csv_file(tmp_path, "width,height,species\n1,2,5\n"))
    assert (x.tolist(), y.tolist()) == ([[1, 2]], [5])


def test_words_are_numbered_in_sorted_order_or_as_told(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "1,rose\n2,daisy\n3, rose\n")
    assert load_table(path)[1:][0].tolist() == [1, 0, 1]
    assert load_table(path).classes == ("daisy", "rose")
    told = load_table(path, classes=["lily", "rose", "daisy"])
    assert told.y.tolist() == [1, 2, 1]
    assert told.classes == ("lily", "rose", "daisy")
    with pytest.raises(DataError, match=r"table.csv, line 2: 'daisy' is none of the classes rose"):
        load_table(path, classes=["rose"])


def test_targets_that_are_not_whole_are_float32_values(tmp_path: Path) -> None:
    y = load_table(csv_file(tmp_path, "1,0.5\n2,3\n")).y
    assert y.tolist() == [0.5, 3.0]
    assert y.dtype == np.float32
    assert load_table(csv_file(tmp_path, "1,1.0\n2,3e0\n")).y.dtype == np.int64


@pytest.mark.parametrize("between", [",", ";", "\t", ", "])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_separators_line_ends_quotes_blank_lines_and_a_bom_are_taken(
    tmp_path: Path, between: str, end: str
) -> None:
    lines = ["label,a", '"x","1"', "", "y,2", ""]
    text = end.join(line.replace(",", between) for line in lines)
    x, y, classes = load_table(csv_file(tmp_path, b"\xef\xbb\xbf" + text.encode()))
    assert (x.tolist(), y.tolist(), classes) == ([[1], [2]], [0, 1], ("x", "y"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"table.csv: the file is empty$"),
        ("\n\n", r"table.csv: the file is empty$"),
        ("a,label\n", r"table.csv: a header and no examples"),
        ("1\n2\n", r"line 1: one column only"),
        ("1,2,0\n1,2\n", r"line 2: 2 cells, but the first line has 3"),
        ("a,b,label\n1,2,0\n1,2,0,4\n", r"line 3: 4 cells, but the first line has 3"),
        ("1,2,0\n1,two,0\n", r"line 2, column 2: 'two' is not a number$"),
        ("a,age,label\n1,2,0\n1,two,0\n", r"line 3, column 2 \('age'\): 'two' is not a number$"),
        ("label,1,2\n5,0,0\n", r"line 1: it has words, such as 'label', and numbers, such as '1',"),
        ("a,label,b\n1,0,\n", r"line 2, column 3 \('b'\): the cell is empty"),
        ("a,label,b\n1,,2\n", r"line 2, column 2 \('label'\): the cell is empty"),
        ("1,nan,0\n", r"line 1, column 2: nan is not a finite"),
        ("1,2,0\n-inf,2,0\n", r"line 2, column 1: -inf is not a finite"),
        ("1,1e39,0\n", r"line 1, column 2: 1e39 is not a finite float32"),
        ("1,2\n1,nan\n", r"line 2: the target nan is not a finite"),
        ("1,2\n1,1e300\n", r"line 2: the target 1e300 is not a finite"),
        ("1,2\n\n1,red\n", r"line 3: the target 'red' is not a number, while .* numbers"),
        ("1,red\n2,red\n1,2\n", r"line 3: the target '2' is a number, while .* words"),
        ("y,label,a\n1,2,3\n", r"columns 'y' and 'label' could each be the target"),
        ('1,"2\n', r"line 1: unexpected end of data"),
        ("1," + "9" * 200_000, r"line 1: field larger"),
        (b"1,2\n\xff\xfe,3\n", r"not UTF-8 text"),
        (b"caf\xe9,label\n1,2\n", r"save it as UTF-8"),
    ],
)
def test_a_wrong_csv_is_named_by_line_and_column(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    path = csv_file(tmp_path, text)
    with pytest.raises(DataError, match=message) as caught:
        load_table(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("header", ['"a,b;c",d,kind', ""])
@pytest.mark.parametrize("target", ["rose", '"red; or\tgreen, or"', "3"])
def test_a_table_is_read_right_or_refused(
    tmp_path: Path, separator: str, decimal: str, header: str, target: str
) -> None:
    lines = [[k + 0.5, -k / 4, target] for k in range(5)]
    rows = [separator.join(map(str, row)) for row in lines]
    if decimal == ",":
        rows = [row.replace(".", ",") for row in rows]
    text = "\n".join([header.replace(",d,", f"{separator}d{separator}")] * bool(header) + rows)
    path = csv_file(tmp_path, text)

    def check(**options: Any) -> None:
        x, _, classes = load_table(path, **options)
        assert x.tolist() == [[k + 0.5, -k / 4] for k in range(5)]
        assert classes == (() if target == "3" else (target.strip('"'),))

    if decimal == ".":
        check()
        check(separator=separator, header=bool(header))
    elif separator == ",":
        return  # 0,5,0,25 is a line of four cells for anybody
    else:
        with pytest.raises(DataError, match=r"decimal=',' \(--decimal ,\)"):
            load_table(path)
        check(decimal=",")


@pytest.mark.parametrize(
    ("text", "message", "options"),
    [
        # Decimal commas and other separators, also where only the target shows them.
        ("1,5;2,5;0\n2,5;1,5;1\n", "separated by commas or semicolons, and each", {"decimal": ","}),
        ("1,5;2\n2,5;3\n", "by commas or semicolons", {"decimal": ","}),
        ("1;2,5\n3;4,5\n", "by commas or semicolons", {"separator": ";", "decimal": ","}),
        ("a;y\n1;2,5\n3;4,5\n", "target '2,5' is not a number; decimal=','", {"decimal": ","}),
        ("a;y\n1,5;2\n", r"\('a'\): '1,5' is not a number; decimal=','", {"decimal": ","}),
        ("1,5 2\n2,5 3\n", "separator= .--separator. says", {"separator": " ", "decimal": ","}),
        ("a|b|y\n1|2|3\n", "one column only", {"separator": "|"}),
        ("a,b;y\n1,2;3\n4,5;6\n", "by commas or semicolons", {"separator": ";", "decimal": ","}),
        ("1_000,2\n3,4\n", "'1_000' is not a number", {}),
        ("1\u00a0000;2\n3;4\n", "write numbers without a mark between thousands", {}),
        # Headers with numbers in them, and examples with words in them.
        ("1,2,label\n0,0,rose\n1,1,daisy\n", "'label', and numbers, such as '1'", {"header": True}),
        ("2019,2020,kind\n0,0,rose\n1,1,rose\n", "'kind', which no other line", {"header": True}),
        ("0,1,2,3\n5,6,7,0\n5,6,8,1\n", r"counts 0, 1, 2, \.\.\., so it may", {"header": True}),
        ("1,2,3\n5,6,7\n", "counts 1, 2, 3, so", {"header": False}),
        ("NA,rose\n1,rose\n", "a cell 'NA'", {}),
        ("1,rose\n2,daisy\n", "ends in 'rose', which no other line does", {"header": False}),
        ("1,rose\n2,NA\n3,rose\n", "the target 'NA' is how a missing value", {}),
        ("1,9007199254740993\n2,1\n", "too many digits for a class number", {}),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_until_an_option_decides(
    tmp_path: Path, text: str, message: str, options: dict[str, Any]
) -> None:
    path = csv_file(tmp_path, text)
    with pytest.raises(DataError, match=message):
        load_table(path)
    if options:
        x, y, _ = load_table(path, **options)
        assert len(x) == len(y) >= 1


def test_options_read_what_they_say(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "1,5;2,5;0\n2,5;1,5;1\n")
    assert load_table(path, decimal=",").x.tolist() == [[1.5, 2.5], [2.5, 1.5]]
    path = csv_file(tmp_path, "1 2 3\n4 5 6\n")
    assert load_table(path, separator=" ", header=True).x.tolist() == [[4, 5]]
    assert load_features(path, separator=" ", header=False).tolist() == [[1, 2, 3], [4, 5, 6]]
    told = load_table(csv_file(tmp_path, "1,rose\n2,daisy\n"), classes=["daisy", "rose"])
    assert told.y.tolist() == [1, 0]
    for options in ({"separator": "::"}, {"decimal": ";"}, {"separator": ",", "decimal": ","}):
        with pytest.raises(ValueError, match=r"neither|cannot separate"):
            load_table(path, **options)


def test_a_csv_larger_than_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "1,2\n" * 1000)
    with pytest.raises(DataError, match=r"more than the 0 MB allowed \(memory_limit="):
        load_table(path, memory_limit=10_000)
    assert len(load_table(path, memory_limit=20_000).x) == 1000


def test_what_a_file_contains_is_shortened_in_messages(tmp_path: Path) -> None:
    long = "x" * 10_000
    for text in (f"1,{long}0\n2,3\n", f"a,{long}\n1,2\nb,4\n", f"{long},y\n\u00e4{long},2\n"):
        with pytest.raises(DataError) as caught:
            load_table(csv_file(tmp_path, text))
        assert len(str(caught.value)) < 500 + len(str(tmp_path))
    many = npz_file(tmp_path, **{f"array{k}": np.zeros(1) for k in range(500)})
    with pytest.raises(DataError, match=r"'array9' and 490 more"):
        load_table(many)


def test_features_are_read_with_or_without_a_target_column(tmp_path: Path) -> None:
    assert load_features(csv_file(tmp_path, "1,2\n3,4\n")).tolist() == [[1, 2], [3, 4]]
    assert load_features(csv_file(tmp_path, "a,b\n1,2\n")).tolist() == [[1, 2]]
    assert load_features(csv_file(tmp_path, "a,label\n1,\n2,red\n")).tolist() == [[1], [2]]
    assert load_features(csv_file(tmp_path, "5\n6\n")).tolist() == [[5], [6]]
    with pytest.raises(DataError, match=r"line 1, column 2: 'x' is not a number"):
        load_features(csv_file(tmp_path, "1,x\n"), header=False)


finite32 = st.floats(width=32, allow_nan=False, allow_infinity=False)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(finite32, finite32, st.integers(0, 9)), min_size=1, max_size=8))
def test_what_was_written_is_read_to_the_last_bit(tmp_path: Path, rows: list[Any]) -> None:
    text = "\n".join(",".join(map(repr, row)) for row in rows)
    x, y, _ = load_table(csv_file(tmp_path, text))
    np.testing.assert_array_equal(x, np.array([row[:2] for row in rows], dtype=np.float32))
    assert y.tolist() == [row[2] for row in rows]


# --- npz -----------------------------------------------------------------------------------------


def npz_file(folder: Path, **arrays: Any) -> Path:
    path = folder / "table.npz"
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("x_name", "y_name"), [("x", "y"), ("X", "Y"), ("data", "target"), ("images", "labels")]
)
def test_inputs_and_targets_are_found_by_their_usual_names(
    tmp_path: Path, x_name: str, y_name: str
) -> None:
    arrays = {x_name: np.arange(12, dtype=np.uint8).reshape(3, 2, 2), y_name: np.array([2, 0, 1])}
    x, y, classes = load_table(npz_file(tmp_path, **arrays, other=np.zeros(5)))
    assert x.dtype == np.float32
    assert x.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert y.tolist() == [2, 0, 1]
    assert y.dtype == np.int64
    assert classes == ()


@pytest.mark.parametrize(
    ("y", "expected", "dtype"),
    [
        ([[1], [0]], [1, 0], np.int64),
        ([1.0, 0.0], [1, 0], np.int64),
        ([0.5, 0.0], [0.5, 0.0], np.float32),
        ([True, False], [1, 0], np.int64),
        ([[1, 0], [0, 1]], [[1, 0], [0, 1]], np.float32),
        (["b", "a"], [1, 0], np.int64),
    ],
)
def test_targets_of_every_kind_are_read(
    tmp_path: Path, y: list[Any], expected: list[Any], dtype: type
) -> None:
    table = load_table(npz_file(tmp_path, x=np.zeros((2, 3)), y=y))
    assert table.y.tolist() == expected
    assert table.y.dtype == dtype


def test_targets_beyond_the_largest_class_number_are_refused(tmp_path: Path) -> None:
    largest = np.iinfo(np.int64).max
    y = np.array([largest, 1], np.uint64)
    assert load_table(npz_file(tmp_path, x=[1, 2], y=y)).y.tolist() == [largest, 1]
    with pytest.raises(DataError, match=f"the targets hold {largest + 1}; the largest"):
        load_table(npz_file(tmp_path, x=[1, 2], y=y + np.uint64(1)))


def test_a_small_npz_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, x=np.zeros((1000, 5000), np.uint8), y=np.zeros(1000))
    assert path.stat().st_size < 20_000
    with pytest.raises(DataError, match=r"takes 25 MB .* 10 MB allowed .*--memory-limit"):
        load_table(path, memory_limit=10_000_000)
    assert load_table(path).x.shape == (1000, 5000)


def test_a_vector_of_inputs_is_one_feature(tmp_path: Path) -> None:
    assert load_table(npz_file(tmp_path, x=[1, 2], y=[0, 1])).x.tolist() == [[1], [2]]


@pytest.mark.parametrize("missing", [np.nan, "", " NA ", "?"])
def test_a_missing_word_in_an_npz_is_no_class(missing: Any, tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", x=np.eye(3), y=np.array(["rose", missing, "daisy"]))
    with pytest.raises(DataError, match="at index 1 is how a missing value is written"):
        load_table(tmp_path / "data.npz")


def test_words_in_an_npz_must_be_among_the_classes_told(tmp_path: Path) -> None:
    path = npz_file(tmp_path, x=[1, 2], y=["a", "b"])
    with pytest.raises(DataError, match=r"row 1 of the targets: 'b' is none of the classes a"):
        load_table(path, classes=["a"])


def test_features_of_an_npz_need_no_targets(tmp_path: Path) -> None:
    assert load_features(npz_file(tmp_path, x=[[1, 2]])).tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": [1.0]}, "one array named y, target, .* is needed; the file holds 'x'"),
        ({"a": [1.0], "b": [1]}, "one array named x, data, .* the file holds 'a', 'b'"),
        ({"x": [1.0], "X": [1.0], "y": [1]}, "one array named x"),
        ({}, "the file holds none"),
        ({"x": np.zeros((3, 2)), "y": [1, 2]}, r"inputs of shape \(3, 2\) and targets of"),
        ({"x": np.zeros((1, 2)), "y": 1}, r"targets of shape \(\)"),
        ({"x": np.zeros((1, 2)), "y": np.zeros((1, 2, 2))}, r"targets of shape \(1, 2, 2\)"),
        ({"x": np.zeros((0, 2)), "y": []}, r"no examples; the inputs have shape \(0, 2\)"),
        ({"x": 1.0, "y": 1}, r"no examples; the inputs have shape \(\)"),
        ({"x": [[1.0, np.nan]], "y": [1]}, r"the inputs hold nan at index \(0, 1\)"),
        ({"x": [[1e39]], "y": [1]}, r"the inputs hold 1e\+39 at index \(0, 0\)"),
        ({"x": [1.0], "y": [np.inf]}, r"the targets hold inf at index \(0,\)"),
        ({"x": [1j], "y": [1]}, "the inputs are of type complex128"),
        ({"x": ["a"], "y": [1]}, "the inputs are of type <U1"),
        ({"x": [1.0], "y": [b"a"]}, r"the targets are of type \|S1"),
    ],
)
def test_a_wrong_npz_is_refused_in_one_sentence(
    tmp_path: Path, arrays: dict[str, Any], message: str
) -> None:
    path = npz_file(tmp_path, **arrays)
    with pytest.raises(DataError, match=message) as caught:
        load_table(path)
    assert str(path) in str(caught.value)


class Bomb:
    """Unpickling this creates a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.trace),)


@pytest.mark.parametrize("name", ["x", "y"])
def test_pickled_objects_are_refused_and_never_unpickled(tmp_path: Path, name: str) -> None:
    trace = tmp_path / "executed"
    arrays: dict[str, Any] = {"x": np.zeros(1), "y": np.zeros(1)}
    arrays[name] = np.array([Bomb(trace)], dtype=object)
    path = npz_file(tmp_path, **arrays)
    with pytest.raises(DataError, match="pickled Python objects, which are never loaded"):
        load_table(path)
    assert not trace.exists()
    with np.load(path, allow_pickle=True) as file:
        file[name]
    assert trace.exists(), "the file would not have done harm, so the test shows nothing"


def test_a_pickle_or_a_single_array_named_npz_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "array.npz"
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(DataError, match="not an npz file"):
        load_table(path)
    path.write_bytes(b"\x80\x04K\x01.")
    with pytest.raises(DataError, match="not an npz file"):
        load_table(path)


def test_a_header_that_promises_more_than_memory_is_refused(tmp_path: Path) -> None:
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**15,)}
    with zipfile.ZipFile(tmp_path / "huge.npz", "w") as archive, archive.open("x.npy", "w") as x:
        np.lib.format.write_array_header_1_0(x, header)
        x.write(bytes(64))
    with pytest.raises(DataError, match=r"takes 12,000,000,000 MB .*the 1,000 MB allowed"):
        load_features(tmp_path / "huge.npz")
    with pytest.raises(DataError, match=r"a damaged npz file"):
        load_features(tmp_path / "huge.npz", memory_limit=10**17)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), compressed=st.booleans())
def test_a_damaged_npz_is_read_or_refused_but_never_breaks(
    tmp_path: Path, data: st.DataObject, compressed: bool
) -> None:
    path = tmp_path / "damaged.npz"
    save = np.savez_compressed if compressed else np.savez
    save(path, x=np.arange(6.0).reshape(3, 2), y=np.arange(3))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        table = load_table(path)
    except DataError as error:
        message = str(error)
        assert message.startswith(str(path))
    else:
        assert len(table.x) == len(table.y)


# --- either --------------------------------------------------------------------------------------


def test_other_files_and_missing_ones_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"table.txt: only .npz and .csv files can be read"):
        load_table(tmp_path / "table.txt")
    for name in ("none.csv", "none.npz"):
        with pytest.raises(FileNotFoundError, match=f"{name}: no such file"):
            load_table(tmp_path / name)
