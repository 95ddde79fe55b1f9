"""Whether all ranks of a team are to do the same: each describes its run, and they are compared.

Callbacks are not: one that prints, say, may be on a single rank. What must be the same where a run
is resumed is in ``nn.training.settings``.
"""

from __future__ import annotations

import os
import platform
import zlib
from collections.abc import Mapping, Sequence
from types import CodeType
from typing import Any

import numpy as np

from autograd import __version__
from nn.modules.module import Module
from nn.optim.base import Optimizer
from nn.training.settings import Settings, checksum, texts

FIRST_EXAMPLES = 64
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def described(
    model: Module, optimizer: Optimizer, settings: Settings, rng: np.random.Generator | None
) -> dict[str, str]:
    """What must be the same on all ranks, as texts by name. Of the data the first rows are read."""
    data = [*settings.data, *(settings.validation or ())]
    functions = [settings.loss, *settings.metrics.values()]
    kinds = {type(module) for module in model.named_modules().values()}
    own = {
        "threads": [os.environ.get(name) for name in _THREADS],
        "versions": (platform.python_version(), np.__version__, __version__),
        "model": model,
        "weights of the model": fingerprint(model),
        "its random generators": [g.bit_generator.state for g in model.named_generators().values()],
        "code of the model": sorted(_code(kind.forward) for kind in kinds),
        "code of loss and metrics": [_code(function) for function in functions],
        "shapes of the data": [(array.shape, str(array.dtype)) for array in data],
        "the first examples": checksum(*(array[:FIRST_EXAMPLES] for array in data)),
        "state of the optimizer": checksum(*_arrays(optimizer.state_dict()["parameters"])),
        "epochs": settings.epochs,
        "compile": settings.compile,
        "checkpoint": None if settings.checkpoint is None else settings.checkpoint.every,
    }
    return texts(own) | settings.described(optimizer, rng)


def compare(runs: Sequence[Mapping[str, str]]) -> None:
    """Raise ``ValueError`` naming what differs between the ranks."""
    faults = []
    for name, value in runs[0].items():
        other = next((n for n, run in enumerate(runs) if run.get(name) != value), None)
        if other is not None:
            faults.append(
                f"{name}: {_short(value)} on rank 0, {_short(runs[other][name])} on rank {other}"
            )
    if faults:
        raise ValueError(
            "all ranks must be told the same, with equal seeds, and these were not: "
            + "; ".join(faults)
        )


def fingerprint(model: Module) -> int:
    """A checksum of all parameters and buffers."""
    return checksum(*model.state_dict().values())


def _arrays(tree: Any) -> list[Any]:
    if isinstance(tree, Mapping):
        return [array for part in tree.values() for array in _arrays(part)]
    return [np.asarray(tree)]


def _code(function: Any) -> int:
    """A checksum of what a function does, as far as it is Python; 0 for what is not."""
    called = getattr(function, "func", function)
    code = getattr(called, "__code__", getattr(type(called).__call__, "__code__", None))
    return 0 if code is None else _code_checksum(code)


def _code_checksum(code: CodeType) -> int:
    constants = [_code_checksum(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
    return zlib.crc32(f"{constants}{code.co_names}".encode(), zlib.crc32(code.co_code))


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:50]}... ({zlib.crc32(text.encode()):08x})"
