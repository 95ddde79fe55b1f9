"""Gradient clipping, between ``backward`` and the optimiser's step."""

from __future__ import annotations

import math

import numpy as np

from nn.data import Array
from nn.optim.base import Parameters, named_parameters


def grad_norm(parameters: Parameters) -> float:
    """``√(Σ g²)`` over the gradients of all parameters together, as if they were one vector.

    Parameters without a gradient are left out. The norm is nan or inf exactly if a gradient has an
    entry that is nan or inf.
    """
    gradients = [
        np.asarray(p.grad) for p in named_parameters(parameters).values() if p.grad is not None
    ]
    with np.errstate(over="ignore", invalid="ignore"):
        square = sum(map(_sum_of_squares, gradients))
    if math.isfinite(square) and square > 1e-30:
        return math.sqrt(square)
    # Squares may overflow or vanish where the gradients do not: measure by the largest entry.
    largest = max((float(np.abs(g).max(initial=0)) for g in gradients), default=0.0)
    if largest == 0 or not math.isfinite(largest):
        return largest
    scaled = (g.astype(np.float64) / largest for g in gradients)
    return largest * math.sqrt(sum(map(_sum_of_squares, scaled)))


def _sum_of_squares(g: Array) -> float:
    """Σ g², without BLAS, whose threads start slowly and whose last bits depend on their number."""
    flat = g.ravel()
    return float(np.einsum("i,i->", flat, flat))


def clip_grad_norm(parameters: Parameters, most: float) -> float:
    """Scale all gradients by ``min(1, most / ‖g‖)``, and return ``‖g‖`` as it was.

    ``‖g‖`` is the norm of all gradients together (``grad_norm``), so their direction stays.
    (Pascanu et al. 2013.) Raises ``ValueError`` unless ``most`` is above 0. A norm of nan or inf
    is returned, and the gradients are left as they are.

    >>> from autograd import Tensor
    >>> w = Tensor([1.0, 1.0])
    >>> w.grad = np.array([3.0, 4.0])
    >>> clip_grad_norm([w], 1.0), w.grad
    (5.0, array([0.6, 0.8]))
    """
    if not most > 0:
        raise ValueError(f"clip_grad_norm: the largest norm must be above 0, not {most}")
    norm = grad_norm(parameters)
    if most < norm < math.inf:
        for p in named_parameters(parameters).values():
            if p.grad is not None:
                p.grad = p.grad * (most / norm)
    return norm


def clip_grad_value(parameters: Parameters, most: float) -> None:
    """Clip every entry of every gradient to the interval from ``-most`` to ``most``.

    Raises ``ValueError`` unless ``most`` is above 0.

    >>> from autograd import Tensor
    >>> w = Tensor([1.0, 1.0])
    >>> w.grad = np.array([3.0, -0.5])
    >>> clip_grad_value([w], 1.0)
    >>> w.grad
    array([ 1. , -0.5])
    """
    if not most > 0:
        raise ValueError(f"clip_grad_value: the largest value must be above 0, not {most}")
    for p in named_parameters(parameters).values():
        if p.grad is not None:
            p.grad = np.clip(p.grad, -most, most)
