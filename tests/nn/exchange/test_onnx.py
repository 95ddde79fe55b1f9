"""Networks as ONNX files: ONNX's checker accepts them, and onnxruntime computes what we compute."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pandas
import pytest

import autograd as ag
import nn
from nn.exchange import OnnxGraph, translates
from nn.exchange.onnx_activations import FUNCTIONS
from nn.exchange.onnx_graph import TRANSLATIONS
from nn.modules.activations import ACTIVATIONS

RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 5)).astype(np.float32)
EXTREMES = np.array([[-1e4, -100, -1, -1e-6, 0], [1e-6, 1, 20, 100, 1e4]], np.float32)


def run(path: Path, x: np.ndarray) -> np.ndarray:
    """What onnxruntime makes of a file, after ONNX's own checker has accepted it."""
    onnx.checker.check_model(onnx.load(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    output: np.ndarray = session.run(["output"], {"input": x})[0]
    return output


def ours(model: nn.Module, x: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return nn.predict(model, x)


def same(model: nn.Module, tmp_path: Path, x: np.ndarray = X) -> None:
    """Assert that the file gives our outputs, for batches of several sizes."""
    nn.export_onnx(model, tmp_path / "model.onnx")
    for batch in (x, x[:1], np.concatenate([x] * 3)):
        found, expected = run(tmp_path / "model.onnx", batch), ours(model, batch)
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def shaken(model: nn.Module) -> nn.Module:
    """The model with every number in its state changed, so that none is what it is by default."""
    state = model.state_dict()
    model.load_state_dict(
        {k: 0.5 + RNG.random(a.shape) * a.std() + abs(a) for k, a in state.items()}
    )
    return model


# --------------------------------------------------------------------------------------------------
# One by one

TABLE = pandas.DataFrame({**{name: [1.0, 2.0] for name in "abcde"}, "y": [0, 1]})
LAYERS: list[nn.Module] = [
    nn.Columns(nn.TableEncoder.fit(TABLE).to_dict()),
    nn.Pixels({"height": 5, "width": 1, "channels": 1}),
    nn.Linear(5, 3, rng=0),
    nn.Linear(5, 3, bias=False, rng=0),
    nn.Linear(5, 1, rng=0).freeze(),
    shaken(nn.LayerNorm(5)),
    shaken(nn.LayerNorm(5, eps=0.1)),
    shaken(nn.BatchNorm(5)),
    shaken(nn.BatchNorm(5, eps=0.1)),
    nn.Standardize(5).fit(3 * X + 1),
    nn.Standardize(5, inverse=True).fit(3 * X + 1),
    nn.Standardize(5).fit(np.ones((2, 5))),
    nn.Dropout(0.5, rng=0),
    nn.Sequential(),
    nn.Sequential(nn.Sequential(nn.Linear(5, 4, rng=0), nn.Tanh()), nn.Linear(4, 2, rng=1)),
    nn.MLP([5, 8, 8, 3], "relu", dropout=0.2, rng=0),
    nn.Classifier(nn.Linear(5, 2, rng=0), classes=["no", "yes"]),
    nn.PReLU(5, alpha=0.1),
    nn.LeakyReLU(0.3),
    nn.ELU(0.7),
    nn.Softmax(axis=0),
    nn.LogSoftmax(axis=0),
    nn.GELU("tanh"),
    nn.Hardtanh(-0.5, 2.0),
    nn.Residual(nn.Linear(5, 5, rng=0), nn.Tanh()),
    nn.Sequential(nn.Unflatten(1, (1, 5)), nn.Conv1d(1, 2, 3, rng=0), nn.Flatten()),
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.title())
def test_every_layer_gives_our_output(layer: nn.Module, tmp_path: Path) -> None:
    same(layer, tmp_path)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_gives_our_output_also_at_its_ends(name: str, tmp_path: Path) -> None:
    for x in (X, EXTREMES):
        same(ACTIVATIONS[name](), tmp_path, x)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f"{type(f).__name__}-{f.__name__}")
def test_plain_functions_give_our_output(function: Any, tmp_path: Path) -> None:
    inside_every_domain = (0.1 + 0.8 * RNG.random((4, 5))).astype(np.float32)
    same(nn.Sequential(function), tmp_path, inside_every_domain)


class First(nn.Module):
    """The outputs of a layer that returns more."""

    def __init__(self, inner: nn.Module, *settings: Any, **more: Any) -> None:
        self.inner = inner
        self.settings = settings
        self.more = more

    def forward(self, x: Any) -> Any:
        return self.inner(x, *self.settings, **self.more)[0]


class Attention(nn.Module):
    """Self-attention with a residual, written as users do."""

    def __init__(self) -> None:
        self.norm = nn.RMSNorm(6)
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True, rng=0)
        self.scale = ag.Tensor(np.array([0.5, 2.0, 1.0, 1.0, 3.0, 1.0], np.float32))

    def forward(self, x: Any) -> Any:
        z = self.norm(x)
        z, _ = self.attention(z, z, z, need_weights=False, is_causal=True)
        return ag.mean(x + self.scale * z, 1)


class Language(nn.Module):
    def __init__(self) -> None:
        self.tokens = nn.Embedding(7, 6, rng=0)
        self.places = nn.Embedding(4, 6, rng=1)
        self.block = nn.TransformerBlock(6, 2, activation="relu", causal=True, rng=2)
        self.head = nn.Linear(6, 7, rng=3)

    def forward(self, x: Any) -> Any:
        return self.head(self.block(self.tokens(x) + self.places(np.arange(4))))


IMAGES = RNG.normal(size=(4, 2, 6, 7)).astype(np.float32)
SEQUENCES = RNG.normal(size=(4, 5, 6)).astype(np.float32)
WORDS = RNG.integers(0, 7, (4, 4))
BY_EXAMPLE: list[tuple[nn.Module, Any]] = [
    (shaken(nn.Conv2d(2, 4, (3, 2), 2, 1, (1, 2), 2, rng=0)), IMAGES),
    (nn.Conv2d(2, 3, 3, padding="same", bias=False, rng=0), IMAGES),
    (nn.Conv1d(5, 3, 3, padding="valid", rng=0), SEQUENCES),
    (nn.MaxPool2d(3, 2, 1), IMAGES),
    (shaken(nn.BatchNorm2d(2, eps=0.1)).eval(), IMAGES),
    (shaken(nn.BatchNorm2d(2, dtype=np.float64)).eval(), IMAGES.astype(np.float64)),
    (nn.MaxPool1d(2, dilation=2), SEQUENCES),
    (nn.AvgPool2d((2, 3), padding=1), IMAGES),
    (nn.AvgPool1d(2, padding=1, count_include_pad=False), SEQUENCES),
    (nn.Sequential(nn.Flatten(), nn.Linear(84, 3, rng=0)), IMAGES),
    (nn.Residual(nn.Linear(6, 6, rng=0), nn.GELU("tanh")), SEQUENCES),
    (shaken(nn.GroupNorm(2, 4)), RNG.normal(size=(4, 4, 3)).astype(np.float32)),
    (shaken(nn.RMSNorm(6, 0.1)), SEQUENCES),
    (nn.Embedding(7, 3, rng=0), WORDS),
    (First(nn.RNN(6, 3, nonlinearity="relu", batch_first=True, rng=0)), SEQUENCES),
    (First(nn.LSTM(6, 3, 2, batch_first=True, bidirectional=True, rng=0)), SEQUENCES),
    (nn.Sequential(First(nn.GRU(6, 3, batch_first=True, rng=0)), nn.Tanh()), SEQUENCES),
    (Attention(), SEQUENCES),
    (nn.TransformerBlock(6, 2, rng=0), SEQUENCES),
    (Language(), WORDS),
]


@pytest.mark.parametrize(
    ("model", "x"), BY_EXAMPLE, ids=lambda x: "" if isinstance(x, np.ndarray) else x.title()
)
def test_what_takes_an_example_gives_our_output_for_any_number_of_rows(
    model: nn.Module, x: Any, tmp_path: Path
) -> None:
    nn.export_onnx(model, tmp_path / "model.onnx", x[:2])
    for batch in (x, x[:1], np.concatenate([x] * 3)):
        found, expected = (
            run(tmp_path / "model.onnx", batch),
            model(batch).numpy() if isinstance(model(batch), ag.Tensor) else model(batch),
        )
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_parameters_of_a_recorded_module_keep_their_names(tmp_path: Path) -> None:
    nn.export_onnx(Language(), tmp_path / "model.onnx", WORDS)
    graph = onnx.load(tmp_path / "model.onnx").graph
    names = {weight.name for weight in graph.initializer}
    assert {"tokens.weight", "block.self_attn.in_proj_weight", "head.bias"} <= names
    assert graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.INT64


class Branching(nn.Module):
    def forward(self, x: Any) -> Any:
        return x * (x.numpy() > 0) if isinstance(x, ag.Tensor) else x


class OnceTooLarge(nn.Module):
    def forward(self, x: Any) -> Any:
        return 2 * x if x.max() < 50 else x


class Flat(nn.Module):
    def forward(self, x: Any) -> Any:
        return np.zeros(3)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Branching(), "plain numbers that depend on the examples"),
        (OnceTooLarge(), "depends on the number of examples, or on them|gives other outputs"),
        (Flat(), "its result is a ndarray"),
        (nn.LSTM(6, 2, rng=0), "its result is a tuple"),
    ],
    ids=lambda x: x.title() if isinstance(x, nn.Module) else "",
)
def test_programs_that_depend_on_numbers_otherwise_than_by_operations_are_refused(
    model: nn.Module, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        nn.export_onnx(model, tmp_path / "model.onnx", 20 * SEQUENCES)
    assert not (tmp_path / "model.onnx").exists()


def test_every_class_of_modules_is_covered() -> None:
    public = {kind for name in nn.__all__ if isinstance(kind := getattr(nn, name), type)}
    modules = {kind for kind in public if issubclass(kind, nn.Module)} - {nn.Module, nn.Activation}
    tested = {type(kind()) for kind in ACTIVATIONS.values()}
    for model in (*LAYERS, *[model for model, _ in BY_EXAMPLE]):
        tested |= {type(part) for part in model.named_modules().values()}
    assert modules - {nn.Function} <= tested


# --------------------------------------------------------------------------------------------------
# Trained networks


@pytest.mark.parametrize("activation", [a for a in ACTIVATIONS if a not in ("softmax", "step")])
def test_trained_networks_give_our_output(activation: str, tmp_path: Path) -> None:
    classes = (X[:, 0] * X[:, 1] > 0).astype(np.int64)
    model = nn.Sequential(
        nn.Standardize(5).fit(X),
        nn.Linear(5, 16, rng=0),
        nn.BatchNorm(16),
        activation_of(activation),
        nn.Dropout(0.2, rng=1),
        nn.Linear(16, 8, rng=2),
        nn.LayerNorm(8),
        activation_of(activation),
        nn.Linear(8, 2, rng=3),
        nn.Softmax(),
    )
    nn.fit(
        model[:-1], (X, classes), loss="cross-entropy", optimizer="adam", lr=0.02, epochs=20,
        batch_size=16, progress=False,
    )  # fmt: skip
    same(model, tmp_path)


def activation_of(name: str) -> nn.Module:
    return ACTIVATIONS[name]()


def test_handwritten_digits_are_read_alike(tmp_path: Path) -> None:
    digits = nn.datasets.digits()
    model = nn.MLP([64, 30, 10], "relu", rng=0)
    nn.fit(model, digits, loss="cross-entropy", optimizer="adam", epochs=3, progress=False)
    nn.export_onnx(model, tmp_path / "digits.onnx")
    found, expected = run(tmp_path / "digits.onnx", digits.x), nn.predict(model, digits.x)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)
    assert (found.argmax(axis=1) == expected.argmax(axis=1)).all()


