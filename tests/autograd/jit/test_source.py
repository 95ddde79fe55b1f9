"""The source of compiled programs: it runs on NumPy alone, names lines, and can be read."""

from __future__ import annotations

import builtins
import functools
import inspect
import math
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import scipy.special
from numpy import cos

import autograd as ad
from autograd import JitError, jit
from autograd.trees import flatten
from tests.autograd.cases import KINDS, Case, moved, total
from tests.autograd.poison import memory, spoiler

AT_HAND = {"numpy", "math", "base64", "struct"}


def runnable(text: str) -> Callable[..., Any]:
    """The function `run` of a source, in a namespace of its own, with NumPy alone to import; it
    finds its memory spoilt.
    """

    def importing(name: str, *rest: Any) -> Any:
        assert name.partition(".")[0] in AT_HAND, f"the source imports {name}"
        return builtins.__import__(name, *rest)

    own = {name: getattr(builtins, name) for name in dir(builtins)} | {"__import__": importing}
    space: dict[str, Any] = {"__builtins__": own, "__name__": "written"}
    exec(text, space)

    arrays, spoil = [space[name] for name in memory(text)], spoiler()

    @functools.wraps(space["run"])
    def run(*args: Any) -> Any:
        spoil(*arrays)
        return space["run"](*args)

    return run


def from_outside(f: Callable[..., Any], name: str) -> Any:
    """What a function reads under a name besides its arguments."""
    f = inspect.unwrap(f)
    read = inspect.getclosurevars(f)
    if "case" in read.nonlocals:
        return from_outside(read.nonlocals["case"].f, name)
    if name.startswith("a_view_of_"):
        return from_outside(f, name.removeprefix("a_view_of_")).T
    defaults = {key: p.default for key, p in inspect.signature(f).parameters.items()}
    return {**read.globals, **read.nonlocals, **defaults}[name]


def agree(f: Callable[..., Any], *args: Any, others: Sequence[tuple[Any, ...]] = ()) -> str:
    """Check that the source of f gives what f gives, then for other arguments, then again, and
    return it.
    """
    text: str = jit(f).source(*args)
    run = runnable(text)
    for data in (args, *others, args):
        given = flatten(data)[0]
        given += [
            from_outside(f, name) for name in list(inspect.signature(run).parameters)[len(given) :]
        ]
        with np.errstate(all="ignore"):
            ours, theirs = flatten(run(*given))[0], flatten(f(*data))[0]
            assert len(ours) == len(theirs)
            for x, y in zip(ours, theirs, strict=True):
                assert np.shape(x) == np.shape(y)
                assert getattr(x, "dtype", float) == getattr(y, "dtype", float)
                np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-12)
    return text


@pytest.mark.parametrize("case", KINDS, ids=str)
def test_source_gives_value_and_gradient(case: Case) -> None:
    alike = "of-zero" not in case.detail  # regular and singular matrices go different ways
    others = [moved(case.args, share) for share in (case.radius, case.radius / 2) if alike]
    agree(ad.value_and_grad(total(case), range(len(case.args))), *case.args, others=others)


# --------------------------------------------------------------------------------------------------
# To be read


def network(params: dict[str, Any], x: Any, y: Any) -> Any:
    h = ad.tanh(x @ params["w1"] + params["b1"])
    z = h @ params["w2"]
    error = z - y
    return ad.sum(error * error)


def arguments(dtype: Any = np.float64) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    shapes = {"w1": (3, 4), "b1": (4,), "w2": (4, 2)}
    params = {name: rng.normal(size=shape).astype(dtype) for name, shape in shapes.items()}
    return params, rng.normal(size=(5, 3)).astype(dtype), rng.normal(size=(5, 2)).astype(dtype)


FIRST = network.__code__.co_firstlineno

