"""Losses: functions of a prediction and a target that training minimises.

The arguments are the prediction and the target, each a node or an array with one example per row.
``reduction`` is "mean" (the default), "sum" or "none". Losses of a whole row, such as the
cross-entropy, are averaged over examples; losses of single entries, such as the squared error, over
all entries, as in NumPy and PyTorch. Losses do not broadcast: unequal shapes raise an error.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import autograd as ag
from autograd import Tensor
from nn.data import DataError
from nn.modules.module import Module
from nn.targets import (
    Reduction,
    as_data,
    as_prediction,
    cast_like,
    check_classes,
    check_distributions,
    check_probabilities,
    check_unit_interval,
    examine,
    examine_target,
    flat_index,
    one_hot_rows,
    reduce,
    same_shape,
    subtract_at,
    warn_of_probabilities,
)

# --------------------------------------------------------------------------------------------------
# Distances


def mse(
    prediction: ArrayLike | Tensor, target: ArrayLike | Tensor, reduction: Reduction = "mean"
) -> Tensor | Any:
    """Mean squared error: 1/N Σ (y - f)² over all N entries; gradient 2(f - y)/N.

    Textbooks also define it as 1/(2m) Σ‖y - f‖² over m examples, which is ``quadratic_cost``, and
    ½ Σ (y - f)², which is ``sse``. Raises ``ValueError`` for unequal shapes. (Lindholm et al. 2022,
    section 5.2.)

    >>> float(mse([1.0, 2.0], [1.0, 4.0]))
    2.0
    """
    f, y = same_shape("mse", prediction, target)
    return reduce(ag.square(f - y), reduction)


def mae(
    prediction: ArrayLike | Tensor, target: ArrayLike | Tensor, reduction: Reduction = "mean"
) -> Tensor | Any:
    """Mean absolute error (L1): 1/N Σ |y - f| over all N entries; gradient ±1/N, and 0 at f = y.

    Outliers have less influence than in ``mse``. Raises ``ValueError`` for unequal shapes.

    >>> float(mae([1.0, 2.0], [1.0, 4.0]))
    1.0
    """
    f, y = same_shape("mae", prediction, target)
    return reduce(ag.abs(f - y), reduction)


def sse(
    prediction: ArrayLike | Tensor, target: ArrayLike | Tensor, reduction: Reduction = "sum"
) -> Tensor | Any:
    """Sum of squared errors: ½ Σₖ (yₖ - oₖ)² for each example, summed over examples by default.

    Gradient o - y. ``reduction="mean"`` gives the ``quadratic_cost``. Raises ``ValueError`` for
    unequal shapes. (Bishop 2006, eq. 5.11.)

    >>> float(sse([[1.0, 2.0]], [[0.0, 4.0]]))
    2.5
    """
    o, y = same_shape("sse", prediction, target)
    squares = ag.square(o - y)
    return reduce(0.5 * (ag.sum(squares, -1) if squares.ndim > 1 else squares), reduction)


def quadratic_cost(
    prediction: ArrayLike | Tensor, target: ArrayLike | Tensor, reduction: Reduction = "mean"
) -> Tensor | Any:
    """1/(2m) Σ‖y - a‖² over m examples; gradient (a - y)/m.

    ``prediction`` is (m, outputs). The target is of the same shape, or class numbers (m,), which
    stand for one-hot rows. Raises ``ValueError`` for other shapes. (Nielsen 2015, eq. 6.)

    >>> float(quadratic_cost([[0.5, 0.5], [0.0, 1.0]], [0, 1]))
    0.125
    """
    return sse(prediction, one_hot_rows(prediction, target), reduction)


# --------------------------------------------------------------------------------------------------
# Cross-entropies


def binary_cross_entropy(
    probability: ArrayLike | Tensor, target: ArrayLike | Tensor, reduction: Reduction = "mean"
) -> Tensor | Any:
    """-[y ln o + (1 - y) ln(1 - o)] for each entry, from probabilities o.

    Gradient (o - y)/(o(1 - o)). A target is 0, 1 or a probability between; a term with factor 0
    counts as 0 even if its logarithm is infinite. For the logits of a network,
    ``binary_cross_entropy_with_logits`` is exact even where o rounds to 0 or 1.

    Raises ``ValueError`` for unequal shapes, and for numbers outside [0, 1]. (Bishop 2006, eq.
    5.21.)

    >>> round(float(binary_cross_entropy([0.9, 0.2], [1, 0])), 4)
    0.1643
    """
    o, y = same_shape("binary_cross_entropy", probability, target)
    examine(check_probabilities, "binary_cross_entropy", prediction=o)
    examine_target(check_unit_interval, "binary_cross_entropy", target=y)
    # A term with factor 0 takes the logarithm of 1, to avoid 0 · ∞.
    positive = y * ag.log(ag.where(y == 0, 1, o))
    negative = (1 - y) * ag.log(ag.where(y == 1, 1, 1 - o))
    return reduce(-(positive + negative), reduction)


def binary_cross_entropy_with_logits(
    logits: ArrayLike | Tensor, target: ArrayLike | Tensor, reduction: Reduction = "mean"
) -> Tensor | Any:
    """-[y ln σ(z) + (1 - y) ln(1 - σ(z))] = ln(1 + eᶻ) - y z for each entry, from logits z.

    Gradient σ(z) - y. It is exact for every z: it does not overflow, the gradient does not vanish,
    and an infinite logit has the loss 0 or ∞. Targets are as in ``binary_cross_entropy``.

    Raises ``ValueError`` for unequal shapes and targets outside [0, 1]. Warns if z is the output of
    a sigmoid or softmax. (Nielsen 2015, eq. 57.)

    >>> from autograd import grad
    >>> round(grad(lambda z: binary_cross_entropy_with_logits(z, 1.0))(0.0), 4)
    -0.5
    """
    z, y = same_shape("binary_cross_entropy_with_logits", logits, target)
    examine_target(check_unit_interval, "binary_cross_entropy_with_logits", target=y)
    warn_of_probabilities("binary_cross_entropy_with_logits", z)
    # For y = 1 it is ln(1 + e⁻ᶻ). That leaves a factor of 0 for z where y is 0 or 1.
    one = y == 1
    rest = (y - one) * ag.where((one | (y == 0)) & np.isinf(z), 0, z)
    return reduce(ag.softplus(ag.where(one, -z, z)) - rest, reduction)


def cross_entropy_cost(
    logits: ArrayLike | Tensor, target: ArrayLike | Tensor, reduction: Reduction = "mean"
) -> Tensor | Any:
    """-1/m Σₓ Σⱼ [yⱼ ln aⱼ + (1 - yⱼ) ln(1 - aⱼ)] with sigmoid outputs a = σ(z), from logits z.

    Gradient (a - y)/m. ``logits`` are (m, outputs), and the target is as in ``quadratic_cost``. For
    classes that exclude each other use ``cross_entropy``. Raises ``ValueError`` for unequal shapes.
    (Nielsen 2015, eq. 63.)

    >>> round(float(cross_entropy_cost([[2.0, -2.0]], [0])), 4)
    0.2539
    """
    z = as_prediction(logits)
    losses = binary_cross_entropy_with_logits(z, one_hot_rows(z, target), "none")
    return reduce(ag.sum(losses, -1) if losses.ndim > 1 else losses, reduction)


def cross_entropy(
    logits: ArrayLike | Tensor,
    target: ArrayLike | Tensor,
    reduction: Reduction = "mean",
    *,
    label_smoothing: float = 0.0,
) -> Tensor | Any:
    """-Σₖ yₖ ln oₖ with o = softmax(z), from logits z; for class y it is -z_y + ln Σⱼ e^{zⱼ}.

    Gradient softmax(z) - y for each example. ``logits`` are (n, classes), or (classes,) for one
    example. The target is class numbers (n,), or one-hot rows or probabilities of the shape of the
    logits. With ``label_smoothing`` ε the target is (1 - ε) y + ε/K for K classes (Szegedy et al.
    2016); for training with it, ``loss=functools.partial(nn.cross_entropy, label_smoothing=0.1)``.

    Raises ``ValueError`` for shapes that do not fit, labels that are not class numbers, rows that
    are not probabilities, and an ε outside [0, 1]. Warns if the logits are the output of a softmax
    or sigmoid. (Bishop 2006, eq. 5.24; Lindholm et al. 2022, section 6.1.)

    >>> import numpy as np
    >>> from autograd import Tensor
    >>> z = Tensor([[0.0, np.log(3.0)]])
    >>> loss = cross_entropy(z, [1])
    >>> loss.backward()
    >>> z.grad.round(4)
    array([[ 0.25, -0.25]])
    """
    z = as_prediction(logits)
    warn_of_probabilities("cross_entropy", z)
    classes = z.shape[-1] if z.ndim else 0
    if classes < 2 or z.size == 0:
        raise DataError(
            f"cross_entropy: logits of shape {z.shape}; one row for each example, with a logit "
            f"for each of two or more classes, is needed (for a single logit: "
            f"binary_cross_entropy_with_logits)"
        )
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: label_smoothing={label_smoothing} is not from 0 to 1")
    y = as_data(target)
    if label_smoothing:
        losses = cross_entropy(z, y, "none")
        uniform = -ag.mean(ag.log_softmax(z), -1)
        return reduce((1 - label_smoothing) * losses + label_smoothing * uniform, reduction)
    if y.shape == z.shape:
        examine_target(check_distributions, "cross_entropy: a target row", target=y)
        y = cast_like(y, z)
        # A class with target 0 counts as 0 even if its probability is 0.
        logs = ag.where(y == 0, 0, ag.log_softmax(z))
        return reduce(-ag.sum(y * logs, -1), reduction)
    if y.shape != z.shape[:-1]:
        fix = ": target.reshape(-1)" if y.size == len(z) else ""
        raise DataError(
            f"cross_entropy: logits of shape {z.shape} and a target of shape {y.shape}; give "
            f"one-hot rows or probabilities of the logits' shape, or class numbers of shape "
            f"{z.shape[:-1]}{fix}"
        )
    examine_target(check_classes, "cross_entropy", classes, target=y)
    of_classes = _class_cross_entropy_in_steps if ag.is_compiling() else _class_cross_entropy
    return reduce(of_classes(z, y), reduction)


def _class_cross_entropy_kernel(z: Any, y: Any) -> Any:
    shifted = z - np.maximum.reduce(z, -1, keepdims=True)
    index = flat_index.kernel(y, z.shape[-1])
    return np.log(np.add.reduce(np.exp(shifted), -1)) - shifted.take(index)


def _class_cross_entropy_rule(g: Any, out: Any, z: Any, y: Any) -> Any:
    return subtract_at(ag.softmax(z) * g[..., np.newaxis], g, flat_index(y, classes=z.shape[-1]))


# A single operation, so that the gradient is g (softmax(z) - 1{y = j}) without a scatter, and the
# labels are an argument of the graph and not part of an index.
_class_cross_entropy = ag.custom_op(
    _class_cross_entropy_kernel, vjp=(_class_cross_entropy_rule, None), name="cross_entropy"
)


def _class_cross_entropy_in_steps(z: Any, y: Any) -> Any:
    """The same from steps that its gradient shares, so that a compiled program does them once."""
    shifted = z - ag.stop_gradient(ag.max(z, -1, keepdims=True))
    labels = ag.cast(ag.ravel(y), np.intp)
    right = ag.reshape(shifted, (-1, z.shape[-1]))[np.arange(labels.size), labels]
    return ag.log(ag.sum(ag.exp(shifted), -1)) - ag.reshape(right, y.shape)


# --------------------------------------------------------------------------------------------------
# Regularisation


def weight_decay(model: Module, lam: float) -> Tensor | Any:
    """λ/2 Σ W² over ``model.weights()``, a term to add to the loss; gradient λ W.

    Biases and frozen weights are left out. (Nielsen 2015, eq. 85, without the factor 1/n.)

    >>> from nn import Linear
    >>> model = Linear(2, 1, init=lambda shape, rng, dtype: [[3.0, 4.0]])
    >>> float(weight_decay(model, 0.1))
    1.25
    """
    squares = [ag.sum(ag.square(weight)) for weight in model.weights()]
    return 0.5 * lam * ag.sum(ag.array(squares))
