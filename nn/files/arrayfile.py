"""Named arrays and one JSON document in a file: safetensors, read strictly and written atomically.

What the document means, an architecture or a checkpoint, is said by ``nn.files.serialize`` and
``nn.training.checkpoint``. Nothing in such a file is ever executed.
"""

from __future__ import annotations

import json
import math
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TypeAlias

import numpy as np

from nn.data import Array
from nn.extras import require

PathLike: TypeAlias = str | os.PathLike[str]


class ModelFileError(ValueError):
    """A file is not what it must be: damaged, cut off, of another kind, or made to deceive."""


class Content(NamedTuple):
    """What a file holds. ``document`` is None where it has none of the format asked for."""

    arrays: dict[str, Array]
    document: Any


def write_atomically(path: PathLike, content: bytes) -> None:
    """Put ``content`` at ``path`` so that at any moment, whatever fails, all or nothing is there.

    It is written beside ``path`` under another name, brought to the disk, and moved into place.
    Raises ``OSError`` where that cannot be done; the file that was there is then still there.
    """
    target = Path(path).resolve()  # a link stays a link, to the new content
    part = target.with_name(f"{part_prefix(target)}{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OSError(error.errno, f"cannot be written ({error.strerror})", str(path)) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    if hasattr(os, "O_DIRECTORY"):  # POSIX: the new name reaches the disk with its folder
        folder = os.open(target.parent, os.O_DIRECTORY)
        with suppress(OSError):  # which some network file systems do not offer
            os.fsync(folder)
        os.close(folder)


def part_prefix(path: Path) -> str:
    """How the names of files begin that ``write_atomically`` has begun for ``path``."""
    return f".{path.name}.part-"


def write(path: PathLike, arrays: Mapping[str, Array], format_: str, document: Any) -> None:
    """Write the arrays and the document, marked as one of this format, atomically.

    Raises ``ValueError`` for a document that is no JSON (NaN and infinities are not), ``TypeError``
    for arrays of anything but real numbers and booleans, ``ImportError`` without safetensors.
    """
    serialize = require("safetensors.numpy", extra="train").save
    stored = {}
    for name, array in arrays.items():
        if not _holds_numbers(array):
            raise TypeError(f"{name!r} is an array of {array.dtype}, which such files cannot hold")
        # The format knows C order and little-endian bytes only.
        stored[name] = np.array(array, array.dtype.newbyteorder("<"), order="C")
    # One entry: of several the format does not keep the order, and equal models want equal files.
    metadata = {format_: json.dumps(document, allow_nan=False)}
    write_atomically(path, serialize(stored, metadata))


def read(path: PathLike, format_: str) -> Content:
    """Read what ``write`` wrote, or the arrays of any other safetensors file.

    Raises ``FileNotFoundError`` where there is no file, and ``ModelFileError`` for one that is no
    safetensors file, that is damaged or cut off, or whose document is not strict JSON.
    """
    safetensors = require("safetensors", extra="train")
    if not Path(path).exists():
        raise FileNotFoundError(f"there is no file {path}")
    if not Path(path).is_file():  # reading from a pipe or a device might never end
        raise ModelFileError(f"{path} is not a regular file")
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            names = file.keys()
            arrays = {name: file.get_tensor(name) for name in names}
    except safetensors.SafetensorError as error:
        raise ModelFileError(
            f"{path} is damaged, cut off, or no safetensors file: {error}"
        ) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # bfloat16, 70 axes, ...
        raise ModelFileError(f"{path} holds arrays that NumPy cannot: {error}") from error
    for name, array in arrays.items():
        if not _holds_numbers(array):  # other libraries teach NumPy bfloat16, but no arithmetic
            raise ModelFileError(
                f"{path} holds arrays that NumPy cannot: {name!r} is of type {array.dtype}"
            )
    text = metadata.get(format_)
    if text is None:
        return Content(arrays, None)
    try:
        return Content(
            arrays, json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
        )
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path}: its {format_} is not valid JSON: {error}") from error


def _holds_numbers(array: Array) -> bool:
    return array.dtype.kind in "fiub" and array.dtype.itemsize <= 8


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"it holds {text}, which is infinite")
    return number
