"""Models in files: what comes back, and what a file that deceives can do (nothing)."""

import copy
import gc
import json
import math
import os
import resource
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import Tensor
from nn import ModelFileError, fit, load, load_state, save
from nn.files.arrayfile import read, write, write_atomically
from nn.registry import REGISTRY

X = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int64)


def models() -> dict[str, Any]:
    return {
        "MLP": nn.MLP([4, 6, 2], activation="tanh", rng=1),
        "float64": nn.MLP([4, 6, 2], dtype=np.float64, dropout=0.2, rng=1),
        "all layers": nn.Sequential(
            nn.Linear(4, 5, bias=False, rng=1),
            nn.BatchNorm(5),
            nn.PReLU(5),
            nn.Dropout(0.5, rng=2),
            nn.Sequential(nn.LayerNorm(5), nn.Softplus()),
            nn.Linear(5, 2, rng=3),
        ),
    }


def trained(model: Any) -> Any:
    fit(model, (X, Y), loss="cross-entropy", epochs=2, progress=False)
    return model


# --- what comes back -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", models())
def test_a_loaded_model_is_the_one_that_was_saved(name: str, tmp_path: Path) -> None:
    model = trained(models()[name])
    save(model, tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert loaded.config() == model.config()
    state, again = model.state_dict(), loaded.state_dict()
    assert list(state) == list(again)
    for path, array in state.items():
        assert again[path].dtype == array.dtype
        assert again[path].tobytes() == array.tobytes()
    assert not loaded.training
    np.testing.assert_array_equal(loaded(X).numpy(), model.eval()(X).numpy())
    trained(loaded)  # and it can be trained on


def test_shared_and_frozen_parameters_come_back(tmp_path: Path) -> None:
    shared = nn.Linear(4, 4, rng=0)
    model = nn.Sequential(shared, nn.Tanh(), shared, nn.Linear(4, 2, rng=1).freeze())
    save(model, tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert loaded[0] is loaded[2]
    np.testing.assert_array_equal(loaded(X).numpy(), model(X).numpy())


def test_a_class_of_ones_own_comes_back_without_being_registered(tmp_path: Path) -> None:
    class Twice(nn.Module):
        def __init__(self, layer: Any, factor: float = 2.0) -> None:
            self.layer = layer
            self.factor = factor

        def forward(self, x: Any) -> Any:
            return self.layer(x) * self.factor

    model = Twice(nn.Linear(4, 2, rng=0), factor=3.0)
    save(model, tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model")(X).numpy(), model(X).numpy())
    model.layer.extra = nn.Linear(2, 2)  # which no argument makes
    with pytest.raises(ValueError, match=r"cannot be saved: the arguments .* layer\.extra\.weight"):
        save(model, tmp_path / "model")
    model = Twice(nn.Linear(4, 2, rng=0), factor=3.0)

    def of_another() -> type:
        class Twice(nn.Module):
            pass

        return Twice

    another = of_another()
    with pytest.raises(ValueError, match="there is another class of that name"):
        save(model, tmp_path / "model")
    with pytest.raises(ModelFileError, match="several classes have that name"):
        load(tmp_path / "model")
    del another


def test_a_class_that_is_gone_is_named(tmp_path: Path) -> None:
    def saved() -> None:
        class Gone(nn.Module):
            pass

        save(Gone(), tmp_path / "model")

    saved()
    gc.collect()
    with pytest.raises(ModelFileError, match="'Gone', which is not registered"):
        load(tmp_path / "model")


def test_arrays_of_every_layout_and_type_come_back(tmp_path: Path) -> None:
    arrays = {
        "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "every second": np.arange(10, dtype=np.int32)[::2],
        "big-endian": np.arange(3, dtype=">f4"),
        "one number": np.array(2.5),
        "none": np.zeros((0, 3), np.float16),
        "booleans": np.array([True, False]),
        "öäü/../x": np.array([1], np.uint8),
    }
    write(tmp_path / "file", arrays, "test", {"a": [1, None, "ü"]})
    content = read(tmp_path / "file", "test")
    assert content.document == {"a": [1, None, "ü"]}
    assert set(content.arrays) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(content.arrays[name], array)
        assert content.arrays[name].shape == array.shape
        assert content.arrays[name].dtype == array.dtype.newbyteorder("=")


@pytest.mark.parametrize("array", [np.array([1j]), np.array(["a"]), np.array([None])])
def test_arrays_that_the_format_lacks_are_refused_by_name(array: Any, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="'strange' is an array of"):
        write(tmp_path / "file", {"strange": array}, "test", {})
    assert os.listdir(tmp_path) == []


def test_a_document_with_nan_is_no_json_and_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write(tmp_path / "file", {}, "test", {"x": math.nan})


# --- writing -------------------------------------------------------------------------------------


def test_saving_again_replaces_the_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "model"
    save(nn.Linear(2, 2, rng=0), path)
    first = path.read_bytes()
    save(nn.Linear(2, 2, rng=1), path)
    assert path.read_bytes() != first
    assert os.listdir(tmp_path) == ["model"]


def test_a_failure_while_writing_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model"
    save(nn.Linear(2, 2, rng=0), path)
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(OSError, match="cannot be written") as caught:
            save(nn.Linear(20, 20, rng=0), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(path) in str(caught.value)

    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(nn.Linear(20, 20, rng=0), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model"]


def test_a_folder_that_is_not_there_or_closed_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot be written"):
        save(nn.Linear(2, 2, rng=0), tmp_path / "nowhere" / "model")
    with pytest.raises(OSError, match="cannot be written"):
        save(nn.Linear(2, 2, rng=0), tmp_path)
    assert os.listdir(tmp_path) == []


def test_a_link_stays_a_link_to_the_new_content(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


def test_a_new_file_has_the_permissions_every_new_file_has(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_atomically(tmp_path / "ours", b"")
    modes = {(tmp_path / name).stat().st_mode for name in ("plain", "ours")}
    assert len(modes) == 1


# --- files that are not models -------------------------------------------------------------------


def packed(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def with_architecture(config: Any, **arrays: Any) -> bytes:
    """A well-formed file whose architecture is ``config``, a text or what becomes one."""
    text = config if isinstance(config, str) else json.dumps(config)
    header: dict[str, Any] = {"__metadata__": {"wengert-model": text}}
    data = b""
    for name, array in arrays.items():
        content = np.asarray(array).tobytes()
        kind = {"f": "F", "i": "I"}[np.asarray(array).dtype.kind]
        header[name] = {
            "dtype": f"{kind}{8 * np.asarray(array).dtype.itemsize}",
            "shape": list(np.shape(array)),
            "data_offsets": [len(data), len(data) + len(content)],
        }
        data += content
    return packed(header, data)


LINEAR = {"class": "Linear", "arguments": {"n_in": 2, "n_out": 1, "bias": False}}
WEIGHT = np.ones((1, 2), np.float32)
ONE = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}

NOT_SAFETENSORS = {
    "empty": b"",
    "short": b"123",
    "text": b"weights: 1, 2, 3\n" * 20,
    "random": np.random.default_rng(0).bytes(500),
    "pickle": b"\x80\x04\x95\x1f\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system" * 9,
    "header of an exabyte": struct.pack("<Q", 2**60) + b"{}",
    "header beyond the end": struct.pack("<Q", 90_000_000) + b"{}",
    "header no JSON": packed(b"{not json"),
    "header no UTF-8": packed(b"\xff\xfe\xfd"),
    "header nested deeply": packed(b"[" * 100_000),
    "metadata no text": packed({"__metadata__": {"wengert-model": {"class": "Linear"}}}),
    "array beyond the end": packed({"a": {**ONE, "data_offsets": [0, 4]}}),
    "array of negative place": packed({"a": {**ONE, "data_offsets": [-4, 0]}}),
    "array longer than its shape": packed({"a": {**ONE, "data_offsets": [0, 8]}}, bytes(8)),
    "shape that overflows": packed({"a": {**ONE, "shape": [2**40, 2**40]}}, bytes(4)),
    "shape of nothing that overflows": packed(
        {"a": {**ONE, "shape": [0, 2**62, 2**62], "data_offsets": [0, 0]}}
    ),
    "seventy axes": packed({"a": {**ONE, "shape": [1] * 70}}, bytes(4)),
    "arrays that overlap": packed({"a": ONE, "b": ONE}, bytes(4)),
    "bytes that belong to nobody": packed({"a": ONE}, bytes(9)),
    "unknown type": packed({"a": {**ONE, "dtype": "F31"}}, bytes(4)),
    "type of eight bits": packed({"a": {**ONE, "dtype": "F8_E4M3"}}, bytes(4)),
}

NOT_MODELS = {
    "no architecture": (packed({"a": ONE}, bytes(4)), "holds 1 arrays but no architecture"),
    "no JSON": (with_architecture("{"), "not valid JSON"),
    "NaN": (with_architecture('{"class": NaN}'), "it holds NaN"),
    "infinite": (with_architecture('{"class": 1e999}'), "it holds 1e999, which is infinite"),
    "a number of a million digits": (with_architecture("1" * 10**6), "not valid JSON"),
    "nested deeply": (with_architecture("[" * 10**5 + "]" * 10**5), "not valid JSON"),
    "a number": (with_architecture("3"), "does not describe a model"),
    "a list": (with_architecture([LINEAR]), "does not describe a model"),
    "unknown class": (
        with_architecture({"class": "Conv9D", "arguments": {}}),
        "'Conv9D', which is not registered",
    ),
    "a function of the system": (
        with_architecture({"class": "os.system", "arguments": {"command": "touch owned"}}),
        "not registered",
    ),
    "an attribute": (
        with_architecture({"class": "Linear.__init__", "arguments": {}}),
        "not registered",
    ),
    "a function as class": (
        with_architecture({"class": "zeros", "arguments": {"shape": [10**6, 10**6]}}),
        "does not describe",
    ),
    "unknown argument": (
        with_architecture({"class": "Linear", "arguments": {"n_in": 2, "n_out": 1, "cmd": "x"}}),
        "does not describe",
    ),
    "missing argument": (
        with_architecture({"class": "Linear", "arguments": {"n_in": 2}}),
        "does not describe",
    ),
    "argument of another type": (
        with_architecture({"class": "Linear", "arguments": {"n_in": "2", "n_out": [1]}}),
        "does not describe",
    ),
    "negative size": (
        with_architecture({"class": "Linear", "arguments": {"n_in": -2, "n_out": 1}}),
        "does not describe",
    ),
    "wrong shape": (
        with_architecture(LINEAR, weight=np.ones((2, 2), np.float32)),
        r"weight has shape \(2, 2\), not \(1, 2\)",
    ),
    "wrong type": (
        with_architecture(LINEAR, weight=np.ones((1, 2))),
        "weight is of type float64, not float32",
    ),
    "missing array": (
        with_architecture(LINEAR, other=np.ones((1, 2), np.float32)),
        "weight is missing; other is unexpected",
    ),
    "unexpected array": (
        with_architecture(LINEAR, weight=WEIGHT, **{"../../etc/passwd": WEIGHT}),
        "etc/passwd is unexpected",
    ),
    "itself": (
        with_architecture({"class": "Sequential", "arguments": {"layers": [{"shared": 0}]}}),
        "not part of an architecture",
    ),
}

# Each would take more memory than there is, if it were made before it is compared with the file.
GREEDY = {
    "Linear": {"class": "Linear", "arguments": {"n_in": 200_000, "n_out": 200_000}},
    "MLP": {"class": "MLP", "arguments": {"sizes": [2, 10**5, 10**6, 1]}},
    "BatchNorm": {"class": "BatchNorm", "arguments": {"features": 10**11}},
    "LayerNorm of a list": {"class": "LayerNorm", "arguments": {"features": [10**6, 10**5]}},
    "PReLU": {"class": "PReLU", "arguments": {"units": 10**11}},
    "negative": {"class": "MLP", "arguments": {"sizes": [-(10**6), -(10**6)]}},
    "many": {
        "class": "Sequential",
        "arguments": {"layers": [{"class": "LayerNorm", "arguments": {"features": 10**8}}] * 900},
    },
}


@pytest.mark.parametrize("name", NOT_SAFETENSORS)
def test_a_file_that_is_no_safetensors_file_is_one_clear_error(name: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(NOT_SAFETENSORS[name])
    for reading in (load, load_state):
        with pytest.raises(ModelFileError, match=r"file (is damaged, cut off|has arrays that)"):
            reading(path)


@pytest.mark.parametrize("name", NOT_MODELS)
def test_an_architecture_made_to_deceive_is_one_clear_error(name: str, tmp_path: Path) -> None:
    content, message = NOT_MODELS[name]
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ModelFileError, match=message):
        load(tmp_path / "file")
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("name", GREEDY)
def test_an_architecture_larger_than_its_file_is_refused_before_it_is_made(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nn.files.serialize.build", lambda config: pytest.fail("it was made"))
    (tmp_path / "file").write_bytes(with_architecture(GREEDY[name], weight=WEIGHT))
    with pytest.raises(ModelFileError, match=r"needs \d+ numbers, and there are 2"):
        load(tmp_path / "file")


def test_a_class_of_ones_own_may_take_large_numbers(tmp_path: Path) -> None:
    class Clipped(nn.Module):
        def __init__(self, features: int) -> None:
            self.features = features

        def forward(self, x: Any) -> Any:
            return x

    nn.register(Clipped)
    try:
        save(Clipped(10**12), tmp_path / "model")
        assert load(tmp_path / "model").features == 10**12
    finally:
        REGISTRY.pop("Clipped")


def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    save(models()["MLP"], tmp_path / "model")
    content = (tmp_path / "model").read_bytes()
    for length in range(len(content)):
        (tmp_path / "cut").write_bytes(content[:length])
        with pytest.raises(ModelFileError):
            load(tmp_path / "cut")


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_file_with_any_bytes_changed_loads_or_is_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "changed"
    save(nn.MLP([2, 3, 2], rng=0), path)
    content = bytearray(path.read_bytes())
    header = 8 + int.from_bytes(content[:8], "little")
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, header - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        model = load(path)
    except ModelFileError:
        return
    assert isinstance(model, nn.Module)


def test_a_file_that_is_not_there_or_not_a_file_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no file .*missing"):
        load(tmp_path / "missing")
    with pytest.raises(ModelFileError, match="is not a regular file"):
        load(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelFileError, match="is not a regular file"):
        load(tmp_path / "pipe")


def test_the_state_of_a_foreign_file_can_be_taken(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(packed({"weight": ONE}, np.float32(3).tobytes()))
    np.testing.assert_array_equal(load_state(tmp_path / "file")["weight"], [3.0])


def test_without_safetensors_one_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    for attempt in (lambda: save(nn.Linear(1, 1), tmp_path / "m"), lambda: load(tmp_path / "m")):
        with pytest.raises(ImportError, match=r'pip install "wengert\[train\]"'):
            attempt()
    assert os.listdir(tmp_path) == []


def test_what_is_loaded_is_the_models_own(tmp_path: Path) -> None:
    save(nn.Linear(2, 2, rng=0), tmp_path / "model")
    first, second = load(tmp_path / "model"), load(tmp_path / "model")
    before = copy.deepcopy(second.state_dict())
    first.weight.data += 1.0
    assert isinstance(first.weight, Tensor)
    np.testing.assert_array_equal(second.state_dict()["weight"], before["weight"])