LISTING = """\
\"""From network (test_source.py:10), for arguments of these shapes; needs NumPy alone.

params_w1: float64 (3, 4), the argument params["w1"]
params_b1: float64 (4,), the argument params["b1"]
params_w2: float64 (4, 2), the argument params["w2"]
x: float64 (5, 3)
y: float64 (5, 2)
\"""

import numpy as np
from numpy import add, multiply, subtract, tanh

# Constants, and memory that each run overwrites
t1 = np.empty((5, 4), np.float64)
z = np.empty((5, 2), np.float64)
grad_h = np.empty((5, 4), np.float64)
h = t1
error = z
t3 = error.reshape(10)
grad_error = error
ones5_float64 = np.ones(5, np.float64)


def run(params_w1, params_b1, params_w2, x, y):
    # test_source.py:11: h = ad.tanh(x @ params["w1"] + params["b1"])
    x.dot(params_w1, t1)
    add(t1, params_b1, t1)
    tanh(t1, h)
    # test_source.py:12: z = h @ params["w2"]
    h.dot(params_w2, z)
    # test_source.py:13: error = z - y
    subtract(z, y, error)
    # test_source.py:14: return ad.sum(error * error)
    t4 = t3.dot(t3)
    # gradient of test_source.py:14: return ad.sum(error * error)
    add(error, error, grad_error)
    # gradient of test_source.py:12: z = h @ params["w2"]
    grad_error.dot(params_w2.T, grad_h)
    grad_params_w2 = h.T.dot(grad_error)
    # gradient of test_source.py:11: h = ad.tanh(x @ params["w1"] + params["b1"])
    multiply(h, h, h)
    subtract(1.0, h, h)
    multiply(grad_h, h, grad_h)
    grad_params_b1 = ones5_float64.dot(grad_h)
    grad_params_w1 = x.T.dot(grad_h)
    return (t4, {'w1': grad_params_w1, 'b1': grad_params_b1, 'w2': grad_params_w2})
"""


def test_small_network_reads_as_one_would_write_it() -> None:
    text = agree(ad.value_and_grad(network), *arguments())
    assert re.sub(r"py:\d+", lambda n: f"py:{int(n[0][3:]) - FIRST + 10}", text) == LISTING


def test_float32_stays() -> None:
    agree(ad.value_and_grad(network), *arguments(np.float32))


class Scale:
    def __init__(self) -> None:
        self.weight = ad.Tensor([1.0, 2.0, 3.0])


def test_data_from_outside_is_named_as_the_program_names_it() -> None:
    model, offset = Scale(), np.ones(3)

    @jit
    def f(x: Any) -> Any:
        loss = ad.sum(model.weight * x + offset)
        return loss, ad.gradients(loss, [model.weight])

    text = f.source(np.ones(3))
    assert "def run(x, model_weight, offset):" in text
    assert "offset: float64 (3,), from outside: offset" in text
    value, (gradient,) = runnable(text)(np.arange(3.0), model.weight.data, offset)
    assert value == 11.0
    assert gradient.tolist() == [0.0, 1.0, 2.0]


def test_names_that_mean_something_else_in_the_source_are_kept_apart() -> None:
    def f(add: Any, t1: Any, run: Any, np_: Any, lambda_: Any) -> Any:
        exp = ad.exp(add * t1)
        h = exp + run
        h = h * np_
        h = ad.sin(h) + lambda_
        return ad.sum(h * exp)

    agree(ad.value_and_grad(f, range(5)), *[np.array([0.1, 0.2]) * n for n in range(1, 6)])
    agree(ad.value_and_grad(f, range(5)), *[0.1 * n for n in range(1, 6)])


def test_numbers_alone_need_no_numpy() -> None:
    text = agree(ad.value_and_grad(lambda x: ad.exp(-x * x) / (1.0 + x)), 0.5)
    assert "import numpy" not in text
    assert "((" not in text


