"""Programs as people write them with HIPS autograd run here and find what they look for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import value_and_grad
from autograd.misc import flatten
from benchmarks import programs

# What each run must find: a name of its results, and the bounds of that number.
FOUND: dict[str, dict[str, tuple[float, float]]] = {
    "bayesian_neural_net": {"error": (0, 0.25)},
    "black_box_vi": {"bound": (-0.5, 0.0), "bound at start": (-7, -4)},
    "convolution": {"accuracy": (0.9, 1)},
    "fixed_points": {"loss": (0, 0.25), "loss at start": (0.9, 2)},
    "fluid": {"loss": (0, 1e-4), "loss at start": (0.01, 1)},
    "gaussian_process": {"improvement": (30, 60), "error": (0, 0.1)},
    "hamiltonian": {"distance": (0, 0.2)},
    "hyperparameters": {"loss": (0, 3), "loss at start": (4, 6)},
    "independent_components": {"crosstalk": (0, 0.15)},
    "kalman_filter": {"improvement": (3, 20), "noise": (0.3, 1.3)},
    "logistic_regression": {"accuracy": (0.95, 1), "loss": (0, 0.1)},
    "lstm": {"loss": (0, 0.2), "loss at start": (1.0, 2)},
    "mixture": {"distance": (0, 0.3)},
    "multiclass": {"accuracy": (0.95, 1)},
    "natural_gradient": {"accuracy": (0.95, 1), "gradient": (0, 0.1)},
    "newton": {"gradient": (0, 1e-10), "distance": (0, 0.1)},
    "ode_fit": {"loss": (0, 5), "loss at start": (5, 100)},
    "rosenbrock": {"distance": (0, 1e-5)},
    "tanh_derivatives": {},
    "variational_autoencoder": {"bound": (-6, 0), "bound at start": (-30, -10)},
}


def test_every_program_is_run() -> None:
    assert set(programs.NAMES) == set(FOUND)


@pytest.mark.parametrize("name", FOUND)
def test_the_program_finds_what_it_looks_for(name: str) -> None:
    found = programs.load(name).run()
    for key, (low, high) in FOUND[name].items():
        assert low <= found[key] <= high, key


@pytest.mark.parametrize("name", FOUND)
def test_the_gradient_of_the_objective_agrees_with_differences(name: str) -> None:
    program = programs.load(name)
    row, unflatten = flatten(program.start)
    value, gradient = value_and_grad(program.objective)(program.start)
    assert value == pytest.approx(program.objective(program.start), rel=1e-12)
    v = np.random.default_rng(0).standard_normal(row.size)
    h = 1e-4 if name == "ode_fit" else 1e-6  # its solver is exact to 1e-7
    ahead, behind = (program.objective(unflatten(row + step * v)) for step in (h, -h))
    assert flatten(gradient)[0] @ v == pytest.approx((ahead - behind) / (2 * h), rel=1e-5)


def test_the_curves_are_the_derivatives_of_tanh() -> None:
    program = programs.load("tanh_derivatives")
    curves: Any = program.run()["curves"]
    t = np.tanh(program.x)
    slope = 1 - t**2
    formulas = [t, slope, -2 * t * slope, slope * (6 * t**2 - 2), 8 * t * slope * (2 - 3 * t**2)]
    np.testing.assert_allclose(curves[:5], formulas, atol=1e-11)
