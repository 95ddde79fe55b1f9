"""Optimisers beside PyTorch's: a hundred steps from the same start end at the same parameters."""

from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor
from nn import optim
from nn.optim import clipping

torch = pytest.importorskip("torch", reason="the oracle extra brings PyTorch")
pytestmark = pytest.mark.oracle
torch.set_num_threads(1)  # more of them only wait for each other on arrays this small

CASES = [
    (optim.SGD, "SGD", {}, {}),
    (optim.SGD, "SGD", {"lr": 0.1, "momentum": 0.9}, {}),
    (optim.SGD, "SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}, {}),
    (optim.Adam, "Adam", {}, {}),
    (optim.Adam, "Adam", {"lr": 0.03, "betas": (0.8, 0.99), "eps": 1e-3, "weight_decay": 0.1}, {}),
    (optim.AdamW, "AdamW", {}, {}),
    (optim.AdamW, "AdamW", {"lr": 0.03, "weight_decay": 0.3}, {}),
    (optim.RMSProp, "RMSprop", {}, {}),
    (optim.RMSProp, "RMSprop", {"lr": 3e-3, "alpha": 0.9, "centered": True}, {}),
    (optim.RMSProp, "RMSprop", {"lr": 1e-3, "momentum": 0.9, "weight_decay": 0.1}, {}),
    (optim.Adagrad, "Adagrad", {}, {}),
    (
        optim.Adagrad,
        "Adagrad",
        {"lr": 0.1, "lr_decay": 0.01, "weight_decay": 0.1},
        {"initial_accumulator": 0.5},
    ),
]
TORCH_NAMES = {"initial_accumulator": "initial_accumulator_value"}


def start(dtype: Any) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    shapes = [(5, 3), (5,), (2, 5), (2,)]
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def examples(dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    return rng.standard_normal((20, 3)).astype(dtype), rng.standard_normal((20, 2)).astype(dtype)


def loss_of(w1: Any, b1: Any, w2: Any, b2: Any, x: Any, y: Any, tanh: Any) -> Any:
    d = tanh(x @ w1.T + b1) @ w2.T + b2 - y
    return (d * d).mean()


@pytest.mark.parametrize(("kind", "name", "settings", "renamed"), CASES)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-6), (np.float32, 2e-4)])
def test_a_hundred_steps_agree(
    kind: Any, name: str, settings: dict, renamed: dict, dtype: Any, tolerance: float
) -> None:
    x, y = examples(dtype)
    ours = [Tensor(p) for p in start(dtype)]
    theirs = [torch.tensor(p, requires_grad=True) for p in start(dtype)]
    # Ours leaves biases out of the decay, theirs does not: once with all of them, here.
    optimizer = kind(ours, **settings, **renamed, decay_biases=True)
    oracle = getattr(torch.optim, name)(
        theirs, **settings, **{TORCH_NAMES[key]: value for key, value in renamed.items()}
    )
    for _ in range(100):
        optimizer.zero_grad()
        loss_of(*ours, x, y, ag.tanh).backward()
        optimizer.step()
        oracle.zero_grad()
        loss_of(*theirs, torch.tensor(x), torch.tensor(y), torch.tanh).backward()
        oracle.step()
    for p, q, first in zip(ours, theirs, start(dtype), strict=True):
        assert p.dtype == dtype
        assert np.abs(p.numpy() - first).max() > 1e-3
        np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=0, atol=tolerance)


def test_weight_decay_without_biases_is_two_groups_of_parameters() -> None:
    x, y = examples(np.float64)
    ours = [Tensor(p) for p in start(np.float64)]
    theirs = [torch.tensor(p, requires_grad=True) for p in start(np.float64)]
    optimizer = optim.SGD(ours, lr=0.1, weight_decay=0.5)
    oracle = torch.optim.SGD(
        [{"params": theirs[::2], "weight_decay": 0.5}, {"params": theirs[1::2]}], lr=0.1
    )
    for _ in range(100):
        optimizer.zero_grad()
        loss_of(*ours, x, y, ag.tanh).backward()
        optimizer.step()
        oracle.zero_grad()
        loss_of(*theirs, torch.tensor(x), torch.tensor(y), torch.tanh).backward()
        oracle.step()
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=0, atol=1e-9)


def test_a_parameter_without_a_gradient_in_some_steps_agrees() -> None:
    p, q = Tensor([1.0, -2.0]), Tensor([0.5])
    tp, tq = (torch.tensor(t.numpy().copy(), requires_grad=True) for t in (p, q))
    optimizer, oracle = optim.Adam([p, q], lr=0.1), torch.optim.Adam([tp, tq], lr=0.1)
    for step in range(20):
        optimizer.zero_grad()
        oracle.zero_grad()
        (p * p).sum().backward()
        (tp * tp).sum().backward()
        if step % 3 == 0:
            (q * q).sum().backward()
            (tq * tq).sum().backward()
        optimizer.step()
        oracle.step()
    np.testing.assert_allclose(p.numpy(), tp.detach().numpy(), atol=1e-12)
    np.testing.assert_allclose(q.numpy(), tq.detach().numpy(), atol=1e-12)


@pytest.mark.parametrize("most", [0.1, 3.0, 1e6])
def test_clipping_agrees(most: float) -> None:
    rng = np.random.default_rng(0)
    shapes = [(3, 4), (4,), ()]
    ours = [Tensor(np.zeros(shape)) for shape in shapes]
    theirs = [torch.zeros(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    for clip, oracle in (
        (clipping.clip_grad_norm, torch.nn.utils.clip_grad_norm_),
        (clipping.clip_grad_value, torch.nn.utils.clip_grad_value_),
    ):
        for p, q in zip(ours, theirs, strict=True):
            p.grad = rng.standard_normal(p.shape)
            q.grad = torch.tensor(p.grad)
        returned, expected = clip(ours, most), oracle(theirs, most)
        if returned is not None:
            assert returned == pytest.approx(float(expected), rel=1e-12)
        for p, q in zip(ours, theirs, strict=True):
            # PyTorch adds 1e-6 to the norm it divides by; here the clipped norm is `most` itself.
            np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=1e-6)
