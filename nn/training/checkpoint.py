"""Checkpoints: the whole state of a training run in one file, from which it goes on exactly.

What belongs to that state is gathered in ``nn.training``. (The function ``autograd.checkpoint``
is another thing: it saves memory by computing again.)
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nn.data import Array
from nn.files.arrayfile import ModelFileError, PathLike, part_prefix, read, write

FORMAT = "wengert-checkpoint"


class CheckpointError(ValueError):
    """A checkpoint cannot be gone on from: it is damaged, or belongs to another training run."""


@dataclass(frozen=True)
class Checkpoint:
    """Where and how often ``fit`` saves its state: after each epoch, and every ``every`` steps.

    A run that finds its checkpoint goes on from there, and ends with exactly the weights of a run
    that was not interrupted. The file is replaced whole, so a run can be killed at any moment.
    """

    path: PathLike
    every: int | None = None

    def __post_init__(self) -> None:
        if self.every is not None and self.every < 1:
            raise ValueError(f"Checkpoint(every={self.every}): it must be at least 1 step, or None")

    def save(self, state: Mapping[str, Any]) -> None:
        """Write the state: dicts and lists of numbers, texts and arrays. ``OSError`` if it cannot
        be written; the checkpoint before is then still there.
        """
        arrays: dict[str, Array] = {}
        document = _without_arrays(state, "", arrays)
        write(self.path, arrays, FORMAT, document)

    def load(self) -> Any:
        """The state that was saved, or None where there is none yet.

        What a run killed while writing has left beside it is removed. Raises ``CheckpointError``
        for a file that is damaged or no checkpoint.
        """
        path = Path(self.path).resolve()
        if not path.parent.is_dir():
            raise CheckpointError(f"there is no folder {path.parent} for the checkpoint")
        for name in os.listdir(path.parent):
            if name.startswith(part_prefix(path)):
                (path.parent / name).unlink(missing_ok=True)
        if not path.exists():
            return None
        try:
            arrays, document = read(path, FORMAT)
        except ModelFileError as error:
            raise CheckpointError(f"{error}; delete it to train from the beginning") from error
        if document is None:
            raise CheckpointError(
                f"{self.path} is no checkpoint; name another file, or delete it to train from the "
                "beginning"
            )
        return _with_arrays(document, arrays)


def _without_arrays(tree: Any, path: str, arrays: dict[str, Array]) -> Any:
    """The tree with each array moved to ``arrays``, and in its place the name it has there."""
    if isinstance(tree, np.ndarray):
        name = f"{len(arrays)}:{path}"
        arrays[name] = tree
        # The file knows C order alone. BLAS takes arrays in C and in Fortran order by different
        # paths, whose sums may differ in the last bit.
        return {"$array": name, "order": "F" if tree.flags.fnc else "C"}
    if isinstance(tree, Mapping):
        return {key: _without_arrays(part, f"{path}/{key}", arrays) for key, part in tree.items()}
    if isinstance(tree, list | tuple):
        return [_without_arrays(part, f"{path}/{i}", arrays) for i, part in enumerate(tree)]
    return tree.item() if isinstance(tree, np.generic) else tree


def _with_arrays(tree: Any, arrays: Mapping[str, Array]) -> Any:
    if isinstance(tree, dict):
        if "$array" in tree:
            return np.asarray(arrays[tree["$array"]], order=tree["order"])
        return {key: _with_arrays(part, arrays) for key, part in tree.items()}
    if isinstance(tree, list):
        return [_with_arrays(part, arrays) for part in tree]
    return tree
