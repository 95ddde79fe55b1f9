"""`explain`: the table of a computation, and formulas that are worth what the engine computes."""

from __future__ import annotations

import re
import sys
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import sympy
from hypothesis import given, settings

import autograd as ad
import nn
from autograd import Explanation, Node, Tensor, Trace, Value, explain, gradients, relu, tanh
from autograd.pictures.explaining.formulas import formulas
from autograd.pictures.explaining.symbolic import NoFormulaError
from autograd.pictures.explaining.table import math
from autograd.pictures.walk import history
from tests.autograd.cases import CASES, Case
from tests.autograd.programs import AUTOGRAD, Program, programs


def expression() -> Value:
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    c = tanh(a * b + a**2)
    c.label = "c"
    return c


def lines(shown: object) -> list[str]:
    return str(shown).splitlines()


# --------------------------------------------------------------------------------------------------
# The table


def test_the_trace_has_a_row_for_each_leaf_and_each_operation() -> None:
    assert lines(explain(expression())) == [
        "step  operation     inputs  value   local derivatives  ∂c/∂…",
        "────  ────────────  ──────  ──────  ─────────────────  ───────",
        "   1  a                     2                          0.07065",
        "   2  b                     -3                         0.1413",
        "   3  v1 = a × b    2, -3   -6      a: -3, b: 2        0.07065",
        "   4  v2 = a ** 2   2, 2    4       a: 4               0.07065",
        "   5  v3 = v1 + v2  -6, 4   -2      v1: 1, v2: 1       0.07065",
        "   6  c = tanh(v3)  -2      -0.964  v3: 0.07065        1",
    ]


def test_the_terminal_shows_the_table_by_itself() -> None:
    trace = explain(expression())
    assert isinstance(trace, Trace)
    assert repr(trace) == str(trace)
    assert trace.rows[2].operation == "v1 = a × b"


def test_arrays_are_shown_in_a_few_characters() -> None:
    x, w = Tensor(np.ones((3, 4)), "x"), Tensor(np.full((4, 2), 0.5), "w")
    row = explain(relu(x @ w).sum()).rows[2]
    assert row == (
        "3", "v1 = x @ w", "3×4: 1, 4×2: 0.5", "[[2, 2], [2, 2], [2, 2]]",
        "x: 3×2 by 3×4, w: 3×2 by 4×2", "[[1, 1], [1, 1], [1, 1]]",
    )  # fmt: skip


def test_an_output_of_several_numbers_needs_a_cotangent() -> None:
    x = Tensor([1.0, 2.0], "x")
    with pytest.raises(ValueError, match="needs a direction"):
        explain(x * x)
    assert explain(x * x, seed=[1.0, 10.0]).rows[0].cotangent == "[2, 40]"


@given(programs())
@settings(max_examples=40)
def test_no_gradient_changes_and_every_operation_has_its_row(program: Program) -> None:
    inputs = [Value(x) if isinstance(x, float) else Tensor(x) for x in program.inputs]
    output = program.run(AUTOGRAD, inputs, program.constants)
    if not isinstance(output, Node):
        return
    rows = explain(output).rows
    assert all(not x.grad if isinstance(x, Value) else x.grad is None for x in inputs)
    assert all(row.value and row.cotangent and "\n" not in "".join(row) for row in rows)
    widths = {line.find("─") for line in lines(explain(output))[1:2]}
    assert widths == {0}


def test_a_long_trace_is_folded_as_a_drawing_is() -> None:
    x = Value(1.0, "x")
    y = x
    for _ in range(1000):
        y = y * 1.001
    slope = 1.001**1000
    assert [row[:4] for row in explain(y).rows] == [
        ("1", "x", "", "1"),
        ("2…", "mul: 1,000 operations", "", f"1.001 … {slope:.4g}"),
        ("1001", "y = v999 × 1.001", f"{slope / 1.001:.4g}, 1.001", f"{slope:.4g}"),
    ]
    assert explain(y).rows[1].cotangent == f"1 … {slope / 1.001:.4g}"


