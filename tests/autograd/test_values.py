"""`Value`: one number, its arithmetic on either side of anything, and what it looks like."""

from __future__ import annotations

import math
import operator
import pickle
from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import Tensor, Value

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "pow": operator.pow,
    "mod": operator.mod,
    "floordiv": operator.floordiv,
}
OTHERS = [3, 3.0, True, np.float64(3.0), np.float32(3.0), np.int64(3), np.bool_(True)]


@pytest.mark.parametrize("other", OTHERS, ids=lambda other: type(other).__name__)
@pytest.mark.parametrize("name", OPERATORS)
def test_a_value_and_a_number_give_a_value_on_either_side(name: str, other: Any) -> None:
    f = OPERATORS[name]
    a = Value(2.5)
    left, right = f(a, other), f(other, a)
    assert type(left) is Value
    assert type(right) is Value
    assert left.data == f(2.5, float(other))
    assert right.data == f(float(other), 2.5)
    assert type(left.data) is type(right.data) is float
    assert left.parents == right.parents == (a,)


@pytest.mark.parametrize("name", OPERATORS)
def test_two_values_give_a_value_with_both_as_parents(name: str) -> None:
    a, b = Value(2.5), Value(1.5)
    c = OPERATORS[name](a, b)
    assert type(c) is Value
    assert c.data == OPERATORS[name](2.5, 1.5)


@pytest.mark.parametrize("name", OPERATORS)
def test_a_value_and_an_array_give_a_tensor(name: str) -> None:
    f = OPERATORS[name]
    a, x = Value(2.5), np.array([1.5, 2.0])
    for result, expected in (
        (f(a, x), f(2.5, x)),
        (f(x, a), f(x, 2.5)),
        (f(a, Tensor(x)), f(2.5, x)),
    ):
        assert type(result) is Tensor
        np.testing.assert_allclose(result.data, expected, rtol=1e-15)


@pytest.mark.parametrize(
    "f",
    [
        ad.maximum,
        ad.minimum,
        ad.hypot,
        ad.arctan2,
        ad.logaddexp,
        ad.leaky_relu,
        ad.elu,
        lambda x, y: ad.clip(x, 0, y),
    ],
)
def test_functions_of_a_value_and_any_number_give_a_value(f: Callable[..., Any]) -> None:
    for other in OTHERS:
        assert type(f(Value(2.5), other)) is Value
        assert type(f(Value(2.5), other).data) is float


def test_full_precision_survives_a_float32() -> None:
    assert (Value(0.1) * np.float32(1.0)).data == 0.1


def test_integers_become_floats() -> None:
    for data in (2, np.int64(2), np.float32(2), np.array(2), True + 1):
        assert type(Value(data).data) is float
        assert Value(data).data == 2.0


def test_division_by_zero_overflow_and_domains_are_those_of_ieee() -> None:
    zero, one, big = Value(0.0), Value(1.0), Value(1e308)
    assert (one / zero).data == math.inf
    assert (-one / zero).data == -math.inf
    assert math.isnan((zero / zero).data)
    assert (1 / zero).data == math.inf
    assert (one / 0).data == math.inf
    assert (big * 10).data == math.inf
    assert (big**2).data == math.inf
    assert (zero**-1).data == math.inf
    assert math.isnan((Value(-8.0) ** (1 / 3)).data)
    assert math.isnan((-(8.0 ** Value(0.5))).data * 0 + ad.log(Value(-1.0)).data)
    assert ad.log(zero).data == -math.inf
    assert math.isnan(ad.log(Value(-1.0)).data)
    assert math.isnan(ad.sqrt(Value(-1.0)).data)
    assert ad.exp(Value(1000.0)).data == math.inf
    assert ad.cosh(Value(1000.0)).data == math.inf
    assert math.isnan(ad.sin(Value(math.inf)).data)
    assert math.isnan((one % zero).data)
    assert math.isnan(ad.arctanh(Value(2.0)).data)
    assert ad.arctanh(one).data == math.inf


def test_slopes_at_the_edges_are_those_of_ieee() -> None:
    for f, x, slope in (
        (ad.sqrt, 0.0, math.inf),
        (ad.log, 0.0, math.inf),
        (lambda x: 1 / x, 0.0, -math.inf),
        (ad.exp, 1000.0, math.inf),
        (ad.arcsin, 1.0, math.inf),
        (ad.cbrt, 0.0, math.inf),
        (lambda x: x**0.5, 0.0, math.inf),
        (lambda x: x / 0.0, 1.0, math.inf),
    ):
        a = Value(x)
        f(a).backward()
        assert a.grad == slope, (f, x)


def test_sigmoid_and_softplus_do_not_overflow() -> None:
    for x, sigmoid, softplus in ((-1000.0, 0.0, 0.0), (1000.0, 1.0, 1000.0)):
        a = Value(x)
        assert ad.sigmoid(a).data == sigmoid
        assert ad.softplus(a).data == softplus
        ad.softplus(a).backward()
        assert a.grad == sigmoid


