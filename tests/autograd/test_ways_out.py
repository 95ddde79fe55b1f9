"""Ways out of the graph: inside a function that is being differentiated none is silent."""

from __future__ import annotations

import decimal
import math
import operator
import statistics
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ad
from autograd import Tensor, Value, grad, hessian, jacobian, jit, jvp, taylor, vjp, vmap

pytestmark = pytest.mark.eager  # a compiled program refuses more


def filled(x: Any) -> Any:
    array = np.empty(2)
    array.fill(x)
    return array.sum()


def stored(x: Any) -> Any:
    array = np.zeros(2)
    array[0] = x
    return array.sum()


def stored_by_function(x: Any) -> Any:
    array = np.zeros(2)
    operator.setitem(array, 0, x)
    return array.sum()


WAYS: dict[str, Callable[[Any], Any]] = {
    "float": lambda x: float(x),
    "complex": lambda x: complex(x).real,
    "math.sin": lambda x: math.sin(x),
    "math.fsum": lambda x: math.fsum([x, 1.0]),
    "statistics.fmean": lambda x: statistics.fmean([x, 1.0]),
    "decimal": lambda x: float(decimal.Decimal(x)),
    "numpy.float64": lambda x: np.float64(x),
    "numpy.float32": lambda x: np.float32(x),
    "numpy.array": lambda x: np.array([x, 1.0]).sum(),
    "numpy.asarray": lambda x: np.asarray(x).sum(),
    "numpy.full": lambda x: np.full(2, x).sum(),
    "numpy.fromiter": lambda x: np.fromiter((x * k for k in range(3)), float).sum(),
    "array.fill": filled,
    "array[i] = x": stored,
    "operator.setitem": stored_by_function,
    "%f": lambda x: float("%f" % x),  # noqa: UP031
    "range": lambda x: sum(range(x)),
    "array.dot": lambda x: np.ones(1).dot(x),
}


TRANSFORMS: dict[str, Callable[[Any], Any]] = {
    "grad": grad,
    "jit of grad": lambda f: jit(grad(f)),
    "grad of jit": lambda f: grad(jit(f)),
    "jvp": lambda f: lambda x: jvp(f, x, 1.0),
    "vjp": lambda f: lambda x: vjp(f, x),
    "taylor": lambda f: lambda x: taylor(f, x, order=2),
    "vmap": lambda f: lambda x: vmap(grad(f))(np.array([x, x])),
    "jacobian": jacobian,
    "hessian": hessian,
}


@pytest.mark.parametrize("way", WAYS)
def test_no_way_out_is_silent(way: str) -> None:
    taken = WAYS[way]
    for transform in TRANSFORMS.values():
        for of in (lambda x: x, lambda x: x * x + 1.0, lambda x: ad.stack([x, 2.0 * x])[1]):
            with pytest.raises((TypeError, ValueError, ad.JitError)):
                transform(lambda x, of=of: x * taken(of(x)))(2.0)


@pytest.mark.parametrize(
    ("f", "names"),
    [
        (lambda x: math.sin(x), r"np\.sin\(x\) for math\.sin.*x\.item\(\)"),
        (lambda x: filled(x), r"autograd\.array"),
        (lambda x: int(x) * x, r"np\.trunc\(x\).*int\(x\.item\(\)\)"),
        (lambda x: stored(ad.stack([x])[0]), r"Tensor\(c\)\.at\[i\]\.set\(x\) for c\[i\] = x"),
        (lambda x: stored(x), r"Tensor\(c\)\.at\[i\]\.set\(x\) for c\[i\] = x"),
        (lambda x: np.ones(1).dot(ad.stack([x]))[0], r"w @ x for w\.dot\(x\)"),
        (lambda x: np.array([x, x]).sum(), r"autograd\.array\(\[\.\.\.\]\) for numpy\.array"),
    ],
)
def test_the_error_says_what_to_write(f: Callable[[Any], Any], names: str) -> None:
    with pytest.raises((TypeError, ValueError), match=names):
        grad(f)(2.0)


