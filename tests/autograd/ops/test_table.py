"""Derivatives of every operation and function, orders 1 to 3, compared with finite differences."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import Node, Tensor, Value, grad, gradients, jvp
from autograd.ops import TABLE
from tests.autograd.cases import CASES, Case
from tests.autograd.differences import directional

MODES = (
    ("reverse", "reverse", "reverse"),
    ("forward", "forward", "forward"),
    ("reverse", "forward", "reverse"),
    ("forward", "reverse", "forward"),
)


def leaves(result: Any) -> list[Any]:
    return (
        [part for item in result for part in leaves(item)]
        if isinstance(result, list | tuple)
        else [result]
    )


def inner(left: Any, right: Any) -> Any:
    """Σ left · right over all entries of both."""
    total = 0.0
    for x, y in zip(leaves(left), leaves(right), strict=True):
        total = total + ad.sum(x * y)
    return total


def along(f: Callable[..., Any], vs: tuple[Any, ...], mode: str) -> Callable[..., Any]:
    """The derivative of a function that gives one number, in the direction vs."""
    if mode == "forward":
        return lambda *xs: jvp(f, xs, vs)[1]
    gradient = grad(f, range(len(vs)))
    return lambda *xs: inner(gradient(*xs), vs)


def random_like(x: Any, rng: np.random.Generator) -> Any:
    v = rng.uniform(0.3, 1.0, np.shape(x)) * rng.choice([-1.0, 1.0], np.shape(x))
    return float(v) if isinstance(x, float) else v


def entries() -> list[Any]:
    """Each entry of the table with each of its cases; then the cases of the composed functions."""
    of_the_table = [case for name in TABLE for case in CASES if case.name == name]
    composed = [case for case in CASES if case.name not in TABLE]
    return [pytest.param(case, id=str(case)) for case in of_the_table + composed]


WITHOUT_DERIVATIVE = {"argmax", "argmin", "argsort", "stop_gradient"}
NO_FUNCTIONS = {"Axis", "fft", "linalg"}


@pytest.fixture
def recorded() -> set[Any]:
    """The operations that the cases, run on nodes, leave in their graphs."""
    seen: set[Any] = {ad.stop_gradient(Value(1.0)).op}  # what it does is no derivative
    for case in CASES:
        inputs = [Value(x) if isinstance(x, float) else Tensor(x) for x in case.args]
        stack = [part for part in leaves(case.f(*inputs)) if isinstance(part, Node)]
        while stack:
            node = stack.pop()
            seen.add(node.op)
            stack += node.parents
    return seen


def test_every_entry_of_the_table_is_recorded_by_a_case(recorded: set[Any]) -> None:
    assert {name for name, op in TABLE.items() if op not in recorded} == set()


def test_every_public_function_has_a_case() -> None:
    public = {*ad.ops.__all__, *ad.linalg.__all__, *ad.fft.__all__}
    assert public - WITHOUT_DERIVATIVE - NO_FUNCTIONS - {case.name for case in CASES} == set()


@pytest.mark.parametrize(("ours", "theirs"), [(ad.linalg, np.linalg), (ad.fft, np.fft)])
def test_a_submodule_offers_functions_of_numpys_and_nothing_else(ours: Any, theirs: Any) -> None:
    offered = [name for name in dir(ours) if not name.startswith("_")]
    assert offered == sorted(ours.__all__)
    assert all(hasattr(theirs, name) for name in offered)


def test_the_table_holds_each_operation_under_its_own_name() -> None:
    assert all(op.name == name for name, op in TABLE.items())


THEIR_NAMES = {
    "div": "divide",
    "identity": "positive",
    "mul": "multiply",
    "neg": "negative",
    "sub": "subtract",
}


def numpy_function(name: str) -> Any:
    theirs = THEIR_NAMES.get(name, name)
    return getattr(np, theirs, None) or getattr(np.linalg, theirs, None)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=str(case))
        for case in CASES
        if numpy_function(case.name) and case.f is getattr(ad, case.name, None)
    ],
)
def test_values_are_those_of_the_numpy_function_of_the_name(case: Case) -> None:
    expected = leaves(numpy_function(case.name)(*case.args))
    inputs = [Value(x) if isinstance(x, float) else Tensor(x) for x in case.args]
    for result in (case.f(*case.args), case.f(*inputs)):
        for found, theirs in zip(leaves(result), expected, strict=True):
            plain = found.data if isinstance(found, Node) else found
            np.testing.assert_allclose(plain, theirs, rtol=1e-14, atol=1e-15, strict=True)


def holds_float64(case: Case) -> bool:
    """Whether the case brings a float64 of its own, beside which float32 does not stay."""
    return (
        case.name in ("array", "cast", "eig", "eigh", "svd")
        or "constant" in case.detail
        or case.detail in ("transposed", "0")  # and the power 0 of a matrix is no node
        or any(isinstance(x, float) for x in case.args)
    )


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=str(case)) for case in CASES if not holds_float64(case)]
)
def test_float32_stays_float32_and_is_nearly_right(case: Case) -> None:
    def weighted(*xs: Any) -> Any:
        return inner(case.f(*xs), [np.float32(0.5)] * len(leaves(case.f(*case.args))))

    narrow = [Tensor(x, dtype=np.float32) for x in case.args]
    assert {part.dtype for part in leaves(case.f(*narrow))} == {np.dtype(np.float32)}
    gradient = gradients(weighted(*narrow), narrow)
    expected = grad(weighted, range(len(case.args)))(*case.args)
    for found, exact in zip(gradient, expected, strict=True):
        assert found.dtype == np.float32
        np.testing.assert_allclose(
            found, exact, rtol=1e-3, atol=1e-4 * (1 + np.abs(exact).max(initial=0))
        )


@pytest.mark.parametrize("case", entries())
def test_derivatives_of_orders_1_to_3_agree_with_differences(case: Case) -> None:
    rng = np.random.default_rng(zlib.crc32(str(case).encode()))
    vs = tuple(random_like(x, rng) for x in case.args)
    us = [random_like(np.asarray(part, float), rng) for part in leaves(case.f(*case.args))]

    def f(*xs: Any) -> Any:
        return inner(case.f(*xs), us)

    differences = [directional(f, case.args, vs, order, case.radius) for order in (1, 2, 3)]
    for modes in MODES:
        derived = f
        for order, (expected, rounding) in enumerate(differences, 1):
            derived = along(derived, vs, modes[order - 1])
            found = float(derived(*case.args))
            assert abs(found - expected) <= 1e-9 * abs(expected) + 10 * rounding, (
                f"order {order}, modes {modes[:order]}: the engine gives {found!r}, "
                f"differences {expected!r} ± {rounding:.1g}"
            )
