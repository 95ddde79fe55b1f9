"""Models in files: ``save`` and ``load``, as safetensors with the architecture in the metadata.

The file format is that of ``nn.arrayfile``. Nothing in a file is ever executed: the architecture
names classes, and only those registered with ``nn.register`` are made, with plain arguments.
"""

from __future__ import annotations

from typing import Any

from nn.arrayfile import ModelFileError, PathLike, read, write
from nn.data import Array
from nn.module import Module, build

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
        model = build(config)
        state = model.state_dict()
        for name, array in arrays.items():
            if name in state and array.dtype != state[name].dtype:
                raise ValueError(f"{name} is of type {array.dtype}, not {state[name].dtype}")
        model.load_state_dict(arrays)
    except Exception as error:  # whatever arguments made to deceive bring a constructor to raise
        raise ModelFileError(f"{path} does not describe a model that fits it: {error}") from error
    return model.eval()


def load_state(path: PathLike) -> dict[str, Array]:
    """The arrays of any safetensors file by name, for ``load_state_dict``: PyTorch's for one.

    Raises ``ModelFileError`` for a file that is damaged, cut off or of another kind.
    """
    return read(path, FORMAT).arrays
