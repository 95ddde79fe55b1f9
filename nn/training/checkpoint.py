"""Checkpoints: the state of a run in a file, and the settings that identify a run.

(The function ``autograd.checkpoint`` is unrelated: it saves memory by recomputation.)
"""

from __future__ import annotations

import json
import os
import platform
import re
import zlib
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

from autograd import __version__
from nn.data import Array, shortened
from nn.files.arrayfile import ModelFileError, PathLike, part_prefix, read, write
from nn.files.lock import InUseError, locked
from nn.parallel import RankError
from nn.training.batches import parts_of
from nn.training.callbacks import StoppingRule
from nn.training.run import Callback, Run

FORMAT = "wengert-checkpoint"


class CheckpointError(ValueError):
    """A checkpoint is damaged or belongs to another run."""


@dataclass
class Checkpoint(Callback):
    """Save the state of a run after each epoch, and after every ``every`` steps.

    A run that finds its checkpoint resumes from it, and ends with exactly the weights of a run that
    was not interrupted. The file is replaced as a whole, so a run can be killed at any moment.
    """

    path: PathLike
    every: int | None = None
    _identity: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    _locked: ExitStack = field(default_factory=ExitStack, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.every is not None and self.every < 1:
            raise ValueError(f"Checkpoint(every={self.every}): it must be at least 1 step, or None")

    def begin(self, run: Run) -> None:
        """Restore the run from the checkpoint, if there is one."""
        ranks = ", ".join(str(n) for n in range(1, run.shards + 1) if run.shards % n == 0)
        cure = f"run the same on {ranks} ranks to resume from {self.path}"
        run.team.cure = run.team.cure or cure
        with run.team.together("the checkpoint") as exchange:
            if run.team.rank == 0:
                self._lock()
                exchange.value = self._find(run)
        state = exchange.values[0]
        if state is not None:
            try:
                run.load_state_dict(state)
            except Exception as error:  # a forged file may hold anything
                raise CheckpointError(
                    f"{self.path} does not fit this run: {shortened(error)}"
                ) from error

    def _lock(self) -> None:
        try:
            self._locked.enter_context(
                locked(self.path, "wait until it has ended, or name another file")
            )
        except FileNotFoundError:
            raise CheckpointError(
                f"there is no folder {Path(self.path).resolve().parent} for the checkpoint"
            ) from None
        except InUseError as error:
            raise CheckpointError(str(error)) from error

    def close(self) -> None:
        """Let other runs have the file."""
        self._locked.close()

    def _find(self, run: Run) -> Any:
        """The saved state, or None; ``CheckpointError`` if it is from another run."""
        self._identity = {
            "checksum of the data": f"{checksum(*run.batches.arrays())}",
            "checksum of the validation data": f"{checksum(*_validation(run))}",
        } | settings(run)
        state = self.load()
        if state is None:
            return None
        changed = [
            f"{name} was {state['identity'].get(name)} and is {value}"
            for name, value in self._identity.items()
            if state["identity"].get(name) != value
        ]
        if changed:
            raise CheckpointError(
                f"{self.path} is from another training run: {'; '.join(changed)}. Name another "
                "file, or delete it to train from the beginning"
            )
        return state

    def __call__(self, run: Run) -> None:
        if run.epoch_ended or (self.every and run.step % self.every == 0):
            with run.team.together(f"the checkpoint at step {run.step}"):
                if run.team.rank == 0:
                    self.save({"identity": self._identity, **run.state_dict()})

    def save(self, state: Mapping[str, Any]) -> None:
        """Write the state, made of dicts, lists, numbers, strings and arrays.

        Raises ``OSError``, and leaves the previous checkpoint, if it cannot be written.
        """
        arrays: dict[str, Array] = {}
        document = _without_arrays(state, "", arrays)
        whole = {"state": document, "checksum": _checksum_of_all(document, arrays)}
        write(self.path, arrays, FORMAT, whole)

    def load(self) -> Any:
        """Return the saved state, or None if there is no file.

        Removes the unfinished files of a run that was killed while writing. Raises
        ``CheckpointError`` if the file is damaged or not a checkpoint.
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
                f"{self.path} is not a checkpoint; name another file, or delete it to train from "
                "the beginning"
            )
        match document:
            case {"state": {"identity": dict()} as state, "checksum": stated}:
                with suppress(Exception):  # a forged file may hold anything
                    if stated == _checksum_of_all(state, arrays):
                        return _with_arrays(state, arrays)
        raise CheckpointError(
            f"{self.path} is damaged: its checksum is not that of its contents; delete it to train "
            "from the beginning"
        )


class EqualWeights(Callback):
    """Check after each epoch that all ranks have the same weights."""

    def __call__(self, run: Run) -> None:
        if not run.epoch_ended:
            return
        with run.team.together(f"the end of epoch {run.epoch}") as exchange:
            exchange.value = checksum(*run.model.state_dict().values())
        other = next(
            (n for n, value in enumerate(exchange.values) if value != exchange.values[0]), None
        )
        if other is not None:
            raise RankError(
                f"after epoch {run.epoch} rank {other} has other weights than rank 0. All used the "
                "same gradients, so the cause is a callback, an optimizer of your own, or "
                "processors of different kinds"
            )


# --- the settings that identify a run ------------------------------------------------------------

FIRST_EXAMPLES = 64
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def settings(run: Run) -> dict[str, str]:
    """Return the settings that a run must have in common with its checkpoint, as texts by name.

    The number of epochs is not one of them, so that a run may be made longer.
    """
    of_optimizer = run.optimizer.state_dict()["settings"]
    if run.schedule:
        del of_optimizer["lr"]  # the schedule sets it
    return _texts(
        {
            **run.batches.identity(),
            "validation_every": run.validation_every,
            "loss": run.loss,
            "metrics": list(run.metrics),
            "optimizer": type(run.optimizer).__name__,
            "optimizer settings": of_optimizer,
            "groups of parameters": run.optimizer.state_dict().get("groups"),
            "schedule": run.schedule,
            "stop": [callback for callback in run.callbacks if isinstance(callback, StoppingRule)],
            "shards": run.shards,
        }
    )


def settings_of_rank(run: Run) -> dict[str, str]:
    """Return the settings that all ranks must have in common, with the first rows of the data."""
    model = run.model
    data = [*run.batches.arrays(), *_validation(run)]
    functions = [run.loss, *run.metrics.values()]
    kinds = {type(module) for module in model.named_modules().values()}
    return settings(run) | _texts(
        {
            "threads": [os.environ.get(name) for name in _THREADS],
            "versions": (platform.python_version(), np.__version__, __version__),
            "model": model,
            "weights of the model": checksum(*model.state_dict().values()),
            "its random generators": [
                generator.bit_generator.state for generator in model.named_generators().values()
            ],
            "code of the model": sorted(_code(kind.forward) for kind in kinds),
            "code of loss and metrics": [_code(function) for function in functions],
            "shapes of the data": [(array.shape, str(array.dtype)) for array in data],
            "the first examples": checksum(*(array[:FIRST_EXAMPLES] for array in data)),
            "state of the optimizer": checksum(*_arrays(run.optimizer.state_dict()["parameters"])),
            "epochs": run.epochs,
            "compile": run.compile,
            "checkpoint": [c.every for c in run.callbacks if isinstance(c, Checkpoint)],
        }
    )


def _validation(run: Run) -> list[Array]:
    return [] if run.validation is None else parts_of(run.validation)


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    """The values as texts, without addresses, which differ between processes."""
    return {name: re.sub(" at 0x[0-9a-f]+", "", repr(value)) for name, value in values.items()}


def checksum(*arrays: Array) -> int:
    """Return a checksum of the numbers, shapes and types of arrays."""
    result = 0
    for array in arrays:
        result = zlib.crc32(f"{array.dtype}{array.shape}".encode(), result)
        result = zlib.crc32(np.ascontiguousarray(array).data.cast("B"), result)
    return result


def _checksum_of_all(document: Any, arrays: Mapping[str, Array]) -> int:
    names = sorted(arrays)
    text = json.dumps([document, names])
    return zlib.crc32(text.encode(), checksum(*(arrays[name] for name in names)))


def _arrays(tree: Any) -> list[Any]:
    if isinstance(tree, Mapping):
        return [array for part in tree.values() for array in _arrays(part)]
    return [np.asarray(tree)]


def _code(function: Any) -> int:
    """A checksum of the code of a Python function; 0 for other callables."""
    called = getattr(function, "func", function)
    code = getattr(called, "__code__", getattr(type(called).__call__, "__code__", None))
    return 0 if code is None else _code_checksum(code)


def _code_checksum(code: CodeType) -> int:
    constants = [_code_checksum(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
    return zlib.crc32(f"{constants}{code.co_names}".encode(), zlib.crc32(code.co_code))


# --- arrays in the file --------------------------------------------------------------------------


def _without_arrays(tree: Any, path: str, arrays: dict[str, Array]) -> Any:
    """The tree with each array moved to ``arrays`` and replaced by its name there."""
    if isinstance(tree, np.ndarray):
        name = f"{len(arrays)}:{path}"
        arrays[name] = tree
        # The file has C order only. BLAS treats C and Fortran order differently, and the sums may
        # differ in the last bit.
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
