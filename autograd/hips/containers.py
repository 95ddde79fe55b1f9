"""Lists, tuples and dicts whose parts may be nodes, under HIPS autograd's names.

Nodes in Python's own containers keep their history, so these are what the classes make.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from typing import Any

from autograd.hips.boxes import getval


class _Like(builtins.type):
    """A class that makes instances of another, and takes them for its own."""

    made: builtins.type

    def __instancecheck__(cls, x: Any) -> bool:
        return builtins.isinstance(x, cls.made)


class list(builtins.list[Any], metaclass=_Like):
    """`list(xs)` is Python's list of them."""

    made: Any = builtins.list

    def __new__(cls, xs: Iterable[Any] = ()) -> Any:
        """A list."""
        return builtins.list(xs)


class tuple(builtins.tuple[Any, ...], metaclass=_Like):
    """`tuple(xs)` is Python's tuple of them."""

    made: Any = builtins.tuple

    def __new__(cls, xs: Iterable[Any] = ()) -> Any:
        """A tuple."""
        return builtins.tuple(xs)


class dict(builtins.dict[Any, Any], metaclass=_Like):
    """`dict(...)` is Python's dict."""

    made: Any = builtins.dict

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """A dict."""
        return builtins.dict(*args, **kwargs)


def isinstance(x: Any, kinds: Any) -> bool:
    """Whether x, or the data of the node x, is an instance of one of the classes.

    >>> import autograd.numpy as np
    >>> from autograd import Tensor
    >>> from autograd.builtins import isinstance
    >>> isinstance(Tensor([1.0]), np.ndarray), isinstance([1.0], np.ndarray)
    (True, False)
    """
    return builtins.isinstance(x, kinds) or builtins.isinstance(getval(x), kinds)


def type(x: Any) -> builtins.type[Any]:
    """The type of x, or of the data of the node x.

    >>> from autograd import Value
    >>> from autograd.builtins import type
    >>> type(Value(1.0))
    <class 'float'>
    """
    return builtins.type(getval(x))


def make_sequence(seq_type: Any, *args: Any) -> Any:
    """A list or tuple of the args."""
    return seq_type(args)


def container_take(A: Any, idx: Any) -> Any:
    """A[idx], of a list, tuple or dict."""
    return A[idx]


def container_untake(x: Any, idx: Any, vs: Any) -> Any:
    """Zeros of the space of a container, with x at `idx`: the transpose of `container_take`.

    >>> from autograd.builtins import container_untake
    >>> from autograd.extend import vspace
    >>> container_untake(5.0, 1, vspace((1.0, 2.0)))
    (array(0.), 5.0)
    """
    zeros = vs.zeros()
    if builtins.isinstance(zeros, builtins.dict):
        return vs._subval(zeros, idx, x)
    if not builtins.isinstance(idx, slice):
        return vs._subval(zeros, range(len(zeros))[idx], x)
    for place, part in zip(range(len(zeros))[idx], x, strict=True):
        zeros = vs._subval(zeros, place, part)
    return zeros


def sequence_extend_right(seq: Any, *elts: Any) -> Any:
    """The sequence with elements after it."""
    return seq + builtins.type(seq)(elts)


def sequence_extend_left(seq: Any, *elts: Any) -> Any:
    """The sequence with elements before it."""
    return builtins.type(seq)(elts) + seq


__all__ = [
    "container_take",
    "container_untake",
    "dict",
    "isinstance",
    "list",
    "make_sequence",
    "sequence_extend_left",
    "sequence_extend_right",
    "tuple",
    "type",
]
