"""One step of training: compiled as a whole, or operation by operation."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

import autograd as ag
from autograd import Flat, Tensor, gradients, no_grad
from nn.data import Array, DataError
from nn.evaluation import Loss, mode
from nn.modules.module import Module
from nn.optim.clipping import grad_norm
from nn.optim.rules import GradientOptimizer
from nn.targets import checked
from nn.training.settings import Settings


class Step(NamedTuple):
    """What a step of training tells: the loss before it, the gradient's norm, the outputs."""

    loss: float
    norm: float
    output: Any


class NotCompilable(Exception):
    """A step that cannot be compiled; the message says why."""


class NothingToLearn(Exception):
    """A parameter has no part in the loss: what has no gradient is to be left as it is."""


class NotFinite(Exception):
    """The loss or the gradient is not finite, or so large that its square is not."""


class CompiledStep:
    """Loss, gradient and update of all parameters as one compiled program.

    The parameters are moved into one array, and so is what the optimiser remembers of them; weight
    decay acts on the first of them. Raises ``NotCompilable``.
    """

    def __init__(
        self,
        model: Module,
        settings: Settings,
        optimizer: GradientOptimizer,
    ) -> None:
        self.model = model
        self.loss: Loss = settings.loss
        self.optimizer = optimizer
        self.most: float | None = settings.clip_norm
        self.with_output: bool = bool(settings.metrics)
        # Targets that were looked at as a whole need not be looked at again at each step.
        self.checked: Callable[[], AbstractContextManager[None]] = (
            checked if _targets_pass(model, settings) else nullcontext
        )
        self._ask = attrgetter(*optimizer.settings)
        self._arrange()

    def _arrange(self) -> None:
        """Move the parameters into one array, those first that weight decay acts on."""
        optimizer = self.optimizer
        self._settings = self._ask(optimizer)
        self._form = [bool(setting) for setting in self._settings]
        by_decay = sorted(
            optimizer.parameters.items(), key=lambda item: not optimizer.decays(*item)
        )
        self.names: list[str] = [name for name, _ in by_decay]
        parameters = [parameter for _, parameter in by_decay if isinstance(parameter, Tensor)]
        if len(parameters) < len(by_decay):
            raise NotCompilable("some of its parameters are Values")
        try:
            self.flat: Flat = Flat(parameters)
        except ValueError as error:
            raise NotCompilable(str(error)) from error
        self.decayed: int = sum(p.size for name, p in by_decay if optimizer.decays(name, p))
        self._prepare()

    def _follow(self, settings: tuple[Any, ...]) -> None:
        """Be arranged anew where a setting is zero now or not any more: the rule is another."""
        self._settings = settings
        if [bool(setting) for setting in settings] != self._form:
            self._arrange()

    def _prepare(self) -> None:
        """Memory for the gradient and the optimiser's state, and the function to compile."""
        theta = self.flat.array
        self.gradient: Array = np.zeros_like(theta)
        self.gradients: list[Any] = self.flat.split(self.gradient)
        states = self.optimizer.named_states()
        if len({states[name]["steps"] for name in self.names}) != 1:
            if any(tensor.grad is None for tensor in self.flat.tensors):
                raise NothingToLearn
            raise NotCompilable("its parameters have been trained for different numbers of steps")
        self.slots: dict[str, Array] = {}
        self.states: dict[str, list[Any]] = {}
        for key, first in self.optimizer.init_state().items():
            self.slots[key] = np.full_like(theta, first)
            self.states[key] = self.flat.split(self.slots[key])
            for name, part in zip(self.names, self.states[key], strict=True):
                if key in states[name]:
                    part[...] = states[name][key]
                states[name][key] = part
        self._held = [self._segments(array) for array in (theta, *self.slots.values())]
        into = [part for segments in self._held for part in segments]
        self._programs = 0
        watch = (self.model, self.loss)
        self._run = ag.jit(self._step, into=[*into, self.gradient], watch=watch, notices=False)

    def _segments(self, array: Any) -> list[Any]:
        """The part of an array that weight decay acts on, and the rest; not what is empty."""
        if self.decayed in (0, self.flat.array.size):
            return [array]
        return [array[: self.decayed], array[self.decayed :]]

    def _step(self, x: Any, y: Any, held: list[list[Any]], rates: dict[str, Any]) -> Any:
        loss, output, g = self._differentiate(x, y)
        square = ag.sum(g * g)
        if not square + ag.abs(loss) < np.inf:
            raise NotFinite
        return (loss, square, output), self._update(g, square, held, rates)

    def _differentiate(self, x: Any, y: Any, weight: Any = None) -> tuple[Any, Any, Any]:
        """The loss, the outputs where they are wanted, and the gradient as one array.

        The gradient is that of the loss times ``weight``.
        """
        output = self.model(x)
        with self.checked():
            loss = self.loss(output, y)
        weighted = loss if weight is None else loss * weight
        found = gradients(weighted, self.flat.tensors, create_graph=True)
        if any(part.op is None for part in found):
            raise NothingToLearn
        g = ag.concatenate([ag.ravel(part) for part in found])
        return loss, output if self.with_output else None, g

    def _update(
        self, g: Any, square: Any, held: list[list[Any]], rates: dict[str, Any]
    ) -> list[Any]:
        """New contents for parameters and state, and the gradient after clipping."""
        step = g
        if self.most is not None:
            norm = ag.sqrt(square)
            step = g * ag.where(norm > self.most, self.most / norm, 1.0)
        after = []
        for number, part in enumerate(self._segments(step)):
            theta, *rest = [segments[number] for segments in held]
            theta, slots = self.optimizer.rule(
                theta,
                part,
                dict(zip(self.slots, rest, strict=True)),
                rates,
                decayed=self.decayed > 0 and number == 0,
            )
            after.append([theta, *[slots[key] for key in self.slots]])
        return [*[new for kept in zip(*after, strict=True) for new in kept], step]

    def __call__(self, x: Array, y: Array) -> Step | None:
        """Take one step; ``None``, and nothing is changed, where a number is not finite."""
        steps = self._begin()
        try:
            loss, square, output = self._run(
                x, y, self._held, self.optimizer.hyperparameters(steps)
            )
        except NotFinite:
            return None
        return self._end(steps, self._run.jitted.recorded, loss, square, output)

    def _begin(self) -> int:
        """Have all in its place; the number of the step that is to be taken."""
        settings = self._ask(self.optimizer)
        if settings != self._settings:
            self._follow(settings)
        states = self.optimizer.named_states()
        self._gather(states)
        return int(states[self.names[0]]["steps"]) + 1

    def _end(self, steps: int, programs: int, loss: Any, square: Any, output: Any) -> Step:
        """Note the step; ``programs`` is how many have been recorded."""
        states = self.optimizer.named_states()
        if self._programs != programs:  # which hold parts of the array themselves
            self._programs = programs
            self.flat.settled()
        for name, tensor, g in zip(self.names, self.flat.tensors, self.gradients, strict=True):
            states[name]["steps"] = steps
            tensor.grad = g
        square = float(square)  # whose arithmetic is faster than that of NumPy's numbers
        norm = math.sqrt(square) if square > 1e-30 else grad_norm(self.flat.tensors)
        return Step(float(loss), norm, output)

    def _gather(self, states: dict[str, Any]) -> None:
        """Data and state that were replaced since the last step: back into the arrays."""
        if not self.flat.hold():
            self._prepare()
            return
        for key, parts in self.states.items():
            for name, part in zip(self.names, parts, strict=True):
                held = states[name].get(key)
                if held is not part:
                    part[...] = self.optimizer.init_state()[key] if held is None else held
                    states[name][key] = part


_MOST_CHECKED = 10_000_000


def _targets_pass(model: Module, settings: Settings) -> bool:
    """Whether the loss takes all targets of the data at once; raises ``DataError`` if not."""
    x, y = settings.data
    if y.ndim == 1 and y.dtype.kind in "iub":  # class numbers are looked at one by one
        y = np.unique(y)
    with mode(model, training=False), no_grad(), np.errstate(all="ignore"):
        one = model(x[:1])
        output = one.numpy() if isinstance(one, Tensor) else np.asarray(one)
        if output.size * len(y) > _MOST_CHECKED:
            return False
        try:
            settings.loss(np.broadcast_to(output, (len(y), *output.shape[1:])), y)
        except DataError:
            raise
        except Exception:  # a loss of the user's own, that is made for nodes
            return False
    return True
