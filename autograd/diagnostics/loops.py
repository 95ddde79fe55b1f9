"""Mistakes in training loops, which show from one backward pass to the next.

`debug` reports each backward pass to a `LoopLog`. What it warns of is certain: it follows from
numbers that agree to the last bit, or from an update along the gradient, not from a guess.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import ref

import numpy as np

from autograd.diagnostics.numbers import data_of
from autograd.diagnostics.report import name_of
from autograd.engine.graph import Array, Node, ancestors
from autograd.lines import Line

PARALLEL = 0.9999
"""The cosine from which on an update goes along the gradient."""


class TrainingWarning(UserWarning):
    """A training loop has a mistake that raises no error; the message names it and the remedy."""


@dataclass
class Seen:
    """A leaf at the latest backward pass.

    total: its `.grad` after the pass, as far as the pass is known.
    mixed: whether that adds gradients at different data.
    """

    data: Any
    before: Any
    total: Any = None
    mixed: bool = False


class LoopLog:
    """The leaves of the backward passes so far; each mistake is told once."""

    def __init__(self) -> None:
        self._seen: dict[int, Seen] = {}  # by the number of the leaf, as long as it lives
        self._alive: dict[int, Any] = {}
        self._told: set[Any] = set()
        self._output: Node | None = None
        self._ascents: list[float] = []
        self._update: Line | None = None

    def touched(self, line: Line | None) -> None:
        """The data of a leaf is read at a line, perhaps to update it."""
        self._update = line or self._update

    def begins(self, output: Node, line: Line | None) -> None:
        """`output.backward()` is called at a line."""
        leaves = [
            leaf
            for leaf in dict.fromkeys(p for n in ancestors([output]) for p in n.parents)
            if leaf.op is None
        ]
        self._check_direction(output, leaves)
        forgotten = None
        for leaf in leaves:
            last, grad = self._seen.get(leaf.index), leaf.grad
            kept = last is not None and grad is not None and _same(grad, last.total)
            moved = last is not None and not _same(leaf.primal, last.data)
            if kept and moved and last is not None and last.mixed:
                forgotten = forgotten or leaf
            mixed = kept and (moved or (last is not None and last.mixed))
            self._remember(leaf, Seen(np.copy(leaf.primal), grad, grad, mixed))
        self._output = output
        if forgotten is not None:
            self.tell(
                f"backward() adds to the gradient of {name_of(forgotten)} that was computed "
                "before the last updates, which have used the sum: call optimizer.zero_grad(), or "
                "set .grad = None, before each backward()",
                line,
            )

    def ended(self, order: list[Node], cotangents: Mapping[Node, Array]) -> None:
        """A backward pass through the nodes of `order` has ended."""
        if not order or order[0] is not self._output:
            return
        for leaf, g in cotangents.items():
            if (seen := self._seen.get(leaf.index)) and g is not None:
                g = data_of(g) if isinstance(g, Node) else g
                seen.total = np.copy(g) if seen.before is None else seen.before + g

    def _remember(self, leaf: Node, seen: Seen) -> None:
        number = leaf.index

        def forget(_: Any) -> None:
            self._seen.pop(number, None)
            self._alive.pop(number, None)

        self._seen[number] = seen
        if number not in self._alive:
            self._alive[number] = ref(leaf, forget)

    def _check_direction(self, output: Node, leaves: list[Node]) -> None:
        """Look for updates along the gradient of a loss, which then rises."""
        steps, slopes = [], []
        for leaf in leaves:
            last = self._seen.get(leaf.index)
            if last is None or last.total is None or np.shape(last.data) != leaf.shape:
                continue
            step = np.ravel(leaf.primal - last.data).astype(float)
            if step.any():
                steps.append(step)
                slopes.append(np.ravel(last.total).astype(float))
        ascends = len(steps) > 1 and output.size == 1 and is_loss(output)
        if ascends:
            step, slope = np.concatenate(steps), np.concatenate(slopes)
            scale = np.linalg.norm(step) * np.linalg.norm(slope)
            ascends = bool(step @ slope > PARALLEL * scale > 0)
        self._ascents = [*self._ascents, float(data_of(output))] if ascends else []
        if len(self._ascents) > 1 and self._ascents[-1] > self._ascents[0]:
            self.tell(
                "the parameters have moved along the gradient of a loss, and the loss rises: "
                "subtract the gradient, as in w.data -= lr * w.grad",
                self._update,
            )

    def tell(
        self, message: str, line: Line | None, category: type[Warning] = TrainingWarning
    ) -> None:
        """Warn of a mistake in a line, once; of another category than `TrainingWarning`, once for
        each line.
        """
        if line is None:
            return
        key = message[:20] if category is TrainingWarning else (line.file, line.lineno)
        if key in self._told:
            return
        self._told.add(key)
        warnings.warn_explicit(message, category, line.file, line.lineno)


def _same(x: Any, y: Any) -> bool:
    return y is not None and np.array_equal(x, y)


_EVEN = {"square", "abs", "softplus", "relu", "cross_entropy", "norm", "hypot"}
_LOGARITHMS = {"log", "log_softmax", "log_sigmoid", "log2", "log10", "log1p"}
_SAME_SIGN = {"sum", "mean", "reshape", "index", "take", "cast", "broadcast", "transpose", "max"}


def is_loss(output: Node) -> bool:
    """Whether `output` is a sum of squares, negative logarithms and the like, which training makes
    small.

    >>> from autograd import Tensor, log
    >>> x = Tensor([1.0, 2.0])
    >>> is_loss(((x - 1) ** 2).mean()), is_loss(-log(x).sum()), is_loss(log(x).sum())
    (True, True, False)
    """
    found = False
    stack: list[tuple[Node, bool]] = [(output, True)]
    seen = set()
    while stack:
        node, positive = stack.pop()
        if node in seen or node.op is None:
            continue
        seen.add(node)
        name, nodes = node.op.name, node.parents
        constants = [data_of(arg) for arg in node.args if not isinstance(arg, Node)]
        if name in _EVEN or (name == "pow" and constants and (constants[0] % 2 == 0).all()):
            if not positive:
                return False
            found = True
        elif name in _LOGARITHMS:
            if positive:
                return False
            found = True
        elif name in _SAME_SIGN or name == "add":
            stack += [(parent, positive) for parent in nodes]
        elif name == "neg":
            stack.append((nodes[0], not positive))
        elif name == "sub":
            stack += [
                (arg, positive == (n == 0))
                for n, arg in enumerate(node.args)
                if isinstance(arg, Node)
            ]
        elif name in ("mul", "div") and len(nodes) == 1 and constants:
            if (constants[0] >= 0).all():
                stack.append((nodes[0], positive))
            elif (constants[0] <= 0).all():
                stack.append((nodes[0], not positive))
            else:
                return False
        else:
            return False
    return found


def axis_fault(name: str, args: tuple[Array, ...], key: Any) -> str | None:
    """Return a message if probabilities that sum to 1 over the examples are compared with a class
    of each.

    name, args, key: an operation, its arguments, and its key if it is an index.
    """
    node = next((arg for arg in args if isinstance(arg, Node)), None)
    if node is None or node.ndim != 2 or min(node.shape) < 2:
        return None
    if not (
        _picks_one_of_each_row(key, len(node.primal)) if name == "index" else _is_one_hot(args)
    ):
        return None
    p = node.primal if (node.primal >= 0).all() else np.exp(node.primal)
    if not ((p >= 0) & (p <= 1)).all():
        return None
    over_examples, over_classes = p.sum(axis=0), p.sum(axis=1)
    if not np.allclose(over_examples, 1, atol=1e-5) or np.allclose(over_classes, 1, atol=1e-3):
        return None
    return (
        f"the probabilities of shape {node.shape} sum to 1 over the examples (axis 0), and one is "
        "taken for each example: the softmax is over the wrong axis; use axis=-1, over the classes"
    )


def _picks_one_of_each_row(key: Any, rows: int) -> bool:
    if not isinstance(key, tuple) or len(key) != 2:
        return False
    if not all(isinstance(part, np.ndarray | list | range) for part in key):
        return False
    first, second = map(np.asarray, key)
    return first.shape == second.shape == (rows,) and np.array_equal(first, np.arange(rows))


def _is_one_hot(args: tuple[Array, ...]) -> bool:
    """Whether one of two arrays is plain, and has one 1 in each row, but not in each column."""
    rows = [arg for arg in args if isinstance(arg, np.ndarray)]
    if len(args) != 2 or len(rows) != 1 or any(np.shape(data_of(a)) != rows[0].shape for a in args):
        return False
    (y,) = rows
    is_row = bool(np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all())
    return is_row and not (y.sum(axis=0) == 1).all()