def test_the_parts_of_a_program_are_folds_of_the_trace() -> None:
    model = nn.MLP([4, 30, 20, 3], activation="tanh", rng=0)
    x, y = np.ones((5, 4), np.float32), np.zeros(5, int)
    loss = nn.cross_entropy(model(x), y)
    total = loss
    for parameter in model.parameters():
        total = total + 1e-4 * (parameter**2).sum()
    short = explain(total)
    assert len(short.rows) < 60
    for _ in range(10):
        total = total + nn.cross_entropy(model(x), y)
    long = explain(total)
    assert len(long.rows) < 60
    assert any(row.operation.endswith("operations") for row in long.rows)
    assert short.rows[0].cotangent.startswith("30×4")


def test_in_jupyter_the_trace_is_a_table_with_a_heading_for_each_column() -> None:
    a = Value(2.0, "<a> & co")
    html = explain(a * a)._repr_html_()
    root = ElementTree.fromstring(html.replace("&#160;", " "))
    headings = [cell.text for cell in root.iter("th")]
    assert headings == ["step", "operation", "inputs", "value", "local derivatives", "∂v1/∂…"]
    assert all(cell.attrib["scope"] == "col" for cell in root.iter("th"))
    rows = [[cell.text or "" for cell in row.iter("td")] for row in root.iter("tr")]
    assert rows[1:] == [list(row) for row in explain(a * a).rows]
    assert "2, 2</td>" in html  # a line may end after a comma, and nowhere else
    assert "v1&#160;=&#160;" in html


def test_latex_of_the_table_balances_and_has_six_columns() -> None:
    latex = explain(expression()).latex()
    assert latex.startswith("\\begin{array}{rlllll}\n")
    assert latex.endswith("\\\\\n\\end{array}")
    assert latex.count("{") == latex.count("}")
    assert all(line.count("&") == 5 for line in latex.splitlines()[1:-1])
    assert r"3 & v_{1}=a\times b & 2,\; -3 & -6 & a\colon -3,\; b\colon 2 & 0.07065 \\" in latex


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("v12", "v_{12}"),
        ("loss", r"\mathrm{loss}"),
        ("my_loss", r"\mathrm{my\_loss}"),
        ("a ** 2", "a^{2}"),
        ("1.5e-07", r"1.5 \cdot 10^{-7}"),
        ("2×2: -1 … 2", r"2\times 2\colon -1\ldots 2"),
        ("50% {x}", r"50\%\{x\}"),
    ],
)
def test_the_text_of_a_cell_becomes_mathematics(text: str, latex: str) -> None:
    assert math(text) == latex


# --------------------------------------------------------------------------------------------------
# Formulas


def test_a_function_of_one_number_is_shown_with_its_derivative() -> None:
    assert lines(explain(lambda x: x * np.sin(x), 2.0)) == [
        "f(x) = x*sin(x)",
        "f'(x) = x*cos(x) + sin(x)",
        "at x = 2: f = 1.819, f' = 0.077",
    ]


def test_names_are_those_of_the_function_and_of_its_parameters() -> None:
    def spring(k: Any, x: Any) -> Any:
        return k * x**2 / 2

    assert lines(explain(spring, 3.0, 2.0)) == [
        "spring(k, x) = k*x**2/2",
        "∂spring/∂k = x**2/2",
        "∂spring/∂x = k*x",
        "at k = 3, x = 2: spring = 6, ∂spring/∂k = 2, ∂spring/∂x = 6",
    ]
    many = explain(lambda *parts: parts[0] * parts[1], 2.0, 3.0)
    assert list(many.derivatives) == ["parts1", "parts2"]
    assert list(explain(np.tanh, 0.5).derivatives) == ["x"]


def test_a_neuron_has_the_formulas_of_the_textbook() -> None:
    def neuron(w: Any, x: Any, b: Any) -> Any:
        return ad.sigmoid(w @ x + b)

    explained = explain(neuron, np.array([1.0, 2.0]), np.array([3.0, -1.0]), 0.5)
    assert str(explained.formula) == "sigmoid(b + w_0*x_0 + w_1*x_1)"
    s = explained.formula
    w_0, x_0 = (sympy.Symbol(name, real=True) for name in ("w_0", "x_0"))
    assert sympy.expand(explained.derivatives["w_0"] - x_0 * s * (1 - s)) == 0
    assert sympy.expand(explained.derivatives["x_0"] - w_0 * s * (1 - s)) == 0
    assert sympy.expand(explained.derivatives["b"] - s * (1 - s)) == 0


