"""Predictions of a model, and its loss and metrics on whole data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from autograd import Tensor, no_grad
from nn import losses
from nn import metrics as figures
from nn.data import Array, DataError, batches
from nn.modules.module import Module

Loss: TypeAlias = Callable[[Any, Any], Any]
"""From outputs and targets of a mini-batch to one number, a node."""

Metric: TypeAlias = Callable[[Array, Array], float]
"""From outputs and targets, plain arrays, to one number."""

AT_ONCE = 1024
"""How many examples are predicted at a time."""

Metrics: TypeAlias = str | Metric | Iterable[str | Metric] | Mapping[str, Metric]

_METRICS: dict[str, Metric] = {
    metric.__name__: metric
    for metric in (
        figures.accuracy,
        figures.error_rate,
        figures.precision,
        figures.recall,
        figures.specificity,
    )
}
_LOSSES: dict[str, Loss] = {
    loss.__name__: loss
    for loss in (
        losses.cross_entropy,
        losses.cross_entropy_cost,
        losses.binary_cross_entropy,
        losses.binary_cross_entropy_with_logits,
        losses.mse,
        losses.mae,
        losses.sse,
        losses.quadratic_cost,
    )
}
_TAKEN = {"step", "epoch", "loss", "lr", "gradient_norm"}


def predict(model: Module, x: ArrayLike, *, batch_size: int = AT_ONCE) -> Array:
    """The model's outputs for all examples, as a plain array.

    It runs in evaluation mode and records no graph; ``batch_size`` bounds the memory. The mode of
    the model is afterwards as it was. Raises ``DataError`` for no examples.

    >>> from nn.modules.layers import Linear
    >>> predict(Linear(2, 1, init="zeros"), [[1.0, 2.0], [3.0, 4.0]])
    array([[0.],
           [0.]])
    """
    with mode(model, training=False), no_grad():
        outputs = [model(part) for part in batches(x, size=batch_size)]
    return np.concatenate([plain_array(output) for output in outputs])


def plain_array(output: Any) -> Any:
    """The numbers of a Tensor; anything else as it is."""
    return output.numpy() if isinstance(output, Tensor) else output


def evaluate(
    model: Module,
    data: tuple[ArrayLike, ArrayLike],
    *,
    loss: str | Loss | None = None,
    metrics: Metrics = (),
    batch_size: int = AT_ONCE,
) -> dict[str, float]:
    """``loss`` and each metric by name, on all examples ``(x, y)`` together, as ``predict`` runs.

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
    """``loss`` and each metric by name, of outputs and targets."""
    values: dict[str, float] = {}
    if loss is not None:
        with no_grad():
            values["loss"] = float(loss(Tensor(output), y))
    return values | {name: float(metric(output, y)) for name, metric in metrics.items()}


@contextmanager
def mode(model: Module, *, training: bool) -> Iterator[None]:
    """Inside the ``with`` block the model trains, or does not; then each module is as before."""
    before = {module: module.training for module in model.named_modules().values()}
    model.train(training)
    try:
        yield
    finally:
        for module, trained in before.items():
            module.training = trained


def examples(data: Any, name: str) -> tuple[Array, Array]:
    """The inputs and targets of ``data``, checked to be two arrays of equal length."""
    if isinstance(data, np.ndarray) or not isinstance(data, tuple | list) or len(data) != 2:
        raise DataError(
            f"{name} must be a pair (inputs, targets) of arrays, not a {type(data).__name__}"
        )
    x, y = (np.asarray(part) for part in data)
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y) or len(x) == 0:
        raise DataError(
            f"{name}: inputs of shape {x.shape} and targets of shape {y.shape}; the first axis of "
            "both must count the same examples, one at least"
        )
    return x, y


def as_loss(loss: str | Loss) -> Loss:
    """The loss of that name, or the function itself. Raises ``ValueError`` for an unknown name."""
    if not isinstance(loss, str):
        return loss
    name = loss.replace("-", "_")
    if name not in _LOSSES:
        raise ValueError(f"loss={loss!r} is none of {', '.join(_LOSSES)}")
    return _LOSSES[name]


def named_metrics(metrics: Metrics) -> dict[str, Metric]:
    """Metrics by name: from names, functions, a sequence of either, or a dict.

    Raises ``ValueError`` for an unknown name, and for one that a column of ``History`` has.
    """
    if isinstance(metrics, Mapping):
        named = dict(metrics)
    else:
        several = [metrics] if isinstance(metrics, str) or callable(metrics) else list(metrics)
        named = {}
        for metric in several:
            if isinstance(metric, str):
                name = metric.replace("-", "_")
                if name not in _METRICS:
                    raise ValueError(f"metric {metric!r} is none of {', '.join(_METRICS)}")
                named[name] = _METRICS[name]
            else:
                named[getattr(metric, "__name__", type(metric).__name__)] = metric
    for name in named:
        if name in _TAKEN or not name.isidentifier():
            raise ValueError(
                f"a metric cannot be called {name!r}; give it a name of its own: "
                "metrics={'name': function}"
            )
    return named
