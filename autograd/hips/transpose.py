"""VJPs that are written in plain NumPy: a warning for higher orders, and forward mode from them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, Self, TypeAlias

import numpy as np

from autograd import ops
from autograd.arithmetic import OUT_OF_THE_BOX
from autograd.around import Around
from autograd.engine.backward import gradients
from autograd.engine.graph import Array, Node, ancestors
from autograd.engine.operations import interpreter, recording, using
from autograd.hips.spaces import holds_nodes
from autograd.ops.structural import sum_to

Pull: TypeAlias = Callable[[Any], Sequence[Array]]
"""The cotangents of some arguments, from that of the result."""


class UntracedRule(UserWarning):
    """A rule has computed plain numbers from nodes, so its own derivative is not known."""


class Watch(Around):
    """A block that sees whether the data of a node is taken out of the graph.

    outer: `x._value` is a node once more, and the plain data from there, as it is of a box in two
        traces: what is inside of it is tracked by the outer one.
    """

    def __init__(self, outer: bool = False) -> None:
        super().__init__(interpreter())
        self.outer = outer
        self.inside: set[Node] = set()
        self.taken_out: bool = False

    def take_out(self, node: Node, how: str) -> Any:
        if self.outer and how == OUT_OF_THE_BOX and node not in self.inside:
            value: Node = ops.identity(node)
            self.inside.add(value)
            return value
        self.taken_out = True
        return super().take_out(node, how)

    def __enter__(self) -> Self:
        self._block = using(self)
        self._block.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._block.__exit__(*error)


def watched(name: str, rule: Callable[[], list[Any]]) -> list[Any]:
    """What a rule gives of nodes; a warning where it takes their data, and gives plain numbers."""
    with Watch(outer=True) as watch:
        try:
            shares = rule()
        except TypeError:  # which plain NumPy raises where it is given a node
            if not watch.inside:
                raise
            shares = []
    if not shares:
        with Watch() as watch:
            shares = rule()
    if watch.taken_out and not all(map(holds_nodes, shares)):
        warn_of_plain(name)
    return shares


def warn_of_plain(name: str) -> None:
    """Warn that a rule has no derivative, since it computes with the data of nodes."""
    warnings.warn(
        f"the VJP of {name} takes the plain data of nodes, so that its own derivative is 0: for "
        "derivatives of higher order write it in functions of autograd.numpy",
        UntracedRule,
        stacklevel=2,
    )


def transposed(pull: Pull, tangents: Sequence[Array], out: Array) -> Array:
    """The tangent of `out` that the tangents of the arguments cause.

    The VJPs are linear in g, so it is the gradient of Σ ⟨pull(g), tangents⟩ with respect to g. They
    are asked for each entry of the result instead, where they are not written in operations.
    """
    zeros = np.zeros(ops.shape_of(out), getattr(out, "dtype", float))
    g = Node.array.made(zeros)
    try:
        with recording(True), warnings.catch_warnings():
            warnings.simplefilter("ignore", UntracedRule)
            pairs = list(zip(pull(g), tangents, strict=True))
    except TypeError:  # which plain NumPy raises where it is given a node
        return _by_entries(pull, tangents, zeros)
    pairs = [(share, t) for share, t in pairs if share is not None]
    if not all(isinstance(share, Node) and _leads_to(g, share) for share, _ in pairs):
        return _by_entries(pull, tangents, zeros)
    if not pairs:
        return None
    seeds = [t for _, t in pairs]
    shares = [sum_to(share, ops.shape_of(t)) for share, t in pairs]
    record = any(isinstance(x, Node) for x in (out, *tangents))
    return gradients(shares, g, seeds, create_graph=record)


def _leads_to(g: Node, share: Node) -> bool:
    return share is g or any(arg is g for node in ancestors([share]) for arg in node.args)


def _by_entries(pull: Pull, tangents: Sequence[Array], zeros: Any) -> Array:
    entries = []
    for place in np.ndindex(zeros.shape):
        entry: Array = 0.0
        for number in (1.0, -1j) if zeros.dtype.kind == "c" else (1.0,):
            unit = zeros.copy()
            unit[place] = number
            for share, t in zip(pull(unit), tangents, strict=True):
                if share is not None:
                    entry = entry + ops.sum(ops.real(share * t)) * np.conj(number)
        entries.append(entry)
    return ops.reshape(ops.array(entries), zeros.shape)
