"""`check_grads` has to fail where a rule is wrong, even a little, and to say where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import GradientError, Tensor, Value, check_grads, custom_op
from autograd.extend import defjvp, defvjp, primitive

X = np.array([0.4, -1.1, 0.7])
SLIGHTLY = 1.001
"""Wrong by 0.1 %."""

wrong_square = custom_op(np.square, derivative=lambda out, x: 2 * SLIGHTLY * x, name="wrong_square")
wrong_cos = custom_op(np.cos, derivative=lambda out, x: -SLIGHTLY * ad.sin(x), name="wrong_cos")
sine = custom_op(np.sin, derivative=lambda out, x: wrong_cos(x), name="sine")
"""Right at first order, wrong at second."""


def running_sums(scale: float) -> Any:
    """cumsum, with a vjp that is the transpose times a number."""
    return custom_op(
        np.cumsum, vjp=lambda g, out, x: scale * ad.flip(ad.cumsum(ad.flip(g))), name="running_sums"
    )


def third_power(scale: float) -> Any:
    """x³ whose vjp is right, and whose jvp is times a number."""
    return custom_op(
        lambda x: x * x * x,
        vjp=lambda g, out, x: 3 * g * x * x,
        jvp=lambda argnum, t, out, x: 3 * scale * t * x * x,
        name="third_power",
    )


@pytest.mark.parametrize("modes", [("reverse",), ("forward",), ("reverse", "forward")])
@pytest.mark.parametrize("x", [0.4, X, X.reshape(3, 1)])
def test_a_rule_wrong_by_a_thousandth_is_found_at_first_order(x: Any, modes: Any) -> None:
    with pytest.raises(GradientError, match="order 1"):
        check_grads(wrong_square, x, order=1, modes=modes)


@pytest.mark.parametrize("modes", [("reverse",), ("forward",), ("reverse", "forward")])
@pytest.mark.parametrize("x", [0.4, X, X.reshape(3, 1)])
def test_a_rule_wrong_by_a_thousandth_is_found_at_second_order(x: Any, modes: Any) -> None:
    check_grads(sine, x, order=1, modes=modes)
    with pytest.raises(GradientError, match="order 2"):
        check_grads(sine, x, order=2, modes=modes)


def test_a_rule_wrong_at_third_order_passes_the_first_two() -> None:
    first = custom_op(np.sin, derivative=lambda out, x: second(x), name="first")
    second = custom_op(np.cos, derivative=lambda out, x: -sine(x), name="second")
    third = custom_op(lambda x: -np.sin(x), derivative=lambda out, x: -wrong_cos(x), name="third")
    of_third = custom_op(np.cos, derivative=lambda out, x: third(x), name="of_third")
    check_grads(first, X, order=3)
    check_grads(of_third, X, order=2)
    with pytest.raises(GradientError, match="order 2"):
        check_grads(third, X, order=2)
    with pytest.raises(GradientError, match="order 3"):
        check_grads(of_third, X, order=3)


def test_a_structural_rule_wrong_by_a_thousandth_is_found() -> None:
    check_grads(running_sums(1.0), X)
    for modes in (("reverse",), ("forward",)):
        with pytest.raises(GradientError, match="order 1"):
            check_grads(running_sums(SLIGHTLY), X, modes=modes)


def test_a_jvp_wrong_by_a_thousandth_is_found_in_forward_mode_alone() -> None:
    check_grads(third_power(1.0), X)
    check_grads(third_power(SLIGHTLY), X, modes=("reverse",))
    with pytest.raises(GradientError, match="forward mode, order 1"):
        check_grads(third_power(SLIGHTLY), X)


def test_a_rule_wrong_in_one_entry_of_many_is_found() -> None:
    factors = np.full((10, 10), 2.0)
    factors[3, 7] *= SLIGHTLY
    partly = custom_op(np.square, derivative=lambda out, x: factors * x, name="partly")
    with pytest.raises(GradientError, match=r"entry \(3, 7\)"):
        check_grads(partly, np.linspace(0.5, 2.0, 100).reshape(10, 10))


def test_a_missing_term_is_found_where_two_arguments_meet() -> None:
    product = custom_op(
        lambda x, y: x @ y,
        vjp=(lambda g, out, x, y: g @ y.T, lambda g, out, x, y: SLIGHTLY * x.T @ g),
        name="product",
    )
    a, b = np.arange(6.0).reshape(2, 3), np.arange(3.0, 9.0).reshape(3, 2)
    with pytest.raises(GradientError, match="with respect to argument 1"):
        check_grads(product, a, b, order=1)


def test_the_message_names_argument_entry_both_numbers_and_the_operation() -> None:
    def f(a: Any, x: Any) -> Any:
        return ad.sum(ad.exp(a) + ad.tanh(wrong_square(ad.sin(x))))

    x = np.array([0.3, 1.2])
    with pytest.raises(GradientError) as caught:
        check_grads(f, np.array([0.1, 0.2]), x, order=1, modes=("reverse",), rng=1)
    message = str(caught.value)
    assert "reverse mode, order 1: the derivative with respect to argument 1, entry (" in message
    assert "operation whose rule disagrees is 'wrong_square'" in message
    assert "number 3 of 6 in the graph" in message
    entry = int(message.split("entry (")[1].split(",")[0])
    slope = 2 * np.sin(x) * np.cos(x) / np.cosh(np.sin(x) ** 2) ** 2
    assert f"differences give {slope[entry]:.6g}"[:-1] in message
    assert f"is {SLIGHTLY * slope[entry]:.6g}"[:-1] in message


def test_the_first_operation_wrong_at_second_order_is_named() -> None:
    with pytest.raises(GradientError, match="operation whose rule disagrees is 'sine'"):
        check_grads(lambda x: ad.exp(sine(ad.tanh(x))), X)


def test_the_message_says_which_part_of_a_nested_argument() -> None:
    def f(parameters: dict[str, Any]) -> Any:
        return parameters["w"][0] * 2.0 + wrong_square(parameters["w"][1])

    with pytest.raises(GradientError, match=r"with respect to argument 0, part 2 at 0\.7 is"):
        check_grads(f, {"b": 1.0, "w": [0.5, 0.7]})


def test_right_rules_pass_whatever_the_arguments_are() -> None:
    def f(parameters: dict[str, Any], x: Any, power: int, *, flag: str = "plain") -> Any:
        assert flag == "plain"
        hidden = ad.tanh(parameters["w"] @ x + parameters["b"])
        return hidden**power, [ad.sum(hidden), 3]

    parameters = {"w": np.arange(6.0).reshape(2, 3) / 5, "b": (np.array([0.1, -0.2]))}
    check_grads(f, parameters, X, 2, order=3)


@pytest.mark.parametrize(
    "x", [Value(0.4), Tensor(X), 0.4, np.float64(0.4), X, X.astype(np.float32)]
)
def test_nodes_numbers_and_float32_are_all_checked(x: Any) -> None:
    check_grads(ad.tanh, x)
    with pytest.raises(GradientError):
        check_grads(wrong_square, x)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: ad.abs(x) * ad.exp(x),
        lambda x: ad.where(x > 0, ad.sin(x), x**3),
        lambda x: ad.sort(x) * x,
        lambda x: ad.erf(x) + ad.arctan2(x, 2.0) + ad.logaddexp(x, 0.3),
        lambda x: ad.prod(x) + ad.max(x) * ad.min(x),
    ],
)
def test_functions_of_reals_only_are_checked_by_differences(
    f: Callable[..., Any],
) -> None:
    check_grads(f, X)


def test_a_function_that_takes_no_complex_numbers_may_still_be_found_wrong() -> None:
    def real_only(x: Any) -> Any:
        if np.iscomplexobj(x):
            raise TypeError("real numbers only")
        return np.square(x)

    wrong = custom_op(real_only, derivative=lambda out, x: 2 * SLIGHTLY * x, name="real_only")
    with pytest.raises(GradientError):
        check_grads(wrong, X)


def test_a_derivative_that_is_nan_is_no_derivative() -> None:
    bad = custom_op(np.square, derivative=lambda out, x: x * np.nan, name="bad")
    with pytest.raises(GradientError, match="nan"):
        check_grads(bad, X)


def test_the_check_leaves_gradients_of_its_arguments_alone() -> None:
    x = Tensor(X)
    check_grads(ad.tanh, x)
    assert x.grad is None


def test_there_has_to_be_something_to_check() -> None:
    with pytest.raises(TypeError, match="no argument is a real or complex number or array"):
        check_grads(lambda n: n, 3)
    with pytest.raises(TypeError, match="returned no real or complex number or array"):
        check_grads(lambda x: "result", 3.0)
    with pytest.raises(ValueError, match="'reverse' and 'forward', not 'sideways'"):
        check_grads(ad.sin, 1.0, modes=("sideways",))


def wrong_identity() -> Any:
    """An operation that computes x, and whose derivative is 0.1 % off."""
    identity = primitive(lambda x: x * 1.0)
    defvjp(identity, lambda ans, x: lambda g: g * 1.001)
    defjvp(identity, lambda t, ans, x: t * 1.001)
    return identity


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_a_rule_is_checked_with_respect_to_the_cotangent_or_tangent(mode: str) -> None:
    """The rule is right, and its own derivative is not."""
    identity, double = wrong_identity(), primitive(lambda x: 2.0 * x)
    defvjp(double, lambda ans, x: lambda g: 2.0 * identity(g))
    defjvp(double, lambda t, ans, x: 2.0 * identity(t))
    check_grads(double, 1.0, order=1, modes=[mode])
    with pytest.raises(
        GradientError, match="order 2: the derivative with respect to the cotangent"
    ):
        check_grads(double, 1.0, modes=[mode])


def test_a_kink_nearby_is_no_mistake() -> None:
    check_grads(np.sort, np.array([0.3, 0.3 + 1e-5, -1.0]))
    check_grads(ad.max, np.array([0.3, 0.3 + 1e-5, -1.0]))


def test_the_absolute_error_allowed_is_an_argument() -> None:
    near = custom_op(lambda x: x * x, derivative=lambda out, x: 2.0 * x + 1e-5)
    with pytest.raises(GradientError):
        check_grads(near, 0.0, order=1)
    check_grads(near, 0.0, order=1, atol=1e-4)
