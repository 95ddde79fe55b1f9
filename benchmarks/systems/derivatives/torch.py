"""PyTorch on the processor, eager."""

from collections.abc import Mapping
from typing import Any

import torch

from benchmarks.problems import valley
from benchmarks.systems.torch import versions
from benchmarks.timing import Case

__all__ = ["rosenbrock", "versions"]


def of_array(x: torch.Tensor) -> torch.Tensor:
    """Rosenbrock's function."""
    head, tail = x[:-1], x[1:]
    return (100 * (tail - head**2) ** 2 + (1 - head) ** 2).sum()


def value_and_gradient(x: torch.Tensor) -> Any:
    """The function and its gradient, as plain numbers and an array."""
    value = of_array(x)
    (slope,) = torch.autograd.grad(value, x)
    return value.item(), slope


def hessian(x: torch.Tensor) -> torch.Tensor:
    """The Hessian, all rows in one pass."""
    found: Any = torch.autograd.functional.hessian(of_array, x, vectorize=True)
    return found


def product(x: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """The Hessian times v: the gradient differentiated again."""
    (slope,) = torch.autograd.grad(of_array(x), x, create_graph=True)
    return torch.autograd.grad(slope, x, v)[0]


def rosenbrock(variant: str) -> Mapping[str, Case]:
    """Of tensors."""
    two, hundred, many = (
        torch.tensor(valley.point(size), requires_grad=True) for size in (2, 100, 10_000)
    )
    return {
        valley.TWO: valley.case(value_and_gradient, two),
        valley.HUNDRED: valley.case(value_and_gradient, hundred),
        valley.HESSIAN: valley.case(hessian, hundred),
        valley.PRODUCT: valley.case(product, many, torch.from_numpy(valley.direction())),
    }
