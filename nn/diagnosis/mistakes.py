"""Mistakes that show in a model, its data and its first step."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd import Tensor
from nn.data import Array
from nn.modules.module import Module

MOST_EXAMPLES = 100_000
SAMPLE = 500
FEW = 20


def overlap(data: Sequence[Array], validation: Sequence[Array]) -> str | None:
    """Return a message if most validation examples are among the training examples.

    A few equal rows are chance, and so are many in data with few different rows.
    """
    if not data:
        return None
    data, validation = data[:2], validation[:2]  # without weights
    n, m = len(data[0]), len(validation[0])
    if n > MOST_EXAMPLES or data[0].shape[1:] != validation[0].shape[1:]:
        return None
    step = -(-m // SAMPLE)
    # A data set may be given in float32, and part of it in float64.
    types = [min(a.dtype, b.dtype, key=_digits) for a, b in zip(data, validation, strict=True)]
    data, validation = (
        [array.astype(dtype, copy=False) for array, dtype in zip(arrays, types, strict=True)]
        for arrays in (data, [array[::step] for array in validation])
    )
    sample = set(_checksums(*validation))
    if len(sample) < FEW:
        return None
    training = set(_checksums(*data))
    shared = len(sample & training) / len(sample)
    if shared < 0.5 or len(training) < 0.9 * n:
        return None
    return (
        f"{shared:.0%} of the validation examples are training examples too, so the validation "
        "measures what was memorised: hold examples out, as nn.train_test_split does"
    )


def _digits(dtype: np.dtype[Any]) -> tuple[bool, int]:
    return dtype.kind != "f", dtype.itemsize


def _checksums(x: Array, y: Array) -> Iterator[int]:
    """A checksum of each example."""
    for row, target in zip(x, y, strict=True):
        yield zlib.crc32(target.tobytes(), zlib.crc32(row.tobytes()))


def parameters_of(model: Module) -> dict[str, Array]:
    """Return a copy of each parameter that is trained."""
    return {
        path: np.array(p.numpy() if isinstance(p, Tensor) else p.data)
        for path, p in model.named_parameters().items()
    }


def first_step(model: Module, loss: Any, output: Any, before: dict[str, Array]) -> list[str]:
    """Return messages on the first step, after the update.

    loss, output: the nodes of the first mini-batch. before: the parameters before the update.
    """
    nodes = _nodes_of(loss)
    found = (
        *(_ascent(model, before), _equal_units(model, before), _wrong_axis(output)),
        *(_all_pairs(nodes, output), _one_layer_in_two(model, nodes)),
    )
    return [message for message in found if message]


def _nodes_of(loss: Any) -> list[Any]:
    """The nodes of a graph, each after one that it is an argument of."""
    nodes, seen = [loss], {id(loss)}
    for node in nodes:
        for parent in node.parents:
            if id(parent) not in seen:
                seen.add(id(parent))
                nodes.append(parent)
    return nodes


def _ascent(model: Module, before: dict[str, Array]) -> str | None:
    """Whether the optimiser has moved the parameters along the gradient."""
    after = parameters_of(model)
    slopes = {path: p.grad for path, p in model.named_parameters().items() if p.grad is not None}
    if not slopes:
        return None
    step = np.concatenate([np.ravel(after[path] - before[path]) for path in slopes]).astype(float)
    slope = np.concatenate([np.ravel(g) for g in slopes.values()]).astype(float)
    if not step @ slope > 0.9 * np.linalg.norm(step) * np.linalg.norm(slope) > 0:
        return None
    return (
        "the first update went along the gradient, where the loss rises: the optimizer must "
        "subtract a positive learning rate times the gradient"
    )


def _equal_units(model: Module, before: dict[str, Array]) -> str | None:
    """Whether the units of a hidden layer start equal and have equal gradients."""
    matrices = {
        path: np.asarray(parameter.grad)
        for path, parameter in model.named_parameters().items()
        if isinstance(parameter, Tensor) and parameter.ndim == 2 and parameter.grad is not None
    }
    for path, g in list(matrices.items())[:-1]:
        for axis in (0, 1):
            units = g.shape[axis]
            if units > 1 and _constant(before[path], axis) and _constant(g, axis):
                return (
                    f"the {units} units of {path!r} start equal and have equal gradients, so they "
                    "stay equal and count as one: give them random weights (init='he' or 'xavier')"
                )
    return None


def _constant(array: Array, axis: int) -> bool:
    return bool((array == array.take([0], axis=axis)).all())


def _wrong_axis(output: Any) -> str | None:
    """Whether the outputs are probabilities that sum to 1 over the examples."""
    if not isinstance(output, Tensor):
        return None
    p = output.numpy()
    if p.ndim != 2 or min(p.shape) < 2 or p.dtype.kind != "f":
        return None
    p = np.exp(p) if (p <= 0).all() else p
    if not ((p >= 0) & (p <= 1)).all() or not np.allclose(p.sum(axis=0), 1, atol=1e-5):
        return None
    if np.allclose(p.sum(axis=1), 1, atol=1e-3):
        return None
    return (
        f"the outputs of shape {p.shape} are probabilities that sum to 1 over the examples (axis "
        "0): the softmax is over the wrong axis; use axis=-1, over the classes"
    )


def _all_pairs(nodes: list[Any], output: Any) -> str | None:
    """Whether the loss subtracts targets (n,) from outputs (n, 1), which gives (n, n)."""
    for node in nodes:
        if node.op is None or node.op.name != "sub" or [*map(id, node.parents)] != [id(output)]:
            continue
        outputs, targets = sorted(map(np.shape, node.args), key=len, reverse=True)
        if outputs == (*targets, 1) and node.shape == (*targets, *targets) and targets > (1,):
            return (
                f"the loss compares outputs of shape {outputs} with targets of shape {targets}, "
                f"which gives {node.shape}: every output with every target; give both the same "
                "shape, as with targets[:, None] or outputs[:, 0]"
            )
    return None


def _one_layer_in_two(model: Module, nodes: list[Any]) -> str | None:
    """Whether a weight matrix is applied to the result of another, with nothing in between.

    A product of fewer units than it has inputs and outputs is a bottleneck, which means something.
    """
    paths = {id(parameter): path for path, parameter in model.named_parameters(frozen=True).items()}
    uses = Counter(id(parent) for node in nodes for parent in node.parents)
    for node in nodes:
        second, h = _product(node, paths)
        hidden = np.shape(h)[-1] if isinstance(h, Tensor) and h.ndim else 0
        while second and isinstance(h, Tensor) and h.op and uses[id(h)] == 1:
            first, x = _product(h, paths)
            if first:
                if first != second and hidden >= min(np.shape(x)[-1], node.shape[-1]):
                    return (
                        f"{first!r} and {second!r} are applied one after the other, without a "
                        "nonlinearity in between, so they are no more than one linear layer: put "
                        "an activation such as nn.ReLU() between them, or leave one out"
                    )
                break
            if h.op.name not in ("add", "reshape", "cast", "identity") and not _scales(h):
                break
            parents = [parent for parent in h.parents if id(parent) not in paths]
            if len(parents) != 1:
                break
            h = parents[0]
    return None


def _scales(node: Any) -> bool:
    """Whether the node is a multiple of another, by one constant number."""
    constants = [np.size(arg) for arg in node.args if not isinstance(arg, Tensor)]
    is_product = node.op.name == "mul" or (
        node.op.name == "div" and isinstance(node.args[0], Tensor)
    )
    return is_product and constants == [1]


def _product(node: Any, paths: dict[int, str]) -> tuple[str, Any]:
    """The path of the weights and the other factor, if the node is a product x W; else "" twice."""
    if node.op is None or node.op.name != "matmul":
        return "", None
    x, weights = node.args
    while isinstance(weights, Tensor) and weights.op and weights.op.name == "transpose":
        weights = weights.args[0]
    return (paths[id(weights)], x) if id(weights) in paths else ("", None)