def test_softmax_has_the_formula_of_the_textbook() -> None:
    explained = explain(lambda z: ad.softmax(z)[0], np.array([1.0, 2.0, 3.0]))
    q = explained.formula
    z = [sympy.Symbol(f"z_{i}", real=True) for i in range(3)]
    other = sympy.exp(z[1]) / sum(map(sympy.exp, z))
    assert sympy.simplify(explained.derivatives["z_0"] - q * (1 - q)) == 0
    assert sympy.simplify(explained.derivatives["z_1"] + q * other) == 0


def test_kinks_are_cases() -> None:
    x, y = (sympy.Symbol(name, real=True) for name in "xy")
    explained = explain(relu, 3.0)
    assert explained.formula == sympy.Max(0, x)
    assert explained.derivatives["x"] == sympy.Piecewise((1, x > 0), (0, True))
    explained = explain(lambda x, y: ad.maximum(x, y), 1.0, 2.0)
    assert explained.derivatives["y"] == sympy.Piecewise((1, x < y), (0, True))
    assert explain(lambda x: abs(x), -1.0).derivatives["x"] == sympy.sign(x)
    assert explain(lambda x: x**3, 0.0).derivatives["x"] == 3 * x**2


def test_numbers_are_written_as_they_were_meant() -> None:
    x = sympy.Symbol("x", real=True)
    explained = explain(lambda x: np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi) + 0.1 * x, 1.0)
    expected = sympy.exp(-(x**2) / 2) / sympy.sqrt(2 * sympy.pi) + x / 10
    assert sympy.simplify(explained.formula - expected) == 0
    assert explain(lambda x: np.log2(x), 1.0).derivatives["x"] == 1 / (x * sympy.log(2))
    assert explain(lambda x: 0.123456789 * x, 1.0).derivatives["x"] == sympy.Float(0.123456789)


@pytest.mark.eager
def test_a_derivative_can_be_explained_as_well() -> None:
    def cube(x: Any) -> Any:
        return x**3

    explained = explain(ad.grad(cube), 2.0)
    assert lines(explained)[:2] == ["f(x) = 3*x**2", "f'(x) = 6*x"]


def test_the_branch_taken_is_the_one_explained() -> None:
    def f(x: Any) -> Any:
        return x**2 if x > 0 else -x

    assert str(explain(f, 2.0).formula) == "x**2"
    assert str(explain(f, -2.0).formula) == "-x"


def test_what_does_not_depend_on_an_argument_has_derivative_zero() -> None:
    assert explain(lambda x, y: y * 2, 1.0, 2.0).derivatives["x"] == 0
    explained = explain(lambda x: 7.0, 1.0)
    assert (explained.formula, explained.derivatives) == (7, {"x": 0})
    outside = Value(3.0)
    assert str(explain(lambda x: x * outside, 2.0).formula) == "3*x"


def _cases() -> list[Case]:
    """One small case of each kind."""
    found: dict[tuple[str, str, bool], Case] = {}
    for case in CASES:
        if all(np.size(x) <= 6 for x in case.args):
            scalar = all(isinstance(x, float) for x in case.args)
            found.setdefault((case.name, case.detail, scalar), case)
    return list(found.values())


