"""The work `operations`: single operations, their inputs, and their derivatives by formula."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.problems.arrays import Answer, Array

SIZES = (1, 10, 1000)
MATRICES = {1: (1, 1), 10: (2, 5), 1000: (25, 40)}
LINKS = 100


# What the statements by hand are made of.
BY_HAND: Mapping[str, Any] = {
    "sin": np.sin,
    "cos": np.cos,
    "sum": np.sum,
    "outer": np.outer,
    "broadcast_to": np.broadcast_to,
}


@dataclass(frozen=True)
class Operation:
    """A statement in the names of its inputs, the same text in every library.

    `by_hand` is what a person would write in NumPy for the result and the cotangents of the
    inputs, given `seed`, the cotangent of the result. `length` is the number of operations.
    """

    name: str
    statement: str
    inputs: tuple[str, ...]
    by_hand: str
    length: int = 1

    def arrays(self, size: int) -> tuple[Array, ...]:
        """The inputs: arrays of `size` numbers, or a matrix of that many and its vector."""
        rng = np.random.default_rng(size)
        matrix = MATRICES[size]
        shapes = {"W": matrix, "x": (matrix[1],) if "W" in self.inputs else (size,), "y": (size,)}
        return tuple(rng.uniform(0.5, 1.5, shapes[name]) for name in self.inputs)

    def evaluate(self, size: int) -> tuple[Any, ...]:
        """The result and the cotangents of the inputs for a seed of ones, by hand."""
        names = {**BY_HAND, "chain": chain, "chain_by_hand": chain_by_hand}
        names |= dict(zip(self.inputs, self.arrays(size), strict=True))
        seed = np.ones_like(eval(self.statement, names))
        values: tuple[Any, ...] = eval(self.by_hand, names | {"seed": seed})
        return values


def chain(x: Any, y: Any, sin: Callable[[Any], Any]) -> Any:
    """LINKS operations in a row: x <- sin(x * y + 1.0) * y, again and again."""
    for _ in range(LINKS // 4):
        x = sin(x * y + 1.0) * y
    return x


def chain_by_hand(x: Array, y: Array, g: Array) -> tuple[Array, Array, Array]:
    """The same with its derivative: the sines and angles are kept, then read backwards."""
    kept = []
    for _ in range(LINKS // 4):
        before = x
        angle = x * y + 1.0
        sine = np.sin(angle)
        x = sine * y
        kept.append((before, angle, sine))
    d_y = np.zeros_like(y)
    for before, angle, sine in reversed(kept):
        d_angle = g * y * np.cos(angle)
        d_y = d_y + g * sine + d_angle * before
        g = d_angle * y
    return x, g, d_y


OPERATIONS = (
    Operation("x * y", "x * y", ("x", "y"), "x * y, seed * y, seed * x"),
    Operation("sin(x)", "sin(x)", ("x",), "sin(x), seed * cos(x)"),
    Operation("x + 1.0", "x + 1.0", ("x",), "x + 1.0, seed"),
    Operation("sum(x)", "sum(x)", ("x",), "sum(x), broadcast_to(seed, x.shape)"),
    Operation("W @ x", "W @ x", ("W", "x"), "W @ x, outer(seed, x), seed @ W"),
    Operation("chain", "chain(x, y, sin)", ("x", "y"), "chain_by_hand(x, y, seed)", LINKS),
)


def measures(operation: Operation, size: int) -> tuple[str, str]:
    """The names of the two measures of an operation: forward, and forward with backward."""
    label = f"{operation.name}, {size}"
    return f"forward | {label}", f"forward and backward | {label}"


def answer(operation: Operation, values: Sequence[Any]) -> Answer:
    """The result and the cotangents of the inputs, named."""
    names = ("result", *operation.inputs)
    return {name: np.asarray(value) for name, value in zip(names, values, strict=True)}


def answers() -> Mapping[str, Answer]:
    """What every operation must give for a seed of ones."""
    right: dict[str, Answer] = {}
    for operation in OPERATIONS:
        for size in SIZES:
            values = answer(operation, operation.evaluate(size))
            right |= dict.fromkeys(measures(operation, size), values)
    return right
