"""`primitive`: a function of plain data as an operation, whose rules are stated afterwards."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any, TypeAlias

import numpy as np

from autograd import ops
from autograd.engine.graph import Args, Array, Derivatives, Node, Nodes, Settings
from autograd.engine.operations import Op, Shares, interpreter
from autograd.hips.deprecated import OldRules
from autograd.hips.spaces import dense, holds_nodes, spread, vspace
from autograd.hips.transpose import transposed, watched
from autograd.ops.structural import broadcast_to, cast
from autograd.plain import getval
from autograd.transforms import jvp, vjp
from autograd.trees import Rebuild, flatten, map_tree

Function: TypeAlias = Callable[..., Any]


class Primitive(OldRules, Op):
    """A function whose derivatives are stated later, by `defvjp` and `defjvp`.

    f: gets plain numbers and arrays, which it may write into, or lists, tuples and dicts of them,
        and returns such.
    composed: a function that computes the same and can be differentiated. It is what derivatives
        are taken of that no rule is stated for.
    """

    traced = True
    """Whether results have derivatives at all."""
    vjps: Function | None = None
    """vjps(argnums, ans, args, kwargs) returns the function g ↦ cotangents, one for each argnum."""
    jvps: Function | None = None
    """jvps(argnums, tangents, ans, args, kwargs) returns the tangent of the result, or None."""
    _nests = False  # whether a result has been a container

    def __init__(self, f: Function, composed: Function | None = None) -> None:
        @wraps(f)
        def kernel(*args: Any, **settings: Any) -> Any:
            result = self.run(args, settings)
            if isinstance(result, list | tuple | dict):
                raise _ResultNests(result)
            return _real(_checked(self.name, result))

        super().__init__(getattr(f, "__name__", "primitive"), kernel, doc=f.__doc__ or "")
        self.fun: Function = f
        self.composed = composed
        self.__wrapped__ = f
        self.__module__ = getattr(f, "__module__", __name__)

    _is_autograd_primitive = True

    def __call__(self, *args: Array, **settings: Any) -> Array:
        nested = False
        for arg in args:
            if isinstance(arg, list | tuple | dict):
                nested = nested or any(isinstance(leaf, Node) for leaf in flatten(arg)[0])
        flat = not nested and any(isinstance(arg, Node) for arg in args)
        for name, setting in settings.items():
            if isinstance(setting, Node):
                raise TypeError(
                    f"{self.name}: the keyword argument {name} is a node, but a primitive is "
                    "differentiated with respect to positional arguments only: pass it by position"
                )
        if not flat and (not nested or not self.stated):
            return interpreter().plain_result(self, args, self.fun(*args, **settings))
        if not self.traced:
            return self.fun(*map_tree(getval, args), **settings)
        if flat and not self._nests:
            try:
                return super().__call__(*args, **settings)
            except _ResultNests as found:
                self._nests, first = True, [found.result]
        else:
            first = []
        leaves, rebuild = flatten(args)
        form = _Form(self, rebuild, first)
        return form.unpacked(_Call(self, form)(*leaves, **settings))

    @property
    def stated(self) -> bool:
        """Whether there is a rule, or a function that can be differentiated."""
        return bool(self.vjps or self.jvps or self.composed)

    def run(self, args: Sequence[Any], settings: Settings) -> Any:
        """The function itself, on arrays that can be written into."""
        return dense(self.fun(*map(_writable, args), **settings))

    def shares(
        self, argnums: Sequence[int], g: Array, out: Array, args: Sequence[Any], settings: Settings
    ) -> list[Array]:
        """The cotangents of some arguments; None stands for zero."""
        g, out, args = _writable(g), _writable(out), tuple(map(_writable, args))
        if self.vjps is None and self.composed is not None:
            return _pulled(self.composed, argnums, g, args, settings)
        if self.vjps is None:
            raise NotImplementedError(
                f"the VJP of {self.name} with respect to argument {argnums[0]} is not defined: "
                f"define it with autograd.extend.defvjp({self.name}, ...)"
            )
        vjps = self.vjps
        if not holds_nodes([g, out, *args]):
            return [dense(share) for share in vjps(tuple(argnums), out, args, settings)(g)]
        return watched(
            self.name,
            lambda: [dense(share) for share in vjps(tuple(argnums), out, args, settings)(g)],
        )

    def pull(self, node: Node, g: Array, out: Array, args: Args, active: Nodes) -> Shares:
        argnums = _positions(node, active)
        return zip(argnums, self.shares(argnums, g, out, args, node.settings), strict=True)

    def vjp(self, argnum: int, g: Array, out: Array, args: Args, settings: Settings) -> Array:
        return self.shares([argnum], g, out, args, settings)[0]

    @property
    def opaque(self) -> bool:
        """Whether forward mode has nothing but the VJPs, which reverse mode uses more cheaply."""
        return self.jvps is None and self.vjps is not None

    @property
    def has_jvp(self) -> bool:
        return self.jvps is not None or self.opaque or self.composed is not None

    def push(self, node: Node, tangents: Derivatives, out: Array, args: Args) -> Iterator[Array]:
        argnums = _positions(node, tangents)
        ts = [tangents[node.args[argnum]] for argnum in argnums]
        if self.jvps is not None:
            yield self.jvps(tuple(argnums), tuple(ts), out, args, node.settings)
        elif self.opaque:
            yield transposed(lambda g: self.shares(argnums, g, out, args, node.settings), ts, out)
        else:
            yield from super().push(node, tangents, out, args)

    def jvp(self, argnum: int, t: Array, out: Array, args: Args, settings: Settings) -> Array:
        if self.jvps is not None:
            return self.jvps((argnum,), (t,), out, args, settings)
        f, before, after = self.composed, args[:argnum], args[argnum + 1 :]
        return jvp(lambda x: f(*before, x, *after, **settings), (args[argnum],), (t,))[1]  # type: ignore[misc]


class _ResultNests(Exception):
    """The function has returned a container, which no single node can hold."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


