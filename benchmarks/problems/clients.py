"""The work `clients`: simulations, and fits of libraries that are written for HIPS autograd."""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks import clients
from benchmarks.problems.arrays import Answer
from benchmarks.problems.programs import case, expected, measure
from benchmarks.timing import Case


def load(name: str) -> ModuleType:
    """The module of a program, or of a library's fits."""
    return import_module(f"benchmarks.clients.{name}")


def installed() -> Iterator[ModuleType]:
    """The modules of the libraries that are there."""
    for name in clients.LIBRARIES:
        if find_spec(name):
            yield load(name)


def answers() -> Mapping[str, Answer]:
    """Objectives and their slopes by differences; what is known of fits by other means."""
    right = {measure(name): expected(load(name), 1e-5) for name in clients.PROGRAMS}
    for library in installed():
        found = library.expected().items()
        right |= {f"fit | {name}": {"found": np.asarray(value)} for name, value in found}
    return right


def cases(value_and_grad: Callable[..., Any], fits: bool = True) -> Mapping[str, Case]:
    """The value and gradient of the programs by a library's function for it; and the fits."""
    found = {measure(name): case(load(name), value_and_grad) for name in clients.PROGRAMS}
    for library in installed() if fits else ():
        found |= {f"fit | {name}": fit_case(fit) for name, fit in library.fits.items()}
    return found


def fit_case(fit: Callable[[], Any]) -> Case:
    """A whole fit."""
    return Case("fit()", {"fit": fit}, lambda: {"found": np.asarray(fit())})
