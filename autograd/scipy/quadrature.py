"""`quad` with nodes: an integral, differentiated under its sign and by its limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import ops
from autograd.engine.graph import Array, Node
from autograd.ops.structural import plain
from autograd.scipy import load
from autograd.solver import solver
from autograd.transforms import vjp
from autograd.trees import flatten

_theirs = load("integrate")


def quad(
    func: Callable[..., Any],
    a: Array,
    b: Array,
    args: Any = (),
    full_output: bool = False,
    epsabs: float = 1.49e-8,
    epsrel: float = 1.49e-8,
    limit: int = 50,
    points: Any = None,
    weight: Any = None,
    **settings: Any,
) -> tuple[Array, float]:
    """∫ func(t, *args) dt from a to b, and an estimate of its error.

    It is differentiable with respect to a, b and args, which may be nested; func must not read
    other nodes. The derivative with respect to args is the integral of that of func, by
    `quad_vec`, and that with respect to a limit the value of func there. An infinite limit has
    none.

    Raises TypeError for weights and full_output, if func reads a node that is not in args, and if
    it gives complex numbers.
    """
    if full_output or weight is not None or settings:
        raise TypeError("quad: full_output and weights are not supported with nodes")
    given = args if isinstance(args, tuple) else (args,)
    leaves, rebuild = flatten(given)
    places = [n for n, leaf in enumerate(leaves) if isinstance(leaf, Node | float | np.ndarray)]

    def integrand(t: Array, *varying: Array) -> Array:
        call = list(leaves)
        for place, leaf in zip(places, varying, strict=True):
            call[place] = leaf
        return func(t, *rebuild(iter(call)))

    errors: list[float] = []
    how = {"epsabs": epsabs, "epsrel": epsrel, "limit": limit, "points": points}
    value = _integral(integrand, a, b, tuple([leaves[place] for place in places]), how, errors)
    return value, errors[0]


def _integral(
    f: Callable[..., Array],
    a: Array,
    b: Array,
    varying: tuple[Array, ...],
    how: dict[str, Any],
    errors: list[float],
) -> Array:
    """The integral of f(t, *varying), a number or a vector, as an operation on all but f."""

    def integrate(a: Any, b: Any, *varying: Any) -> Any:
        def plain_f(t: Any) -> Any:
            found = f(t, *varying)
            if isinstance(found, Node):
                raise TypeError("quad: func reads a node from outside; pass it in args=(...,)")
            return found

        middle = plain_f(_between(a, b))
        if np.iscomplexobj(middle) and not np.ndim(middle):
            raise TypeError("quad: func is complex: integrate its real and its imaginary part")
        if np.ndim(middle):
            tolerances = {"epsabs": how["epsabs"] * 1e-4, "epsrel": how["epsrel"] * 1e-3}
            value, error = _theirs.quad_vec(plain_f, a, b, **tolerances, points=how["points"])
        else:
            value, error = _theirs.quad(plain_f, a, b, **how)
        errors.append(float(error))
        return value

    def pull(g: Array, out: Array, args: tuple[Array, ...]) -> list[Any]:
        a, b, *rest = args
        at_a, at_b = (
            ops.sum(g * f(end, *rest)) if np.isfinite(plain(end)) else None for end in (a, b)
        )
        shares: list[Any] = [None if at_a is None else -at_a, at_b]
        if not rest:
            return shares
        shapes = [ops.shape_of(x) for x in rest]
        sizes = np.cumsum([0, *[np.prod(shape, dtype=int) for shape in shapes]])

        def slopes(t: Array, g: Array, *rest: Array) -> Array:
            _, pullback = vjp(lambda *rest: f(t, *rest), *rest)
            return ops.concatenate([ops.ravel(part) for part in pullback(g)])

        whole = _integral(slopes, a, b, (g, *rest), how, [])
        parts = zip(sizes[:-1], sizes[1:], shapes, strict=True)
        return shares + [ops.reshape(whole[i:j], shape) for i, j, shape in parts]

    return solver("quad", integrate, pull)(a, b, *varying)


def _between(a: float, b: float) -> float:
    """A number between two limits, which may be infinite."""
    if np.isfinite(a) and np.isfinite(b):
        return float(a + b) / 2
    low, high = sorted((float(a), float(b)))
    return low + 1 if np.isfinite(low) else high - 1 if np.isfinite(high) else 0.0
