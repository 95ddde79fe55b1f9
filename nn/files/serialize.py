"""Models in files: ``save`` and ``load``, as safetensors with the architecture in the metadata.

The file format is that of ``arrayfile``. Nothing in a file is ever executed: the architecture names
classes, and only those registered with ``nn.register`` are made, with plain arguments.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import prod
from typing import Any

from nn.data import Array
from nn.files.arrayfile import ModelFileError, PathLike, read, write
from nn.modules.module import Module, build
from nn.registry import REGISTRY

__all__ = ["ModelFileError", "load", "load_state", "save"]

FORMAT = "wengert-model"


def save(model: Module, path: PathLike) -> None:
    """Write the model's architecture, parameters and buffers to a safetensors file.

    ``path`` then holds the whole file, or what it held before. The tensors have the names and
    shapes of ``state_dict``, so for the layers that PyTorch has too its ``load_state_dict`` takes
    them. Which parameters are frozen, and the mode, are not saved.

    Raises ``ValueError`` for a model that ``config`` cannot describe, ``OSError`` where the file
    cannot be written, ``ImportError`` without safetensors.
    """
    write(path, model.state_dict(), FORMAT, model.config())


def load(path: PathLike) -> Any:
    """The model that ``save`` wrote, in evaluation mode.

    Classes of one's own must be defined, and registered with ``nn.register``, before.

    Raises ``ModelFileError`` for a file that is damaged, cut off or not from ``save``, or whose
    architecture names something unknown or does not fit its tensors; ``FileNotFoundError`` for
    none; ``ImportError`` without safetensors.
    """
    arrays, config = read(path, FORMAT)
    if config is None:
        raise ModelFileError(
            f"{path} holds {len(arrays)} arrays but no architecture; make the model first, and "
            "then model.load_state_dict(nn.load_state(path))"
        )
    try:
        asked, held = _numbers_asked(config), sum(array.size for array in arrays.values())
        if asked > held:  # else a small file could ask for more memory than there is
            raise ValueError(f"the architecture asks for {asked} numbers, and there are {held}")
        model = build(config)
        state = model.state_dict()
        for name, array in arrays.items():
            if name in state and array.dtype != state[name].dtype:
                raise ValueError(f"{name} is of type {array.dtype}, not {state[name].dtype}")
        model.load_state_dict(arrays)
    except Exception as error:  # whatever arguments made to deceive bring a constructor to raise
        raise ModelFileError(f"{path} does not describe a model that fits it: {error}") from error
    return model.eval()


def _numbers_asked(config: Any) -> int:
    """How many weights the layers of this package in an architecture will make, at least."""
    if isinstance(config, list):
        return sum(map(_numbers_asked, config))
    if not isinstance(config, dict):
        return 0
    asked = sum(map(_numbers_asked, config.values()))
    if getattr(REGISTRY.get(str(config.get("class"))), "__module__", "").startswith("nn."):
        match config.get("arguments"):
            case {"n_in": n_in, "n_out": n_out}:
                asked += _product([n_in, n_out])
            case {"sizes": [*sizes]}:
                asked += sum(_product(pair) for pair in pairwise(sizes))
            case {"features": shape} | {"units": shape}:
                asked += _product(shape if isinstance(shape, list) else [shape])
    return asked


def _product(sizes: Iterable[Any]) -> int:
    return prod(abs(size) if isinstance(size, int) else 0 for size in sizes)


def load_state(path: PathLike) -> dict[str, Array]:
    """The arrays of any safetensors file by name, for ``load_state_dict``: PyTorch's for one.

    Raises ``ModelFileError`` for a file that is damaged, cut off or of another kind.
    """
    return read(path, FORMAT).arrays