def test_source_of_many_numbers_has_what_it_packs_them_with() -> None:
    numbers = np.random.default_rng(0).normal(size=40).tolist()

    def f(xs: list[Any]) -> Any:
        return sum([(b - a * a) ** 2 for a, b in pairwise(xs)])

    text = jit(ad.value_and_grad(f), native=False).source(numbers)
    assert "Struct(" in text
    value, slopes = runnable(text)(*numbers)
    expected = ad.value_and_grad(f)(numbers)
    np.testing.assert_allclose([value, *slopes], [expected[0], *expected[1]], rtol=1e-12)


def test_source_of_one_way_refuses_the_other() -> None:
    def f(x: Any) -> Any:
        if x > 0:
            return x * x
        return -x

    text = agree(f, 2.0)
    with pytest.raises(ValueError, match=r"if x > 0:\) goes the other way"):
        runnable(text)(-2.0)


def test_what_is_not_finite_in_the_result_is_written_so() -> None:
    agree(lambda x: (x * 2.0, math.inf, [np.array([math.nan, -math.inf])]), 1.0)


def test_an_argument_may_be_called_as_the_results_are_elsewhere() -> None:
    def f(values: Any) -> Any:
        return [values[place] for place in (4, 0, 3, 1, 2, 5)]

    agree(f, np.arange(6.0))
    agree(f, np.arange(12.0).reshape(6, 2))
    agree(f, [float(n) for n in range(6)])


def test_a_line_whose_brackets_do_not_match_is_quoted_as_it_is() -> None:
    def f(x: Any) -> Any:
        if x >= -9.0:  # case 1), of two
            return x * x
        return x

    text = agree(f, 2.0)
    assert "# case 1), of two) goes the other way" in text


def test_static_arguments_among_many_are_no_arguments_of_the_source() -> None:
    compiled = jit(lambda x, *rest: x * rest[1] + rest[0], static_argnums=1)
    assert runnable(compiled.source(2.0, 3.0, 4.0))(2.0, 4.0) == 11.0


def test_numbers_may_be_those_of_numpy() -> None:
    run = runnable(jit(grad_of_abs := ad.grad(lambda x: ad.abs(x) * x)).source(0.5))
    for x in (-2.0, -0.0, 3.0):
        assert run(np.float64(x)) == grad_of_abs(x)


def test_large_constants_stand_last_and_small_ones_are_written_out() -> None:
    rng = np.random.default_rng(0)
    large, small = rng.normal(size=(20, 30)).tolist(), [[0.5], [0.25]]

    def f(x: Any) -> Any:
        return ad.sum(np.array(large) @ x) * np.array(small)

    text = agree(f, rng.normal(size=30))
    assert "np.array([[0.5], [0.25]], np.float64)" in text
    assert text.index("b64decode(") > text.index("return")
    assert ".reshape((20, 30))" in text


def test_random_numbers_are_an_argument_and_none_are_drawn_for_the_source() -> None:
    generator = np.random.default_rng(0)

    def f(x: Any) -> Any:
        noise = ad.sample(generator, lambda g: g.normal(size=3))
        return x + noise

    text = jit(f).source(np.zeros(3))
    noise = np.random.default_rng(0).normal(size=3)
    assert runnable(text)(np.zeros(3), noise).tolist() == noise.tolist()
    assert f(np.zeros(3)).tolist() == noise.tolist()


def test_reading_the_source_changes_nothing_outside() -> None:
    class Counter:
        total = 0.0

    counter, seen = Counter(), []

    @jit
    def count(x: Any) -> Any:
        ad.assign(counter, "total", counter.total + x)
        ad.observe(seen.append, x)
        return x * 2.0

    text = count.source(3.0)
    assert counter.total == 0.0
    assert "Left out" in text
    assert runnable(text)(4.0) == 8.0
    assert count.stats().recorded == 0


