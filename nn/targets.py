"""What goes into a loss and what comes out: predictions and targets checked, losses reduced.

The losses are in ``nn.losses`` and ``nn.likelihoods``.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache, partial
from typing import Any, Literal

import numpy as np

import autograd as ag
from autograd import Tensor, Value
from nn.data import Array, DataError, one_hot

Reduction = Literal["mean", "sum", "none"]


def given(x: Any) -> Any:
    """A node or an array as it is, else an array, lists of nodes included.

    While compiling it is a node, so that what is asked of it is asked at each run.
    """
    return ag.captured(x if isinstance(x, Tensor | Value | np.ndarray) else ag.array(x))


def cast_like(target: Any, prediction: Any) -> Any:
    """A target in the prediction's type, so that float32 stays float32."""
    return ag.cast(target, prediction.dtype if prediction.dtype.kind == "f" else np.float64)


def alike(name: str, prediction: Any, target: Any) -> tuple[Any, Any]:
    """Prediction and target as nodes or arrays of one shape."""
    prediction, target = given(prediction), given(target)
    if prediction.shape != target.shape:
        fix = f": target.reshape{prediction.shape}" if prediction.size == target.size else ""
        raise DataError(
            f"{name}: a prediction of shape {prediction.shape} and a target of shape "
            f"{target.shape}; they must be equal, for nothing is broadcast here{fix}"
        )
    if prediction.size == 0:
        raise DataError(f"{name}: there are no examples (shape {prediction.shape})")
    return prediction, cast_like(target, prediction)


def rows_of(prediction: Any, target: Any) -> Any:
    """Class numbers as one-hot rows of the prediction's shape; other targets as they are."""
    target, prediction = given(target), given(prediction)
    if prediction.ndim == 2 and prediction.shape[1] > 1 and target.shape == prediction.shape[:1]:
        return _one_hot(target, classes=prediction.shape[1], dtype=prediction.dtype)
    return target


# Operations, so that labels are arguments of a graph and may be the input of a compiled program.

_one_hot = ag.custom_op(
    lambda labels, classes, dtype: one_hot(labels, classes, dtype), vjp=(None,), name="one_hot"
)


def _entries(labels: Any, classes: int) -> Any:
    numbers, starts = _numbers(labels.shape, classes)
    # The first looks whether they are class numbers.
    return numbers.take(labels.astype(np.intp, copy=False)) + starts


@lru_cache(maxsize=64)
def _numbers(shape: tuple[int, ...], classes: int) -> tuple[Any, Any]:
    return np.arange(classes), np.arange(0, math.prod(shape) * classes, classes).reshape(shape)


entries: ag.Op = ag.custom_op(_entries, vjp=(None,), name="entries")
"""Where the entry of each row that its class number names is, counted through all the rows.

To take and to put by these numbers costs half of what an index of rows and columns does.
"""


def _place(values: Any, places: Any, classes: int) -> Any:
    out = np.zeros((*places.shape, classes), values.dtype)
    out.reshape(-1)[places] = values
    return out


def _lessen(rows: Any, amounts: Any, places: Any) -> Any:
    out = rows.copy(order="C")
    out.reshape(-1)[places] -= amounts
    return out


chosen: ag.Op = ag.custom_op(
    lambda rows, places: rows.take(places),
    vjp=(lambda g, out, rows, places: _placed(g, places, classes=rows.shape[-1]), None),
    name="chosen",
)
"""The entry of each row that its class number names: ``rows[i, labels[i]]``."""

_placed: ag.Op = ag.custom_op(
    _place, vjp=(lambda g, out, values, places, classes: chosen(g, places), None), name="placed"
)

lessened: ag.Op = ag.custom_op(
    _lessen,
    vjp=(
        lambda g, out, rows, amounts, places: g,
        lambda g, out, rows, amounts, places: -chosen(g, places),
        None,
    ),
    name="lessened",
)
"""The rows, with an amount for each taken from the entry that its class number names."""


