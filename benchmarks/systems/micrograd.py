"""micrograd, Andrej Karpathy's engine on single numbers."""

from collections.abc import Mapping
from importlib.metadata import version

from micrograd.engine import Value

from benchmarks.systems import neurons, single_operations
from benchmarks.timing import Case


def versions() -> dict[str, str]:
    """The version of the library."""
    return {"micrograd": version("micrograd")}


def scalars(variant: str) -> Mapping[str, Case]:
    """Its own demonstration."""
    return neurons.cases(Value)


def operations(variant: str) -> Mapping[str, Case]:
    """What it has of the operations, on one number."""
    return single_operations.value_cases(Value, functions={})
