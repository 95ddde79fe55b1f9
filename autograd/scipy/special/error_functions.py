"""Error functions, and the normal and Student's t distributions."""

from __future__ import annotations

import math
from typing import Final

from autograd import ops
from autograd.scipy.special.functions import special_op
from autograd.scipy.special.gammas import betaln

_ROOT_PI = math.sqrt(math.pi)
_ROOT_2PI = math.sqrt(2 * math.pi)

erf: Final = special_op("erf", lambda out, x: 2 / _ROOT_PI * ops.exp(-x * x))
erfc: Final = special_op("erfc", lambda out, x: -2 / _ROOT_PI * ops.exp(-x * x))
erfcx: Final = special_op("erfcx", lambda out, x: 2 * x * out - 2 / _ROOT_PI)
erfinv: Final = special_op("erfinv", lambda out, x: _ROOT_PI / 2 * ops.exp(out * out))
erfcinv: Final = special_op("erfcinv", lambda out, x: -_ROOT_PI / 2 * ops.exp(out * out))
dawsn: Final = special_op("dawsn", lambda out, x: 1 - 2 * x * out)
ndtr: Final = special_op("ndtr", lambda out, x: ops.exp(-x * x / 2) / _ROOT_2PI)
log_ndtr: Final = special_op("log_ndtr", lambda out, x: ops.exp(-x * x / 2 - out) / _ROOT_2PI)
ndtri: Final = special_op("ndtri", lambda out, x: _ROOT_2PI * ops.exp(out * out / 2))
stdtr: Final = special_op(
    "stdtr",
    "df",
    lambda out, df, t: ops.exp(
        -(df + 1) / 2 * ops.log1p(t * t / df) - betaln(df / 2, 0.5) - ops.log(df) / 2
    ),
)
