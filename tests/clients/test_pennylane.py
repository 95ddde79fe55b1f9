"""PennyLane: quantum circuits, differentiated through their simulation and by shifted circuits."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from autograd import grad

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    qml = pytest.importorskip("pennylane", reason="the session `clients` installs it")
pnp = qml.numpy

pytestmark = pytest.mark.filterwarnings("ignore")

METHODS = ["backprop", "parameter-shift", "adjoint", "finite-diff"]


def circuit(method: str) -> Any:
    """⟨Z⊗Z⟩ = cos a cos b after two rotations, and ⟨Z⟩ of the first wire, cos a."""

    @qml.qnode(qml.device("default.qubit", wires=2), diff_method=method)
    def run(angles: Any) -> Any:
        qml.RX(angles[0], wires=0)
        qml.RY(angles[1], wires=1)
        return qml.expval(qml.PauliZ(0) @ qml.PauliZ(1)), qml.expval(qml.PauliZ(0))

    return run


@pytest.mark.parametrize("method", METHODS)
def test_the_gradient_of_a_circuit_is_that_of_its_formula(method: str) -> None:
    angles = pnp.array([0.3, 0.7], requires_grad=True)
    a, b = np.array(angles)
    run = circuit(method)
    product = qml.grad(lambda angles: run(angles)[0])(angles)
    right = np.array([-np.sin(a) * np.cos(b), -np.cos(a) * np.sin(b)])
    np.testing.assert_allclose(product, right, atol=1e-6)
    jacobian = qml.jacobian(lambda angles: pnp.stack(run(angles)))(angles)
    np.testing.assert_allclose(jacobian, [right, [-np.sin(a), 0.0]], atol=1e-6)


@pytest.mark.parametrize("method", METHODS[:2])
def test_a_variational_circuit_is_trained_to_the_ground_state(method: str) -> None:
    hamiltonian = qml.Hamiltonian(
        [0.7, -0.4, 0.3], [qml.PauliZ(0) @ qml.PauliZ(1), qml.PauliX(0), qml.PauliX(1)]
    )

    @qml.qnode(qml.device("default.qubit", wires=2), diff_method=method)
    def energy(angles: Any) -> Any:
        for layer in angles:
            qml.RY(layer[0], wires=0)
            qml.RY(layer[1], wires=1)
            qml.CNOT(wires=[0, 1])
        return qml.expval(hamiltonian)

    angles = pnp.array([[0.4, 1.2], [2.0, 0.5], [1.0, 0.3]], requires_grad=True)
    optimizer = qml.AdamOptimizer(0.15)
    for _ in range(100):
        angles = optimizer.step(energy, angles)
    lowest = np.linalg.eigvalsh(qml.matrix(hamiltonian, wire_order=[0, 1]))[0]
    assert energy(angles) == pytest.approx(lowest, abs=1e-3)


def hessian(method: str, order: int) -> Any:
    """Of cos a cos b, by a circuit that can be differentiated `order` times."""

    @qml.qnode(qml.device("default.qubit", wires=2), diff_method=method, max_diff=order)
    def run(angles: Any) -> Any:
        qml.RX(angles[0], wires=0)
        qml.RY(angles[1], wires=1)
        return qml.expval(qml.PauliZ(0) @ qml.PauliZ(1))

    return qml.jacobian(qml.grad(run))(pnp.array([0.4, 0.9], requires_grad=True))


@pytest.mark.parametrize("method", ["backprop", "parameter-shift"])
def test_second_derivatives_of_a_circuit_are_those_of_its_formula(method: str) -> None:
    (sin_a, sin_b), (cos_a, cos_b) = np.sin([0.4, 0.9]), np.cos([0.4, 0.9])
    right = [[-cos_a * cos_b, sin_a * sin_b], [sin_a * sin_b, -cos_a * cos_b]]
    np.testing.assert_allclose(hessian(method, 2), right, atol=1e-9)


def test_second_derivatives_warn_of_circuits_that_have_only_first_ones() -> None:
    with pytest.warns(UserWarning, match="VJP of _execute takes the plain data of nodes"):
        hessian("parameter-shift", 1)


def test_an_array_that_asks_for_no_gradient_is_not_differentiated() -> None:
    constant = pnp.array(0.4, requires_grad=False)
    with pytest.raises(qml.exceptions.NonDifferentiableError):
        grad(pnp.sin)(constant)


def test_independence_of_an_argument_is_seen_on_the_graph() -> None:
    x = pnp.array(0.4, requires_grad=True)
    assert qml.math.is_independent(lambda x: pnp.array(3.0), "autograd", (x,))
    assert not qml.math.is_independent(lambda x: pnp.sin(x), "autograd", (x,))