CONSTANTS = {
    "np.array(2.5, np.float32)": np.float32(2.5),
    "np.array([0.1, np.inf, np.nan], np.float32)": np.array([0.1, np.inf, np.nan], np.float32),
    "np.array([[True, False, True]], np.bool)": np.array([[True, False, True]]),
    "np.zeros((2, 3), np.float64)": np.zeros((2, 3)),
    "np.full((4, 3), -0.5, np.float64)": np.full((4, 3), -0.5),
    "np.eye(3, 3, dtype=np.float64)": np.eye(3),
    "np.eye(2, 3, dtype=np.float64)": np.eye(2, 3),
    "np.arange(5, 35, 10, np.int64)": np.arange(5, 35, 10),
    "np.arange(0, 3, 1, np.int32)": np.arange(3, dtype=np.int32),
    "np.array([[3, 1, -2]], np.int64)": np.array([[3, 1, -2]]),
    "np.array(\n[": np.arange(600).reshape(200, 3) ** 2 % 97,
    "b64decode": np.linspace(0.0, 1.0, 300).reshape(100, 3),
}


@pytest.mark.parametrize("written", CONSTANTS)
def test_constants_are_written_as_they_are_made_and_read_as_they_were(written: str) -> None:
    data = CONSTANTS[written].tolist()
    dtype = CONSTANTS[written].dtype

    def f(x: Any) -> Any:
        return ad.where(x > 0, np.array(data, dtype), x)

    assert written in agree(f, np.array([1.0, -1.0, 1.0]))


# --------------------------------------------------------------------------------------------------
# Operations of the user's own


def _scaled(x: Any, factor: Any) -> Any:
    """What the operation below is computed by, with a function of its own."""
    return _twice(x) * factor / 2


def _twice(x: Any) -> Any:
    return x + x


RULES = (lambda g, out, x, factor: g * factor, lambda g, out, x, factor: ad.sum(g * x))


def test_plain_function_of_an_operation_goes_along_with_those_it_calls() -> None:
    scaled = ad.custom_op(_scaled, vjp=RULES)
    text = agree(ad.value_and_grad(lambda x: ad.sum(scaled(x, 3.0))), np.arange(3.0))
    assert "def _scaled(x, factor):" in text
    assert "def _twice(x):" in text
    assert "annotations" not in text


def test_lambda_of_an_operation_goes_along_under_its_name() -> None:
    scaled = ad.custom_op(lambda x, factor: x * factor, vjp=RULES, name="scaled")
    text = agree(ad.value_and_grad(lambda x: ad.sum(scaled(x, 3.0))), np.arange(3.0))
    assert "def scaled(x, factor):\n    return x * factor\n" in text


FACTOR = 2.5
WEIGHTS = np.array([1.0, 2.0, 4.0])


def _weighted(x: np.ndarray, factor: float = FACTOR) -> np.ndarray:
    return cos(x) * (FACTOR * factor * WEIGHTS) + np.float64(1.0) * math.pi


def test_what_a_function_reads_goes_along_too() -> None:
    weighted = ad.custom_op(_weighted, vjp=RULES)
    text = agree(lambda x: ad.sum(weighted(x, 3.0)), np.arange(3.0))
    assert "FACTOR = 2.5\n" in text
    assert "WEIGHTS = np.array([1.0, 2.0, 4.0], np.float64)" in text
    assert "def _weighted(x, factor=FACTOR):" in text
    assert "from numpy import cos\n" in text


def _raised(power: int) -> Any:
    def raised(x: Any, factor: Any) -> Any:
        return x * factor**power

    return raised


@functools.cache
def _cached() -> float:
    return 2.0


def _reading(x: Any, factor: Any) -> Any:
    return x * factor * _cached()


def _foreign(x: Any, factor: Any) -> Any:
    return x * factor + 0 * len(ad.__name__)