def reduce(losses: Any, reduction: Reduction) -> Any:
    """The mean of the losses, their sum, or the losses themselves."""
    match reduction:
        case "mean":
            return ag.mean(losses)
        case "sum":
            return ag.sum(losses)
        case "none":
            return losses
    raise ValueError(f"reduction={reduction!r} is none of 'mean', 'sum' and 'none'")


# --------------------------------------------------------------------------------------------------
# Checks of numbers, each called with a name for its message first and the plain data last

_checked: ContextVar[bool] = ContextVar("checked", default=False)


@contextmanager
def checked() -> Iterator[None]:
    """What is compiled in the block does not look at its targets at each run.

    For who has checked them as a whole, and then runs the program on parts of them.
    """
    token = _checked.set(True)
    try:
        yield
    finally:
        _checked.reset(token)


def examine(check: Callable[..., None], *settings: Any, prediction: Any) -> None:
    """``check(*settings, numbers)`` of a prediction, in a compiled program at each run."""
    ag.observe(partial(check, *settings), prediction)


def examine_target(check: Callable[..., None], *settings: Any, target: Any) -> None:
    """The same of a target, unless it has been `checked`."""
    if not (_checked.get() and ag.is_compiling()):
        ag.observe(partial(check, *settings), target)


def check_probabilities(name: str, data: Any) -> None:
    """Refuse numbers outside [0, 1] from a model; NaN goes on, to be found where it arose."""
    data = np.asarray(data)
    if (data < 0).any() or (data > 1).any():
        raise DataError(
            f"{name}: probabilities lie in [0, 1], and these in [{data.min()}, {data.max()}]; "
            f"logits go to a loss that takes logits"
        )


def check_unit_interval(name: str, data: Any) -> None:
    """Refuse targets outside [0, 1], NaN among them."""
    data = np.asarray(data)
    if not (data.min() >= 0 and data.max() <= 1):
        raise DataError(
            f"{name}: the target holds numbers from {data.min()} to {data.max()}; they must be 0, "
            f"1, or probabilities between"
        )


def check_distributions(what: str, data: Any) -> None:
    """Refuse rows with a negative number, or of a sum further than 1e-3 from 1."""
    total = data.sum(-1)
    if not (data.min() >= 0 and (abs(total - 1) <= 1e-3).all()):
        raise DataError(
            f"{what} must be probabilities, at least 0 and of sum 1; the smallest number is "
            f"{data.min()}, and the sums lie in [{total.min()}, {total.max()}]"
        )


def check_classes(name: str, classes: int, labels: Array) -> None:
    """Refuse labels that are not whole numbers from 0 to ``classes`` - 1."""
    if labels.dtype.kind not in "iub" and (labels.dtype.kind != "f" or (labels % 1 != 0).any()):
        raise DataError(f"{name}: class numbers are whole, and these are {labels.dtype}")
    if not (labels.min() >= 0 and labels.max() < classes):
        raise DataError(
            f"{name}: labels from {labels.min()} to {labels.max()} for {classes} classes; "
            f"class numbers go from 0 to {classes - 1}"
        )


def warn_of_probabilities(name: str, logits: Any) -> None:
    """Warn where logits come from a softmax or a sigmoid."""
    made_by = _squashed_by(logits)
    if made_by:
        warnings.warn(
            f"{name} takes logits, and was given the output of {made_by}, which it would squash "
            f"a second time: leave out the {made_by} at the end of the network",
            UserWarning,
            stacklevel=3,
        )


def _squashed_by(node: Any) -> str | None:
    """What made these numbers probabilities, if the graph shows it."""
    op = getattr(node, "op", None)
    if op is None:
        return None
    if op.name in ("softmax", "sigmoid"):
        return str(op.name)
    if op.name == "div":  # written by hand: exp(z) / exp(z).sum()
        names = [getattr(getattr(part, "op", None), "name", "") for part in node.args]
        if names == ["exp", "sum"]:
            return "softmax"
    return None
