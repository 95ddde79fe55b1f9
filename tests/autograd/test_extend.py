"""Operations of one's own as HIPS autograd states them: `primitive`, `defvjp`, `defjvp`."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

import autograd.numpy as np
from autograd import (
    Value,
    grad,
    make_jvp,
    primitive,
)
from autograd.extend import (
    def_linear,
    defjvp,
    defjvp_argnum,
    defjvp_argnums,
    defvjp,
    defvjp_argnum,
    defvjp_argnums,
    notrace_primitive,
)
from autograd.test_util import check_grads
from autograd.tracer import getval

X = numpy.array([0.3, -1.2, 0.8])
V = numpy.array([1.1, 0.2, -0.7])


def make_product() -> Any:
    @primitive
    def product(x: Any, y: Any, power: float = 1.0) -> Any:
        """x y, to a power."""
        return (x * y) ** power

    return product


def test_a_primitive_has_the_derivatives_stated_for_it_to_any_order() -> None:
    product = make_product()
    defvjp(
        product,
        lambda ans, x, y, power=1.0: lambda g: g * power * ans / x,
        lambda ans, x, y, power=1.0: lambda g: g * power * ans / y,
    )
    assert product.__name__ == "product"
    assert product.__doc__ == "x y, to a power."
    assert type(product(2.0, 3.0)) is float
    check_grads(lambda x, y: product(x, y, power=1.5), (0, 1), order=3)(abs(X), abs(V))


def test_forward_mode_takes_the_rules_stated_for_it() -> None:
    product = make_product()
    tangents: list[Any] = []

    def by_x(t: Any, ans: Any, x: Any, y: Any) -> Any:
        tangents.append(t)
        return t * y

    defjvp(product, by_x, lambda t, ans, x, y: t * x)
    numpy.testing.assert_allclose(make_jvp(product)(X, V)(X)[1], X * V)
    assert len(tangents) == 1
    with pytest.raises(NotImplementedError, match="VJP of product with respect to argument 0"):
        grad(lambda x: np.sum(product(x, V)))(X)


def test_rules_are_stated_for_all_arguments_by_one_function() -> None:
    by_number, by_numbers, linear = make_product(), make_product(), make_product()
    defvjp_argnum(by_number, lambda n, ans, args, kwargs: lambda g: g * args[1 - n])
    defvjp_argnums(
        by_numbers, lambda ns, ans, args, kwargs: lambda g: [g * args[1 - n] for n in ns]
    )
    defjvp_argnum(by_number, lambda n, t, ans, args, kwargs: t * args[1 - n])
    defjvp_argnums(
        by_numbers,
        lambda ns, ts, ans, args, kwargs: sum(t * args[1 - n] for n, t in zip(ns, ts, strict=True)),
    )
    def_linear(linear)
    defvjp(linear, lambda ans, x, y: lambda g: g * y, lambda ans, x, y: lambda g: g * x)
    same = make_product()
    defjvp(same, "same", None, argnums=(0, 1))
    defvjp(same, lambda ans, x, y: lambda g: g * y, None)
    for product in (by_number, by_numbers, linear):
        check_grads(product, (0, 1))(X, V)
    check_grads(same)(X, V)
    numpy.testing.assert_array_equal(grad(lambda y: np.sum(same(X, y)))(V), 0.0)


def test_primitives_say_what_they_cannot_do() -> None:
    product = make_product()
    defvjp(product, lambda ans, x, y: lambda g: g * x, argnums=[1])
    with pytest.raises(NotImplementedError, match="VJP of product with respect to argument 0"):
        grad(product)(2.0, 3.0)
    assert grad(product, 1)(2.0, 3.0) == 2.0
    with pytest.raises(TypeError, match=r"argument power is a node.*pass it by position"):
        grad(lambda p: product(2.0, 3.0, power=p))(2.0)
    with pytest.raises(TypeError, match="'word' returned a str"):
        primitive(word)(Value(2.0))
    with pytest.raises(TypeError, match="'pair' returned a object"):
        primitive(pair)(Value(2.0))


def word(x: Any) -> Any:
    return "x"


def pair(x: Any) -> Any:
    return x, object()


def test_a_primitive_may_give_whole_numbers() -> None:
    count = primitive(lambda x: int(numpy.sum(x > 0)))
    defvjp(count, None)
    numpy.testing.assert_array_equal(grad(count)(X), 0.0)


@pytest.mark.eager
def test_what_is_not_traced_gets_plain_data() -> None:
    seen: list[Any] = []
    look = notrace_primitive(seen.append)
    grad(lambda x: (look(x), x * getval(x))[1])(3.0)
    assert seen == [3.0]
    assert grad(lambda x: x * getval(x) * x._value)(3.0) == 9.0
