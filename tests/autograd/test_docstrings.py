"""What `help` says of a function: its formulas are held against mpmath, its examples are run."""

from __future__ import annotations

import doctest
import inspect
import itertools
import math
import types
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mp

import autograd as ad
from autograd import differential_operators, extend
from autograd.engine.operations import Op
from autograd.ops.docstrings import Doc
from autograd.ops.op_types import Elementwise

PUBLIC = {name: getattr(ad, name) for name in ad.ops.__all__}
TABLE: dict[str, Any] = {name: f for name, f in PUBLIC.items() if isinstance(f, Op)}
FUNCTIONS = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module in (ad.ops, ad.linalg, differential_operators, extend)
    for name in module.__all__
    if isinstance(getattr(module, name), types.FunctionType)
}

MATHEMATICS: dict[str, Any] = {
    "arccos": mp.acos,
    "arcsin": mp.asin,
    "arctan": mp.atan,
    "arctan2": mp.atan2,
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "ceil": mp.ceil,
    "cos": mp.cos,
    "cosh": mp.cosh,
    "e": mp.e,
    "erf": mp.erf,
    "exp": mp.exp,
    "floor": mp.floor,
    "hypot": mp.hypot,
    "log": mp.log,
    "pi": mp.pi,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "sign": mp.sign,
    "sin": mp.sin,
    "sinh": mp.sinh,
    "sqrt": mp.sqrt,
    "tan": mp.tan,
    "tanh": mp.tanh,
}

NUMBERS = st.integers(-20, 20).map(lambda n: n / 4) | st.floats(-5, 5).filter(
    lambda x: x == 0 or abs(x) > 1e-3
)


def arguments(op: Any) -> list[str]:
    return list(inspect.signature(op).parameters)


def evaluate(expression: str, op: Any, point: tuple[float, ...]) -> Any:
    """What an expression in the names of the arguments says, in 30 digits."""
    exact = [mp.mpf(x) for x in point]
    return eval(expression, MATHEMATICS, dict(zip(arguments(op), exact, strict=True)))


def function(op: Any) -> str:
    """The function as a formula, or its name where it has no other."""
    return op.doc.formula or f"{op.name}({', '.join(arguments(op))})"


def assert_says(op: Any, expression: str, point: tuple[float, ...], found: float) -> None:
    expected = evaluate(expression, op, point)
    close = abs(found - expected) <= 1e-11 * (1 + abs(expected))
    assert found == expected or close, (point, float(expected))


@pytest.mark.parametrize("name", TABLE)
def test_formula_and_derivatives_are_those_of_the_table(name: str) -> None:
    op = TABLE[name]

    @settings(max_examples=30)
    @given(st.tuples(*[NUMBERS] * op.arity))
    def holds(point: tuple[float, ...]) -> None:
        assume(not op.doc.domain or evaluate(op.doc.domain, op, point))
        with mp.workdps(30), np.errstate(all="ignore"):
            out = op(*point)
            assert math.isfinite(out)
            assert_says(op, function(op), point, out)
            for argnum, derivative in enumerate(op.doc.by_argument):
                slope = float(op.scalar_local(argnum, out, point) or 0)
                try:
                    assert_says(op, derivative, point, slope)
                except (ZeroDivisionError, TypeError):  # infinite, complex
                    assert not math.isfinite(slope)

    holds()


@pytest.mark.parametrize("name", TABLE)
def test_derivatives_are_those_of_the_formula(name: str) -> None:
    op = TABLE[name]
    generator = np.random.default_rng(0)
    tried = 0
    while tried < 10:
        point = tuple(float(x) for x in generator.uniform(-3, 3, op.arity))
        if op.doc.domain and not evaluate(op.doc.domain, op, point):
            continue
        tried += 1
        with mp.workdps(30):
            for argnum, derivative in enumerate(op.doc.by_argument):
                if name == "stop_gradient" or (name, argnum) == ("where", 0):
                    continue  # what is constant for the engine alone
                orders = tuple(int(n == argnum) for n in range(op.arity))
                slope = mpmath.diff(lambda *xs: evaluate(function(op), op, xs), point, orders)
                assert abs(evaluate(derivative, op, point) - slope) < 1e-10 * (1 + abs(slope))


@pytest.mark.parametrize("name", [name for name in TABLE if TABLE[name].doc.domain])
def test_outside_the_domain_the_result_is_not_finite(name: str) -> None:
    op = TABLE[name]
    grid = itertools.product(np.arange(-3, 3.25, 0.25).tolist(), repeat=op.arity)
    outside = [point for point in grid if not evaluate(op.doc.domain, op, point)]
    assert outside
    assert not np.isfinite([op(*point) for point in outside]).any()


@pytest.mark.parametrize("name", TABLE)
def test_docstrings_state_formula_derivatives_domain_shapes_and_examples(name: str) -> None:
    op = TABLE[name]
    assert isinstance(op.doc, Doc)
    text = inspect.getdoc(op) or ""
    assert len(op.doc.by_argument) == op.arity
    assert all(formula in text for formula in (op.doc.formula, *op.doc.by_argument))
    assert "Defined for" in text
    assert "has its shape" in text if op.arity == 1 else "broadcast" in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("name", TABLE)
def test_examples_in_docstrings_of_operations_run(name: str) -> None:
    text = inspect.getdoc(TABLE[name]) or ""
    example = doctest.DocTestParser().get_doctest(text, {}, name, None, None)
    assert len(example.examples) > 1
    said: list[str] = []
    doctest.DocTestRunner().run(example, out=said.append)
    assert not said, "".join(said)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_have_an_example(name: str) -> None:  # which pytest's doctests run
    assert ">>>" in (FUNCTIONS[name].__doc__ or "")


def test_help_and_signature_show_an_operation(capsys: pytest.CaptureFixture[str]) -> None:
    help(ad.tanh)
    text = capsys.readouterr().out
    assert "tanh(x) = sinh(x) / cosh(x)" in text
    assert "d/dx tanh(x) = 1 - tanh(x)**2" in text
    assert str(inspect.signature(ad.tanh)) == "(x, /)"
    assert str(inspect.signature(ad.arctan2)) == "(y, x, /)"


def test_a_formula_that_is_wrong_is_noticed() -> None:
    wrong = Elementwise(
        "wrong", np.square, None, lambda out, x: 2 * x, doc=Doc("Wrong.", "x**2", "2.001 * x")
    )
    with pytest.raises(AssertionError):
        assert_says(wrong, wrong.doc.by_argument[0], (1.0,), 2.0)  # type: ignore[union-attr]
