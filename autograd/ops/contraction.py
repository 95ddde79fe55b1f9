"""`einsum`: parse NumPy's subscripts, and contract the operands two at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_letters
from typing import Any, Final

import numpy as np

from autograd.engine.graph import Array
from autograd.ops.diagonals import diagonal
from autograd.ops.products import einsum_op
from autograd.ops.structural import (
    Shape,
    as_array,
    cast,
    reshape_op,
    shape_of,
    sum_op,
    transpose_op,
)


def einsum(subscripts: Any, *operands: Any, optimize: Any = "greedy") -> Array:
    """Einstein summation: multiply the operands, and sum over the letters not in the result.

    subscripts: a letter for each axis of each operand, as in "ij,jk->ik", which is Σⱼ x[i, j]
        y[j, k]. Without "->" the result has the letters that occur once, in alphabetical order.
        "..." stands for axes that broadcast. A letter repeated in one operand takes its diagonal.
        Numbers of axes may stand for letters: einsum(x, [0, 1], y, [1, 2], [0, 2]).
    optimize: the order in which three or more operands are contracted: "greedy", True or "optimal"
        asks `numpy.einsum_path`, a path from it is followed, and False goes from left to right.

    The cotangent of an operand is the einsum of g with the other operands. Raises ValueError if
    subscripts and shapes do not match.

    >>> import numpy as np
    >>> from autograd import einsum, grad
    >>> einsum("ii", np.ones((3, 3)))
    np.float64(3.0)
    >>> grad(lambda x: einsum("i,ij,j", x, np.eye(2), x))(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    if not isinstance(subscripts, str):
        subscripts, operands = _lettered(subscripts, *operands)
    arrays = [as_array(operand) for operand in operands]
    order = tuple(optimize) if isinstance(optimize, list) else optimize
    plan = _plan(subscripts, tuple([shape_of(array) for array in arrays]), order)
    arrays = [term.simplify(array) for term, array in zip(plan.terms, arrays, strict=True)]
    for first, second, pair in plan.pairs:
        x, y = arrays[first], arrays[second]
        arrays = [array for n, array in enumerate(arrays) if n not in (first, second)]
        arrays.append(einsum_op(x, y, subscripts=pair))
    (array,) = arrays
    return array if plan.axes is None else transpose_op(array, axes=plan.axes)


class _Term:
    """The letters of an operand, and the steps that simplify it, until no letter is repeated, no
    axis broadcasts, and every letter to be summed over occurs in another operand.
    """

    def __init__(self, letters: str, shape: Shape) -> None:
        self.letters = letters
        self.shape = shape
        self.diagonals: list[tuple[int, int]] = []
        self.lone: tuple[int, ...] = ()
        self.broadcasts = False

    def drop_broadcast(self, sizes: dict[str, int]) -> None:
        """Remove axes of length one whose letter has another size in another operand."""
        kept = [n for n, letter in enumerate(self.letters) if self.shape[n] == sizes[letter]]
        self.broadcasts = len(kept) < len(self.letters)
        self.letters = "".join([self.letters[n] for n in kept])
        self.shape = tuple([self.shape[n] for n in kept])

    def take_diagonals(self) -> None:
        """Keep each letter once; its diagonal becomes the last axis."""
        for letter in sorted(set(self.letters)):
            while self.letters.count(letter) > 1:
                first = self.letters.index(letter)
                second = self.letters.index(letter, first + 1)
                self.diagonals.append((first, second))
                self.letters = self.letters.replace(letter, "", 2) + letter

    def sum_lone(self, wanted: str) -> None:
        """Sum over the axes whose letters are not wanted elsewhere."""
        self.lone = tuple([n for n, letter in enumerate(self.letters) if letter not in wanted])
        self.letters = "".join([letter for letter in self.letters if letter in wanted])

    def simplify(self, array: Array) -> Array:
        """Apply these steps to the operand."""
        if self.broadcasts:
            array = reshape_op(array, shape=self.shape)
        for first, second in self.diagonals:
            array = diagonal(array, 0, first, second)
        if not self.lone:
            return array
        return cast(sum_op(array, axis=self.lone, keepdims=False), array.dtype)


@dataclass
class _Plan:
    terms: list[_Term]
    pairs: list[tuple[int, int, str]]
    """Which two operands to contract, and how; their product is appended to the operands."""
    axes: tuple[int, ...] | None


_LETTERS: Final[dict[Any, str]] = {Ellipsis: "...", **dict(enumerate(ascii_letters))}


def _lettered(*operands: Any) -> tuple[str, tuple[Any, ...]]:
    """Subscripts and arrays, from arrays that are each followed by the numbers of its axes."""
    count = len(operands) // 2
    try:
        terms = ["".join([_LETTERS[axis] for axis in axes]) for axes in operands[1::2]]
        result = ["".join([_LETTERS[axis] for axis in axes]) for axes in operands[2 * count :]]
    except (KeyError, TypeError) as error:
        raise TypeError(
            "einsum: subscripts must be a string, such as 'ij,jk->ik', or follow each array as a "
            "list of numbers from 0 to 51"
        ) from error
    return "->".join([",".join(terms), *result]), operands[: 2 * count : 2]


@lru_cache(maxsize=1024)
def _plan(subscripts: str, shapes: tuple[Shape, ...], optimize: Any) -> _Plan:
    """Everything that depends on subscripts and shapes alone."""
    letters, result = _parse(subscripts, shapes)
    sizes = _sizes(subscripts, letters, shapes)
    terms = [_Term(term, shape) for term, shape in zip(letters, shapes, strict=True)]
    for term in terms:
        term.drop_broadcast(sizes)
        term.take_diagonals()
    for term in terms:
        term.sum_lone(result + "".join([other.letters for other in terms if other is not term]))
    left = [term.letters for term in terms]
    pairs = []
    for first, second in _order(left, result, sizes, optimize):
        x, y = left[first], left[second]
        left = [term for n, term in enumerate(left) if n not in (first, second)]
        made = _made(x, y, result + "".join(left)) if left else result
        pairs.append((first, second, f"{x},{y}->{made}"))
        left.append(made)
    axes = tuple([left[0].index(letter) for letter in result])
    return _Plan(terms, pairs, None if left[0] == result else axes)


# --------------------------------------------------------------------------------------------------
# Parsing


def _parse(subscripts: str, shapes: Sequence[Shape]) -> tuple[list[str], str]:
    """The letters of each operand and of the result, with "..." replaced by letters."""
    text = subscripts.replace(" ", "")
    inputs, arrow, result = text.partition("->")
    terms = inputs.split(",")

    def refuse(why: str) -> ValueError:
        return ValueError(f"einsum: {subscripts!r} for shapes {list(shapes)}: {why}")

    if len(terms) != len(shapes):
        raise refuse(f"{len(terms)} terms for {len(shapes)} operands")
    for term in (*terms, result):
        if not set(term.replace("...", "", 1)) <= set(ascii_letters):
            raise refuse(f"{term!r} may hold letters and one '...' only")
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
        raise refuse("a letter of the result is repeated, or occurs in no operand")
    return terms, result


def _sizes(subscripts: str, terms: Sequence[str], shapes: Sequence[Shape]) -> dict[str, int]:
    """The size of each letter; a size of 1 broadcasts to any other."""
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        own = dict(zip(term, shape, strict=True))
        for letter, size in zip(term, shape, strict=True):
            known = sizes.get(letter, 1)
            if own[letter] != size or (known != size and 1 not in (known, size)):
                raise ValueError(
                    f"einsum: {subscripts!r} for shapes {list(shapes)}: {letter!r} stands for "
                    "different sizes"
                )
            sizes[letter] = size if known == 1 else known
    return sizes


# --------------------------------------------------------------------------------------------------
# Contracting two operands at a time


def _made(x: str, y: str, wanted: str) -> str:
    """The letters of the product of two operands, summed over the letters not wanted later."""
    shared = [letter for letter in x if letter in y and letter in wanted]
    left = [letter for letter in x if letter not in y]
    right = [letter for letter in y if letter not in x]
    return "".join(shared + left + right)


def _order(
    terms: Sequence[str], result: str, sizes: dict[str, int], optimize: Any
) -> list[tuple[int, int]]:
    """Which two operands to contract at each step; NumPy's steps of more are split into pairs."""
    count = len(terms)
    if count < 3 or optimize is False:
        return [(0, 1 if left == count else left - 1) for left in range(count, 1, -1)]
    views = [np.broadcast_to(0.0, tuple([sizes[letter] for letter in term])) for term in terms]
    subscripts = f"{','.join(terms)}->{result}"
    wish = list(optimize) if isinstance(optimize, tuple) else optimize
    pairs = []
    for step in np.einsum_path(subscripts, *views, optimize=wish)[0][1:]:
        places = sorted(step)
        for done, place in enumerate(places[1:], 1):
            pairs.append((places[0], place) if done == 1 else (place - done, count - 1))
            count -= 1
    return pairs
