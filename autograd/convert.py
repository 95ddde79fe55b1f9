"""What `Value` and `Tensor` take as data, and the errors for what they do not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy import typing as npt

from autograd.engine.graph import Node

ArrayLike: TypeAlias = npt.ArrayLike | Node | Sequence["ArrayLike"]
"""What operations take: a number, an array, a node, or nested lists of these."""


class PlainArrayError(TypeError):
    """A node was put into a plain array, which would cut it out of the graph."""

    def __init__(self) -> None:
        super().__init__(
            "a node cannot be put into a plain array, which would cut it out of the graph. Write "
            "autograd.array([...]) for numpy.array([...]), c = Tensor(c).at[i].set(x) for "
            "c[i] = x, w @ x for w.dot(x), numpy.f(w, x) for other methods w.f(x), and "
            "autograd.scipy's functions for SciPy's. Take the plain numbers, as for a plot, with "
            ".numpy() or .item()."
        )


def as_float(data: Any) -> float:
    """The number that a `Value` holds; TypeError for anything but one real number."""
    if isinstance(data, Node):
        raise TypeError("Value of a node: it is tracked already; use x.detach() for a new leaf")
    if isinstance(data, complex | np.complexfloating):
        raise TypeError(f"Value({data!r}): a Value is real; use Tensor for a complex number")
    if np.ndim(data):
        raise TypeError(f"Value holds one number, not shape {np.shape(data)}; use Tensor")
    if isinstance(data, str | bytes) or data is None:
        raise TypeError(f"Value({data!r}): a real number is needed, not {type(data).__name__}")
    return float(data)


def as_float_array(data: Any, dtype: npt.DTypeLike | None = None) -> npt.NDArray[Any]:
    """The array that a `Tensor` holds, a copy; TypeError for anything but numbers."""
    if isinstance(data, Node):
        raise TypeError("Tensor of a node: it is tracked already; use x.detach() for a new leaf")
    array = np.array(data)
    if dtype is None:
        if array.dtype.kind in "fc":
            return array
        dtype = np.float64
    if array.dtype.kind not in "fciub":
        raise TypeError(
            f"Tensor holds numbers, and this is an array of {array.dtype}: {str(data)[:60]}"
        )
    if np.dtype(dtype).kind not in "fc":
        raise TypeError(f"Tensor(dtype={dtype}): a derivative needs a floating-point type")
    if array.dtype.kind == "c" and np.dtype(dtype).kind == "f":
        raise TypeError(f"Tensor(dtype={dtype}): of complex numbers: use their .real or .imag")
    return array.astype(dtype, copy=False)


def require_leaf(node: Node) -> None:
    """Raise ValueError for the result of an operation, which cannot be changed by itself."""
    if node.op is not None:
        raise ValueError(
            f"this node is the result of {node.op.name!r}, and its data follows from its parents: "
            "only a leaf can be given new data, copied or pickled. Use .detach() for a leaf."
        )


def require_real_number(node: Node) -> None:
    """Raise ValueError or TypeError where an output has no derivative without a direction."""
    if node.size != 1:
        raise ValueError(
            f"the derivative of an output of shape {node.shape} needs a direction: reduce it to "
            "one number first (.sum() or .mean()), pass a cotangent of its shape "
            "(backward(gradient=...), gradients(..., seed=...)), or ask for all rows by jacobian(f)"
        )
    if node.dtype.kind == "c":
        raise TypeError(
            "the derivative of a complex output needs a direction: take its real part or absolute "
            "value, pass a cotangent, or use holomorphic_grad(f)"
        )


def require_fit(shape: tuple[int, ...], is_complex: bool, node: Node) -> None:
    """Raise ValueError or TypeError for a cotangent or tangent that is none of `node`."""
    if shape != node.shape:
        raise ValueError(
            f"a cotangent or tangent of shape {shape} does not fit its node of shape {node.shape}: "
            "they must agree"
        )
    if is_complex and node.dtype.kind != "c":
        raise TypeError(
            f"a complex cotangent or tangent does not fit its node of type {node.dtype}: the "
            "derivatives of real numbers are real"
        )


def require_meaning(op: Any, result: npt.NDArray[Any]) -> None:
    """Raise TypeError for a result of objects, or of complex numbers that have no meaning there."""
    if result.dtype.kind == "O":
        raise TypeError(
            f"{op.symbol} of a node gave an array of objects, which have no derivatives: it has to "
            "give numbers; a sparse matrix is multiplied by A @ x"
        )
    if op.real_only:
        raise TypeError(
            f"{op.symbol} has no meaning for complex numbers: take their real parts or absolute "
            "values first"
        )


def nodes_of(name: str, given: Any) -> list[Node]:
    """One node or a sequence of them as a list. Raises TypeError for what is no node."""
    if isinstance(given, Node):
        return [given]
    nodes = list(given) if isinstance(given, Iterable) else [given]
    for node in nodes:
        if not isinstance(node, Node):
            raise TypeError(
                f"{name}: {type(node).__name__} is not part of a graph; outputs and inputs must be "
                "nodes (Value or Tensor), and a derivative is one with create_graph=True"
            )
    return nodes


def require_differentiable(name: str, inputs: Sequence[Node]) -> None:
    """Raise TypeError for inputs that have no derivative."""
    for node in inputs:
        if node.dtype.kind not in "fc":
            raise TypeError(
                f"{name}: an input of {node.dtype} has no derivative; compute the output from "
                "x.astype(float), and differentiate with respect to that"
            )
