"""The types of operation, and what an operation of each type states; `custom_op` makes new ones."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import cached_property, wraps
from inspect import Parameter, Signature, unwrap
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, TypeAlias, overload

import numpy as np

from autograd import kernels
from autograd.convert import ArrayLike
from autograd.engine.graph import Args, Array, Node, Nodes, Settings
from autograd.engine.operations import NOT_RECORDING, RECORDING, Op, Shares, interpreter
from autograd.ops.docstrings import Doc

if TYPE_CHECKING:
    from autograd.nodes import Tensor
    from autograd.scalars import Value

Rule: TypeAlias = Callable[..., Any]
Partial: TypeAlias = Any
"""A number, or a function (out, *args) of the result and the arguments; None stands for zero."""

_PYTHON_NUMBERS = frozenset({float, int, bool})
_IS_NODE: dict[type, bool] = {float: False, int: False, bool: False, np.ndarray: False}
"""The classes of arguments that are taken as they are; those of nodes join it."""
_BOOLS = (bool, np.bool_)
_POSITIONAL: Final = Parameter.POSITIONAL_ONLY


class Elementwise(Op):
    """An operation on each entry separately, which states one local derivative per argument.

    `scalar` computes it on Python floats. Where that raises an exception (division by zero,
    overflow, a domain error), the result is that of IEEE arithmetic, as in NumPy: inf or nan.
    """

    arity: int
    has_jvp = True
    of_value: Callable[[Any], Any] | None = None
    """The operation on one `Value`, without the checks that it does not need; see `scalars`."""

    def __init__(
        self,
        name: str,
        kernel: Callable[..., Any],
        scalar: Callable[..., float] | None,
        *partials: Partial,
        symbol: str = "",
        doc: str | Doc = "",
    ) -> None:
        arguments = _argument_names(partials)
        text = doc.text(name, arguments) if isinstance(doc, Doc) else doc
        super().__init__(name, kernel, symbol=symbol, doc=text)
        self.__signature__: Signature = Signature([Parameter(x, _POSITIONAL) for x in arguments])
        self.scalar: Any = scalar
        self.partials = partials
        self.arity = len(partials)
        self.doc = doc

    @overload
    def __call__(self, x: Tensor, *others: ArrayLike) -> Tensor: ...
    @overload
    def __call__(self, x: Value, *others: float | np.number[Any] | Value) -> Value: ...
    @overload
    def __call__(self, *args: ArrayLike, **settings: Any) -> Array: ...
    def __call__(self, *args: Array, **settings: Any) -> Array:
        if self.of_value and len(args) == 1 and args[0].__class__ is Node.number and not settings:
            return self.of_value(args[0])
        tracked = False
        for arg in args:
            is_node = _IS_NODE.get(arg.__class__)
            if is_node is None:
                tracked, args = _as_operands(args)
                break
            tracked = tracked or is_node
        running = interpreter()
        if tracked:
            return running.apply(self, args, settings)
        result = self.evaluate(args, settings)
        if running is RECORDING or running is NOT_RECORDING:  # which do not look at it
            return result
        return running.plain_result(self, args, result)

    def evaluate(self, primals: tuple[Any, ...], settings: Settings) -> Any:
        if settings or len(primals) != self.arity:
            raise TypeError(
                f"{self.name} takes {self.arity} argument{'s' * (self.arity > 1)} and no keywords; "
                f"it was called with {len(primals)} and the keywords {list(settings)}"
            )
        if primals[0].__class__ is not np.ndarray and self.scalar is not None:
            for x in primals:
                if x.__class__ not in _PYTHON_NUMBERS:
                    break
            else:
                try:
                    return self.scalar(*primals)
                except (ArithmeticError, ValueError):
                    return kernels.scalar_fallback(self.kernel, *primals)
        try:
            return self.kernel(*primals)
        except ValueError as error:
            shapes = " and ".join(str(np.shape(x)) for x in primals)
            raise ValueError(
                f"{self.name}: shapes {shapes} do not broadcast: aligned at the right, sizes must "
                "be equal or 1. Did you mean to reshape one of them, as in x[:, None]?"
            ) from error
        except TypeError as error:
            kinds = " and ".join(str(getattr(x, "dtype", type(x).__name__)) for x in primals)
            raise TypeError(
                f"{self.name}: cannot be computed of {kinds}; arguments must be real numbers, "
                "arrays or nodes"
            ) from error

    def record(
        self, primal: Any, args: tuple[Array, ...], primals: tuple[Any, ...], settings: Settings
    ) -> Node:
        if primal.__class__ is bool and self.arity <= 2:  # the result of a comparison
            return Node.number.made(primal, self, *args)
        if primal.__class__ is not float or self.arity > 2:
            return Node.array.made(primal, self, args, primals, settings)
        slopes = [
            self.scalar_local(argnum, primal, primals) if isinstance(arg, Node) else None
            for argnum, arg in enumerate(args)
        ]
        if self.arity == 1:
            return Node.number.made(primal, self, args[0], None, slopes[0])
        return Node.number.made(primal, self, *args, *slopes)

    @cached_property
    def has_derivative(self) -> bool:
        return any(local is not None for local in self.partials)

    @cached_property
    def selects(self) -> tuple[bool, ...]:
        """For each argument, whether the local derivative is True or False: it is used or not."""
        return tuple(map(self._selects, self.partials))

    def _selects(self, partial: Partial) -> bool:
        if not callable(partial):
            return False
        try:
            with np.errstate(all="ignore"):
                return isinstance(partial(*[np.float64(1.0)] * (1 + self.arity)), _BOOLS)
        except TypeError:  # there is no derivative
            return False

    def local(self, argnum: int, out: Array, args: tuple[Array, ...]) -> Array | None:
        """The local derivative with respect to one argument; None if it is zero everywhere."""
        local = self.partials[argnum]
        if callable(local):
            return local(out, *args)
        return local or None

    def scalar_local(self, argnum: int, out: float, args: tuple[float, ...]) -> float | None:
        """`local` on floats: exceptions become inf or nan, and False becomes None."""
        local: Any
        try:
            local = self.local(argnum, out, args)
        except (ArithmeticError, ValueError):
            with np.errstate(all="ignore"):
                local = self.local(argnum, np.float64(out), tuple(np.float64(x) for x in args))
            local = float(local)
        return None if local is False else local

    def vjp(
        self, argnum: int, g: Array, out: Array, args: tuple[Array, ...], settings: Settings
    ) -> Array | None:
        local = self.partials[argnum]
        if callable(local):
            try:
                slope = local(out, *args)
            except ArithmeticError:
                slope = _ieee(local, out, args)
            if g.__class__ is np.ndarray and not isinstance(slope, Node):
                return g * slope
            if isinstance(g, Node.number) and getattr(slope, "primal", slope).__class__ is float:
                return g.chain_product(slope)
            return chain_product(g, slope)
        if not local:
            return None
        return g if local == 1 else -g if local == -1 else g * local

    def jvp(
        self, argnum: int, t: Array, out: Array, args: tuple[Array, ...], settings: Settings
    ) -> Array | None:
        return self.vjp(argnum, t, out, args, settings)  # both are multiplied by the slope


def _ieee(local: Any, out: Array, args: tuple[Array, ...]) -> Array:
    """A local derivative where Python's arithmetic raised: 1 / y at a constant y = 0 is inf."""
    numbers: list[Any] = [
        np.asarray(x, float)[()] if x.__class__ in _PYTHON_NUMBERS else x for x in args
    ]
    with np.errstate(all="ignore"):
        return local(out, *numbers)


