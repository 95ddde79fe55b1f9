"""Parameters from PyTorch and for it. What needs PyTorch is skipped where it is not installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

import nn

pytestmark = pytest.mark.oracle

X = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)


@pytest.fixture(scope="module")
def torch() -> ModuleType:
    return pytest.importorskip("torch", reason="the torch extra brings PyTorch")


def agree(model: nn.Module, theirs: Any, torch: ModuleType) -> None:
    expected = theirs.eval()(torch.tensor(X)).detach().numpy()
    np.testing.assert_allclose(nn.predict(model, X), expected, rtol=1e-5, atol=1e-6)


# --------------------------------------------------------------------------------------------------
# By name


def sequential(torch: ModuleType) -> Any:
    layers = torch.nn
    return layers.Sequential(layers.Linear(4, 6), layers.Tanh(), layers.Linear(6, 2))


def test_an_mlp_takes_the_weights_of_pytorchs_sequential(torch: ModuleType, tmp_path: Path) -> None:
    theirs, model = sequential(torch), nn.MLP([4, 6, 2], "tanh", rng=0)
    torch.save(theirs.state_dict(), tmp_path / "theirs.pt")
    nn.load_torch_state(model, tmp_path / "theirs.pt")
    agree(model, theirs, torch)


def test_pytorchs_sequential_takes_the_weights_of_an_mlp(torch: ModuleType, tmp_path: Path) -> None:
    theirs, model = sequential(torch), nn.MLP([4, 6, 2], "tanh", rng=0)
    nn.save_torch_state(model, tmp_path / "ours.pt")
    theirs.load_state_dict(torch.load(tmp_path / "ours.pt", weights_only=True))
    agree(model, theirs, torch)


def test_what_was_saved_for_pytorch_comes_back_unchanged(torch: ModuleType, tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(4, 3, rng=0), nn.BatchNorm(3), nn.PReLU(3))
    nn.fit(model, (X, X[:, :3]), loss="mse", epochs=2, progress=False)
    nn.save_torch_state(model, tmp_path / "ours.pt")
    twin = nn.Sequential(nn.Linear(4, 3, rng=1), nn.BatchNorm(3), nn.PReLU(3))
    nn.load_torch_state(twin, tmp_path / "ours.pt")
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(twin.state_dict()[name], array)


def test_a_safetensors_file_needs_no_pytorch(tmp_path: Path) -> None:
    model, path = nn.Linear(4, 2), tmp_path / "theirs.safetensors"
    save_file({"bias": np.ones(2, np.float32), "weight": np.zeros((2, 4), np.float32)}, path)
    program = (
        "import sys; sys.modules['torch'] = None; import nn\n"
        "model = nn.Linear(4, 2); nn.load_torch_state(model, sys.argv[1])\n"
        "print(model([0, 0, 0, 0]).tolist())\n"
        "try:\n    nn.save_torch_state(model, sys.argv[1])\n"
        "except ImportError as error:\n    print(error)"
    )
    said = subprocess.check_output([sys.executable, "-c", program, str(path)], text=True)
    assert said.splitlines() == [
        "[1.0, 1.0]",
        'this needs the package torch: pip install "wengert[torch]"',
    ]
    nn.load_torch_state(model, path)
    assert not model.weight.numpy().any()


def test_bfloat16_becomes_the_models_type(torch: ModuleType, tmp_path: Path) -> None:
    theirs, model = sequential(torch).to(torch.bfloat16), nn.MLP([4, 6, 2], "tanh")
    torch.save(theirs.state_dict(), tmp_path / "theirs.pt")
    nn.load_torch_state(model, tmp_path / "theirs.pt")
    assert model[0].weight.dtype == np.float32
    agree(model, theirs.float(), torch)


def test_parameters_and_float8_are_read_as_arrays(torch: ModuleType, tmp_path: Path) -> None:
    theirs, model = sequential(torch), nn.MLP([4, 6, 2], "tanh")
    state = dict(theirs.named_parameters())  # which record a gradient
    torch.save(state, tmp_path / "theirs.pt")
    nn.load_torch_state(model, tmp_path / "theirs.pt")
    agree(model, theirs, torch)
    rounded = {name: tensor.detach().to(torch.float8_e4m3fn) for name, tensor in state.items()}
    torch.save(rounded, tmp_path / "theirs.pt")
    nn.load_torch_state(model, tmp_path / "theirs.pt")
    for name, parameter in model.named_parameters().items():
        np.testing.assert_array_equal(parameter.numpy(), rounded[name].float().numpy())


@pytest.mark.filterwarnings("ignore")  # of PyTorch, about kinds that it will give up
@pytest.mark.parametrize("kind", ["sparse", "quantized", "meta", "complex", "larger", "numbered"])
def test_tensors_that_are_no_arrays_of_real_numbers_are_refused(
    torch: ModuleType, tmp_path: Path, kind: str
) -> None:
    weight = torch.ones(6, 4)
    tensors = {
        "sparse": lambda: weight.to_sparse(),
        "quantized": lambda: torch.quantize_per_tensor(weight, 0.1, 0, torch.qint8),
        "meta": lambda: weight.to("meta"),
        "complex": lambda: weight.to(torch.complex64),
        "larger": lambda: torch.ones(1).expand(10**6, 10**6),
        "numbered": lambda: weight,
    }
    name: Any = 0 if kind == "numbered" else "0.weight"
    torch.save({name: tensors[kind]()}, tmp_path / "theirs.pt")
    message = {"larger": "larger than the file", "numbered": "not tensors by name"}.get(kind, kind)
    with pytest.raises(nn.ModelFileError, match=message):
        nn.load_torch_state(nn.MLP([4, 6, 2]), tmp_path / "theirs.pt")


def test_what_does_not_fit_is_named_on_both_sides_and_nothing_is_changed(
    torch: ModuleType, tmp_path: Path
) -> None:
    model = nn.MLP([4, 6, 3], rng=0)
    before = model.to_vector()
    torch.save(sequential(torch).state_dict(), tmp_path / "theirs.pt")
    with pytest.raises(ValueError, match=r"2\.weight has shape \(2, 6\), not \(3, 6\)"):
        nn.load_torch_state(model, tmp_path / "theirs.pt")
    torch.save({"fc.weight": torch.zeros(1)}, tmp_path / "theirs.pt")
    with pytest.raises(ValueError, match=r"0\.weight is missing; .* fc\.weight is unexpected"):
        nn.load_torch_state(model, tmp_path / "theirs.pt")
    np.testing.assert_array_equal(model.to_vector(), before)


# --------------------------------------------------------------------------------------------------
# By order


def test_a_class_with_names_of_its_own_fits_by_order(torch: ModuleType, tmp_path: Path) -> None:
    class Theirs(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc1 = torch.nn.Linear(4, 6)
            self.bn1 = torch.nn.BatchNorm1d(6)
            self.fc2 = torch.nn.Linear(6, 2)

        def forward(self, x: Any) -> Any:
            return self.fc2(torch.relu(self.bn1(self.fc1(x))))

    theirs = Theirs()
    theirs(3 * torch.tensor(X) + 1)  # moves the running statistics
    torch.save(theirs.state_dict(), tmp_path / "theirs.pt")
    model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm(6), nn.relu, nn.Linear(6, 2))
    nn.load_torch_state(model, tmp_path / "theirs.pt", by_order=True)
    agree(model, theirs, torch)


def test_an_order_that_does_not_fit_names_both_arrays(torch: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "theirs.pt"
    torch.save({"fc1.weight": torch.zeros(6, 4), "fc1.bias": torch.zeros(5)}, path)
    with pytest.raises(
        ValueError,
        match=r"0\.bias \(6,\) would take fc1\.bias \(5,\); there are 4 arrays to fill and 2 in",
    ):
        nn.load_torch_state(nn.MLP([4, 6, 2]), path, by_order=True)


def test_a_safetensors_file_has_no_order(tmp_path: Path) -> None:
    save_file({"w": np.zeros((2, 4), np.float32)}, tmp_path / "theirs.safetensors")
    with pytest.raises(ValueError, match="keeps no order"):
        nn.load_torch_state(nn.Linear(4, 2), tmp_path / "theirs.safetensors", by_order=True)


# --------------------------------------------------------------------------------------------------
# Files that are no states


def test_files_that_hold_no_state_are_refused(torch: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "theirs.pt"
    for thing, message in (
        ({"epoch": 3, "model": {}}, "holds a dict of 'epoch', 'model', and not tensors by name"),
        (torch.zeros(3), "holds a Tensor, and not tensors by name"),
    ):
        torch.save(thing, path)
        with pytest.raises(nn.ModelFileError, match=message):
            nn.load_torch_state(nn.Linear(1, 1), path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(nn.ModelFileError, match="is damaged, or not a state_dict"):
        nn.load_torch_state(nn.Linear(1, 1), path)
    with pytest.raises(FileNotFoundError, match="there is no file"):
        nn.load_torch_state(nn.Linear(1, 1), tmp_path / "nothing.pt")


def test_nothing_in_a_file_is_executed(torch: ModuleType, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "sprung",)

    torch.save({"weight": Trap()}, tmp_path / "theirs.pt")
    with pytest.raises(nn.ModelFileError, match="not a state_dict"):
        nn.load_torch_state(nn.Linear(1, 1), tmp_path / "theirs.pt")
    assert not (tmp_path / "sprung").exists()
