"""What one shard of a mini-batch gives: its gradient, and what it draws and leaves behind.

How shards are shared among the ranks and joined is in ``nn.training.parallel``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import inf, isfinite, nan, prod
from typing import Any, NamedTuple

import numpy as np

import autograd as ag
from autograd import Tensor, no_grad
from nn.data import Array
from nn.evaluation import Loss, mode
from nn.modules.module import Module
from nn.optim.clipping import clip_grad_norm
from nn.optim.rules import GradientOptimizer
from nn.training.idle import warn_of_idle
from nn.training.nonfinite import explain, is_finite
from nn.training.runs import one_number
from nn.training.settings import Settings
from nn.training.steps import CompiledStep, NotFinite, Step


class Report(NamedTuple):
    """What is said of a shard, besides its gradient."""

    loss: float
    output: Array | None = None
    buffers: dict[str, Array] | None = None
    """Those that it has changed."""
    learning: tuple[bool, ...] = ()
    """Which of the parameters have a gradient, where that is not known of all."""
    finite: bool = True


class Surroundings:
    """Random generators and buffers of a model, as each shard of a step is to find them.

    Each shard draws from streams of its own, which follow from the state of the model's generators
    before the step and from the shard's number, whoever computes it. Each finds the buffers as they
    were before the step.
    """

    def __init__(self, model: Module) -> None:
        self._places = model._buffers()
        generators = model.named_generators().values()
        self._generators = list({id(generator): generator for generator in generators}.values())
        self._before: list[Any] = []
        self._after: list[Any] = []
        self._keys: list[int] = []
        self._buffers: dict[str, tuple[Any, str, Array, Array]] = {}

    def begin(self) -> None:
        """Before the first shard of a step."""
        self._before = [generator.bit_generator.state for generator in self._generators]
        self._keys = [int(generator.integers(2**63)) for generator in self._generators]
        self._after = [generator.bit_generator.state for generator in self._generators]
        self._buffers = {
            path: (module, name, getattr(module, name), getattr(module, name).copy())
            for path, (module, name) in self._places.items()
        }

    def enter(self, shard: int) -> None:
        """Before a shard: let the model draw from its streams."""
        for generator, key in zip(self._generators, self._keys, strict=True):
            seeded = type(generator.bit_generator)(np.random.SeedSequence([key, shard]))
            generator.bit_generator.state = seeded.state

    def leave(self) -> dict[str, Array]:
        """After a shard: the buffers that it has changed, which are then as before."""
        changed = {}
        for path, (module, name, held, copy) in self._buffers.items():
            now = getattr(module, name)
            if now is not held or not np.array_equal(now, copy, equal_nan=True):
                changed[path] = now.copy()
                held[...] = copy
                setattr(module, name, held)
        return changed

    def end(self, reports: Sequence[Report], weights: Sequence[float]) -> None:
        """After the step: each buffer is the mean of what the shards have made of it.

        weights: the share of each shard in the examples. What is not a float is the first shard's.
        """
        for generator, state in zip(self._generators, self._after, strict=True):
            generator.bit_generator.state = state
        changed = [report.buffers or {} for report in reports]
        for path in {path: None for buffers in changed for path in buffers}:
            module, name, held, _ = self._buffers[path]
            made = [buffers.get(path, held) for buffers in changed]
            if held.dtype.kind == "f":
                mean = sum(part * weight for part, weight in zip(made, weights, strict=True))
                made[0] = np.asarray(mean, held.dtype)
            setattr(module, name, made[0])

    def rewind(self) -> None:
        """Be as before ``begin``, to take the step again."""
        self.leave()
        for generator, state in zip(self._generators, self._before, strict=True):
            generator.bit_generator.state = state


class EagerShards:
    """The gradient of a shard and the update operation by operation.

    warn: whether it is the first step, in which parameters that cannot learn are looked for.
    """

    def __init__(
        self, model: Module, settings: Settings, optimizer: GradientOptimizer, *, warn: bool = False
    ) -> None:
        self._model = model
        self._settings = settings
        self._optimizer = optimizer
        self._warn = warn
        self._losses: list[Any] = []

    def of_shard(self, x: Array, y: Array, weight: float, row: Array) -> Report:
        """Its loss and outputs; the gradient of the loss times ``weight`` is written to ``row``."""
        self._optimizer.zero_grad()
        output = self._model(x)
        row[...] = 0
        try:
            loss = self._settings.loss(output, y)
        except ValueError:
            if is_finite(output):
                raise
            return Report(nan, finite=False)
        value = one_number(loss, searching=False)
        if not isfinite(value):
            return Report(value, finite=False)
        (loss * weight).backward()
        gradients = [parameter.grad for parameter in self._optimizer.parameters.values()]
        for g, part in zip(gradients, self._parts(row), strict=True):
            if g is not None:
                part[...] = g
        if self._warn:
            self._losses.append(loss)
        return Report(
            value,
            _plain(output) if self._settings.metrics else None,
            learning=tuple(g is not None for g in gradients),
            finite=is_finite(row),
        )

    def end(self, total: Array, loss: float, output: Any, reports: Sequence[Report]) -> Step | None:
        """Change the parameters by the joined gradient; ``None`` where it is not finite."""
        settings, optimizer = self._settings, self._optimizer
        learning = [any(has) for has in zip(*(r.learning for r in reports), strict=True)]
        parts = zip(optimizer.parameters.values(), self._parts(total.copy()), learning, strict=True)
        for parameter, part, learns in parts:
            mine = part if isinstance(parameter, Tensor) else float(part)
            parameter.grad = mine if learns else None
        for first in self._losses[:1]:
            warn_of_idle(self._model, settings.loss, first, *settings.data, stacklevel=8)
        norm = clip_grad_norm(optimizer.parameters, settings.clip_norm or inf)
        if not isfinite(norm):
            return None
        optimizer.step()
        return Step(loss, norm, output)

    def _parts(self, vector: Array) -> list[Array]:
        shapes = [parameter.shape for parameter in self._optimizer.parameters.values()]
        ends = accumulate((prod(shape) for shape in shapes), initial=0)
        return [
            vector[slice(*place)].reshape(shape)
            for shape, place in zip(shapes, pairwise(ends), strict=True)
        ]


class CompiledShards(CompiledStep):
    """The gradient of a shard as one compiled program, and the update as another."""

    def _prepare(self) -> None:
        super()._prepare()
        self._part: Array = np.zeros_like(self.gradient)
        held = [part for segments in self._held for part in segments]
        # One for each number of examples: a compiled function is fastest where it is called with
        # shapes like the last, and the shards of a mini-batch may have one example more or less.
        self._shard: dict[int, Any] = {}
        self._join = ag.jit(self._joint_step, into=[*held, self.gradient], watch=(), notices=False)

    def _shard_step(self, x: Any, y: Any, weight: Any) -> Any:
        loss, output, g = self._differentiate(x, y, weight)
        return (loss, output), [g]

    def _joint_step(self, g: Any, loss: Any, held: list[list[Any]], rates: dict[str, Any]) -> Any:
        square = ag.sum(g * g)
        if not square + ag.abs(loss) < np.inf:
            raise NotFinite
        return square, self._update(g, square, held, rates)

    def begin(self) -> None:
        """Before the first shard of a step."""
        self._steps = self._begin()

    def of_shard(self, x: Array, y: Array, weight: float, row: Array) -> Report:
        """As for ``EagerShards``."""
        if len(x) not in self._shard:
            self._shard[len(x)] = ag.jit(
                self._shard_step, into=[self._part], watch=(self.model, self.loss), notices=False
            )
        loss, output = self._shard[len(x)](x, y, weight)
        row[...] = self._part
        value = float(loss)
        return Report(value, None if output is None else _plain(output), finite=isfinite(value))

    def end(self, total: Array, loss: float, output: Any, reports: Sequence[Report]) -> Step | None:
        """As for ``EagerShards``."""
        rates = self.optimizer.hyperparameters(self._steps)
        try:
            square = self._join(total, loss, self._held, rates)
        except NotFinite:
            return None
        programs = sum(f.jitted.recorded for f in (self._join, *self._shard.values()))
        return self._end(self._steps, programs, loss, square, output)


def _plain(output: Any) -> Array:
    return np.array(output.numpy() if isinstance(output, Tensor) else output)


MOST_EXAMPLES = 64


def adds_up(model: Module, loss: Loss, x: Array, y: Array) -> bool:
    """Whether the loss is a sum over the examples; if not it is their mean, or ``ValueError``.

    It is found out by the first examples, together and in two parts: a sum of their losses, or the
    mean weighted by how many they are. Where the model draws random numbers the parts need not fit
    together exactly.
    """
    count = min(len(x), MOST_EXAMPLES)
    first = -(-count // 3)
    if count == 1:
        return False
    generators = model.named_generators().values()
    before = [generator.bit_generator.state for generator in generators]
    with mode(model, training=False), no_grad(), np.errstate(all="ignore"):
        whole, one, two = (
            float(loss(model(x[part]), y[part]))
            for part in (slice(count), slice(first), slice(first, count))
        )
        drawn = before != [generator.bit_generator.state for generator in generators]
        for generator, state in zip(generators, before, strict=True):
            generator.bit_generator.state = state
        if not np.isfinite([whole, one, two]).all():
            raise explain(model, loss, x[:count], y[:count], step=1, epoch=1)
    mean = (first * one + (count - first) * two) / count
    scale = abs(one) + abs(two)
    tolerance = (0.4 if drawn else 1e-3) * scale
    if scale and abs(whole - mean) <= tolerance / 2:
        return False
    if scale and abs(whole - one - two) <= tolerance:
        return True
    raise ValueError(
        f"with shards the loss must be the mean or the sum of what it is for each example: of the "
        f"first {first} examples it is {one:.6g}, of the next {count - first} {two:.6g}, and of "
        f"all of these {whole:.6g}"
    )
