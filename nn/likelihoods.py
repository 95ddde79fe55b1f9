"""Negative log-likelihoods, and the divergence between distributions, as losses.

To maximise a likelihood is to minimise the matching loss: the squared error for a Gaussian, the
cross-entropy for a Bernoulli or categorical distribution. Those losses, in the form a network is
trained with, are in ``nn.losses``. (Bishop 2006, section 5.2.)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd as ag
from nn.data import DataError
from nn.targets import (
    Reduction,
    alike,
    cast_like,
    check_classes,
    check_distributions,
    check_probabilities,
    chosen,
    entries,
    examine,
    examine_target,
    given,
    reduce,
)


def gaussian_nll(mean: Any, target: Any, variance: Any = 1.0, reduction: Reduction = "mean") -> Any:
    """-ln N(y; μ, σ²) = ½ [ln(2πσ²) + (y - μ)²/σ²], entry by entry.

    With σ² fixed, its minimum in μ is that of the squared error; with σ² learned (a node, such as
    ``autograd.exp(log_variance)``), its minimum in σ² is the mean squared error. ``variance`` is
    one number, or of a shape that broadcasts to that of the mean.

    Raises ``ValueError`` for unequal shapes and a variance that is not positive.

    >>> round(float(gaussian_nll([1.0, 3.0], [1.0, 1.0])), 4)
    1.9189
    """
    mean, target = alike("gaussian_nll", mean, target)
    if not isinstance(variance, int | float):
        variance = cast_like(given(variance), mean)
    examine(_check_variance, prediction=variance)
    if np.broadcast_shapes(np.shape(variance), mean.shape) != mean.shape:
        raise DataError(
            f"gaussian_nll: a variance of shape {np.shape(variance)} does not broadcast to the "
            f"mean's shape {mean.shape}"
        )
    losses = 0.5 * (ag.log(variance) + ag.square(target - mean) / variance + math.log(2 * math.pi))
    return reduce(losses, reduction)


def _check_variance(data: Any) -> None:
    if np.any(data <= 0):
        raise DataError(f"gaussian_nll: a variance is positive, and the least is {np.min(data)}")


def bernoulli_nll(probability: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """-ln p(y) with p(1) = p and p(0) = 1 - p, entry by entry, of outcomes y that are 0 or 1.

    It equals ``binary_cross_entropy``, which takes probabilities as targets too. Raises
    ``ValueError`` for unequal shapes, other outcomes, and probabilities outside [0, 1].

    >>> round(float(bernoulli_nll([0.9, 0.2], [1, 0])), 4)
    0.1643
    """
    p, outcome = alike("bernoulli_nll", probability, target)
    examine(check_probabilities, "bernoulli_nll", prediction=p)
    examine_target(_check_outcomes, target=outcome)
    return reduce(-ag.log(ag.where(outcome == 1, p, 1 - p)), reduction)


def _check_outcomes(data: Any) -> None:
    if not np.isin(data, (0, 1)).all():
        raise DataError("bernoulli_nll: an outcome is 0 or 1, and others are among the targets")


def categorical_nll(probabilities: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """-ln p_y of rows of probabilities (n, classes) and class numbers y (n,), row by row.

    It equals ``nn.cross_entropy`` of the logits, which is exact where a probability underflows.
    Raises ``ValueError`` for shapes that do not fit, rows that are not probabilities, and labels
    that are not class numbers.

    >>> round(float(categorical_nll([[0.2, 0.8], [0.5, 0.5]], [1, 0])), 4)
    0.4581
    """
    p, outcome = given(probabilities), given(target)
    if p.ndim != 2 or p.size == 0 or outcome.shape != p.shape[:1]:
        raise DataError(
            f"categorical_nll: probabilities of shape {p.shape} and a target of shape "
            f"{outcome.shape}; (n, classes) and class numbers (n,) are needed"
        )
    examine(check_distributions, "categorical_nll: a row", prediction=p)
    examine_target(check_classes, "categorical_nll", p.shape[1], target=outcome)
    return reduce(-ag.log(chosen(p, entries(outcome, classes=p.shape[-1]))), reduction)


def kl_divergence(prediction: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """D(q‖p) = Σ q ln(q/p) of the target q from the predicted distribution p, row by row.

    At least 0, and 0 only where p = q; 0 ln 0 counts as 0. With one-hot q it is the cross-entropy,
    and for any q it is the cross-entropy less the entropy of q, so that their gradients with
    respect to p are equal: with logits at hand, train with ``nn.cross_entropy``.

    Raises ``ValueError`` for unequal shapes and rows that are not probabilities.

    >>> round(float(kl_divergence([[0.5, 0.5]], [[0.25, 0.75]])), 4)
    0.1308
    """
    p, q = alike("kl_divergence", prediction, target)
    examine(check_distributions, "kl_divergence: a predicted row", prediction=p)
    examine_target(check_distributions, "kl_divergence: a target row", target=q)
    absent = q == 0
    terms = q * (ag.log(ag.where(absent, 1, q)) - ag.log(ag.where(absent, 1, p)))
    return reduce(ag.sum(terms, -1), reduction)
