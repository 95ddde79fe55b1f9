"""Terms: a program with every result once and its constants computed.

Terms keep the data of the recording as examples.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import compress
from operator import attrgetter
from typing import Any, TypeAlias

import numpy as np

from autograd.engine.graph import NO_SETTINGS, Array, Node
from autograd.engine.operations import Op
from autograd.ops.elementwise import identity
from autograd.ops.predicates import NonDifferentiable
from autograd.ops.structural import broadcast_op, index_op, reshape_op, transpose_op

Rewrite: TypeAlias = "Callable[[Terms, Op, tuple[Term, ...], Mapping[str, Any]], Term | None]"


class Term:
    """One result of a program: an operation on other terms, an input, or a constant.

    `example` is what it was in the recording, or what the same operations give on the recording's
    data: it has the shape and type that the term always has. A term of a `Value` has a Python
    float there (of a comparison of them, a bool), and is computed as one.
    """

    __slots__ = ("args", "constant", "example", "index", "number", "op", "settings")

    op: Op | None
    """None for an input and a constant."""
    args: tuple[Term, ...]
    settings: Mapping[str, Any]
    example: Any
    constant: bool
    number: int
    """Counted within the program: the arguments of a term have smaller numbers."""
    index: int
    """The creation number of the recorded node it came from; -1 where there was none."""

    @property
    def shape(self) -> tuple[int, ...]:
        return getattr(self.example, "shape", ())

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return getattr(self.example, "size", 1)

    @property
    def dtype(self) -> np.dtype[Any]:
        dtype: np.dtype[Any] | None = getattr(self.example, "dtype", None)
        return dtype or np.dtype(type(self.example))

    @property
    def scalar(self) -> bool:
        """Whether it is one of Python's numbers, as a `Value` holds, and not an array."""
        return self.example.__class__ in _PYTHON_NUMBERS

    def fits(self, value: Any) -> bool:
        """Whether a value has the shape and type of the term."""
        if self.scalar:
            return value.__class__ is self.example.__class__
        alike = isinstance(value, np.ndarray) and value.shape == self.example.shape
        return alike and value.dtype == self.example.dtype


_PYTHON_NUMBERS = (float, bool)


class Terms:
    """All terms of one program. The same operation on the same arguments is the same term."""

    def __init__(self, rewrite: Rewrite | None = None) -> None:
        self.all: list[Term] = []
        """Every term, in the order of their numbers."""
        self._known: dict[Any, dict[Any, Term]] = defaultdict(dict)
        """By operation, None for constants, and then by arguments and settings."""
        self._rewrite = rewrite
        self.index = -1
        """Given to new terms as theirs: the recorded node that is being translated."""

    def _new(
        self,
        op: Op | None,
        args: tuple[Term, ...],
        settings: Mapping[str, Any],
        example: Any,
        constant: bool,
    ) -> Term:
        term = Term()
        term.op, term.args, term.settings = op, args, settings
        term.example, term.constant = example, constant
        term.number, term.index = len(self.all), self.index
        self.all.append(term)
        return term

    def input(self, example: Any, settings: Mapping[str, Any] = NO_SETTINGS) -> Term:
        """A new input; `example` is what it was in the recording.

        settings: of an input that is drawn: by which function, from which generator.
        """
        return self._new(None, (), settings, normal(example), False)

    def constant(self, value: Any) -> Term:
        """The constant `value`; equal numbers and arrays of one type are one constant."""
        value = normal(value)
        key, known = fingerprint(value), self._known[None]
        if key not in known:
            known[key] = self._new(None, (), {}, value, True)
        return known[key]

    def variable(self, x: Term) -> Term:
        """x as what a derivative is taken with respect to, which is no constant even if x is."""
        return self._new(identity, (x,), {}, x.example, False)

    def needed(self, outputs: Iterable[Term]) -> Iterable[Term]:
        """The same as `ordered(outputs)`, and faster where most terms are needed."""
        marks = bytearray(len(self.all))
        for output in outputs:
            marks[output.number] = 1
        for term in reversed(self.all):
            if marks[term.number]:
                for arg in term.args:
                    marks[arg.number] = 1
        return compress(self.all, marks)

    def apply(self, op: Op, args: Iterable[Term | Any], **settings: Any) -> Term:
        """`op(*args, **settings)`, simplified; arguments that are no terms are constants."""
        terms = tuple([arg if isinstance(arg, Term) else self.constant(arg) for arg in args])
        return self.computed(op, terms, settings, None)

    def put(
        self, op: Op, args: tuple[Term, ...], settings: Mapping[str, Any], example: Any
    ) -> Term:
        """The same without simplification; `example` is its value on the recording's data."""
        key, known = _key(args, settings), self._known[op]
        if key not in known:
            known[key] = self._new(op, args, settings, example, False)
        return known[key]

    def computed(
        self, op: Op, args: tuple[Term, ...], settings: Mapping[str, Any], example: Any
    ) -> Term:
        """The same, where `example` is its value on the recording's data, or None if not known."""
        key, known = _key(args, settings), self._known[op]
        if key in known:
            return known[key]
        if example is None:
            example = _evaluate(op, args, settings)
        for arg in args:
            if not arg.constant:
                break
        else:
            return self.constant(example)
        simpler = None if self._rewrite is None else self._rewrite(self, op, args, settings)
        term = simpler or self._new(op, args, settings, example, False)
        known[key] = term
        return term