def test_what_the_error_says_to_write_is_right() -> None:
    def f(x: Any) -> Any:
        c = Tensor(np.zeros(2)).at[0].set(np.sin(x))
        return (c + ad.array([0.0, np.arange(1.0, 2.0) @ ad.stack([x])])).sum() * x.item()

    assert grad(f)(2.0) == pytest.approx(2.0 * (math.cos(2.0) + 1.0))


def test_constants_and_nodes_of_ones_own_are_taken_out_anywhere() -> None:
    own = Value(3.0)
    array = Tensor([3.0])
    assert grad(lambda x: x * float(own) * int(own) * float(array))(1.0) == 27.0
    assert grad(lambda x: x * float(Value(3.0) * own))(1.0) == 9.0
    assert grad(lambda x: x * float(x.detach()))(3.0) == 3.0
    assert float(own) == float(array) == 3.0
    assert f"{own:.1f} {own:.0f} {array:.2f}" == "3.0 3 3.00"
    assert "%.1f" % own == "3.0"  # noqa: UP031
    assert float(grad(lambda x: x * x)(own)) == 6.0


def test_printing_and_formatting_work_anywhere() -> None:
    said = []

    def f(x: Any) -> Any:
        said.append(f"{x:.2f} {x} {x!r}")
        return x * x

    assert grad(f)(2.0) == 4.0
    assert said == ["2.00 Value(data=2.0, grad=0.0) Value(data=2.0, grad=0.0)"]


def test_a_float_of_an_outer_argument_is_refused_in_an_inner_derivative() -> None:
    with pytest.raises(TypeError, match="being differentiated"):
        grad(lambda x: grad(lambda y: y * float(x))(1.0))(2.0)
    with pytest.raises(TypeError, match="being differentiated"):
        grad(lambda x: float(grad(lambda y: y * x)(1.0)) * x)(2.0)
    assert grad(lambda x: x * float(grad(lambda y: y * y)(1.0)))(2.0) == 2.0


@pytest.mark.filterwarnings("ignore::autograd.JitNotice")
def test_an_integer_steers_a_compiled_program_but_not_what_is_differentiated() -> None:
    power = jit(lambda x: x ** int(x))
    assert [power(2.5), power(3.5)] == [2.5**2, 3.5**3]
    for way in (grad, jacobian, lambda f: jit(grad(f)), lambda f: lambda x: taylor(f, x)):
        with pytest.raises(TypeError, match="being differentiated"):
            way(lambda x: x ** int(x))(2.5)


def test_a_derivative_is_over_even_where_its_function_raises() -> None:
    kept = []

    def f(x: Any) -> Any:
        kept.append(x)
        raise KeyError

    with pytest.raises(KeyError):
        grad(f)(2.0)
    assert float(kept[0]) == 2.0


# --------------------------------------------------------------------------------------------------
# Results that depend on no input


