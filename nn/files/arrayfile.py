"""Safetensors files with named arrays and a JSON document, written atomically.

The document is an architecture or the state of a checkpoint. Nothing in a file is executed.
"""

from __future__ import annotations

import errno
import json
import math
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn, TypeAlias

import numpy as np

from nn.data import Array, shortened, shown
from nn.extras import require

PathLike: TypeAlias = str | os.PathLike[str]

MOST_LINKS = 40
"""How many symbolic links are followed, as many as Linux does."""


class ModelFileError(ValueError):
    """A file is damaged, cut off, of another kind, or forged."""


class Content(NamedTuple):
    """The contents of a file. ``document`` is None if there is none of the requested format."""

    arrays: dict[str, Array]
    document: Any


def write_atomically(path: PathLike, content: bytes) -> None:
    """Write ``content`` to ``path``, completely or not at all, whatever fails.

    It is written to a file beside ``path``, flushed to the disk, and moved into place. Raises
    ``OSError`` if it cannot be written; an earlier file is then unchanged. What is not a regular
    file, such as a device or a pipe, cannot be replaced and is written to.
    """
    stream = _open_stream(Path(path))
    if stream is not None:
        with _named_error(path), stream:
            stream.write(content)
        return
    target = Path(path).resolve()  # a symbolic link is kept, and its target replaced
    part = target.with_name(f"{part_prefix(target)}{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with _named_error(path):
            with part.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    if hasattr(os, "O_DIRECTORY"):  # POSIX: the new name reaches the disk with its folder
        folder = os.open(target.parent, os.O_DIRECTORY)
        with suppress(OSError):  # some network file systems cannot do it
            os.fsync(folder)
        os.close(folder)


def _open_stream(path: Path) -> BinaryIO | None:
    """Open a device, pipe or socket, or what /dev/stdout leads to; None for any other path."""
    link = Path(os.path.abspath(path))
    for _ in range(MOST_LINKS):
        if not link.is_symlink():
            break
        process = _OPEN_FILES.match(os.path.realpath(link.parent))
        if process and int(process[1]) == os.getpid() and link.name.isdecimal():
            print(end="", flush=True)  # its text comes first
            return open(os.dup(int(link.name)), "wb")
        link = Path(os.path.abspath(link.parent / link.readlink()))
    else:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    is_stream = path.exists() and not path.is_file() and not path.is_dir()
    return path.open("wb") if is_stream else None


_OPEN_FILES = re.compile(r"/proc/(\d+)(?:/task/\d+)?/fd$")


@contextmanager
def _named_error(path: PathLike) -> Iterator[None]:
    """Errors of the system get the name of the file that could not be written."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OSError(error.errno, f"cannot be written ({error.strerror})", str(path)) from error


def part_prefix(path: Path) -> str:
    """The beginning of the names of unfinished files of ``write_atomically``."""
    return f".{path.name}.part-"


def write(path: PathLike, arrays: Mapping[str, Array], format_: str, document: Any) -> None:
    """Write arrays and a document of this format, atomically.

    Raises ``ValueError`` for a document that is not JSON (NaN and infinities are not),
    ``TypeError`` for arrays of anything but real numbers and booleans, and ``ImportError`` without
    safetensors.
    """
    serialize = require("safetensors.numpy", extra="train").save
    tensors = {}
    for name, array in arrays.items():
        if not _holds_numbers(array):
            raise TypeError(
                f"{name!r} is an array of {array.dtype}, which the file format does not support"
            )
        # The format has C order and little-endian bytes only.
        tensors[name] = np.array(array, array.dtype.newbyteorder("<"), order="C")
    # A single entry, because the format does not keep the order of several, and equal models
    # should give equal files.
    metadata = {format_: json.dumps(document, allow_nan=False)}
    write_atomically(path, serialize(tensors, metadata))


def read(path: PathLike, format_: str) -> Content:
    """Read a file of ``write``, or the arrays of any other safetensors file.

    Raises ``FileNotFoundError`` if there is no file, and ``ModelFileError`` if it is not a
    safetensors file, is damaged or cut off, or has a document that is not strict JSON.
    """
    safetensors = require("safetensors", extra="train")
    if not Path(path).exists():
        raise FileNotFoundError(f"there is no file {path}")
    if not Path(path).is_file():  # reading from a pipe or a device might not end
        raise ModelFileError(f"{path} is not a regular file")
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            names = file.keys()
            arrays = {name: file.get_tensor(name) for name in names}
    except safetensors.SafetensorError as error:
        raise ModelFileError(
            f"{path} is damaged, cut off, or not a safetensors file: {shortened(error)}"
        ) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # bfloat16, 70 axes, ...
        raise ModelFileError(
            f"{path} has arrays that NumPy does not support: {shortened(error)}"
        ) from error
    for name, array in arrays.items():
        if not _holds_numbers(array):  # other libraries register bfloat16 with NumPy
            raise ModelFileError(
                f"{path} has arrays that NumPy does not support: {shown(name)} is of type "
                f"{array.dtype}"
            )
    text = metadata.get(format_)
    if text is None:
        return Content(arrays, None)
    try:
        return Content(
            arrays, json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
        )
    except (ValueError, RecursionError) as error:
        raise ModelFileError(
            f"{path}: its {format_} is not valid JSON: {shortened(error)}"
        ) from error


def _holds_numbers(array: Array) -> bool:
    return array.dtype.kind in "fiub" and array.dtype.itemsize <= 8


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"it holds {text}, which is infinite")
    return number
