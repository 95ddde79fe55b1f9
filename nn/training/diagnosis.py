"""Diagnosis: the origin of NaN, parameters that cannot learn, losses that shards cannot compute."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

import autograd as ag
from autograd import Fault, Tensor, Value, Why, gradients, no_grad, why
from nn.data import Array
from nn.evaluation import Loss
from nn.modules.module import Module, mode

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
    model: Module, loss: Callable[[Any, Any], Any], x: Array, y: Array, *, step: int, epoch: int
) -> NonFiniteError:
    """Repeat a failed step without the update; return an error that says where it went wrong.

    ``model`` must have its parameters, mode and random generators of before the step.
    """

    def error(message: str, fault: Fault | None = None) -> NonFiniteError:
        message = f"step {step} (epoch {epoch}): {message}"
        return NonFiniteError(fault, message, step=step, epoch=epoch)

    if wrong := first_not_finite({"the mini-batch of inputs": x, "the mini-batch of targets": y}):
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


def _run(model: Module, loss: Callable[[Any, Any], Any], x: Any, y: Array) -> Any:
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


# --- parameters that cannot learn ----------------------------------------------------------------

MOST_EXAMPLES = 256


class IdleParameterWarning(UserWarning):
    """A parameter has no gradient, and further training will not change that."""


def idle_parameters(model: Module, loss: Loss, first: Any, x: Array, y: Array) -> str | None:
    """Return a message on the parameters without a gradient in the first step, if there are any.

    ``first`` is the loss of the first mini-batch. A unit that is dead there may be active for other
    examples, so the first ``MOST_EXAMPLES`` of the data x, y decide, in evaluation mode.
    """
    if not any(_is_zero(parameter.grad) for parameter in model.parameters()):
        return None
    if not _idle(model, first):
        return None
    with mode(model, training=False):
        idle = _idle(model, loss(model(x[:MOST_EXAMPLES]), y[:MOST_EXAMPLES]))
    if not idle:
        return None
    (path, answer), *others = idle.items()
    also = ""
    if others:
        also = f" The same or the like is true of {', '.join(repr(p) for p, _ in others[:5])}"
        also += f" and {len(others) - 5} more." if len(others) > 5 else "."
    return (
        f"parameter {path!r} cannot learn. {answer}{also} Freeze what is not meant to learn "
        "(module.freeze())."
    )


def _idle(model: Module, value: Any) -> dict[str, Why]:
    """The parameters whose gradient is zero and will stay so, with the reason."""
    parameters = model.named_parameters()
    slopes = zip(parameters.items(), gradients(value, list(parameters.values())), strict=True)
    answers = {path: why(parameter, value) for (path, parameter), g in slopes if _is_zero(g)}
    return {path: answer for path, answer in answers.items() if answer.lasting}


def _is_zero(g: Any) -> bool:
    return g is None or not np.any(g)


# --- the loss ------------------------------------------------------------------------------------


def is_sum_over_examples(model: Module, loss: Loss, x: Array, y: Array) -> bool:
    """Return True if the loss is a sum over the examples, False if it is a mean.

    The loss of some examples is compared with the losses of two parts of them: it must be their sum
    or their weighted mean, and only roughly so if the model draws random numbers. Raises
    ``ValueError`` if it is neither.
    """
    count = min(len(x), 64)
    first = -(-count // 3)
    if count == 1:
        return False
    generators = model.named_generators().values()
    before = [generator.bit_generator.state for generator in generators]
    with mode(model, training=False), no_grad(), np.errstate(all="ignore"):
        whole, one, two = (
            float(loss(model(x[rows]), y[rows]))
            for rows in (slice(count), slice(first), slice(first, count))
        )
        is_random = before != [generator.bit_generator.state for generator in generators]
        for generator, state in zip(generators, before, strict=True):
            generator.bit_generator.state = state
        if not np.isfinite([whole, one, two]).all():
            raise explain(model, loss, x[:count], y[:count], step=1, epoch=1)
    mean = (first * one + (count - first) * two) / count
    scale = abs(one) + abs(two)
    tolerance = (0.4 if is_random else 1e-3) * scale
    if scale and abs(whole - mean) <= tolerance / 2:
        return False
    if scale and abs(whole - one - two) <= tolerance:
        return True
    raise ValueError(
        f"with shards the loss must be the mean or the sum over the examples: for the first "
        f"{first} examples it is {one:.6g}, for the next {count - first} {two:.6g}, and for all "
        f"of these {whole:.6g}"
    )
