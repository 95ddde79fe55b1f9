"""Operations, and the interpreter that runs them on nodes. The default one records them.

No mathematics is here: `autograd.ops` says what each operation computes and what its derivative is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar, Token
from typing import Any, ClassVar, Final, TypeAlias

import numpy as np

from autograd.engine.graph import Args, Array, Derivatives, Node, Nodes, Settings, leaf

Shares: TypeAlias = Iterator[tuple[int, Array]]
"""The cotangents of arguments, by number; None stands for zero."""


class Op:
    """An elementary operation: a name, a kernel on plain data, and its derivative.

    Called with plain numbers and arrays it gives plain results. With a node among the arguments
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

    def __call__(self, *args: Array, **settings: Any) -> Array:
        for arg in args:
            if isinstance(arg, Node):
                return interpreter().apply(self, args, settings)
        return interpreter().plain_result(self, args, self.evaluate(args, settings))

    def evaluate(self, primals: Args, settings: Settings) -> Any:
        """Compute on plain data."""
        return self.kernel(*primals, **settings)

    def record(self, primal: Any, args: Args, primals: Args, settings: Settings) -> Node:
        """The node of `primal = self(*args, **settings)`, where `primals` are the plain `args`."""
        return Node.array.made(primal, self, args, primals, settings)

    def pull(self, node: Node, g: Array, out: Array, args: Args, active: Nodes) -> Shares:
        """The cotangents of those arguments of `node` that are `active`, by number."""
        for argnum, arg in enumerate(node.args):
            if isinstance(arg, Node) and (active is None or arg in active):
                yield argnum, self.vjp(argnum, g, out, args, node.settings)

    def vjp(self, argnum: int, g: Array, out: Array, args: Args, settings: Settings) -> Array:
        """The cotangent of one argument, given that of the output; None stands for zero."""
        rules = self.rules
        rule = rules[argnum] if isinstance(rules, tuple) else rules(argnum)
        return None if rule is None else rule(g, out, *args, **settings)

    def jvp(self, argnum: int, t: Array, out: Array, args: Args, settings: Settings) -> Array:
        """The tangent of the output that the tangent `t` of one argument causes; None for zero."""
        return self.forward_rule(argnum, t, out, *args, **settings)

    def push(self, node: Node, tangents: Derivatives, out: Array, args: Args) -> Iterator[Array]:
        """The tangents of the output that those of the arguments of `node` cause."""
        for argnum, arg in enumerate(node.args):
            if isinstance(arg, Node) and arg in tangents:
                yield self.jvp(argnum, tangents[arg], out, args, node.settings)

    def among(self, node: Node, active: Nodes) -> Op:
        """The operation where the arguments of `node` that are not `active` are constants."""
        return self

    @property
    def has_jvp(self) -> bool:
        """Whether `jvp` is stated. Where not, forward mode transposes the `vjp`, linear in g."""
        return self.forward_rule is not None

    @property
    def has_derivative(self) -> bool:
        """Whether a cotangent may flow back through it at all."""
        rules = self.rules
        return not isinstance(rules, tuple) or rules == () or any(rules)

    real_only = False
    """Whether it has no meaning for complex numbers, whatever NumPy makes of them."""
    pure = True
    """Whether the result follows from arguments and settings alone, and may be computed once."""


class Interpreter:
    """Runs operations on nodes. This one records them; subclasses elsewhere do something else.

    All that may happen to a node is a method here, so a subclass sees whatever a program does.
    """

    records = True
    """Whether results remember how they were computed."""
    direct = True
    """Whether numbers may be recorded without a call of `apply`, which saves half their time."""
    replayed = False
    """Whether what runs now is run again later, on other numbers."""
    careful = False
    """Whether strong zeros are told from others, as in the repetition of a pass that made NaN."""
    run_pass: ClassVar[Callable[..., None]]
    """Run a pass forward or backward, with an eye on 0 · ∞ where it makes NaN: `autograd.zeros`."""

    def apply(self, op: Op, args: Args, settings: Settings) -> Node:
        """The result of an operation of which at least one argument is a node."""
        primals = tuple([arg.save() if isinstance(arg, Node) else arg for arg in args])
        return op.record(op.evaluate(primals, settings), args, primals, settings)

    def through(self, order: Iterable[Node], derivatives: Derivatives, mode: str) -> Iterable[Node]:
        """The nodes of a "gradient" or "tangent" pass one by one, as it fills in `derivatives`."""
        return order

    def plain_result(self, function: Callable[..., Any], args: Args, result: Any) -> Any:
        """What `function(*args)` gave: no argument is a node, or the function has no derivative."""
        return result

    def branch(self, node: Node, kind: type[bool] | type[int]) -> Any:
        """The data, which as a bool or an int decides how Python goes on."""
        return node.primal

    def take_out(self, node: Node, how: str) -> Any:
        """The data, for use outside of the graph."""
        return node.primal

    def detach(self, node: Node) -> Any:
        """The data, as a constant of the derivative."""
        return node.primal

    def fill(self, number: float, node: Node) -> Any:
        """An array like that of `node`, with the same number everywhere."""
        array = np.empty(node.shape, node.dtype if node.dtype.kind in "fc" else float)
        array.fill(number)
        return array

    def deliver(self, results: list[Node], inputs: Sequence[Node], plain: bool) -> list[Array]:
        """Recorded derivatives with respect to `inputs`, for a caller who may want them `plain`."""
        return list(results)

    def recording(self) -> Interpreter:
        """What runs operations once recording is turned on."""
        return self

    def without_recording(self) -> Interpreter:
        """What runs operations once recording is turned off."""
        return NOT_RECORDING


class Unrecorded(Interpreter):
    """Computes on nodes, and forgets how."""

    records = direct = False

    def apply(self, op: Op, args: Args, settings: Settings) -> Node:
        primals = tuple([arg.primal if isinstance(arg, Node) else arg for arg in args])
        node = leaf(op.evaluate(primals, settings))
        node.share_memory(args)
        return node

    def recording(self) -> Interpreter:
        return RECORDING


RECORDING: Final = Interpreter()
NOT_RECORDING: Final = Unrecorded()

_current: ContextVar[Interpreter] = ContextVar("interpreter", default=RECORDING)
interpreter: Callable[[], Interpreter] = _current.get
"""What runs operations now; each thread and each asyncio task has its own."""


class using:
    """A `with` block in which operations are run by another interpreter."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter

    def __enter__(self) -> None:
        self.token: Token[Interpreter] = _current.set(self.interpreter)

    def __exit__(self, *error: object) -> None:
        _current.reset(self.token)


def recording(on: bool) -> using:
    """A `with` block in which operations are recorded or not, whatever it was outside."""
    return using(interpreter().recording() if on else interpreter().without_recording())
