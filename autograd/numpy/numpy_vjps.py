"""What rules for `defvjp` are written with in HIPS autograd, and its rules for NumPy's functions.

The engine sums every cotangent to the shape of its argument and casts it, so a rule need not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as onp

import autograd.numpy as anp
from autograd import ops
from autograd.hips.boxes import ArrayBox
from autograd.hips.primitives import primitive
from autograd.hips.rules import defvjp, defvjp_argnum, primitive_vjps, register_notrace
from autograd.hips.spaces import SparseObject, vspace
from autograd.numpy.numpy_wrapper import metadata
from autograd.ops.structural import broadcast_to, sum_to
from autograd.protocols import LOOKING_ONLY

__all__ = [
    "ArrayBox",
    "SparseObject",
    "balanced_eq",
    "defvjp",
    "defvjp_argnum",
    "dot_adjoint_0",
    "dot_adjoint_1",
    "match_complex",
    "matmul_adjoint_0",
    "matmul_adjoint_1",
    "metadata",
    "nograd_functions",
    "primitive",
    "register_notrace",
    "repeat_to_match_shape",
    "replace_zero",
    "tensordot_adjoint_0",
    "tensordot_adjoint_1",
    "unbroadcast",
    "unbroadcast_einsum",
    "unbroadcast_f",
    "unpermuter",
    "untake",
    "vspace",
]

_WITHOUT = """
around ceil fix floor floor_divide ones_like rint round sign trunc zeros_like
"""
nograd_functions: list[Any] = [
    *[getattr(anp, name) for name in _WITHOUT.split()],
    *LOOKING_ONLY,
]
"""Functions whose derivative is zero, or which have none."""


def unbroadcast(x: Any, target_meta: Any, broadcast_idx: int = 0) -> Any:
    """x summed to the shape of a target, from the result of `metadata(target)`.

    broadcast_idx: which axis is summed first, where x has more than the target.

    >>> import numpy as np
    >>> from autograd.numpy.numpy_vjps import metadata, unbroadcast
    >>> unbroadcast(np.ones((3, 2)), metadata(np.zeros(2)))
    array([3., 3.])
    """
    shape, ndim, _, is_complex = target_meta
    while ops.shape_of(x) and len(ops.shape_of(x)) > ndim:
        x = anp.sum(x, axis=broadcast_idx)
    x = sum_to(x, shape)
    return x if is_complex or not anp.iscomplexobj(x) else anp.real(x)


def unbroadcast_f(target: Any, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function g ↦ f(g) summed to the shape of `target`.

    >>> import autograd.numpy as np
    >>> from autograd import grad
    >>> from autograd.extend import defvjp, primitive
    >>> scale = primitive(lambda a, x: a * x)
    >>> defvjp(
    ...     scale,
    ...     lambda ans, a, x: unbroadcast_f(a, lambda g: g * x),
    ...     lambda ans, a, x: unbroadcast_f(x, lambda g: g * a),
    ... )
    >>> grad(lambda a: np.sum(scale(a, np.array([1.0, 2.0]))))(3.0)
    3.0
    """
    target_meta = metadata(target)
    return lambda g: unbroadcast(f(g), target_meta)


def unbroadcast_einsum(x: Any, target_meta: Any, subscript: Any) -> Any:
    """`unbroadcast`, where the axes that einsum broadcasts are those of the Ellipsis."""
    if Ellipsis not in subscript:
        return x
    place = -1 if subscript[-1] is Ellipsis else subscript.index(Ellipsis)
    return unbroadcast(x, target_meta, place)


def match_complex(target: Any, x: Any) -> Any:
    """x as a complex number where the target is one, and real where it is not.

    >>> from autograd.numpy.numpy_vjps import match_complex
    >>> match_complex(1.0, 2.0 + 3.0j), match_complex(1.0j, 2.0)
    (2.0, (2+0j))
    """
    wanted, found = anp.iscomplexobj(target), anp.iscomplexobj(x)
    if wanted == found:
        return x
    return x + 0j if wanted else anp.real(x)


def balanced_eq(x: Any, z: Any, y: Any) -> Any:
    """1 where x is z, or ½ where y is, too: the derivative of the larger or smaller of x and y.

    >>> from autograd.numpy.numpy_vjps import balanced_eq
    >>> balanced_eq(2.0, 2.0, 1.0), balanced_eq(2.0, 2.0, 2.0)
    (1.0, 0.5)
    """
    return (x == z) / (1.0 + (x == y))


def replace_zero(x: Any, val: Any) -> Any:
    """x, with `val` in place of zeros.

    >>> import numpy as np
    >>> from autograd.numpy.numpy_vjps import replace_zero
    >>> replace_zero(np.array([0.0, 2.0]), 1.0)
    array([1., 2.])
    """
    return anp.where(x == 0, val, x)


def repeat_to_match_shape(
    g: Any, shape: Any, dtype: Any, axis: Any, keepdims: bool
) -> tuple[Any, int]:
    """g, the cotangent of a reduction, in the shape reduced; and how many entries each stands for.

    >>> import numpy as np
    >>> from autograd.numpy.numpy_vjps import repeat_to_match_shape
    >>> repeat_to_match_shape(np.array([1.0, 2.0]), (3, 2), float, 0, False)[1]
    3
    """
    if shape == ():
        return g, 1
    axes = range(len(shape)) if axis is None else (axis,) if isinstance(axis, int) else axis
    reduced = {number % len(shape) for number in axes}
    kept = [1 if number in reduced else size for number, size in enumerate(shape)]
    count = int(onp.prod([shape[number] for number in reduced]))
    return broadcast_to(anp.reshape(g, kept), shape), count


