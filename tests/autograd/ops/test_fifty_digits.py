"""Values and derivatives of every smooth function of numbers against arithmetic of fifty digits.

Unlike the differences in `test_table`, the oracle knows the functions themselves, so a kernel that
computes the wrong function is found too.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import mpmath as mp
import numpy as np
import pytest

from autograd import Tensor, Value, grad, gradients
from autograd.ops import TABLE
from autograd.ops.op_types import Elementwise
from tests.autograd.cases import BINARY, UNARY, function

ONE: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "arccos": mp.acos,
    "arccosh": mp.acosh,
    "arcsin": mp.asin,
    "arcsinh": mp.asinh,
    "arctan": mp.atan,
    "arctanh": mp.atanh,
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "cos": mp.cos,
    "cosh": mp.cosh,
    "erf": mp.erf,
    "erfc": mp.erfc,
    "exp": mp.exp,
    "exp2": lambda x: mp.mpf(2) ** x,
    "expm1": mp.expm1,
    "identity": lambda x: x,
    "log": mp.log,
    "log10": mp.log10,
    "log1p": mp.log1p,
    "log2": lambda x: mp.log(x, 2),
    "neg": lambda x: -x,
    "reciprocal": lambda x: 1 / x,
    "relu": lambda x: x if x > 0 else 0 * x,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "sin": mp.sin,
    "sinh": mp.sinh,
    "softsign": lambda x: x / (1 + abs(x)),
    "softplus": lambda x: mp.log(1 + mp.exp(x)),
    "sqrt": mp.sqrt,
    "square": lambda x: x * x,
    "tan": mp.tan,
    "tanh": mp.tanh,
}
TWO: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "arctan2": mp.atan2,
    "chain_product": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "elu": lambda x, y: x if x > 0 else y * mp.expm1(x),
    "hypot": mp.hypot,
    "leaky_relu": lambda x, y: x if x > 0 else y * x,
    "logaddexp": lambda x, y: mp.log(mp.exp(x) + mp.exp(y)),
    "maximum": max,
    "minimum": min,
    "mod": lambda x, y: x - y * mp.floor(x / y),
    "mul": lambda x, y: x * y,
    "pow": lambda x, y: x**y,
    "sub": lambda x, y: x - y,
}
FLAT = {"ceil", "floor", "floor_divide", "heaviside", "round", "sign"}
"""Their derivative is zero; `test_table` holds them to it."""
ELSEWHERE = {"at_least", "at_most", "stop_gradient", "where"}
"""At a constant bound, constant on purpose, or not of real numbers: `test_kinks`, `test_table`."""


def exact(f: Callable[..., Any], at: tuple[float, ...], orders: tuple[int, ...]) -> float:
    """A partial derivative by differences of numbers of fifty digits."""
    with mp.workdps(50):
        point = tuple(mp.mpf(x) for x in at)
        if not any(orders):
            return float(f(*point))
        return float(mp.diff(f, point, orders) if len(at) > 1 else mp.diff(f, *point, *orders))


def close(found: float, expected: float) -> bool:
    return abs(found - expected) <= 4e-14 * max(1.0, abs(expected))


def test_every_elementwise_operation_has_a_formula_here() -> None:
    elementwise = {name for name, op in TABLE.items() if isinstance(op, Elementwise)}
    assert elementwise == ONE.keys() | TWO.keys() | FLAT | ELSEWHERE


@pytest.mark.parametrize("name", ONE)
def test_functions_of_one_number_are_exact_at_orders_0_to_3(name: str) -> None:
    for x in UNARY[name]:
        f = function(name)
        for order in range(4):
            found, expected = f(x), exact(ONE[name], (x,), (order,))
            assert close(found, expected), (order, x)
            f = grad(f)


@pytest.mark.parametrize("name", TWO)
def test_functions_of_two_numbers_are_exact_at_orders_0_to_3(name: str) -> None:
    for at in zip(*BINARY[name], strict=True):
        for orders in product(range(4), repeat=2):
            if sum(orders) > 3:
                continue
            f = function(name)
            for argnum, times in enumerate(orders):
                for _ in range(times):
                    f = grad(f, argnum)
            assert close(f(*at), exact(TWO[name], at, orders)), (orders, at)


@pytest.mark.parametrize("name", [*ONE, *TWO])
def test_a_value_and_a_tensor_of_the_same_number_agree(name: str) -> None:
    numbers = BINARY[name] if name in BINARY else (UNARY[name],)
    for at in zip(*numbers, strict=True):
        values = [Value(x) for x in at]
        tensors = [Tensor(x) for x in at]
        one, other = function(name)(*values), function(name)(*tensors)
        assert type(one) is Value
        assert type(one.data) is float
        assert type(other) is Tensor
        np.testing.assert_allclose(one.data, other.data, rtol=2e-15, atol=1e-15)
        for left, right in zip(gradients(one, values), gradients(other, tensors), strict=True):
            assert type(left) is float
            np.testing.assert_allclose(left, right, rtol=4e-15, atol=1e-15)