@pytest.mark.parametrize("case", _cases(), ids=str)
def test_formulas_of_every_operation_are_worth_what_the_engine_computes(case: Case) -> None:
    def f(*args: Any) -> Any:
        out = case.f(*args)
        out = out[0] if isinstance(out, tuple) else out
        return (out * np.linspace(0.5, 1.5, out.size).reshape(out.shape)).sum()

    leaves = [wrapped(x) for x in case.args]
    try:
        output = f(*leaves)
    except AttributeError:
        pytest.skip("its result is plain data")
    names = {leaf: symbols(f"x{i}", leaf.shape) for i, leaf in enumerate(leaves)}
    try:
        formula, derivatives = formulas(history([output]), names)
    except NoFormulaError:
        assert case.name in WITHOUT_FORMULA
        return
    at = {
        symbol: sympy.Float(float(np.asarray(leaf.primal)[place]), 30)
        for leaf, own in names.items()
        for place, symbol in np.ndenumerate(own)
    }
    assert worth(formula, at) == pytest.approx(output.item(), 1e-10, 1e-10)
    for leaf, found in derivatives.items():
        expected = gradients(output, leaf)
        for place, derivative in np.ndenumerate(found):
            slope = float(np.asarray(expected)[place])
            assert worth(derivative, at) == pytest.approx(slope, 1e-10, 1e-10)


def wrapped(x: Any) -> Any:
    return Value(x) if isinstance(x, float) else Tensor(x)


def symbols(name: str, shape: tuple[int, ...]) -> Any:
    array = np.empty(shape, object)
    for place in np.ndindex(shape):
        array[place] = sympy.Symbol("_".join(map(str, (name, *place))), real=True)
    return array


def worth(formula: Any, at: dict[Any, Any]) -> float:
    number = complex(formula.subs(at).evalf(20))
    assert abs(number.imag) < 1e-12
    return number.real


WITHOUT_FORMULA = {
    *("cast", "eig", "eigvals", "max", "min", "norm", "pad", "pinv", "ptp", "qr", "svd"),
    *("angle", "avg_pool", "conj", "hfft", "imag", "irfft", "real"),
}
"""They look at the data, hand it to LAPACK, or are complex, at least in some of their cases."""


def test_numbers_are_those_of_the_engine() -> None:
    x = np.array([0.5, -1.0, 2.0])
    explained = explain(lambda x: np.sin(x).sum(), x)
    np.testing.assert_allclose(list(explained.gradient.values()), np.cos(x))
    leaf = Tensor(x)
    total = np.sin(leaf).sum()
    np.testing.assert_allclose(list(explained.gradient.values()), gradients(total, leaf))
    assert explained.value == total.item()


# --------------------------------------------------------------------------------------------------
# Where there is no formula to be read


def newton(x: Any) -> Any:
    for _ in range(8):
        x = x - (x * x - 2) / (2 * x)
    return x


def fifty_squares(x: Any) -> Any:
    for _ in range(50):
        x = x * x
    return x


@pytest.mark.parametrize(
    ("f", "args", "reason"),
    [
        (fifty_squares, (1.5,), r"it has \d\.\d+e\+\d+ operations, which is too many"),
        (newton, (1.5,), "it has .* operations, which is too many"),
        (lambda w: (w**2).sum(), (np.ones(30),), "its arguments have 30 entries"),
        (lambda x: (x * np.ones(50)).sum(), (2.0,), "an array in it has 50 entries"),
        (lambda x: x.max(), (np.array([1.0, 2.0]),), ".*how large a number is"),
        (lambda a: ad.det(a), (np.eye(2),), "det has none|slogdet has none|.* how large"),
    ],
    ids=["squares", "newton", "entries", "array", "max", "det"],
)
def test_where_there_is_no_formula_it_says_so_and_gives_the_table(
    f: Any, args: tuple[Any, ...], reason: str
) -> None:
    explained = explain(f, *args)
    assert explained.formula is None
    assert explained.derivatives == {}
    first, *rest = lines(explained)
    assert re.match(rf"There is no formula of \w+ to be read: {reason}", first)
    assert rest == lines(explained.trace)
    assert explained._repr_latex_() is None
    html = explained._repr_html_()
    assert html is not None
    assert html.startswith("<p>There is no formula")
    assert explained.latex() == explained.trace.latex()


def test_a_deep_program_is_not_written_out_to_find_that_it_is_too_long() -> None:
    def squares(x: Any) -> Any:
        for _ in range(200):
            x = x * x
        return x

    assert "too many" in explain(squares, 1.0).reason


