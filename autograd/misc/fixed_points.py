"""Fixed points of iterations, differentiated implicitly and not through the steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from autograd.engine.graph import Node
from autograd.solver import solver
from autograd.transforms import vjp
from autograd.trees import flatten

Function: TypeAlias = Callable[..., Any]


def fixed_point(f: Function, a: Any, x0: Any, distance: Function, tol: float) -> Any:
    """The x with x = f(a)(x), found by iterating from x0 until distance(x, f(a)(x)) <= tol.

    f: f(a) is a function from x to x, which must be a contraction near the fixed point.
    a: the parameters: nested dicts, lists and tuples of numbers and arrays. The result is
        differentiable with respect to them, to any order.
    x0: where the iteration starts; x has its shape.
    distance: the distance of two plain arrays, as a number.
    tol: the iteration stops at this distance.

    With A = ∂f/∂x and B = ∂f/∂a at the fixed point, ∂x/∂a = (1 - A)⁻¹ B. So the cotangent of a is
    Bᵀ u, where u = g + Aᵀ u is again a fixed point (Christianson, 1994). The iteration does not end
    if f(a) is no contraction.

    >>> from autograd import grad
    >>> from autograd.misc.fixed_points import fixed_point
    >>> newton = lambda a: lambda x: (x + a / x) / 2
    >>> root = lambda a: fixed_point(newton, a, 1.0, lambda x, y: abs(x - y), 1e-12)
    >>> round(grad(root)(4.0), 12), round(grad(grad(root))(4.0), 12)
    (0.25, -0.03125)
    """
    leaves, rebuild = flatten(a)

    def iterate(*leaves: Any) -> Any:
        step = f(rebuild(iter(leaves)))
        x, following = x0, step(x0)
        while distance(x, following) > tol:
            x, following = following, step(following)
        return following

    def adjoint_step(parameters: Any) -> Function:
        g, x, *leaves = parameters
        step = f(rebuild(iter(leaves)))
        _, pull_x = vjp(step, x)

        def adjoint(u: Any) -> Any:
            # If u is a node, the function that it is passed to must be recorded after it.
            pull = vjp(step, x)[1] if isinstance(u, Node) else pull_x
            return g + pull(u)[0]

        return adjoint

    def pull(g: Any, x: Any, leaves: tuple[Any, ...]) -> list[Any]:
        start = g.primal if isinstance(g, Node) else g
        u = fixed_point(adjoint_step, (g, x, *leaves), start, distance, tol)
        _, pull_a = vjp(lambda *leaves: f(rebuild(iter(leaves)))(x), *leaves)
        return list(pull_a(u))

    return solver("fixed_point", iterate, pull)(*leaves)
