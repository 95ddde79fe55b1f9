"""A warning at the start of a training: parameters that cannot learn, and why.

The reasons are found by ``autograd.why``.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from autograd import Why, gradients, why
from nn.data import Array
from nn.evaluation import Loss, mode
from nn.modules.module import Module

MOST_EXAMPLES = 256


class IdleParameterWarning(UserWarning):
    """A parameter has no gradient, and will have none however long the training is."""


def warn_of_idle(
    model: Module, loss: Loss, first: Any, x: Array, y: Array, *, stacklevel: int = 7
) -> None:
    """Warn, once, of the parameters that the first step of a training leaves without gradient.

    ``first`` is the loss of the first mini-batch. A unit that is dead there may live on other
    examples: the verdict is that of the first ``MOST_EXAMPLES`` of the data x, y, which the model
    sees in evaluation mode.
    """
    if any(_is_zero(parameter.grad) for parameter in model.parameters()) and _idle(model, first):
        with mode(model, training=False):
            idle = _idle(model, loss(model(x[:MOST_EXAMPLES]), y[:MOST_EXAMPLES]))
        if idle:
            warnings.warn(_message(idle), IdleParameterWarning, stacklevel=stacklevel)  # at fit


def _idle(model: Module, value: Any) -> dict[str, Why]:
    """The parameters that ``value`` has no gradient by, and why, where that will last."""
    parameters = model.named_parameters()
    found = zip(parameters.items(), gradients(value, list(parameters.values())), strict=True)
    answers = {path: why(parameter, value) for (path, parameter), g in found if _is_zero(g)}
    return {path: answer for path, answer in answers.items() if answer.lasting}


def _message(idle: dict[str, Why]) -> str:
    (path, answer), *others = idle.items()
    also = f" The same or the like is true of {', '.join(repr(p) for p, _ in others[:5])}"
    more = f" and {len(others) - 5} more" if len(others) > 5 else ""
    return (
        f"parameter {path!r} cannot learn. {answer}{f'{also}{more}.' if others else ''} Freeze "
        "what is not meant to learn (module.freeze())."
    )


def _is_zero(g: Any) -> bool:
    return g is None or not np.any(g)
