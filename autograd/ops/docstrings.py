"""The docstring of an elementwise operation, composed of what the table states about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Doc:
    """The facts about an elementwise operation. Tests hold each of them against mpmath.

    Formulas and conditions are Python expressions in the names of the arguments.
    """

    summary: str
    formula: str = ""
    """The function, where it has a formula besides its own name."""
    derivative: str | Sequence[str] = "0"
    """The local derivative, or a tuple of them: one for each argument."""
    domain: str = ""
    """A condition; the function is finite where it holds. Empty where it always does."""
    note: str = ""
    """Kinks, poles and whatever else is special."""
    examples: Mapping[Any, tuple[float, ...]] = field(default_factory=dict)
    """For an argument, or a tuple of them, the value and the derivatives there."""

    def text(self, name: str, arguments: Sequence[str]) -> str:
        """The docstring of the operation of this name."""
        call = f"{name}({', '.join(arguments)})"
        formulas = [f"{call} = {self.formula}"] if self.formula else []
        d = "d" if len(arguments) == 1 else "∂"
        formulas += [
            f"{d}/{d}{argument} {call} = {derivative}"
            for argument, derivative in zip(arguments, self.by_argument, strict=True)
        ]
        domain = (
            f"Defined for {self.domain}.\nElsewhere the result is nan, or infinite at a pole."
            if self.domain
            else "Defined for all real numbers."
        )
        shapes = (
            f"{arguments[0]} is a number, an array or a node; the result has its shape."
            if len(arguments) == 1
            else f"{', '.join(arguments[:-1])} and {arguments[-1]} are numbers, arrays or nodes, "
            "and broadcast as in NumPy.\nRaises ValueError where their shapes do not."
        )
        paragraphs = [
            self.summary,
            "\n".join(f"    {formula}" for formula in formulas),
            f"{domain}\n{self.note}".rstrip(),
            shapes,
            "\n".join(self._examples(name, arguments)),
        ]
        return "\n\n".join(paragraphs)

    @property
    def by_argument(self) -> Sequence[str]:
        """`derivative`, one for each argument."""
        return [self.derivative] if isinstance(self.derivative, str) else self.derivative

    def _examples(self, name: str, arguments: Sequence[str]) -> list[str]:
        numbers = str(self.examples)
        constants = [constant for constant in ("inf", "nan") if constant in numbers]
        lines = [f">>> from math import {', '.join(constants)}"] if constants else []
        lines.append(f">>> from autograd import {', '.join(sorted((name, 'value_and_grad')))}")
        for point, (value, *slopes) in self.examples.items():
            if len(arguments) == 1:
                lines.append(f">>> value_and_grad({name})({point})")
                lines.append(str((value, *slopes)))
            else:
                argnums = tuple(range(len(arguments)))[-len(slopes) :]
                lines.append(f">>> value_and_grad({name}, {argnums})({', '.join(map(str, point))})")
                lines.append(str((value, tuple(slopes))))
        return lines
