"""Vector spaces: zeros, a basis, sums and inner products of arrays and of containers of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, Final

import numpy as np

from autograd.engine.graph import Node
from autograd.plain import getval
from autograd.trees import flatten


class VSpace:
    """The space of all values like one that is given.

    A subclass is registered for the types of its values, which `vspace` then finds:
    `VSpace.register(kind, maker)`, or `Subclass.register(kind)`.
    """

    __slots__: tuple[str, ...] = ()
    mappings: ClassVar[dict[Any, Callable[[Any], VSpace]]] = {}
    """By type of value, what makes its space."""
    iscomplex = False
    shape: Any
    size: int

    def __init__(self, value: Any) -> None:
        """The space of `value`, of which only the form matters."""

    def zeros(self) -> Any:
        """The origin."""
        raise NotImplementedError(f"{type(self).__name__}.zeros")

    def ones(self) -> Any:
        """One in every place."""
        raise NotImplementedError(f"{type(self).__name__}.ones")

    def standard_basis(self) -> Iterator[Any]:
        """The unit vectors, one by one."""
        raise NotImplementedError(f"{type(self).__name__}.standard_basis")

    def randn(self) -> Any:
        """Independent standard normal numbers, from NumPy's global generator."""
        raise NotImplementedError(f"{type(self).__name__}.randn")

    def add(self, x_prev: Any, x_new: Any) -> Any:
        """x + y."""
        return self._add(x_prev, x_new)

    def mut_add(self, x_prev: Any, x_new: Any) -> Any:
        """x + y, which may be written into x; None stands for zeros."""
        return self._mut_add(self.zeros() if x_prev is None else x_prev, x_new)

    def scalar_mul(self, x: Any, a: Any) -> Any:
        """a x."""
        return self._scalar_mul(x, a)

    def inner_prod(self, x: Any, y: Any) -> Any:
        """⟨x, y⟩, a real number."""
        return self._inner_prod(x, y)

    def covector(self, x: Any) -> Any:
        """The linear form that x stands for: its complex conjugate."""
        return self._covector(x)

    def _add(self, x: Any, y: Any) -> Any:
        return x + y

    def _mut_add(self, x: Any, y: Any) -> Any:
        if isinstance(y, Node):
            return x + y
        x += y
        return x

    def _scalar_mul(self, x: Any, a: Any) -> Any:
        return x * a

    def _inner_prod(self, x: Any, y: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}.inner_prod")

    def _covector(self, x: Any) -> Any:
        return x

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    __hash__: Any = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}_{self.__dict__}"

    @classmethod
    def register(cls, value_type: Any, vspace_maker: Callable[[Any], VSpace] | None = None) -> None:
        """Let values of this type live in spaces that the maker, or this class, makes of them."""
        VSpace.mappings[value_type] = vspace_maker or cls


def vspace(value: Any) -> Any:
    """The space that a value lives in: a number, an array, a node, or a container of them.

    Raises TypeError for a value of a type that is not registered.

    >>> import numpy as np
    >>> from autograd.extend import vspace
    >>> space = vspace({"w": np.ones((2, 3)), "b": 0.5})
    >>> space.size
    7
    >>> space.inner_prod(space.ones(), space.ones())
    np.float64(7.0)
    """
    maker = VSpace.mappings.get(type(value))
    if maker is not None:
        return maker(value)
    if isinstance(value, Node):
        return vspace(getval(value))
    for base, maker in _BASES.items():
        if isinstance(value, base):
            return maker(value)
    raise TypeError(
        f"no vector space is known for {value!r} of type {type(value).__name__}: register one with "
        "VSpace.register"
    )


# --------------------------------------------------------------------------------------------------
# Arrays