def _key(args: tuple[Term, ...], settings: Mapping[str, Any]) -> Any:
    if not settings:
        return args
    return args, *[(name, fingerprint(value)) for name, value in settings.items()]


def _evaluate(op: Op, args: Sequence[Term], settings: Mapping[str, Any]) -> Any:
    with np.errstate(all="ignore"):
        return normal(op.evaluate(tuple([arg.example for arg in args]), settings))


def normal(value: Array) -> Any:
    """A Python float or boolean, or an array: what the data of a node can be."""
    if value.__class__ in _PYTHON_NUMBERS:
        return value
    if isinstance(value, int):
        return float(value)
    return np.asarray(value)


def is_leaf(x: Any) -> bool:
    """Whether x is a number or array that a program computes with."""
    return isinstance(x, float | complex | np.generic | np.ndarray | Node)


_SMALL = 4096


def fingerprint(value: Any) -> Any:
    """Something hashable that is equal for equal values of one type."""
    if isinstance(value, float):
        return (value.hex(), float)  # tells 0.0 from -0.0, and finds NaN equal to itself
    if isinstance(value, np.ndarray):
        if value.nbytes > _SMALL:
            return (id(value), np.ndarray)
        return (value.shape, value.dtype.str, value.tobytes())
    if isinstance(value, slice):
        return (slice, value.start, value.stop, value.step)
    if isinstance(value, tuple | list):
        return (type(value), *map(fingerprint, value))
    return (value, type(value))


_VIEWS = (reshape_op, transpose_op, broadcast_op, index_op)


def is_view(term: Term) -> bool:
    """Whether a term shows entries of an array, its argument, in another arrangement."""
    if term.op not in _VIEWS or term.args[0].scalar:
        return False
    return term.op is not index_op or is_basic(term.settings["key"])


def is_basic(key: Any) -> bool:
    """Whether `x[key]` is a view: integers, slices, `None` and `...` alone."""
    return all(
        part is None
        or part is Ellipsis
        or isinstance(part, slice)
        or (isinstance(part, int | np.integer) and not isinstance(part, bool))
        for part in (key if isinstance(key, tuple) else (key,))
    )


Origin: TypeAlias = tuple[Term, Any]
"""An array that is no view, and the places in it, in C order."""

LARGE = 2**20
"""The entries of larger arrays are not numbered."""


class Origins(dict[Term, Origin]):
    """The array that each term shows, itself if it is no view, and the places of its entries."""

    def __missing__(self, term: Term) -> Origin:
        if is_view(term) and term.args[0].size < LARGE:
            base, places = self[term.args[0]]
            assert term.op is not None
            shown: Any = term.op.evaluate((places,), term.settings)
            self[term] = base, np.asarray(shown)
        else:
            self[term] = term, np.arange(term.size).reshape(term.shape)
        return self[term]


def ordered(outputs: Iterable[Term]) -> list[Term]:
    """The terms that `outputs` depend on, themselves included, arguments first."""
    terms = list(dict.fromkeys(outputs))
    seen = bytearray(1 + max([term.number for term in terms], default=0))
    for term in terms:
        seen[term.number] = True
    for term in terms:
        for arg in term.args:
            if not seen[arg.number]:
                seen[arg.number] = True
                terms.append(arg)
    terms.sort(key=attrgetter("number"))
    return terms


def evaluate(outputs: Sequence[Term], inputs: Mapping[Term, Any]) -> list[Any]:
    """The outputs for other inputs, one operation after the other: the meaning of a program."""
    order = ordered(outputs)
    known: list[Any] = [None] * (order[-1].number + 1 if order else 0)
    with np.errstate(all="ignore"):
        for term in order:
            op = term.op
            if op is None:
                known[term.number] = term.example if term.constant else inputs[term]
                continue
            args = tuple([known[arg.number] for arg in term.args])
            known[term.number] = normal(op.evaluate(args, term.settings))
    return [known[output.number] for output in outputs]


# --------------------------------------------------------------------------------------------------
# Operations between Python's floats and arrays, which only programs in terms have

pack: Op = Op(
    "pack",
    lambda *numbers: np.array(numbers, np.float64),
    lambda argnum: lambda g, out, *numbers: index_op(g, key=(argnum,)),
)
"""`pack(*numbers)`: an array of float64, one entry for each number."""

entry: Op = NonDifferentiable("entry", lambda x, index: np.asarray(x).item(index))
"""`entry(x, index=i)`: the number at place i of x in C order, as one of Python's."""

segment_sums: Op = NonDifferentiable("segment_sums", lambda x, starts: np.add.reduceat(x, starts))
"""`segment_sums(x, starts=s)`: sums over x[s[0]:s[1]], x[s[1]:s[2]], ..., none of them empty."""

largest_so_far: Op = NonDifferentiable("largest_so_far", lambda x: np.maximum.accumulate(x, -1))
smallest_so_far: Op = NonDifferentiable("smallest_so_far", lambda x: np.minimum.accumulate(x, -1))
products_so_far: Op = NonDifferentiable("products_so_far", lambda x: np.multiply.accumulate(x, -1))
"""Along the last axis the results of an operation on all numbers up to each."""
