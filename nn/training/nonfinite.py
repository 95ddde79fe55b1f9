"""Where a loss or a gradient that is NaN or infinite began: in which operation, of which module.

When it is looked for is said in ``nn.training``; how it is found, in ``autograd.debug``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

import autograd as ag
from autograd import Fault, Tensor, Value, gradients
from nn.data import Array
from nn.modules.module import Module

Node: TypeAlias = Tensor | Value

_ADVICE = "A smaller learning rate, clip_norm=, or a loss that takes logits may help."


class NonFiniteError(ag.NonFiniteError):
    """A loss or a gradient is NaN or infinite, and training cannot go on.

    ``step`` and ``epoch`` (counted from 1) say when. ``fault`` says where it began, ``operation``
    and ``module`` (its path) in brief; they are None and "" where it did not begin in an
    operation, but in the data or a parameter.
    """

    def __init__(self, fault: Fault | None, message: str, *, step: int, epoch: int) -> None:
        super().__init__(fault, message)
        self.step = step
        self.epoch = epoch
        self.operation: str = "" if fault is None else fault.operation
        module = None if fault is None else fault.module
        self.module: str = "" if module is None else module.path


def explain(
    model: Module, loss: Callable[[Any, Any], Any], x: Array, y: Array, *, step: int, epoch: int
) -> NonFiniteError:
    """Take a step that failed again, all but the change of the parameters, and say where it began.

    ``model`` must be as it was before: parameters, mode, and random generators.
    """

    def error(message: str, fault: Fault | None = None) -> NonFiniteError:
        message = f"step {step} (epoch {epoch}): {message}"
        return NonFiniteError(fault, message, step=step, epoch=epoch)

    given = {"the mini-batch of inputs": x, "the mini-batch of targets": y}
    if wrong := first_not_finite(given):
        return error(wrong)
    held = model.named_parameters(frozen=True) | model.named_buffers()
    if wrong := first_not_finite({f"{path!r} of the model": array for path, array in held.items()}):
        return error(f"{wrong}, since an earlier step: {_ADVICE}")
    with ag.debug(at_once=False) as watch:
        try:  # what is made of the inputs before any parameter is recorded too if they are a node
            result = _run(model, loss, Tensor(x), y)
        except Exception:  # the model may want plain arrays
            result = _run(model, loss, x, y)
        fault = watch.find(result) if isinstance(result, Tensor | Value) else None
        what = f"the loss is {_describe(_numbers(result))}"
        if is_finite(result):
            parameters = model.named_parameters()
            found = zip(parameters, gradients(result, list(parameters.values())), strict=True)
            wrong = first_not_finite({f"the gradient of {path!r}": g for path, g in found})
            what = f"the loss is {result.item():.4g}, but {wrong}"
    if fault is None:
        return error(f"{what}. {_ADVICE}")
    return error(f"{what}. {'' if fault.advice else f'{_ADVICE} '}It began here:", fault)


def _run(model: Module, loss: Callable[[Any, Any], Any], x: Any, y: Array) -> Any:
    """The loss, or the output of the model where the loss refuses it."""
    output = model(x)
    try:
        return loss(output, y)
    except ValueError:
        if is_finite(output):
            raise
        return output  # a loss may refuse what is not finite; then it began before


def is_finite(value: Any) -> bool:
    """Whether a number, an array or a node holds finite numbers only."""
    return bool(np.isfinite(_numbers(value)).all())


def first_not_finite(named: Mapping[str, Any]) -> str | None:
    """The first of the named arrays that is not finite, and what it holds, in words."""
    for name, value in named.items():
        if not is_finite(value):
            return f"{name} holds {_describe(_numbers(value))}"
    return None


def _numbers(value: Any) -> Array:
    array = np.asarray(value.numpy() if isinstance(value, Tensor | Value) else value)
    return array if array.dtype.kind in "fiub" else np.zeros(())


def _describe(array: Array) -> str:
    """Which kinds of numbers that are not finite there are, and how many."""
    kinds = {"nan": np.isnan(array), "inf": np.isposinf(array), "-inf": np.isneginf(array)}
    held = " and ".join(kind for kind, where in kinds.items() if where.any())
    if array.ndim == 0:
        return held
    return f"{held} ({np.count_nonzero(~np.isfinite(array))} of the {array.size} numbers)"
