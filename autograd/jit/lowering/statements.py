"""Statements for operations on arrays, with their results in memory that is allocated once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.engine.operations import Op
from autograd.jit.lowering.calls import call, key_parts
from autograd.jit.lowering.code import sizes
from autograd.jit.lowering.emitter import Emitter, Location
from autograd.jit.terms import Term, entry, is_basic, is_view, pack
from autograd.ops import (
    complex_parts,
    indexing,
    op_types,
    products,
    reductions,
    running,
    structural,
)
from autograd.ops import elementwise as e

Writer = Callable[[Emitter, Term], Location | None]
"""Gives None where it writes nothing, since a new array has to be made."""
_WRITERS: dict[Op, Writer] = {}


def statement(to: Emitter, term: Term) -> Location:
    """Write the lines that compute a term, and say where it then is."""
    assert term.op is not None
    if is_view(term):
        return _view(to, term)
    if term.scalar and term.op is not entry:  # not into memory: it is one of Python's
        return call(to, term)
    if term.op in _WRITERS:
        return _WRITERS[term.op](to, term) or call(to, term)
    function = _ufunc_of(term.op)
    if function is None or term.settings:
        return call(to, term)
    return _ufunc(to, term, function, term.args)


def _writes(*ops: Op) -> Callable[[Writer], Writer]:
    def enter(writer: Writer) -> Writer:
        _WRITERS.update(dict.fromkeys(ops, writer))
        return writer

    return enter


def _into(to: Emitter, term: Term, call: str, place: Location | None, how: str = "") -> Location:
    """A call, not closed yet, that puts its result in this place or else makes a new array.

    how: what else it is told where there is a place.
    """
    if place is None:
        return to.new(term, f"{call})")
    # Positions are faster than names; these two functions alone insist on the name.
    out = "out=" if call.startswith(("maximum(", "minimum(")) else ""
    to.body(f"{call}, {out}{place.name}{how})")
    return place


# --------------------------------------------------------------------------------------------------
# Entry by entry

_UFUNCS: dict[Op, str] = {
    op_types.chain_product: "multiply",
}
_POWERS = {0.5: "sqrt", -1.0: "reciprocal"}
"""Powers with functions of their own, for real numbers; of integers `reciprocal` is an integer."""


def _ufunc_of(op: Op) -> str | None:
    """The name of the function of NumPy that computes the operation, if it is a ufunc."""
    kernel = op.kernel
    if isinstance(kernel, np.ufunc) and vars(np).get(kernel.__name__) is kernel:
        return str(kernel.__name__)
    return _UFUNCS.get(op)


def _ufunc(to: Emitter, term: Term, function: str, args: Sequence[Term]) -> Location:
    kinds = {arg.dtype for arg in args if not arg.scalar}
    dtype = kinds.pop() if len(kinds) == 1 else None
    operands = ", ".join([to.operand(arg, dtype or arg.dtype) for arg in args])
    place = to.destination(term, reuse=args)
    return _into(to, term, f"{to.code.of_numpy(function)}({operands}", place)


@_writes(e.pow)
def _power(to: Emitter, term: Term) -> Location:
    base, exponent = term.args
    known = exponent.scalar and exponent.constant and base.dtype == term.dtype
    function = _POWERS.get(exponent.example) if known else None
    return _ufunc(to, term, function or "power", [base] if function else term.args)


@_writes(e.where)
def _where(to: Emitter, term: Term) -> Location:
    condition, *choices = term.args
    operands = [to.operand(condition, np.dtype(bool))]
    operands += [to.operand(arg, term.dtype) for arg in choices]
    place = to.destination(term)
    if place is None:
        call = f"{to.code.of_numpy('where')}({', '.join(operands)})"
        if term.dtype != np.float64 and all(arg.scalar for arg in choices):
            call += f".astype(np.{term.dtype.name})"
        return to.new(term, call)
    to.copy(place.name, operands[2])
    to.copy(place.name, operands[1], f"where={operands[0]}")
    return place


@_writes(structural.cast_op)
def _cast(to: Emitter, term: Term) -> Location:
    place, (x,) = to.destination(term), term.args
    name, dtype = to.places[x].name, f"np.{term.dtype.name}"
    if place is None:
        return to.new(term, f"np.array({name}, {dtype})" if x.scalar else f"{name}.astype({dtype})")
    to.copy(place.name, name, "'unsafe'")
    return place


@_writes(complex_parts.real_op, complex_parts.imag_op)
def _part(to: Emitter, term: Term) -> Location | None:
    place, (x,) = to.destination(term), term.args
    if place is None:
        return None
    part = "real" if term.op is complex_parts.real_op else "imag"
    to.copy(place.name, f"{to.places[x].name}.{part}")
    return place


# --------------------------------------------------------------------------------------------------
# Python's numbers into arrays, and out of them

_LISTED = 4
"""From so many entries of one array on, `tolist` is faster than `item`."""


@_writes(pack)
def _pack(to: Emitter, term: Term) -> Location:
    operands = ", ".join([to.places[arg].name for arg in term.args])
    place = to.destination(term)
    if place is None:
        return to.new(term, f"np.array([{operands}])")
    fill = to.once(None, f'Struct("{term.size}d").pack_into')
    to.body(f"{fill}({place.name}, 0, {operands})")
    return place


@_writes(entry)
def _entry(to: Emitter, term: Term) -> Location:
    (x,) = term.args
    place, index = to.places[x], term.settings["index"]
    if to.plan.entries[x] < _LISTED:
        return to.new(term, f"{place.name}.item({index})")
    name = to.listed.get(x)
    if name is None:
        name = to.listed[x] = f"list{to.prefix}{len(to.listed)}"
        to.body(f"{name} = {place.name}{'' if x.ndim == 1 else '.reshape(-1)'}.tolist()")
    return Location(f"{name}[{index}]")


# --------------------------------------------------------------------------------------------------
# Views


def _view(to: Emitter, term: Term) -> Location:
    (arg,) = term.args
    source = to.places[arg]
    expression = _arranged(to, term, source.name)
    within = to.plan.uses[term] == 1 and source.name.isidentifier() and len(expression) < 40
    if source.fixed is None:
        return Location(expression) if within else to.new(term, expression)
    arranged = _rearrange(term, source.fixed)
    if np.may_share_memory(arranged, source.fixed) or not arranged.size:
        name = expression if within and to.readable else to.once(term, expression)
        return Location(name, arranged, source.slot)
    # A reshape of what does not lie in order: it has to be copied at each run.
    place = to.destination(term)
    if place is None:
        return to.new(term, expression)
    flat = to.once(None, f"{place.name}.reshape({sizes(arg.shape)})")
    to.copy(flat, source.name)
    return place


def _rearrange(term: Term, array: Any) -> Any:
    assert term.op is not None
    if term.op is structural.index_op:
        return array[_key(term.settings["key"], term)]
    return term.op.evaluate((array,), term.settings)


def _key(key: Any, part: Term) -> tuple[Any, ...]:
    """The parts of a key, and an ellipsis with which NumPy gives a view of one entry, no number."""
    parts = key if isinstance(key, tuple) else (key,)
    open_ended = parts and (part.ndim or any(p is Ellipsis for p in parts))
    return parts if open_ended else (*parts, Ellipsis)


def _arranged(to: Emitter, term: Term, name: str) -> str:
    settings = term.settings
    if term.op is structural.reshape_op:
        return f"{name}.reshape({sizes(settings['shape'])})"
    if term.op is structural.transpose_op:
        return f"{name}.T" if term.ndim == 2 else f"{name}.transpose({settings['axes']})"
    if term.op is structural.broadcast_op:
        return f"np.broadcast_to({name}, {tuple(settings['shape'])})"
    return f"{name}[{', '.join(map(to.between_brackets, _key(settings['key'], term)))}]"


# --------------------------------------------------------------------------------------------------
# Sums and extremes

_MOST_BY_DOT = 4096
"""Up to so many numbers are summed by a product with ones, which is faster; more are summed
pairwise, which loses fewer digits."""


_REDUCTIONS: dict[Op, str] = {
    structural.sum_op: "add",
    reductions.max_op: "maximum",
    reductions.min_op: "minimum",
    running.prod_op: "multiply",
}


@_writes(*_REDUCTIONS)
def _reduce(to: Emitter, term: Term) -> Location | None:
    (x,), axis, keepdims = term.args, term.settings["axis"], term.settings["keepdims"]
    if x.scalar:
        return None
    assert term.op is not None
    axes = structural.normalize_axis(axis, x.ndim)
    of_matrix = x.ndim == 2 and len(axes) == 1
    of_vector = x.ndim == 1 and term in to.plan.singles
    if (
        term.op is structural.sum_op
        and x.dtype.kind == "f"
        and (of_matrix or of_vector)
        and x.shape[axes[0]] <= _MOST_BY_DOT
    ):
        return _sum_by_dot(to, term, x, axes[0])
    place = to.destination(term)
    call = f"{to.code.of_numpy(_REDUCTIONS[term.op])}.reduce({to.places[x].name}, {axis}, None"
    if keepdims:
        call += f", {place.name if place else None}, True)"
    else:
        call += f", {place.name})" if place else ")"
    if place is None:
        return to.new(term, call)
    to.body(call)
    return place


def _sum_by_dot(to: Emitter, term: Term, x: Term, axis: int) -> Location:
    count = x.shape[axis]
    name = f"ones{count}_{x.dtype.name}"
    line = f"{name} = np.ones({count}, np.{x.dtype.name})"
    if line not in to.code.setup:
        to.code.setup.append(line)
    source = to.places[x].name
    call = f"{source}.dot({name}" if axis == x.ndim - 1 else f"{name}.dot({source}"
    place = to.destination(term)
    if not term.settings["keepdims"]:
        return _into(to, term, call, place)
    if place is None:
        return to.new(term, f"{call}).reshape({sizes(term.shape)})")
    flat = to.once(None, f"{place.name}.reshape(-1)")
    to.body(f"{call}, {flat})")
    return place


# --------------------------------------------------------------------------------------------------
# Products


@_writes(products.matmul_op)
def _matmul(to: Emitter, term: Term) -> Location:
    x, y = term.args
    place = to.destination(term)
    left, right = to.places[x].name, to.places[y].name
    in_order = place is None or place.fixed.flags.c_contiguous
    if max(x.ndim, y.ndim) <= 2 and x.dtype == y.dtype and in_order:
        return _into(to, term, f"{left}.dot({right}", place)
    return _into(to, term, f"{to.code.of_numpy('matmul')}({left}, {right}", place)


# --------------------------------------------------------------------------------------------------
# Entries by number


@_writes(structural.index_op)
def _pick(to: Emitter, term: Term) -> Location | None:
    """By numbers along the last axis that the key has, with all of the others."""
    (x,), key = term.args, term.settings["key"]
    *before, numbers = key if isinstance(key, tuple) else (key,)
    axis = len(before)
    if (
        x.scalar
        or not all(isinstance(part, slice) and part == slice(None) for part in before)
        or not (isinstance(numbers, np.ndarray) and numbers.dtype.kind in "iu")
        or not x.shape[axis]
    ):
        return None
    name = to.constant(np.where(numbers < 0, numbers + x.shape[axis], numbers).astype(np.intp))
    call = f"{to.places[x].name}.take({name}, {axis}"
    return _into(to, term, call, to.destination(term), ", 'clip'")


@_writes(structural.scatter_op)
def _scatter(to: Emitter, term: Term) -> Location | None:
    """Into an array of zeros that only this term writes to, so that the zeros stay."""
    (x,), key = term.args, term.settings["key"]
    if x.scalar:
        return None
    if not is_basic(key):
        numbers = np.arange(term.size).reshape(term.shape)[key].ravel()
        if len(np.unique(numbers)) != len(numbers):  # those that are there twice add up
            return None
    place = _zeros(to, term, to.destination(term, shared=False))
    place.whole = False
    source = to.places[x].name
    if not is_basic(key):
        to.body(f"{place.name}.put({to.constant(numbers)}, {source})")
        return place
    inside = f"{place.name}[{', '.join(map(to.between_brackets, _key(key, x)))}]"
    if place.slot is None:
        to.body(f"{inside} = {source}")
    else:
        to.copy(to.once(None, inside), source)
    return place


@_writes(indexing.place_op)
def _place(to: Emitter, term: Term) -> Location | None:
    """Into zeros, where no place can be named twice since a part of the key counts upwards."""
    key = term.settings["key"]
    parts = key if isinstance(key, tuple) else (key,)
    fixed = [part for part in parts if part is not indexing.HERE]
    if not all(isinstance(part, np.ndarray) and part.ndim == 1 for part in fixed):
        return None
    if not any(part.size and part[0] >= 0 and (np.diff(part) > 0).all() for part in fixed):
        return None
    if any(number.ndim > 1 for number in term.args[1:]):
        return None
    x, *numbers = [to.places[arg].name for arg in term.args]
    place = _zeros(to, term, to.destination(term))
    inside = ", ".join(key_parts(key, numbers, to.between_brackets))
    to.body(f"{place.name}[{inside}] = {x}")
    return place


def _zeros(to: Emitter, term: Term, place: Location | None) -> Location:
    """Zeros in this place, or else in a new array; in memory that is not shared they stand."""
    if place is None:
        return to.new(term, f"np.zeros({term.shape}, np.{term.dtype.name})")
    if place.slot is None or place.slot.shared:
        to.body(f"{place.name}.fill(0)")
    return place


@_writes(structural.concatenate_op)
def _concatenate(to: Emitter, term: Term) -> Location:
    if to.begun(term):
        return _join(to, term)
    parts = ", ".join([to.operand(arg, term.dtype) for arg in term.args])
    call = f"{to.code.of_numpy('concatenate')}(({parts},), {term.settings['axis']}"
    return _into(to, term, call, to.destination(term))


def _join(to: Emitter, term: Term) -> Location:
    """Parts that have been computed in their places already; the others are copied there."""
    start = 0
    for arg in term.args:
        source = arg
        while source.op is structural.reshape_op:
            source = source.args[0]
        if to.places[source].home != (term, start):
            place = to.part(term, start, arg.shape, None)
            to.copy(place.name, to.operand(arg, term.dtype))
        start += arg.size
    return to.joined(term)
