"""How alive a network's units are: spread, saturation and dead units, activation by activation."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor, gradients
from nn.modules.activations import Activation
from nn.modules.module import Module
from nn.modules.spans import observed_by


class ActivationStatistics(NamedTuple):
    """Figures of one activation over some examples.

    ``mean`` and ``std`` are of its outputs. ``saturated`` is the share of outputs whose slope is
    below the threshold. ``always_zero`` is the share of units that are 0 on every example: dead.
    """

    path: str
    activation: str
    mean: float
    std: float
    saturated: float
    always_zero: float


def activation_statistics(
    model: Module, x: Any, *, slope: float = 0.01
) -> list[ActivationStatistics]:
    """Run a model on examples x (n, ...) and describe what each of its activations gives.

    An output is saturated where the activation's derivative, taken by the engine, is below
    ``slope`` in size: with 0.01, for |z| > 4.6 in a sigmoid, |z| > 3.0 in tanh, z < 0 in ReLU.
    The model runs in evaluation mode, and its buffers stay as they are.

    >>> import numpy as np
    >>> from nn import ReLU, Sequential
    >>> figures = activation_statistics(Sequential(ReLU()), np.array([[-1.0, 1.0], [-1.0, -3.0]]))
    >>> figures[0].saturated, figures[0].always_zero
    (0.75, 0.5)
    """
    paths = {module: path for path, module in model.named_modules().items()}
    found = []

    def measure(module: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        if isinstance(module, Activation):
            (x,) = args
            z = Tensor(x.numpy() if isinstance(x, Tensor) else x)
            out = module.forward(z)
            values = out.numpy()
            slopes = gradients(out, z, seed=np.ones_like(values))
            found.append(
                ActivationStatistics(
                    paths[module],
                    type(module).__name__,
                    float(values.mean()),
                    float(values.std()),
                    float((abs(slopes) < slope).mean()),
                    float((values == 0).all(axis=0).mean()),
                )
            )
        return module.forward(*args, **keywords)

    modes = {module: module.training for module in paths}
    try:
        with observed_by(measure):
            model.eval()(x)
    finally:
        for module, mode in modes.items():
            module.training = mode
    return found