def test_a_model_in_float64_is_written_in_float64(tmp_path: Path) -> None:
    model = nn.MLP([5, 4, 2], "tanh", rng=0, dtype=np.float64)
    nn.export_onnx(model, tmp_path / "model.onnx")
    x = X.astype(np.float64)
    np.testing.assert_allclose(run(tmp_path / "model.onnx", x), ours(model, x), rtol=1e-14)


@pytest.mark.parametrize(
    "layer",
    [
        nn.ELU(0.7),
        nn.Softplus(),
        ag.softplus,
        nn.LeakyReLU(0.3),
        nn.LayerNorm(5, dtype=np.float64),
        nn.BatchNorm(5, dtype=np.float64),
    ],
    ids=str,
)
def test_float64_is_computed_to_its_last_digits_small_and_large(tmp_path: Path, layer: Any) -> None:
    identity = nn.Linear(5, 5, init=lambda *_: np.eye(5), dtype=np.float64)
    model = nn.Sequential(identity, layer)
    nn.export_onnx(model, tmp_path / "model.onnx")
    sizes = np.array([1e-18, 1e-9, 1e-3, 0.5, 3.0, 38.0, 300.0, 800.0])
    x = np.concatenate([sizes, -sizes, [0.0, -0.0, 1.0, 2.0]]).reshape(4, 5)
    found = run(tmp_path / "model.onnx", x)
    np.testing.assert_allclose(found, ours(model, x), rtol=1e-13, atol=0)