class ArrayVSpace(VSpace):
    """Arrays of real numbers, of one shape and type."""

    def __init__(self, value: Any) -> None:
        value = np.asarray(getval(value))
        self.shape: Any = value.shape
        self.dtype: Any = value.dtype

    @property
    def size(self) -> int:  # type: ignore[override]
        """The number of dimensions of the space."""
        return int(np.prod(self.shape))

    @property
    def ndim(self) -> int:
        """The number of axes of the arrays."""
        return len(self.shape)

    def zeros(self) -> Any:
        return np.zeros(self.shape, self.dtype)

    def ones(self) -> Any:
        return np.ones(self.shape, self.dtype)

    def standard_basis(self) -> Iterator[Any]:
        for place in np.ndindex(*self.shape):
            unit = self.zeros()
            unit[place] = 1
            yield unit

    def randn(self) -> Any:
        return np.array(np.random.randn(*self.shape)).astype(self.dtype)  # noqa: NPY002

    def _inner_prod(self, x: Any, y: Any) -> Any:
        return np.dot(np.ravel(x), np.ravel(y))


class ComplexArrayVSpace(ArrayVSpace):
    """Arrays of complex numbers, as a space over the real ones of twice the dimension."""

    iscomplex = True

    @property
    def size(self) -> int:  # type: ignore[override]
        return 2 * int(np.prod(self.shape))

    def ones(self) -> Any:
        return np.full(self.shape, 1 + 1j, self.dtype)

    def standard_basis(self) -> Iterator[Any]:
        for unit in super().standard_basis():
            yield unit
            yield 1j * unit

    def randn(self) -> Any:
        return super().randn() + 1j * super().randn()

    def _inner_prod(self, x: Any, y: Any) -> Any:
        return np.real(np.dot(np.conj(np.ravel(x)), np.ravel(y)))

    def _covector(self, x: Any) -> Any:
        return np.conj(x)


def _of_array(value: Any) -> ArrayVSpace:
    return ComplexArrayVSpace(value) if np.iscomplexobj(getval(value)) else ArrayVSpace(value)


# --------------------------------------------------------------------------------------------------
# Containers


class ContainerVSpace(VSpace):
    """Containers of one form; `shape` is a container of the spaces of its parts."""

    def __init__(self, value: Any) -> None:
        self.shape: Any = self._like(value, [vspace(part) for part in self._values(value)])

    def _values(self, x: Any) -> Any:
        """The parts."""
        raise NotImplementedError

    def _keys(self) -> Iterable[Any]:
        """The places of the parts."""
        raise NotImplementedError

    def _like(self, x: Any, parts: list[Any]) -> Any:
        """A container of the form of x, with other parts."""
        raise NotImplementedError

    def _map(self, f: Callable[..., Any], *containers: Any) -> Any:
        parts = zip(self._values(self.shape), *map(self._values, containers), strict=True)
        return self._like(self.shape, [f(*part) for part in parts])

    def _subval(self, xs: Any, place: Any, x: Any) -> Any:
        pairs = zip(self._keys(), self._values(xs), strict=True)
        return self._like(self.shape, [x if key == place else part for key, part in pairs])

    @property
    def size(self) -> int:  # type: ignore[override]
        return sum(space.size for space in self._values(self.shape))

    def zeros(self) -> Any:
        return self._map(lambda space: space.zeros())

    def ones(self) -> Any:
        return self._map(lambda space: space.ones())

    def randn(self) -> Any:
        return self._map(lambda space: space.randn())

    def standard_basis(self) -> Iterator[Any]:
        for key, space in zip(self._keys(), self._values(self.shape), strict=True):
            for unit in space.standard_basis():
                yield self._subval(self.zeros(), key, unit)

    def _add(self, x: Any, y: Any) -> Any:
        return self._map(lambda space, x, y: space.add(x, y), x, y)

    def _mut_add(self, x: Any, y: Any) -> Any:
        return self._map(lambda space, x, y: space.mut_add(x, y), x, y)

    def _scalar_mul(self, x: Any, a: Any) -> Any:
        return self._map(lambda space, x: space.scalar_mul(x, a), x)

    def _inner_prod(self, x: Any, y: Any) -> Any:
        return sum(self._values(self._map(lambda space, x, y: space.inner_prod(x, y), x, y)))

    def _covector(self, x: Any) -> Any:
        return self._map(lambda space, x: space.covector(x), x)


