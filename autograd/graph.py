"""The graph: operations, the nodes they leave behind, and the switch that turns recording off.

No mathematics is here: what an operation computes and how it is differentiated is said in `ops`.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar, Token
from itertools import count
from types import MappingProxyType
from typing import Any, ClassVar, NoReturn, Protocol, TypeAlias

import numpy as np

Array: TypeAlias = Any
"""What operations take and give: a number, an array, or a node holding one."""

Settings = Mapping[str, Any]
NO_SETTINGS: Settings = MappingProxyType({})

recording: ContextVar[bool | Observer] = ContextVar("recording", default=True)
"""Whether operations on nodes are remembered; each thread and each asyncio task has its own.

An `Observer` stands for what it is switched to, and is handed the operations one by one. That it
is looked for here, where each operation looks anyway, makes it cost nothing where there is none.
"""

observing: list[Observer] = []
"""The observers of all threads that are to see what runs compiled, too. It mostly is empty, which
is told faster than what `recording` holds.
"""

tracing: ContextVar[Tracer | None] = ContextVar("tracing", default=None)
"""What a program is being recorded into, so that it can be run again on other numbers."""

next_index: Callable[[], int] = count().__next__
"""Creation numbers. An operation is made after its arguments, so they order any graph."""


class Tracer(Protocol):
    """What has to know, while a program is recorded, where its numbers go besides operations."""

    def branch(self, node: Node, kind: type[bool] | type[int]) -> None:
        """The program goes on as the number in `node` tells it to."""

    def refuse(self, how: str) -> NoReturn:
        """A number is taken out of the program, which would then not follow it."""

    def cut(self, node: Node) -> Node:
        """What `node` holds, as a constant of the derivative though not of the program."""

    def plain(self, node: Node) -> Node:
        """The same for what is plain data where nothing is traced: so it leaves the program."""

    unrecorded: Observer
    """Stands for recording turned off: operations are part of the program, but cut."""

    def observe(self, f: Callable[..., Any], args: tuple[Array, ...]) -> None:
        """A function is called on plain data, for what it does and not for what it gives."""

    def assign(self, owner: Any, name: str, new: Array) -> None:
        """An attribute of an object outside is given new data."""

    def draw(self, generator: np.random.Generator, f: Callable[..., Any]) -> Array:
        """Random numbers are drawn: `f(generator)`, an array of a shape that does not change."""

    def failed(self, handled: bool = False) -> None:
        """An operation has raised an error because of its numbers, which may be caught.

        handled: the engine caught it, and goes on in a way that is right for all numbers.
        """

    def differentiates(self, node: Node | None, how: str = "", g: Array = None) -> None:
        """What is computed from here on is the derivative at `node`; None is the end of that.

        how: "gradient" or "tangent"; g: the cotangent of the node, where it is known.
        """


class Node:
    """A value in a computation, with the operation and the arguments that made it.

    Nodes point to their arguments only, never to their uses, so a graph has no reference cycles
    and is freed as soon as its last output is dropped.
    """

    __slots__ = ("__weakref__", "grad", "index", "label", "op", "primal")

    primal: Any
    op: Any
    """The `Op` that made this node; None for a leaf."""
    index: int
    label: str
    grad: Any

    saved: tuple[Any, ...]
    """The plain data of the arguments, where the derivative needs them."""

    @property
    def parents(self) -> tuple[Node, ...]:
        """The arguments that are nodes themselves, in order; `()` for a leaf."""
        return tuple(arg for arg in self.args if isinstance(arg, Node))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the data; `()` for one number."""
        shape: tuple[int, ...] = self.primal.shape
        return shape

    @property
    def ndim(self) -> int:
        """How many axes the data has."""
        ndim: int = self.primal.ndim
        return ndim

    @property
    def size(self) -> int:
        """How many numbers the data holds."""
        size: int = self.primal.size
        return size

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy type of the numbers."""
        dtype: np.dtype[Any] = self.primal.dtype
        return dtype

    # What the two kinds of node store differently:

    @property
    def args(self) -> tuple[Array, ...]:
        """The arguments of the operation, nodes and constants; `()` for a leaf."""
        raise NotImplementedError

    @property
    def settings(self) -> Settings:
        """The settings of the operation, such as an axis."""
        raise NotImplementedError

    def changed_parent(self) -> Node | None:
        """An argument that no longer holds what it held when this node was recorded."""
        raise NotImplementedError


_FLOAT, _BOOL = np.dtype(np.float64), np.dtype(bool)


class ScalarNode(Node):
    """A float made of floats by an elementwise operation of one or two arguments.

    It saves its local derivatives, not its inputs, and in slots, not in tuples: a tuple would be
    one more object for Python's garbage collector to walk, and with a hundred thousand nodes the
    walking costs more than the arithmetic.
    """

    __slots__ = ("a", "b", "da", "db", "renewed")
    kind: ClassVar[type[ScalarNode]]
    """The subclass that operations make."""
    chain: ClassVar[Callable[[Any, Any], Any]]
    """The product of the chain rule, without the checks that two numbers do not need."""

    a: Array
    b: Array
    da: float | None
    db: float | None
    renewed: int
    """On a leaf: when it was given new data, counted as `index` is. Unset until then."""

    settings: Settings = NO_SETTINGS
    shape: tuple[int, ...] = ()
    ndim = 0
    size = 1

    @property
    def dtype(self) -> np.dtype[Any]:
        return _BOOL if self.primal.__class__ is bool else _FLOAT

    @property
    def args(self) -> tuple[Array, ...]:
        return () if self.op is None else (self.a, self.b)[: self.op.arity]

    @property
    def parents(self) -> tuple[Node, ...]:
        a, b = self.a, self.b
        if isinstance(a, Node):
            return (a, b) if isinstance(b, Node) else (a,)
        return (b,) if isinstance(b, Node) else ()

    def changed_parent(self) -> Node | None:
        for parent in self.parents:
            if getattr(parent, "renewed", -1) > self.index:
                return parent
        return None


class ArrayNode(Node):
    """An array, and the plain inputs that its derivative is made of."""

    __slots__ = ("args", "frozen", "saved", "settings")
    kind: ClassVar[type[ArrayNode]]
    """The subclass that operations make."""

    args: tuple[Array, ...]
    settings: Settings
    frozen: bool

    def changed_parent(self) -> Node | None:
        for arg, then in zip(self.args, self.saved, strict=True):
            if not isinstance(arg, Node) or arg.primal is then:
                continue
            if not np.array_equal(arg.primal, then, equal_nan=True):
                return arg
        return None

    def freeze(self) -> None:
        """Let nobody write into the array any more: something relies on it."""
        self.primal.flags.writeable = False
        self.frozen = True


def array_node(
    primal: Any,
    op: Op | None = None,
    args: tuple[Array, ...] = (),
    saved: tuple[Any, ...] = (),
    settings: Settings = NO_SETTINGS,
) -> ArrayNode:
    """A recorded node, or a leaf where there is no operation, around `primal` itself."""
    if not isinstance(primal, np.ndarray):
        primal = np.asarray(primal)
    if primal.dtype.kind == "c":
        raise TypeError(
            f"complex numbers are not supported{f' in {op.name!r}' if op else ''}: hold real and "
            "imaginary parts apart"
        )
    node = object.__new__(ArrayNode.kind)
    node.primal = primal
    node.op = op
    node.args = args
    node.saved = saved
    node.settings = settings
    node.index = next_index()
    node.label = ""
    node.grad = None
    node.frozen = False
    return node


def scalar_node(
    primal: float,
    op: Op | None = None,
    a: Array = None,
    b: Array = None,
    da: float | None = None,
    db: float | None = None,
) -> ScalarNode:
    """A recorded node, or a leaf where there is no operation, that holds the float `primal`."""
    node = object.__new__(ScalarNode.kind)
    node.primal = primal
    node.op = op
    node.a = a
    node.b = b
    node.da = da
    node.db = db
    node.index = next_index()
    node.label = ""
    node.grad = 0.0
    return node


def leaf(primal: Any) -> Node:
    """A node without a history around `primal` itself, not a copy."""
    return scalar_node(primal) if primal.__class__ is float else array_node(primal)


def unrecorded(primal: Any, args: tuple[Array, ...]) -> Node:
    """A leaf for the result of an operation on `args`. A view of one is not for writing."""
    node = leaf(primal)
    if isinstance(node, ArrayNode):
        sources = [arg for arg in args if isinstance(arg, ArrayNode)]
        if node.primal.base is not None or any(node.primal is arg.primal for arg in sources):
            for shared in (node, *sources):
                shared.freeze()
    return node


def saved_primals(args: tuple[Array, ...]) -> tuple[Any, ...]:
    """The plain data of arguments that a graph is about to read, made sure to stay as it is.

    Where something besides a leaf holds its array, that may be a view, which can still be written
    to. The graph gets a copy then; to write to the array itself is an error either way.
    """
    primals = []
    for arg in args:
        if isinstance(arg, Node):
            if (
                isinstance(arg, ArrayNode)
                and arg.op is None
                and not arg.frozen
                and tracing.get() is None  # a recorded program reads it again at each run
            ):
                held_elsewhere = sys.getrefcount(arg.primal) > 2  # by the leaf, and by the call
                arg.freeze()
                if held_elsewhere:
                    arg.primal = arg.primal.copy()
                    arg.freeze()
            arg = arg.primal
        primals.append(arg)
    return tuple(primals)


class GraphChangedError(RuntimeError):
    """A leaf was given new data, and a graph that had read the old is now differentiated again."""


class Op:
    """An elementary operation: a name, a kernel on plain data, and its derivative.

    Calling it with plain numbers and arrays gives plain results. With a node among the arguments
    the result is a node that remembers the operation. Arguments are positional; settings (an axis,
    a shape) are keywords.

    `vjp(g, out, *args, **settings)` gives the cotangent of one argument from the cotangent `g` of
    the output. A tuple has one such rule per argument (`None` where there is no derivative); an
    operation on any number of arguments gives a function from the argument's number to its rule.
    `jvp(argnum, t, out, *args, **settings)` may be stated for forward mode.
    Rules are written in operations, so they differentiate like anything else.
    """

    def __init__(
        self,
        name: str,
        kernel: Callable[..., Any],
        vjp: tuple[Callable[..., Array] | None, ...] | Callable[[int], Callable[..., Array]] = (),
        jvp: Callable[..., Array | None] | None = None,
        *,
        symbol: str = "",
        doc: str = "",
    ) -> None:
        self.name = name
        self.kernel = kernel
        self.symbol: str = symbol or name
        self.rules = vjp
        self.forward_rule: Any = jvp
        self.arity: int | None = len(vjp) if isinstance(vjp, tuple) else None
        self.__name__ = self.__qualname__ = name
        self.__doc__ = doc or f"The operation `{name}`."

    def __repr__(self) -> str:
        kind = type(self).__name__.strip("_").lower() if type(self) is not Op else "operation"
        takes = "" if self.arity is None else f" of {self.arity} argument{'s' * (self.arity != 1)}"
        return f"<op {self.name}: {kind}{takes}>"

    def _repr_html_(self) -> str:
        summary = (self.__doc__ or "").partition("\n")[0]
        return f"<p><code>{html.escape(repr(self))}</code><br/>{html.escape(summary)}</p>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError(
            f"operation {self.name!r} cannot be pickled: save the data of nodes, not graphs"
        )

    def __call__(self, *args: Array, **settings: Any) -> Array:
        for arg in args:
            if isinstance(arg, Node):
                return self.apply(args, settings)
        return self.evaluate(args, settings)

    def apply(self, args: tuple[Array, ...], settings: Settings) -> Node:
        """Compute on nodes, and remember where recording is on."""
        mode = recording.get()
        if mode is False:
            primals = tuple([arg.primal if isinstance(arg, Node) else arg for arg in args])
            return unrecorded(self.evaluate(primals, settings), args)
        if mode is not True:
            return mode.apply(self, args, settings)
        primals = saved_primals(args)
        try:
            primal = self.evaluate(primals, settings)
        except (np.linalg.LinAlgError, IndexError):
            if (tracer := tracing.get()) is not None:
                tracer.failed()
            raise
        return self.record(primal, args, primals, settings)

    def record(
        self, primal: Any, args: tuple[Array, ...], primals: tuple[Any, ...], settings: Settings
    ) -> Node:
        """The node of `primal = self(*args, **settings)`, where `primals` are the plain `args`."""
        return array_node(primal, self, args, primals, settings)

    def evaluate(self, primals: tuple[Any, ...], settings: Settings) -> Any:
        """Compute on plain data."""
        return self.kernel(*primals, **settings)

    def vjp(
        self, argnum: int, g: Array, out: Array, args: tuple[Array, ...], settings: Settings
    ) -> Array | None:
        """The cotangent of argument `argnum`, given that of the output; None stands for zero."""
        rules = self.rules
        rule = rules[argnum] if isinstance(rules, tuple) else rules(argnum)
        return None if rule is None else rule(g, out, *args, **settings)

    @property
    def has_derivative(self) -> bool:
        """Whether a cotangent may flow back through it at all."""
        rules = self.rules
        return not isinstance(rules, tuple) or rules == () or any(rules)

    pure = True
    """Whether the result follows from arguments and settings alone, and may be computed once."""

    closed_by_zero = False
    """Whether 0 · ∞ is 0, as in the products of the chain rule and nowhere else."""

    @property
    def has_jvp(self) -> bool:
        """Whether `jvp` is stated. Where not, forward mode transposes the `vjp`, linear in g."""
        return self.forward_rule is not None

    def jvp(
        self, argnum: int, t: Array, out: Array, args: tuple[Array, ...], settings: Settings
    ) -> Array | None:
        """The tangent of the output that the tangent `t` of one argument causes; None for zero."""
        return self.forward_rule(argnum, t, out, *args, **settings)


class Observer:
    """Set as `recording`, it is handed each operation on nodes and each backward pass."""

    def __bool__(self) -> bool:
        """Whether operations are recorded."""
        raise NotImplementedError

    def switched(self, on: bool | Observer) -> bool | Observer:
        """The same observer with recording turned on or off, or handed on to another."""
        raise NotImplementedError

    def apply(self, op: Op, args: tuple[Array, ...], settings: Settings) -> Node:
        """In place of `op.apply`, which it calls with a plain `recording`."""
        raise NotImplementedError

    def backward(
        self, order: Sequence[Node], cotangents: dict[Node, Array], step: Callable[[Node], None]
    ) -> None:
        """In place of the loop over `order`: `step` passes on the cotangent of one node."""
        raise NotImplementedError


class set_recording:
    """Turn recording on or off inside a `with` block, whatever it was outside.

    on: may be an observer, which is handed operations after those that observe outside.
    """

    __slots__ = ("on", "token")

    def __init__(self, on: bool | Observer) -> None:
        self.on: bool | Observer = on

    def __enter__(self) -> None:
        mode, on = recording.get(), self.on
        if on is False and (tracer := tracing.get()) is not None:
            on = tracer.unrecorded
        mode = mode.switched(on) if isinstance(mode, Observer) else on
        self.token: Token[bool | Observer] = recording.set(mode)

    def __exit__(self, *error: object) -> None:
        recording.reset(self.token)


def no_grad() -> set_recording:
    """Inside `with no_grad():` operations on nodes give nodes without a history.

    It saves the time and memory of recording where no derivative is wanted, and holds for the
    current thread only.

    >>> from autograd import Value, no_grad
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.parents
    ()
    """
    return set_recording(False)
