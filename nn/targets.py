"""Checks of the predictions and targets of a loss, and operations that all losses share."""

from __future__ import annotations

import inspect
import math
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache, partial
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

import autograd as ag
from autograd import Tensor, Value
from nn.data import Array, DataError, one_hot

Reduction = Literal["mean", "sum", "none"]


def as_data(x: ArrayLike | Tensor | Value) -> Any:
    """Return a node or array unchanged, and anything else (lists of nodes too) as one of them.

    While compiling the result is a node, so that its numbers are checked at each run.
    """
    return ag.captured(x if isinstance(x, Tensor | Value | np.ndarray) else ag.array(x))


def as_prediction(x: ArrayLike | Tensor | Value) -> Any:
    """`as_data`, with integers as float64: differences of small ones, as of images, would wrap."""
    data = as_data(x)
    return data if data.dtype.kind in "fc" else ag.cast(data, np.float64)


def cast_like(target: Any, prediction: Any) -> Any:
    """Cast a target to the type of the prediction, so that float32 stays float32."""
    return ag.cast(target, prediction.dtype)


def same_shape(
    name: str, prediction: ArrayLike | Tensor, target: ArrayLike | Tensor
) -> tuple[Any, Any]:
    """Return prediction and target as nodes or arrays; ``DataError`` unless of equal shape."""
    f, y = as_prediction(prediction), as_data(target)
    if f.shape != y.shape:
        fix = f": target.reshape{f.shape}" if f.size == y.size else ""
        raise DataError(
            f"{name}: a prediction of shape {f.shape} and a target of shape {y.shape}; the shapes "
            f"must be equal, since losses do not broadcast{fix}"
        )
    if f.size == 0:
        raise DataError(f"{name}: there are no examples (shape {f.shape})")
    return f, cast_like(y, f)


def one_hot_rows(prediction: ArrayLike | Tensor, target: ArrayLike | Tensor) -> Any:
    """Return class numbers as one-hot rows of the prediction's shape, other targets unchanged."""
    f, y = as_prediction(prediction), as_data(target)
    if f.ndim == 2 and f.shape[1] > 1 and y.shape == f.shape[:1]:
        return _one_hot(y, classes=f.shape[1], dtype=f.dtype)
    return y


# These are operations, so that labels are arguments of the graph and can be inputs of a compiled
# program.

_one_hot = ag.custom_op(
    lambda labels, classes, dtype: one_hot(labels, classes, dtype), vjp=(None,), name="one_hot"
)


def _flat_index(labels: Any, classes: int) -> Any:
    numbers, starts = _index_parts(labels.shape, classes)
    # take() raises IndexError for labels that are too large.
    return numbers.take(labels.astype(np.intp, copy=False)) + starts


@lru_cache(maxsize=64)
def _index_parts(shape: tuple[int, ...], classes: int) -> tuple[Any, Any]:
    return np.arange(classes), np.arange(0, math.prod(shape) * classes, classes).reshape(shape)


flat_index: ag.Op = ag.custom_op(_flat_index, vjp=(None,), name="flat_index")
"""The index of the entry ``rows[i, labels[i]]`` of each row in the flattened rows.

Indexing by it takes half the time of indexing by rows and columns.
"""


def _scatter(values: Any, index: Any, classes: int) -> Any:
    out = np.zeros((*index.shape, classes), values.dtype)
    out.reshape(-1)[index] = values
    return out


def _subtract_at(rows: Any, values: Any, index: Any) -> Any:
    out = rows.copy(order="C")
    out.reshape(-1)[index] -= values
    return out


gather: ag.Op = ag.custom_op(
    lambda rows, index: rows.take(index),
    vjp=(lambda g, out, rows, index: _scatter_op(g, index, classes=rows.shape[-1]), None),
    name="gather",
)
"""The entries of the rows at a flat index: ``rows[i, labels[i]]``."""

_scatter_op: ag.Op = ag.custom_op(
    _scatter, vjp=(lambda g, out, values, index, classes: gather(g, index), None), name="scatter"
)

subtract_at: ag.Op = ag.custom_op(
    _subtract_at,
    vjp=(
        lambda g, out, rows, values, index: g,
        lambda g, out, rows, values, index: -gather(g, index),
        None,
    ),
    name="subtract_at",
)
"""The rows with ``values`` subtracted from their entries at a flat index."""