# --------------------------------------------------------------------------------------------------
# The file


def test_the_file_says_what_goes_in_and_out(tmp_path: Path) -> None:
    nn.export_onnx(nn.MLP([5, 4, 3], rng=0), tmp_path / "model.onnx")
    graph = onnx.load(tmp_path / "model.onnx").graph
    for value, name, width in ((graph.input[0], "input", 5), (graph.output[0], "output", 3)):
        batch, features = value.type.tensor_type.shape.dim
        assert (value.name, batch.dim_param, features.dim_value) == (name, "batch", width)
    assert [node.name for node in graph.node] == ["0/Gemm", "1/Relu", "2/Gemm"]
    assert [weight.name for weight in graph.initializer] == [
        "0.weight", "0.bias", "2.weight", "2.bias",
    ]  # fmt: skip


def test_a_classifier_tells_its_classes(tmp_path: Path) -> None:
    model = nn.Classifier(nn.Linear(5, 2), classes=["no", "jā"], outputs="sigmoid")
    nn.export_onnx(model, tmp_path / "model.onnx")
    told = {
        entry.key: json.loads(entry.value)
        for entry in onnx.load(tmp_path / "model.onnx").metadata_props
    }
    assert told == {"classes": ["no", "jā"], "outputs": "sigmoid"}


