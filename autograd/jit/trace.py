"""`Trace`, the interpreter that records a program: its branches and side effects.

The operations themselves are in the graph. `Provenance` has where in the program they come from.
"""

from __future__ import annotations

import linecache
import os
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final, NoReturn, Self

import numpy as np

from autograd.around import Around
from autograd.effects import own_data, set_attribute
from autograd.engine.graph import Array, Node, Settings, next_index
from autograd.engine.operations import Interpreter, Op, interpreter, using
from autograd.jit.errors import JitError
from autograd.jit.guards import Place, changed
from autograd.jit.indices import Picks, need
from autograd.lines import LineLog
from autograd.ops.elementwise import stop_gradient
from autograd.ops.predicates import NonDifferentiable

draw_op: Final = NonDifferentiable("draw", lambda generator, f: np.asarray(f(generator)))
"""Random numbers, drawn anew at each run."""
draw_op.pure = False


class Provenance:
    """Inside `with Provenance() as provenance:` record where operations come from.

    Only the readable source of a program needs it, since it slows the recording down.
    """

    def __init__(self) -> None:
        self._log = LineLog()
        # Creation numbers in rising order, and from each on until the next: at which node a
        # derivative was being taken, and how.
        self._marks: list[int] = []
        self._at: list[tuple[Node, str] | None] = []
        self._cotangents: dict[int, Node] = {}
        self.inputs: list[Node] = []
        self.names: dict[int, str] = {}
        """The names of nodes that no line of the program stored, by creation number."""

    def __enter__(self) -> Self:
        self._log.__enter__()
        self._around = self._log.line_of(next_index())
        return self

    def __exit__(self, *error: object) -> None:
        self._log.__exit__(*error)

    def differentiates(self, node: Node | None, how: str = "", g: Array = None) -> None:
        """From here on operations belong to a derivative of `node`, or with `how` empty to the node
        itself; None ends that.
        """
        self._marks.append(next_index())
        self._at.append(None if node is None else (node, how))
        if isinstance(g, Node) and node is not None:
            self._cotangents.setdefault(g.index, node)

    def origin(self, index: int) -> str:
        """The origin of the node with a creation number, such as `model.py:3: y = w @ x`.

        It names the user's line too where the operation is in a library, and the kind of derivative
        ("gradient of ..."). "" where nothing is known.
        """
        if index < 0:
            return ""
        place = bisect_left(self._marks, index) - 1
        if place >= 0 and (at := self._at[place]) is not None:
            node, how = at
            before = self.origin(node.index)
            return f"{how} of {before}" if how else before
        user, inner = self._log.user_line_of(index), self._log.line_of(index)
        if inner is None or inner == self._around:
            return "(no line of the function)"
        called = f"{user}, in " if user not in (None, inner, self._around) else ""
        return f"{called}{inner}: {inner.text}"

    def name(self, index: int) -> str | None:
        """The variable that held the node of a creation number; of a cotangent, `grad_` and what it
        is the gradient by.
        """
        if (name := self.names.get(index) or self._log.name_of(index)) is not None:
            return name
        node = self._cotangents.get(index)
        if node is None:
            return None
        while node.op is not None and node.op.name == "identity":
            (node,) = node.parents
        before = self.name(node.index)
        return before and f"grad_{before}"


