"""``save`` and ``load`` models as safetensors files with the architecture in the metadata.

Nothing in a file is executed: the architecture may only name classes of modules that the program
has defined, and functions registered with ``nn.register``, and has plain values as arguments.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import prod
from typing import Any

from nn.data import Array, listed, shortened
from nn.files.arrayfile import ModelFileError, PathLike, read, write
from nn.modules.module import Module, build
from nn.registry import REGISTRY

__all__ = ["ModelFileError", "load", "load_state", "save"]

FORMAT = "wengert-model"


def save(model: Module, path: PathLike) -> None:
    """Write the model's architecture, parameters and buffers to a safetensors file.

    The file is written completely or not at all. The tensors have the names and shapes of
    ``state_dict``, so PyTorch's ``load_state_dict`` accepts them for layers that PyTorch has too.
    The mode, and which parameters are frozen, are not saved.

    A module of your own class is saved as its class and the arguments that it was made with. Raises
    ``ValueError`` for a model that ``config`` cannot describe, or that these arguments do not make
    again with the same parameters; ``OSError`` if the file
    cannot be written, and ``ImportError`` without safetensors.
    """
    if not isinstance(model, Module):
        raise TypeError(
            f"save() needs a module, not a {type(model).__name__}: nn.save(model, path), of which "
            "load_state(path) reads the arrays alone"
        )
    config, state = model.config(), model.state_dict()
    if not all(name in REGISTRY for name in _classes_in(config)):
        try:
            shapes = {name: array.shape for name, array in build(config).state_dict().items()}
        except Exception as error:  # a constructor of the user's may raise anything
            raise ValueError(f"{model.title()} cannot be made again: {error}") from error
        if shapes != {name: array.shape for name, array in state.items()}:
            raise ValueError(
                f"{model.title()} cannot be saved: the arguments that it was made with make a "
                f"module with the arrays {listed(shapes)}, and it has {listed(state)}. Let "
                "__init__ make all that the module has, or save model.state_dict() alone"
            )
    write(path, state, FORMAT, config)


def _classes_in(config: Any) -> list[str]:
    """The names of all classes in an architecture."""
    if isinstance(config, list):
        return [name for part in config for name in _classes_in(part)]
    if not isinstance(config, dict):
        return []
    own = [config["class"]] if isinstance(config.get("class"), str) else []
    return own + [name for part in config.values() for name in _classes_in(part)]


def load(path: PathLike) -> Any:
    """Return the model that ``save`` wrote, in evaluation mode.

    Your own classes must be defined first.

    Raises ``ModelFileError`` if the file is damaged, cut off or not from ``save``, or if its
    architecture names an unknown class or does not fit its tensors; ``FileNotFoundError`` if there
    is no file; ``ImportError`` without safetensors.
    """
    arrays, config = read(path, FORMAT)
    if config is None:
        raise ModelFileError(
            f"{path} holds {len(arrays)} arrays but no architecture; make the model first, and "
            "then call model.load_state_dict(nn.load_state(path))"
        )
    try:
        needed, present = _least_size(config), sum(array.size for array in arrays.values())
        if needed > present:  # otherwise a small file could use up the memory
            raise ValueError(f"the architecture needs {needed} numbers, and there are {present}")
        model = build(config)
        state = model.state_dict()
        for name, array in arrays.items():
            if name in state and array.dtype != state[name].dtype:
                raise ValueError(f"{name} is of type {array.dtype}, not {state[name].dtype}")
        model.load_state_dict(arrays)
    except Exception as error:  # a forged file may make a constructor raise anything
        raise ModelFileError(
            f"{path} does not describe a model that fits it: {shortened(error)}"
        ) from error
    return model.eval()


def _least_size(config: Any) -> int:
    """A lower bound on the number of weights in an architecture, from the layers of ``nn``."""
    if isinstance(config, list):
        return sum(map(_least_size, config))
    if not isinstance(config, dict):
        return 0
    size = sum(map(_least_size, config.values()))
    if getattr(REGISTRY.get(str(config.get("class"))), "__module__", "").startswith("nn."):
        match config.get("arguments"):
            case {"n_in": n_in, "n_out": n_out}:
                size += _product([n_in, n_out])
            case {"sizes": [*sizes]}:
                size += sum(_product(pair) for pair in pairwise(sizes))
            case {"features": shape} | {"units": shape}:
                size += _product(shape if isinstance(shape, list) else [shape])
    return size


def _product(sizes: Iterable[Any]) -> int:
    return prod(abs(size) if isinstance(size, int) else 0 for size in sizes)


def load_state(path: PathLike) -> dict[str, Array]:
    """Return the arrays of any safetensors file by name, for ``load_state_dict``.

    Raises ``ModelFileError`` if the file is damaged, cut off or of another kind,
    ``FileNotFoundError`` if there is none, and ``ImportError`` without safetensors.
    """
    return read(path, FORMAT).arrays
