"""Complex derivatives beside JAX, with the same convention, and PyTorch, with the conjugate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ad
import autograd.numpy as anp
from autograd import grad, hvp

jax = pytest.importorskip("jax", reason="the oracle extra brings JAX")
torch = pytest.importorskip("torch", reason="the oracle extra brings PyTorch")
pytestmark = pytest.mark.oracle
jnp = jax.numpy

RNG = np.random.default_rng(0)
Z = RNG.standard_normal((3, 3)) * 0.6 + 1j * RNG.standard_normal((3, 3)) * 0.6
W = RNG.standard_normal((3, 3)) + 1j * RNG.standard_normal((3, 3))
V = RNG.standard_normal((3, 3)) + 1j * RNG.standard_normal((3, 3))
HERMITIAN = Z + Z.conj().T + 4 * np.eye(3)

SAME = """
abs angle arccos arcsin arcsinh arctan arctanh conj cos cosh exp exp2 expm1 imag log log10
log1p log2 real reciprocal sin sinh sqrt square tan tanh cumsum cumprod mean prod std sum var
"""
"""Functions that are called alike. Not arccosh, whose derivative in JAX has the wrong sign where
the real part is negative, nor sign, which is a constant to JAX: differences agree with those here.
"""
ELEMENTWISE: dict[str, Callable[[Any, Any], Any]] = {
    **{name: lambda np, z, name=name: getattr(np, name)(z) for name in SAME.split()},
    "power": lambda np, z: z**3 + (z + 3) ** (0.5 + 0.2j),
    "where": lambda np, z: np.where(np.real(z) > 0, z, 1j),
    "einsum": lambda np, z: np.einsum("ij,kj,kl->il", z, np.conj(z), z),
    "vdot": lambda np, z: np.vdot(z, z * 1j + W),
    "kron": lambda np, z: np.kron(z, np.conj(z)),
}
MATRICES: dict[str, Callable[[Any, Any], Any]] = {
    "norm": lambda np, z: np.linalg.norm(z),
    "norm-3": lambda np, z: np.linalg.norm(z, 3, 1),
    "inv": lambda np, z: np.linalg.inv(z),
    "pinv": lambda np, z: np.linalg.pinv(z[:, :2]),
    "det": lambda np, z: np.linalg.det(z),
    "slogdet": lambda np, z: np.linalg.slogdet(z)[0] * np.linalg.slogdet(z)[1],
    "svd-values": lambda np, z: np.linalg.svd(z, compute_uv=False),
    "svd": lambda np, z: (lambda u, s, v: (u * s**2) @ v)(*np.linalg.svd(z, False)),
    "qr": lambda np, z: np.linalg.qr(z)[1],
    "solve": lambda np, z: np.linalg.solve(z, W),
}
FOURIER: dict[str, Callable[[Any, Any], Any]] = {
    "fft": lambda np, z: np.fft.fft(z, 4),
    "ifft2": lambda np, z: np.fft.ifft2(z, norm="ortho"),
    "irfft": lambda np, z: np.fft.irfft(z, axis=0),
    "hfft": lambda np, z: np.fft.hfft(z),
    "rfft": lambda np, z: np.fft.rfft(np.real(z), 5),
}


def total(np: Any, f: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    def real(z: Any) -> Any:
        out = f(np, z)
        return np.sum(np.real(out * (1 + 2j))) + np.sum(np.abs(out) ** 2)

    return real


@pytest.mark.parametrize("functions", [ELEMENTWISE, MATRICES, FOURIER])
def test_first_and_second_order_are_those_of_jax(
    functions: dict[str, Callable[[Any, Any], Any]],
) -> None:
    with jax.enable_x64(True):  # all in one program, which is compiled once
        theirs = [jax.grad(total(jnp, f)) for f in functions.values()]
        both = jax.jit(lambda z, v: [jax.jvp(g, (z,), (v,)) for g in theirs])
        expected = both(jnp.asarray(Z), jnp.asarray(V))
    for (name, f), (first, second) in zip(functions.items(), expected, strict=True):
        ours = total(anp, f)
        np.testing.assert_allclose(grad(ours)(Z), first, rtol=1e-9, atol=1e-10, err_msg=name)
        np.testing.assert_allclose(hvp(ours, Z, V), second, rtol=1e-7, atol=1e-8, err_msg=name)


def test_matrices_that_are_hermitian_by_construction() -> None:
    def of(np: Any) -> Callable[[Any], Any]:
        def real(z: Any) -> Any:
            a = z @ np.conj(z).T + 2 * np.eye(3)
            w, v = np.linalg.eigh(a)
            root = np.linalg.cholesky(a)
            return np.sum(w**2) + np.sum(np.abs(v) ** 2 * W.real) + np.sum(np.abs(root + W) ** 2)

        return real

    with jax.enable_x64(True):
        first = np.asarray(jax.grad(of(jnp))(jnp.asarray(Z)))
    np.testing.assert_allclose(grad(of(anp))(Z), first, rtol=1e-9, atol=1e-10)


SIGNAL = RNG.standard_normal((4, 6))
TRANSFORMS = [
    (name, n, axis, norm)
    for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
    for n, axis, norm in ((None, -1, None), (4, 0, "ortho"), (9, 1, "forward"), (5, 1, "backward"))
]


@pytest.mark.parametrize(("name", "n", "axis", "norm"), TRANSFORMS)
def test_fourier_transforms_are_pytorchs(name: str, n: Any, axis: int, norm: Any) -> None:
    x = SIGNAL if name in ("rfft", "ihfft") else SIGNAL * (1 + 0.5j) + 1j * SIGNAL[::-1]
    there = torch.tensor(x, requires_grad=True)
    out = getattr(torch.fft, name)(there, n=n, dim=axis, norm=norm)
    ((out.abs() ** 2).sum() + (out * (1 + 2j)).real.sum()).backward()
    found = grad(total(anp, lambda np, x: getattr(np.fft, name)(x, n, axis, norm)))(x)
    np.testing.assert_allclose(
        found, np.conj(there.grad.resolve_conj().numpy()), rtol=1e-10, atol=1e-10
    )


@pytest.mark.parametrize("name", ["fft2", "ifft2", "fftn", "ifftn", "rfft2", "rfftn", "irfft2"])
def test_fourier_transforms_in_several_dimensions_are_pytorchs(name: str) -> None:
    x = np.stack([SIGNAL, SIGNAL[::-1] ** 2]) * (1 if name.startswith("rfft") else 1 + 2j)
    there = torch.tensor(x, requires_grad=True)
    out = getattr(torch.fft, name)(there, norm="ortho")
    ((out.abs() ** 2).sum() + (out * (1 + 2j)).real.sum()).backward()
    found = grad(total(anp, lambda np, x: getattr(np.fft, name)(x, norm="ortho")))(x)
    np.testing.assert_allclose(found, np.conj(there.grad.numpy()), rtol=1e-10, atol=1e-10)


def test_pytorchs_gradient_is_the_conjugate() -> None:
    there = torch.tensor(1 + 2j, dtype=torch.complex128, requires_grad=True)
    (there.abs() ** 2).backward()
    assert grad(lambda z: ad.abs(z) ** 2)(1 + 2j) == there.grad.conj().item() == 2 - 4j
