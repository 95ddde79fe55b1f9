"""Statistics of activations: spread, saturation and dead units."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from autograd import Tensor, gradients
from nn.modules.activations import Activation
from nn.modules.module import Module, mode, observe_calls


class ActivationStatistics(NamedTuple):
    """Statistics of one activation over a set of examples.

    ``mean`` and ``std`` describe its outputs. ``saturated`` is the fraction of outputs at which the
    derivative is below the threshold. ``always_zero`` is the fraction of dead units, whose output
    is 0 for every example.
    """

    path: str
    activation: str
    mean: float
    std: float
    saturated: float
    always_zero: float


def activation_statistics(
    model: Module, x: ArrayLike | Tensor, *, slope: float = 0.01
) -> list[ActivationStatistics]:
    """Run a model on examples x (n, ...) and describe the outputs of each activation.

    An output is saturated if the derivative there is below ``slope`` in absolute value: with the
    default 0.01, at |z| > 4.6 for the sigmoid, |z| > 3.0 for tanh and z < 0 for ReLU. The model
    runs in evaluation mode and is not changed.

    >>> import numpy as np
    >>> from nn import ReLU, Sequential
    >>> (relu,) = activation_statistics(Sequential(ReLU()), [[-1.0, 1.0], [-1.0, -3.0]])
    >>> relu.saturated, relu.always_zero
    (0.75, 0.5)
    """
    paths = {module: path for path, module in model.named_modules().items()}
    statistics = []

    def measure(module: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        if isinstance(module, Activation):
            (x,) = args
            z = Tensor(x.numpy() if isinstance(x, Tensor) else x)
            out = module.forward(z)
            values = out.numpy()
            slopes = gradients(out, z, seed=np.ones_like(values))
            statistics.append(
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

    with mode(model, training=False), observe_calls(measure):
        model(x)
    return statistics
