"""User-defined operations as in HIPS autograd: `primitive`, `defvjp` and `defjvp`.

`autograd.custom_op` does the same in one call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from autograd.engine.graph import Array, Node, Settings
from autograd.engine.operations import Op
from autograd.plain import notrace_primitive

Function: TypeAlias = Callable[..., Any]

Box = Node
"""HIPS autograd's name for a node."""

__all__ = [
    "Box",
    "def_linear",
    "defjvp",
    "defjvp_argnum",
    "defjvp_argnums",
    "defvjp",
    "defvjp_argnum",
    "defvjp_argnums",
    "notrace_primitive",
    "primitive",
]


class Primitive(Op):
    """A function whose derivatives are defined later, by `defvjp` and `defjvp`."""

    vjp_rule: Function | None = None
    """vjp_rule(argnum, ans, args, kwargs) returns the function g ↦ cotangent, or None for zero."""
    jvp_rule: Any = None
    """jvp_rule(argnum, t, ans, args, kwargs) returns the tangent, or None for zero."""

    def __init__(self, f: Function) -> None:
        super().__init__(getattr(f, "__name__", "primitive"), f, doc=f.__doc__ or "")
        self.__wrapped__ = f
        self.__module__ = getattr(f, "__module__", __name__)

    def __call__(self, *args: Array, **settings: Any) -> Array:
        for name, setting in settings.items():
            if isinstance(setting, Node):
                raise TypeError(
                    f"{self.name}: the keyword argument {name} is a node, but a primitive is "
                    "differentiated with respect to positional arguments only: pass it by position"
                )
        return super().__call__(*args, **settings)

    def record(
        self, primal: Any, args: tuple[Array, ...], primals: tuple[Any, ...], settings: Settings
    ) -> Node:
        if not isinstance(primal, np.ndarray | np.generic | float | int):
            raise TypeError(
                f"primitive {self.name!r} returned a {type(primal).__name__}; it can be "
                "differentiated only if it returns one number or array"
            )
        primal = np.asarray(primal)
        if primal.dtype.kind in "iub":
            primal = primal.astype(float)
        return super().record(primal, args, primals, settings)

    def vjp(
        self, argnum: int, g: Array, out: Array, args: tuple[Array, ...], settings: Settings
    ) -> Array | None:
        if self.vjp_rule is None:
            raise NotImplementedError(
                f"the VJP of {self.name} with respect to argument {argnum} is not defined: define "
                f"it with autograd.extend.defvjp({self.name}, ...)"
            )
        pull = self.vjp_rule(argnum, out, args, settings)
        return None if pull is None else pull(g)

    @property
    def has_jvp(self) -> bool:
        return self.jvp_rule is not None

    def jvp(
        self, argnum: int, t: Array, out: Array, args: tuple[Array, ...], settings: Settings
    ) -> Array | None:
        return self.jvp_rule(argnum, t, out, args, settings)


