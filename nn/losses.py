"""Losses: how far predictions are from targets, as one number to make small.

Each takes first the prediction (a node or an array), then the target, one example a row.
``reduction`` is "mean" (the default), "sum" or "none". Losses of a whole row, such as the
cross-entropy, average over examples; losses of single entries, such as the squared error, over
all entries, as NumPy and PyTorch do. Shapes are never broadcast. What to report rather than
train on is in ``nn.metrics``; likelihoods and divergences are in ``nn.likelihoods``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from nn.data import DataError
from nn.modules.module import Module
from nn.targets import (
    Reduction,
    alike,
    cast_like,
    check_classes,
    check_distributions,
    check_probabilities,
    check_unit_interval,
    entries,
    examine,
    examine_target,
    given,
    lessened,
    reduce,
    rows_of,
    warn_of_probabilities,
)

# --------------------------------------------------------------------------------------------------
# Distances


def mse(prediction: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """Mean squared error: (y - f)², averaged over all entries; gradient 2(f - y)/N.

    The texts also write 1/(2m) Σ‖y - f‖² over m examples, which is ``quadratic_cost``, and
    ½ Σ (y - f)², which is ``sse``. Raises ``ValueError`` for unequal shapes.

    >>> float(mse([1.0, 2.0], [1.0, 4.0]))
    2.0
    """
    prediction, target = alike("mse", prediction, target)
    return reduce(ag.square(prediction - target), reduction)


def mae(prediction: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """Mean absolute error (L1): |y - f|, averaged over all entries; gradient ±1/N, 0 at 0.

    Outliers pull less than in ``mse``. Raises ``ValueError`` for unequal shapes.

    >>> float(mae([1.0, 2.0], [1.0, 4.0]))
    1.0
    """
    prediction, target = alike("mae", prediction, target)
    return reduce(ag.abs(prediction - target), reduction)


def sse(prediction: Any, target: Any, reduction: Reduction = "sum") -> Any:
    """Sum of squared errors: ½ Σₖ (yₖ - oₖ)² of each example, by default of all together.

    Gradient o - y. ``reduction="mean"`` is the ``quadratic_cost``. (Bishop 2006, eq. 5.11.)
    Raises ``ValueError`` for unequal shapes.

    >>> float(sse([[1.0, 2.0]], [[0.0, 4.0]]))
    2.5
    """
    prediction, target = alike("sse", prediction, target)
    squares = ag.square(prediction - target)
    return reduce(0.5 * (ag.sum(squares, -1) if squares.ndim > 1 else squares), reduction)


def quadratic_cost(prediction: Any, target: Any) -> Any:
    """1/(2m) Σ‖y - a‖² over m examples. (Nielsen 2015, eq. 6.)

    The target may be one-hot rows, or class numbers, which are made such rows. Raises
    ``ValueError`` for unequal shapes.

    >>> float(quadratic_cost([[0.5, 0.5], [0.0, 1.0]], [0, 1]))
    0.125
    """
    return sse(prediction, rows_of(prediction, target), "mean")


# --------------------------------------------------------------------------------------------------
# Cross-entropies


def binary_cross_entropy(probability: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """-[y ln o + (1 - y) ln(1 - o)] of probabilities o, entry by entry.

    Gradient (o - y)/(o(1 - o)). A target is 0, 1 or a probability between; a term that the target
    excludes is 0 also where the logarithm is infinite. From a network take the logits if you can:
    ``binary_cross_entropy_with_logits`` is exact where o rounds to 0 or 1.

    Raises ``ValueError`` for unequal shapes, and for numbers outside [0, 1].

    >>> round(float(binary_cross_entropy([0.9, 0.2], [1, 0])), 4)
    0.1643
    """
    o, y = alike("binary_cross_entropy", probability, target)
    examine(check_probabilities, "binary_cross_entropy", prediction=o)
    examine_target(check_unit_interval, "binary_cross_entropy", target=y)
    # Where a term does not count its logarithm is taken of 1, so that no 0·∞ arises.
    positive = y * ag.log(ag.where(y == 0, 1, o))
    negative = (1 - y) * ag.log(ag.where(y == 1, 1, 1 - o))
    return reduce(-(positive + negative), reduction)


def binary_cross_entropy_with_logits(
    logits: Any, target: Any, reduction: Reduction = "mean"
) -> Any:
    """-[y ln σ(z) + (1 - y) ln(1 - σ(z))] = ln(1 + eᶻ) - y z of logits z, entry by entry.

    Gradient σ(z) - y. It neither overflows nor loses the gradient for any finite z. Targets as in
    ``binary_cross_entropy``; several outputs of one example are several entries.

    Raises ``ValueError`` for unequal shapes and targets outside [0, 1]; warns where z is itself
    the output of a sigmoid or softmax.

    >>> from autograd import grad
    >>> round(grad(lambda z: binary_cross_entropy_with_logits(z, 1.0))(0.0), 4)
    -0.5
    """
    z, y = alike("binary_cross_entropy_with_logits", logits, target)
    examine_target(check_unit_interval, "binary_cross_entropy_with_logits", target=y)
    warn_of_probabilities("binary_cross_entropy_with_logits", z)
    return reduce(ag.softplus(z) - y * z, reduction)


def cross_entropy_cost(logits: Any, target: Any) -> Any:
    """-1/m Σₓ Σⱼ [yⱼ ln aⱼ + (1 - yⱼ) ln(1 - aⱼ)] with a = σ(z), summed over sigmoid outputs.

    From the logits z. (Nielsen 2015, eq. 63.) The target is as in ``quadratic_cost``. For
    classes that exclude each other there is ``cross_entropy``. Raises ``ValueError`` for unequal
    shapes.

    >>> round(float(cross_entropy_cost([[2.0, -2.0]], [0])), 4)
    0.2539
    """
    z = given(logits)
    losses = binary_cross_entropy_with_logits(z, rows_of(z, target), "none")
    return ag.sum(losses) / max(len(z), 1)


def cross_entropy(logits: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """-Σₖ yₖ ln oₖ with o = softmax(z), from logits z: for one class, -z_y + ln Σⱼ e^{zⱼ}.

    Gradient softmax(z) - y. ``logits`` are (n, classes), or (classes,) for one example. The
    target is class numbers (n,), or rows of the shape of the logits: one-hot, or probabilities.

    Raises ``ValueError`` for shapes that do not fit, labels that are not class numbers, and rows
    that are not probabilities; warns where the logits are the output of a softmax or sigmoid.

    >>> import numpy as np
    >>> from autograd import Tensor
    >>> z = Tensor([[0.0, np.log(3.0)]])
    >>> loss = cross_entropy(z, [1])
    >>> loss.backward()
    >>> z.grad.round(4)
    array([[ 0.25, -0.25]])
    """
    z = given(logits)
    warn_of_probabilities("cross_entropy", z)
    classes = z.shape[-1] if z.ndim else 0
    if classes < 2 or z.size == 0:
        raise DataError(
            f"cross_entropy: logits of shape {z.shape}; one row for each example, with a logit "
            f"for each of two or more classes, is needed (for a single logit: "
            f"binary_cross_entropy_with_logits)"
        )
    target = given(target)
    if target.shape == z.shape:
        examine_target(check_distributions, "cross_entropy: a target row", target=target)
        target = cast_like(target, z)
        # A class that the target excludes counts as 0, also where its probability is 0.
        logs = ag.where(target == 0, 0, ag.log_softmax(z))
        return reduce(-ag.sum(target * logs, -1), reduction)
    if target.shape != z.shape[:-1]:
        fix = ": target.reshape(-1)" if target.size == len(z) else ""
        raise DataError(
            f"cross_entropy: logits of shape {z.shape} and a target of shape {target.shape}; give "
            f"one-hot rows or probabilities of the logits' shape, or class numbers of shape "
            f"{z.shape[:-1]}{fix}"
        )
    examine_target(check_classes, "cross_entropy", classes, target=target)
    of_classes = _written_out if ag.is_compiling() else _class_cross_entropy
    return reduce(of_classes(z, target), reduction)


def _class_cross_entropy_kernel(z: Any, y: Any) -> Any:
    below = z - np.maximum.reduce(z, -1, keepdims=True)
    return np.log(np.add.reduce(np.exp(below), -1)) - below.take(entries.kernel(y, z.shape[-1]))


def _class_cross_entropy_rule(g: Any, out: Any, z: Any, y: Any) -> Any:
    return lessened(ag.softmax(z) * g[..., np.newaxis], g, entries(y, classes=z.shape[-1]))


# One operation, so that the gradient is g (softmax(z) - 1{y = j}), with nothing scattered, and the
# labels are an argument of the graph, not part of an index.
_class_cross_entropy = ag.custom_op(
    _class_cross_entropy_kernel, vjp=(_class_cross_entropy_rule, None), name="cross_entropy"
)


def _written_out(z: Any, y: Any) -> Any:
    """The same in steps that its gradient takes too, so that a compiled program takes them once."""
    below = z - ag.stop_gradient(ag.max(z, -1, keepdims=True))
    total = ag.sum(ag.exp(below), -1, keepdims=True)
    return _surprise(below, ag.stop_gradient(total), entries(y, classes=z.shape[-1]))


def _surprise_rule(g: Any, out: Any, below: Any, total: Any, places: Any) -> Any:
    odds, g_column = ag.exp(below), g[..., np.newaxis]
    return lessened(odds * (g_column / ag.sum(odds, -1, keepdims=True)), g, places)


_surprise = ag.custom_op(
    lambda below, total, places: np.log(total)[..., 0] - below.take(places),
    vjp=(_surprise_rule, None, None),
    name="cross_entropy",
)


# --------------------------------------------------------------------------------------------------
# Regularisation


def weight_decay(model: Module, lam: float) -> Any:
    """λ/2 Σ W² over the weights of a model, to be added to its loss; gradient λ W.

    Biases are left out, and frozen weights: ``model.weights()`` says which count.
    (Nielsen 2015, eq. 85, without the 1/n.)

    >>> from nn import Linear
    >>> model = Linear(2, 1, init=lambda shape, rng, dtype: [[3.0, 4.0]])
    >>> float(weight_decay(model, 0.1))
    1.25
    """
    squares = [ag.sum(ag.square(weight)) for weight in model.weights()]
    return 0.5 * lam * ag.sum(ag.array(squares))
