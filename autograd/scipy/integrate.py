"""`scipy.integrate` with nodes: `odeint`, differentiated by the adjoint equation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from autograd import ops
from autograd.engine.graph import Array, Node
from autograd.numpy.wrapping import wrap
from autograd.scipy import load
from autograd.scipy.quadrature import quad
from autograd.solver import solver
from autograd.transforms import vjp
from autograd.trees import flatten

Function: TypeAlias = Callable[..., Any]

_theirs = load("integrate")


def _odeint(
    func: Function,
    y0: Array,
    t: Array,
    args: tuple[Any, ...] = (),
    *,
    tfirst: bool = False,
    **settings: Any,
) -> Array:
    """y at the times t, of shape (len(t), len(y0)), with y' = func(y, t, *args) and y(t[0]) = y0.

    A number for y0 counts as an array of one, which is what func is given.

    It is differentiable with respect to y0, t and args, which may be nested; func must not read
    other nodes. The adjoint λ = ∂L/∂y is integrated backward in time: λ' = -(∂func/∂y)ᵀ λ between
    two times, and at each time the cotangent of y is added. ∂L/∂args = ∫ (∂func/∂args)ᵀ λ dt
    (Pontryagin; see Chen et al., 2018, arXiv:1806.07366). The backward pass calls `odeint` again,
    so derivatives exist to any order. `rtol` and `atol` set their accuracy, too.

    Raises TypeError for Dfun and full_output, and if func reads a node that is not in args.
    """
    for refused in ("Dfun", "full_output"):
        if settings.get(refused):
            raise TypeError(f"odeint: {refused} is not supported with nodes")
    leaves, rebuild = flatten(args)
    places = [place for place, leaf in enumerate(leaves) if _is_real(leaf)]

    def slope(y: Array, t: Array, *varying: Array) -> Array:
        call = list(leaves)
        for place, leaf in zip(places, varying, strict=True):
            call[place] = leaf
        rest = rebuild(iter(call))
        return ops.atleast_1d(func(t, y, *rest) if tfirst else func(y, t, *rest))

    return _solve(slope, y0, t, tuple([leaves[place] for place in places]), settings)


def _is_real(leaf: Any) -> bool:
    return isinstance(leaf, Node | float) or getattr(leaf, "dtype", np.dtype(object)).kind == "f"


def _solve(
    slope: Function, y0: Array, t: Array, varying: tuple[Array, ...], settings: dict[str, Any]
) -> Array:
    """`odeint` of slope(y, t, *varying), as an operation on y0, t and `varying`."""

    def integrate(y0: Any, t: Any, *varying: Any) -> Any:
        def plain_slope(y: Any, t: Any) -> Any:
            found = slope(y, t, *varying)
            if isinstance(found, Node):
                raise TypeError("odeint: func reads a node from outside; pass it in args=(...,)")
            return found

        return _theirs.odeint(plain_slope, y0, t, **settings)

    def pull(g: Array, ys: Array, args: tuple[Array, ...]) -> list[Array]:
        _, t, *varying = args
        g_y0, g_t, g_varying = _adjoint(slope, g, ys, ops.array(t), tuple(varying), settings)
        return [g_y0, g_t, *g_varying]

    return solver("odeint", integrate, pull)(ops.atleast_1d(y0), t, *varying)


def _adjoint(
    slope: Function,
    g: Array,
    ys: Array,
    t: Array,
    varying: tuple[Array, ...],
    settings: dict[str, Any],
) -> tuple[Array, Array, list[Array]]:
    """The cotangents of y0, t and `varying`, for the cotangent g of the solution ys."""
    n = ops.shape_of(ys)[1]
    shapes = [ops.shape_of(leaf) for leaf in varying]
    ends = np.cumsum([n, n, *[np.prod(shape, dtype=int) for shape in shapes]])

    def backwards(state: Array, t: Array, *varying: Array) -> Array:
        y, adjoint = state[:n], state[n : 2 * n]
        dy, pull = vjp(lambda y, *varying: slope(y, t, *varying), y, *varying)
        return ops.concatenate([dy, *[-ops.ravel(part) for part in pull(adjoint)]])

    adjoint: Array = np.zeros(n)
    collected: Array = np.zeros(ends[-1] - 2 * n)
    g_t: list[Array] = []
    for i in range(ops.shape_of(ys)[0] - 1, 0, -1):
        g_t.insert(0, ops.dot(g[i], slope(ys[i], t[i], *varying)))
        start = ops.concatenate([ys[i], adjoint + g[i], collected])
        end = _solve(backwards, start, ops.stack([t[i], t[i - 1]]), varying, settings)[1]
        adjoint, collected = end[n : 2 * n], end[2 * n :]
    g_t.insert(0, -ops.dot(adjoint, slope(ys[0], t[0], *varying)))
    g_varying = [
        ops.reshape(collected[start - 2 * n : stop - 2 * n], shape)
        for start, stop, shape in zip(ends[1:-1], ends[2:], shapes, strict=True)
    ]
    return adjoint + g[0], ops.stack(g_t), g_varying


globals().update(wrap(_theirs, {"quad": quad, "odeint": _odeint}))


def __getattr__(name: str) -> Any:
    """Other names of `scipy.integrate`."""
    return getattr(_theirs, name)
