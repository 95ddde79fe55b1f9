"""HIPS autograd's `numpy_wrapper`: the functions of `autograd.numpy`, and how they are made."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

import numpy as _np

import autograd.numpy as _anp
from autograd.hips.primitives import primitive
from autograd.plain import getval as _getval
from autograd.plain import notrace_primitive

numpy_version: str = _np.__version__
notrace_functions: list[Any] = [_np.ndim, _np.shape, _np.iscomplexobj, _np.result_type]
"""Functions that only look at a node."""


def wrap_namespace(old: dict[str, Any], new: MutableMapping[str, Any]) -> None:
    """Put what `old` has into `new`: functions as primitives, numbers as they are.

    >>> import numpy as np
    >>> from autograd.extend import defvjp
    >>> from autograd.numpy.numpy_wrapper import wrap_namespace
    >>> new = {}
    >>> wrap_namespace({"cbrt": np.cbrt, "pi": np.pi}, new)
    >>> sorted(new)
    ['cbrt', 'pi']
    """
    known: dict[int, Any] = {}
    for name, thing in old.items():
        if thing in notrace_functions if callable(thing) else False:
            known.setdefault(id(thing), notrace_primitive(thing))
        elif callable(thing) and not isinstance(thing, type):
            known.setdefault(id(thing), primitive(thing))
        elif isinstance(thing, float | int | type | None):
            known.setdefault(id(thing), wrap_intdtype(thing) if thing in _INTEGERS else thing)
        else:
            continue
        new[name] = known[id(thing)]


_INTEGERS: frozenset[Any] = frozenset((_np.int8, _np.int16, _np.int32, _np.int64, _np.integer))


def wrap_intdtype(cls: Any) -> Any:
    """A type of integers that takes nodes, of which it takes the data."""

    class Integer(cls):  # type: ignore[misc]
        """An integer."""

        def __new__(cls: Any, *args: Any) -> Any:
            return cls.__mro__[1](*map(_getval, args))

    return Integer


def concatenate_args(axis: Any, *args: Any) -> Any:
    """`concatenate` of arrays that are arguments.

    >>> from autograd.numpy.numpy_wrapper import concatenate_args
    >>> concatenate_args(0, [1.0], [2.0])
    array([1., 2.])
    """
    return _anp.concatenate(args, axis=axis)


def array_from_args(array_args: Any, array_kwargs: Any, *args: Any) -> Any:
    """`array` of things that are arguments.

    >>> from autograd.numpy.numpy_wrapper import array_from_args
    >>> array_from_args((), {}, 1.0, 2.0)
    array([1., 2.])
    """
    return _anp.array(args, *array_args, **array_kwargs)


def wrap_if_boxes_inside(raw_array: Any, slow_op_name: str | None = None) -> Any:
    """An array of objects as one node, where nodes are among them; another array as it is."""
    if raw_array.dtype != object:
        return raw_array
    return _anp.reshape(_anp.array(list(raw_array.ravel())), raw_array.shape)


def metadata(A: Any) -> tuple[tuple[int, ...], int, Any, bool]:
    """Shape, number of axes, type, and whether it is complex.

    >>> from autograd.numpy.numpy_wrapper import metadata
    >>> metadata(2.0)
    ((), 0, dtype('float64'), False)
    """
    data = _getval(A)
    return _np.shape(data), _np.ndim(data), _np.result_type(data), _np.iscomplexobj(data)


def _astype(A: Any, dtype: Any, *args: Any, **kwargs: Any) -> Any:
    """A in another type."""
    return A.astype(dtype, *args, **kwargs)


def parse_einsum_input(*args: Any) -> Any:
    """The subscripts of the arguments and of the result, and the arguments, of `einsum(*args)`."""
    parse: Callable[..., Any] = _np.einsum_path.__wrapped__.__globals__["_parse_einsum_input"]  # type: ignore[attr-defined]
    return parse([_getval(arg) for arg in args])


def __getattr__(name: str) -> Any:
    """The functions of `autograd.numpy`."""
    return getattr(_anp, name)
