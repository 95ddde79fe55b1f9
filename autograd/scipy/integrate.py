"""`scipy.integrate` with nodes: `odeint` and `solve_ivp` by the adjoint equation; `quad`."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from autograd import ops
from autograd.engine.graph import Array, Node
from autograd.numpy.wrapping import wrap
from autograd.ops.structural import plain
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

    def integrate(slope: Function, y0: Any, t: Any) -> Any:
        return _theirs.odeint(slope, y0, t, **settings)

    return _solve(slope, y0, t, tuple([leaves[place] for place in places]), integrate)


def _solve_ivp(
    fun: Function,
    t_span: Any,
    y0: Array,
    method: Any = "RK45",
    t_eval: Array | None = None,
    dense_output: bool = False,
    events: Any = None,
    vectorized: bool = False,
    args: tuple[Any, ...] | None = None,
    **options: Any,
) -> Any:
    """The times `t` and the solution `y`, of shape (len(y0), len(t)), of y' = fun(t, y, *args).

    As `odeint`, by the methods of `solve_ivp`; y may be complex. Without t_eval, the times are
    those of SciPy's steps, which are constants but for the first and the last. Raises TypeError
    for events, dense_output and vectorized, and RuntimeError where an integration fails.
    """
    if dense_output or events is not None or vectorized:
        raise TypeError("solve_ivp: events, dense_output, vectorized are not supported with nodes")
    leaves, rebuild = flatten(args or ())
    places = [place for place, leaf in enumerate(leaves) if _is_real(leaf)]

    def slope(y: Array, t: Array, *varying: Array) -> Array:
        call = list(leaves)
        for place, leaf in zip(places, varying, strict=True):
            call[place] = leaf
        return ops.array(fun(t, y, *rebuild(iter(call))))

    def run(slope: Function, y0: Any, t: Any, t_eval: Any) -> Any:
        ends = (t[0], t[-1])
        found = _theirs.solve_ivp(
            lambda t, y: slope(y, t), ends, y0, method=method, t_eval=t_eval, **options
        )
        if not found.success:
            raise RuntimeError(f"solve_ivp: {found.message}")
        return found

    def integrate(slope: Function, y0: Any, t: Any) -> Any:
        distinct, number = np.unique(t, return_inverse=True)  # SciPy takes no time twice
        if len(distinct) == 1:
            return np.stack([y0] * len(t))
        turn = 1 if t[-1] > t[0] else -1
        return run(slope, y0, t, distinct[::turn]).y.T[::turn][number]

    first, last = t_span
    y0, given = ops.atleast_1d(y0), tuple([leaves[place] for place in places])
    if t_eval is None:
        still = [plain(leaf)[()] for leaf in given]
        steps = run(
            lambda y, t: plain(slope(y, t, *still)),
            plain(y0),
            plain(ops.array([first, last])),
            None,
        ).t
        times = ops.concatenate([ops.array([first]), steps[1:-1], ops.array([last])])
        wanted = slice(None)
    else:
        times = ops.concatenate([ops.array([first]), ops.array(t_eval)])
        wanted = slice(1, None)
    ys = _solve(slope, y0, times, given, integrate)
    result = importlib.import_module("scipy.optimize").OptimizeResult
    return result(t=times[wanted], y=ops.transpose(ys[wanted]), success=True, status=0)


def _is_real(leaf: Any) -> bool:
    return isinstance(leaf, Node | float) or getattr(leaf, "dtype", np.dtype(object)).kind == "f"


def _solve(
    slope: Function, y0: Array, t: Array, varying: tuple[Array, ...], integrate: Function
) -> Array:
    """The solution of y' = slope(y, t, *varying), as an operation on y0, t and `varying`.

    integrate: integrate(slope(y, t), y0, t) gives the solution at all times, on plain data.
    """

    def kernel(y0: Any, t: Any, *varying: Any) -> Any:
        def plain_slope(y: Any, t: Any) -> Any:
            found = slope(y, t, *varying)
            if isinstance(found, Node):
                raise TypeError("odeint: func reads a node from outside; pass it in args=(...,)")
            return found

        return integrate(plain_slope, y0, t)

    def pull(g: Array, ys: Array, args: tuple[Array, ...]) -> list[Array]:
        _, t, *varying = args
        g_y0, g_t, g_varying = _adjoint(slope, g, ys, ops.array(t), tuple(varying), integrate)
        return [g_y0, g_t, *g_varying]

    return solver("odeint", kernel, pull)(ops.atleast_1d(y0), t, *varying)


def _adjoint(
    slope: Function,
    g: Array,
    ys: Array,
    t: Array,
    varying: tuple[Array, ...],
    integrate: Function,
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
        end = _solve(backwards, start, ops.stack([t[i], t[i - 1]]), varying, integrate)[1]
        adjoint, collected = end[n : 2 * n], end[2 * n :]
    g_t.insert(0, -ops.dot(adjoint, slope(ys[0], t[0], *varying)))
    g_varying = [
        ops.reshape(collected[start - 2 * n : stop - 2 * n], shape)
        for start, stop, shape in zip(ends[1:-1], ends[2:], shapes, strict=True)
    ]
    return adjoint + g[0], ops.stack(g_t), g_varying


globals().update(wrap(_theirs, {"odeint": _odeint, "quad": quad, "solve_ivp": _solve_ivp}))


def __getattr__(name: str) -> Any:
    """Other names of `scipy.integrate`."""
    return getattr(_theirs, name)
