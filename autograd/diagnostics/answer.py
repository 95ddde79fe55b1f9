"""`Why`, the answer of `why`, and the reasons why an operation passes no gradient back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from autograd.diagnostics.flow import Use
from autograd.diagnostics.numbers import data_of, extent
from autograd.diagnostics.report import name_of
from autograd.engine.graph import Node
from autograd.lines import Line, user_line_of


@dataclass(frozen=True, repr=False)
class Why:
    """The answer of `why`; it prints as one sentence.

    kind: "apart" (no path), "cut", "no derivative", "dead", "saturated", "constant", "cancelled",
        "zero factor", "stationary", "zero slope", "tiny", "not finite", or "none": nothing is
        wrong.
    line: the line to look at, where it is known.
    operation: the name of the operation that is to blame, or "".
    lasting: whether it stays so however other parameters are trained.
    """

    kind: str
    sentence: str
    line: Line | None = None
    operation: str = ""
    lasting: bool = False

    def __repr__(self) -> str:
        return self.sentence


def gradient_of(x: Node) -> str:
    """The subject of each sentence: "The gradient of x"."""
    return f"The gradient of {x.label or f'this {name_of(x)}'.replace('this a ', 'this ')}"


def in_operations(nodes: Iterable[Node]) -> str:
    """Operations by name, grouped by line: "operations 'sub' and 'mean' (train.py:3, `...`)"."""
    by_line: dict[Line | None, list[str]] = {}
    for node in nodes:
        by_line.setdefault(user_line_of(node), []).append(repr(node.op.name))
    places = []
    for line, names in by_line.items():
        what = f"operation{'s' * (len(names) > 1)} {' and '.join(names)}"
        places.append(f"{what} ({line}, `{line.text}`)" if line else what)
    return " and ".join(places)


# --------------------------------------------------------------------------------------------------
# Reasons, by operation


class Reason(NamedTuple):
    """A kind of reason, and the reason in words that go on from "operation 'relu' at train.py:3".

    lasting: see `Why`.
    """

    kind: str
    words: str
    lasting: bool = True


_GATES = {"relu", "at_least", "at_most", "maximum", "minimum", "leaky_relu", "elu", "where"}
_SATURATING = {
    "sigmoid", "tanh", "erf", "softplus", "arctan", "logaddexp", "exp", "softmax", "log_softmax"
}  # fmt: skip
_PRODUCTS = {"mul", "matmul", "dot", "einsum", "outer", "div", "chain_product"}
_STATIONARY = {"square", "pow", "abs", "hypot", "cos", "cosh", "norm", "prod", "var", "std"}


def reason(use: Use) -> Reason:
    """Why the share of a use is zero although the cotangent of the result is not."""
    node = use.result
    name, data = node.op.name, data_of(use.arg)
    if name == "stop_gradient":
        return Reason("cut", "stop_gradient makes it a constant, as intended")
    if use.share is None:
        return Reason("no derivative", _without_derivative(name))
    if name in ("softmax", "log_softmax") and not _is_one_hot(data_of(node)):
        return Reason(
            "constant",
            f"the output depends on {name} only through the sum of its entries, which is constant",
        )
    if name == "relu" and (data <= 0).all():
        return Reason(
            "dead",
            f"{'every unit' if data.size > 1 else 'the unit'} is dead: the inputs of relu are "
            f"{extent(data)}, and for x ≤ 0 its slope is 0. Try a smaller learning rate, "
            "other initial weights and biases, or leaky_relu",
        )
    if name in _GATES:
        return Reason("dead", _flat(name, data))
    if name in _SATURATING:
        return Reason(
            "saturated",
            f"{name} is saturated: its inputs are {extent(data)}, where its slope rounds "
            "to 0. Scale its inputs, or compute the loss from the logits",
        )
    if name in _PRODUCTS:
        others = (arg for argnum, arg in enumerate(node.args) if argnum != use.argnum)
        if not all(data_of(other).any() for other in others):
            return Reason("zero factor", "it is multiplied by zeros only", lasting=False)
    if name in _STATIONARY:
        return Reason(
            "stationary",
            f"the slope of {name} is 0 at {extent(data)}: a stationary point",
            lasting=False,
        )
    return Reason(
        "zero slope",
        f"its derivative is 0 where its input is {extent(data)}",
        lasting=False,
    )


def _is_one_hot(out: Any) -> bool:
    return bool(np.isin(out, (0, 1)).all()) and out.shape[-1:] != (1,)


def _without_derivative(name: str) -> str:
    instead = {
        "sign": "tanh(x / width) is a smooth one",
        "heaviside": "sigmoid(x / width) is a smooth one",
        "round": "x + stop_gradient(round(x) - x) passes the gradient straight through",
        "floor": "x + stop_gradient(floor(x) - x) passes the gradient straight through",
        "ceil": "x + stop_gradient(ceil(x) - x) passes the gradient straight through",
    }
    words = f"{name} is constant between its jumps, so its derivative is 0"
    return f"{words}; {instead[name]}" if name in instead else words


def _flat(name: str, data: Any) -> str:
    if name == "where":
        return "the condition never selects this branch"
    if name in ("at_least", "at_most"):
        side = "below" if name == "at_least" else "above"
        return (
            f"all entries lie {side} the bound (they are {extent(data)}), where clip, maximum and "
            "minimum are flat"
        )
    return f"{name} is flat at every entry that has a cotangent: its inputs are {extent(data)}"


def shrinking(use: Use, factor: float) -> str:
    """How an operation makes a cotangent smaller by a factor."""
    data = data_of(use.arg)
    name = use.result.op.name
    if name in _SATURATING:
        return f"{name} is nearly saturated: its inputs are {extent(data)}"
    return f"{name} passes on only {factor:.2g} of the cotangent"
