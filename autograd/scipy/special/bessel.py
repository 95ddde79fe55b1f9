"""Bessel functions."""

from __future__ import annotations

from typing import Final

from autograd import ops
from autograd.engine.operations import Op
from autograd.scipy.special.functions import special_op

# Rules below use functions that are defined further down, so the type checker needs them here.
i0e: Op
i1e: Op
i1: Op
iv: Op
ive: Op
j1: Op
jv: Op
jn: Op
k1: Op
kv: Op
y1: Op
yn: Op
yv: Op

j0: Final = special_op("j0", lambda out, x: -j1(x))
j1 = special_op("j1", lambda out, x: (j0(x) - jn(2, x)) / 2)
y0: Final = special_op("y0", lambda out, x: -y1(x))
y1 = special_op("y1", lambda out, x: (y0(x) - yn(2, x)) / 2)
i0: Final = special_op("i0", lambda out, x: i1(x))
i1 = special_op("i1", lambda out, x: (i0(x) + iv(2, x)) / 2)
k0: Final = special_op("k0", lambda out, x: -k1(x))
k1 = special_op("k1", lambda out, x: -(k0(x) + kv(2, x)) / 2)
jv = special_op("jv", "v", lambda out, v, x: (jv(v - 1, x) - jv(v + 1, x)) / 2)
yv = special_op("yv", "v", lambda out, v, x: (yv(v - 1, x) - yv(v + 1, x)) / 2)
iv = special_op("iv", "v", lambda out, v, x: (iv(v - 1, x) + iv(v + 1, x)) / 2)
kv = special_op("kv", "v", lambda out, v, x: -(kv(v - 1, x) + kv(v + 1, x)) / 2)
jn, yn = jv, yv
ive = special_op(
    "ive",
    "v",
    lambda out, v, x: (ive(v - 1, x) + ive(v + 1, x)) / 2 - ops.sign(x) * out,
)
i0e = special_op("i0e", lambda out, x: i1e(x) - ops.sign(x) * out)
i1e = special_op("i1e", lambda out, x: (i0e(x) + ive(2, x)) / 2 - ops.sign(x) * out)
