"""Stating rules: `defvjp`, `defjvp` and their variants, for any function.

A primitive keeps its own. A function of NumPy, of `autograd.numpy` or `autograd.scipy` is replaced
by a primitive wherever nodes are passed to it, its operator included; what no rule is stated for is
differentiated as before.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from itertools import count
from typing import Any, TypeAlias

from autograd import ops
from autograd.arithmetic import Arithmetic
from autograd.engine.graph import Node
from autograd.engine.operations import Op
from autograd.hips.primitives import Primitive
from autograd.protocols import RULES
from autograd.transforms import jvp, vjp

Function: TypeAlias = Callable[..., Any]

_plain: dict[Function, Primitive] = {}
"""Functions that are no primitives: what has been stated for them, which nothing uses."""


def rules_of(fun: Any) -> Primitive:
    """The primitive that keeps the rules of this function. Raises TypeError for no function."""
    if isinstance(fun, Primitive):
        return fun
    if not callable(fun):
        raise TypeError(f"{fun!r} is not a function: rules are stated for functions")
    found = _replacement(fun)
    if found is not None:
        return found
    if fun not in _plain:
        _plain[fun] = Primitive(fun)
    return _plain[fun]


def _replacement(fun: Any) -> Primitive | None:
    """A primitive in the place of a function that can be differentiated, or refuses nodes."""
    if hasattr(fun, "with_nodes"):  # wrapped by autograd.numpy or autograd.scipy
        if not isinstance(fun.with_nodes, Primitive):
            fun.with_nodes = Primitive(fun.__wrapped__, fun.with_nodes)
        return fun.with_nodes
    theirs: Any = getattr(fun, "__wrapped__", fun)
    if isinstance(fun, Op):
        theirs = next((known for known, ours in RULES.items() if ours is fun), None)
    ours = RULES.get(theirs)
    if ours is None or isinstance(ours, Primitive):
        return ours
    RULES[theirs] = primitive = Primitive(theirs, ours)
    _replace_operator(ours, primitive)
    return primitive


def _replace_operator(ours: Any, primitive: Primitive) -> None:
    """Let operators such as `x * y`, which call `ops.mul`, call the primitive."""
    for name in ops.__all__:
        if getattr(ops, name) is ours:
            setattr(ops, name, primitive)
            for method in (f"__{name}__", f"__r{name}__"):
                if method in vars(Node.number) and hasattr(Arithmetic, method):
                    delattr(Node.number, method)  # the fast path of numbers


def _warn_if_plain(fun: Any) -> None:
    if fun in _plain:
        warnings.warn(
            f"{getattr(fun, '__name__', fun)} is a plain function, so it is differentiated through "
            "and the rule stated for it is not used: make it an operation with "
            "autograd.extend.primitive first",
            stacklevel=3,
        )


# --------------------------------------------------------------------------------------------------
# Reverse mode


def defvjp(fun: Function, *makers: Any, argnums: Iterable[int] | None = None) -> None:
    """Define the vector-Jacobian products of a function, one for each argument.

    fun: a primitive, or a function of `autograd.numpy` or `autograd.scipy`, whose derivative is
        added or replaced.
    makers: each is called as `maker(ans, *args, **kwargs)` with the result and the arguments, and
        returns the function from the cotangent of the result to that of the argument. None stands
        for zero. The cotangent of a list, tuple or dict has its form.
    argnums: the positions of the arguments; by default 0, 1, ... in the order of the makers.

    Makers written in `autograd.numpy` can be differentiated to any order. A rule for a plain
    function is kept but not used, with a warning.

    >>> import autograd.numpy as np
    >>> from autograd import grad
    >>> from autograd.extend import defvjp, primitive
    >>> power = primitive(lambda x, n: x**n)
    >>> defvjp(power, lambda ans, x, n: lambda g: g * n * x ** (n - 1), None)
    >>> grad(power)(2.0, 3)
    12.0
    """
    primitive = rules_of(fun)
    by_number = _by_number(makers, argnums)

    def maker_of(argnum: int, ans: Any, args: Any, kwargs: Any) -> Any:
        if argnum in by_number:
            maker = by_number[argnum]
            return _zero if maker is None else maker(ans, *args, **kwargs)
        if primitive.composed is None:
            raise NotImplementedError(
                f"the VJP of {primitive.name} with respect to argument {argnum} is not defined"
            )
        pull = _composed_vjp(primitive.composed)((argnum,), ans, args, kwargs)
        return lambda g: pull(g)[0]

    primitive.vjps = _each(maker_of)
    _warn_if_plain(fun)


def defvjp_argnum(fun: Function, maker: Function) -> None:
    """Define all VJPs by one function: `maker(argnum, ans, args, kwargs)` returns g ↦ cotangent.

    >>> from autograd import grad
    >>> from autograd.extend import defvjp_argnum, primitive
    >>> total = primitive(lambda *xs: sum(xs))
    >>> defvjp_argnum(total, lambda argnum, ans, args, kwargs: lambda g: g)
    >>> grad(total, (0, 2))(1.0, 2.0, 3.0)
    (1.0, 1.0)
    """
    rules_of(fun).vjps = _each(maker)
    _warn_if_plain(fun)


def defvjp_argnums(fun: Function, maker: Function) -> None:
    """Define all VJPs by one function: `maker(argnums, ans, args, kwargs)` returns g ↦ cotangents,
    a tuple with one entry for each of argnums.

    >>> from autograd import grad
    >>> from autograd.extend import defvjp_argnums, primitive
    >>> total = primitive(lambda *xs: sum(xs))
    >>> defvjp_argnums(total, lambda argnums, ans, args, kwargs: lambda g: [g for _ in argnums])
    >>> grad(total, (0, 2))(1.0, 2.0, 3.0)
    (1.0, 1.0)
    """
    rules_of(fun).vjps = maker
    _warn_if_plain(fun)


def _each(maker: Function) -> Function:
    """All VJPs of a call, from the maker of each."""

    def vjps(argnums: Sequence[int], ans: Any, args: Any, kwargs: Any) -> Function:
        pulls = [maker(argnum, ans, args, kwargs) for argnum in argnums]
        return lambda g: [None if pull is None else pull(g) for pull in pulls]

    return vjps


def _zero(g: Any) -> None:
    """The VJP of an argument without derivative."""


# --------------------------------------------------------------------------------------------------
# Forward mode


def defjvp(fun: Function, *rules: Any, argnums: Iterable[int] | None = None) -> None:
    """Define the Jacobian-vector products of a function, one for each argument.

    rules: each is called as `rule(t, ans, *args, **kwargs)` with the tangent of the argument, and
        returns the tangent of the result. "same" stands for a function that is linear in the
        argument, and None for zero.
    argnums: the positions of the arguments; by default 0, 1, ... in the order of the rules.

    A primitive without JVPs also works in forward mode, which then transposes its VJPs. A rule for
    a plain function is kept but not used, with a warning.

    >>> import autograd.numpy as np
    >>> from autograd import jvp
    >>> from autograd.extend import defjvp, primitive
    >>> square = primitive(lambda x: x * x)
    >>> defjvp(square, lambda t, ans, x: 2 * x * t)
    >>> jvp(square, np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    (array([1., 9.]), array([2., 6.]))
    """
    primitive = rules_of(fun)
    by_number = _by_number(rules, argnums)

    def push(argnum: int, t: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        if argnum not in by_number:
            if primitive.composed is None:
                raise NotImplementedError(
                    f"the JVP of {primitive.name} with respect to argument {argnum} is not defined"
                )
            return _composed_jvp(primitive.composed)((argnum,), (t,), ans, args, kwargs)
        rule = by_number[argnum]
        if rule == "same":
            return fun(*args[:argnum], t, *args[argnum + 1 :], **kwargs)
        return None if rule is None else rule(t, ans, *args, **kwargs)

    defjvp_argnum(primitive, push)
    _warn_if_plain(fun)


def defjvp_argnum(fun: Function, rule: Function) -> None:
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

    def jvps(argnums: Sequence[int], tangents: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        total = None
        for argnum, t in zip(argnums, tangents, strict=True):
            pushed = rule(argnum, t, ans, args, kwargs)
            total = pushed if total is None else total if pushed is None else total + pushed
        return total

    rules_of(fun).jvps = jvps
    _warn_if_plain(fun)


def defjvp_argnums(fun: Function, rule: Function) -> None:
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
    rules_of(fun).jvps = rule
    _warn_if_plain(fun)


def def_linear(fun: Function) -> None:
    """Declare a function linear in each of its arguments, which defines its JVPs.

    >>> import autograd.numpy as np
    >>> from autograd import jvp
    >>> from autograd.extend import def_linear, primitive
    >>> triple = primitive(lambda x: 3 * x)
    >>> def_linear(triple)
    >>> jvp(triple, np.array([1.0, 2.0]), np.array([10.0, 0.0]))
    (array([3., 6.]), array([30.,  0.]))
    """
    defjvp_argnum(
        fun,
        lambda argnum, t, ans, args, kwargs: fun(*args[:argnum], t, *args[argnum + 1 :], **kwargs),
    )


def _by_number(rules: Sequence[Any], argnums: Iterable[int] | None) -> dict[int, Any]:
    for rule in rules:
        if rule is not None and rule != "same" and not callable(rule):
            raise TypeError(f"a rule is a function, or None for zero, and not {rule!r}")
    return dict(zip(count() if argnums is None else argnums, rules, strict=False))


# --------------------------------------------------------------------------------------------------
# Rules as tables


def _composed_vjp(f: Function) -> Function:
    """The VJPs of a function that can be differentiated, as `defvjp_argnums` takes them."""

    def vjps(argnums: Sequence[int], ans: Any, args: Any, kwargs: Any) -> Function:
        of_some, chosen = _at(f, argnums, args, kwargs)
        return lambda g: vjp(of_some, *chosen)[1](g)

    return vjps


def _composed_jvp(f: Function) -> Function:
    """The JVPs of a function that can be differentiated, as `defjvp_argnums` takes them."""

    def jvps(argnums: Sequence[int], tangents: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        of_some, chosen = _at(f, argnums, args, kwargs)
        return jvp(of_some, tuple(chosen), tuple(tangents))[1]

    return jvps


def _at(f: Function, argnums: Sequence[int], args: Any, kwargs: Any) -> tuple[Function, list[Any]]:
    def of_some(*chosen: Any) -> Any:
        call = list(args)
        for argnum, arg in zip(argnums, chosen, strict=True):
            call[argnum] = arg
        return f(*call, **kwargs)

    return of_some, [args[argnum] for argnum in argnums]


class RuleTable(MutableMapping[Any, Function]):
    """The rules of all functions, as `defvjp_argnums` and `defjvp_argnums` take them.

    A function that the engine differentiates by itself has one, too.
    """

    def __init__(self, slot: str, composed: Callable[[Function], Function]) -> None:
        self._slot = slot
        self._composed = composed

    def __getitem__(self, fun: Any) -> Function:
        if isinstance(fun, Primitive) or fun in _plain:
            primitive = fun if isinstance(fun, Primitive) else _plain[fun]
            rules: Function | None = getattr(primitive, self._slot)
            if rules is not None:
                return rules
            if primitive.composed is not None:
                return self._composed(primitive.composed)
            raise KeyError(fun)
        if isinstance(fun, Op) or hasattr(fun, "with_nodes") or fun in RULES:
            return self._composed(fun)
        theirs = getattr(fun, "__wrapped__", None)
        if theirs in RULES:
            return self._composed(theirs)
        raise KeyError(fun)

    def __setitem__(self, fun: Any, rules: Function) -> None:
        setattr(rules_of(fun), self._slot, rules)

    def __delitem__(self, fun: Any) -> None:
        setattr(rules_of(fun), self._slot, None)

    def __iter__(self) -> Iterator[Any]:
        return iter([*_plain, *RULES])

    def __len__(self) -> int:
        return len(_plain) + len(RULES)


primitive_vjps: RuleTable = RuleTable("vjps", _composed_vjp)
primitive_jvps: RuleTable = RuleTable("jvps", _composed_jvp)


def register_notrace(trace_type: Any, primitive_fun: Function) -> None:
    """Let a function be called with the data of nodes, so that its result has no derivative.

    trace_type: `VJPNode` or `JVPNode`; it holds for both.

    >>> import numpy as np
    >>> from autograd import grad
    >>> from autograd.extend import VJPNode, primitive, register_notrace
    >>> count = primitive(np.count_nonzero)
    >>> register_notrace(VJPNode, count)
    >>> grad(lambda x: x * count(x))(3.0)
    1.0
    """
    rules_of(primitive_fun).traced = False
