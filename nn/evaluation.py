"""Predictions of a model, and its loss and metrics on whole data sets."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

import autograd as ag
from autograd import Tensor, no_grad
from nn.data import Array, DataError, batches
from nn.labels import are_words, names_of_classes, number_words
from nn.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    cross_entropy_cost,
    mae,
    mse,
    quadratic_cost,
    sse,
)
from nn.metrics import accuracy, error_rate, precision, recall, specificity
from nn.modules.columns import Columns
from nn.modules.module import Module, mode
from nn.targets import as_data, cast_like

Loss: TypeAlias = Callable[..., Any]
"""A function of the outputs and targets of a mini-batch; returns one number, a node."""

Target: TypeAlias = Array | tuple[Array, Array]
"""The targets of some examples, or the targets and the weights of the examples in the loss."""

Metric: TypeAlias = Callable[[Array, Array], float]
"""A function of outputs and targets as arrays; returns one number."""

PREDICTION_BATCH = 1024
"""How many examples are predicted at a time."""

Metrics: TypeAlias = str | Metric | Iterable[str | Metric] | Mapping[str, Metric]

_METRICS: dict[str, Metric] = {
    f.__name__: f for f in (accuracy, error_rate, precision, recall, specificity)
}
_LOSSES: dict[str, Loss] = {
    f.__name__: f
    for f in (
        *(cross_entropy, cross_entropy_cost),
        *(binary_cross_entropy, binary_cross_entropy_with_logits),
        *(mse, mae, sse, quadratic_cost),
    )
}
_HISTORY_COLUMNS = {"step", "epoch", "examples", "loss", "lr", "gradient_norm"}


@dataclass(frozen=True)
class Weighted:
    """``1/n Σ wᵢ lᵢ``, the loss of targets that come with the weights w of the examples.

    Of targets without weights it is ``loss`` itself. For weights it must take ``reduction="none"``.
    """

    loss: Loss

    def check(self) -> None:
        """Raise ``ValueError`` if the loss does not have a value for each example."""
        if "reduction" not in inspect.signature(self.loss).parameters:
            name = getattr(self.loss, "__name__", repr(self.loss))
            raise ValueError(
                f"weights of examples need the loss of each of them, and {name} has no parameter "
                "reduction, which would be 'none'"
            )

    def __call__(self, output: Any, target: Any) -> Any:
        if not isinstance(target, tuple):
            return self.loss(output, target)
        self.check()
        y, weights = target
        losses = self.loss(output, y, reduction="none")
        weights = cast_like(as_data(weights), losses)
        return ag.mean(losses * ag.reshape(weights, (-1, *[1] * (losses.ndim - 1))))


def take(target: Target, rows: Any) -> Any:
    """Return the given rows of inputs or of targets, with their weights if they have any."""
    if isinstance(target, tuple):
        return tuple(take(array, rows) for array in target)
    if isinstance(rows, slice):
        return target[rows]
    return target.take(rows, axis=0)  # in half the time of target[rows]


def predict(model: Module, x: ArrayLike, *, batch_size: int = PREDICTION_BATCH) -> Array:
    """Return the outputs of a model for all examples x (n, ...), as an array.

    The model runs in evaluation mode and no graph is recorded; afterwards it is in its earlier
    mode. x may be a table or a pandas ``DataFrame`` if the model has a layer ``Columns``.
    ``batch_size`` limits the memory needed. Raises ``DataError`` if there are no examples.

    >>> from nn.modules.layers import Linear
    >>> predict(Linear(2, 1, init="zeros"), [[1.0, 2.0], [3.0, 4.0]])
    array([[0.],
           [0.]])
    """
    if hasattr(x, "columns"):  # a table or a DataFrame
        x = _encoded(model, x)
    with mode(model, training=False), no_grad():
        outputs = [model(batch) for batch in batches(x, size=batch_size)]
    return np.concatenate([plain_array(output) for output in outputs])


def _encoded(model: Module, table: Any) -> Any:
    """The inputs in a table, by the layer of the model that knows its columns if there is one."""
    for layer in model.named_modules().values():
        if isinstance(layer, Columns):
            return layer.encode(table)
    return table


def plain_array(output: Any) -> Any:
    """Return the array of a Tensor, and anything else unchanged."""
    return output.numpy() if isinstance(output, Tensor) else output


def evaluate(
    model: Module,
    data: tuple[ArrayLike, ArrayLike],
    *,
    loss: str | Loss | None = None,
    metrics: Metrics = (),
    batch_size: int = PREDICTION_BATCH,
) -> dict[str, float]:
    """Return the ``loss`` and each metric, by name, over all examples ``(x, y)``.

    The model runs as in ``predict``. ``loss`` and ``metrics`` are as in ``nn.fit``. Raises
    ``DataError`` if the data are not examples and ``ValueError`` for an unknown name.

    >>> from nn.modules.layers import Linear
    >>> model = Linear(1, 2, init="zeros")
    >>> evaluate(model, ([[1.0], [2.0]], [0, 1]), metrics="accuracy")
    {'accuracy': 0.5}
    """
    x, y, _ = examples(data, "data", classes=names_of_classes(model))
    return score(
        predict(model, x, batch_size=batch_size),
        y,
        None if loss is None else as_loss(loss),
        named_metrics(metrics),
    )


def score(
    output: Array, y: Target, loss: Loss | None, metrics: Mapping[str, Metric]
) -> dict[str, float]:
    """Return the ``loss`` and each metric, by name, for given outputs and targets."""
    values: dict[str, float] = {}
    if loss is not None:
        with no_grad():
            values["loss"] = float(loss(Tensor(output), y))
    y = y[0] if isinstance(y, tuple) else y
    return values | {name: float(metric(output, y)) for name, metric in metrics.items()}


def examples(
    data: Any, name: str, *, weighted: bool = False, classes: Sequence[str] | None = None
) -> tuple[Array, Array, Array | None]:
    """Return inputs, targets, and the weights of the examples or None, as arrays.

    weighted: whether ``data`` may have a third part, the weights.
    classes: the names of the classes, for targets that are words.

    Raises ``DataError`` unless they are of equal length, for inputs that are not numbers, and for
    words without ``classes``.
    """
    parts = (2, 3) if weighted else (2,)
    if isinstance(data, np.ndarray) or not isinstance(data, tuple | list) or len(data) not in parts:
        raise DataError(
            f"{name} must be a pair (inputs, targets) of arrays, not a {type(data).__name__}"
        )
    x, y = np.asarray(data[0]), np.asarray(data[1])
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y) or len(x) == 0:
        raise DataError(
            f"{name}: inputs of shape {x.shape} and targets of shape {y.shape}; their first axes "
            "must have the same length, at least 1"
        )
    if x.dtype.kind in "OUSM":
        raise DataError(
            f"{name}: the inputs are of type {x.dtype}, not numbers; nn.TableEncoder makes numbers "
            "of a table with words, dates or missing values"
        )
    if are_words(y):
        if classes is None:
            raise DataError(
                f"{name}: the targets are words, and the model does not know which class each of "
                "them is: set model.classes to the names of the classes in their order"
            )
        y = number_words(y, classes)
    weights = None if len(data) == 2 else checked_weights(data[2], len(x), name)
    return x, y, weights


def checked_weights(weights: ArrayLike, count: int, name: str) -> Array:
    """Return weights of ``count`` examples as float64; ``DataError`` if they are none."""
    array = np.asarray(weights)
    if array.dtype.kind not in "biuf" or array.shape != (count,):
        raise DataError(
            f"{name}: weights of shape {array.shape} and type {array.dtype}; one number for each "
            f"of the {count} examples, shape ({count},), is needed"
        )
    array = array.astype(np.float64)
    if not ((array >= 0) & (array < np.inf)).all():
        raise DataError(f"{name}: a weight is {array.min()}; weights are finite, and 0 or more")
    return array


def as_loss(loss: str | Loss) -> Loss:
    """Return the loss of that name, or the function itself; ``ValueError`` for an unknown name."""
    if not isinstance(loss, str):
        return loss
    name = loss.replace("-", "_")
    if name not in _LOSSES:
        raise ValueError(f"loss={loss!r} is none of {', '.join(_LOSSES)}")
    return _LOSSES[name]


def named_metrics(metrics: Metrics) -> dict[str, Metric]:
    """Return metrics by name, from names, functions, a sequence of either, or a dict.

    Raises ``ValueError`` for an unknown name, and for the name of a column of ``History``.
    """
    if isinstance(metrics, Mapping):
        by_name = dict(metrics)
    else:
        sequence = [metrics] if isinstance(metrics, str) or callable(metrics) else list(metrics)
        by_name = {}
        for metric in sequence:
            if isinstance(metric, str):
                name = metric.replace("-", "_")
                if name not in _METRICS:
                    raise ValueError(f"metric {metric!r} is none of {', '.join(_METRICS)}")
                by_name[name] = _METRICS[name]
            else:
                by_name[getattr(metric, "__name__", type(metric).__name__)] = metric
    for name in by_name:
        if name in _HISTORY_COLUMNS or not name.isidentifier():
            raise ValueError(
                f"a metric cannot be called {name!r}; give it a name of its own: "
                "metrics={'name': function}"
            )
    return by_name
