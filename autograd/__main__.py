"""The command `python -m autograd`: differentiate an expression, check the result, draw the graph.

The expression is read, not executed: numbers, names, `+ - * / **` and functions of the table are
all that can stand in it.
"""

from __future__ import annotations

import argparse
import ast
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import autograd
from autograd import GradientError, Value, check_grads

EXPRESSION = "tanh(a*b + a**2)"
VALUES = ["a=2", "b=-3"]

# By the number of arguments.
FUNCTIONS = {
    1: "abs arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil cos cosh elu erf exp exp2 expm1 "
    "floor heaviside leaky_relu log log10 log1p log2 reciprocal relu round sigmoid sign sin sinh "
    "softplus sqrt square tan tanh",
    2: "arctan2 hypot logaddexp maximum minimum",
    3: "clip",
}
ARITY = {name: arity for arity, names in FUNCTIONS.items() for name in names.split()}
OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: autograd.add,
    ast.Sub: autograd.sub,
    ast.Mult: autograd.mul,
    ast.Div: autograd.div,
    ast.Pow: autograd.pow,
    ast.USub: autograd.neg,
    ast.UAdd: lambda x: x,
}
CONSTANTS = {"pi": math.pi, "e": math.e}

Formula: TypeAlias = Callable[[Mapping[str, Any]], Any]
"""From the values of the names to the value of an expression."""


class CommandError(ValueError):
    """The command cannot be carried out as it was given; the message says what is wrong."""


def read(text: str) -> tuple[list[str], Formula]:
    """The names in an expression, and the expression as a function of their values.

    >>> names, formula = read("a*b + sin(a)")
    >>> names, formula({"a": 0.0, "b": 5.0})
    (['a', 'b'], 0.0)
    >>> read("open('secret')")
    Traceback (most recent call last):
    ...
    autograd.__main__.CommandError: there is no function 'open'; there are abs, arccos, ...
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        formula = _formula(tree)
    except CommandError:
        raise
    except (SyntaxError, ValueError, OverflowError) as error:
        reason = getattr(error, "msg", error)
        raise CommandError(f"{text!r} is not an expression: {reason}") from None
    names = {node.id: None for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return [name for name in names if name not in ARITY], formula


def _formula(tree: ast.expr) -> Formula:
    match tree:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            constant = float(number)
            return lambda values: constant
        case ast.Name(id=name) if name not in ARITY:
            return lambda values: values[name]
        case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
            function, parts = OPERATORS[type(op)], [operand]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            function, parts = OPERATORS[type(op)], [left, right]
        case ast.BinOp(op=ast.BitXor()):
            raise CommandError("a power is written **, not ^")
        case ast.Call(func=ast.Name(id=name), args=parts, keywords=[]):
            if name not in ARITY:
                raise CommandError(f"there is no function {name!r}; there are {', '.join(ARITY)}")
            if len(parts) != ARITY[name]:
                raise CommandError(f"{name} takes {ARITY[name]} argument(s), not {len(parts)}")
            function = getattr(autograd, name)
        case _:
            raise CommandError(
                f"{ast.unparse(tree)!r} cannot be differentiated here: an expression is made of "
                "numbers, names, + - * / ** and functions"
            )
    formulas = [_formula(part) for part in parts]
    return lambda values: function(*[formula(values) for formula in formulas])


def read_values(names: Sequence[str], assignments: Sequence[str]) -> dict[str, float]:
    """The numbers that `NAME=NUMBER` arguments give to the names, in the order of the names.

    >>> read_values(["a", "b"], ["b=-3", "a=2"])
    {'a': 2.0, 'b': -3.0}
    """
    given = {}
    for assignment in assignments:
        name, _, number = assignment.partition("=")
        try:
            given[name.strip()] = float(number)
        except ValueError:
            raise CommandError(f"{assignment!r} is not of the form NAME=NUMBER") from None
    for name in given:
        if name not in names:
            raise CommandError(f"{name!r} has a value, but is not a name in the expression")
    for name in names:
        if name not in given and name not in CONSTANTS:
            raise CommandError(f"{name!r} has no value: add {name}=NUMBER")
    if not given:
        raise CommandError("the expression has no name in it to differentiate by")
    return {name: given[name] for name in names if name in given}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; 1 where a check or the drawing failed, 2 where it is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m autograd",
        description="Differentiate an expression, check the derivatives, draw the graph.",
        epilog=f"Without arguments: {EXPRESSION!r} {' '.join(VALUES)}. "
        f"Functions: {', '.join(ARITY)}. Constants: {', '.join(CONSTANTS)}. "
        "Write -- before an expression that begins with a minus.",
    )
    parser.add_argument("expression", nargs="?", help="such as 'a*b + sin(a)'")
    parser.add_argument("values", nargs="*", metavar="NAME=NUMBER", help="where to differentiate")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("graph.svg"),
        metavar="FILE",
        help="the drawing: .html, .svg, .png, .pdf or .dot (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    if options.expression is None:
        options.expression, options.values = EXPRESSION, VALUES
    try:
        names, formula = read(options.expression)
        values = read_values(names, options.values)
        return report(options.expression, formula, values, options.out)
    except CommandError as error:
        parser.error(str(error))
    except (MemoryError, RecursionError):
        parser.error("the expression is nested too deeply")


def report(text: str, formula: Formula, values: Mapping[str, float], out: Path) -> int:
    """Print value and derivatives, check and draw them; 1 where a check or the drawing failed."""

    def f(*given: Any) -> Any:
        return formula(CONSTANTS | dict(zip(values, given, strict=True)))

    variables = [Value(number, name) for name, number in values.items()]
    result = f(*variables)
    result.backward()
    print(f"{text}  at  {', '.join(f'{name} = {number:g}' for name, number in values.items())}\n")
    print(f"value     {result.data!r}")
    for variable in variables:
        print(f"{'d/d' + variable.label:8}  {variable.grad!r}")
    status = 0
    try:
        check_grads(f, *values.values())
        print("checked   first and second derivatives, forward and reverse, against differences")
    except GradientError as error:
        print(f"Not confirmed by differences: {error}", file=sys.stderr)
        status = 1
    try:
        autograd.draw(result).save(out)
        print(f"drawn     {out}")
    except ValueError as error:
        raise CommandError(f"--out: {error}") from None
    except (ImportError, OSError, RuntimeError) as error:  # no pictures, no disk, no program
        print(f"Not drawn: {error}", file=sys.stderr)
        status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
