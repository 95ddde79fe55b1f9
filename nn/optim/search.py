"""Random search, a baseline without gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd import no_grad
from nn.data import Rng
from nn.optim.base import Optimizer, Parameters


class RandomSearch(Optimizer):
    """Propose a random step and keep it if it lowers the loss.

    ``θ' = θ + η ε`` with ε from N(0, 1) for every entry of every parameter, and ``θ ← θ'`` if
    ``L(θ') < L(θ)``. In n dimensions about half of the proposals lower a smooth loss, but the
    decrease is only ``1/√n`` of that in the direction of the gradient, so networks are not trained
    this way.

    >>> from autograd import Tensor
    >>> w = Tensor([3.0])
    >>> search = RandomSearch([w], lr=0.5)
    >>> losses = [search.step(lambda: (w * w).sum()) for _ in range(50)]
    >>> losses[0], losses[-1] < 0.01
    (9.0, True)
    """

    def __init__(self, parameters: Parameters, lr: float = 0.1, *, rng: Rng = 0) -> None:
        super().__init__(parameters, lr)
        self.rng: np.random.Generator = np.random.default_rng(rng)

    def step(self, closure: Callable[[], Any], loss: float | None = None) -> float:
        """Propose a step, keep or reject it, and return the loss before the step.

        closure: computes the loss of the current parameters, a number or a node.
        loss: the loss before the step, if it is known; otherwise ``closure`` is called twice.

        A proposal whose loss is NaN is rejected.
        """
        with no_grad():
            before = float(closure()) if loss is None else loss
            theta = {name: p.data for name, p in self.parameters.items()}
            for name, p in self.parameters.items():
                self._states[name]["steps"] += 1
                step = self.lr * self.rng.standard_normal(p.shape)
                p.data = theta[name] + step
            if not float(closure()) < before:
                for name, p in self.parameters.items():
                    p.data = theta[name]
        return before

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "rng": self.rng.bit_generator.state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict(state)
        self.rng.bit_generator.state = state["rng"]
