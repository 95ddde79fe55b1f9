"""Negative log-likelihoods and the Kullback-Leibler divergence, as losses.

Maximising the likelihood minimises the matching loss: the squared error for a Gaussian, the
cross-entropy for a Bernoulli or categorical distribution. (Bishop 2006, section 5.2.)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import autograd as ag
from autograd import Tensor, Value
from nn.data import DataError
from nn.targets import (
    Reduction,
    as_data,
    as_prediction,
    cast_like,
    check_classes,
    check_distributions,
    check_probabilities,
    examine,
    examine_target,
    flat_index,
    gather,
    reduce,
    same_shape,
)


def gaussian_nll(
    mean: ArrayLike | Tensor,
    target: ArrayLike | Tensor,
    variance: ArrayLike | Tensor | Value = 1.0,
    reduction: Reduction = "mean",
) -> Tensor | Any:
    """-ln N(y; μ, σ²) = ½ [ln(2πσ²) + (y - μ)²/σ²] for each entry.

    For fixed σ² the minimum in μ is that of the squared error. If σ² is learned (a node, such as
    ``autograd.exp(log_variance)``), the minimum in σ² is the mean squared error. ``variance`` is a
    number, or an array that broadcasts to the shape of the mean.

    Raises ``ValueError`` for unequal shapes, and for a variance that is not positive. (Bishop 2006,
    eq. 5.13.)

    >>> round(float(gaussian_nll([1.0, 3.0], [1.0, 1.0])), 4)
    1.9189
    """
    mu, y = same_shape("gaussian_nll", mean, target)
    fixed = isinstance(variance, int | float)
    var: Any = variance if fixed else cast_like(as_data(variance), mu)
    examine(_check_variance, prediction=var)
    if np.broadcast_shapes(np.shape(var), mu.shape) != mu.shape:
        raise DataError(
            f"gaussian_nll: a variance of shape {np.shape(var)} does not broadcast to the "
            f"mean's shape {mu.shape}"
        )
    losses = 0.5 * (ag.log(var) + ag.square(y - mu) / var + math.log(2 * math.pi))
    return reduce(losses, reduction)


def _check_variance(data: Any) -> None:
    if np.any(data <= 0):
        raise DataError(
            f"gaussian_nll: the variance must be positive; the smallest is {np.min(data)}"
        )


def bernoulli_nll(
    probability: ArrayLike | Tensor, target: ArrayLike | Tensor, reduction: Reduction = "mean"
) -> Tensor | Any:
    """-ln p(y) with p(1) = p and p(0) = 1 - p, for each entry; the outcomes y are 0 or 1.

    It equals ``binary_cross_entropy``, which also takes probabilities as targets. Raises
    ``ValueError`` for unequal shapes, other outcomes, and probabilities outside [0, 1]. (Bishop
    2006, eq. 5.20.)

    >>> round(float(bernoulli_nll([0.9, 0.2], [1, 0])), 4)
    0.1643
    """
    p, outcome = same_shape("bernoulli_nll", probability, target)
    examine(check_probabilities, "bernoulli_nll", prediction=p)
    examine_target(_check_outcomes, target=outcome)
    return reduce(-ag.log(ag.where(outcome == 1, p, 1 - p)), reduction)


def _check_outcomes(data: Any) -> None:
    if not np.isin(data, (0, 1)).all():
        raise DataError("bernoulli_nll: the outcomes must be 0 or 1; the target has other numbers")


def categorical_nll(
    probabilities: ArrayLike | Tensor, target: ArrayLike | Tensor, reduction: Reduction = "mean"
) -> Tensor | Any:
    """-ln p_y for each row of probabilities (n, classes), with class numbers y (n,).

    It equals ``nn.cross_entropy`` of the logits, which is exact even if a probability underflows.
    Raises ``ValueError`` for shapes that do not fit, rows that are not probabilities, and labels
    that are not class numbers. (Bishop 2006, eq. 5.24.)

    >>> round(float(categorical_nll([[0.2, 0.8], [0.5, 0.5]], [1, 0])), 4)
    0.4581
    """
    p, y = as_prediction(probabilities), as_data(target)
    if p.ndim != 2 or p.size == 0 or y.shape != p.shape[:1]:
        raise DataError(
            f"categorical_nll: probabilities of shape {p.shape} and a target of shape "
            f"{y.shape}; (n, classes) and class numbers (n,) are needed"
        )
    examine(check_distributions, "categorical_nll: a row", prediction=p)
    examine_target(check_classes, "categorical_nll", p.shape[1], target=y)
    return reduce(-ag.log(gather(p, flat_index(y, classes=p.shape[-1]))), reduction)


def kl_divergence(
    prediction: ArrayLike | Tensor, target: ArrayLike | Tensor, reduction: Reduction = "mean"
) -> Tensor | Any:
    """D(q‖p) = Σ q ln(q/p) for each row, with the target q and the predicted distribution p.

    It is at least 0, and 0 only for p = q; 0 ln 0 counts as 0. It is the cross-entropy minus the
    entropy of q, which is 0 for one-hot q; so the two have the same gradient with respect to p. If
    the logits are known, train with ``nn.cross_entropy``.

    Raises ``ValueError`` for unequal shapes and rows that are not probabilities. (Bishop 2006, eq.
    1.113.)

    >>> round(float(kl_divergence([[0.5, 0.5]], [[0.25, 0.75]])), 4)
    0.1308
    """
    p, q = same_shape("kl_divergence", prediction, target)
    examine(check_distributions, "kl_divergence: a predicted row", prediction=p)
    examine_target(check_distributions, "kl_divergence: a target row", target=q)
    is_zero = q == 0
    terms = q * (ag.log(ag.where(is_zero, 1, q)) - ag.log(ag.where(is_zero, 1, p)))
    return reduce(ag.sum(terms, -1), reduction)
