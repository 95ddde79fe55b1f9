"""Translations of the engine's operations to ONNX's operator set 17, for programs recorded.

A translation takes the graph, the names of the arguments, and the operation as it was recorded for
two numbers of examples: what differs between the two is the number of examples.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Node
from nn.exchange.onnx_graph import OnnxGraph

Pair = tuple[Node, Node]
"""One result, in the recordings for two numbers of examples."""
Translation = Callable[[OnnxGraph, list[str], Pair], str]

OPERATIONS: dict[str, Translation] = {}
"""By the name of the operation."""

SAME = {
    **{name: name.capitalize() for name in ("relu", "sigmoid", "tanh", "softplus", "softsign")},
    **{name: name.capitalize() for name in ("exp", "log", "sqrt", "erf", "sin", "cos", "tan")},
    **{name: name.capitalize() for name in ("abs", "neg", "sign", "reciprocal", "floor", "ceil")},
    "add": "Add",
    "sub": "Sub",
    "mul": "Mul",
    "div": "Div",
    "pow": "Pow",
    "matmul": "MatMul",
    "maximum": "Max",
    "minimum": "Min",
    "at_least": "Max",
    "at_most": "Min",
    "arctan": "Atan",
    "arcsin": "Asin",
    "arccos": "Acos",
    "sinh": "Sinh",
    "cosh": "Cosh",
}
"""Operations that ONNX has under another name, with the same arguments."""


class NoTranslation(Exception):
    """An operation that has no translation; the message says which, and why."""


def translate(graph: OnnxGraph, inputs: list[str], pair: Pair) -> str:
    """Add an operation to the graph; return the name of its result."""
    name = pair[0].op.name
    if name in SAME:
        return graph.add(SAME[name], *inputs)
    if name not in OPERATIONS:
        raise NoTranslation(f"the operation {name!r} has no translation to ONNX")
    return OPERATIONS[name](graph, inputs, pair)


def shape_of(pair: Pair, several: int) -> list[int]:
    """The shape of the result, with `several` in place of the number of examples."""
    sizes = list(zip(pair[0].shape, pair[1].shape, strict=True))
    if sum(m != n for m, n in sizes) > 1:
        raise NoTranslation(
            f"the operation {pair[0].op.name!r} gives the shape {pair[0].shape}, in which several "
            "sizes depend on the number of examples"
        )
    return [m if m == n else several for m, n in sizes]


def settings_of(pair: Pair) -> Any:
    """The settings, which must not depend on the number of examples."""
    first, second = (dict(node.settings) for node in pair)
    if repr(first) != repr(second):
        raise NoTranslation(
            f"the operation {pair[0].op.name!r} has settings that depend on the number of examples"
        )
    return first


def _translates(*names: str) -> Callable[[Translation], Translation]:
    def enter(translation: Translation) -> Translation:
        OPERATIONS.update(dict.fromkeys(names, translation))
        return translation

    return enter


@_translates("identity", "stop_gradient")
def _nothing(graph: OnnxGraph, inputs: list[str], pair: Pair) -> str:
    return inputs[0]


@_translates("square")
def _square(graph: OnnxGraph, inputs: list[str], pair: Pair) -> str:
    return graph.add("Mul", inputs[0], inputs[0])


@_translates("erfc")
def _erfc(graph: OnnxGraph, inputs: list[str], pair: Pair) -> str:
    return graph.add("Sub", graph.constant(np.ones((), graph.dtype)), graph.add("Erf", inputs[0]))


@_translates("where")
def _where(graph: OnnxGraph, inputs: list[str], pair: Pair) -> str:
    return graph.add("Where", *inputs)


@_translates("cast", "cast_to")
def _cast(graph: OnnxGraph, inputs: list[str], pair: Pair) -> str:
    return inputs[0]  # all numbers are of the type of the graph


@_translates("reshape")
def _reshape(graph: OnnxGraph, inputs: list[str], pair: Pair) -> str:
    return graph.add("Reshape", inputs[0], graph.constant(np.array(shape_of(pair, -1), np.int64)))


@_translates("broadcast_to")
def _broadcast(graph: OnnxGraph, inputs: list[str], pair: Pair) -> str:
    # An axis of one example broadcasts to any number of them.
    return graph.add("Expand", inputs[0], graph.constant(np.array(shape_of(pair, 1), np.int64)))


@_translates("transpose")
def _transpose(graph: OnnxGraph, inputs: list[str], pair: Pair) -> str:
    axes = settings_of(pair)["axes"]
    ndim = pair[0].ndim
    axes = list(range(ndim))[::-1] if axes is None else [axis % ndim for axis in axes]
    return graph.add("Transpose", inputs[0], perm=axes)


@_translates("concatenate")
def _concatenate(graph: OnnxGraph, inputs: list[str], pair: Pair) -> str:
    return graph.add("Concat", *inputs, axis=settings_of(pair)["axis"])


@_translates("softmax", "log_softmax")
def _softmax(graph: OnnxGraph, inputs: list[str], pair: Pair) -> str:
    axis = settings_of(pair)["axis"]
    if not isinstance(axis, int):
        raise NoTranslation(f"{pair[0].op.name} along several axes has no translation to ONNX")
    operation = "Softmax" if pair[0].op.name == "softmax" else "LogSoftmax"
    return graph.add(operation, inputs[0], axis=axis)


@_translates("sum", "mean", "max", "min", "prod", "logsumexp")
def _reduce(graph: OnnxGraph, inputs: list[str], pair: Pair) -> str:
    settings, name = settings_of(pair), pair[0].op.name
    axis, keep = settings["axis"], int(settings["keepdims"])
    axes = [axis] if isinstance(axis, int) else None if axis is None else list(axis)
    if name == "sum":  # whose axes are an input since operator set 13
        places = () if axes is None else (graph.constant(np.array(axes, np.int64)),)
        return graph.add("ReduceSum", inputs[0], *places, keepdims=keep)
    operation = "ReduceLogSumExp" if name == "logsumexp" else f"Reduce{name.capitalize()}"
    attributes: dict[str, Any] = {} if axes is None else {"axes": axes}
    return graph.add(operation, inputs[0], keepdims=keep, **attributes)


@_translates("einsum")
def _einsum(graph: OnnxGraph, inputs: list[str], pair: Pair) -> str:
    return graph.add("Einsum", *inputs, equation=settings_of(pair)["subscripts"])


@_translates("index")
def _index(graph: OnnxGraph, inputs: list[str], pair: Pair) -> str:
    """Slices first, and then axes that are added and taken away."""
    key = settings_of(pair)["key"]
    parts = list(key) if isinstance(key, tuple) else [key]
    ndim = pair[0].args[0].ndim
    used = sum(part is not None and part is not Ellipsis for part in parts)
    at = next((n for n, part in enumerate(parts) if part is Ellipsis), len(parts))
    parts[at : at + 1] = [slice(None)] * (ndim - used)
    x, axis, gone, new = inputs[0], 0, [], []
    place = 0
    for part in parts:
        if part is None:
            new.append(place)
            place += 1
            continue
        if isinstance(part, int | np.integer):
            stop = None if part == -1 else int(part) + 1
            x = _slice(graph, x, axis, slice(int(part), stop))
            gone.append(axis)
            axis += 1
            continue
        if isinstance(part, slice):
            x = x if part == slice(None) else _slice(graph, x, axis, part)
        elif isinstance(part, np.ndarray) and part.ndim == 1 and part.dtype.kind in "iu":
            if sum(isinstance(other, np.ndarray) for other in parts) > 1:
                raise NoTranslation("an index of several arrays has no translation to ONNX")
            x = graph.add("Gather", x, graph.constant(part.astype(np.int64)), axis=axis)
        else:
            raise NoTranslation(f"an index by {part!r} has no translation to ONNX")
        axis += 1
        place += 1
    for operation, axes in (("Squeeze", gone), ("Unsqueeze", new)):
        if axes:
            x = graph.add(operation, x, graph.constant(np.array(axes, np.int64)))
    return x


def _slice(graph: OnnxGraph, x: str, axis: int, part: slice) -> str:
    step = 1 if part.step is None else part.step
    first = (0 if step > 0 else -1) if part.start is None else part.start
    last = (2**62 if step > 0 else -(2**62)) if part.stop is None else part.stop
    places = [graph.constant(np.array([n], np.int64)) for n in (first, last, axis, step)]
    return graph.add("Slice", x, *places)


@_translates("conv")
def _conv(graph: OnnxGraph, inputs: list[str], pair: Pair) -> str:
    _, padding, windows, groups = settings_of(pair)["geometry"]
    return graph.add("Conv", *inputs, **convolution(padding, windows, groups))


def convolution(padding: Any, windows: Any, groups: int) -> dict[str, Any]:
    """The attributes of ONNX's Conv."""
    sizes, steps, dilations = map(list, windows)
    pads = [before for before, _ in padding] + [after for _, after in padding]
    return {
        "kernel_shape": sizes,
        "strides": steps,
        "dilations": dilations,
        "pads": pads,
        "group": groups,
    }


@_translates("window_max", "window_sum")
def _pool(graph: OnnxGraph, inputs: list[str], pair: Pair) -> str:
    sizes, steps, dilations = settings_of(pair)["windows"]
    if pair[0].ndim != len(sizes) + 2:
        raise NoTranslation("pooling of what is not (n, channels, *sizes) has no translation")
    attributes: dict[str, Any] = {"kernel_shape": list(sizes), "strides": list(steps)}
    if pair[0].op.name == "window_max":
        return graph.add("MaxPool", inputs[0], dilations=list(dilations), **attributes)
    mean = graph.add("AveragePool", inputs[0], **attributes)
    return graph.add("Mul", mean, graph.constant(np.array(np.prod(sizes), graph.dtype)))