def _argument_names(partials: Sequence[Partial]) -> Sequence[str]:
    """The names of the arguments in the rules; x, y and z if there is no rule."""
    for rule in map(unwrap, partials):
        if isinstance(rule, FunctionType) and rule.__code__.co_argcount == len(partials) + 1:
            return rule.__code__.co_varnames[1 : len(partials) + 1]
    return "xyz"[: len(partials)]


class Extremum(Elementwise):
    """The larger or the smaller of two: at a tie they share the derivative, and a constant, or what
    is constant for this derivative, takes all of it.

    beyond: `beyond(x, y)` tells where x is the result by itself.
    bounded: the same operation of one argument and a constant.
    """

    real_only = True

    def __init__(
        self,
        name: str,
        kernel: Callable[..., Any],
        scalar: Callable[..., float],
        beyond: Rule,
        bounded: Elementwise,
    ) -> None:
        super().__init__(
            name,
            kernel,
            scalar,
            lambda out, x, y: beyond(x, y) + 0.5 * (x == y),
            lambda out, x, y: beyond(y, x) + 0.5 * (x == y),
        )
        self.bounded = bounded
        bounded.real_only = True
        self.alone: Elementwise = Elementwise(
            name, kernel, scalar, lambda out, x, y: beyond(x, y), lambda out, x, y: beyond(y, x)
        )
        self.alone.real_only = True

    def __call__(self, *args: Any, **settings: Any) -> Any:
        if len(args) == 2 and not settings:
            x, y = args
            if not isinstance(y, Node):
                return self.bounded(x, y)
            if not isinstance(x, Node):
                return self.bounded(y, x)
        return super().__call__(*args, **settings)

    def record(
        self, primal: Any, args: tuple[Array, ...], primals: tuple[Any, ...], settings: Settings
    ) -> Node:
        node = super().record(primal, args, primals, settings)
        if isinstance(node, Node.number) and primals[0] == primals[1]:
            node.__class__ = Node.number.tied
        return node

    def among(self, node: Node, active: Nodes) -> Op:
        both = active is None or all(arg in active for arg in node.args)
        return self if both else self.alone

    def pull(self, node: Node, g: Array, out: Array, args: Args, active: Nodes) -> Shares:
        op = self.among(node, active)
        return (
            super().pull(node, g, out, args, active)
            if op is self
            else op.pull(node, g, out, args, active)
        )


