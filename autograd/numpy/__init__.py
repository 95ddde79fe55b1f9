"""NumPy for programs written for HIPS autograd: `import autograd.numpy as np`.

Without nodes among the arguments every function is NumPy's own. With nodes it is differentiable to
any order, returns a plain result, or raises TypeError; docs/numpy_functions.md lists which.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy

from autograd.alternatives import MARKS, Mark
from autograd.numpy import (
    calculus,
    creation,
    elementwise,
    integers,
    rearranging,
    reductions,
    statistics,
)
from autograd.numpy.linalg import mat_vec, vec_dot, vec_mat
from autograd.numpy.wrapping import wrap

if TYPE_CHECKING:
    from numpy import *  # noqa: F403
else:
    from autograd.numpy import fft as fft
    from autograd.numpy import random as random

_PLAIN = """
arange array2string base_repr binary_repr blackman bartlett hamming hanning kaiser
broadcast_shapes can_cast common_type diag_indices einsum_path empty eye
format_float_positional format_float_scientific frexp fromfunction histogram histogram2d
histogram_bin_edges histogramdd identity indices isdtype isfortran isnat
isscalar issubdtype iterable mask_indices min_scalar_type mintypecode ones printoptions
promote_types savez_compressed set_printoptions tri tril_indices triu_indices typename zeros
"""
_INTEGERS = ("lexsort", "ravel_multi_index", "unravel_index")

_composed: dict[str, Any] = {}
for _module in (calculus, creation, elementwise, rearranging, reductions, statistics):
    _composed |= vars(_module)
_composed |= {
    name: rearranging.moving(getattr(numpy, name), argnum)
    for name, argnum in rearranging.MOVES.items()
    if hasattr(numpy, name)
}
_composed |= {"matvec": mat_vec, "vecdot": vec_dot, "vecmat": vec_mat}
_composed |= {name: getattr(integers, name) for name in _INTEGERS}
globals().update(wrap(numpy, _composed, _PLAIN.split()))
MARKS["numpy"] |= dict.fromkeys(_INTEGERS, Mark.PLAIN)
globals()["where"] = rearranging.where
_types = {t: integers.integer_type(t) for t in (numpy.int8, numpy.int16, numpy.int32, numpy.int64)}
globals().update(
    {name: _types[t] for name, t in vars(numpy).items() if isinstance(t, type) and t in _types}
)
globals().update({name: getattr(creation, name) for name in ("c_", "make_diagonal", "r_")})


_HIPS = ("numpy_boxes", "numpy_jvps", "numpy_vjps", "numpy_vspaces", "numpy_wrapper")


def __getattr__(name: str) -> Any:
    """HIPS autograd's further modules, and other names of NumPy, such as `polynomial`."""
    if name in _HIPS:
        return import_module(f"autograd.numpy.{name}")
    return getattr(numpy, name)
