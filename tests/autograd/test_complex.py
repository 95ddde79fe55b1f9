"""Complex numbers: derivatives by complex arguments, and the convention that they follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ad
import autograd.numpy as anp
from autograd import Tensor, Value, check_grads, grad, gradients, jacobian, jit, jvp, vjp, vmap
from tests.autograd.cases import KINDS, Case
from tests.autograd.numpy.cases import CASES as NUMPY
from tests.autograd.numpy.cases import FFT, LINALG
from tests.autograd.ops.test_table import leaves, numpy_function

Z = np.array([1.0 + 2.0j, -0.5j, 0.3 - 1.0j])
X = np.array([0.5, -1.0, 2.0])

ORDERED = """
clip elu hardtanh leaky_relu max_pool maximum minimum relu
"""
REAL_IN_NUMPY = """
arctan2 cbrt ceil erf erfc floor floor_divide gelu heaviside hypot logaddexp mod softplus
softsign trunc
"""
REFUSED = {*ORDERED.split(), *REAL_IN_NUMPY.split(), "ihfft", "rfft", "rfft2", "rfftn"}
"""Functions without a meaning for complex numbers, and those that NumPy has for real ones alone."""


def turned(x: Any, seed: int = 0) -> Any:
    """Complex numbers around x, away from the real axis, on which there are branch cuts."""
    rng = np.random.default_rng(seed)
    x = np.asarray(x, float)
    return x + 1j * rng.uniform(0.2, 0.5, x.shape) * rng.choice([-1.0, 1.0], x.shape)


def arguments(case: Case) -> tuple[Any, ...]:
    return tuple(turned(x, n) for n, x in enumerate(case.args))


COMPLEX = [
    pytest.param(case, id=str(case))
    for case in KINDS
    if case.name not in REFUSED and case.detail != "constant" and case.name != "cast"
]


# --------------------------------------------------------------------------------------------------
# The table


@pytest.mark.parametrize("case", COMPLEX)
def test_derivatives_of_the_table_by_complex_arguments(case: Case) -> None:
    check_grads(case.f, *arguments(case), order=2, directions=1)


@pytest.mark.parametrize("case", COMPLEX[::3])
def test_compiled_and_batched_derivatives_by_complex_arguments(case: Case) -> None:
    def real(*args: Any) -> Any:
        parts = leaves(case.f(*args))
        return sum(ad.sum(ad.abs(part * (1 + 0.5j) + 0.1) ** 2) for part in parts)

    args = arguments(case)
    gradient = grad(real, range(len(args)))
    expected, compiled = gradient(*args), jit(gradient)
    batch = vmap(gradient)(*[np.stack([x, x]) for x in args])
    for found in (compiled(*args), compiled(*args), [g[1] for g in batch]):
        for g, right in zip(found, expected, strict=True):
            assert g.dtype == right.dtype
            np.testing.assert_allclose(g, right, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("case", [case for case in KINDS if case.name in REFUSED], ids=str)
def test_functions_of_real_numbers_refuse_complex_ones(case: Case) -> None:
    inputs = [Tensor(x) for x in arguments(case)]
    with pytest.raises(TypeError, match=r"has no meaning for complex|arguments must be real"):
        case.f(*inputs)


@pytest.mark.parametrize(
    "case",
    [
        param
        for param in COMPLEX
        for case in param.values
        if numpy_function(case.name) and case.f is getattr(ad, case.name, None)
    ],
)
def test_values_are_those_of_numpy(case: Case) -> None:
    args = arguments(case)
    expected = leaves(numpy_function(case.name)(*args))
    for result in (case.f(*args), case.f(*[Tensor(x) for x in args])):
        for found, theirs in zip(leaves(result), expected, strict=True):
            plain = found.data if isinstance(found, ad.Node) else np.asarray(found)
            np.testing.assert_allclose(plain, theirs, rtol=1e-13, atol=1e-14)
            assert plain.dtype == np.asarray(theirs).dtype


OLD = np.lib.NumpyVersion(np.__version__) < "2.1.0"
NEW = np.lib.NumpyVersion(np.__version__) >= "2.5.0"
NUMPYS = [
    pytest.param(f, args, id=f"{name}-{number}")
    for module, table in ((np, NUMPY), (np.linalg, LINALG), (np.fft, FFT))
    for name, cases in table.items()
    if hasattr(module, name)  # which older versions lack
    and not (OLD and name == "cond")  # which is complex there
    and not (NEW and name == "fix")  # which is deprecated
    for number, (f, args) in enumerate(cases)
]


@pytest.mark.parametrize(("f", "args"), NUMPYS)
def test_functions_of_numpy_by_complex_arguments(f: Any, args: tuple[Any, ...]) -> None:
    args = tuple(turned(x, n) for n, x in enumerate(args))
    try:
        expected = leaves(f(np, *args))
        results = leaves(f(anp, *[Tensor(x) for x in args]))
    except (TypeError, ValueError, np.linalg.LinAlgError, np.exceptions.ComplexWarning):
        return  # one of them refuses complex numbers, or drops imaginary parts
    for found, theirs in zip(results, expected, strict=True):
        plain = found.data if isinstance(found, ad.Node) else found
        np.testing.assert_allclose(plain, theirs, rtol=1e-11, atol=1e-12)
    check_grads(lambda *xs: f(anp, *xs), *args, order=1, directions=1)


# --------------------------------------------------------------------------------------------------
# The convention


def by_parts(u: Callable[[Any], Any], z: Any) -> Any:
    """∂u/∂x - i ∂u/∂y of a real function, by real numbers alone."""
    by_x, by_y = grad(lambda x, y: u(x + 1j * y), (0, 1))(np.real(z), np.imag(z))
    return by_x - 1j * by_y


@pytest.mark.parametrize(
    "u",
    [
        lambda z: ad.sum(ad.abs(z) ** 2),
        lambda z: ad.sum(ad.real(z**3)),
        lambda z: ad.sum(ad.imag(ad.exp(z)) * ad.angle(z)),
        lambda z: ad.norm(z) * ad.real(z[0] * ad.conj(z[1])),
        lambda z: ad.var(z) + ad.norm(z, 3) + ad.abs(ad.vdot(z, z + 1j)),
        lambda z: ad.sum(ad.real(ad.sign(z) * z[::-1])),
    ],
)
def test_the_gradient_of_a_real_function_is_that_by_both_parts(u: Any) -> None:
    np.testing.assert_allclose(grad(u)(Z), by_parts(u, Z), rtol=1e-12)


def test_steepest_descent_goes_along_the_conjugate() -> None:
    z, target = np.array([3.0 - 1.0j]), np.array([0.5 + 2.0j])
    for _ in range(60):
        z = z - 0.2 * np.conj(grad(lambda z: ad.sum(ad.abs(z - target) ** 2))(z))
    np.testing.assert_allclose(z, target, rtol=1e-9)


def test_of_a_holomorphic_function_the_cotangent_is_multiplied_by_its_derivative() -> None:
    _, pullback = vjp(ad.exp, Z)
    np.testing.assert_allclose(pullback(X + 2j)[0], (X + 2j) * np.exp(Z))
    np.testing.assert_allclose(jvp(ad.exp, (Z,), (X + 2j,))[1], (X + 2j) * np.exp(Z))


def test_cotangents_and_tangents_pair_by_the_real_part_of_their_product() -> None:
    def f(z: Any) -> Any:
        return ad.conj(z) * z[::-1] + ad.abs(z)

    g, t = turned(X, 1), turned(X, 2)
    _, pullback = vjp(f, Z)
    _, pushed = jvp(f, (Z,), (t,))
    assert np.sum(g * pushed).real == pytest.approx(np.sum(pullback(g)[0] * t).real)


# --------------------------------------------------------------------------------------------------
# Real arguments, complex middle, real results


def state(x: Any) -> Any:
    """Real angles to the state of a spin, and its energy."""
    turn = ad.array([[ad.cos(x[0]), -1j * ad.sin(x[0])], [-1j * ad.sin(x[0]), ad.cos(x[0])]])
    psi = turn @ ad.array([ad.exp(1j * x[1]), ad.exp(-1j * x[2]) / 2])
    field = np.array([[1.0, 0.5 - 0.2j], [0.5 + 0.2j, -1.0]])
    return ad.real(ad.vdot(psi, field @ psi))


def test_real_arguments_have_real_derivatives_of_every_order() -> None:
    for f in (state, jit(state)):
        assert grad(f)(X).dtype == np.float64
        check_grads(f, X, order=3)
    assert ad.hessian(state)(X).dtype == np.float64
    narrow = grad(state)(X.astype(np.float32))
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow, grad(state)(X), rtol=1e-4)


def test_a_value_stays_real_beside_complex_numbers() -> None:
    x = Value(0.5)
    y = ad.real(ad.exp(1j * x) * x)
    y.backward()
    assert isinstance(x.grad, float)
    assert x.grad == pytest.approx(np.cos(0.5) - 0.5 * np.sin(0.5))
    assert grad(grad(lambda x: ad.real(ad.exp(1j * x))))(0.5) == pytest.approx(-np.cos(0.5))
    with pytest.raises(TypeError, match="a Value is real; use Tensor"):
        Value(1j)


def test_a_real_tensor_takes_the_real_part_of_its_cotangent() -> None:
    x, z = Tensor(X), Tensor(Z)
    out = ad.sum(ad.real(x * z * (1 + 2j)))
    by_x, by_z = gradients(out, [x, z])
    np.testing.assert_allclose(by_x, np.real(Z * (1 + 2j)))
    np.testing.assert_allclose(by_z, X * (1 + 2j))
    assert by_x.dtype == np.float64


def test_parts_of_real_numbers() -> None:
    x = Tensor(X)
    assert ad.real(x) is x
    assert ad.conj(x) is x
    assert not np.any(ad.imag(x))
    np.testing.assert_array_equal(ad.angle(x).data, np.angle(X))
    assert x.real is x
    np.testing.assert_array_equal(Tensor(Z).imag.data, Z.imag)
    np.testing.assert_array_equal(Tensor(Z).conj().data, Z.conj())
    assert Tensor(Z)[0].item() == 1 + 2j
    assert complex(Tensor(Z)[0]) == 1 + 2j


# --------------------------------------------------------------------------------------------------
# Jacobians


def test_the_jacobian_by_real_numbers_has_both_parts() -> None:
    def f(x: Any) -> Any:
        return ad.exp(1j * x) * x[0]

    for mode in ("forward", "reverse"):
        found = jacobian(f, mode=mode)(X)
        expected = jacobian(lambda x: ad.real(f(x)))(X) + 1j * jacobian(lambda x: ad.imag(f(x)))(X)
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_jacobian_by_complex_numbers() -> None:
    for mode in ("forward", "reverse"):
        for compiled in (jacobian, lambda f, mode: jit(jacobian(f, mode=mode))):
            of = compiled(lambda z: ad.exp(z) * z[0], mode=mode)(Z)
            expected = np.diag(np.exp(Z) * Z[0])
            expected[:, 0] += np.exp(Z)
            np.testing.assert_allclose(of, expected, rtol=1e-12)
        of_real = jacobian(lambda z: ad.abs(z) ** 2, mode=mode)(Z)
        np.testing.assert_allclose(of_real, np.diag(2 * np.conj(Z)), rtol=1e-12)
        with pytest.raises(TypeError, match="not holomorphic"):
            jacobian(ad.conj, mode=mode)(Z)


@pytest.mark.eager
def test_phases_of_eigenvectors_have_no_derivative() -> None:
    a = turned(np.diag([1.0, 2.0, 4.0]) + 0.3)
    hermitian = a + a.conj().T
    for f, at in (
        (lambda a: ad.eigh(a)[1], hermitian),
        (lambda a: ad.svd(a)[0], a),
        (lambda a: ad.linalg.eig(a)[1], a),
    ):
        with pytest.raises(ValueError, match="unique up to factors"):
            grad(lambda a, f=f: ad.real(f(a)[0, 0] * 1j + f(a)[1, 1]))(at)
        grad(lambda a, f=f: ad.sum(ad.abs(f(a)) * X))(at)


# --------------------------------------------------------------------------------------------------
# Programs put together at random


def program(rng: np.random.Generator) -> Callable[..., Any]:
    """A real function of a complex vector and a real one, by a few random operations."""
    one = [
        ad.sin, ad.tanh, ad.exp, ad.conj, ad.abs, ad.real, ad.imag, ad.square, ad.sign, ad.angle,
        lambda z: z[::-1], lambda z: ad.cumsum(z), lambda z: ad.roll(z, 1),
        lambda z: z / ad.norm(z),
        lambda z: ad.sqrt(z * z + 2), lambda z: ad.where(X > 0, z, 1j), lambda z: ad.cumprod(z),
    ]  # fmt: skip
    two = [
        ad.add, ad.mul, ad.sub, lambda x, y: x / (y * y + 3), lambda x, y: ad.vdot(x, y) * y,
        lambda x, y: ad.outer(x, y) @ y, lambda x, y: ad.real(x) * y + ad.abs(y),
        lambda x, y: (2 + ad.abs(x)) ** (y / (2 + ad.abs(y))),
    ]  # fmt: skip
    steps = [
        (f, rng.integers(0, 3 + n, 2))
        for n, f in enumerate(
            one[rng.integers(len(one))] if rng.random() < 0.5 else two[rng.integers(len(two))]
            for _ in range(rng.integers(3, 8))
        )
    ]

    def f(z: Any, x: Any) -> Any:
        made = [z, x, z * x]
        for step, (i, j) in steps:
            new = step(made[i]) if step in one else step(made[i], made[j])
            made.append(new / (1 + ad.sum(ad.abs(new) ** 2)))
        return ad.sum(ad.real(made[-1] * (1 + 2j))) + ad.sum(ad.abs(made[-2] + 0.5) ** 2)

    return f


@pytest.mark.parametrize("seed", range(40))
def test_random_programs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    f = program(rng)
    z, x = rng.standard_normal(3) + 1j * rng.standard_normal(3), rng.standard_normal(3)
    check_grads(f, z, x, order=2, directions=1, rtol=1e-5)
    expected, compiled = grad(f, (0, 1))(z, x), jit(grad(f, (0, 1)))
    for _ in range(2):
        for found, right in zip(compiled(z, x), expected, strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-8, atol=1e-10)
