"""`explain`: how a node was computed, as a table, or what a function is, as formulas."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import Any, overload

import numpy as np

from autograd.engine.graph import Array, Node
from autograd.engine.operations import Op, recording
from autograd.frames import caller
from autograd.nodes import Tensor
from autograd.pictures.drawing.content import number
from autograd.pictures.drawing.subject import subject
from autograd.pictures.explaining.load import load_formulas
from autograd.pictures.explaining.series import SeriesExplanation
from autograd.pictures.explaining.table import Trace
from autograd.pictures.walk import history, walk
from autograd.scalars import Value
from autograd.taylor import taylor


class Explanation:
    """A function as a formula, its derivatives as formulas, and the numbers at a point.

    formula: f as a SymPy expression; None where nobody could read it, and `reason` says why.
    derivatives: ∂f by each number among the arguments, as SymPy expressions, by name.
    point, value, gradient: the numbers; those of arguments and derivatives by name.
    trace: the computation at the point step by step, as `explain(node)` gives it.

    In a terminal it shows itself as text, in Jupyter as mathematics.
    """

    def __init__(self, name: str, output: Node, arguments: Mapping[str, Node]) -> None:
        self.name = name
        nodes = history([output])
        names = {leaf: _entry_names(argument, leaf) for argument, leaf in arguments.items()}
        taken = walk(output, nodes)
        self.trace: Trace = Trace(taken, subject(nodes, {output}, None))
        self.point: dict[str, Any] = dict(_by_name(names, lambda leaf: leaf.primal))
        self.value: float = float(np.asarray(output.primal).item())
        self.gradient: dict[str, Any] = dict(_by_name(names, taken.cotangent))
        self.formula: Any = None
        self.derivatives: dict[str, Any] = {}
        self.reason: str = ""
        formulas = load_formulas()
        try:
            self.formula, derivatives = formulas.readable(nodes, names)
        except formulas.NoFormulaError as error:
            self.reason = f"There is no formula of {name} to be read: {error}."
        else:
            self.derivatives = dict(_by_name(names, derivatives.__getitem__))

    def __str__(self) -> str:
        if self.formula is None:
            return f"{self.reason}\n{self.trace}"
        arguments = ", ".join(self.point)
        only = f"({arguments})" if len(self.point) == 1 else ""
        called = {
            entry: f"{self.name}'" if only else f"∂{self.name}/∂{entry}" for entry in self.point
        }
        at = ", ".join(f"{entry} = {number(x)}" for entry, x in self.point.items())
        found = (f"{called[entry]} = {number(g)}" for entry, g in self.gradient.items())
        return "\n".join(
            [
                f"{self.name}({arguments}) = {self.formula}",
                *(f"{called[entry]}{only} = {d}" for entry, d in self.derivatives.items()),
                f"at {at}: {', '.join([f'{self.name} = {number(self.value)}', *found])}",
            ]
        )

    __repr__ = __str__

    def latex(self) -> str:
        """The formulas line by line, or the table where there are none, in LaTeX's mathematics."""
        if self.formula is None:
            return self.trace.latex()
        write: Callable[[Any], str] = load_formulas().latex
        name = self.name.replace("_", r"\_")
        name = name if len(name) == 1 else rf"\operatorname{{{name}}}"
        arguments = ", ".join(map(write, self.point))
        lines = [rf"{name}({arguments}) &= {write(self.formula)}"]
        for entry, derivative in self.derivatives.items():
            called = rf"\frac{{\partial {name}}}{{\partial {write(entry)}}}"
            if len(self.point) == 1:
                called = f"{name}'({arguments})"
            lines.append(rf"{called} &= {write(derivative)}")
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def _repr_latex_(self) -> str | None:
        return None if self.formula is None else rf"$\displaystyle {self.latex()}$"

    def _repr_html_(self) -> str | None:
        if self.formula is not None:
            return None
        return f"<p>{escape(self.reason)}</p>\n{self.trace._repr_html_()}"


