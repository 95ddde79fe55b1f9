"""How operations on arrays are written in NumPy, with their results in memory made once.

Those of which NumPy makes a new array at each run are in `calls`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.graph import Op
from autograd.jit import packing
from autograd.jit.lowering import calls
from autograd.jit.lowering.arrays import Arrays, Place, sizes
from autograd.jit.lowering.plan import is_basic, is_view
from autograd.jit.terms import Term
from autograd.ops import elementwise as e
from autograd.ops import kinds, products, reductions, running, structural

Writer = Callable[[Arrays, Term], Place]
_WRITERS: dict[Op, Writer] = {}


def statement(to: Arrays, term: Term) -> Place:
    """Write the lines that compute a term, and say where it then is."""
    assert term.op is not None
    if is_view(term):
        return _view(to, term)
    if term.scalar and term.op is not packing.entry:  # not into memory: it is one of Python's
        return calls.call(to, term)
    writer = _WRITERS.get(term.op)
    if writer is not None:
        return writer(to, term)
    kernel = term.op.kernel
    if (
        isinstance(kernel, np.ufunc)
        and not term.settings
        and vars(np).get(kernel.__name__) is kernel
    ):
        return _ufunc(to, term, kernel.__name__)
    return calls.call(to, term)


def _writes(*ops: Op) -> Callable[[Writer], Writer]:
    def enter(writer: Writer) -> Writer:
        _WRITERS.update(dict.fromkeys(ops, writer))
        return writer

    return enter


def _into(to: Arrays, place: Place | None, call: str, *, name: str) -> Place:
    """A call whose last argument is where the result goes, or which makes a new array."""
    if place is None:
        to.body(f"{name} = {call})")
        return Place(name)
    # Positions are faster than names; these two functions alone insist on the name.
    out = "out=" if call.startswith(("maximum(", "minimum(")) else ""
    to.body(f"{call}, {out}{place.name})")
    return place


# --------------------------------------------------------------------------------------------------
# Entry by entry


def _ufunc(to: Arrays, term: Term, function: str) -> Place:
    kinds = {arg.dtype for arg in term.args if not arg.scalar}
    dtype = kinds.pop() if len(kinds) == 1 else None
    operands = ", ".join([to.operand(arg, dtype or arg.dtype) for arg in term.args])
    place = to.destination(term, reuse=term.args)
    return _into(to, place, f"{to.code.of_numpy(function)}({operands}", name=to.name(term))


@_writes(kinds.chain, kinds.closed)
def _product(to: Arrays, term: Term) -> Place:
    return _ufunc(to, term, "multiply")


@_writes(e.reciprocal)
def _reciprocal(to: Arrays, term: Term) -> Place:
    return _ufunc(to, term, "reciprocal")


@_writes(e.pow)
def _power(to: Arrays, term: Term) -> Place:
    exponent = term.args[1]
    function = (
        {0.5: "sqrt", -1.0: "reciprocal"}.get(exponent.example)
        if exponent.scalar and exponent.constant
        else None
    )
    if function is None:
        return _ufunc(to, term, "power")
    place = to.destination(term, reuse=term.args[:1])
    base = to.places[term.args[0]].name
    return _into(to, place, f"{to.code.of_numpy(function)}({base}", name=to.name(term))


@_writes(e.where)
def _where(to: Arrays, term: Term) -> Place:
    operands = [to.operand(term.args[0], np.dtype(bool))]
    operands += [to.operand(arg, term.dtype) for arg in term.args[1:]]
    place = to.destination(term)
    if place is None:
        call = f"{to.code.of_numpy('where')}({', '.join(operands)})"
        if term.dtype != np.float64 and all(arg.scalar for arg in term.args[1:]):
            call += f".astype(np.{term.dtype.name})"
        to.body(f"{to.name(term)} = {call}")
        return Place(to.name(term))
    copyto = to.code.of_numpy("copyto")
    to.body(f"{copyto}({place.name}, {operands[2]})")
    to.body(f"{copyto}({place.name}, {operands[1]}, where={operands[0]})")
    return place


@_writes(structural.cast_op)
def _cast(to: Arrays, term: Term) -> Place:
    place = to.destination(term)
    name = to.places[term.args[0]].name
    if place is None:
        dtype = f"np.{_word(term.dtype)}"
        if term.args[0].scalar:
            to.body(f"{to.name(term)} = np.array({name}, {dtype})")
        else:
            to.body(f"{to.name(term)} = {name}.astype({dtype})")
        return Place(to.name(term))
    to.body(f"{to.code.of_numpy('copyto')}({place.name}, {name}, 'unsafe')")
    return place


# --------------------------------------------------------------------------------------------------
# Python's numbers into arrays, and out of them

_LISTED = 4
"""So many numbers out of one array are faster had as a list."""


@_writes(packing.pack)
def _pack(to: Arrays, term: Term) -> Place:
    operands = ", ".join([to.places[arg].name for arg in term.args])
    place = to.destination(term)
    if place is None:
        to.body(f"{to.name(term)} = np.array([{operands}])")
        return Place(to.name(term))
    fill = to.once(None, f'Struct("{term.size}d").pack_into')
    to.body(f"{fill}({place.name}, 0, {operands})")
    return place


@_writes(packing.entry)
def _entry(to: Arrays, term: Term) -> Place:
    (x,) = term.args
    place, index = to.places[x], term.settings["index"]
    if to.entries[x] < _LISTED:
        to.body(f"{to.name(term)} = {place.name}.item({index})")
        return Place(to.name(term))
    name = to.listed.get(x)
    if name is None:
        name = to.listed[x] = f"list{len(to.listed)}"
        to.body(f"{name} = {place.name}{'' if x.ndim == 1 else '.reshape(-1)'}.tolist()")
    return Place(f"{name}[{index}]")


# --------------------------------------------------------------------------------------------------
# Views


def _view(to: Arrays, term: Term) -> Place:
    (arg,) = term.args
    source = to.places[arg]
    expression = _arranged(term, source.name)
    within = to.plan.uses[term] == 1 and source.name.isidentifier() and len(expression) < 40
    if source.fixed is None:
        if within:
            return Place(expression, None, source.slot)
        to.body(f"{to.name(term)} = {expression}")
        return Place(to.name(term), None, source.slot)
    arranged = _rearrange(term, source.fixed)
    if np.may_share_memory(arranged, source.fixed) or not arranged.size:
        name = expression if within and to.readable else to.once(term, expression)
        return Place(name, arranged, source.slot)
    # A reshape of what does not lie in order: it has to be copied at each run.
    place = to.destination(term)
    if place is None:
        to.body(f"{to.name(term)} = {expression}")
        return Place(to.name(term))
    flat = to.once(None, f"{place.name}.reshape({sizes(arg.shape)})")
    to.body(f"{to.code.of_numpy('copyto')}({flat}, {source.name})")
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


def _arranged(term: Term, name: str) -> str:
    settings = term.settings
    if term.op is structural.reshape_op:
        return f"{name}.reshape({sizes(settings['shape'])})"
    if term.op is structural.transpose_op:
        return f"{name}.T" if term.ndim == 2 else f"{name}.transpose({settings['axes']})"
    if term.op is structural.broadcast_op:
        return f"np.broadcast_to({name}, {tuple(settings['shape'])})"
    return f"{name}[{', '.join(map(_part, _key(settings['key'], term)))}]"


def _part(part: Any) -> str:
    """A part of an index as it is written between brackets."""
    if part is Ellipsis:
        return "..."
    if isinstance(part, slice):
        first, last, step = (
            "" if n is None else str(n) for n in (part.start, part.stop, part.step)
        )
        return f"{first}:{last}" + (f":{step}" if step else "")
    return "None" if part is None else str(int(part))


# --------------------------------------------------------------------------------------------------
# Sums and extremes

_MOST_BY_DOT = 4096
"""So many numbers are added up by a product with ones, which is faster; more, by halves, which
loses fewer digits."""


def _axes(term: Term, x: Term) -> tuple[int, ...]:
    return structural.normalize_axis(term.settings["axis"], x.ndim)


@_writes(structural.sum_op)
def _sum(to: Arrays, term: Term) -> Place:
    (x,) = term.args
    if x.scalar:
        return calls.call(to, term)
    axes = _axes(term, x)
    if x.dtype.kind == "f" and x.ndim == 2 and len(axes) == 1:
        (axis,) = axes
        if x.shape[axis] <= _MOST_BY_DOT:
            return _sum_by_dot(to, term, x, axis)
    return _reduce(to, term, "add")


def _sum_by_dot(to: Arrays, term: Term, x: Term, axis: int) -> Place:
    name = f"ones{x.shape[axis]}_{x.dtype.name}"
    line = f"{name} = np.ones({x.shape[axis]}, np.{x.dtype.name})"
    if line not in to.code.setup:
        to.code.setup.append(line)
    source = to.places[x].name
    call = f"{name}.dot({source}" if axis == 0 else f"{source}.dot({name}"
    if not term.settings["keepdims"]:
        return _into(to, to.destination(term), call, name=to.name(term))
    place = to.destination(term)
    if place is None:
        to.body(f"{to.name(term)} = {call}).reshape({sizes(term.shape)})")
        return Place(to.name(term))
    flat = to.once(None, f"{place.name}.reshape(-1)")
    to.body(f"{call}, {flat})")
    return place


def _reduce(to: Arrays, term: Term, function: str) -> Place:
    axis = term.settings["axis"]
    keepdims = term.settings["keepdims"]
    call = f"{to.code.of_numpy(function)}.reduce({to.places[term.args[0]].name}, {axis}, None"
    place = to.destination(term)
    out = "None" if place is None else place.name
    call += f", {out}, {keepdims})" if keepdims else f", {out})" if place else ")"
    to.body(call if place else f"{to.name(term)} = {call}")
    return place or Place(to.name(term))


@_writes(reductions.max_op)
def _max(to: Arrays, term: Term) -> Place:
    return calls.call(to, term) if term.args[0].scalar else _reduce(to, term, "maximum")


@_writes(reductions.min_op)
def _min(to: Arrays, term: Term) -> Place:
    return calls.call(to, term) if term.args[0].scalar else _reduce(to, term, "minimum")


@_writes(running.prod_op)
def _prod(to: Arrays, term: Term) -> Place:
    return calls.call(to, term) if term.args[0].scalar else _reduce(to, term, "multiply")


# --------------------------------------------------------------------------------------------------
# Products


@_writes(products.matmul_op)
def _matmul(to: Arrays, term: Term) -> Place:
    x, y = term.args
    place = to.destination(term)
    in_order = place is None or place.fixed.flags.c_contiguous
    if max(x.ndim, y.ndim) <= 2 and x.dtype == y.dtype and in_order:
        call = f"{to.places[x].name}.dot({to.places[y].name}"
    else:
        call = f"{to.code.of_numpy('matmul')}({to.places[x].name}, {to.places[y].name}"
    return _into(to, place, call, name=to.name(term))


# --------------------------------------------------------------------------------------------------
# Entries by number


@_writes(structural.index_op)
def _pick(to: Arrays, term: Term) -> Place:
    (x,) = term.args
    key = term.settings["key"]
    parts = key if isinstance(key, tuple) else (key,)
    before, numbers = parts[:-1], parts[-1]
    axis = len(before)
    simple = (
        all(part == slice(None) for part in before if isinstance(part, slice))
        and all(isinstance(part, slice) for part in before)
        and isinstance(numbers, np.ndarray)
        and numbers.dtype.kind in "iu"
    )
    if not simple or x.scalar:
        return calls.call(to, term)
    if not x.shape[axis]:
        return calls.call(to, term)
    places = np.where(numbers < 0, numbers + x.shape[axis], numbers).astype(np.intp)
    name = to.constant(places)
    place = to.destination(term)
    source = to.places[x].name
    if place is None:
        to.body(f"{to.name(term)} = {source}.take({name}, {axis})")
        return Place(to.name(term))
    to.body(f"{source}.take({name}, {axis}, {place.name}, 'clip')")
    return place


@_writes(structural.scatter_op)
def _scatter(to: Arrays, term: Term) -> Place:
    """Into an array of zeros that only this term writes to, so that the zeros stay."""
    (x,) = term.args
    key = term.settings["key"]
    if x.scalar:
        return calls.call(to, term)
    if not is_basic(key):
        return _scatter_by_number(to, term)
    place = to.destination(term, shared=False)
    inside = f"[{', '.join(map(_part, _key(key, x)))}]"
    if place is None or term in to.sinks:
        if place is None:
            to.body(f"{to.name(term)} = np.zeros({term.shape}, np.{_word(term.dtype)})")
            place = Place(to.name(term))
        else:
            to.body(f"{place.name}.fill(0)")
        to.body(f"{place.name}{inside} = {to.places[x].name}")
        return place
    part = to.once(None, f"{place.name}{inside}")
    to.body(f"{to.code.of_numpy('copyto')}({part}, {to.places[x].name})")
    place.whole = False
    return place


def _scatter_by_number(to: Arrays, term: Term) -> Place:
    """The same where the places are listed, and none of them twice."""
    (x,) = term.args
    places = np.arange(term.size).reshape(term.shape)[term.settings["key"]].ravel()
    if len(np.unique(places)) != len(places) or term in to.sinks:
        return calls.call(to, term)
    place = to.destination(term, shared=False)
    if place is None:
        to.body(f"{to.name(term)} = np.zeros({term.shape}, np.{_word(term.dtype)})")
        place = Place(to.name(term))
    to.body(f"{place.name}.put({to.constant(places)}, {to.places[x].name})")
    place.whole = False
    return place


def _word(dtype: np.dtype[Any]) -> str:
    return "bool" if dtype.kind == "b" else dtype.name


@_writes(structural.concatenate_op)
def _concatenate(to: Arrays, term: Term) -> Place:
    if any(whole is term for whole, _ in to.plan.homes.values()):
        return _join(to, term)
    parts = ", ".join([to.operand(arg, term.dtype) for arg in term.args])
    call = f"{to.code.of_numpy('concatenate')}(({parts},), {term.settings['axis']}"
    return _into(to, to.destination(term), call, name=to.name(term))


def _join(to: Arrays, term: Term) -> Place:
    """Parts that have been computed in their places already, and others that are copied there."""
    start = 0
    for arg in term.args:
        source = arg
        while source.op is structural.reshape_op:
            source = source.args[0]
        if to.plan.homes.get(source) != (term, start) or to.places[source].slot is not None:
            place = to.part(term, start, arg.shape, None)
            name = to.operand(arg, term.dtype)
            to.body(f"{to.code.of_numpy('copyto')}({place.name}, {name})")
        start += arg.size
    return to.joined(term)
