"""Where NaN or infinity in a loss or a gradient began."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

import autograd as ag
from autograd import Fault, Tensor, Value, gradients
from nn.data import Array
from nn.evaluation import Target
from nn.modules.module import Module

Node: TypeAlias = Tensor | Value

_ADVICE = "A smaller learning rate, clip_norm=, or a loss that takes logits may help."


class NonFiniteError(ag.NonFiniteError):
    """A loss or a gradient is NaN or infinite, so training cannot continue.

    ``step`` and ``epoch``, counted from 1, are the time. ``fault`` describes the operation where it
    began; ``operation`` and ``module`` are its name and the path of its module. They are None and
    "" if it began in the data or a parameter.
    """

    def __init__(self, fault: Fault | None, message: str, *, step: int, epoch: int) -> None:
        super().__init__(fault, message)
        self.step = step
        self.epoch = epoch
        self.operation: str = "" if fault is None else fault.operation
        module = None if fault is None else fault.module
        self.module: str = "" if module is None else module.path


def explain(
    model: Module, loss: Callable[[Any, Any], Any], x: Array, y: Target, *, step: int, epoch: int
) -> NonFiniteError:
    """Repeat a failed step without the update; return an error that says where it went wrong.

    ``model`` must have its parameters, mode and random generators of before the step.
    """

    def error(message: str, fault: Fault | None = None) -> NonFiniteError:
        message = f"step {step} (epoch {epoch}): {message}"
        return NonFiniteError(fault, message, step=step, epoch=epoch)

    targets, weights = y if isinstance(y, tuple) else (y, np.ones(()))
    batch = {"inputs": x, "targets": targets, "weights": weights}
    if wrong := first_not_finite({f"the mini-batch of {name}": a for name, a in batch.items()}):
        return error(wrong)
    arrays = model.named_parameters(frozen=True) | model.named_buffers()
    if wrong := first_not_finite({f"{path!r} of the model": a for path, a in arrays.items()}):
        return error(f"{wrong}, since an earlier step: {_ADVICE}")
    with ag.debug(at_once=False) as watch:
        try:  # with inputs that are a node, what precedes the first parameter is recorded too
            result = _run(model, loss, Tensor(x), y)
        except Exception:  # the model may want plain arrays
            result = _run(model, loss, x, y)
        fault = watch.find(result) if isinstance(result, Node) else None
        what = f"the loss is {_describe(_numbers(result))}"
        if is_finite(result):
            parameters = model.named_parameters()
            slopes = zip(parameters, gradients(result, list(parameters.values())), strict=True)
            wrong = first_not_finite({f"the gradient of {path!r}": g for path, g in slopes})
            what = f"the loss is {result.item():.4g}, but {wrong}"
    if fault is None:
        return error(f"{what}. {_ADVICE}")
    return error(f"{what}. {'' if fault.advice else f'{_ADVICE} '}It began here:", fault)


def _run(model: Module, loss: Callable[[Any, Any], Any], x: Any, y: Target) -> Any:
    """The loss, or the output of the model if the loss refuses it."""
    output = model(x)
    try:
        return loss(output, y)
    except ValueError:
        if is_finite(output):
            raise
        return output  # a loss may refuse numbers that are not finite; they began in the model


def is_finite(value: Any) -> bool:
    """Return whether all numbers of a number, an array or a node are finite."""
    return bool(np.isfinite(_numbers(value)).all())


def first_not_finite(named: Mapping[str, Any]) -> str | None:
    """Describe the first of the named arrays that is not finite; None if all are."""
    for name, value in named.items():
        if not is_finite(value):
            return f"{name} holds {_describe(_numbers(value))}"
    return None


def _numbers(value: Any) -> Array:
    array = np.asarray(value.numpy() if isinstance(value, Node) else value)
    return array if array.dtype.kind in "fiub" else np.zeros(())


def _describe(array: Array) -> str:
    """Which of nan, inf and -inf there are, and how many."""
    kinds = {"nan": np.isnan(array), "inf": np.isposinf(array), "-inf": np.isneginf(array)}
    present = " and ".join(kind for kind, where in kinds.items() if where.any())
    if array.ndim == 0:
        return present
    return f"{present} ({np.count_nonzero(~np.isfinite(array))} of the {array.size} numbers)"