def test_in_jupyter_formulas_are_mathematics() -> None:
    explained = explain(lambda alpha, x: alpha * np.exp(x), 2.0, 1.0)
    assert isinstance(explained, Explanation)
    assert explained._repr_html_() is None
    assert explained._repr_latex_() == (
        "$\\displaystyle \\begin{aligned}\n"
        "f(\\alpha, x) &= \\alpha e^{x} \\\\\n"
        "\\frac{\\partial f}{\\partial \\alpha} &= e^{x} \\\\\n"
        "\\frac{\\partial f}{\\partial x} &= \\alpha e^{x}\n"
        "\\end{aligned}$"
    )

    def loss(w: Any) -> Any:
        return w**2

    assert r"\operatorname{loss}'(w) &= 2 w" in explain(loss, 1.0).latex()


def test_without_sympy_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "sympy",
        "autograd.pictures.explaining.formulas",
        "autograd.pictures.explaining.symbolic",
    ):
        monkeypatch.setitem(sys.modules, name, None if name == "sympy" else sys.modules[name])
    for name in ("formulas", "symbolic"):
        monkeypatch.delitem(sys.modules, f"autograd.pictures.explaining.{name}")
        monkeypatch.delattr(f"autograd.pictures.explaining.{name}")
    with pytest.raises(ImportError, match=r'formulas need SymPy: pip install "wengert\[explain\]"'):
        explain(lambda x: x * x, 2.0)
    assert len(explain(expression()).rows) == 6


def test_what_cannot_be_explained_is_refused() -> None:
    with pytest.raises(TypeError, match="neither a node"):
        explain(3.0)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="a node takes no arguments"):
        explain(Value(1.0), 2.0)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="explained at a point"):
        explain(lambda: 1.0)
    with pytest.raises(TypeError, match="argument x is 'two'"):
        explain(lambda x: x, "two")
    with pytest.raises(ValueError, match=r"it returned shape \(2,\)"):
        explain(lambda x: x * x, np.ones(2))
    with pytest.raises(ValueError, match="it returned 'tuple'"):
        explain(lambda x: (x, x), 1.0)


def test_a_series_is_explained_by_the_formulas_of_its_coefficients() -> None:
    found = explain(lambda x: np.sin(x) * x, 0.5, order=3)
    x = sympy.Symbol("x", real=True)
    for k, (c, value) in enumerate(zip(found.coefficients, found.values, strict=True)):
        expected = sympy.diff(sympy.sin(x) * x, x, k) / sympy.factorial(k)
        assert sympy.simplify(c - expected) == 0
        assert value == pytest.approx(float(expected.subs(x, 0.5)), rel=1e-14)
    assert (found.point, found.reasons) == (0.5, {})


def test_a_series_shows_itself_as_text_and_as_mathematics() -> None:
    found = explain(lambda x: x**2 + 1, 2.0, order=2)
    assert str(found).splitlines() == [
        "f(x + t) = x**2 + 1",
        "    + (2*x) t",
        "    + t**2",
        "    + O(t**3)",
        "at x = 2: 5 + 4 t + t**2",
    ]
    assert found.latex().splitlines()[2] == r"&\quad + \left(2 x\right) t \\"
    assert found._repr_latex_().startswith(r"$\displaystyle \begin{aligned}")


def test_a_series_is_of_a_function_of_one_number() -> None:
    with pytest.raises(TypeError, match="a function of one number"):
        explain(lambda x, y: x * y, 1.0, 2.0, order=2)
    with pytest.raises(TypeError, match="a function of one number"):
        explain(np.sum, np.ones(2), order=2)
    with pytest.raises(ValueError, match="a function that gives one number"):
        explain(lambda x: ad.array([x, x]), 1.0, order=2)


def test_a_coefficient_too_long_to_read_has_a_reason() -> None:
    def deep(x: Any) -> Any:
        for _ in range(5):
            x = np.sin(x) * np.exp(x)
        return x

    found = explain(deep, 0.5, order=3)
    assert found.coefficients[3] is None
    assert "No formula of coefficient 3: " in str(found)
    assert np.isfinite(found.values).all()
