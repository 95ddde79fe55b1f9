"""Lion."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from nn.optim.base import Parameters
from nn.optim.gradient import GradientOptimizer


class Lion(GradientOptimizer):
    """Lion (Chen et al. 2023): every entry moves by η, in the direction of a momentum.

    ``θ ← θ - η (sign(β₁ m + (1-β₁) g) + λθ)``, then ``m ← β₂ m + (1-β₂) g`` (m = 0 at first). The
    learning rate is a third to a tenth of that of AdamW, and λ larger by as much.
    """

    settings: ClassVar[tuple[str, ...]] = (*GradientOptimizer.settings, "beta1", "beta2")
    state_names: ClassVar[tuple[str, ...]] = ("mean",)

    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-4,
        *,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
        decay_biases: bool = False,
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, decay_biases, clip_norm)
        self.beta1: float = betas[0]
        self.beta2: float = betas[1]

    def init_state(self) -> dict[str, float]:
        return {"mean": 0.0}

    def hyperparameters(self, steps: int) -> dict[str, float]:
        return super().hyperparameters(steps) | {
            "beta1": self.beta1,
            "beta2": self.beta2,
            "new1": 1 - self.beta1,
            "new2": 1 - self.beta2,
            "kept": 1 - self.lr * self.weight_decay,
        }

    def rule(
        self, theta: Any, g: Any, state: dict[str, Any], hyper: dict[str, float], *, decayed: bool
    ) -> tuple[Any, dict[str, Any]]:
        if decayed:
            theta = theta * hyper["kept"]
        direction = np.sign(hyper["beta1"] * state["mean"] + hyper["new1"] * g)
        mean = hyper["beta2"] * state["mean"] + hyper["new2"] * g
        return theta - hyper["lr"] * direction, {"mean": mean}