@pytest.mark.parametrize(
    "call",
    [
        lambda: grad(lambda x: 3.0)(1.0),
        lambda: grad(lambda x: math.sin(x.item()))(1.0),
        lambda: jacobian(lambda x: np.ones(3))(1.0),
        lambda: jvp(lambda x: 3.0, 1.0, 1.0),
        lambda: vjp(lambda x: [1.0, 2.0], 1.0),
        lambda: ad.elementwise_grad(lambda x: np.ones(2))(np.ones(2)),
        lambda: jit(grad(lambda x: 3.0))(1.0),
    ],
)
def test_a_result_without_the_input_warns_at_the_line_of_the_call(call: Any) -> None:
    with pytest.warns(UserWarning, match="Output seems independent of input") as caught:
        call()
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize(
    "call",
    [
        lambda: grad(lambda x, y: x * x)(1.0, 2.0),
        lambda: grad(lambda p: p["a"] * 2.0)({"a": 1.0, "b": 2.0}),
        lambda: hessian(lambda x: x.sum())(np.ones(2)),
        lambda: jit(hessian(lambda x: x.sum()))(np.ones(2)),
        lambda: ad.hvp(lambda x: x.sum(), np.ones(2), np.ones(2)),
        lambda: grad(lambda x: np.floor(x))(1.5),
        lambda: grad(ad.stop_gradient)(1.5),
        lambda: grad(lambda x: 3.0)({}),
    ],
)
def test_constant_derivatives_and_steps_do_not_warn(call: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        call()


# --------------------------------------------------------------------------------------------------
# Arrays with labels


def test_a_pandas_object_on_either_side_counts_as_its_array() -> None:
    pandas = pytest.importorskip("pandas")
    numbers = np.array([[1.0, 2.0], [3.0, 4.0]])
    x = np.array([[0.5, 1.5], [2.5, 3.5]])
    frame = pandas.DataFrame(numbers, columns=["a", "b"], index=[7, 3])
    for labelled, plain, at in ((frame, numbers, x), (frame["a"], numbers[:, 0], x[:, 0])):
        for f in (operator.add, operator.sub, operator.mul, operator.truediv, operator.pow):
            for way in (grad, lambda f: jit(grad(f)), lambda f: hessian(f)):
                for point in (at, 2.0):
                    same = way(lambda x, f=f, c=plain: f(c, x).sum() + f(x, c).sum())(point)
                    ours = way(lambda x, f=f, c=labelled: f(c, x).sum() + f(x, c).sum())(point)
                    np.testing.assert_allclose(ours, same)
    gradient = grad(lambda x: (np.multiply(frame, x) + x @ frame).sum())(x)
    np.testing.assert_array_equal(gradient, numbers + numbers.sum(1))
    assert (Tensor(x) < frame).to_numpy().all()
    with pytest.raises(TypeError, match="plain array"):
        grad(lambda x: (frame @ x).sum())(x)


def test_an_xarray_on_either_side_is_right_or_refused() -> None:
    xarray = pytest.importorskip("xarray")
    numbers = np.array([[1.0, 2.0], [3.0, 4.0]])
    labelled = xarray.DataArray(numbers, dims=("a", "b"), coords={"a": [7, 3]})
    x = np.array([[0.5, 1.5], [2.5, 3.5]])
    np.testing.assert_array_equal(grad(lambda x: (x * labelled).sum())(x), numbers)
    np.testing.assert_array_equal(jacobian(lambda x: x * labelled)(2.0), numbers)
    for f in (lambda x: labelled * x, lambda x: float((labelled * x).sum())):
        for way in (grad, jacobian, ad.elementwise_grad, lambda f: jit(grad(f))):
            with pytest.raises((TypeError, ValueError, ad.JitError)):
                way(f)(x)


# --------------------------------------------------------------------------------------------------
# Functions of Python that ask a number for a result, which a node gives as a node


@pytest.mark.parametrize(
    ("f", "value", "slope"),
    [
        (lambda x: divmod(x, 3.0)[0] * x, 14.0, 2.0),
        (lambda x: divmod(x, 3.0)[1], 1.0, 1.0),
        (lambda x: divmod(15.0, x)[1], 1.0, -2.0),
        (lambda x: math.trunc(-x / 2) * x, -21.0, -3.0),
        (lambda x: math.floor(-x / 2) * x, -28.0, -4.0),
        (lambda x: math.ceil(x / 2) * x, 28.0, 4.0),
        (lambda x: round(x / 4) * x, 14.0, 2.0),
        (lambda x: np.divmod(x, 3.0)[1], 1.0, 1.0),
        (lambda x: np.trunc(x / 2) * x, 21.0, 3.0),
    ],
)
def test_rounding_and_dividing_with_a_remainder(f: Any, value: float, slope: float) -> None:
    assert f(Value(7.0)).item() == f(Tensor(7.0)).item() == value
    for transform in (grad(f), jit(grad(f)), lambda x: jvp(f, x, 1.0)[1]):
        assert transform(7.0) == slope
    np.testing.assert_array_equal(vmap(grad(f))(np.array([7.0, 7.0])), slope)
