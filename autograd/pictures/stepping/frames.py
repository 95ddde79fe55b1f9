"""The frames of a walk: the sentence, the highlighted boxes and the new texts of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np

from autograd.engine.graph import Array, Node
from autograd.pictures.drawing.content import jacobian
from autograd.pictures.notation import compact, constant, formula
from autograd.pictures.walk import Share, Walk, local_derivative

Phase: TypeAlias = Literal["start", "forward", "backward"]


@dataclass(frozen=True)
class Frame:
    """One step: a sentence, the places that are lit, and the texts that change.

    lit: the box at work, and the arrow along which something flows.
    target: the box that receives it, or "".
    texts: by place, from this frame on.
    """

    phase: Phase
    say: str
    lit: tuple[str, ...] = ()
    target: str = ""
    texts: dict[str, str] = field(default_factory=dict)


class Places:
    """The names by which a page finds its boxes, arrows and texts."""

    def __init__(self, walk: Walk) -> None:
        self.boxes: dict[Node, str] = {node: f"n{i}" for i, node in enumerate(walk.nodes)}
        uses = [
            (node, argnum)
            for node in walk.nodes
            for argnum, arg in enumerate(node.args)
            if isinstance(arg, Node)
        ]
        self.arrows: dict[tuple[Node, int], str] = {use: f"e{i}" for i, use in enumerate(uses)}
        counts = Counter(node.args[argnum] for node, argnum in uses)
        self.reused: frozenset[Array] = frozenset(
            node for node, count in counts.items() if count > 1
        )

    def value(self, node: Node) -> str:
        """Where a node's value stands."""
        return f"{self.boxes[node]}.value"

    def grad(self, node: Node) -> str:
        """Where a node's cotangent stands."""
        return f"{self.boxes[node]}.grad"

    def sum(self, node: Node) -> str:
        """Where the last step of a sum of shares stands, for a node with several uses."""
        return f"{self.boxes[node]}.sum"

    def lines(self, arrow: str, texts: list[str]) -> dict[str, str]:
        """The lines beside an arrow."""
        return {f"{arrow}.{i}": text for i, text in enumerate(texts)}


def frames(walk: Walk, names: dict[Node, str], places: Places) -> list[Frame]:
    """The forward pass, an operation a frame, then the backward pass, a use a frame."""
    return [
        _start(walk, names, places),
        *_forward(walk, names, places),
        _seed(walk, names, places),
        *_backward(walk, names, places),
        _end(walk, names, places),
    ]


def _start(walk: Walk, names: dict[Node, str], places: Places) -> Frame:
    leaves = [node for node in walk.nodes if node.op is None]
    given = [f"{names[node]} = {compact(node.primal)}" for node in leaves]
    return Frame(
        "start",
        f"Given: {_listing(given)}.",
        texts={places.value(node): compact(node.primal) for node in leaves},
    )


def _forward(walk: Walk, names: dict[Node, str], places: Places) -> Iterator[Frame]:
    for node in walk.nodes:
        if node.op is None:
            continue
        texts = {places.value(node): compact(node.primal)}
        arrows = []
        for argnum, arg in enumerate(node.args):
            if isinstance(arg, Node):
                arrow = places.arrows[node, argnum]
                arrows.append(arrow)
                texts |= places.lines(arrow, [_local(node, argnum)])
        yield Frame(
            "forward",
            f"Forward: {names[node]} = {_computed(node, names)}.",
            lit=(places.boxes[node], *arrows),
            texts=texts,
        )


def _seed(walk: Walk, names: dict[Node, str], places: Places) -> Frame:
    output, name = walk.output, names[walk.output]
    seed = compact(_start_of(walk))
    said = (
        f"the derivative of {name} by itself is 1"
        if np.ndim(output.primal) == 0 and seed == "1"
        else f"{name} is given the cotangent {seed}"
    )
    return Frame(
        "backward",
        f"The backward pass begins: {said}.",
        lit=(places.boxes[output],),
        texts={places.grad(output): seed},
    )


