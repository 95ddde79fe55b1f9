"""Parameters in PyTorch's files, those of ``torch.save(model.state_dict(), path)``."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nn.data import Array, listed, shortened, shown
from nn.extras import require
from nn.files import ModelFileError, load_state
from nn.files.arrayfile import PathLike, write_atomically
from nn.modules.module import Module


def load_torch_state(model: Module, path: PathLike, *, by_order: bool = False) -> None:
    """Load parameters and buffers that PyTorch saved: all of them, or none.

    path: a file of ``torch.save(theirs.state_dict(), path)``, or a safetensors file. Nothing in it
        is executed (``weights_only=True``).
    by_order: match the arrays by order and not by name. PyTorch's ``Sequential`` fits an ``nn.MLP``
        or ``nn.Sequential`` of the same layers by name; a class with layers ``fc1``, ``fc2``, ...
        fits by order. A safetensors file keeps no order.

    Layers have PyTorch's names, shapes and meaning; ``BatchNorm`` is its ``BatchNorm1d``, and
    ``TransformerBlock`` its ``TransformerEncoderLayer``. Arrays are cast to the dtype of the
    parameter; bfloat16 and float8 are read as float32.

    Raises ``ValueError`` with the names that are missing, unexpected or of another shape;
    ``ModelFileError`` if the file has no such state, or sparse, quantised, complex or meta tensors;
    ``FileNotFoundError`` if there is none;
    ``ImportError`` without torch, or without safetensors for a safetensors file.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no file {path}")
    with Path(path).open("rb") as file:
        is_safetensors = file.read(9)[8:] == b"{"  # after the length of the header
    if is_safetensors and by_order:
        raise ValueError(f"{path} is a safetensors file, which keeps no order: use torch.save")
    state = load_state(path) if is_safetensors else _read(path)
    model.load_state_dict(_by_order(state, model, path) if by_order else state)


def save_torch_state(model: Module, path: PathLike) -> None:
    """Write parameters and buffers for ``theirs.load_state_dict(torch.load(path))`` in PyTorch.

    The file is written completely or not at all. Raises ``ImportError`` without torch, and
    ``OSError`` if it cannot be written.
    """
    torch = require("torch", extra="torch")
    file = io.BytesIO()
    state = model.state_dict()
    torch.save({name: torch.from_numpy(array) for name, array in state.items()}, file)
    write_atomically(path, file.getvalue())


def _read(path: PathLike) -> dict[str, Array]:
    """The arrays of a file of ``torch.save`` by name, in order."""
    torch = require("torch", extra="torch")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged archive or pickle may raise anything
        raise ModelFileError(
            f"{path} is damaged, or not a state_dict saved by torch.save: {shortened(error)}"
        ) from error
    if (
        not isinstance(state, Mapping)
        or not all(isinstance(name, str) for name in state)
        or not all(map(torch.is_tensor, state.values()))
    ):
        kind = type(state).__name__
        keys = f" of {listed(map(shown, state))}" if isinstance(state, Mapping) else ""
        raise ModelFileError(
            f"{path} holds a {kind}{keys}, and not tensors by name; save it in PyTorch by "
            f"torch.save(model.state_dict(), path)"
        )
    size = Path(path).stat().st_size
    return {name: _array(path, name, tensor, size) for name, tensor in state.items()}


def _array(path: PathLike, name: str, tensor: Any, size: int) -> Array:
    """The numbers of a tensor, which take no more memory than its file."""
    kind = next(
        (kind for kind in ("sparse", "quantized", "meta", "nested") if _is(tensor, kind)),
        "complex" if tensor.is_complex() else "",
    )
    if kind:
        instead = {"sparse": ".to_dense()", "quantized": ".dequantize()"}.get(kind)
        raise ModelFileError(
            f"{path}: {shown(name)} is a {kind} tensor, not an array of real numbers"
            + (f"; save {instead} of it" if instead else "")
        )
    if tensor.numel() * tensor.element_size() > size:
        raise ModelFileError(
            f"{path}: {shown(name)} of shape {tuple(tensor.shape)} is larger than the file"
        )
    tensor = tensor.detach().resolve_neg()
    try:
        array: Array = tensor.numpy()
    except (RuntimeError, TypeError):  # bfloat16 and float8, which NumPy lacks
        try:
            array = tensor.float().numpy()
        except (RuntimeError, TypeError) as error:
            raise ModelFileError(
                f"{path}: {shown(name)} is of type {tensor.dtype}, which has no numbers"
            ) from error
    return array


def _is(tensor: Any, kind: str) -> bool:
    """Whether a tensor has no plain memory, of this kind."""
    if kind == "sparse":
        return str(tensor.layout) not in ("torch.strided", "torch.jagged")
    return bool(getattr(tensor, f"is_{kind}"))


def _by_order(state: Mapping[str, Array], model: Module, path: PathLike) -> dict[str, Array]:
    """The arrays with the names of the model's arrays in the same order."""
    ours = _in_pytorchs_order(model)
    pairs = list(zip(ours, state, strict=False))
    faults = [
        f"{name} {ours[name].shape} would take {other} {state[other].shape}"
        for name, other in pairs
        if ours[name].shape != state[other].shape
    ]
    if len(ours) != len(state):
        faults.append(f"there are {len(ours)} arrays to fill and {len(state)} in the file")
    if faults:
        raise ValueError(f"{path} does not fit {model.title()} in order: {'; '.join(faults)}")
    return {name: state[other] for name, other in pairs}


def _in_pytorchs_order(model: Module) -> dict[str, Array]:
    """The state module by module: parameters, buffers, and then those of submodules."""
    state = model.state_dict()
    modules = list(model.named_modules())

    def owner(name: str) -> int:
        owners = (i for i, path in enumerate(modules) if not path or name.startswith(f"{path}."))
        return max(owners, key=lambda i: len(modules[i]))

    return {name: state[name] for name in sorted(state, key=owner)}