def test_equal_models_are_equal_files_and_training_mode_does_not_matter(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(5, 4, rng=0), nn.BatchNorm(4), nn.Dropout(0.5))
    nn.export_onnx(model.train(), tmp_path / "first.onnx")
    nn.export_onnx(model.eval(), tmp_path / "second.onnx")
    assert (tmp_path / "first.onnx").read_bytes() == (tmp_path / "second.onnx").read_bytes()


def test_a_shared_layer_is_one_weight_used_twice(tmp_path: Path) -> None:
    shared = nn.Linear(5, 5, rng=0)
    model = nn.Sequential(shared, nn.PReLU(), shared, nn.PReLU())
    same(model, tmp_path)
    graph = onnx.load(tmp_path / "model.onnx").graph
    assert [weight.name for weight in graph.initializer].count("0.weight") == 1


# --------------------------------------------------------------------------------------------------
# What is unknown


class Squared(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        self.inner = inner

    def forward(self, x: Any) -> Any:
        return self.inner(x) ** 2


class Louder(nn.ReLU):
    def forward(self, x: Any) -> Any:
        return 2 * super().forward(x)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Squared(nn.Tanh()), r"export_onnx: Squared\(.*\), which has no translation"),
        (nn.Sequential(nn.Tanh(), Squared(nn.Tanh())), r"'1' is Squared\(.*@nn.exchange.transl"),
        (nn.Sequential(nn.Sequential(np.arctanh)), r"'0\.0' is Function\(arctanh\)"),
        (nn.MLP([2, 2, 2], Louder), r"'1' is Louder\(\)"),
        (nn.Conv1d(1, 1, 3, padding_mode="circular", rng=0), "only padding_mode='zeros' has one"),
        (nn.MaxPool1d(2, ceil_mode=True), "only ceil_mode=False has one"),
    ],
)
def test_unknown_modules_are_named_with_their_path(
    model: nn.Module, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        nn.export_onnx(model, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_a_translation_of_ones_own_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TRANSLATIONS, Squared, TRANSLATIONS[nn.Identity])  # forgotten afterwards

    @translates(Squared)
    def squared(graph: OnnxGraph, module: Squared, x: str) -> str:
        y = graph.translate(module.inner, x)
        return graph.add("Mul", y, y)

    model = nn.Sequential(Squared(nn.Linear(5, 3, rng=0)), Squared(nn.Sequential(ag.sin, ag.sin)))
    same(model, tmp_path)
    names = [node.name for node in onnx.load(tmp_path / "model.onnx").graph.node]
    assert names == ["0.inner/Gemm", "0/Mul", "1.inner.0/Sin", "1.inner.1/Sin", "1/Mul"]


def test_a_translation_that_gives_its_input_twice_is_a_valid_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TRANSLATIONS, Squared, lambda graph, module, x: graph.add("Mul", x, x))
    nn.export_onnx(nn.Sequential(Squared(nn.Tanh()), nn.Dropout(0.5)), tmp_path / "model.onnx")
    np.testing.assert_allclose(run(tmp_path / "model.onnx", X), X * X)


def test_without_onnx_one_sentence_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['onnx'] = None; import nn\n"
        "try:\n    nn.export_onnx(nn.Linear(1, 1), 'model.onnx')\n"
        "except ImportError as error:\n    print(error)"
    )
    said = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert said.strip() == 'this needs the package onnx: pip install "wengert[onnx]"'