def test_a_value_shows_its_number_gradient_and_label() -> None:
    a = Value(2.0, "a")
    (a * 3).backward()
    assert repr(a) == "Value(data=2.0, grad=3.0, label='a')"
    assert repr(Value(-1)) == "Value(data=-1.0, grad=0.0)"
    assert f"{a:.2f}" == "2.00"
    assert f"{a}" == repr(a)


def test_a_value_has_the_shape_of_one_number() -> None:
    a = Value(2.0)
    assert (a.shape, a.ndim, a.size, a.dtype) == ((), 0, 1, np.float64)
    assert a.item() == 2.0
    assert float(a) == 2.0
    assert int(Value(2.9)) == 2
    assert a.numpy() == 2.0
    assert a.T.item() == 2.0


def test_comparisons_give_plain_booleans() -> None:
    a, b = Value(2.0), Value(3.0)
    for result in (
        a < b,
        a <= 2,
        operator.gt(3.0, a),
        b >= a,
        a == 2.0,
        a != b,
        np.float64(1.0) < a,
    ):
        assert type(result) in (bool, np.bool_)
        assert result
    assert (a == b) is False
    assert not Value(0.0)
    assert Value(0.1)
    assert a not in (None, "two")
    assert a != "two"


def test_a_value_is_a_key_by_identity() -> None:
    a, b = Value(2.0), Value(2.0)
    names = {a: "a", b: "b"}
    assert (names[a], names[b]) == ("a", "b")
    assert len({a, b, a}) == 2


def test_values_sum_sort_and_compare_as_numbers_do() -> None:
    values = [Value(3.0), Value(1.0), Value(2.0)]
    total = sum(values)
    assert total.data == 6.0
    assert max(values) is values[0]
    assert [v.data for v in sorted(values)] == [1.0, 2.0, 3.0]
    total.backward()
    assert [v.grad for v in values] == [1.0, 1.0, 1.0]


def test_unary_operators() -> None:
    a = Value(-2.5)
    assert (-a).data == 2.5
    assert +a is a
    assert abs(a).data == 2.5
    assert round(a).data == -2.0
    assert round(Value(0.125), 2).data == 0.12


def test_floor_division_and_remainder_fit_together() -> None:
    a = Value(7.5)
    assert (a // 2).data == 3.0
    assert (a % 2).data == 1.5
    assert (8 // Value(3.0)).data == 2.0
    assert (8 % Value(3.0)).data == 2.0
    (a % 2 + a // 2).backward()
    assert a.grad == 1.0


def test_methods_are_the_functions_of_the_same_name() -> None:
    a = Value(0.7)
    for name in (
        "exp",
        "log",
        "sqrt",
        "tanh",
        "sigmoid",
        "relu",
        "sum",
        "mean",
        "max",
        "min",
        "prod",
    ):
        assert getattr(a, name)().item() == getattr(ad, name)(a).item()
    assert a.clip(0.0, 0.5).data == 0.5


def test_only_a_leaf_can_be_given_new_data() -> None:
    a = Value(2.0)
    a.data = 3
    assert a.data == 3.0
    b = a * 2
    with pytest.raises(ValueError, match="result of 'mul'"):
        b.data = 1.0
    a.data += 0.5
    assert a.data == 3.5


def test_detach_gives_a_leaf_with_the_same_number() -> None:
    a = Value(2.0, "a")
    b = (a * 3).detach()
    assert b.data == 6.0
    assert b.parents == ()
    (b * a).backward()
    assert (a.grad, b.grad) == (6.0, 2.0)


def test_a_leaf_can_be_copied_and_pickled() -> None:
    a = Value(2.0, "a")
    for other in (copy(a), pickle.loads(pickle.dumps(a))):
        assert (other.data, other.label) == (2.0, "a")
        assert other is not a
    with pytest.raises(ValueError, match=r"Use \.detach\(\)"):
        pickle.dumps(a * 2)


@pytest.mark.parametrize(
    "bad", [1j, np.complex128(1j), "1", b"1", None, [1.0], np.ones(2), np.ones(1)]
)
def test_a_value_is_made_of_a_real_number_only(bad: Any) -> None:
    with pytest.raises(TypeError):
        Value(bad)


def test_a_value_of_a_node_is_refused() -> None:
    for node in (Value(1.0), Tensor(1.0)):
        with pytest.raises(TypeError, match="tracked already"):
            Value(node)


def test_a_long_program_of_values_agrees_with_the_same_in_floats() -> None:
    def program(a: Any, b: Any, exp: Any) -> Any:
        c = a + b
        for k in range(1, 6):
            c = c * a - b / (k + c * c) + 2**-c + (a - 1) ** 2 - (3 - b)
            c = c / (1 + exp(-c)) if c < 2 else 1 / c
        return c

    a, b = Value(0.3), Value(-0.7)
    assert program(a, b, ad.exp).data == program(0.3, -0.7, math.exp)