def _as_operands(args: tuple[Array, ...]) -> tuple[bool, tuple[Array, ...]]:
    """Whether one of `args` is a node. Where one is, with NumPy scalars next to Values as Python
    numbers, so that the result is a Value; the arrays of a DataFrame or a DataArray, whose labels a
    node does not have; and lists as arrays.
    """
    kinds = {type(arg) for arg in args if isinstance(arg, Node)}
    if not kinds:
        return False, args
    _IS_NODE.update(dict.fromkeys(kinds, True))
    args = tuple([_without_labels(arg) for arg in args])
    if any(isinstance(arg, Node.array | np.ndarray) for arg in args):
        return True, args
    return True, tuple([arg.item() if isinstance(arg, np.generic) else arg for arg in args])


def _without_labels(arg: Array) -> Array:
    if isinstance(arg, Node | np.ndarray | np.generic):
        return arg
    return np.asarray(arg) if isinstance(arg, list | tuple) or hasattr(arg, "__array__") else arg


def choose(node: Node, shares: Sequence[Array], active: Nodes) -> Shares:
    """What `Op.pull` gives, for an operation that finds the shares of all arguments at once."""
    for argnum, arg in enumerate(node.args):
        if isinstance(arg, Node) and (active is None or arg in active):
            yield argnum, shares[argnum]


class Linear(Op):
    """A linear operation of one argument. The tangent is mapped by the operation itself, and the
    cotangent by its transpose, `transpose(g, x, **settings)`, which uses only the shape of x.
    """

    has_jvp = True

    def __init__(
        self,
        name: str,
        kernel: Callable[..., Any],
        transpose: Callable[..., Array],
        symbol: str = "",
    ) -> None:
        super().__init__(name, kernel, symbol=symbol)
        self.transpose = transpose
        self.arity: int = 1

    def pull(self, node: Node, g: Array, out: Array, args: Args, active: Nodes) -> Shares:
        return iter(((0, self.transpose(g, *args, **node.settings)),))

    def vjp(
        self, argnum: int, g: Array, out: Array, args: tuple[Array, ...], settings: Settings
    ) -> Array | None:
        return self.transpose(g, *args, **settings)

    def jvp(
        self, argnum: int, t: Array, out: Array, args: tuple[Array, ...], settings: Settings
    ) -> Array | None:
        return self(t, **settings)


