"""What to do about a number that is not finite, by the operation that computed it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from math import inf
from typing import NamedTuple

import numpy as np

_SQUASHING = {"sigmoid", "softmax"}

_KEEP_AWAY = "keep the argument away from 0, as in log(x + 1e-12) or log(clip(x, 1e-12, None))"
_LOGITS = (
    "take the loss from the logits instead: cross_entropy or binary_cross_entropy_with_logits, or "
    "log_softmax(z), or -softplus(-z) for log(sigmoid(z)), which do not round to log(0)"
)
_TOO_LARGE = (
    "the numbers have grown too large: a smaller learning rate, inputs scaled to about 1, smaller "
    "initial weights, or gradients clipped"
)
_MASKED = "where both branches are computed, choose before: f(where(c, x, 1.0)), not where(c, f(x))"


_UNDETERMINED = (
    "0 · ∞ may be any number, since this 0 stands among small numbers: write the function without "
    "the infinite slope, as sum(x * x) for norm(x)**2, or leave the point out by where"
)


class Advice(NamedTuple):
    """A fix, for operations of these names whose operands meet a condition.

    when: a predicate of the operands at the entry in question; None for any. Those of an operation
        that is not elementwise are how many numbers it reads, and the square of the largest.
    """

    names: str
    when: Callable[..., bool] | None
    text: str


_FORWARD = (
    Advice("log log2 log10", lambda x: x == 0, f"log(0) is -inf: {_KEEP_AWAY}; {_MASKED}"),
    Advice("log log2 log10", lambda x: x < 0, "log of a negative number is nan: log(abs(x)), or a "
           "positive quantity by exp(z) or softplus(z)"),
    Advice("log1p", None, "log1p(x) needs x > -1"),
    Advice("sqrt", None, "the square root of a negative number is nan: clip it from below, "
           "sqrt(maximum(x, 0)), since rounding can make a difference of equals negative"),
    Advice("div reciprocal", lambda *x: x[-1] == 0, "a division by 0: add a small number to the "
           f"divisor, as in x / (y + 1e-12); {_MASKED}"),
    Advice("pow", lambda x, y: x == 0 and y < 0, f"0 to a negative power is inf: {_MASKED}"),
    Advice("pow", lambda x, y: x < 0 and y % 1 != 0, "a negative number has no real power with a "
           "fraction in the exponent: abs(x)**p, or sign(x) * abs(x)**p"),
    Advice("exp exp2 expm1 sinh cosh", None, "exp overflows above 709 (88 in float32): subtract "
           "the largest exponent first, as softmax, logsumexp, softplus and sigmoid do"),
    Advice("arcsin arccos", None, "defined on [-1, 1] only: clip(x, -1, 1)"),
    Advice("arccosh", None, "defined for x ≥ 1 only: maximum(x, 1)"),
    Advice("arctanh", None, "finite inside (-1, 1) only: clip(x, -1 + 1e-7, 1 - 1e-7)"),
    Advice("mean", lambda n, square: n == 0, "the mean of no numbers is nan: is the selection "
           "empty?"),
    Advice("var std", lambda n, square: square < inf, "the variance of n numbers with ddof=n or "
           "more divides by 0"),
    Advice("cast", None, "the number is too large for the type it is cast to"),
    Advice("softmax log_softmax logsumexp", None, "a row of nothing but -inf has no softmax: leave "
           "at least one entry of each row unmasked"),
    Advice("add sub mul matmul dot sum square prod pow mean var std", None, _TOO_LARGE),
)  # fmt: skip

_BACKWARD = (
    Advice("sqrt", None, "the slope of sqrt at 0 is inf: sqrt(x + 1e-12); a length is norm(x), "
           "hypot(x, y) or std(x), whose derivative at 0 is taken as 0"),
    Advice("cbrt", None, "the slope of the cube root at 0 is inf: cbrt(x + 1e-12)"),
    Advice("log log2 log10", None, f"the slope of log at 0 is inf: {_KEEP_AWAY}; {_MASKED}"),
    Advice("pow", None, "the slope of x**p at 0 is inf for 0 < p < 1: (x + 1e-12)**p"),
    Advice("arcsin arccos", None, "the slope at -1 and 1 is inf: clip(x, -1 + 1e-7, 1 - 1e-7)"),
    Advice("div reciprocal", None, "the slope of 1/y grows as 1/y²: keep the divisor away from 0"),
    Advice("eigh eigvalsh svd", None, "vectors of equal eigenvalues or singular values have no "
           "derivative: use the values alone, or break the tie"),
    Advice("linalg_norm norm", None, "the slope of this norm at 0 is not finite: norm(x + 1e-12)"),
)  # fmt: skip


def advice(
    name: str,
    backward: bool,
    operands: Sequence[float] | None,
    makers: Collection[str],
    g: float | None = None,
) -> str:
    """What to do about the operation `name`, or its derivative; "" if nothing is known.

    operands: those of `Advice`, where they are known.
    makers: the names of the operations that computed the arguments.
    g: the cotangent at the entry in question, where it is known and has become NaN.

    >>> advice("sqrt", False, [-1.0], [])[:38]
    'the square root of a negative number i'
    """
    if g == 0:
        return _UNDETERMINED
    real = None if operands is None or any(map(np.imag, operands)) else np.real(operands).tolist()
    if name in ("log", "log2", "log10") and _SQUASHING.intersection(makers):
        return _LOGITS
    for row in _BACKWARD if backward else _FORWARD:
        if name not in row.names.split():
            continue
        if row.when is None or (real is not None and row.when(*real)):
            return row.text
    return _TOO_LARGE if backward else ""