class _Form:
    """How the arguments and the result of one call of a primitive are containers.

    Called with the leaves of the arguments it gives the leaves of the result, as one vector.

    first: the result, where it has been computed already.
    """

    def __init__(self, primitive: Primitive, rebuild: Rebuild, first: list[Any]) -> None:
        self.primitive = primitive
        self.rebuild = rebuild
        self.first = first
        self.rebuild_result: Rebuild | None = None
        self.parts: list[tuple[tuple[int, ...], np.dtype[Any]]] = []

    def __call__(self, *leaves: Any, **settings: Any) -> Any:
        name = self.primitive.name
        if self.first:
            result = self.first.pop()
        else:
            args = self.rebuild(iter([_writable(leaf) for leaf in leaves]))
            result = self.primitive.run(args, settings)
        outputs, rebuild = flatten(result)
        arrays = [_checked(name, output) for output in outputs]
        parts = [(array.shape, array.dtype) for array in arrays]
        if self.rebuild_result is None:
            self.rebuild_result, self.parts = rebuild, parts
        elif parts != self.parts:
            raise ValueError(f"{name}: the form of the result has changed between two runs")
        if rebuild is next:
            return _real(arrays[0])
        return np.concatenate([np.ravel(_real(array)) for array in [*arrays, np.zeros(0)]])

    def unpacked(self, whole: Array, cotangent: bool = False) -> Any:
        """The result, or its cotangent, in its own form."""
        rebuild = self.rebuild_result
        if rebuild is None or rebuild is next:
            return whole
        return rebuild(self._cut(whole, cotangent))

    def _cut(self, whole: Array, cotangent: bool) -> Iterator[Array]:
        start = 0
        for shape, dtype in self.parts:
            stop = start + math.prod(shape)
            part = ops.reshape(ops.index(whole, slice(start, stop)), shape)
            part = part if dtype.kind == "c" else ops.real(part)
            # Whole numbers, such as indices, are constants.
            yield part if cotangent and dtype.kind in "iub" else cast(part, dtype)
            start = stop

    def packed(self, tangent: Any) -> Array:
        """A tangent of the result as one vector."""
        if self.rebuild_result is next:
            return tangent
        return ops.concatenate(
            [
                np.zeros(math.prod(shape))
                if dtype.kind in "iub"  # which does not change
                else ops.ravel(broadcast_to(leaf, shape))
                for leaf, (shape, dtype) in zip(flatten(tangent)[0], self.parts, strict=True)
            ]
        )


