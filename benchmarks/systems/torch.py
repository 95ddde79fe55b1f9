"""PyTorch on the processor, eager."""

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from benchmarks.problems import classification
from benchmarks.problems.arrays import Answer, Array
from benchmarks.systems import single_operations
from benchmarks.timing import Case


def versions() -> dict[str, str]:
    """The version of the library, and its threads."""
    return {"PyTorch": f"{version('torch')} ({torch.get_num_threads()} threads)"}


def step(variant: str) -> Mapping[str, Case]:
    """Its own loss and optimiser."""
    problem = classification.problem()
    inputs, labels = torch.tensor(problem.inputs), torch.tensor(problem.labels)

    def make() -> tuple[Callable[[], float], list[Any]]:
        parameters = [torch.tensor(array, requires_grad=True) for array in problem.parameters]
        w1, b1, w2, b2 = parameters
        optimiser = torch.optim.SGD(parameters, lr=classification.RATE)

        def update() -> float:
            optimiser.zero_grad()
            hidden = torch.relu(inputs @ w1 + b1)
            loss: Any = cross_entropy(hidden @ w2 + b2, labels)
            loss.backward()
            optimiser.step()
            return float(loss.item())

        return update, parameters

    def answer() -> Answer:
        update, parameters = make()
        return classification.answer(update, lambda: [p.detach().numpy() for p in parameters])

    return {classification.MEASURE: Case("step()", {"step": make()[0]}, answer)}


def leaf(array: Array) -> torch.Tensor:
    """An input that is differentiated."""
    return torch.tensor(array, requires_grad=True)


def differentiate(function: Callable[..., Any], arrays: Sequence[Array], seed: Array) -> list[Any]:
    """The result and the cotangent of each array."""
    inputs = [leaf(array) for array in arrays]
    out = function(*inputs)
    return [out.detach(), *torch.autograd.grad(out, inputs, torch.tensor(seed))]


def operations(variant: str) -> Mapping[str, Case]:
    """The operations on its tensors, and `torch.autograd.grad` with a seed."""
    dialect = single_operations.Dialect(
        wrap=leaf,
        functions={"sin": torch.sin, "sum": torch.sum},
        backward="gradients({forward}, inputs, seed)",
        differentiate=differentiate,
        helpers={"gradients": torch.autograd.grad},
        seed=torch.tensor,
    )
    return single_operations.cases(dialect)
