"""Parameters exchanged with PyTorch through safetensors, both ways, with equal outputs after."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from nn import ModelFileError, fit, load, load_state, save

torch = pytest.importorskip("torch", reason="the oracle extra brings PyTorch")
safetensors_torch = pytest.importorskip("safetensors.torch")
pytestmark = pytest.mark.oracle

X = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int64)


def ours() -> Any:
    return nn.Sequential(
        nn.Linear(4, 6, rng=0), nn.BatchNorm(6), nn.PReLU(), nn.LayerNorm(6), nn.Linear(6, 2, rng=1)
    )


def theirs() -> Any:
    return torch.nn.Sequential(
        torch.nn.Linear(4, 6),
        torch.nn.BatchNorm1d(6),
        torch.nn.PReLU(),
        torch.nn.LayerNorm(6),
        torch.nn.Linear(6, 2),
    )


def test_a_model_saved_here_computes_the_same_in_pytorch(tmp_path: Path) -> None:
    model = ours()
    fit(model, (X, Y), loss="cross-entropy", epochs=3, progress=False)
    save(model, tmp_path / "model.safetensors")
    twin = theirs()
    twin.load_state_dict(safetensors_torch.load_file(tmp_path / "model.safetensors"))
    expected = twin.eval()(torch.tensor(X)).detach().numpy()
    np.testing.assert_allclose(nn.predict(model, X), expected, rtol=1e-5, atol=1e-6)


def test_a_model_saved_in_pytorch_computes_the_same_here(tmp_path: Path) -> None:
    twin = theirs()
    for _ in range(3):
        twin(torch.tensor(X))  # moves the running statistics
    path = tmp_path / "torch.safetensors"
    safetensors_torch.save_file(twin.state_dict(), path)
    with pytest.raises(ModelFileError, match="no architecture"):
        load(path)
    model = ours()
    model.load_state_dict(load_state(path))
    expected = twin.eval()(torch.tensor(X)).detach().numpy()
    np.testing.assert_allclose(nn.predict(model, X), expected, rtol=1e-5, atol=1e-6)


def test_an_mlp_has_the_names_of_pytorchs_sequential(tmp_path: Path) -> None:
    model = nn.MLP([4, 6, 2], activation="tanh", rng=0)
    save(model, tmp_path / "model.safetensors")
    twin = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.Tanh(), torch.nn.Linear(6, 2))
    twin.load_state_dict(safetensors_torch.load_file(tmp_path / "model.safetensors"))
    np.testing.assert_allclose(
        model(X).numpy(), twin(torch.tensor(X)).detach().numpy(), rtol=1e-5, atol=1e-6
    )


def test_bfloat16_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "torch.safetensors"
    safetensors_torch.save_file({"weight": torch.zeros(2, dtype=torch.bfloat16)}, path)
    with pytest.raises(ModelFileError, match="arrays that NumPy does not support"):
        load_state(path)
