"""How a gradient flows from an output back to one node, use by use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from autograd.diagnostics.numbers import data_of, has_nan
from autograd.engine.backward import add
from autograd.engine.graph import Array, Node, ancestors
from autograd.engine.operations import interpreter, recording, using
from autograd.engine.spaces import seed_of
from autograd.kernels import reads_once
from autograd.ops.structural import Entries
from autograd.scalars import Value
from autograd.zeros import StrongZeros

ROUNDING = 64
"""Shares whose sum is smaller than so many rounding errors cancel."""


class Use(NamedTuple):
    """An argument of an operation, and the share of the cotangent of the result that it gets.

    share: None where the operation has no derivative for this argument.
    """

    result: Node
    argnum: int
    arg: Node
    share: Any

    @property
    def size(self) -> float:
        """The largest entry of the share."""
        return largest(self.share)


@dataclass
class Flow:
    """What flows back from an output to a node, along all paths between them.

    uses: in the order of the pass, those that lead to the node.
    cotangents: the sum of the shares of each node.
    cancelled: nodes whose shares are not zero but sum to zero, up to rounding.
    """

    uses: list[Use] = field(default_factory=list)
    cotangents: dict[Node, Any] = field(default_factory=dict)
    cancelled: list[Node] = field(default_factory=list)


def flow(output: Node, x: Node) -> Flow | None:
    """The backward pass from `output` to `x`; None where no path leads there.

    An output of several numbers stands for its sum.
    """
    order = ancestors([output], first=x.index)
    between = _descendants(order, x)
    if output not in between:
        return None
    path = [*(node for node in order if node in between), x]
    passed = _run(path, between, repeated=False)
    if has_nan(passed.cotangents[x]):
        passed = _run(path, between, repeated=True)
    return passed


def _run(path: list[Node], between: set[Node], repeated: bool) -> Flow:
    """The pass along `path`, from the output to x."""
    output, x = path[0], path[-1]
    passed = Flow()
    seed = seed_of(output, np.ones(output.shape))
    with one_pass((output, x) if repeated else None) as start:
        received: dict[Node, list[Any]] = {output: [start(seed)]}
        for node in path:
            g = _summed(node, received.pop(node, []), passed)
            passed.cotangents[node] = plain(g)
            if node is x:
                break
            found = shares(node, g) if node.op.has_derivative else {}
            for argnum, arg in enumerate(node.args):
                if isinstance(arg, Node) and arg in between:
                    value = _or_zero(node, argnum, found.get(argnum))
                    passed.uses.append(Use(node, argnum, arg, plain(value)))
                    if value is not None:
                        received.setdefault(arg, []).append(value)
    return passed


@contextmanager
def one_pass(variables: Iterable[Node] | None = None) -> Iterator[Callable[[Array], Array]]:
    """A block in which derivative rules run as in a backward pass: not recorded, no warnings.

    variables: for a pass that is repeated since it has made NaN, the nodes between which it runs.
        It computes on nodes.

    Gives the function that every seed has to go through.
    """
    with np.errstate(all="ignore"), recording(False):
        if variables is None:
            yield lambda seed: seed
        else:
            with using(zeros := StrongZeros(interpreter(), variables)):
                yield zeros.constant


def shares(node: Node, g: Array) -> dict[int, Any]:
    """What a node sends back of its cotangent `g` to its arguments that are nodes, by number; None
    where there is no derivative. Those of entries that it has read are `Entries`.

    It runs derivative rules, so call it inside `with one_pass():`.
    """
    careful = interpreter().careful
    if isinstance(node, Value) and not careful:
        slopes = zip(node.args, (node.da, node.db), strict=False)
        return {
            argnum: None if slope is None else g * slope
            for argnum, (arg, slope) in enumerate(slopes)
            if isinstance(arg, Node)
        }
    out, args = (node, node.args) if careful else (node.primal, node.saved)
    found = dict(node.op.pull(node, g, out, args, None))
    return {n: None if g is None else node.args[n].fit(g) for n, g in found.items()}


def plain(x: Any) -> Any:
    """The data of a cotangent, which may be a node; anything else as it is."""
    return x.primal if isinstance(x, Node) else x


def descends(node: Node, x: Node) -> bool:
    """Whether `node` was computed from `x`, whatever the derivative."""
    return node in _descendants(ancestors([node], first=x.index), x)


def largest(x: Any) -> float:
    """The largest absolute value of an entry; 0 for None and for an empty array."""
    if isinstance(x, Entries) and all(reads_once(key) for key, _ in x.parts):
        return float(np.max([largest(g) for _, g in x.parts]))
    return 0.0 if x is None else float(np.max(np.abs(data_of(x)), initial=0.0))


def _descendants(order: list[Node], x: Node) -> set[Node]:
    """`x`, and those nodes of `order`, latest first, that were computed from it."""
    descendants = {x}
    for node in reversed(order):
        if not descendants.isdisjoint(node.parents):
            descendants.add(node)
    return descendants


def _summed(node: Node, shares: list[Any], passed: Flow) -> Any:
    total = _sum(node, shares, lambda share: share)
    if len(shares) > 1:
        most = _sum(node, shares, lambda share: np.abs(plain(share)))
        lost = np.abs(plain(total)) <= ROUNDING * np.finfo(node.dtype).eps * most
        if bool(np.all(lost)) and largest(most) > 0:
            passed.cancelled.append(node)
            return total * 0.0
    return total


def _sum(node: Node, shares: list[Any], f: Callable[[Any], Any]) -> Any:
    """The sum of f of all shares. Entries are put in place all at once, in Entries of its own."""
    total: dict[Node, Any] = {}
    for share in shares:
        if share.__class__ is Entries:
            ((key, g),) = share.parts
            add(total, node, Entries(key, f(g), share.shape))
        else:
            add(total, node, f(share))
    found = total[node] if shares else np.zeros(node.shape, node.dtype)
    return found.total() if found.__class__ is Entries else found


def _or_zero(node: Node, argnum: int, share: Any) -> Any:
    """The share; 0 rather than None if the slope is 0 at this point only."""
    zero_here = isinstance(node, Value) and callable(node.op.partials[argnum])
    return 0.0 if share is None and zero_here else share  # as the slope of relu