def primitive(f: Function) -> Primitive:
    """Turn f, a function of plain numbers and arrays, into an operation; `defvjp` defines its VJP.

    f must return one number or array. Nodes are passed by position.

    >>> import autograd.numpy as np
    >>> from autograd import grad
    >>> from autograd.extend import defvjp, primitive
    >>> @primitive
    ... def logsumexp(x):
    ...     top = np.max(x)
    ...     return top + np.log(np.sum(np.exp(x - top)))
    >>> defvjp(logsumexp, lambda ans, x: lambda g: g * np.exp(x - ans))
    >>> grad(logsumexp)(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    return Primitive(f)


# --------------------------------------------------------------------------------------------------
# Reverse mode


def defvjp(fun: Op, *makers: Function | None, argnums: Sequence[int] | None = None) -> None:
    """Define the vector-Jacobian products of a primitive, one for each argument.

    makers: each is called as `maker(ans, *args, **kwargs)` with the result and the arguments, and
        returns the function from the cotangent of the result to that of the argument. None stands
        for zero.
    argnums: the positions of the arguments; by default 0, 1, ... in the order of the makers.

    Makers written in `autograd.numpy` can be differentiated to any order. Raises TypeError if `fun`
    is not a primitive.

    >>> import autograd.numpy as np
    >>> from autograd import grad
    >>> from autograd.extend import defvjp, primitive
    >>> power = primitive(lambda x, n: x**n)
    >>> defvjp(power, lambda ans, x, n: lambda g: g * n * x ** (n - 1), None)
    >>> grad(power)(2.0, 3)
    12.0
    """
    by_number = _by_number(makers, argnums)

    def pull(argnum: int, ans: Any, args: Any, kwargs: Any) -> Any:
        maker = _rule_for(by_number, argnum, "VJP", fun)
        return None if maker is None else maker(ans, *args, **kwargs)

    _as_primitive(fun).vjp_rule = pull


def defvjp_argnum(fun: Op, maker: Function) -> None:
    """Define all VJPs by one function: `maker(argnum, ans, args, kwargs)` returns g ↦ cotangent.

    >>> from autograd import grad
    >>> from autograd.extend import defvjp_argnum, primitive
    >>> total = primitive(lambda *xs: sum(xs))
    >>> defvjp_argnum(total, lambda argnum, ans, args, kwargs: lambda g: g)
    >>> grad(total, (0, 2))(1.0, 2.0, 3.0)
    (1.0, 1.0)
    """
    _as_primitive(fun).vjp_rule = maker


def defvjp_argnums(fun: Op, maker: Function) -> None:
    """Define all VJPs by one function: `maker(argnums, ans, args, kwargs)` returns g ↦ cotangents,
    a tuple with one entry for each of argnums.

    >>> from autograd import grad
    >>> from autograd.extend import defvjp_argnums, primitive
    >>> total = primitive(lambda *xs: sum(xs))
    >>> defvjp_argnums(total, lambda argnums, ans, args, kwargs: lambda g: [g for _ in argnums])
    >>> grad(total, (0, 2))(1.0, 2.0, 3.0)
    (1.0, 1.0)
    """
    _as_primitive(fun).vjp_rule = lambda argnum, ans, args, kwargs: (
        lambda g: next(iter(maker((argnum,), ans, args, kwargs)(g)))
    )


# --------------------------------------------------------------------------------------------------
# Forward mode


def defjvp(fun: Op, *rules: Function | str | None, argnums: Sequence[int] | None = None) -> None:
    """Define the Jacobian-vector products of a primitive, one for each argument.

    rules: each is called as `rule(t, ans, *args, **kwargs)` with the tangent of the argument, and
        returns the tangent of the result. "same" stands for a function that is linear in the
        argument, and None for zero.
    argnums: the positions of the arguments; by default 0, 1, ... in the order of the rules.

    A primitive without JVPs also works in forward mode, which then transposes its VJPs. Raises
    TypeError if `fun` is not a primitive.

    >>> import autograd.numpy as np
    >>> from autograd import jvp
    >>> from autograd.extend import defjvp, primitive
    >>> square = primitive(lambda x: x * x)
    >>> defjvp(square, lambda t, ans, x: 2 * x * t)
    >>> jvp(square, np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    (array([1., 9.]), array([2., 6.]))
    """
    by_number = _by_number(rules, argnums)

    def push(argnum: int, t: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        rule = _rule_for(by_number, argnum, "JVP", fun)
        if rule == "same":
            return fun(*args[:argnum], t, *args[argnum + 1 :], **kwargs)
        return None if rule is None else rule(t, ans, *args, **kwargs)

    _as_primitive(fun).jvp_rule = push


def defjvp_argnum(fun: Op, rule: Function) -> None:
    """Define all JVPs by one function: `rule(argnum, t, ans, args, kwargs)` returns the tangent.

    >>> import autograd.numpy as np
    >>> from autograd import jvp
    >>> from autograd.extend import defjvp_argnum, primitive
    >>> total = primitive(lambda *xs: sum(xs))
    >>> defjvp_argnum(total, lambda argnum, t, ans, args, kwargs: t)
    >>> x, t = np.array([1.0, 2.0]), np.array([10.0, 0.0])
    >>> jvp(total, (x, x), (t, t))
    (array([2., 4.]), array([20.,  0.]))
    """
    _as_primitive(fun).jvp_rule = rule


def defjvp_argnums(fun: Op, rule: Function) -> None:
    """Define all JVPs by one function: `rule(argnums, tangents, ans, args, kwargs)` returns the
    tangent of the result for the tangents of several arguments.

    >>> import autograd.numpy as np
    >>> from autograd import jvp
    >>> from autograd.extend import defjvp_argnums, primitive
    >>> total = primitive(lambda *xs: sum(xs))
    >>> defjvp_argnums(total, lambda argnums, tangents, ans, args, kwargs: sum(tangents))
    >>> x, t = np.array([1.0, 2.0]), np.array([10.0, 0.0])
    >>> jvp(total, (x, x), (t, t))
    (array([2., 4.]), array([20.,  0.]))
    """
    _as_primitive(fun).jvp_rule = lambda argnum, t, ans, args, kwargs: rule(
        (argnum,), (t,), ans, args, kwargs
    )


def def_linear(fun: Op) -> None:
    """Declare a primitive linear in each of its arguments, which defines its JVPs.

    >>> import autograd.numpy as np
    >>> from autograd import jvp
    >>> from autograd.extend import def_linear, primitive
    >>> triple = primitive(lambda x: 3 * x)
    >>> def_linear(triple)
    >>> jvp(triple, np.array([1.0, 2.0]), np.array([10.0, 0.0]))
    (array([3., 6.]), array([30.,  0.]))
    """
    _as_primitive(fun).jvp_rule = lambda argnum, t, ans, args, kwargs: fun(
        *args[:argnum], t, *args[argnum + 1 :], **kwargs
    )


def _by_number(rules: Sequence[Any], argnums: Sequence[int] | None) -> dict[int, Any]:
    numbers = range(len(rules)) if argnums is None else argnums
    return dict(zip(numbers, rules, strict=True))


def _rule_for(by_number: dict[int, Any], argnum: int, kind: str, fun: Op) -> Any:
    if argnum not in by_number:
        raise NotImplementedError(
            f"the {kind} of {fun.name} with respect to argument {argnum} is not defined"
        )
    return by_number[argnum]


def _as_primitive(fun: Op) -> Primitive:
    if not isinstance(fun, Primitive):
        raise TypeError(
            f"{fun!r} is not a primitive: derivatives can be defined only for functions that "
            "autograd.extend.primitive returned"
        )
    return fun
