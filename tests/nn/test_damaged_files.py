"""Files with a few bytes changed are read or refused in one sentence, whatever was changed.

No code in them runs, and they take neither much time nor memory.
"""

import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

import nn
from nn.command import main
from nn.datasets.idx import read_idx
from nn.files.arrayfile import write
from nn.modules.columns import Pixels
from nn.tables import TableEncoder, load_features, load_table, read_table
from nn.training.checkpoint import Checkpoint

X = np.random.default_rng(0).normal(size=(30, 2))
Y = np.arange(30) % 2
INSERTED = (b'"', b"[", b"{", b"}", b",", b"-", b"1e999", b"\0", b"(", b"null", b"\xff", b"]\n")
VALUES = (None, True, -1, 10**30, 0.5, "x" * 5000, "relu", [], {}, {"a": 1}, {"$array": "0:"})


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Some bytes changed, inserted, removed or repeated, or the file cut off."""
    data = bytearray(content)
    for _ in range(rng.choice([1, 1, 1, 4])):
        place = rng.randrange(len(data) + 1)
        match rng.randrange(6):
            case 0:
                data[place : place + 1] = bytes([rng.randrange(256)])
            case 1:
                data[place:place] = rng.choice(INSERTED)
            case 2:
                del data[place : place + rng.choice([1, 8, 100])]
            case 3:
                data[place:place] = data[:place][-100:]
            case 4:
                data[place : place + 4] = rng.choice(
                    [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\0\0\0"]
                )
            case 5 if rng.random() < 0.3:
                del data[place:]
    return bytes(data)


def changed(document: Any, rng: random.Random) -> Any:
    """A document of JSON with one value replaced or removed."""
    document = json.loads(json.dumps(document))
    places: list[tuple[Any, Any]] = []

    def visit(part: Any) -> None:
        for key in part if isinstance(part, dict) else range(len(part)):
            places.append((part, key))
            if isinstance(part[key], dict | list):
                visit(part[key])

    visit(document)
    part, key = rng.choice(places)
    if rng.random() < 0.3:
        del part[key]
    else:
        part[key] = rng.choice(VALUES)
    return document


def refusal(f: Callable[[], Any], *documented: type[Exception]) -> str:
    """The message of a documented error of `f`, or "" if there is none; other errors pass."""
    try:
        f()
    except documented as error:
        return str(error)
    return ""


def npz(save: Callable[..., None]) -> bytes:
    file = io.BytesIO()
    save(file, x=X, y=Y)
    return file.getvalue()


def idx() -> bytes:
    return b"\0\0\x08\x03" + b"".join(n.to_bytes(4) for n in (5, 4, 4)) + bytes(80)


CSV = b"a,b,kind\n" + b"".join(b"%d.5,%d,%s\n" % (k, k * k, b"xy"[k % 2 :]) for k in range(20))
TABLES = {"npz": npz(np.savez), "compressed npz": npz(np.savez_compressed), "csv": CSV}


@pytest.mark.parametrize("kind", TABLES)
def test_a_damaged_table_is_read_or_refused(kind: str, tmp_path: Path) -> None:
    rng = random.Random(kind)
    path = tmp_path / f"table.{kind.split()[-1]}"
    refused = 0
    for _ in range(60):
        path.write_bytes(damaged(TABLES[kind], rng))
        for load in (load_table, load_features):
            message = refusal(partial(load, path), nn.DataError)
            assert not message or (message.startswith(str(path)) and len(message) < 1000)
            refused += message != ""
    assert refused > 20


@pytest.mark.parametrize("name", ["x", "y"])
def test_a_damaged_header_of_an_array_is_read_or_refused(name: str, tmp_path: Path) -> None:
    rng = random.Random(name)
    path = tmp_path / "table.npz"
    for _ in range(60):
        with zipfile.ZipFile(path, "w") as archive:
            for array in ("x", "y"):
                file = io.BytesIO()
                np.save(file, {"x": X, "y": Y}[array])
                start, rest = file.getvalue()[:128], file.getvalue()[128:]
                archive.writestr(
                    f"{array}.npy", (damaged(start, rng) if array == name else start) + rest
                )
        assert len(refusal(lambda: load_table(path), nn.DataError)) < 1000


@pytest.mark.parametrize("content", [idx(), gzip.compress(idx())], ids=["plain", "compressed"])
def test_a_damaged_idx_file_is_read_or_refused(content: bytes, tmp_path: Path) -> None:
    rng = random.Random(0)
    path = tmp_path / "images"
    for _ in range(100):
        path.write_bytes(damaged(content, rng))
        message = refusal(lambda: read_idx(path), nn.DataError)
        assert not message or str(path) in message


def test_a_small_idx_file_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "images"
    header = b"\0\0\x08\x02" + (100_000).to_bytes(4) * 2
    path.write_bytes(gzip.compress(header))
    with pytest.raises(nn.DataError, match=r"10000000000 bytes of shape .* more than"):
        read_idx(path)
    with pytest.raises(nn.DataError, match=r"cut short; .*it has 0"):
        read_idx(path, memory_limit=10**11)


def test_a_damaged_model_is_read_or_refused(tmp_path: Path) -> None:
    rng = random.Random(0)
    path = tmp_path / "model.safetensors"
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.BatchNorm(3), nn.Linear(3, 2, rng=0))
    nn.save(model, path)
    content, arrays = path.read_bytes(), nn.load_state(path)
    for number in range(150):
        if number % 2:
            write(path, arrays, "wengert-model", changed(model.config(), rng))
        else:
            path.write_bytes(damaged(content, rng))
        for load in (nn.load, nn.load_state):
            assert len(refusal(partial(load, path), nn.ModelFileError)) < 1000
        if find_spec("torch"):
            load_torch = partial(nn.load_torch_state, model, path)
            assert len(refusal(load_torch, nn.ModelFileError, ValueError)) < 5000


@pytest.fixture
def unfinished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[str, ...]:
    """The command of a run that was interrupted after one of two epochs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, **_: Path(path).touch())
    np.savez("data.npz", x=X, y=Y)
    words = ("train", "--data", "data.npz", "--epochs", "2", "--hidden", "2", "--out", "out")
    with monkeypatch.context() as patch:
        save = Checkpoint.__call__

        def interrupt(checkpoint: Checkpoint, run: Any) -> None:
            save(checkpoint, run)
            if run.epoch_ended:
                raise KeyboardInterrupt

        patch.setattr(Checkpoint, "__call__", interrupt)
        assert main(words) == 130
    capsys.readouterr()
    return words


