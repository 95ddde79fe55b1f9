"""Predictions of a model, and its loss and metrics on whole data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from autograd import Tensor, no_grad
from nn.data import Array, DataError, batches
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
from nn.modules.module import Module, mode

Loss: TypeAlias = Callable[[Any, Any], Any]
"""A function of the outputs and targets of a mini-batch; returns one number, a node."""

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


def predict(model: Module, x: ArrayLike, *, batch_size: int = PREDICTION_BATCH) -> Array:
    """Return the outputs of a model for all examples x (n, ...), as an array.

    The model runs in evaluation mode and no graph is recorded; afterwards it is in its earlier
    mode. ``batch_size`` limits the memory needed. Raises ``DataError`` if there are no examples.

    >>> from nn.modules.layers import Linear
    >>> predict(Linear(2, 1, init="zeros"), [[1.0, 2.0], [3.0, 4.0]])
    array([[0.],
           [0.]])
    """
    with mode(model, training=False), no_grad():
        outputs = [model(batch) for batch in batches(x, size=batch_size)]
    return np.concatenate([plain_array(output) for output in outputs])


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
    x, y = examples(data, "data")
    return score(
        predict(model, x, batch_size=batch_size),
        y,
        None if loss is None else as_loss(loss),
        named_metrics(metrics),
    )


def score(
    output: Array, y: Array, loss: Loss | None, metrics: Mapping[str, Metric]
) -> dict[str, float]:
    """Return the ``loss`` and each metric, by name, for given outputs and targets."""
    values: dict[str, float] = {}
    if loss is not None:
        with no_grad():
            values["loss"] = float(loss(Tensor(output), y))
    return values | {name: float(metric(output, y)) for name, metric in metrics.items()}


def examples(data: tuple[ArrayLike, ArrayLike], name: str) -> tuple[Array, Array]:
    """Return inputs and targets as arrays; raise ``DataError`` unless of equal length."""
    if isinstance(data, np.ndarray) or not isinstance(data, tuple | list) or len(data) != 2:
        raise DataError(
            f"{name} must be a pair (inputs, targets) of arrays, not a {type(data).__name__}"
        )
    x, y = np.asarray(data[0]), np.asarray(data[1])
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y) or len(x) == 0:
        raise DataError(
            f"{name}: inputs of shape {x.shape} and targets of shape {y.shape}; their first axes "
            "must have the same length, at least 1"
        )
    return x, y


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
