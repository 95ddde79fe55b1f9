"""Parameters that cannot learn, seen in the first step."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np

from autograd import Why, gradients, why
from nn.data import Array
from nn.evaluation import Loss, Target, take
from nn.modules.module import Module, mode

MOST_EXAMPLES = 256
MOST_PARAMETERS = 20
"""How many parameters are looked at; each takes a walk through the graph."""


class IdleParameterWarning(UserWarning):
    """A parameter has no gradient, and further training will not change that."""


def idle_parameters(model: Module, loss: Loss, first: Any, x: Array, y: Target) -> str | None:
    """Return a message on the parameters without a gradient in the first step, if there are any.

    ``first`` is the loss of the first mini-batch. A unit that is dead there may be active for other
    examples, so the first ``MOST_EXAMPLES`` of the data x, y decide, in evaluation mode.
    """
    if not any(_is_zero(parameter.grad) for parameter in model.parameters()):
        return None
    if not _idle(model, first):
        return None
    with mode(model, training=False):
        idle = _idle(model, loss(model(x[:MOST_EXAMPLES]), take(y, slice(MOST_EXAMPLES))))
    if not idle:
        return None
    (path, answer), *others = idle.items()
    also = ""
    if others:
        also = f" The same or the like is true of {', '.join(repr(p) for p, _ in others[:5])}"
        also += " and others." if len(others) > 5 else "."
    return (
        f"parameter {path!r} cannot learn. {answer}{also} Freeze what is not meant to learn "
        "(module.freeze())."
    )


def _idle(model: Module, value: Any) -> dict[str, Why]:
    """The first parameters whose gradient is zero and will stay so, with the reason."""
    parameters = model.named_parameters()
    slopes = zip(parameters.items(), gradients(value, list(parameters.values())), strict=True)
    zero = (item for item, g in slopes if _is_zero(g))
    answers = {path: why(parameter, value) for path, parameter in islice(zero, MOST_PARAMETERS)}
    return {path: answer for path, answer in answers.items() if answer.lasting}


def _is_zero(g: Any) -> bool:
    return g is None or not np.any(g)
