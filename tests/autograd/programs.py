"""Random programs, written down so that any library can run them.

A program is a list of steps on numbered values. A library is a dictionary of the functions in
`VOCABULARY` by name. What the values are made of is the library's business.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

import autograd as ad

Library: TypeAlias = Mapping[str, Callable[..., Any]]

SINGLE = (
    "sin",
    "cos",
    "tanh",
    "sigmoid",
    "softplus",
    "arctan",
    "erf",
    "exp",
    "square",
    "neg",
    "sqrt1",
)
SINGLE += ("relu", "abs", "log1", "expm1")
DOUBLE = (
    "add",
    "sub",
    "mul",
    "div1",
    "pow1",
    "maximum",
    "minimum",
    "logaddexp",
    "arctan2",
    "hypot1",
)
REDUCING = ("sum", "mean", "max", "prod", "logsumexp", "var1")
ALONG = ("cumsum", "softmax", "log_softmax", "flip")

AUTOGRAD: dict[str, Callable[..., Any]] = {
    **{name: getattr(ad, name) for name in SINGLE + DOUBLE + REDUCING + ALONG if name[-1] != "1"},
    "sqrt1": lambda x: ad.sqrt(1 + x * x),
    "log1": lambda x: ad.log(1.5 + x * x),
    "expm1": ad.expm1,
    "div1": lambda x, y: x / (1 + y * y),
    "pow1": lambda x, y: (1 + x * x) ** y,
    "hypot1": lambda x, y: ad.hypot(x, 1 + y * y),
    "var1": ad.var,
    "reshape": lambda x, shape: ad.reshape(x, shape),
    "transpose": ad.transpose,
    "broadcast_to": ad.broadcast_to,
    "index": lambda x, key: x[key],
    "take": ad.take,
    "concatenate": lambda *xs, axis: ad.concatenate(xs, axis),
    "stack": lambda *xs, axis: ad.stack(xs, axis),
    "where": lambda x, y, mask: ad.where(mask, x, y),
    "matmul": ad.matmul,
    "einsum": lambda x, y, subscripts: ad.einsum(subscripts, x, y),
}
"""The engine as a library, on nodes and plain data. A 1 in a name: changed to fit any number."""

LARGEST = 30.0
"""Programs whose values grow beyond this are not made: their derivatives lose digits by rights."""


@dataclass(frozen=True)
class Step:
    """A function of the vocabulary, on values given by number, with settings."""

    name: str
    args: tuple[int, ...]
    settings: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        settings = "".join(f", {key}={value!r}" for key, value in self.settings.items())
        return f"{self.name}({', '.join(f'v{number}' for number in self.args)}{settings})"


@dataclass(frozen=True)
class Program:
    """Steps on `inputs`, by which it is differentiated, and `constants`; it gives one number."""

    inputs: list[Any]
    constants: list[Any]
    steps: list[Step]

    def values(
        self, library: Library, inputs: Sequence[Any], constants: Sequence[Any]
    ) -> list[Any]:
        """The inputs, the constants and what each step gives."""
        values = [*inputs, *constants]
        for step in self.steps:
            args = [values[number] for number in step.args]
            values.append(library[step.name](*args, **step.settings))
        return values

    def run(self, library: Library, inputs: Sequence[Any], constants: Sequence[Any]) -> Any:
        """The mean of all that no step has used, summed."""
        values = self.values(library, inputs, constants)
        used = {number for step in self.steps for number in step.args}
        total = 0.0
        for number in range(len(self.inputs) + len(self.constants), len(values)):
            if number not in used:
                total = total + library["mean"](values[number])
        return total


def _settings(draw: Any, name: str, shapes: list[tuple[int, ...]]) -> dict[str, Any] | None:
    """Settings with which a function takes arguments of these shapes; None where there are none."""
    shape, ndim = shapes[0], len(shapes[0])
    if name in SINGLE or name in DOUBLE:
        return {}
    if name in REDUCING:
        if ndim and draw(st.booleans()):
            return {"axis": draw(st.integers(0, ndim - 1)), "keepdims": draw(st.booleans())}
        return {}
    if name == "matmul":
        fits = ndim and len(shapes[1]) and shape[-1] == shapes[1][max(-2, -len(shapes[1]))]
        return {} if fits else None
    if name == "einsum":
        return {"subscripts": "ij,kj->ik"} if [*map(len, shapes)] == [2, 2] else None
    if name == "where":
        try:
            joint = np.broadcast_shapes(*shapes)
        except ValueError:
            return None
        return {"mask": np.arange(np.prod(joint, dtype=int)).reshape(joint) % 3 == 0}
    if name == "broadcast_to":
        return {"shape": (2, *shape)} if ndim < 3 else None
    if not ndim:
        return {"axis": 0} if name == "stack" and len({*shapes}) == 1 else None
    if name in ALONG:
        return {"axis": draw(st.integers(0, ndim - 1))}
    if name == "reshape":
        return {"shape": draw(st.sampled_from([(-1,), (1, *shape), (*shape[::-1],)]))}
    if name == "transpose":
        return {"axes": tuple(draw(st.permutations(range(ndim))))}
    if name == "index":
        return {"key": draw(st.sampled_from([0, -1, slice(None, None, 2), (..., [0, 0]), (None,)]))}
    if name == "take":
        numbers = draw(st.lists(st.integers(0, shape[0] - 1), min_size=1, max_size=4))
        return {"indices": numbers, "axis": 0}
    if name in ("concatenate", "stack"):
        return {"axis": draw(st.integers(0, ndim - 1))} if len({*shapes}) == 1 else None
    raise LookupError(name)


ARITY = dict.fromkeys((*DOUBLE, "matmul", "einsum", "where", "concatenate", "stack"), 2)
VOCABULARY = tuple(AUTOGRAD)


@st.composite
def programs(draw: Any, max_steps: int = 8) -> Program:
    """A program of a few steps, whose values stay of moderate size."""
    offsets = itertools.count(1)

    def number() -> float:
        """Hardly ever 0 or the same twice: at kinks and ties the engine chooses on purpose."""
        return draw(st.integers(-15, 15)) / 10 + next(offsets) * 0.00123

    def array(*shape: int) -> Any:
        return np.array([number() for _ in range(int(np.prod(shape)))]).reshape(shape)

    inputs = [number(), number(), array(3), array(2, 3)]
    constants = [0.7, np.array([[0.5], [-1.2]]), np.array([[0.4, -0.9], [1.1, 0.3], [-0.6, 0.8]])]
    values: list[Any] = [*inputs, *constants]
    steps: list[Step] = []

    def below(n: int) -> int:
        """Each number as likely as the next, where hypothesis by itself prefers the first."""
        return draw(st.integers(0, 2**20)) * 7919 % n

    for _ in range(draw(st.integers(3, 2 * max_steps))):
        name = VOCABULARY[below(len(VOCABULARY))]
        args = tuple([below(len(values)) for _ in range(ARITY.get(name, 1))])
        if name in ("concatenate", "stack"):
            alike = [n for n, v in enumerate(values) if np.shape(v) == np.shape(values[args[0]])]
            args = (args[0], alike[below(len(alike))])
        settings = _settings(draw, name, [np.shape(values[arg]) for arg in args])
        if settings is None:
            continue
        try:
            value = AUTOGRAD[name](*[values[arg] for arg in args], **settings)
        except ValueError:  # shapes that do not broadcast
            continue
        if np.size(value) <= 40 and np.abs(value).max() <= LARGEST and len(steps) < max_steps:
            values.append(value)
            steps.append(Step(name, args, settings))
    assume(steps)
    return Program(inputs, constants, steps)