class Trace(Interpreter):
    """Records a program that is run again later, and keeps what is not in the graph."""

    replayed = True

    def __init__(
        self,
        around: Sequence[Place] = (),
        provenance: Provenance | None = None,
        picks: bool = False,
    ) -> None:
        self.branches: list[tuple[Node, type[bool] | type[int], bool | int, str]] = []
        """Nodes that the program branched on: the type asked for, the value, and the line."""
        self.effects: list[tuple[Callable[..., Any], tuple[Array, ...]]] = []
        """Side effects: functions of the data of arguments."""
        self.assigned: list[tuple[Any, str, Any]] = []
        """Attributes that got new data: the object, the name, and the old data."""
        self.around = around
        self.provenance = provenance
        self.picks: Picks = Picks(picks)
        self.draws: list[Node] = []
        self.failures: list[str] = []
        """Lines at which an operation failed for its numbers."""
        self.generators: dict[np.random.Generator, Any] = {}
        """The generators that random numbers were drawn from, and their states before."""
        self.variables: set[Node] = set()
        """What `gradients` has taken derivatives with respect to."""
        self.leaving: set[Node] = set()
        """Nodes that stand for plain data, which they are in the result of the program."""

    def apply(self, op: Op, args: tuple[Array, ...], settings: Settings) -> Node:
        # A program reads leaves anew at each run, so nobody relies on their arrays.
        primals = tuple([arg.primal if isinstance(arg, Node) else arg for arg in args])
        try:
            primal = op.evaluate(primals, settings)
        except (np.linalg.LinAlgError, IndexError):
            self.failures.append(user_line())
            raise
        return op.record(primal, args, primals, settings)

    def through(
        self, order: Iterable[Node], derivatives: dict[Node, Array], mode: str
    ) -> Iterable[Node]:
        return order if self.provenance is None else self._with_provenance(order, derivatives, mode)

    def _with_provenance(
        self, order: Iterable[Node], derivatives: dict[Node, Array], mode: str
    ) -> Iterator[Node]:
        assert self.provenance is not None
        for node in order:
            self.provenance.differentiates(node, mode, derivatives.get(node))
            yield node
        self.provenance.differentiates(None)

    def branch(self, node: Node, kind: type[bool] | type[int]) -> Any:
        value = node.primal
        if kind is int and self.picks.pick_by_node(node, depth=5):
            return value
        self.branches.append((node, kind, kind(value), user_line()))
        return node.primal

    def take_out(self, node: Node, how: str) -> NoReturn:
        if how == "backward()":
            raise JitError(
                f"{user_line()}: backward() writes into .grad, which is outside of a compiled "
                "program: let the function return the loss and compile its derivative, "
                "jit(value_and_grad(f)), or return gradients(loss, parameters)"
            )
        raise JitError(
            f"{user_line()}: {how} of a recorded value cannot be part of a compiled program: the "
            "number would be fixed as it is now. Return the value from the function and use it "
            "outside; keep computing with it as it is; or, to print or check it at every run, "
            "write observe(print, x)."
        )

    def detach(self, node: Node) -> Node:
        if node.dtype.kind not in "fc":
            return node
        with using(self):
            return stop_gradient(node)

    def fill(self, number: float, node: Node) -> Any:
        # As an operation, or it might be anything that is read from outside.
        dtype = node.dtype if node.dtype.kind in "fc" else np.dtype(float)
        settings = {"number": number, "shape": node.shape, "dtype": dtype}
        return self.apply(_constant, (), settings)

    def deliver(self, results: list[Node], inputs: Sequence[Node], plain: bool) -> list[Array]:
        self.variables.update(inputs)
        if self.provenance is not None:
            for node, g in zip(inputs, results, strict=True):
                self.provenance.differentiates(node, "gradient", g)
            self.provenance.differentiates(None)
        if plain:
            results = [self.detach(g) for g in results]
            self.leaving.update(results)
        return list(results)

    def without_recording(self) -> Interpreter:
        return Detached(self)

    def observe(self, f: Callable[..., Any], args: tuple[Array, ...]) -> None:
        need(args)
        self.effects.append((Observing(f, self.around, args), tuple(filter(_may_change, args))))

    def assign(self, owner: Any, name: str, new: Array) -> None:
        need([new])
        act = partial(set_attribute, owner, name)
        effect = (act, (new,)) if _may_change(new) else (partial(act, new), ())
        self.effects.append(effect)
        self.assigned.append((owner, name, getattr(owner, name)))
        setattr(owner, name, new)  # for whoever reads it later in the recording

    def draw(self, generator: np.random.Generator, f: Callable[..., Any]) -> Array:
        self.generators.setdefault(generator, generator.bit_generator.state)
        settings = {"generator": generator, "f": f}
        self.draws.append(Node.array.made(np.asarray(f(generator)), draw_op, settings=settings))
        return self.draws[-1]

    def restore(self) -> None:
        """Undo side effects of the recording, which are repeated when the program runs."""
        for owner, name, old in reversed(self.assigned):
            setattr(owner, name, old)
        for generator, state in self.generators.items():
            generator.bit_generator.state = state

    def run_observers(self) -> None:
        """Call the observers of a program that will not run since the function raised an error."""
        for act, args in self.effects:
            if isinstance(act, Observing):
                act(*map(own_data, args))


