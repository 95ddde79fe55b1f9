"""Numbers and constant arrays as expressions of Python and NumPy."""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

SMALL = 64
"""So many numbers are written out, and four times as many integers."""


def sizes(shape: Sequence[int]) -> str:
    """A shape as `reshape` takes it."""
    return ", ".join(map(str, shape)) or "()"


def literal(array: Any) -> str:
    """An expression for an array: as it was made, if that shows, else its entries."""
    array = np.asarray(array)
    dtype = f"np.{array.dtype.name}"
    if array.ndim == 0:
        return f"np.array({number(array[()])}, {dtype})"
    made = _made(array, dtype)
    if made is not None:
        return made
    if array.size <= (4 * SMALL if array.dtype.kind in "iub" else SMALL):
        return f"np.array({_nested(array)}, {dtype})"
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    rows = "\n".join(textwrap.wrap(data, 96))
    flat = f'np.frombuffer(b64decode("""\n{rows}\n"""), {dtype})'
    return flat if array.ndim == 1 else f"{flat}.reshape({sizes(array.shape)})"


def _made(array: Any, dtype: str) -> str | None:
    """By the function of NumPy that makes arrays like it."""
    shape = array.shape if array.ndim > 1 else array.size
    if not array.size:
        return f"np.zeros({shape}, {dtype})"
    first = array.flat[0]
    if array.size > 1 and array.tobytes() == np.full_like(array, first).tobytes():
        for word, value in (("zeros", 0), ("ones", 1)):
            if array.tobytes() == np.full_like(array, value).tobytes():
                return f"np.{word}({shape}, {dtype})"
        return f"np.full({shape}, {number(first)}, {dtype})"
    if array.ndim == 1 and array.dtype.kind == "i" and array.size > 2:
        step = array[1] - array[0]
        if step and (np.diff(array) == step).all():
            bounds = f"{first}, {array[-1] + (1 if step > 0 else -1)}"
            steps = "" if step == 1 else f", {step}"
            if first == 0 and step == 1:
                bounds = f"{array.size}"
            return f"np.arange({bounds}{steps}{'' if dtype == 'np.int64' else f', dtype={dtype}'})"
    if array.ndim == 2 and array.tobytes() == np.eye(*array.shape, dtype=array.dtype).tobytes():
        size = array.shape[0] if array.shape[0] == array.shape[1] else f"*{array.shape}"
        return f"np.eye({size}, dtype={dtype})"
    return None


def number(value: Any) -> str:
    """A number of NumPy's, with as many digits as tell it from its neighbours."""
    text = str(value)
    return {"nan": "np.nan", "inf": "np.inf", "-inf": "-np.inf"}.get(text, text)


def _nested(array: Any) -> str:
    if array.ndim:
        return f"[{', '.join(map(_nested, array))}]"
    return number(array)