def reduce(losses: Any, reduction: Reduction) -> Any:
    """Return the mean of the losses, their sum, or the losses themselves."""
    match reduction:
        case "mean":
            return ag.mean(losses)
        case "sum":
            return ag.sum(losses)
        case "none":
            return losses
    raise ValueError(f"reduction={reduction!r} is none of 'mean', 'sum' and 'none'")


# --------------------------------------------------------------------------------------------------
# Checks of numbers, called with a name for the message first and an array last

_skip_target_checks: ContextVar[bool] = ContextVar("skip_target_checks", default=False)


@contextmanager
def skip_target_checks() -> Iterator[None]:
    """Compile without checks of the targets at each run.

    For callers that have checked all targets, and then run the program on parts of them.
    """
    token = _skip_target_checks.set(True)
    try:
        yield
    finally:
        _skip_target_checks.reset(token)


def examine(check: Callable[..., None], *settings: Any, prediction: Any) -> None:
    """Call ``check(*settings, array)`` for a prediction; in a compiled program, at each run."""
    ag.observe(partial(check, *settings), prediction)


def examine_target(check: Callable[..., None], *settings: Any, target: Any) -> None:
    """Like ``examine`` for a target, except within ``skip_target_checks``."""
    if not (_skip_target_checks.get() and ag.is_compiling()):
        ag.observe(partial(check, *settings), target)


def check_probabilities(name: str, data: ArrayLike) -> None:
    """Raise ``DataError`` for predictions outside [0, 1].

    NaN passes, so that the error can name the operation that produced it.
    """
    p = np.asarray(data)
    if (p < 0).any() or (p > 1).any():
        raise DataError(
            f"{name}: probabilities must be in [0, 1], and these range from {p.min()} to "
            f"{p.max()}; for logits use a loss that takes logits"
        )


def check_unit_interval(name: str, data: ArrayLike) -> None:
    """Raise ``DataError`` for targets outside [0, 1], NaN included."""
    y = np.asarray(data)
    if not (y.min() >= 0 and y.max() <= 1):
        raise DataError(
            f"{name}: the targets range from {y.min()} to {y.max()}; they must be 0, 1, or "
            f"probabilities between"
        )


def check_distributions(what: str, data: Array) -> None:
    """Raise ``DataError`` for rows with a negative number or with a sum over 1e-3 away from 1."""
    total = data.sum(-1)
    if not (data.min() >= 0 and (abs(total - 1) <= 1e-3).all()):
        raise DataError(
            f"{what} must be probabilities, at least 0 and with sum 1; the smallest number is "
            f"{data.min()}, and the sums range from {total.min()} to {total.max()}"
        )


def check_classes(name: str, classes: int, labels: Array) -> None:
    """Raise ``DataError`` for labels that are not whole numbers from 0 to ``classes`` - 1."""
    if labels.dtype.kind not in "iub" and (labels.dtype.kind != "f" or (labels % 1 != 0).any()):
        raise DataError(f"{name}: class numbers are whole, and these are {labels.dtype}")
    if not (labels.min() >= 0 and labels.max() < classes):
        raise DataError(
            f"{name}: labels from {labels.min()} to {labels.max()} for {classes} classes; "
            f"class numbers go from 0 to {classes - 1}"
        )


_PACKAGES = (  # and the code that the compiler makes
    *(os.path.dirname(path) + os.sep for path in (__file__, ag.__file__)),
    *("<compiled ", "<dispatch "),
)


def warn_of_probabilities(name: str, logits: Any) -> None:
    """Warn if the logits are the output of a softmax or a sigmoid."""
    function = _probability_function(logits)
    if function:
        warnings.warn(
            f"{name} takes logits, but got the output of {function}, which it would apply a "
            f"second time: leave out the {function} at the end of the network",
            UserWarning,
            stacklevel=_stacklevel_of_user(),
        )


def _stacklevel_of_user() -> int:
    """The ``stacklevel`` of a warning in the function that calls this: that of the user's line."""
    level, frame = 0, inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGES):
        level, frame = level + 1, frame.f_back
    return max(level, 1)


def _probability_function(node: Any) -> str | None:
    """The function that made the numbers probabilities, if the graph shows it."""
    op = getattr(node, "op", None)
    if op is None:
        return None
    if op.name in ("softmax", "sigmoid"):
        return str(op.name)
    if op.name == "div":  # written by hand: exp(z) / exp(z).sum()
        names = [getattr(getattr(arg, "op", None), "name", "") for arg in node.args]
        if names == ["exp", "sum"]:
            return "softmax"
    return None
