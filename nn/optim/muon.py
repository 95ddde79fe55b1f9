"""Muon, with AdamW for what is not a matrix."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from nn.optim.base import Parameters
from nn.optim.rules import AdamW

# The polynomial a x + b x³ + c x⁵ brings singular values of 0.001 to 1 near 1 in five steps. It has
# the greatest slope at 0 for which they stay between 0.7 and 1.2. (Jordan et al. 2024.)
_A, _B, _C = 3.4445, -4.7750, 2.0315


def orthogonalized(matrix: Any, steps: int, eps: float = 1e-7) -> Any:
    """Return U Vᵀ for a matrix U Σ Vᵀ, roughly: singular values from 0.7 to 1.2, by Newton-Schulz.

    >>> np.linalg.svd(orthogonalized(np.array([[3.0, 0.0], [4.0, 0.1]]), 5))[1].round(1)
    array([0.8, 0.7])
    """
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / np.maximum(np.sqrt(np.sum(x * x)), eps)
    for _ in range(steps):
        gram = x @ x.T
        x = _A * x + (_B * gram + _C * (gram @ gram)) @ x
    return x.T if tall else x


class Muon(AdamW):
    """Muon (Jordan et al. 2024): steps along the nearest orthogonal matrix to the momentum.

    Of a matrix, (m, n): ``v ← μ v + (1-μ) g``, u = (1-μ) g + μ v with ``nesterov`` and v without,
    O = ``orthogonalized(u)``, and ``θ ← (1 - ηλ) θ - 0.2 η √max(m, n) O``, a step with the root
    mean square of those of Adam (Liu et al. 2025). So one learning rate serves other parameters
    too, such as biases, which are updated by ``AdamW`` with ``betas``. (PyTorch's ``Muon`` with
    ``adjust_lr_fn="match_rms_adamw"``.)

    momentum: μ. ns_steps: the number of Newton-Schulz steps.
    """

    settings: ClassVar[tuple[str, ...]] = (*AdamW.settings, "momentum", "nesterov", "ns_steps")
    elementwise: ClassVar[bool] = False

    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-3,
        *,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_steps: int = 5,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.1,
        decay_biases: bool = False,
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(
            parameters,
            lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            decay_biases=decay_biases,
            clip_norm=clip_norm,
        )
        if ns_steps < 1:
            raise ValueError(f"Muon: ns_steps={ns_steps} must be at least 1")
        self.momentum = momentum
        self.nesterov = nesterov
        self.ns_steps = ns_steps

    def hyperparameters(self, steps: int) -> dict[str, float]:
        return super().hyperparameters(steps) | {
            "momentum": self.momentum,
            "fresh": 1 - self.momentum,
        }

    def rule(
        self, theta: Any, g: Any, state: dict[str, Any], hyper: dict[str, float], *, decayed: bool
    ) -> tuple[Any, dict[str, Any]]:
        if np.ndim(theta) != 2:
            return super().rule(theta, g, state, hyper, decayed=decayed)
        v = hyper["momentum"] * state["mean"] + hyper["fresh"] * g
        u = hyper["fresh"] * g + hyper["momentum"] * v if self.nesterov else v
        scale = 0.2 * math.sqrt(max(theta.shape))
        if decayed:
            theta = theta * hyper["kept"]
        step = (hyper["lr"] * scale) * orthogonalized(u, self.ns_steps)
        return theta - step, {"mean": v, "square": state["square"]}
