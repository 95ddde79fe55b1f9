"""What a function cannot do while it is recorded, since a compiled program would do it only once.

What it asks of its numbers is in `trace`, and refused there.
"""

from __future__ import annotations

import operator
import random
import zlib
from collections.abc import Coroutine, Iterator, Sequence
from itertools import chain
from pickle import dumps
from types import GeneratorType
from typing import Any

import numpy as np

from autograd.engine.graph import Node
from autograd.jit.adapter import is_leaf
from autograd.jit.trace import JitError
from autograd.jit.watch import Place, attributes, changes, places
from autograd.trees import flatten


def states(found: Sequence[Any]) -> dict[Any, Any]:
    """Where generators and iterators stand, the hidden ones of Python and NumPy among them."""
    states: dict[Any, Any] = {
        "Python's": random.getstate(),
        "NumPy's": dumps(np.random.get_state()),  # noqa: NPY002  (only to see whether anybody drew)
    }
    for thing in found:
        if isinstance(thing, np.random.Generator):
            states[id(thing)] = dumps(thing.bit_generator.state)
        elif isinstance(thing, np.random.RandomState):
            states[id(thing)] = dumps(thing.get_state())
        elif isinstance(thing, random.Random):
            states[id(thing)] = thing.getstate()
        elif isinstance(thing, GeneratorType):
            states["iterator", id(thing)] = thing.gi_frame and thing.gi_frame.f_lasti
        elif isinstance(thing, Iterator):
            left = operator.length_hint(thing) if hasattr(thing, "__length_hint__") else ""
            states["iterator", id(thing)] = f"{left} {thing!r}"
    return states


def refuse_draws(before: dict[Any, Any], now: dict[Any, Any]) -> None:
    """Refuse what took items or drew random numbers: generators stand elsewhere `now`."""
    for key, state in now.items():
        if before[key] == state:
            continue
        if isinstance(key, tuple):
            raise JitError(
                "the function takes items from an iterator outside, and a compiled program would "
                "use those of the recording again and again: pass them as an argument"
            )
        raise JitError(
            "the function draws random numbers by itself, and a compiled program would use those "
            "of the recording again and again: draw them by sample(generator, f), or pass them as "
            "an argument"
        )


def checksums(found: Sequence[Any]) -> dict[int, Any]:
    """Something that tells whether arrays were written into, by their `id`."""
    arrays = {id(thing): thing for thing in found if isinstance(thing, np.ndarray)}
    return {key: _sum(array) for key, array in arrays.items() if array.dtype.kind in "fiub"}


_MOST_LOOKED_AT = 1 << 20


def _sum(array: Any) -> int:
    """A checksum of the array; of a large one of entries evenly apart, to be quick."""
    step = array.size // _MOST_LOOKED_AT + 1
    return zlib.crc32((array.reshape(-1)[::step] if step > 1 else array).tobytes())


def refuse_changes(
    watched: Sequence[Place], written: dict[int, Any], first: int, settled: bool
) -> None:
    """Refuse what gave places new contents, or wrote into arrays: `written` are their checksums.

    first: nodes from this number on were made since. settled: attributes cannot be new any more.
    """
    for place in watched:
        array = isinstance(place.found, np.ndarray) and id(place.found) in written
        there = attributes(place)
        if there is not None:
            computed = [thing for thing in there.values() if isinstance(thing, Node)]
            new = any(thing.index >= first for thing in computed)
            new = new or (settled and len(there) != place.found)
        else:
            new = any(changes([place])) or (array and _sum(place.found) != written[id(place.found)])
        if new:
            raise JitError(
                f"the function changes {place.name}, which is outside of it, while it runs; a "
                "compiled program would do so only once. Return the new value, or keep the change "
                "out of the compiled function"
            )


def refuse_hidden(result: Any, first: int) -> None:
    """Refuse what would be the same at each run though it holds computed numbers."""
    for leaf in flatten(result)[0]:
        if isinstance(leaf, Node) or is_leaf(leaf):
            continue
        around = chain.from_iterable(places([("the result", leaf)]).values())
        inside = [leaf, *[place.found for place in around]]
        hidden = any(isinstance(thing, Node) and thing.index >= first for thing in inside)
        if hidden or isinstance(leaf, Iterator | Coroutine):
            raise JitError(
                f"the function returns a {type(leaf).__name__}, in which a compiled program cannot "
                "put new numbers: return numbers and arrays, in lists, tuples and dicts"
            )
