"""Vector spaces: they have what a space has, and belong to the values that they are made of."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy
import pytest
from numpy.testing import assert_allclose

import autograd.numpy as np
from autograd import Tensor, grad
from autograd.builtins import container_untake
from autograd.core import sparse_add
from autograd.extend import SparseObject, VSpace, vspace
from autograd.numpy.numpy_vspaces import ArrayVSpace, ComplexArrayVSpace
from autograd.trees import flatten

Pair = namedtuple("Pair", ["left", "right"])
VALUES: list[Any] = [
    2.0,
    numpy.float32(2.0),
    numpy.ones((2, 3)),
    1.0 + 2.0j,
    numpy.ones(2, complex),
    [1.0, numpy.ones(2)],
    (1.0, [2.0, numpy.ones((1, 2))]),
    {"a": 1.0, "b": (numpy.ones(2, complex), 3.0)},
    Pair(1.0, numpy.ones(2)),
]


def close(x: Any, y: Any) -> None:
    for a, b in zip(flatten(x)[0], flatten(y)[0], strict=True):
        assert_allclose(a, b)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_space_has_a_basis_and_an_inner_product(value: Any) -> None:
    space = vspace(value)
    basis = list(space.standard_basis())
    assert len(basis) == space.size
    products = numpy.array([[space.inner_prod(a, b) for b in basis] for a in basis])
    assert_allclose(products, numpy.eye(space.size))
    x = space.randn()
    coordinates = [space.inner_prod(unit, x) for unit in basis]
    built = space.zeros()
    for coordinate, unit in zip(coordinates, basis, strict=True):
        built = space.mut_add(built, space.scalar_mul(unit, coordinate))
    close(built, x)
    close(space.add(x, space.scalar_mul(x, -1.0)), space.zeros())
    close(space.covector(space.covector(x)), x)
    assert vspace(x) == space
    assert repr(space).startswith(type(space).__name__)
    assert_allclose(space.inner_prod(space.ones(), space.ones()), space.size)


def test_spaces_of_different_values_differ() -> None:
    assert vspace(numpy.ones(2)) != vspace(numpy.ones(3))
    assert vspace([1.0]) != vspace((1.0,))
    assert vspace(1.0) != vspace(1.0j)


def test_a_node_lives_in_the_space_of_its_data() -> None:
    assert vspace(Tensor(numpy.ones(2))) == vspace(numpy.ones(2))
    assert isinstance(vspace(1j), ComplexArrayVSpace)

    def norm(x: Any) -> Any:
        space = vspace(x)
        return space.inner_prod(x, space.mut_add(None, x))

    assert_allclose(grad(norm)(numpy.array([3.0, 4.0])), [6.0, 8.0])


def test_a_space_of_ones_own_is_registered() -> None:
    class Tagged:
        pass

    with pytest.raises(TypeError, match="of type Tagged: register one"):
        vspace(Tagged())
    VSpace.register(Tagged, lambda value: ArrayVSpace(numpy.zeros(2)))
    ArrayVSpace.register(type(None))
    try:
        assert vspace(Tagged()).size == 2
        assert isinstance(vspace(None), ArrayVSpace)
    finally:
        del VSpace.mappings[Tagged], VSpace.mappings[type(None)]
    with pytest.raises(NotImplementedError, match=r"VSpace\.zeros"):
        VSpace(None).zeros()


def test_a_part_goes_back_to_its_place_in_a_container() -> None:
    close(container_untake(5.0, "b", vspace({"a": 1.0, "b": 2.0})), {"a": 0.0, "b": 5.0})
    close(container_untake(5.0, -1, vspace([1.0, 2.0])), [0.0, 5.0])
    close(container_untake((5.0,), slice(1, 2), vspace((1.0, 2.0, 3.0))), (0.0, 5.0, 0.0))


def test_a_sparse_cotangent_is_added_to_a_dense_one() -> None:
    def add(dense: Any) -> Any:
        dense[0] += 2.0
        return dense

    sparse = SparseObject(vspace(np.ones(2)), add)
    assert vspace(sparse) == vspace(np.ones(2))
    assert_allclose(sparse_add(sparse.vs, None, sparse), [2.0, 0.0])
    assert_allclose(sparse_add(sparse.vs, np.ones(2), sparse), [3.0, 1.0])