@pytest.mark.parametrize("name", ["options.json", "checkpoint.safetensors"])
def test_a_damaged_run_is_resumed_or_refused_in_one_sentence(
    name: str, unfinished: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(0)
    files = {path: path.read_bytes() for path in Path("out/unfinished").iterdir()}
    codes = set()
    for number in range(60):
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        path = Path("out/unfinished", name)
        if name == "options.json" and number % 2:
            path.write_text(json.dumps(changed(json.loads(files[path]), rng)))
        else:
            path.write_bytes(damaged(files[path], rng))
        codes.add(code := main([*unfinished, "--resume"]))
        complaint = capsys.readouterr().err
        assert code == 0 or (complaint.startswith("python -m nn: ") and complaint.count("\n") == 1)
    assert codes == {0, 2} or (name != "options.json" and codes == {2})


def test_what_steers_a_terminal_does_not_reach_it(
    unfinished: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path("out/unfinished/options.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "missing": "\x1b[2J\r"}))
    Path("data.tsv").write_text('a\ty\n"1" \t2\n\x1b[2J\t1\n')
    Path("data.csv").write_text("a,b\x1b[2J,y\n1,,1\n1,2,0\n")
    for words in (
        [*unfinished, "--resume"],
        *(["train", "--data", data, "--out", "o"] for data in ("data.tsv", "data.csv")),
    ):
        assert main(words) == 2
        assert (complaint := capsys.readouterr().err)[:-1].isprintable()
        assert "[2J" in complaint or "expected after" in complaint


@pytest.fixture(params=["columns", "pixels"])
def described(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[nn.Classifier, str]:
    """A model whose first layer describes a table or images, and data for it."""
    monkeypatch.chdir(tmp_path)
    if request.param == "columns":
        Path("data.csv").write_text(
            "number,word,day,kind\n"
            + "".join(
                f"{k},{'red' if k % 3 else ''},2024-01-{k + 1:02},{'xy'[k % 2]}\n"
                for k in range(12)
            )
        )
        encoder = TableEncoder.fit(read_table("data.csv"), missing="impute")
        first: nn.Module = nn.Columns(encoder.to_dict())
        width = len(encoder.features)
    else:
        images = pytest.importorskip("PIL.Image")
        for name in "xy":
            Path("data.csv", name).mkdir(parents=True)
            images.new("RGB", (2, 2)).save(f"data.csv/{name}/one.png")
        first, width = Pixels({"height": 2, "width": 2, "channels": 3, "resize": True}), 12
    last = nn.Linear(width, 2, rng=0)
    return nn.Classifier(first, last, classes="xy", limits=(0.0, 1.0)), "data.csv"


def test_a_damaged_description_of_data_is_used_or_refused(
    described: tuple[nn.Classifier, str], capsys: pytest.CaptureFixture[str]
) -> None:
    model, data = described
    rng, state, codes = random.Random(0), model.state_dict(), set()
    for number in range(40):
        config = changed(model.config(), rng) if number else model.config()
        write("model.safetensors", state, "wengert-model", config)
        for words in (
            ["predict", "model.safetensors", data],
            ["evaluate", "model.safetensors", "--data", data],
        ):
            codes.add(code := main(words))
            told = capsys.readouterr().err.splitlines()
            complaints = [line for line in told if not line.startswith("note: ")]
            assert len(complaints) == (code != 0)
            assert all(line.startswith("python -m nn: ") for line in complaints)
    assert codes == {0, 2}


@pytest.mark.parametrize(
    ("key", "value"),
    [("missing_category", 10**8), ("categories", [["a"]]), ("fill", 10**30), ("place", -9)],
)
def test_a_description_of_a_column_that_would_take_memory_or_time_is_refused(
    key: str, value: Any, tmp_path: Path
) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,y\n1,n\n2,m\n")
    state = TableEncoder.fit(read_table(path)).to_dict()
    state["columns"][0][key] = value
    with pytest.raises(ValueError, match="not the description of a TableEncoder"):
        nn.Columns(state)


@pytest.mark.parametrize("size", [(10**9, 10**9, 3), (2, 2, 4), (-2, -2, 1), (2.0, 2, 1)])
def test_a_description_of_impossible_images_is_refused(size: tuple[Any, ...]) -> None:
    state = dict(zip(("height", "width", "channels"), size, strict=True))
    if size[0] == 10**9:
        assert Pixels(state).encoder.size == 3 * 10**18  # without a list of that length
    else:
        with pytest.raises(ValueError, match="not the description of"):
            Pixels(state)


@pytest.mark.parametrize(
    "text", ["[1, 2]", "3", '"x"', "null", "[" * 100_000, '{"data": ["' + "x" * 9999]
)
def test_options_that_are_not_options_are_refused(
    text: str, unfinished: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("out/unfinished/options.json").write_text(text)
    assert main([*unfinished, "--resume"]) == 2
    assert "options.json is damaged" in (complaint := capsys.readouterr().err)
    assert len(complaint) < 500


def test_one_changed_bit_of_a_checkpoint_is_noticed(
    unfinished: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path("out/unfinished/checkpoint.safetensors")
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    assert main([*unfinished, "--resume"]) == 2
    assert "its checksum is not that of its contents" in capsys.readouterr().err


@pytest.mark.parametrize(
    "forged",
    [
        {"step": "3"},
        {"step": -1},
        {"epochs_done": 0.5},
        {"batches_done": {}},
        {"batches_done": 99},
        {"optimizer": []},
        {"history": {}},
        {"generators": 3},
        {"callbacks": None},
        {"model": {"a": 1}},
    ],
    ids=str,
)
def test_a_forged_checkpoint_is_refused_before_training(
    forged: dict[str, Any], unfinished: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = Checkpoint("out/unfinished/checkpoint.safetensors")
    checkpoint.save({**checkpoint.load(), **forged})
    assert main([*unfinished, "--resume"]) == 2
    complaint = capsys.readouterr().err
    assert "does not fit this run" in complaint
    assert complaint.count("\n") == 1
