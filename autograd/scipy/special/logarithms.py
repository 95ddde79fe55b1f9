"""Logarithms, exponentials, logistic functions and entropies."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.engine.operations import Op
from autograd.ops import Axis
from autograd.plain import getval
from autograd.scipy.special.functions import special_op

expit: Op

expit = special_op("expit", lambda out, x: out * (1 - out))
log_expit: Final = special_op("log_expit", lambda out, x: expit(-x))
logit: Final = special_op("logit", lambda out, x: 1 / (x * (1 - x)))
xlogy = special_op("xlogy", lambda out, x, y: ops.log(y), lambda out, x, y: x / y)
xlog1py = special_op("xlog1py", lambda out, x, y: ops.log1p(y), lambda out, x, y: x / (1 + y))
entr: Final = special_op("entr", lambda out, x: -1 - ops.log(x))
rel_entr: Final = special_op(
    "rel_entr", lambda out, x, y: ops.log(x / y) + 1, lambda out, x, y: -x / y
)
kl_div: Final = special_op("kl_div", lambda out, x, y: ops.log(x / y), lambda out, x, y: 1 - x / y)
exp10: Final = special_op("exp10", lambda out, x: out * math.log(10))


def logsumexp(
    a: Array,
    axis: Axis = None,
    b: Array | None = None,
    keepdims: bool = False,
    return_sign: bool = False,
) -> Any:
    """ln Σ b exp(a) without overflow; with `return_sign`, ln |Σ b exp(a)| and its sign.

    Without `return_sign`, a negative sum gives NaN.
    """
    if b is None:
        found = ops.logsumexp(a, axis, keepdims)
        return (found, np.ones(ops.shape_of(found))[()]) if return_sign else found
    a = ops.array(a)
    counted = np.where(np.equal(getval(b), 0), -np.inf, getval(a))
    top = np.max(counted, axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0.0)
    total = ops.sum(b * ops.exp(ops.where(counted == -np.inf, -np.inf, a - top)), axis, keepdims)
    sign = np.sign(getval(total))
    found = ops.log(total * sign if return_sign else total) + top.reshape(ops.shape_of(total))
    return (found, sign) if return_sign else found


def softmax(x: Array, axis: Axis = None) -> Array:
    """exp(x) / Σ exp(x), over all entries or along an axis."""
    return ops.softmax(x, axis)


def log_softmax(x: Array, axis: Axis = None) -> Array:
    """x - ln Σ exp(x), over all entries or along an axis."""
    return ops.log_softmax(x, axis)
