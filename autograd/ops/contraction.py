"""`einsum`: it reads NumPy's subscripts and does with arrays two by two what they say."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from string import ascii_letters
from typing import Any, TypeAlias

import numpy as np

from autograd.graph import Array
from autograd.ops.diagonals import diagonal
from autograd.ops.products import einsum_op
from autograd.ops.structural import (
    Shape,
    as_array,
    reshape_op,
    shape_of,
    sum_op,
    transpose_op,
)

Operand: TypeAlias = tuple[str, Array]
"""A letter for each axis, and the array."""


def einsum(subscripts: str, *operands: Array, optimize: Any = "greedy") -> Array:
    """Einstein's sums: multiply entries with equal letters, and sum over letters not in the result.

    subscripts: letters for the axes of each operand, as in "ij,jk->ik". Without "->" the result has
        the letters that occur once, in alphabetical order. "..." stands for axes that broadcast. A
        letter twice in one operand takes its diagonal.
    optimize: in which order three and more operands are contracted, two by two: as found by
        `numpy.einsum_path` ("greedy", True, "optimal"), as its path says, or as written (False).

    Raises ValueError where subscripts and shapes do not fit.

    >>> import numpy as np
    >>> from autograd import einsum, grad
    >>> einsum("ii", np.ones((3, 3)))
    np.float64(3.0)
    >>> grad(lambda x: einsum("i,ij,j", x, np.eye(2), x))(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    if not isinstance(subscripts, str):
        raise TypeError("einsum: subscripts are needed as a string, such as 'ij,jk->ik'")
    arrays = [as_array(operand) for operand in operands]
    terms, result = _parse(subscripts, [shape_of(array) for array in arrays])
    parts = list(zip(terms, arrays, strict=True))
    parts = _drop_broadcast(parts, _sizes(subscripts, parts))
    parts = [_take_diagonals(part) for part in parts]
    parts = [
        _sum_lone(part, result + "".join([c for n, (c, _) in enumerate(parts) if n != number]))
        for number, part in enumerate(parts)
    ]
    for pair in _order(parts, result, optimize):
        x, y = (parts[number] for number in pair)
        parts = [part for number, part in enumerate(parts) if number not in pair]
        wanted = result + "".join([letters for letters, _ in parts])
        parts.append(_contract(x, y, wanted, result if not parts else None))
    ((letters, array),) = parts
    if letters == result:
        return array
    return transpose_op(array, axes=tuple([letters.index(c) for c in result]))


# --------------------------------------------------------------------------------------------------
# Reading


def _parse(subscripts: str, shapes: list[Shape]) -> tuple[list[str], str]:
    """A letter for each axis of each operand and of the result, without dots."""
    text = subscripts.replace(" ", "")
    inputs, arrow, result = text.partition("->")
    terms = inputs.split(",")

    def refuse(why: str) -> ValueError:
        return ValueError(f"einsum: {subscripts!r} for shapes {shapes}: {why}")

    if len(terms) != len(shapes):
        raise refuse(f"{len(terms)} terms for {len(shapes)} operands")
    for term in (*terms, result):
        if not set(term.replace("...", "", 1)) <= set(ascii_letters):
            raise refuse(f"{term!r} is not made of letters and one '...'")
    free = [c for c in ascii_letters if c not in text]
    hidden = []
    for term, shape in zip(terms, shapes, strict=True):
        hidden.append(len(shape) - len(term.replace("...", "")))
        if hidden[-1] < 0 or (hidden[-1] > 0 and "..." not in term):
            raise refuse(f"{term!r} does not name {len(shape)} axes")
    widest = max(hidden, default=0)
    if widest > len(free):
        raise refuse("there are more axes than letters")
    dots = "".join(free[:widest])
    terms = [term.replace("...", dots[widest - n :]) for term, n in zip(terms, hidden, strict=True)]
    letters = "".join(terms)
    if not arrow:
        result = dots + "".join(sorted([c for c in letters if letters.count(c) == 1 and c in text]))
        return terms, result
    if dots and "..." not in result:
        raise refuse("the result needs the '...' of the operands")
    result = result.replace("...", dots)
    if len(set(result)) < len(result) or not set(result) <= set(letters):
        raise refuse("a letter of the result is there twice, or in no operand")
    return terms, result


def _sizes(subscripts: str, parts: Sequence[Operand]) -> dict[str, int]:
    """The size that each letter stands for; 1 gives way to any other."""
    sizes: dict[str, int] = {}
    for letters, array in parts:
        for letter, size in zip(letters, shape_of(array), strict=True):
            known = sizes.get(letter, 1)
            if known not in (1, size) and size != 1:
                raise ValueError(
                    f"einsum: {subscripts!r} for shapes {[shape_of(a) for _, a in parts]}: "
                    f"{letter!r} is {known} and {size}"
                )
            sizes[letter] = size if known == 1 else known
    return sizes


# --------------------------------------------------------------------------------------------------
# Making each operand simple: no letter twice, none broadcast, none that is nowhere else


def _drop_broadcast(parts: list[Operand], sizes: dict[str, int]) -> list[Operand]:
    """Take out axes of length one whose letter is longer in another operand."""
    simple = []
    for letters, array in parts:
        shape = shape_of(array)
        kept = [a for a, c in enumerate(letters) if shape[a] == sizes[c]]
        if len(kept) < len(letters):
            array = reshape_op(array, shape=tuple([shape[a] for a in kept]))
            letters = "".join([letters[a] for a in kept])
        simple.append((letters, array))
    return simple


def _take_diagonals(part: Operand) -> Operand:
    letters, array = part
    for letter in sorted(set(letters)):
        while letters.count(letter) > 1:
            first = letters.index(letter)
            second = letters.index(letter, first + 1)
            array = diagonal(array, 0, first, second)
            letters = letters[:first] + letters[first + 1 : second] + letters[second + 1 :] + letter
    return letters, array


def _sum_lone(part: Operand, wanted: str) -> Operand:
    """Sum over the axes whose letters are not wanted elsewhere."""
    letters, array = part
    lone = tuple([a for a, c in enumerate(letters) if c not in wanted])
    if lone:
        array = sum_op(array, axis=lone, keepdims=False)
    return "".join([c for c in letters if c in wanted]), array


# --------------------------------------------------------------------------------------------------
# Two by two


def _contract(x: Operand, y: Operand, wanted: str, result: str | None) -> Operand:
    """The product of two operands, summed over what is not wanted; the letters in any order unless
    it is the result.
    """
    shared = [c for c in x[0] if c in y[0] and c in wanted]
    left = [c for c in x[0] if c not in y[0]]
    right = [c for c in y[0] if c not in x[0]]
    letters = "".join(shared + left + right) if result is None else result
    return letters, einsum_op(x[1], y[1], subscripts=f"{x[0]},{y[0]}->{letters}")


def _order(parts: Sequence[Operand], result: str, optimize: Any) -> Sequence[tuple[int, int]]:
    """Which two to contract at each step; what they make is put at the end."""
    if len(parts) < 3 or optimize is False:
        return [(0, 1 if n == len(parts) else n - 1) for n in range(len(parts), 1, -1)]
    subscripts = ",".join([letters for letters, _ in parts]) + "->" + result
    shapes = tuple([shape_of(array) for _, array in parts])
    if isinstance(optimize, bool | str):
        return _found_order(subscripts, shapes, optimize)
    return _pairs(subscripts, shapes, optimize)


def _pairs(subscripts: str, shapes: Sequence[Shape], optimize: Any) -> list[tuple[int, int]]:
    """NumPy's path, with a step of three and more operands taken two by two."""
    views = [np.broadcast_to(0.0, shape) for shape in shapes]
    count = len(shapes)
    pairs = []
    for step in np.einsum_path(subscripts, *views, optimize=optimize)[0][1:]:
        places = sorted(step)
        for done, place in enumerate(places[1:], 1):
            pairs.append((places[0], place) if done == 1 else (place - done, count - 1))
            count -= 1
    return pairs


_found_order = lru_cache(maxsize=1024)(_pairs)
