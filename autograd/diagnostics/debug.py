"""`debug`: a block in which the first NaN or infinity is an error that says where it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from copy import copy
from typing import Any, Self
from zlib import crc32

import numpy as np

from autograd.around import Around
from autograd.diagnostics import report
from autograd.diagnostics.cuts import CutLog
from autograd.diagnostics.loops import LoopLog, axis_fault
from autograd.diagnostics.numbers import data_of, entries_of, has_nan, is_finite
from autograd.diagnostics.report import Fault, NonFiniteError
from autograd.engine.backward import gradients, pull_back
from autograd.engine.graph import Array, GraphChangedError, Node, Settings, ancestors, leaf
from autograd.engine.operations import RECORDING, Interpreter, Op, interpreter, using
from autograd.frames import caller
from autograd.lines import LineLog, user_line_of
from autograd.ops.op_types import Elementwise


class BroadcastWarning(UserWarning):
    """Inside `debug`: shapes such as (n, 1) and (n,) have silently made (n, n)."""


def debug(*, at_once: bool = True) -> DebugBlock:
    """Inside `with debug():` the first operation, forward or backward, that makes NaN or infinity
    of finite numbers raises NonFiniteError.

    The message names the operation and the line, shows the source and the operands at the first
    such entry, the module, the operations on the way, and a fix where one is known. A NaN that is
    in the data is reported where it is first used. A `backward` through a graph whose arrays have
    been overwritten since, or whose leaves have new data, raises GraphChangedError. Shapes (n, 1)
    and (n,) that broadcast to (n, n) give a BroadcastWarning. A TrainingWarning tells of a loop
    that forgets `zero_grad`, adds the gradient of a loss to its parameters, or takes a softmax over
    the examples. The tangents of forward mode (`jvp`) are not checked.

    at_once: if False, nothing is raised: `with debug(at_once=False) as block:` records the lines,
        and `block.find(output)` then returns the fault, ignoring infinities that the program has
        masked.

    Operations run some five times slower, inside the block and in its thread only. `why`, `draw`
    and `explain` know the lines of what was computed there.

    >>> import numpy as np
    >>> from autograd import Tensor, debug
    >>> p = Tensor([0.5, 0.0])
    >>> with debug():
    ...     loss = -np.log(p).sum()
    Traceback (most recent call last):
        ...
    autograd.diagnostics.report.NonFiniteError: operation 'log' made -inf ...
    """
    return DebugBlock(at_once=at_once)


class DebugBlock(Around):
    """The block that `debug` makes: it checks each operation and each step of a backward pass."""

    def __init__(self, *, at_once: bool = True, keep: bool = False) -> None:
        super().__init__(RECORDING)
        self.at_once = at_once
        self.log: LineLog = LineLog()
        self.cuts: CutLog = CutLog(self.log, keep=keep)
        self.loop: LoopLog = LoopLog()
        self.differentiated: Node | None = None
        """The node whose derivative rule runs, if any."""
        self.plain_faults: list[tuple[Any, Fault]] = []
        """Plain arrays in which an operation without nodes made NaN or infinity: a fault as soon as
        a node meets them."""
        self.checksums: dict[int, list[tuple[int, int]]] = {}
        """By the number of a node: the plain arrays among its arguments, and their checksums."""

    def __enter__(self) -> Self:
        running = interpreter()
        self.inner: Interpreter = running.inner if isinstance(running, DebugBlock) else running
        self._block = ExitStack()
        self._block.enter_context(self.log.open())
        self._block.enter_context(self.cuts.open())
        self._block.enter_context(using(self))
        return self

    def __exit__(self, *error: object) -> None:
        self._block.close()

    # --- numbers that leave the graph ------------------------------------------------------------

    def branch(self, node: Node, kind: type[bool] | type[int]) -> Any:
        data = super().branch(node, kind)
        self.cuts.note(f"{kind.__name__}()", node, data)
        return data

    def take_out(self, node: Node, how: str) -> Any:
        data = super().take_out(node, how)
        line = self.log.line_calling(caller())
        if how == "backward()":  # which computes nothing from the number
            self.loop.begins(node, line)
            return data
        if node.op is None:
            self.loop.touched(line)
        self.cuts.note(how, node, data)
        return data

    def plain_result(
        self, function: Callable[..., Any], args: tuple[Array, ...], result: Any
    ) -> Any:
        result = super().plain_result(function, args, result)
        for arg in args:
            if isinstance(arg, Node):
                self.cuts.note(function.__name__, arg, result)
        if isinstance(function, Op) and self.differentiated is None and not is_finite(result):
            fault = self.fault_behind(args)
            if fault is None and _is_origin(args, result):
                self.log.running(caller())
                fault = report.forward_fault(function, args, leaf(result), "")
            if fault is not None:
                self.plain_faults.append((result, fault))
        return result

    def fault_behind(self, args: Sequence[Array]) -> Fault | None:
        """The fault that left NaN in one of some plain arrays."""
        faults = (f for result, f in self.plain_faults if any(result is x for x in args))
        return next(faults, None)

    # --- operations on nodes ---------------------------------------------------------------------

    def apply(self, op: Op, args: tuple[Array, ...], settings: Settings) -> Node:
        self.log.running(caller(), pull_back.__code__, self.differentiated)
        with np.errstate(all="ignore"):  # it is reported by name
            node = super().apply(op, args, settings)
        arrays = [(n, arg) for n, arg in enumerate(args) if isinstance(arg, np.ndarray)]
        if node.op is op and arrays:
            self.checksums[node.index] = [(n, crc32(array.tobytes())) for n, array in arrays]
        if self.differentiated is not None:  # its cotangents and tangents are looked at
            return node
        if not self.records and (line := user_line_of(node)):
            for arg in args:
                if isinstance(arg, Node):
                    self.cuts.note("no_grad()", arg, node, line)
        self.check_broadcast(op, args, node)
        if op.name in ("index", "mul", "sub") and (
            fault := axis_fault(op.name, args, settings.get("key"))
        ):
            self.loop.tell(fault, user_line_of(node))
        if self.at_once and not is_finite(node):
            self.check_finite(op, args, node)
        return node

    def check_broadcast(self, op: Op, args: tuple[Array, ...], made: Node) -> None:
        """Warn if a column and a row of the same length broadcast to a square."""
        if not isinstance(op, Elementwise) or made.ndim < 2 or made.shape[-1] < 2:
            return
        shapes = [np.shape(data_of(arg)) for arg in args]
        lists = [shape for shape in shapes if len(shape) < made.ndim and made.shape[-1:] == shape]
        columns = [shape for shape in shapes if shape[-1:] == (1,) and shape[-2:-1] in lists]
        if columns:
            self.loop.tell(
                f"operation {op.name!r} has broadcast shapes {columns[0]} and {lists[0]} to "
                f"{made.shape}: every entry is paired with every other. To pair them one by one, "
                f"give both the same shape, as with x.reshape(-1) or y[:, None]",
                user_line_of(made),
                BroadcastWarning,
            )

    def check_finite(self, op: Op, args: tuple[Array, ...], node: Node) -> None:
        """Raise if NaN or infinity in `node` began with `op`, or if there is NaN in the data."""
        if _is_origin(args, node):
            raise NonFiniteError(report.forward_fault(op, args, node, report.way_from(op, args)))
        for arg in args:
            if has_nan(arg) and (not isinstance(arg, Node) or arg.op is None):
                fault = self.fault_behind((arg,)) or report.data_fault(op, arg, node)
                raise NonFiniteError(fault)

    # --- derivatives -----------------------------------------------------------------------------

    def through(
        self, order: Iterable[Node], derivatives: dict[Node, Array], mode: str
    ) -> Iterable[Node]:
        order = list(super().through(order, derivatives, mode))
        outer = self.differentiated
        try:
            yield from (
                self._checked(order, derivatives) if mode == "gradient" else self._noted(order)
            )
            self.loop.ended(order, derivatives)
        finally:
            self.differentiated = outer

    def _noted(self, order: list[Node]) -> Iterator[Node]:
        for self.differentiated in order:
            yield self.differentiated

    def _checked(self, order: list[Node], cotangents: dict[Node, Array]) -> Iterator[Node]:
        for node in order:
            self.check_unchanged(node)
        infinite: set[Node] = set()  # nodes whose cotangents are not finite any more
        for node in self._noted(order):
            g = cotangents.get(node)
            counts = {parent: entries_of(cotangents.get(parent)) for parent in node.parents}
            yield node
            for parent, count in counts.items():
                share = cotangents.get(parent, 0.0)
                if not self.at_once or parent in infinite or is_finite(share, count):
                    continue
                infinite.add(parent)
                # A NaN may come of a strong zero: if so, the pass is about to be repeated.
                is_fault = interpreter().careful or not has_nan(share)
                if is_fault and g is not None and is_finite(g):
                    way = report.way_to(order[0], node)
                    raise NonFiniteError(report.backward_fault(node, g, share, way))

    def check_unchanged(self, node: Node) -> None:
        """Raise if an array that `node` has read holds other numbers now."""
        changed = [
            f"an array of shape {node.args[argnum].shape}"
            for argnum, checksum in self.checksums.get(node.index, ())
            if crc32(node.args[argnum].tobytes()) != checksum
        ]
        for parent in node.changed_parents():
            changed.append(f"the leaf {report.name_of(parent)}")
        if changed:
            line = user_line_of(node)
            read_at = f" at {line}: {line.text}" if line else ""
            raise GraphChangedError(
                f"{' and '.join(changed)} has been overwritten or given new data since operation "
                f"{node.op.name!r} read it{read_at}. The derivative would not be that at "
                "the new numbers: compute the output again after each change, and give operations "
                "a copy of an array that changes later"
            )

    def find(self, output: Node) -> Fault | None:
        """What made `output`, or a cotangent in its backward pass, NaN or infinite; None if nothing
        did. Call it inside the block.
        """
        if not is_finite(output):
            node = _origin(output)
            if node is None:
                return None
            way = report.way_to(output, node)
            return report.forward_fault(node.op, node.args, node, way)
        strict = copy(self)
        strict.at_once = True
        try:
            with using(strict):
                gradients(output, _leaves(output), seed=np.ones(output.shape))
        except NonFiniteError as error:
            return error.fault
        return None


def _is_origin(args: Sequence[Array], out: Any) -> bool:
    """Whether NaN or infinity in `out` began here: `args` are finite, or the NaN is new."""
    return all(map(is_finite, args)) or (has_nan(out) and not any(map(has_nan, args)))


def _origin(output: Node) -> Node | None:
    """The earliest node whose result is not finite although all it was made from is.

    Only paths of such results that lead to `output` count, so an infinity that the program has
    masked is not taken for the cause. None if they begin in a leaf or a constant.
    """
    first: Node | None = None
    seen = {output}
    stack = [output]
    while stack:
        node = stack.pop()
        bad = [arg for arg in node.args if not is_finite(arg)]
        if not bad and node.op is not None and (first is None or node.index < first.index):
            first = node
        for arg in bad:
            if isinstance(arg, Node) and arg.op is not None and arg not in seen:
                seen.add(arg)
                stack.append(arg)
    return first


def _leaves(output: Node) -> list[Node]:
    """The leaves that `output` was computed from."""
    parents = (parent for node in ancestors([output]) for parent in node.parents)
    return [parent for parent in dict.fromkeys(parents) if parent.op is None]