def unpermuter(g: Any, permutation: Any) -> Any:
    """The entries of g put back to where a permutation took them from.

    >>> import numpy as np
    >>> from autograd.numpy.numpy_vjps import unpermuter
    >>> unpermuter(np.array([10.0, 20.0, 30.0]), np.array([2, 0, 1]))
    array([20., 30., 10.])
    """
    return g[onp.argsort(permutation)]


def untake(x: Any, idx: Any, vs: Any) -> Any:
    """Zeros of the space `vs`, with x added at the index: the transpose of indexing.

    >>> import numpy as np
    >>> from autograd.extend import vspace
    >>> from autograd.numpy.numpy_vjps import untake
    >>> untake(np.array([1.0, 2.0]), [0, 0], vspace(np.zeros(3)))
    array([3., 0., 0.])
    """
    if isinstance(idx, list) and not any(isinstance(part, slice) for part in idx):
        idx = onp.array(idx, dtype=onp.int64)
    return ops.scatter(x, idx, vs.shape)


def _adjoint(product: Callable[[Any, Any], Any], argnum: int) -> Callable[..., Any]:
    """The cotangent of a factor from the other, and from that of the product."""

    def of_factor(other: Any, g: Any, meta: Any) -> Any:
        at = onp.zeros(meta[0], meta[2])
        args = (at, other) if argnum == 0 else (other, at)
        return primitive_vjps[product]((argnum,), None, args, {})(g)[0]

    return of_factor


def dot_adjoint_0(B: Any, G: Any, A_meta: Any, B_meta: Any) -> Any:
    """The cotangent of A in dot(A, B), from that of the product."""
    return _adjoint(onp.dot, 0)(B, G, A_meta)


def dot_adjoint_1(A: Any, G: Any, A_meta: Any, B_meta: Any) -> Any:
    """The cotangent of B in dot(A, B), from that of the product."""
    return _adjoint(onp.dot, 1)(A, G, B_meta)


def matmul_adjoint_0(B: Any, G: Any, A_meta: Any, B_ndim: int) -> Any:
    """The cotangent of A in A @ B, from that of the product."""
    return _adjoint(onp.matmul, 0)(B, G, A_meta)


def matmul_adjoint_1(A: Any, G: Any, A_ndim: int, B_meta: Any) -> Any:
    """The cotangent of B in A @ B, from that of the product."""
    return _adjoint(onp.matmul, 1)(A, G, B_meta)


def tensordot_adjoint_0(B: Any, G: Any, axes: Any, A_ndim: int, B_ndim: int) -> Any:
    """The cotangent of A in tensordot(A, B, axes), from that of the product."""
    left, right = _contracted(axes, A_ndim, B_ndim)
    free = [axis for axis in range(B_ndim) if axis not in right]
    G_axes = range(A_ndim - len(left), len(ops.shape_of(G)))
    return _in_place(ops.tensordot(G, B, (list(G_axes), free)), left, right, A_ndim)


def tensordot_adjoint_1(A: Any, G: Any, axes: Any, A_ndim: int, B_ndim: int) -> Any:
    """The cotangent of B in tensordot(A, B, axes), from that of the product."""
    left, right = _contracted(axes, A_ndim, B_ndim)
    free = [axis for axis in range(A_ndim) if axis not in left]
    G_axes = range(A_ndim - len(left))
    return _in_place(ops.tensordot(G, A, (list(G_axes), free)), right, left, B_ndim)


def _contracted(axes: Any, A_ndim: int, B_ndim: int) -> tuple[list[int], list[int]]:
    if isinstance(axes, int):
        return list(range(A_ndim - axes, A_ndim)), list(range(axes))
    left, right = ([part] if isinstance(part, int) else list(part) for part in axes)
    return [axis % A_ndim for axis in left], [axis % B_ndim for axis in right]


def _in_place(found: Any, own: list[int], others: list[int], ndim: int) -> Any:
    """Axes in order: first came those that are not contracted, then the contracted of the other."""
    free = [axis for axis in range(ndim) if axis not in own]
    by_other = [own[number] for number in onp.argsort(others)]
    return anp.transpose(found, [int(n) for n in onp.argsort([*free, *by_other])])


def _maker(function: Any) -> Callable[..., Any]:
    """HIPS autograd's `grad_...`: the maker of the first VJP of a function of NumPy."""

    def maker(ans: Any, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
        pull = primitive_vjps[function]((0,), ans, args, kwargs)
        return lambda g: pull(g)[0]

    return maker


def _numbered(function: Any) -> Callable[..., Any]:
    def maker(argnum: int, ans: Any, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
        pull = primitive_vjps[function]((argnum,), ans, args, kwargs)
        return lambda g: pull(g)[0]

    return maker


_MAKERS = """
rollaxis diff gradient repeat tile transpose broadcast_to sort partition
"""
_NP_MAKERS = "sum mean prod var std cumsum"
globals().update({f"grad_{name}": _maker(getattr(anp, name)) for name in _MAKERS.split()})
globals().update({f"grad_np_{name}": _maker(getattr(anp, name)) for name in _NP_MAKERS.split()})
globals().update({f"grad_{name}": _numbered(getattr(anp, name)) for name in ("kron", "inner")})
