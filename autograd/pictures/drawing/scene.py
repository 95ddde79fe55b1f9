"""The scene of a graph: a box for each value, operation and constant, or for a fold of many."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from autograd.engine.graph import Node
from autograd.lines import line_of
from autograd.pictures.drawing.content import (
    Arrow,
    Box,
    Fold,
    Group,
    Role,
    Scene,
    in_full,
    jacobian,
    number,
    setting_rows,
    summary,
    times,
)
from autograd.pictures.drawing.subject import Subject
from autograd.pictures.walk import local_derivative

_WHOLES = ("module", "line")
"""Folds that give some results to others, and keep the rest to themselves."""

_FEW_OUTPUTS = 10
"""Outputs that have a box each, although the operation that made them is in a fold."""

_FEW_ARRAYS = 3
"""Constant arrays into one fold that have a box each."""

_MANY_NUMBERS = 10
"""Different constant numbers in a fold that are data, and not only part of its formula."""


Groups: TypeAlias = Mapping[Node | Fold, Group]
"""The innermost group around each node and each fold that is in one."""


@dataclass(frozen=True)
class Shown:
    """A graph, the fold of each node that is in one, the groups, and which numbers are shown."""

    graph: Subject
    folds: Mapping[Node, Fold]
    groups: Groups
    values: bool = True
    gradients: bool = True
    locals: bool = True


def scene(shown: Shown) -> Scene:
    """The boxes of the nodes in the order of their creation, and then of their operations."""
    picture = Scene()
    results = _results(shown)
    graph, folds = shown.graph, shown.folds
    outputs = graph.outputs if len(graph.outputs) <= _FEW_OUTPUTS else ()
    boxes: dict[Node | Fold, str] = {}
    for node in graph.nodes:
        fold = folds.get(node)
        if fold is not None and fold not in boxes:
            group = shown.groups.get(fold)
            boxes[fold] = picture.add(*_fold(fold, results[fold], shown), group=group)
        if fold is None or (node in outputs and node.op is not None):
            more, group = _more(node, shown), shown.groups.get(node)
            boxes[node] = picture.add(*_node(node, shown), more=more, group=group)
    data = _Data(picture, shown)
    folded: dict[tuple[str, str], str] = {}  # each once, however many nodes it stands for
    for node, parents in zip(graph.nodes, graph.parents, strict=True):
        fold = folds.get(node)
        if fold is None:
            if node.op is not None:
                _operation(node, boxes, data, picture, shown)
            continue
        head = boxes[fold]
        for parent in parents:
            source = folds.get(parent, parent)
            if source is not fold and (arrow := (boxes[source], head)) not in folded:
                folded[arrow] = times(parent.shape)
        if node.op is not None and node.op.arity != len(parents):
            data.enters(fold, node.args)
        if node in boxes:
            folded[head, boxes[node]] = times(node.shape)
    picture.arrows += [Arrow(*ends, shape=shape) for ends, shape in folded.items()]
    data.add_to_folds(boxes)
    _add_groups(picture, shown)
    return picture


def _node(node: Node, shown: Shown) -> tuple[Role, str, Iterable[tuple[str, str]]]:
    role: Role = "interior"
    if node.op is None:
        role = "parameter" if node in shown.graph.parameters else "leaf"
    elif node in shown.graph.outputs:
        role = "output"
    return role, shown.graph.names.get(id(node), ""), _rows(node, shown)


def _rows(node: Node, shown: Shown) -> Iterable[tuple[str, str]]:
    if node.shape:
        dtype = "" if node.dtype == np.float64 else f" {node.dtype}"
        yield "shape", times(node.shape) + dtype
    if shown.values:
        yield "new value" if node in shown.graph.changed else "value", in_full(node.primal)
    if shown.gradients:
        yield "grad", "none" if node.grad is None else in_full(node.grad)


def _more(node: Node, shown: Shown) -> Iterable[tuple[str, str]]:
    if node.op is not None:
        yield "operation", node.op.name
    if node.shape:
        yield "shape", f"{times(node.shape)} {node.dtype}"
    if shown.values:
        yield "value", summary(node.primal)
    if shown.gradients:
        yield "grad", "none" if node.grad is None else summary(node.grad)
    if line := line_of(node):
        yield "line", f"{line}  {line.text}"


def _operation(
    node: Node, boxes: Mapping[Node | Fold, str], data: _Data, picture: Scene, shown: Shown
) -> None:
    """The operation of a node that is in no fold, with its arguments and its result."""
    group = shown.groups.get(node)
    tails = [
        boxes[shown.folds.get(arg, arg)] if isinstance(arg, Node) else data.box(arg, group)
        for arg in node.args
    ]
    more = _more(node, shown)
    settings = setting_rows(node.settings)
    operation = picture.add("operation", node.op.symbol, settings, more=more, group=group)
    for argnum, (arg, tail) in enumerate(zip(node.args, tails, strict=True)):
        text = f"∂: {_local(node, argnum)}" if shown.locals and isinstance(arg, Node) else ""
        picture.arrows.append(Arrow(tail, operation, text, times(np.shape(arg))))
    picture.arrows.append(Arrow(operation, boxes[node], shape=times(node.shape)))


# --------------------------------------------------------------------------------------------------
# Folds


def _results(shown: Shown) -> dict[Fold, list[Node]]:
    """What each fold gives to others: its nodes that are outputs, or arguments outside of it."""
    found: defaultdict[Fold, dict[Node, None]] = defaultdict(dict)
    folds, outputs = shown.folds, shown.graph.outputs
    for node, parents in zip(shown.graph.nodes, shown.graph.parents, strict=True):
        fold = folds.get(node)
        if fold is not None and (fold.kind not in _WHOLES or node in outputs):
            found[fold][node] = None
        for parent in parents:
            outer = folds.get(parent)
            if outer is not None and outer is not fold:
                found[outer][parent] = None
    return {fold: list(nodes) for fold, nodes in found.items()}


def _fold(
    fold: Fold, results: Sequence[Node], shown: Shown
) -> tuple[Role, str, Iterable[tuple[str, str]]]:
    role: Role = fold.kind if fold.kind in ("leaf", "parameter") else "fold"
    title = f"{fold.title} × {fold.times:,}".strip() if fold.times > 1 else fold.title
    return role, title, _fold_rows(fold, results, shown)


def _fold_rows(fold: Fold, results: Sequence[Node], shown: Shown) -> Iterable[tuple[str, str]]:
    if fold.kind in _WHOLES:
        if fold.text:
            yield fold.kind, fold.text
        yield "ops", f"{len(fold.nodes):,}"
    shapes = {node.shape for node in results}
    if not shapes:
        return
    if len(shapes) > 1:
        yield "shape", f"{len(results):,} of {len(shapes)} shapes"
    elif (shape := shapes.pop()) or (len(results) > 1 and fold.times != len(results)):
        many = f"{len(results):,} × " if len(results) > 1 and shape else ""
        yield "shape", many + times(shape) if shape else f"{len(results):,} numbers"
    if shown.values:
        yield "value", summary(_joined([node.primal for node in results]))
    if shown.gradients:
        grads = [node.grad for node in results if node.grad is not None]
        yield "‖grad‖", number(float(np.linalg.norm(_joined(grads)))) if grads else "none"


def _add_groups(picture: Scene, shown: Shown) -> None:
    """The groups of all boxes, with what each gives to others."""
    if not shown.groups:
        return
    results: defaultdict[Group, dict[Node, None]] = defaultdict(dict)
    sizes: Counter[Group] = Counter()

    home: dict[Node, Group | None] = {}
    around: dict[Group | None, tuple[Group, ...]] = {None: ()}
    graph, folds, groups = shown.graph, shown.folds, shown.groups
    for node, parents in zip(graph.nodes, graph.parents, strict=True):
        here = home[node] = groups.get(folds.get(node, node))
        if here is not None and here not in around:
            around[here] = tuple(here.around())
        if node in graph.outputs:
            for group in around[here]:
                results[group][node] = None
        if node in graph.parameters:
            for group in around[here]:
                sizes[group] += node.size
        for parent in parents:
            there = home[parent]
            if there is not here and there is not None:
                for group in around[there]:
                    if group in around[here]:
                        break
                    results[group][parent] = None
    seen = {group for box in picture.boxes if box.group for group in box.group.around()}
    for group in sorted(seen, key=lambda group: len(list(group.around()))):
        _, title, rows = _fold(group.fold, list(results[group]), shown)
        whole = [*rows, *([("parameters", f"{sizes[group]:,}")] if sizes[group] else [])]
        name = f"g{len(picture.groups)}"
        picture.groups[group] = Box(name, "fold", title, tuple(whole), tuple(whole), group.outer)


def _joined(parts: Sequence[Any]) -> Any:
    """All numbers in one array."""
    if all(part.__class__ is float for part in parts):
        return np.array(parts)
    return np.concatenate([np.ravel(part) for part in parts])


# --------------------------------------------------------------------------------------------------
# Constants


class _Data:
    """The boxes of constants: a number has one for each use, an array has one."""

    def __init__(self, picture: Scene, shown: Shown) -> None:
        self.picture = picture
        self.shown = shown
        self.arrays: dict[int, str] = {}
        self.entering: defaultdict[Fold, dict[Any, Any]] = defaultdict(dict)

    def box(self, constant: Any, group: Group | None) -> str:
        """The box of a constant that is used in a group; a named array stands outside of all."""
        if not np.ndim(constant):
            return self.picture.add("constant", summary(constant), group=group)
        if id(constant) not in self.arrays:
            name = self.shown.graph.names.get(id(constant), "")
            place = None if name else group
            rows = self._rows([constant])
            self.arrays[id(constant)] = self.picture.add("data", name, rows, group=place)
        return self.arrays[id(constant)]

    def enters(self, fold: Fold, args: Iterable[Any]) -> None:
        """Remember the constants among the arguments of an operation in a fold."""
        for arg in args:
            if isinstance(arg, complex | float | int | np.number):
                self.entering[fold][complex(arg)] = arg
            elif not isinstance(arg, Node) and np.ndim(arg):
                self.entering[fold][id(arg)] = arg

    def add_to_folds(self, boxes: Mapping[Node | Fold, str]) -> None:
        """Draw what has entered folds, all in one box where it is much."""
        for fold, constants in self.entering.items():
            arrays = [constant for constant in constants.values() if np.ndim(constant)]
            numbers = [constant for constant in constants.values() if not np.ndim(constant)]
            tails = []
            group = self.shown.groups.get(fold)
            if len(arrays) <= _FEW_ARRAYS:
                tails += [self.box(array, group) for array in arrays]
            else:
                title = f"× {len(arrays):,}"
                tails.append(self.picture.add("data", title, self._rows(arrays), group=group))
            if len(numbers) >= _MANY_NUMBERS:
                title = f"{len(numbers):,} numbers"
                rows = self._rows([np.array(numbers)])[1:]
                tails.append(self.picture.add("data", title, rows, group=group))
            self.picture.arrows += [Arrow(tail, boxes[fold]) for tail in tails]

    def _rows(self, arrays: Sequence[Any]) -> list[tuple[str, str]]:
        shapes = {np.shape(array) for array in arrays}
        shape = times(shapes.pop()) if len(shapes) == 1 else f"of {len(shapes)} shapes"
        rows = [("shape", shape)]
        if self.shown.values:
            ends = [end for array in arrays for end in _ends(array)]
            rows.append(("value", in_full(arrays[0]) if len(arrays) == 1 else summary(ends)))
        return rows


def _ends(array: Any) -> tuple[float, ...]:
    array = np.asarray(array)
    if array.dtype.kind not in "fiub" or not array.size:
        return ()
    return float(array.min()), float(array.max())


# --------------------------------------------------------------------------------------------------
# The local derivative on an arrow


def _local(node: Node, argnum: int) -> str:
    """What ∂(operation)/∂(argument) is: a number or a range, else the shape of the Jacobian, "2×4
    by 3×4".
    """
    local = local_derivative(node, argnum)
    return jacobian(node, node.args[argnum]) if local is None else summary(local)