class Multilinear(Op):
    """An operation that is linear in each argument: the tangent replaces its argument."""

    has_jvp = True

    def jvp(
        self, argnum: int, t: Array, out: Array, args: tuple[Array, ...], settings: Settings
    ) -> Array | None:
        return self(*args[:argnum], t, *args[argnum + 1 :], **settings)


# --------------------------------------------------------------------------------------------------
# The product of the chain rule, which is itself an elementwise operation


class _ChainProduct(Elementwise):
    def __call__(self, *args: Any, **settings: Any) -> Any:
        g, local = args
        if not isinstance(g, Node) and not isinstance(local, Node):
            running = interpreter()
            if running is RECORDING or running is NOT_RECORDING:  # which do not look at it
                return g * local
        return super().__call__(*args, **settings)


chain_product: Final = _ChainProduct(
    "chain_product",
    np.multiply,
    operator.mul,
    lambda out, g, local: local,
    lambda out, g, local: g,
    symbol="·",
    doc="g · local, the product of the chain rule, in which a strong zero times ∞ is 0.",
)


# --------------------------------------------------------------------------------------------------
# User-defined operations


def custom_op(
    kernel: Callable[..., Any],
    *,
    derivative: Rule | tuple[Rule | float | None, ...] | None = None,
    vjp: Rule | tuple[Rule | None, ...] | None = None,
    jvp: Rule | None = None,
    name: str = "",
) -> Op:
    """Define an operation with its own derivative.

    kernel: computes the operation on plain numbers and arrays.
    derivative: for an elementwise operation, its local derivative `derivative(out, x)`, where out
        is the result; or a tuple with one such function, number or None (zero) per argument.
    vjp: for any other operation, `vjp(g, out, *args, **settings)` returns the cotangent of the
        argument for the cotangent g of the result; or a tuple with one such function per argument.
    jvp: optional beside a vjp: `jvp(argnum, t, out, *args, **settings)` returns the tangent of the
        result for the tangent t of one argument. Without it, forward mode transposes the vjp.
    name: the name in graphs and messages; by default that of the kernel.

    Write rules in operations of this package (operators, `autograd.sin`, ...), not in NumPy on
    plain arrays, so that they can be differentiated again. `check_grads(op, x)` tests them. Raises
    TypeError unless exactly one of `derivative` and `vjp` is given, and where a rule returns None.

    >>> import numpy as np
    >>> from autograd import cos, custom_op, grad
    >>> sine = custom_op(np.sin, derivative=lambda out, x: cos(x))
    >>> grad(grad(grad(sine)))(0.0)
    -1.0
    """
    name = name or getattr(kernel, "__name__", "custom")
    doc = kernel.__doc__ or ""
    if derivative is not None and vjp is None and jvp is None:
        partials = _rules(name, derivative)
        return Elementwise(
            name, kernel, lambda *args: kernels.scalar(kernel(*args)), *partials, doc=doc
        )
    if vjp is not None and derivative is None:
        return Op(name, kernel, _rules(name, vjp), jvp, doc=doc)
    raise TypeError(
        f"custom_op {name!r}: give either `derivative`, for an elementwise operation, or `vjp`, "
        "and optionally `jvp` with it"
    )


def _rules(name: str, given: Rule | tuple[Any, ...]) -> tuple[Any, ...]:
    """The rules of the arguments; one that returns None raises, since None would count as zero."""
    rules = given if isinstance(given, tuple) else (given,)
    return tuple([_returning(name, rule) if callable(rule) else rule for rule in rules])


def _returning(name: str, rule: Rule) -> Rule:
    @wraps(rule)
    def checked(*args: Any, **settings: Any) -> Any:
        result = rule(*args, **settings)
        if result is None:
            raise TypeError(f"{name}: its derivative rule returned None (is a `return` missing?)")
        return result

    return checked
