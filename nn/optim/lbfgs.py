"""L-BFGS, a quasi-Newton method for the whole data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import accumulate, pairwise
from typing import Any, ClassVar, Literal

import numpy as np

from autograd import Tensor
from nn.data import Array
from nn.optim.base import Parameters
from nn.optim.gradient import GradientOptimizer
from nn.optim.linesearch import Point, strong_wolfe

Evaluate = Callable[[], tuple[float, Array]]


class LBFGS(GradientOptimizer):
    """L-BFGS (Liu and Nocedal 1989): ``θ ← θ + t d`` with d = -H g, where H approximates the
    inverse Hessian from the last steps and changes of the gradient.

    lr: the first step size t that is tried. max_iter: iterations in a call of ``step``.
    history_size: how many steps H is made from.
    tolerance_grad, tolerance_change: ``step`` ends when no entry of the gradient is larger than
        the one, or when θ or the loss changes by less than the other.
    line_search: "strong-wolfe" finds a t with the strong Wolfe conditions; None takes t = lr (in
        the first iteration lr · min(1, 1/‖g‖₁)), as PyTorch's ``LBFGS`` does by default.

    It is for the gradient of a whole data set: in ``fit``, with ``batch_size=None``, a step is up
    to ``max_iter`` iterations. Mini-batches have gradients that H cannot be made from. Raises
    ``ValueError`` for a setting out of range.

    >>> from autograd import Tensor
    >>> w = Tensor([-1.2, 1.0])
    >>> optimizer = LBFGS([w], max_iter=100)
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2
    ...     loss.backward()
    ...     return loss
    >>> round(optimizer.step(closure), 3), w.numpy().round(4)
    (24.2, array([1., 1.]))
    """

    settings: ClassVar[tuple[str, ...]] = (
        *("lr", "max_iter", "history_size"),
        *("tolerance_grad", "tolerance_change", "line_search"),
    )

    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1.0,
        *,
        max_iter: int = 20,
        history_size: int = 100,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        line_search: Literal["strong-wolfe"] | None = "strong-wolfe",
    ) -> None:
        super().__init__(parameters, lr, weight_decay=0.0, decay_biases=False)
        if min(max_iter, history_size) < 1 or not min(tolerance_grad, tolerance_change) >= 0:
            raise ValueError(
                f"LBFGS: max_iter={max_iter} and history_size={history_size} must be at least 1, "
                f"and the tolerances {tolerance_grad} and {tolerance_change} not below 0"
            )
        if line_search not in ("strong-wolfe", None):
            raise ValueError(f"LBFGS: line_search={line_search!r} is not 'strong-wolfe' or None")
        self.max_iter = max_iter
        self.history_size = history_size
        self.tolerance_grad = tolerance_grad
        self.tolerance_change = tolerance_change
        self.line_search = line_search
        self._iterations = 0
        self._t = 0.0
        # The last direction and gradient, and the steps and changes of the gradient before.
        self._vectors: dict[str, list[Array]] = {"last": [], "steps": [], "changes": []}

    def step(self, closure: Callable[[], Any] | None = None) -> float:
        """Take up to ``max_iter`` iterations; return the loss before them.

        closure: resets the gradients, computes the loss, calls ``backward`` and returns the loss.
        """
        if closure is None:
            raise TypeError(
                "LBFGS.step needs a closure, a function that resets the gradients, computes the "
                "loss, calls backward and returns the loss: it is evaluated several times in a step"
            )

        def evaluate() -> tuple[float, Array]:
            loss = float(closure())
            parts = [
                np.zeros(p.size) if p.grad is None else np.ravel(p.grad)
                for p in self.parameters.values()
            ]
            return loss, np.concatenate(parts)

        return self.minimize(evaluate)[0]

    def minimize(self, evaluate: Evaluate) -> tuple[float, float]:
        """Like ``step``, for a function of the parameters' loss and gradient as one vector.

        Returns the loss and the norm of the gradient before. Where ``evaluate`` gives a loss that
        is not finite, a line search tries a shorter step.
        """
        loss, g = _float64(evaluate())
        first = loss, float(np.linalg.norm(g))
        for state in self._states.values():
            state["steps"] += 1
        for iteration in range(self.max_iter):
            if np.abs(g).max() <= self.tolerance_grad:
                break
            d = self._direction(g)
            t = self.lr if self._iterations else min(1.0, 1.0 / np.abs(g).sum()) * self.lr
            slope = float(g @ d)
            if slope > -self.tolerance_change:
                break
            self._vectors["last"] = [d, g]
            self._iterations += 1
            theta, before = self._theta(), loss
            if self.line_search:
                start = Point(0.0, loss, slope, g)

                def at(t: float, theta: Array = theta, d: Array = d) -> Point:
                    self._move(theta + t * d)
                    loss, g = _float64(evaluate())
                    return Point(t, loss if math.isfinite(loss) else math.inf, float(g @ d), g)

                t, loss, _, g = strong_wolfe(at, start, t)
                self._move(theta + t * d)
            else:
                self._move(theta + t * d)
                if iteration < self.max_iter - 1:
                    loss, g = _float64(evaluate())
            self._t = t
            change = np.abs(t * d).max()
            if min(change, abs(loss - before)) <= self.tolerance_change and (
                self.line_search or iteration < self.max_iter - 1
            ):
                break
        return first

    def _direction(self, g: Array) -> Array:
        """-H g by the two-loop recursion, after the last step has been added to H."""
        steps, changes = self._vectors["steps"], self._vectors["changes"]
        if not self._vectors["last"]:
            return -g
        direction, last = self._vectors["last"]
        step, change = self._t * direction, g - last
        if change @ step > 1e-10:
            steps.append(step)
            changes.append(change)
            del steps[: -self.history_size], changes[: -self.history_size]
        if not steps:
            return -g
        q = -g
        weights = []
        for s, y in zip(reversed(steps), reversed(changes), strict=True):
            weights.append(s @ q / (y @ s))
            q = q - weights[-1] * y
        q = q * (steps[-1] @ changes[-1] / (changes[-1] @ changes[-1]))
        for s, y, weight in zip(steps, changes, reversed(weights), strict=True):
            q = q + (weight - y @ q / (y @ s)) * s
        return q

    def _theta(self) -> Array:
        return np.concatenate(
            [np.ravel(p.numpy()).astype(np.float64) for p in self.parameters.values()]
        )

    def _move(self, theta: Array) -> None:
        parameters = self.parameters.values()
        ends = accumulate((p.size for p in parameters), initial=0)
        for p, (start, stop) in zip(parameters, pairwise(ends), strict=True):
            part = theta[start:stop].reshape(p.shape)
            p.data = part.astype(p.dtype) if isinstance(p, Tensor) else float(part)

    def state_dict(self) -> dict[str, Any]:
        vectors = {name: [x.copy() for x in arrays] for name, arrays in self._vectors.items()}
        own = {"iterations": self._iterations, "t": self._t, "vectors": vectors}
        return {**super().state_dict(), **own}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        size = sum(p.size for p in self.parameters.values())
        vectors = {
            name: [np.asarray(array, np.float64) for array in state["vectors"][name]]
            for name in self._vectors
        }
        if any(array.shape != (size,) for arrays in vectors.values() for array in arrays):
            raise ValueError(f"LBFGS: the state is not of {size} parameters")
        super().load_state_dict(state)
        self._vectors = vectors
        self._iterations = int(state["iterations"])
        self._t = float(state["t"])


def _float64(evaluated: tuple[float, Array]) -> tuple[float, Array]:
    loss, g = evaluated
    return loss, g.astype(np.float64)
