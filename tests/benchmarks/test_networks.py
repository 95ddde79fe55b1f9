"""The networks that are timed beside PyTorch learn as there, from the same weights."""

from __future__ import annotations

import numpy as np
import pytest

import nn
from benchmarks import networks

torch = pytest.importorskip("torch", reason="the oracle extra brings PyTorch")


def test_a_transformer_has_the_losses_of_pytorch_over_100_steps() -> None:
    torch.set_num_threads(1)
    size = networks.Size(features=16, heads=2, blocks=2, length=12)
    x, y, characters = networks.passages(size, 8 * 25)
    ours = networks.Characters(characters, size)
    theirs = networks.characters_of_torch(torch, characters, size)
    state = {name: torch.from_numpy(array) for name, array in ours.state_dict().items()}
    theirs.load_state_dict(state)
    losses = networks.train_torch(torch, theirs, x, y, 8)
    expected = [next(losses) for _ in range(100)]
    history = nn.fit(
        ours, (x, y), loss=networks.cross_entropy, optimizer=nn.Adam(ours, lr=networks.RATE),
        epochs=4, batch_size=8, rng=None, progress=False,
    )  # fmt: skip
    assert expected[-1] < 0.8 * expected[0]
    np.testing.assert_allclose(history.steps["loss"], expected, rtol=0, atol=1e-5)


def test_the_transformer_that_is_timed_has_about_200_000_parameters() -> None:
    assert 190_000 < networks.model_of(networks.WORKS[1]).num_parameters() < 220_000
