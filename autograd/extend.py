"""Operations of the user's own in HIPS autograd's way: `primitive`, `defvjp` and `defjvp`.

`custom_op` is this project's own way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeAlias

import numpy as np

from autograd.arithmetic import Arithmetic
from autograd.engine.graph import Args, Array, Node, Nodes, Settings
from autograd.engine.operations import RECORDING, Op, Shares, choose, using
from autograd.trees import map_tree

Function: TypeAlias = Callable[..., Any]

Box = Node
"""What a value is wrapped in while it is differentiated."""

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
    """A function whose rules are stated after it, by `defvjp` and `defjvp`."""

    vjp_rule: Function | None = None
    """vjp_rule(argnum, ans, args, kwargs) gives the function g ↦ cotangent, or None for zero."""
    jvp_rule: Any = None
    """jvp_rule(argnum, t, ans, args, kwargs) gives the tangent, or None for zero."""

    def __init__(self, f: Function) -> None:
        super().__init__(getattr(f, "__name__", "primitive"), f, doc=f.__doc__ or "")
        self.__wrapped__ = f
        self.__module__ = getattr(f, "__module__", __name__)

    def __call__(self, *args: Array, **settings: Any) -> Array:
        for name, setting in settings.items():
            if isinstance(setting, Node):
                raise TypeError(
                    f"{self.name}: the argument {name} is differentiated, and a primitive is "
                    "differentiated by its positional arguments only: pass it by position"
                )
        return super().__call__(*args, **settings)

    def record(
        self, primal: Any, args: tuple[Array, ...], primals: tuple[Any, ...], settings: Settings
    ) -> Node:
        if not isinstance(primal, np.ndarray | np.generic | float | int):
            raise TypeError(
                f"primitive {self.name!r} gave a {type(primal).__name__}; it can be differentiated "
                "only where it gives one number or array"
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
                f"VJP of {self.name} by argument {argnum} is not defined: state it with "
                f"autograd.extend.defvjp({self.name}, ...)"
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
    """An operation that computes f on plain numbers and arrays; `defvjp` states its derivative.

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


def notrace_primitive(f: Function) -> Function:
    """f of the plain data of its arguments: its result has no derivative."""

    @wraps(f)
    def function(*args: Any, **kwargs: Any) -> Any:
        return f(*map_tree(getval, args), **map_tree(getval, kwargs))

    return function


def solver(
    name: str, kernel: Function, pull: Callable[[Array, Array, tuple[Array, ...]], list[Array]]
) -> Op:
    """An operation whose kernel calls functions of the user's, and whose cotangents come together.

    What these functions differentiate on their own account is no part of what is recorded around.
    pull: pull(g, out, args) gives the cotangents of all args.
    """

    def apart(*args: Any) -> Any:
        with using(RECORDING):
            return kernel(*args)

    return _Solver(name, apart, pull)


class _Solver(Op):
    def __init__(
        self,
        name: str,
        kernel: Function,
        pull_all: Callable[[Array, Array, tuple[Array, ...]], list[Array]],
    ) -> None:
        super().__init__(name, kernel)
        self.pull_all = pull_all

    def pull(self, node: Node, g: Array, out: Array, args: Args, active: Nodes) -> Shares:
        return choose(node, self.pull_all(g, out, args), active)


def getval(x: Any) -> Any:
    """The plain number or array in a node; anything else as it is.

    >>> from autograd import Value
    >>> from autograd.tracer import getval
    >>> getval(Value(2.0)), getval(3.0)
    (2.0, 3.0)
    """
    return x._value if isinstance(x, Arithmetic) else x


# --------------------------------------------------------------------------------------------------
# Reverse mode


def defvjp(fun: Op, *makers: Function | None, argnums: Sequence[int] | None = None) -> None:
    """State the vector-Jacobian products of a primitive, one for each argument.

    A maker is called as `maker(ans, *args, **kwargs)` with the result and the arguments, and gives
    the function from the cotangent of the result to that of its argument. None stands for zero.
    argnums: the numbers of the arguments meant; without it the first ones.

    Written in `autograd.numpy`, they are differentiated to any order.
    """
    by_number = _numbered(makers, argnums)

    def pull(argnum: int, ans: Any, args: Any, kwargs: Any) -> Any:
        maker = _chosen(by_number, argnum, "VJP", fun)
        return None if maker is None else maker(ans, *args, **kwargs)

    _own(fun).vjp_rule = pull


def defvjp_argnum(fun: Op, maker: Function) -> None:
    """State them by one function: `maker(argnum, ans, args, kwargs)` gives g ↦ cotangent."""
    _own(fun).vjp_rule = maker


def defvjp_argnums(fun: Op, maker: Function) -> None:
    """State them by one function: `maker(argnums, ans, args, kwargs)` gives g ↦ cotangents, a tuple
    with one entry for each of argnums.
    """
    _own(fun).vjp_rule = lambda argnum, ans, args, kwargs: (
        lambda g: next(iter(maker((argnum,), ans, args, kwargs)(g)))
    )


# --------------------------------------------------------------------------------------------------
# Forward mode


def defjvp(fun: Op, *rules: Function | str | None, argnums: Sequence[int] | None = None) -> None:
    """State the Jacobian-vector products of a primitive, one for each argument.

    A rule is called as `rule(t, ans, *args, **kwargs)` with the tangent of its argument, and gives
    that of the result. "same" stands for the function itself, linear in the argument; None for
    zero. Without any of this forward mode transposes the VJP.
    """
    by_number = _numbered(rules, argnums)

    def push(argnum: int, t: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        rule = _chosen(by_number, argnum, "JVP", fun)
        if rule == "same":
            return fun(*args[:argnum], t, *args[argnum + 1 :], **kwargs)
        return None if rule is None else rule(t, ans, *args, **kwargs)

    _own(fun).jvp_rule = push


def defjvp_argnum(fun: Op, rule: Function) -> None:
    """State them by one function: `rule(argnum, t, ans, args, kwargs)` gives the tangent."""
    _own(fun).jvp_rule = rule


def defjvp_argnums(fun: Op, rule: Function) -> None:
    """State them by one function: `rule(argnums, tangents, ans, args, kwargs)` gives the tangent
    that those of several arguments cause together.
    """
    _own(fun).jvp_rule = lambda argnum, t, ans, args, kwargs: rule(
        (argnum,), (t,), ans, args, kwargs
    )


def def_linear(fun: Op) -> None:
    """State that a primitive is linear in each of its arguments, for forward mode."""
    _own(fun).jvp_rule = lambda argnum, t, ans, args, kwargs: fun(
        *args[:argnum], t, *args[argnum + 1 :], **kwargs
    )


def _numbered(rules: Sequence[Any], argnums: Sequence[int] | None) -> dict[int, Any]:
    numbers = range(len(rules)) if argnums is None else argnums
    return dict(zip(numbers, rules, strict=True))


def _chosen(by_number: dict[int, Any], argnum: int, kind: str, fun: Op) -> Any:
    if argnum not in by_number:
        raise NotImplementedError(f"{kind} of {fun.name} by argument {argnum} is not defined")
    return by_number[argnum]


def _own(fun: Op) -> Primitive:
    if not isinstance(fun, Primitive):
        raise TypeError(
            f"{fun!r} has its derivative already or cannot have one: rules are stated for what "
            "`autograd.extend.primitive` made"
        )
    return fun