class SequenceVSpace(ContainerVSpace):
    """Lists or tuples."""

    seq_type: Callable[..., Any] = tuple

    def _values(self, x: Any) -> Any:
        return x

    def _keys(self) -> Iterable[Any]:
        return range(len(self.shape))

    def _like(self, x: Any, parts: list[Any]) -> Any:
        return self.seq_type(parts)


class ListVSpace(SequenceVSpace):
    """Lists."""

    seq_type: Any = list


class TupleVSpace(SequenceVSpace):
    """Tuples."""


class NamedTupleVSpace(SequenceVSpace):
    """Named tuples, such as the results of numpy.linalg."""

    def __init__(self, value: Any) -> None:
        self.seq_type: Any = type(value)
        super().__init__(value)

    def _like(self, x: Any, parts: list[Any]) -> Any:
        return self.seq_type(*parts)


class DictVSpace(ContainerVSpace):
    """Dicts with the same keys."""

    def _values(self, x: Any) -> Any:
        return [x[key] for key in self.shape] if hasattr(self, "shape") else x.values()

    def _keys(self) -> Iterable[Any]:
        return self.shape

    def _like(self, x: Any, parts: list[Any]) -> Any:
        return dict(zip(x, parts, strict=True))


def _of_tuple(value: Any) -> VSpace:
    return NamedTupleVSpace(value) if hasattr(value, "_fields") else TupleVSpace(value)


_BASES: dict[type, Callable[[Any], VSpace]] = {
    np.ndarray: _of_array,
    tuple: _of_tuple,
    list: ListVSpace,
    dict: DictVSpace,
}
VSpace.mappings |= _BASES
REAL: Final = (float, np.longdouble, np.float64, np.float32, np.float16)
COMPLEX: Final = (complex, np.clongdouble, np.complex64, np.complex128)
VSpace.mappings |= dict.fromkeys(REAL, ArrayVSpace)
VSpace.mappings |= dict.fromkeys(COMPLEX, ComplexArrayVSpace)


# --------------------------------------------------------------------------------------------------
# Sparse cotangents


class SparseObject:
    """A cotangent that is zero but in a few places.

    vs: the space it lives in.
    mut_add: the function that adds it to a dense one, in place.
    """

    __slots__ = ("mut_add", "vs")

    def __init__(self, vs: VSpace, mut_add: Callable[[Any], Any]) -> None:
        self.vs: VSpace = vs
        self.mut_add: Any = mut_add


VSpace.register(SparseObject, lambda sparse: sparse.vs)


def sparse_add(vs: VSpace, x_prev: Any, x_new: SparseObject) -> Any:
    """The dense cotangent `x_prev` (None for zeros) plus the sparse one."""
    return x_new.mut_add(vs.zeros() if x_prev is None else x_prev)


def dense(x: Any) -> Any:
    """A sparse cotangent as a dense one; anything else as it is."""
    return sparse_add(x.vs, None, x) if isinstance(x, SparseObject) else x


def holds_nodes(x: Any) -> bool:
    """Whether x is a node, or a list, tuple or dict with a node in it."""
    return isinstance(x, Node) or (
        isinstance(x, list | tuple | dict) and any(isinstance(leaf, Node) for leaf in flatten(x)[0])
    )


def spread(share: Any, like: Any) -> list[Any]:
    """The leaves of a cotangent of the container `like`, one for each of its own leaves.

    None stands for zeros. Where a list or tuple is due, an array will do: its rows are the parts.
    """
    if not isinstance(like, list | tuple | dict):
        return [share]
    if share is None:
        return [None] * len(flatten(like)[0])
    try:
        if len(share) != len(like):
            raise TypeError
        parts = [share[key] for key in (like if isinstance(like, dict) else range(len(like)))]
    except (KeyError, TypeError):
        raise TypeError(
            f"the cotangent of a {type(like).__name__} of {len(like)} has the same form, and a "
            f"rule returned {share!r}"
        ) from None
    inner = like.values() if isinstance(like, dict) else like
    return [leaf for part, kind in zip(parts, inner, strict=True) for leaf in spread(part, kind)]
