"""Light in a plane, by finite differences: which material sends it to a place?

The solution of the sparse equations is a primitive, as photonics libraries write it.
"""

import scipy.sparse
import scipy.sparse.linalg

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd.extend import defvjp, primitive

size, wavelength = 40, 12.0
wave_number = 2 * np.pi / wavelength
line = scipy.sparse.diags([1.0, -2.0, 1.0], [-1, 0, 1], (size, size))
one = scipy.sparse.identity(size)
laplacian = scipy.sparse.kron(line, one) + scipy.sparse.kron(one, line)
depth = np.minimum(np.arange(size), np.arange(size)[::-1])
absorbing = 0.5 * np.maximum(0, 1 - np.minimum(depth[:, None], depth) / 6) ** 2
source, probe = np.zeros((size, size)), np.zeros((size, size))
source[size // 2, 8] = 1.0
probe[size // 3, size - 9] = 1.0


@primitive
def field(permittivity, current):
    """The electric field of a current; the matrix is symmetric."""
    matrix = laplacian + scipy.sparse.diags(wave_number**2 * permittivity)
    return scipy.sparse.linalg.splu(matrix.tocsc()).solve(current.astype(complex))


defvjp(
    field,
    lambda ans, permittivity, current: lambda g: -(wave_number**2) * ans * field(permittivity, g),
    lambda ans, permittivity, current: lambda g: field(permittivity, g),
)


def objective(density):
    permittivity = np.ravel(1.0 + 2.0 / (1.0 + np.exp(-density)) + 1j * absorbing)
    return -(np.abs(np.sum(probe.ravel() * field(permittivity, source.ravel()))) ** 2)


start = npr.RandomState(0).randn(size, size)