REFUSED = {
    "'raised' cannot be written down.*variables of the function around it .power.": _raised(3),
    "'own' cannot be written down.*is a ufunc and not": scipy.special.agm,
    "'_reading' cannot be written down.*reads _cached": _reading,
    "'_foreign' cannot be written down.*needs the module autograd": _foreign,
    "'made' cannot be written down.*no source": eval("lambda x, factor: x * factor"),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_cannot_be_written_is_refused_by_name_but_compiled(message: str) -> None:
    name = message[1:5] if message[1:5] == "made" else "own"
    own = ad.custom_op(REFUSED[message], vjp=RULES, name=name)

    def f(x: Any) -> Any:
        return ad.sum(ad.cast(own(x, np.full(2, 2.0)), np.float64))

    assert jit(f)(np.ones(2)) == f(np.ones(2))
    with pytest.raises(JitError, match=message):
        jit(f).source(np.ones(2))


def test_setting_that_cannot_be_written_is_refused() -> None:
    scaled = ad.custom_op(lambda x, by: x * max(by), vjp=(None,), name="scaled")
    with pytest.raises(JitError, match="a frozenset among its settings"):
        jit(lambda x: scaled(x, by=frozenset([2.0]))).source(np.ones(2))


# --------------------------------------------------------------------------------------------------
# autograd.source


def test_source_of_a_function_is_that_of_its_value_and_gradient() -> None:
    def f(x: Any, y: Any) -> Any:
        return x * y * y

    assert runnable(ad.source(f, 2.0, 3.0))(2.0, 3.0) == (18.0, 9.0)
    assert runnable(ad.source(f, 2.0, 3.0, argnums=(0, 1)))(2.0, 3.0) == (18.0, (9.0, 12.0))


def test_a_differentiated_integer_is_an_argument_others_constants() -> None:
    assert runnable(ad.source(lambda x, n: x**n, 3, 2))(5.0) == (25.0, 10.0)
    assert runnable(ad.source(lambda n, x: x**n, 2, 3, argnums=-1))(5.0) == (25.0, 10.0)


def test_source_asks_for_a_function_and_the_arguments_that_give_it_shapes() -> None:
    with pytest.raises(TypeError, match=r"a Value is not a function: source\(f, x\)"):
        ad.source(ad.Value(2.0))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"arguments of certain shapes: source\(f, x\)"):
        ad.source(lambda x: x * x)


def test_hessian_names_gradients_of_gradients() -> None:
    text = agree(ad.hessian(lambda x: ad.sum(x**3) * x[0]), np.arange(3.0))
    assert "# gradient of gradient of test_source.py:" in text


def test_entries_are_put_in_place_and_added_only_where_they_meet() -> None:
    x, y = np.arange(1.0, 5.0), np.array([2.0, -1.0, 0.5, 3.0])
    for places, word in (([3, 0, 2], ".put("), ([3, 0, 3], "scatter(")):

        def slope(x: Any, places: list[int] = places) -> Any:
            return ad.grad(lambda x: ad.sum(x[places] ** 3))(x)

        text = jit(slope).source(x)
        assert word in text
        run, compiled = runnable(text), jit(slope)
        for point in (x, y, x):
            np.testing.assert_allclose(run(point), slope(point), rtol=1e-14)
            np.testing.assert_allclose(compiled(point), slope(point), rtol=1e-14)


def test_cotangents_of_large_slices_are_written_as_slices() -> None:
    def f(x: Any) -> Any:
        return ad.sum((x[1:] - x[:-1] ** 2) ** 2) * x[0] + x[5] * x[7]

    def slope(x: Any) -> Any:
        return ad.grad(f)(x)

    x = np.linspace(-1.0, 2.0, 300)
    text = agree(slope, x)
    assert "[:-1]" in text
    assert "[1:]" in text
    assert len(text) < 3_000  # no list of 300 places


def test_tangents_are_named_so() -> None:
    def f(x: Any) -> Any:
        return ad.jvp(lambda x: ad.sin(x) * x, (x,), (np.ones(3),))

    assert "# tangent of test_source.py:" in agree(f, np.arange(3.0))
