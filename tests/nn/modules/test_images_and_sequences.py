"""Layers for images and sequences: what they promise, refuse, and keep in files.

Values and derivatives are held to PyTorch's in `tests/oracle/test_layers_torch.py`; masks and
padding to NumPy here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor, gradients, jit

RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(3, 2, 6, 6))
SEQUENCES = RNG.normal(size=(3, 5, 4))
WORDS = RNG.integers(0, 6, (3, 5))
FLOAT64: Any = {"dtype": np.float64}


class First(nn.Module):
    """The outputs of a layer that returns more."""

    def __init__(self, inner: nn.Module) -> None:
        self.inner = inner

    def forward(self, x: Any) -> Any:
        return self.inner(x)[0]


class Attending(nn.Module):
    def __init__(self, **settings: Any) -> None:
        self.inner = nn.MultiheadAttention(4, 2, batch_first=True, rng=0, **FLOAT64, **settings)

    def forward(self, x: Any) -> Any:
        return self.inner(x, x, x, is_causal=True)[0]


MODELS: list[tuple[nn.Module, Any]] = [
    (nn.Conv2d(2, 4, 3, 2, 1, groups=2, rng=0, **FLOAT64), IMAGES),
    (nn.Sequential(nn.MaxPool2d(2), nn.AvgPool2d(3), nn.Flatten()), IMAGES),
    (nn.Embedding(6, 3, 2, rng=0, **FLOAT64), WORDS),
    (First(nn.RNN(4, 3, 2, rng=0, **FLOAT64)), SEQUENCES),
    (First(nn.LSTM(4, 3, bidirectional=True, rng=0, **FLOAT64)), SEQUENCES),
    (First(nn.GRU(4, 3, batch_first=True, rng=0, **FLOAT64)), SEQUENCES),
    (Attending(), SEQUENCES),
    (nn.TransformerBlock(4, 2, 6, rng=0, **FLOAT64), SEQUENCES),
    (nn.Residual(nn.RMSNorm(4, **FLOAT64), nn.Mish()), SEQUENCES),
    (nn.GroupNorm(1, 5, **FLOAT64), SEQUENCES),
]


@pytest.mark.parametrize(
    ("model", "x"), MODELS, ids=lambda x: "" if x is None else type(x).__name__
)
def test_compiled_and_batched_they_compute_the_same(model: nn.Module, x: Any) -> None:
    parameters = model.parameters()

    def loss(x: Any) -> Any:
        return ag.sum(ag.sin(model(x)))

    def with_gradient(x: Any) -> Any:
        value = loss(x)
        return value, gradients(value, parameters, create_graph=True) if parameters else []

    expected, slopes = with_gradient(x)
    compiled = jit(with_gradient)
    for _ in range(2):
        found, own = compiled(x)
        np.testing.assert_allclose(plain(found), plain(expected), rtol=1e-12)
        for a, b in zip(own, slopes, strict=True):
            np.testing.assert_allclose(plain(a), plain(b), rtol=1e-10, atol=1e-12)
    if x.dtype.kind == "f":
        several = ag.vmap(loss)(np.stack([x, 2 * x]))
        np.testing.assert_allclose(plain(several)[0], plain(expected), rtol=1e-12)


def plain(x: Any) -> Any:
    return x.numpy() if isinstance(x, Tensor) else np.asarray(x)


@pytest.mark.parametrize(
    "model",
    [model for model, _ in MODELS if not isinstance(model, First | Attending)]
    + [nn.LSTM(4, 3, 2, dropout=0.1, rng=0), nn.MultiheadAttention(4, 2, 0.1, rng=0)],
    ids=lambda model: model.title(),
)
def test_they_are_saved_and_loaded(model: nn.Module, tmp_path: Path) -> None:
    nn.save(model, tmp_path / "model.safetensors")
    loaded = nn.load(tmp_path / "model.safetensors")
    assert repr(loaded) == repr(model)
    for name, array in loaded.state_dict().items():
        np.testing.assert_array_equal(array, model.state_dict()[name])


@pytest.mark.parametrize(
    "model",
    [
        nn.TransformerBlock(4, 2, causal=True, rng=0, **FLOAT64),
        Attending(),
        First(nn.LSTM(4, 3, batch_first=True, rng=0, **FLOAT64)),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_causal_layer_does_not_look_ahead(model: nn.Module) -> None:
    later = SEQUENCES.copy()
    later[:, 3:] += 1
    before, after = plain(model(SEQUENCES)), plain(model(later))
    np.testing.assert_allclose(before[:, :3], after[:, :3], rtol=1e-12)
    assert not np.allclose(before[:, 3:], after[:, 3:])


def test_what_is_padding_gets_no_gradient() -> None:
    table = nn.Embedding(6, 3, padding_idx=2, rng=0, **FLOAT64)
    assert not table.weight.numpy()[2].any()
    (slope,) = gradients(ag.sum(table(np.array([2, 2, 4])) * 3), [table.weight])
    np.testing.assert_array_equal(slope.sum(1), [0, 0, 0, 0, 9, 0])


def test_a_recurrent_layer_goes_on_from_its_state() -> None:
    for kind in (nn.RNN, nn.LSTM, nn.GRU):
        layer = kind(4, 3, 2, rng=0, **FLOAT64)
        whole, last = layer(SEQUENCES)
        first, state = layer(SEQUENCES[:1])
        rest, end = layer(SEQUENCES[1:], state)
        np.testing.assert_allclose(plain(whole), np.concatenate([plain(first), plain(rest)]))
        pairs = zip(last, end, strict=True) if kind is nn.LSTM else [(last, end)]
        for a, b in pairs:
            np.testing.assert_allclose(plain(a), plain(b))


def test_dropout_is_for_training_only() -> None:
    block = nn.TransformerBlock(4, 2, dropout=0.5, rng=0)
    assert not np.array_equal(plain(block(SEQUENCES)), plain(block(SEQUENCES)))
    block.eval()
    np.testing.assert_array_equal(plain(block(SEQUENCES)), plain(block(SEQUENCES)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Conv2d(3, 4, 3)(IMAGES), r"it must be \(n, 3, height, width\)"),
        (lambda: nn.Conv1d(2, 4, 3)(IMAGES), r"Conv1d\(2, 4, 3\) got an input of shape"),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "multiples of groups=2"),
        (lambda: nn.Conv2d(3, 4, (3, 3, 3)), "a sequence of 2"),
        (lambda: nn.MaxPool2d(7)(IMAGES), "do not fit"),
        (lambda: nn.GroupNorm(2, 3), "a multiple of num_groups=2"),
        (lambda: nn.GroupNorm(1, 3)(IMAGES), "3 channels"),
        (lambda: nn.BatchNorm2d(3)(IMAGES), r"it must be \(n, 3, height, width\)"),
        (lambda: nn.LSTM(3, 2)(SEQUENCES), "its last axis must hold 3 features"),
        (lambda: nn.GRU(4, 2)(IMAGES[..., :4]), r"it must be \(steps, n, 4\)"),
        (lambda: nn.LSTM(4, 2)(SEQUENCES, (np.zeros((1, 5, 2)),)), "needs 2 of shape"),
        (lambda: nn.RNN(4, 2, nonlinearity="sin"), "must be 'tanh' or 'relu'"),  # type: ignore
        (lambda: nn.RNN(4, 0), "must all be 1 or more"),
        (lambda: nn.MultiheadAttention(5, 2), "a multiple of num_heads=2"),
        (lambda: nn.TransformerBlock(6, 2)(SEQUENCES), "6 features"),
        (lambda: nn.Hardtanh(1.0, 1.0), "must be less than"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_layer_after_a_recurrent_one_takes_one_of_its_results() -> None:
    chain = nn.Sequential(nn.GRU(SEQUENCES.shape[-1], 3), nn.Linear(3, 1))
    with pytest.raises(TypeError, match=r"Linear\(3, 1\) got 2 results.* outputs, state = layer"):
        chain(SEQUENCES)


def test_an_embedding_takes_integers_of_its_table() -> None:
    table = nn.Embedding(6, 3, rng=0)
    with pytest.raises(IndexError, match="got the numbers -1 to 6; they must be from 0 to 5"):
        table(np.array([-1, 6]))
    with pytest.raises(TypeError, match="takes integers, and got numbers of type float64"):
        table(np.array([1.0]))


def attention_by_hand(layer: nn.MultiheadAttention, q: Any, k: Any, v: Any, mask: Any) -> Any:
    """One sequence, head by head; the mask (heads, queries, keys) is added to the scores."""
    if layer.in_proj_weight is not None:
        weights = np.split(layer.in_proj_weight.numpy(), 3)
    else:
        weights = [getattr(layer, f"{part}_proj_weight").numpy() for part in "qkv"]
    biases = np.split(layer.in_proj_bias.numpy(), 3)
    parts = zip((q, k, v), weights, biases, strict=True)
    projected = [np.split(x @ w.T + b, layer.num_heads, axis=1) for x, w, b in parts]
    heads = []
    for number, (own_q, own_k, own_v) in enumerate(zip(*projected, strict=True)):
        odds = np.exp(own_q @ own_k.T / np.sqrt(own_q.shape[1]) + mask[number])
        heads.append(odds / odds.sum(1, keepdims=True) @ own_v)
    return np.hstack(heads) @ layer.out_proj.weight.numpy().T + layer.out_proj.bias.numpy()


@pytest.mark.parametrize("widths", [{}, {"kdim": 3, "vdim": 5}], ids=["alike", "of three widths"])
def test_attention_is_that_of_each_head_with_masks_of_all_kinds(widths: dict[str, int]) -> None:
    layer = nn.MultiheadAttention(4, 2, rng=0, **FLOAT64, **widths)
    layer.in_proj_bias.data = RNG.normal(size=12)
    q, k, v = (RNG.normal(size=(3, 5, widths.get(name, 4))) for name in ("", "kdim", "vdim"))
    numbers, left_out = RNG.normal(size=(6, 5, 5)), ~np.tri(5, dtype=bool)
    padding = np.arange(5) > [[4], [3], [2]]
    minus_infinity = np.where(left_out, -np.inf, 0.0)
    for attn_mask, added in ((numbers, numbers), (left_out, [minus_infinity] * 6)):
        turned = [np.swapaxes(x, 0, 1) for x in (q, k, v)]  # the length comes first
        found = layer(*turned, key_padding_mask=padding, attn_mask=attn_mask)[0].numpy()
        for n in range(3):
            mask = np.array(added[2 * n : 2 * n + 2]) + np.where(padding[n], -np.inf, 0.0)
            by_hand = attention_by_hand(layer, q[n], k[n], v[n], mask)
            np.testing.assert_allclose(found[:, n], by_hand, rtol=1e-12)
    alone, shares = layer(q[0], k[0], v[0], average_attn_weights=False)
    by_hand = attention_by_hand(layer, q[0], k[0], v[0], np.zeros((2, 1, 1)))
    np.testing.assert_allclose(alone.numpy(), by_hand, rtol=1e-12)
    np.testing.assert_allclose(shares.numpy().sum(-1), np.ones((2, 5)))


@pytest.mark.parametrize(
    ("mode", "by_numpy"), [("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")]
)
@pytest.mark.parametrize("padding", ["same", 2])
def test_padding_of_a_convolution_is_that_of_numpy(mode: Any, by_numpy: Any, padding: Any) -> None:
    layer = nn.Conv2d(2, 3, (4, 3), padding=padding, padding_mode=mode, rng=0, **FLOAT64)
    plain = nn.Conv2d(2, 3, (4, 3), rng=0, **FLOAT64)
    around = [(1, 2), (1, 1)] if padding == "same" else [(2, 2), (2, 2)]
    expected = plain(np.pad(IMAGES, [(0, 0), (0, 0), *around], by_numpy))
    np.testing.assert_allclose(layer(IMAGES).numpy(), expected.numpy(), rtol=1e-12)