def _start_of(walk: Walk) -> Any:
    return walk.shares[0].cotangent if walk.shares else walk.cotangent(walk.output)


def _backward(walk: Walk, names: dict[Node, str], places: Places) -> Iterator[Frame]:
    received: dict[Node, Any] = {}
    for share in walk.shares:
        arg, arrow = share.arg, places.arrows[share.result, share.argnum]
        before, received[arg] = received.get(arg), share.total
        texts = places.lines(arrow, share_lines(share))
        texts[places.grad(arg)] = total = compact(share.total)
        if before is None:
            received_so_far = f"{names[arg]} receives {total}"
        else:
            texts[places.sum(arg)] = sum = (
                f"{compact(before, 13)} {_plus(compact(share.value, 13))}"
            )
            received_so_far = f"the sum for {names[arg]} grows: {sum} = {total}"
        yield Frame(
            "backward",
            f"Backward from {names[share.result]} to {names[arg]}: {_said(share)}; "
            f"{received_so_far}.",
            lit=(places.boxes[share.result], arrow),
            target=places.boxes[arg],
            texts=texts,
        )


def _end(walk: Walk, names: dict[Node, str], places: Places) -> Frame:
    found = [
        f"∂{names[walk.output]}/∂{names[node]} = {compact(walk.cotangent(node))}"
        for node in walk.nodes
        if node.op is None
    ]
    return Frame(
        "backward",
        f"Done: {_listing(found)}.",
        texts={
            places.grad(node): compact(walk.cotangent(node))
            for node in walk.nodes
            if node not in walk.cotangents
        },
    )


# --------------------------------------------------------------------------------------------------
# Texts


def share_lines(share: Share) -> list[str]:
    """`local × cotangent = share`, in one line for numbers, in three for arrays."""
    g, value = compact(share.cotangent), compact(share.value)
    if share.local is None:
        return [f"Jᵀ, J: {jacobian(share.result, share.arg)}", f"× {g}", f"= {value}"]
    local = compact(share.local)
    if max(np.ndim(x) for x in (share.local, share.cotangent, share.value)) == 0:
        return [f"{local} × {_right(g)} = {value}"]
    return [local, f"× {g}", f"Σ = {value}" if _summed(share) else f"= {value}"]


def _said(share: Share) -> str:
    g, value = compact(share.cotangent), compact(share.value)
    if share.local is None:
        shape = jacobian(share.result, share.arg)
        return f"the transpose of the Jacobian, {shape}, times the cotangent {g} is {value}"
    summed = ", summed over the axes of the broadcast," if _summed(share) else ""
    return f"local derivative {compact(share.local)} times cotangent {g}{summed} is {value}"


def _summed(share: Share) -> bool:
    product = np.broadcast_shapes(np.shape(share.local), np.shape(share.cotangent))
    return product != share.arg.shape


def _local(node: Node, argnum: int) -> str:
    local = local_derivative(node, argnum)
    if local is None:
        return f"J: {jacobian(node, node.args[argnum])}"
    return f"∂ {compact(local)}"


def _computed(node: Node, names: dict[Node, str]) -> str:
    """The formula in names, in numbers where all are numbers, and the value."""

    def name(arg: Array) -> str:
        return names[arg] if isinstance(arg, Node) else constant(arg)

    def data(arg: Array) -> str:
        return compact(arg.primal) if isinstance(arg, Node) else constant(arg)

    sides = [formula(node, name)]
    if all(np.ndim(arg.primal if isinstance(arg, Node) else arg) == 0 for arg in node.args):
        sides.append(formula(node, data))
    return " = ".join([*sides, compact(node.primal)])


def _listing(parts: list[str], most: int = 8) -> str:
    if len(parts) > most:
        parts = [*parts[:most], f"and {len(parts) - most:,} more"]
    return ", ".join(parts)


def _right(text: str) -> str:
    return f"({text})" if text.startswith("-") else text


def _plus(text: str) -> str:
    return f"\N{MINUS SIGN} {text[1:]}" if text.startswith("-") else f"+ {text}"