def _may_change(arg: Any) -> bool:
    """Whether an argument of an effect may be another in another run; else it is that object."""
    return isinstance(arg, Node | np.ndarray)


_ANEW: Final = object()


class Observing:
    """A function that observes a program, and what it changes at the first run.

    around: places that the program may read. What an observer changes there is no reason to record
        the program again.
    args: its arguments; those that may change are given anew at each run.
    """

    def __init__(self, f: Callable[..., Any], around: Sequence[Place], args: Sequence[Any]) -> None:
        self.function = f
        self.args: list[Any] = [_ANEW if _may_change(arg) else arg for arg in args]
        self.around = around
        self.changed: set[int] = set()
        """The places it has changed, by `id`."""

    def __call__(self, *data: Any) -> None:
        new = iter(data)
        args = [next(new) if arg is _ANEW else arg for arg in self.args]
        before = {id(place) for place in changed(self.around)}
        try:
            self.function(*args)
        finally:
            self.changed |= {id(place) for place in changed(self.around)} - before


class Detached(Around):
    """Recording turned off: operations are part of the program, but constants of the derivative."""

    records = False

    def apply(self, op: Op, args: tuple[Array, ...], settings: Settings) -> Node:
        node: Node = self.inner.detach(self.inner.apply(op, args, settings))
        return node

    def recording(self) -> Interpreter:
        return self.inner

    def without_recording(self) -> Interpreter:
        return self


_constant: Final = Op("constant", lambda number, shape, dtype: np.full(shape, number, dtype))


def captured(array: Array) -> Array:
    """The array itself; while compiling, a node around it, so that what is computed from it is part
    of the program and follows the array, instead of a constant.

    array: held by something outside of the function, such as a variable or an attribute. Operations
        on nodes take such an array as it is; this is for NumPy's own arithmetic on it.

    >>> import numpy as np
    >>> from autograd import captured, jit
    >>> scale = np.array([1.0, 2.0])
    >>> f = jit(lambda x: x * captured(scale) ** 2)
    >>> before = f(np.ones(2))
    >>> scale[:] = 3.0
    >>> before, f(np.ones(2)), f.stats().recorded
    (array([1., 4.]), array([9., 9.]), 1)
    """
    if isinstance(array, Node) or not interpreter().replayed:
        return array
    node = Node.array.made(array)
    node.frozen = True  # it stands for the array, of which an operation is not to make a copy
    return node


def is_compiling() -> bool:
    """Whether a program is being recorded, to be run again later."""
    return interpreter().replayed


_PACKAGES = tuple(
    os.path.dirname(os.path.abspath(file)) + os.sep
    for file in (os.path.dirname(__file__), np.__file__)
)


def user_line() -> str:
    """The line that is running now outside this package and NumPy, as `file.py:7: text`."""
    frame = sys._getframe(1)
    while frame.f_back and os.path.abspath(frame.f_code.co_filename).startswith(_PACKAGES):
        frame = frame.f_back
    file, lineno = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, lineno).strip()
    return f"line {lineno} of {os.path.basename(file)}{f' ({text})' if text else ''}"