@overload
def explain(what: Node, *, seed: Array | None = None) -> Trace: ...
@overload
def explain(what: Callable[..., Any], *args: Array, order: int) -> SeriesExplanation: ...
@overload
def explain(what: Callable[..., Any], *args: Array) -> Explanation: ...
def explain(
    what: Any, *args: Array, seed: Array | None = None, order: int | None = None
) -> Trace | Explanation | SeriesExplanation:
    """How a node was computed, as a table, or what a function and its derivatives are, as formulas.

    what: a node (Value or Tensor); or a function of `args`, which are numbers, small arrays or
        nodes, that gives one number.
    seed: the cotangent of a node of several numbers.
    order: for a function of one number, explain its Taylor series to this order instead.

    `explain(node)` gives a `Trace`: for each operation its inputs, its value, its local derivatives
    and its cotangent. `explain(f, x)` gives an `Explanation`: f and its derivatives as formulas in
    the names of its parameters, made from the engine's own table of derivatives with symbols in
    place of numbers, and simplified by SymPy; and what they are at x. A formula is that of the
    branch that f takes at x, and holds wherever no operation is at a kink. `explain(f, x, order=n)`
    gives a `SeriesExplanation`, with the Taylor coefficients as formulas.

    Raises TypeError for anything else; ValueError for a function that gives several numbers, or a
    node of several without `seed`; GraphChangedError where a leaf of the node was given other data
    since; and ImportError where SymPy is not installed, which formulas need.

    >>> import numpy as np
    >>> from autograd import explain
    >>> explain(lambda x: x * np.sin(x), 2.0)
    f(x) = x*sin(x)
    f'(x) = x*cos(x) + sin(x)
    at x = 2: f = 1.819, f' = 0.077
    """
    if isinstance(what, Node):
        if args:
            raise TypeError("explain: a node takes no arguments, only a function does")
        nodes = history([what])
        return Trace(walk(what, nodes, seed), subject(nodes, {what}, caller()))
    if not callable(what):
        raise TypeError(
            f"explain: {what!r} is neither a node (Value or Tensor) nor a function; "
            "explain(f, x) takes a function and its arguments"
        )
    if not args:
        raise TypeError("explain: a function is explained at a point: explain(f, x)")
    names = _parameters(what, len(args))
    given = dict(zip(names, map(_leaf, names, args), strict=True))
    if order is not None:
        return _explained_series(what, given, order)
    with recording(True):
        output = what(*given.values())
    if isinstance(output, float | int | np.generic):
        output = Value(output)  # it does not depend on them
    if not isinstance(output, Node) or output.size != 1:
        shape = f"shape {output.shape}" if isinstance(output, Node) else repr(type(output).__name__)
        raise ValueError(
            f"explain: the function must return a single number, and it returned {shape}: reduce "
            "it, as by .sum(), or take one entry"
        )
    return Explanation(_name_of(what), output, given)


def _name_of(f: Callable[..., Any]) -> str:
    name: str = getattr(f, "__name__", "")
    known = name.isidentifier() and not hasattr(f, "__wrapped__")
    return name if known else "f"  # `grad(f)` has the name of f, and is another function


def _explained_series(
    f: Callable[..., Any], given: Mapping[str, Node], order: int
) -> SeriesExplanation:
    if len(given) != 1 or next(iter(given.values())).shape:
        raise TypeError("explain: a series is explained of a function of one number")
    ((argument, leaf),) = given.items()
    with recording(True):
        coefficients = taylor(f, leaf, order=order)
    if getattr(coefficients[0], "shape", ()) or not isinstance(coefficients[0], Node | float):
        raise ValueError("explain: a series is explained of a function that gives one number")
    return SeriesExplanation(_name_of(f), argument, leaf, coefficients)


def _parameters(f: Callable[..., Any], count: int) -> list[str]:
    """The names under which f takes its positional arguments."""
    try:
        parameters = [] if isinstance(f, Op) else list(inspect.signature(f).parameters.values())
    except ValueError:  # as with functions written in C
        parameters = []
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "x")
    if count == 1 and not names:
        return [rest]
    return [*names, *(f"{rest}{i}" for i in range(1, count - len(names) + 1))][:count]


def _leaf(name: str, arg: Array) -> Node:
    data = arg.primal if isinstance(arg, Node) else arg
    if isinstance(data, float | int | np.floating | np.integer) and not isinstance(data, bool):
        return Value(data, name)
    if isinstance(data, np.ndarray | complex):
        return Tensor(data, name)
    raise TypeError(
        f"explain: argument {name} is {arg!r} of type {type(arg).__name__}; arguments are numbers, "
        "arrays and nodes"
    )


def _entry_names(argument: str, leaf: Node) -> Any:
    """An array of names of a leaf's shape: x, or x_0, x_1, or W_00, W_01 and so on."""
    names = np.empty(leaf.shape, object)
    for place in np.ndindex(leaf.shape):
        between = "" if max(leaf.shape, default=0) <= 10 else ","
        names[place] = f"{argument}_{between.join(map(str, place))}" if place else argument
    return names


def _by_name(names: Mapping[Node, Any], data: Callable[[Node], Any]) -> Iterator[tuple[str, Any]]:
    """The entries of each leaf's data, with their names."""
    for leaf, own in names.items():
        array = np.asarray(data(leaf))
        for place, name in np.ndenumerate(own):
            entry = array[place]
            yield name, entry.item() if array.dtype != object else entry
