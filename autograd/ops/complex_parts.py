"""Real and imaginary part, and the conjugate: linear operations of complex numbers, if not by
complex factors.

Cotangents and tangents pair by Re Σ g·t, and so a transpose conjugates nothing: that of a product
by d is the product by d. Of all operations these alone are not that, and each names its transpose.
They and the operations with real results, such as `abs`, make up what is not holomorphic; the
engine takes the real part of a complex cotangent where its node is real.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from autograd import kernels
from autograd.convert import ArrayLike
from autograd.engine.graph import Array, Node
from autograd.ops.array_function import array_function
from autograd.ops.op_types import Linear
from autograd.ops.predicates import nondifferentiable

real_op: Final = Linear("real", kernels.real_part, lambda g, x: g, symbol="Re")
imag_op: Final = Linear("imag", kernels.imaginary_part, lambda g, x: g * -1j, symbol="Im")
conj_op: Linear = Linear("conj", np.conjugate, lambda g, x: conj_op(g), symbol="‾")


def is_complex(x: Any) -> bool:
    """Whether x is a complex number, or an array or node that holds complex numbers."""
    dtype = getattr(x, "dtype", None)
    return isinstance(x, complex) if dtype is None else dtype.kind == "c"


def branch_on_type(out: Array) -> None:
    """Branch on whether `out` is complex, where that depends on the numbers it is computed from.

    A program compiled with real eigenvalues is not run where they are complex.
    """
    bool(nondifferentiable(np.iscomplexobj, out))


def _as_data(x: ArrayLike) -> Array:
    return x if isinstance(x, Node | np.ndarray | np.generic | complex | float) else np.asarray(x)


@array_function
def real(x: ArrayLike) -> Array:
    """The real part of x, entry by entry; x itself if it is real.

    >>> from autograd import grad, real
    >>> grad(lambda z: real(z**2))(1 + 2j)
    (2+4j)
    """
    x = _as_data(x)
    return real_op(x) if is_complex(x) else x


def imag(x: ArrayLike) -> Array:
    """The imaginary part of x, entry by entry; zeros if x is real.

    >>> from autograd import imag
    >>> float(imag(1 + 2j))
    2.0
    """
    x = _as_data(x)
    return imag_op(x) if is_complex(x) else nondifferentiable(np.imag, x)


@array_function
def conj(x: ArrayLike) -> Array:
    """The complex conjugate of x, entry by entry; x itself if it is real.

    >>> from autograd import conj
    >>> complex(conj(1 + 2j))
    (1-2j)
    """
    x = _as_data(x)
    return conj_op(x) if is_complex(x) else x
