"""Programs as people write them with HIPS autograd, whose import names are this engine's too.

Each module says `import autograd.numpy as np` and has an `objective` of nested parameters, where it
`start`s, and `run()`, the whole program, which gives what it has found.
"""

from importlib import import_module
from types import ModuleType

NAMES = (
    "bayesian_neural_net",
    "black_box_vi",
    "convolution",
    "fixed_points",
    "fluid",
    "gaussian_process",
    "hamiltonian",
    "hyperparameters",
    "independent_components",
    "kalman_filter",
    "logistic_regression",
    "lstm",
    "mixture",
    "multiclass",
    "natural_gradient",
    "newton",
    "ode_fit",
    "rosenbrock",
    "tanh_derivatives",
    "variational_autoencoder",
)


def load(name: str) -> ModuleType:
    """The module of a program."""
    return import_module(f"benchmarks.programs.{name}")
