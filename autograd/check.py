"""`check_grads`: compare derivatives with finite differences of the function.

One random direction tests a derivative of any shape by one number. The second order is tested as
the first derivative of the vector-Jacobian product uᵀ J, with respect to the arguments and to u; or
of J v where forward mode alone is checked.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeAlias

import numpy as np

from autograd.engine.graph import Node, ancestors
from autograd.engine.operations import recording
from autograd.nodes import Tensor
from autograd.scalars import Value
from autograd.transforms import jvp, vjp
from autograd.trees import flatten

Data: TypeAlias = Any
Listed: TypeAlias = Callable[[list[Data]], list[Data]]
"""A function from a list of numbers and arrays to another."""

COMPLEX_STEP = 1e-20
DIFFERENCE_STEP = 1e-4
NEAR_STEP = 1e-6
"""Where the usual step may have crossed a kink, such as two entries about to change places."""
STENCIL = ((1, 3 / 4), (2, -3 / 20), (3, 1 / 60))
"""Central differences of sixth order: (multiple of the step, weight)."""


class GradientError(AssertionError):
    """Raised if a derivative disagrees with finite differences of the function.

    mode: "reverse" or "forward".
    order: of the derivative.
    """

    def __init__(self, message: str, mode: str, order: int) -> None:
        super().__init__(message)
        self.mode = mode
        self.order = order


@dataclass
class Mismatch:
    """A derivative and a finite difference that disagree, and where."""

    mode: str
    order: int
    leaf: int
    entry: tuple[int, ...]
    derivative: float
    difference: float


def check_grads(
    f: Callable[..., Any],
    *args: Any,
    order: int = 2,
    modes: Sequence[str] = ("reverse", "forward"),
    rtol: float = 1e-6,
    atol: float = 1e-9,
    directions: int = 2,
    rng: int | np.random.Generator = 0,
) -> None:
    """Raise GradientError if a derivative of f at `args` is wrong.

    order: the highest order of derivative to check.
    modes: "reverse" checks vᵀJ, "forward" checks J t.
    rtol: the allowed relative error of finite differences. If f can be evaluated on complex
        numbers, Im f(x + ih)/h is used instead, with a relative error of 1e-9.
    atol: the allowed absolute error, which is multiplied by 1 + |f|.
    directions: the number of random directions to try.
    rng: a seed or a generator for the directions.

    f is differentiated with respect to every real or complex number and array in `args`, also in
    nested dicts, lists and tuples; integers, strings and other objects are left alone. float32 is
    checked in float64. Of complex numbers both parts are moved: f need not be holomorphic. The
    message names the argument, the worst entry, both numbers, and the first operation
    in the graph whose rule disagrees. Raises TypeError if there is nothing to differentiate.

    >>> from autograd import check_grads, custom_op, tanh
    >>> check_grads(lambda x, y: tanh(x) * y, 0.3, 2.0, order=3)
    >>> wrong = custom_op(lambda x: x * x, derivative=lambda out, x: 2.002 * x, name="wrong")
    >>> check_grads(lambda x: tanh(wrong(x)), 0.3)
    Traceback (most recent call last):
        ...
    autograd.check.GradientError: ...
    """
    generator = np.random.default_rng(rng)
    leaves, rebuild = flatten(args)
    places = [place for place, leaf in enumerate(leaves) if _is_variable(leaf)]
    if not places:
        raise TypeError("check_grads: no argument is a real or complex number or array")
    xs = [_in_double(leaves[place]) for place in places]

    def listed(inputs: list[Data]) -> list[Data]:
        call = list(leaves)
        for place, x in zip(places, inputs, strict=True):
            call[place] = x
        outputs, _ = flatten(f(*rebuild(iter(call))))
        return [
            out for out in outputs if isinstance(out, Node) or np.asarray(out).dtype.kind in "fc"
        ]

    checker = _Checker(modes, rtol, atol, directions, generator)
    with np.errstate(all="ignore"):
        mismatch = checker.find(listed, xs, order)
        culprit = checker.culprit(listed, xs, order) if mismatch else ""
    if mismatch:
        message = _message(mismatch, args, places, culprit)
        raise GradientError(message, mismatch.mode, mismatch.order)


@dataclass
class _Checker:
    modes: Sequence[str]
    rtol: float
    atol: float
    directions: int
    rng: np.random.Generator

    def find(self, f: Listed, xs: list[Data], order: int, level: int = 1) -> Mismatch | None:
        """The first derivative of f at xs, up to `order`, that disagrees with differences."""
        out = _as_plain(f(xs))
        if not out:
            raise TypeError("check_grads: the function returned no real or complex number or array")
        # A single real number gets a cotangent of 1, so that the message shows the derivative.
        alone = sum(np.size(part) for part in out) == 1 and not _is_complex(out)
        u = [np.ones(np.shape(part)) if alone else self.like(part) for part in out]
        for _ in range(self.directions):
            v = [self.like(x) for x in xs]
            far = _difference(f, xs, v, u, self.rtol)
            near: tuple[float, float] | None = None
            atol = self.atol * (1 + abs(_inner(u, out)))
            for mode in self.modes:
                derivative = _derivative(mode, f, xs, v, u)
                if _close(derivative, *far, atol):
                    continue
                near = near or _difference(f, xs, v, u, self.rtol, NEAR_STEP)
                if not _close(derivative, *near, atol):
                    return self.worst_entry(mode, f, xs, u, level)
        if order < 2:
            return None
        n = len(xs)
        if "reverse" in self.modes:
            at, derived = [*xs, *u], lambda inputs: _pull(f, inputs[:n], inputs[n:])
        else:
            at, derived = [*xs, *v], lambda inputs: _push(f, inputs[:n], inputs[n:])
        return self.find(derived, at, order - 1, level + 1)

    def like(self, x: Data) -> Data:
        """A random direction of the shape of x."""
        v = self.rng.standard_normal(np.shape(x))
        if np.iscomplexobj(x):
            return v + 1j * self.rng.standard_normal(np.shape(x))
        return float(v) if isinstance(x, float) else v

    def worst_entry(
        self, mode: str, f: Listed, xs: list[Data], u: list[Data], level: int
    ) -> Mismatch:
        """The entry of the arguments where derivative and difference are furthest apart."""
        worst, worst_error = None, -1.0
        for leaf, x in enumerate(xs):
            units = (1.0, 1j) if np.iscomplexobj(x) else (1.0,)
            for entry, unit in product(np.ndindex(np.shape(x)), units):
                v: list[Data] = [np.zeros_like(other) for other in xs]
                v[leaf][entry] = unit
                difference, _ = _difference(f, xs, v, u, self.rtol)
                derivative = _derivative(mode, f, xs, v, u)
                error = abs(derivative - difference) / (1e-3 + abs(difference))
                error = np.inf if np.isnan(error) else error
                if error > worst_error:
                    worst_error = error
                    worst = Mismatch(mode, level, leaf, entry, derivative, difference)
        assert worst is not None
        return worst

    def culprit(self, f: Listed, xs: list[Data], order: int) -> str:
        """The first operation in the graph of f whose rule disagrees with differences."""
        with recording(True):
            out = f([Value(x) if isinstance(x, float) else Tensor(x) for x in xs])
        nodes = ancestors([part for part in out if isinstance(part, Node)])[::-1]
        for number, node in enumerate(nodes, 1):
            if self.find(*_alone(node), order):
                return f"{node.op.name!r} (number {number} of {len(nodes)} in the graph)"
        return ""


def _alone(node: Node) -> tuple[Listed, list[Data]]:
    """The operation of one node as a function of its node arguments, and their data."""
    op, settings = node.op, node.settings
    places = [place for place, arg in enumerate(node.args) if isinstance(arg, Node)]
    plain = [arg.primal if isinstance(arg, Node) else arg for arg in node.args]

    def operation(inputs: list[Data]) -> list[Data]:
        call = list(plain)
        for place, x in zip(places, inputs, strict=True):
            call[place] = x
        return [op(*call, **settings)]

    return operation, [_in_double(plain[place]) for place in places]


def _close(derivative: float, difference: float, rtol: float, atol: float) -> bool:
    return abs(derivative - difference) <= rtol * abs(difference) + atol


def _difference(
    f: Listed,
    xs: list[Data],
    v: list[Data],
    u: list[Data],
    rtol: float,
    h: float = DIFFERENCE_STEP,
) -> tuple[float, float]:
    """⟨u, J v⟩ = Re Σ u · J v by differences, and its relative error."""
    all_real = not _is_complex([*xs, *u])

    def along(t: complex) -> Any:
        total = _inner(u, _as_plain(f([x + t * step for x, step in zip(xs, v, strict=True)])))
        return total if all_real else total.real

    difference = sum(weight * (along(k * h) - along(-k * h)) / h for k, weight in STENCIL)
    if not all_real:
        return float(difference), rtol
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exact = along(COMPLEX_STEP * 1j)
    except Exception:  # f is not defined on complex numbers, for whatever reason
        return float(difference), rtol
    # Comparisons and absolute values mean something else on complex numbers.
    slope = np.imag(exact) / COMPLEX_STEP
    if np.isclose(slope, difference, rtol=1e-4, atol=1e-9) and np.isclose(exact.real, along(0.0)):
        return float(slope), min(rtol, 1e-9)
    return float(difference), rtol


def _derivative(mode: str, f: Listed, xs: list[Data], v: list[Data], u: list[Data]) -> float:
    """⟨u, J v⟩ in reverse or forward mode."""
    if mode == "reverse":
        return float(_inner(_as_plain(_pull(f, xs, u)), v).real)
    if mode != "forward":
        raise ValueError(f"check_grads: modes are 'reverse' and 'forward', not {mode!r}")
    return float(_inner(u, _as_plain(_push(f, xs, v))).real)


def _pull(f: Listed, xs: list[Data], u: list[Data]) -> list[Data]:
    """uᵀ J, as a function of xs and u that can be differentiated again."""
    _, pullback = vjp(lambda *xs: f([*xs]), *xs)
    return [*pullback(u)]


def _push(f: Listed, xs: list[Data], v: list[Data]) -> list[Data]:
    """J v, as a function of xs and v that can be differentiated again."""
    return jvp(lambda *xs: f([*xs]), tuple(xs), tuple(v))[1]


def _inner(u: list[Data], v: list[Data]) -> Any:
    return sum(np.sum(np.asarray(a) * np.asarray(b)) for a, b in zip(u, v, strict=True))


def _as_plain(parts: list[Data]) -> list[Data]:
    return [part.primal if isinstance(part, Node) else part for part in parts]


def _is_variable(leaf: Any) -> bool:
    if isinstance(leaf, Node):
        return True
    numbers = isinstance(leaf, float | complex | np.inexact | np.ndarray)
    return numbers and np.asarray(leaf).dtype.kind in "fc"


def _is_complex(parts: list[Data]) -> bool:
    return any(np.iscomplexobj(part) for part in parts)


def _in_double(x: Data) -> Data:
    x = x.primal if isinstance(x, Node) else x
    if np.iscomplexobj(x):
        return np.array(x, complex)
    return float(x) if np.ndim(x) == 0 and not isinstance(x, np.ndarray) else np.array(x, float)


def _message(mismatch: Mismatch, args: Any, places: list[int], culprit: str) -> str:
    names = [
        f"{number}, part {part}" if len(parts) > 1 else str(number)
        for number, parts in enumerate(flatten(arg)[0] for arg in args)
        for part in range(len(parts))
    ]
    entry = f", entry {mismatch.entry}" if mismatch.entry else ""
    if mismatch.leaf < len(places):
        place = places[mismatch.leaf]
        leaf = flatten(args)[0][place]
        at = f" at {leaf:.6g}" if isinstance(leaf, float | int) else ""
        what = f"with respect to argument {names[place]}{entry}{at}"
    else:
        what = f"with respect to the cotangent or tangent{entry}, in which it is linear,"
    return (
        f"{mismatch.mode} mode, order {mismatch.order}: the derivative {what} is "
        f"{mismatch.derivative:.10g}, but differences give {mismatch.difference:.10g}"
        + (f". The first operation whose rule disagrees is {culprit}." if culprit else "")
    )
