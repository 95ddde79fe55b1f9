"""Logarithms, exponentials, logistic functions and entropies."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.engine.operations import Op
from autograd.ops import Axis
from autograd.ops.complex_parts import is_complex
from autograd.ops.op_types import custom_op
from autograd.ops.predicates import nondifferentiable
from autograd.ops.structural import plain
from autograd.scipy.special.functions import special_op

expit: Op = special_op("expit", lambda out, x: out * expit(-x))  # 1 - out is 0 far right
log_expit: Final = special_op("log_expit", lambda out, x: expit(-x))
logit: Final = special_op(
    "logit", lambda out, x: ops.where((x < 0) | (x > 1), np.nan, 1 / (x * (1 - x)))
)


@np.errstate(all="ignore")
def _share(x: Any, y: Any) -> Any:
    ratio = np.divide(x, y)
    if is_complex(ratio):
        return np.where(np.equal(x, 0) & np.equal(y, 0), 0.0, ratio)[()]
    return np.where(np.equal(x, 0) & np.less_equal(y, 0), 0.0, np.where(y < 0, np.nan, ratio))[()]


share: Op = custom_op(
    _share,
    derivative=(lambda out, x, y: 1 / y, lambda out, x, y: -share(x, y * y)),
    name="share",
)
"""x / y, the derivative of x ln y with respect to y: 0 where x = 0, even if y = 0, and NaN where
the logarithm is, which of complex numbers it is nowhere else.
"""


@np.errstate(all="ignore")
def _log_ratio(x: Any, y: Any) -> Any:
    ratio = np.divide(x, y)
    close = np.log1p(np.divide(np.subtract(x, y), y))
    return np.where((ratio > 0.5) & (ratio < 2), close, np.log(x) - np.log(y))[()]


log_ratio: Final = custom_op(
    _log_ratio,
    derivative=(lambda out, x, y: 1 / x, lambda out, x, y: -1 / y),
    name="log_ratio",
)
"""ln(x / y), for ratios that overflow and for ratios close to 1, too."""


def _kl_div_y(out: Array, x: Array, y: Array) -> Array:
    close = (y > 0) & (2 * x > y)
    return ops.where(close, (y - x) / ops.where(close, y, 1.0), 1 - share(x, y))


xlogy: Final = special_op("xlogy", lambda out, x, y: ops.log(y), lambda out, x, y: share(x, y))
xlog1py: Final = special_op(
    "xlog1py", lambda out, x, y: ops.log1p(y), lambda out, x, y: share(x, 1 + y)
)
entr: Final = special_op("entr", lambda out, x: -1 - ops.log(x))
rel_entr: Final = special_op(
    "rel_entr", lambda out, x, y: log_ratio(x, y) + 1, lambda out, x, y: -share(x, y)
)
kl_div: Final = special_op("kl_div", lambda out, x, y: log_ratio(x, y), _kl_div_y)
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
        if return_sign and is_complex(found):
            return _size_and_sign(found)
        return (found, np.ones(ops.shape_of(found))[()]) if return_sign else found
    a = ops.array(a)
    if ops.array(b).dtype.kind == "b":  # which beside a number would count as float64
        b = ops.cast(b, a.dtype)
    absent, data = np.equal(plain(b), 0), plain(a)
    counted = np.where(absent, -np.inf, data)
    top = nondifferentiable(np.max, counted, axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0.0)
    # Where b = 0, exp(a - top) may overflow. As the derivative with respect to b it is then inf,
    # which that of the square root is, too.
    beyond = absent & (data - top > 700)
    terms = b * ops.exp(ops.where(beyond, 0.0, a - top))
    terms = ops.where(beyond, ops.sqrt(ops.where(beyond, b, 1.0)), terms)
    total = ops.sum(terms, axis, keepdims)
    if is_complex(total):
        found = ops.log(total) + top.reshape(ops.shape_of(total))
        return _size_and_sign(found) if return_sign else found
    sign = np.sign(plain(total))
    found = ops.log(total * sign if return_sign else total) + top.reshape(ops.shape_of(total))
    return (found, sign) if return_sign else found


def _size_and_sign(logarithm: Array) -> tuple[Array, Array]:
    """ln |z| and z / |z|, from ln z."""
    return ops.real(logarithm), ops.exp(1j * ops.imag(logarithm))


def softmax(x: Array, axis: Axis = None) -> Array:
    """exp(x) / Σ exp(x), over all entries or along an axis."""
    return ops.softmax(x, axis)


def log_softmax(x: Array, axis: Axis = None) -> Array:
    """x - ln Σ exp(x), over all entries or along an axis."""
    return ops.log_softmax(x, axis)
