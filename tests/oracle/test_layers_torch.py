"""Layers for images and sequences beside PyTorch's: outputs, gradients and second derivatives.

Both start from one state, which shows that it goes there and back.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import Tensor, gradients

torch = pytest.importorskip("torch", reason="the oracle extra brings PyTorch")
pytestmark = pytest.mark.oracle
torch.set_num_threads(1)

FLOAT64: Any = {"dtype": np.float64}
Draw = Callable[[Any], Any]


def outputs_of(result: Any) -> list[Any]:
    """The arrays among what a layer returns."""
    if isinstance(result, tuple):
        return [part for item in result for part in outputs_of(item)]
    return [] if result is None else [result]


def agree(ours: Any, theirs: Any, inputs: list[Any], **how: Any) -> None:
    """Outputs, gradients with respect to inputs and parameters, and a derivative of these."""
    theirs.load_state_dict(
        {name: torch.from_numpy(array) for name, array in ours.state_dict().items()}, strict=True
    )
    rng = np.random.default_rng(0)
    mine = [Tensor(x) if x.dtype.kind == "f" else x for x in inputs]
    those = [torch.tensor(x, requires_grad=x.dtype.kind == "f") for x in inputs]
    found = outputs_of(ours(*mine, **how))
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        right = outputs_of(theirs(*those, **how))  # others have no second derivatives
    loss: Any = 0.0
    their_loss: Any = 0.0
    for out, expected in zip(found, right, strict=True):
        np.testing.assert_allclose(out.numpy(), expected.detach().numpy(), rtol=1e-10, atol=1e-11)
        g = rng.normal(size=out.shape)
        loss = loss + (out * (g + out)).sum()
        their_loss = their_loss + (expected * (torch.tensor(g) + expected)).sum()
    leaves = [x for x in mine if isinstance(x, Tensor)] + ours.parameters()
    their_leaves = [x for x in those if x.requires_grad] + list(theirs.parameters())
    vs = [rng.normal(size=leaf.shape) for leaf in leaves]
    first = gradients(loss, leaves, create_graph=True)
    total = sum((g * v).sum() for g, v in zip(first, vs, strict=True))
    second = gradients(total, leaves)
    their_first = torch.autograd.grad(their_loss, their_leaves, create_graph=True)
    their_total = sum((g * torch.tensor(v)).sum() for g, v in zip(their_first, vs, strict=True))
    their_second = torch.autograd.grad(their_total, their_leaves, allow_unused=True)
    for mine_, other in zip((*first, *second), (*their_first, *their_second), strict=True):
        plain = mine_.numpy() if isinstance(mine_, Tensor) else mine_
        expected = np.zeros(plain.shape) if other is None else other.detach().numpy()
        scale = 1e-12 * (1 + abs(expected).max(initial=0.0))
        np.testing.assert_allclose(plain, expected, rtol=1e-10, atol=10 * scale)


def normal(*shape: int) -> Any:
    return np.random.default_rng(1).normal(size=shape)


def convolution(draw: Draw) -> None:
    n = draw(st.sampled_from([1, 2]))
    groups, kernel = draw(st.sampled_from([1, 2])), draw(st.integers(1, 3))
    how = {
        "stride": draw(st.integers(1, 2)),
        "padding": draw(st.integers(0, 1)),
        "dilation": draw(st.integers(1, 2)),
        "groups": groups,
        "bias": draw(st.booleans()),
        "padding_mode": draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"])),
    }
    if draw(st.booleans()):
        how |= {"padding": "same", "stride": 1}
    ours = {1: nn.Conv1d, 2: nn.Conv2d}[n](2 * groups, 3 * groups, kernel, rng=0, **how, **FLOAT64)
    theirs = {1: torch.nn.Conv1d, 2: torch.nn.Conv2d}[n](2 * groups, 3 * groups, kernel, **how)
    agree(ours, theirs.double(), [normal(2, 2 * groups, *(5, 6)[:n])])


def pooling(draw: Draw) -> None:
    n, kernel = draw(st.sampled_from([1, 2])), draw(st.integers(1, 3))
    arguments = kernel, draw(st.sampled_from([None, 1, 2, 3])), draw(st.integers(0, kernel // 2))
    ceil, count = draw(st.booleans()), draw(st.booleans())
    for name, how in (
        (f"MaxPool{n}d", {"ceil_mode": ceil, "dilation": draw(st.integers(1, 2))}),
        (f"AvgPool{n}d", {"ceil_mode": ceil, "count_include_pad": count}),
    ):
        ours, theirs = (getattr(layers, name)(*arguments, **how) for layers in (nn, torch.nn))
        agree(ours, theirs, [normal(2, 3, *(5, 6)[:n])])


def embedding(draw: Draw) -> None:
    padding = draw(st.sampled_from([None, 0, 3]))
    ours = nn.Embedding(5, 3, padding, rng=0, **FLOAT64)
    agree(ours, torch.nn.Embedding(5, 3, padding).double(), [np.array([[0, 4, 3], [3, 3, 1]])])


def recurrent(draw: Draw) -> None:
    name = draw(st.sampled_from(["RNN", "LSTM", "GRU"]))
    how = {
        "num_layers": draw(st.integers(1, 2)),
        **({"nonlinearity": draw(st.sampled_from(["tanh", "relu"]))} if name == "RNN" else {}),
        "bias": draw(st.booleans()),
        "batch_first": draw(st.booleans()),
        "bidirectional": draw(st.booleans()),
    }
    ours = getattr(nn, name)(2, 3, rng=0, **how, **FLOAT64)
    theirs = getattr(torch.nn, name)(2, 3, **how).double()
    shape = draw(st.sampled_from([(4, 2, 2), (3, 2)]))
    agree(ours, theirs, [normal(*shape)])
    layers = how["num_layers"] * (1 + how["bidirectional"])
    examples = [shape[1 - how["batch_first"]]] if len(shape) == 3 else []
    h, c = normal(layers, *examples, 3), normal(layers, *examples, 3) + 1
    first, their_first = (
        (kind(h), kind(c)) if name == "LSTM" else kind(h) for kind in (Tensor, torch.tensor)
    )
    found = outputs_of(ours(normal(*shape), first))
    expected = outputs_of(theirs(torch.tensor(normal(*shape)), their_first))
    for out, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(out.numpy(), right.detach().numpy(), rtol=1e-10, atol=1e-12)


def attention(draw: Draw) -> None:
    first, bias = draw(st.booleans()), draw(st.booleans())
    kdim, vdim = (draw(st.sampled_from([None, 5])) for _ in range(2))
    other = {"kdim": kdim, "vdim": vdim, "batch_first": first}
    ours = nn.MultiheadAttention(6, 2, bias=bias, rng=0, **other, **FLOAT64)
    theirs = torch.nn.MultiheadAttention(6, 2, bias=bias, **other).double()
    n, queries, keys = 3, 2, draw(st.sampled_from([2, 4]))
    sizes = zip((queries, keys, keys), (6, kdim or 6, vdim or 6), strict=True)
    shapes = [(n, length, width) if first else (length, n, width) for length, width in sizes]
    average = draw(st.booleans())
    agree(ours, theirs, [normal(*s) for s in shapes], average_attn_weights=average)
    agree(ours, theirs, [normal(*s) for s in shapes], need_weights=False)
    q, k, v = (normal(*s) for s in shapes)
    mask, padding = np.triu(np.ones((queries, keys), bool), 1), np.zeros((n, keys), bool)
    padding[1, 1:] = True
    out, _ = ours(q, k, v, padding, attn_mask=mask)
    expected, _ = theirs(
        *map(torch.tensor, (q, k, v)), torch.tensor(padding), attn_mask=torch.tensor(mask)
    )
    np.testing.assert_allclose(out.numpy(), expected.detach().numpy(), rtol=1e-10, atol=1e-12)


def block(draw: Draw) -> None:
    norm_first, activation = draw(st.booleans()), draw(st.sampled_from(["relu", "gelu"]))
    ours = nn.TransformerBlock(
        6, 2, 5, activation=activation, norm_first=norm_first, rng=0, **FLOAT64
    )
    theirs = torch.nn.TransformerEncoderLayer(
        6, 2, 5, 0.0, activation, batch_first=True, norm_first=norm_first
    ).double()
    agree(ours, theirs, [normal(2, 3, 6)])


def normalization(draw: Draw) -> None:
    groups, affine = draw(st.sampled_from([1, 2])), draw(st.booleans())
    ours = nn.GroupNorm(groups, 4, affine=affine, **FLOAT64)
    agree(ours, torch.nn.GroupNorm(groups, 4, affine=affine).double(), [normal(3, 4, 2, 3)])
    momentum = draw(st.sampled_from([None, 0.3]))
    both = nn.BatchNorm2d(4, momentum=momentum, **FLOAT64), torch.nn.BatchNorm2d(4, 1e-5, momentum)
    agree(both[0], both[1].double(), [normal(3, 4, 2, 3)])
    for name, buffer in both[0].named_buffers().items():
        np.testing.assert_allclose(buffer, dict(both[1].named_buffers())[name], rtol=1e-10)
    eps = draw(st.sampled_from([None, 1e-3]))
    agree(nn.RMSNorm(4, eps, **FLOAT64), torch.nn.RMSNorm(4, eps).double(), [normal(3, 4)])


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@settings(max_examples=12)
@given(data=st.data())
@pytest.mark.parametrize(
    "layer",
    [convolution, pooling, embedding, recurrent, attention, block, normalization],
    ids=lambda layer: layer.__name__,
)
def test_layer_is_that_of_pytorch_up_to_second_derivatives(
    layer: Callable[[Draw], None], data: st.DataObject
) -> None:
    layer(data.draw)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (nn.GELU(), torch.nn.GELU()),
        (nn.GELU("tanh"), torch.nn.GELU("tanh")),
        (nn.SiLU(), torch.nn.SiLU()),
        (nn.Mish(), torch.nn.Mish()),
        (nn.Softsign(), torch.nn.Softsign()),
        (nn.Hardtanh(-0.5, 2.0), torch.nn.Hardtanh(-0.5, 2.0)),
        (nn.LogSoftmax(), torch.nn.LogSoftmax(-1)),
        (nn.Flatten(), torch.nn.Flatten()),
        (nn.Unflatten(1, (2, 2)), torch.nn.Unflatten(1, (2, 2))),
        (nn.ELU(1.5), torch.nn.ELU(1.5)),
        (nn.LeakyReLU(0.1), torch.nn.LeakyReLU(0.1)),
        (nn.PReLU(4, **FLOAT64), torch.nn.PReLU(4).double()),
        (nn.Softplus(), torch.nn.Softplus(threshold=50.0)),
        (nn.Softmax(), torch.nn.Softmax(-1)),
        (nn.Tanh(), torch.nn.Tanh()),
        (nn.Sigmoid(), torch.nn.Sigmoid()),
        (nn.Linear(4, 3, rng=0, **FLOAT64), torch.nn.Linear(4, 3).double()),
        (nn.LayerNorm(4, **FLOAT64), torch.nn.LayerNorm(4).double()),
        (nn.BatchNorm(4, **FLOAT64), torch.nn.BatchNorm1d(4).double()),
    ],
    ids=lambda module: repr(module) if isinstance(module, nn.Module) else "",
)
def test_plain_layer_is_that_of_pytorch_up_to_second_derivatives(
    ours: nn.Module, theirs: Any
) -> None:
    agree(ours, theirs, [normal(5, 4) * 3])


def test_causal_attention_is_that_of_pytorch() -> None:
    q, k, v = normal(2, 3, 4, 5), normal(2, 3, 4, 5) + 1, normal(2, 3, 4, 2)
    theirs = torch.nn.functional.scaled_dot_product_attention
    found = nn.scaled_dot_product_attention(q, k, v, is_causal=True)
    expected = theirs(*map(torch.tensor, (q, k, v)), is_causal=True)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-10)
    mask = np.random.default_rng(0).random((4, 4)) < 0.7
    mask |= np.eye(4, dtype=bool)
    found = nn.scaled_dot_product_attention(q, k, v, mask)
    expected = theirs(*map(torch.tensor, (q, k, v, mask)))
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-10)


def test_states_of_all_layers_go_to_pytorch_and_back(tmp_path: Path) -> None:
    ours = nn.Sequential(nn.Conv2d(1, 2, 3, rng=0), nn.ReLU(), nn.Flatten(), nn.Linear(8, 6, rng=1))
    ours = nn.Sequential(*ours.layers, nn.GRU(6, 3, 2, rng=2), nn.TransformerBlock(6, 2, rng=3))
    nn.save_torch_state(ours, tmp_path / "ours.pt")
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3),
        torch.nn.ReLU(),
        torch.nn.Flatten(),
        torch.nn.Linear(8, 6),
        torch.nn.GRU(6, 3, 2),
        torch.nn.TransformerEncoderLayer(6, 2, 24),
    )
    expected = {name: array.copy() for name, array in ours.state_dict().items()}
    theirs.load_state_dict(torch.load(tmp_path / "ours.pt"))
    for by_order in (False, True):
        torch.save(theirs.state_dict(), tmp_path / "theirs.pt")
        for parameter in ours.parameters():
            parameter.data = 0 * parameter.numpy()
        nn.load_torch_state(ours, tmp_path / "theirs.pt", by_order=by_order)
        for name, array in ours.state_dict().items():
            np.testing.assert_array_equal(array, expected[name])