class _Call(Op):
    """One call of a primitive with containers, as an operation on their leaves."""

    def __init__(self, primitive: Primitive, form: _Form) -> None:
        super().__init__(primitive.name, form, doc=primitive.__doc__ or "")
        self.primitive = primitive
        self.form = form

    def pull(self, node: Node, g: Array, out: Array, args: Args, active: Nodes) -> Shares:
        form = self.form
        wanted = set(_positions(node, active))
        numbers = [flatten(place)[0] for place in form.rebuild(iter(range(len(args))))]
        argnums = [n for n, inside in enumerate(numbers) if not wanted.isdisjoint(inside)]
        call = form.rebuild(iter(args))
        shares = self.primitive.shares(
            argnums, form.unpacked(g, True), form.unpacked(out), call, node.settings
        )
        for argnum, share in zip(argnums, shares, strict=True):
            parts = spread(share, call[argnum])
            for number, part in zip(numbers[argnum], parts, strict=True):
                if number in wanted:
                    yield number, part

    @property
    def opaque(self) -> bool:
        """That of the primitive."""
        return self.primitive.opaque

    @property
    def has_jvp(self) -> bool:
        return self.primitive.jvps is not None or self.opaque

    def push(self, node: Node, tangents: Derivatives, out: Array, args: Args) -> Iterator[Array]:
        numbers, form = _positions(node, tangents), self.form
        ts = {number: tangents[node.args[number]] for number in numbers}
        if self.primitive.jvps is None:

            def pulled(g: Array) -> list[Array]:
                shares = dict(self.pull(node, g, out, args, tangents))
                return [shares[number] for number in numbers]

            yield transposed(pulled, [*ts.values()], out)
            return
        places = form.rebuild(iter(range(len(args))))
        argnums = [
            n for n, place in enumerate(places) if not ts.keys().isdisjoint(flatten(place)[0])
        ]
        given = [
            map_tree(lambda n: ts[n] if n in ts else vspace(args[n]).zeros(), places[argnum])
            for argnum in argnums
        ]
        call = form.rebuild(iter(args))
        pushed = self.primitive.jvps(
            tuple(argnums), tuple(given), form.unpacked(out), call, node.settings
        )
        yield None if pushed is None else form.packed(pushed)


def _positions(node: Node, active: Nodes) -> list[int]:
    """The numbers of the arguments that are active nodes."""
    return [
        argnum
        for argnum, arg in enumerate(node.args)
        if isinstance(arg, Node) and (active is None or arg in active)
    ]


def _writable(x: Any) -> Any:
    """An array that can be written into, as compiled extensions ask for; anything else as it is."""
    return x.copy() if type(x) is np.ndarray and not x.flags.writeable else x


def _checked(name: str, result: Any) -> np.ndarray[Any, Any]:
    """A result as an array. The rule states its derivative, so of a node only the data counts."""
    if isinstance(result, Node):
        result = interpreter().detach(result)
    if not isinstance(result, np.ndarray | np.generic | float | int | complex):
        raise TypeError(
            f"primitive {name!r} returned a {type(result).__name__}; it can be differentiated only "
            "if it returns numbers and arrays, or lists, tuples and dicts of them"
        )
    return np.asarray(result)


def _real(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return array.astype(float) if array.dtype.kind in "iub" else array


def _pulled(
    f: Function, argnums: Sequence[int], g: Any, args: Sequence[Any], settings: Settings
) -> list[Array]:
    def of_some(*chosen: Any) -> Any:
        call = list(args)
        for argnum, arg in zip(argnums, chosen, strict=True):
            call[argnum] = arg
        return f(*call, **settings)

    return list(vjp(of_some, *[args[argnum] for argnum in argnums])[1](g))


def primitive(f: Function) -> Primitive:
    """Turn f, a function of plain data, into an operation; `defvjp` states its derivative.

    f gets numbers and arrays that it may write into, and returns such; both may stand in lists,
    tuples and dicts. Nodes are passed by position.

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
