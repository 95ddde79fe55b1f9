"""Convolutions and pooling agree with PyTorch: values, gradients and second derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Tensor, gradients

torch = pytest.importorskip("torch")


def agree(ours: Any, theirs: Any, *inputs: Any) -> None:
    """Both functions have the same values, gradients and second derivatives at these inputs."""
    mine = [Tensor(x) for x in inputs]
    their_inputs = [torch.tensor(x, requires_grad=True) for x in inputs]
    out, expected = ours(*mine), theirs(*their_inputs)
    np.testing.assert_allclose(out.numpy(), expected.detach().numpy(), rtol=1e-10, atol=1e-12)
    rng = np.random.default_rng(0)
    g = rng.normal(size=out.shape)
    first = gradients((out * out * g).sum(), mine, create_graph=True)
    their_first = torch.autograd.grad(
        (expected * expected * torch.tensor(g)).sum(), their_inputs, create_graph=True
    )
    vs = [rng.normal(size=x.shape) for x in inputs]
    total = sum((a * v).sum() for a, v in zip(first, vs, strict=True))
    second = gradients(total, mine)
    their_total = sum((a * torch.tensor(v)).sum() for a, v in zip(their_first, vs, strict=True))
    their_second = torch.autograd.grad(their_total, their_inputs)
    for found, right in zip((*first, *second), (*their_first, *their_second), strict=True):
        plain = found.numpy() if isinstance(found, Tensor) else found
        scale = 1 + abs(right.detach().numpy()).max(initial=0)
        np.testing.assert_allclose(plain, right.detach().numpy(), rtol=1e-10, atol=1e-12 * scale)


@settings(max_examples=20)
@given(data=st.data(), n=st.sampled_from([1, 2]), groups=st.sampled_from([1, 1, 2, 3]))
def test_conv_agrees_with_pytorch(data: st.DataObject, n: int, groups: int) -> None:
    def one(low: int, high: int) -> tuple[int, ...]:
        return tuple(data.draw(st.integers(low, high)) for _ in range(n))

    stride, dilation, padding, sizes = one(1, 3), one(1, 2), one(0, 2), one(1, 3)
    images = data.draw(st.integers(1, 3))
    # Of many channels the columns are laid out otherwise; few outputs make other gradients.
    channels, outputs = (data.draw(st.sampled_from([1, 2, 3, 17])) for _ in range(2))
    lengths = one(1, 7)
    fits = zip(lengths, padding, dilation, sizes, strict=True)
    assume(all(length + 2 * p >= d * (k - 1) + 1 for length, p, d, k in fits))
    rng = np.random.default_rng(0)
    x = rng.normal(size=(images, channels * groups, *lengths))
    w = rng.normal(size=(outputs * groups, channels, *sizes))
    function = {1: torch.nn.functional.conv1d, 2: torch.nn.functional.conv2d}[n]
    agree(
        lambda x, w: ag.conv(x, w, stride, padding, dilation, groups),
        lambda x, w: function(x, w, None, stride, padding, dilation, groups),
        x,
        w,
    )


@settings(max_examples=8)
@given(data=st.data(), n=st.sampled_from([1, 2]))
def test_pooling_agrees_with_pytorch(data: st.DataObject, n: int) -> None:
    def one(low: int, high: int) -> tuple[int, ...]:
        return tuple(data.draw(st.integers(low, high)) for _ in range(n))

    sizes, stride, dilation = one(1, 3), one(1, 3), one(1, 2)
    padding = tuple(data.draw(st.integers(0, k // 2)) for k in sizes)
    lengths = one(3, 7)
    fits = zip(lengths, padding, dilation, sizes, strict=True)
    assume(all(length + 2 * p >= d * (k - 1) + 1 for length, p, d, k in fits))
    x = np.random.default_rng(0).normal(size=(2, 2, *lengths))
    count = data.draw(st.booleans())
    largest = {1: torch.nn.functional.max_pool1d, 2: torch.nn.functional.max_pool2d}[n]
    mean = {1: torch.nn.functional.avg_pool1d, 2: torch.nn.functional.avg_pool2d}[n]
    agree(
        lambda x: ag.max_pool(x, sizes, stride, padding, dilation),
        lambda x: largest(x, sizes, stride, padding, dilation),
        x,
    )
    agree(
        lambda x: ag.avg_pool(x, sizes, stride, padding, count),
        lambda x: mean(x, sizes, stride, padding, False, count),
        x,
    )


def test_padding_can_be_named_as_in_pytorch() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 3, 6, 5)), rng.normal(size=(4, 3, 3, 3))
    for padding in ("same", "valid"):
        agree(
            lambda x, w, p=padding: ag.conv(x, w, 1, p, (2, 1)),
            lambda x, w, p=padding: torch.nn.functional.conv2d(x, w, None, 1, p, (2, 1)),
            x,
            w,
        )
