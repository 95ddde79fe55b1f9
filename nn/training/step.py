"""``TrainingStep``: the gradient of each shard of a mini-batch, and an update by their sum.

By default a mini-batch is one shard. Of several shards each rank of a team computes a part, and all
ranks make the same update.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from math import isfinite, nan, prod
from typing import Any, NamedTuple

import numpy as np

from autograd import JitNotice, Tensor, TrainingWarning, Value, no_grad
from nn.data import Array
from nn.diagnosis import (
    IdleParameterWarning,
    explain,
    first_step,
    idle_parameters,
    is_finite,
    is_sum_over_examples,
    parameters_of,
)
from nn.evaluation import Loss, Target, plain_array
from nn.modules.module import Module
from nn.optim import LBFGS, GradientOptimizer, RandomSearch
from nn.optim.clipping import grad_norm
from nn.parallel import Sum, Team, cut
from nn.parallel.side_effects import SideEffects
from nn.training.batches import ArrayBatches, Batch, IterableBatches, Rows
from nn.training.compiled import (
    CompiledStep,
    NotCompilable,
    NotFinite,
    Result,
    or_not_compilable,
)


class Report(NamedTuple):
    """The result of a shard that the ranks exchange, besides its gradient."""

    loss: float = nan
    """Not finite if the loss or the gradient is not."""
    output: Array | None = None
    buffers: dict[str, Array] | None = None
    """The buffers that it changed."""
    learning: tuple[bool, ...] = ()
    """Which parameters have a gradient; empty if all do."""


@dataclass(eq=False, repr=False)
class TrainingStep:
    """Takes the steps of a run, compiled if that is possible and requested.

    outputs: whether to return the outputs of the model, for metrics.
    """

    model: Module
    loss: Loss
    optimizer: GradientOptimizer | RandomSearch
    batches: ArrayBatches | IterableBatches
    outputs: bool
    compile: bool
    shards: int
    team: Team

    def __post_init__(self) -> None:
        self.side_effects: SideEffects = SideEffects(self.model, self.shards)
        self._plain = PlainStep(self.model, self.loss, self.optimizer, self.batches)
        self._compiles = self.compile and isinstance(self.optimizer, GradientOptimizer)
        self._compiled: CompiledStep | None = None
        self._faulty = 0
        self._cause: BaseException | None = None
        if self.shards > 1:
            parameters = self.optimizer.parameters.values()
            types = sorted({str(parameter.dtype) for parameter in parameters})
            if len(types) > 1:
                raise ValueError(
                    f"with shards all parameters must be of one type, not {' and '.join(types)}"
                )
            each = self.shards // self.team.size
            self._mine = range(self.team.rank * each, (self.team.rank + 1) * each)
            length = sum(parameter.size for parameter in parameters)
            self._sum = Sum(self.team, each, length, types[0])
            self._loss_is_a_sum: bool | None = None

    def begin(self) -> None:
        """Call when there are examples: find out whether the loss is a sum or a mean."""
        if self.shards > 1 and self._loss_is_a_sum is None and self.batches.sample is not None:
            self._loss_is_a_sum = is_sum_over_examples(self.model, self.loss, *self.batches.sample)

    @property
    def takes_several(self) -> bool:
        """Whether several steps at once are faster: in a compiled program that draws nothing."""
        whole = self.shards == 1 and not isinstance(self.optimizer, LBFGS)
        return self._compiles and whole and not self.side_effects.draws

    def __call__(
        self, batches: Sequence[Rows], step: int, epoch: int, results: list[Result]
    ) -> None:
        """Take a step on the first mini-batch, and on those after it if it ``takes_several``, and
        append their results, or raise ``NonFiniteError`` and leave the parameters as they were.
        """
        notice = ""
        if self.shards > 1:
            self.begin()
        self.side_effects.begin()
        if self._compiles and step > 1:  # the first is checked for parameters without a gradient
            try:
                if self.takes_several:
                    self._compiled = self._compiled or self._compile()
                    self._compiled.steps(map(Rows.read, batches), results)
                else:
                    results.append(self._take(batches[0], step, compiled=True))
                return
            except NotFinite:
                pass  # the plain step finds out where
            except NotCompilable as error:
                self._compiles = False
                self._compiled = None
                notice = str(error)
            self.side_effects.rewind()
            self.side_effects.begin()
        batch, step = batches[len(results)], step + len(results)
        self._plain.is_first = step == 1 and self.team.rank == 0
        try:
            result = self._take(batch, step, compiled=False)
        except NotFinite as error:
            self.side_effects.rewind()
            self.side_effects.begin()
            self.side_effects.enter(self._faulty)
            x, y = self._cut(batch)[self._faulty].read()
            raise explain(self.model, self.loss, x, y, step=step, epoch=epoch) from error.__cause__
        if notice and self.team.rank == 0:
            message = f"this training runs uncompiled, since {notice}"
            warnings.warn(message, JitNotice, stacklevel=5)  # at fit
        if self._plain.idle:
            warnings.warn(self._plain.idle, IdleParameterWarning, stacklevel=5)  # at fit
            self._plain.idle = None
        for message in self._plain.mistakes:
            warnings.warn(message, TrainingWarning, stacklevel=5)  # at fit
        self._plain.mistakes = []
        results.append(result)

    def _take(self, batch: Rows, step: int, *, compiled: bool) -> Result:
        if self.shards > 1:
            name = f"step {step}{', compiled' * compiled}"
            return self._take_in_shards(batch, name, compiled=compiled)
        if isinstance(self.optimizer, LBFGS):
            return self._minimize(self.optimizer, batch.read(), compiled=compiled)
        return self._way(compiled).step(*batch.read())

    def _minimize(self, optimizer: LBFGS, batch: Batch, *, compiled: bool) -> Result:
        """Take a step of an optimiser that evaluates the mini-batch several times.

        Each evaluation draws the same random numbers.
        """
        outputs: list[Any] = []
        parameters = optimizer.parameters.values()
        row = np.empty(sum(p.size for p in parameters), next(iter(parameters)).dtype)
        before = {name: p.data for name, p in optimizer.parameters.items()}

        def evaluate() -> tuple[float, Array]:
            way = self._way(compiled)
            self.side_effects.rewind()
            row[...] = 0
            way.begin()
            try:
                loss, output, _ = way.shard(*batch, 1.0, row)
            except NotFinite:
                loss, output = nan, None
            if not outputs and not (isfinite(loss) and is_finite(row)):
                raise NotFinite
            outputs.append(output)
            return loss, row.copy()

        try:
            loss, norm = optimizer.minimize(evaluate)
        except (NotFinite, NotCompilable):
            for name, parameter in optimizer.parameters.items():
                parameter.data = before[name]
            raise
        return Result(loss, norm, outputs[0])

    def _way(self, compiled: bool) -> CompiledStep | PlainStep:
        if not compiled:
            return self._plain
        return self._compiled or self._compile()

    @or_not_compilable
    def _compile(self) -> CompiledStep:
        assert isinstance(self.optimizer, GradientOptimizer)
        self._compiled = CompiledStep(
            self.model, self.loss, self.optimizer, self.batches, outputs=self.outputs
        )
        return self._compiled

    # --- in shards -------------------------------------------------------------------------------

    def _take_in_shards(self, batch: Rows, name: str, *, compiled: bool) -> Result:
        parts = self._cut(batch)
        shares = [len(part) / len(batch) for part in parts]
        weights = [1.0] * len(parts) if self._loss_is_a_sum else shares
        with self.team.together(name) as exchange:
            exchange.value = self._compute(parts, weights, compiled)
        for value in exchange.values:
            if isinstance(value, str):
                raise NotCompilable(value)
        reports: list[Report] = [report for value in exchange.values for report in value]
        losses = [report.loss for report in reports]
        self._faulty = next((n for n, loss in enumerate(losses) if not isfinite(loss)), 0)
        if not isfinite(losses[self._faulty]):
            raise NotFinite from self._cause
        loss = sum(part * weight for part, weight in zip(losses, weights, strict=True))
        learning = [report.learning for report in reports]
        norm = self._way(compiled).join(self._sum(), loss, learning)
        self.side_effects.end([report.buffers or {} for report in reports], shares)
        output = np.concatenate([r.output for r in reports]) if self.outputs else None
        return Result(loss, norm, output)

    def _compute(
        self, parts: list[Rows], weights: list[float], compiled: bool
    ) -> list[Report] | str:
        """Compute the shards of this rank, or return the reason why they cannot be compiled."""
        reports = []
        try:
            way = self._way(compiled)
            way.begin()
            for row, shard in zip(self._sum.rows, self._mine, strict=True):
                row[...] = 0
                if shard < len(parts):
                    self.side_effects.enter(shard)
                    reports.append(self._report(way, parts[shard], weights[shard], row))
        except NotCompilable as error:
            return str(error)
        return reports

    def _report(self, way: Any, batch: Rows, weight: float, row: Array) -> Report:
        try:
            loss, output, learning = way.shard(*batch.read(), weight, row)
        except NotFinite as error:
            self._cause = error.__cause__
            return Report(buffers=self.side_effects.leave())
        plain = np.array(plain_array(output)) if self.outputs else None
        return Report(loss, plain, self.side_effects.leave(), learning)

    def _cut(self, batch: Rows) -> list[Rows]:
        """The examples of each shard, without shards that are empty."""
        parts = cut(len(batch), self.shards)
        return [batch.part(part) for part in parts if part.start < part.stop]


@dataclass(eq=False, repr=False)
class PlainStep:
    """Uncompiled steps: model, loss, ``backward``, the optimiser's ``step``.

    is_first: whether to look for parameters that cannot learn and for other mistakes; ``idle`` and
        ``mistakes`` are the messages about them.
    """

    model: Module
    loss: Loss
    optimizer: GradientOptimizer | RandomSearch
    batches: ArrayBatches | IterableBatches
    is_first: bool = False
    idle: str | None = None
    mistakes: list[str] = field(default_factory=list)
    _first_loss: Any = None
    _first_output: Any = None

    def step(self, x: Array, y: Target) -> Result:
        """Take a step on a whole mini-batch; ``NotFinite`` before the parameters are changed."""
        if isinstance(self.optimizer, RandomSearch):
            with no_grad():
                loss, output = self._loss(x, y)
            value = _one_number(loss, depends=False)
            self.optimizer.step(lambda: self.loss(self.model(x), y), value)
            return Result(value, nan, output)
        value, output = self._backward(x, y)
        return Result(value, self._update(), output)

    def begin(self) -> None:
        """Call before the first shard of a step."""

    def shard(self, x: Array, y: Target, weight: float, row: Array) -> tuple[float, Any, Any]:
        """The loss and outputs of a shard; its gradient times ``weight`` is written to ``row``.

        The third result says which parameters have a gradient.
        """
        value, output = self._backward(x, y, weight)
        gradients = [parameter.grad for parameter in self.optimizer.parameters.values()]
        for g, part in zip(gradients, self._split(row), strict=True):
            if g is not None:
                part[...] = g
        if not is_finite(row):
            raise NotFinite
        return value, output, tuple(g is not None for g in gradients)

    def join(self, gradient: Array, loss: float, learning: list[tuple[bool, ...]]) -> float:
        """Update the parameters by the sum of the shards' gradients; return its norm."""
        parts = self._split(gradient.copy())
        learns = [any(of_shards) for of_shards in zip(*learning, strict=True)]
        for parameter, part, has_gradient in zip(
            self.optimizer.parameters.values(), parts, learns, strict=True
        ):
            g = part if isinstance(parameter, Tensor) else float(part)
            parameter.grad = g if has_gradient else None
        return self._update()

    def _loss(self, x: Array, y: Target) -> tuple[Any, Any]:
        output = self.model(x)
        try:
            loss = self.loss(output, y)
        except ValueError as error:
            if is_finite(output):
                raise
            raise NotFinite from error
        return loss, output

    def _backward(self, x: Array, y: Target, weight: float = 1.0) -> tuple[float, Any]:
        """The loss and the outputs; the gradient is left in the parameters."""
        self.optimizer.zero_grad()
        loss, output = self._loss(x, y)
        value = _one_number(loss, depends=True)
        (loss if weight == 1.0 else loss * weight).backward()
        if self.is_first and self._first_loss is None:
            self._first_loss, self._first_output = loss, output
        return value, output

    def _update(self) -> float:
        assert isinstance(self.optimizer, GradientOptimizer)
        first, output = self._first_loss, self._first_output
        before = None
        if first is not None:
            assert self.batches.sample is not None
            self.idle = idle_parameters(self.model, self.loss, first, *self.batches.sample)
            self._first_loss = self._first_output = None
            before = parameters_of(self.model)
        norm = grad_norm(self.optimizer.parameters)
        if not isfinite(norm):
            raise NotFinite
        self.optimizer.step()
        if before is not None:
            self.mistakes = first_step(self.model, first, output, before)
        return norm

    def _split(self, vector: Array) -> list[Array]:
        """Views of a vector in the shapes of the parameters."""
        shapes = [parameter.shape for parameter in self.optimizer.parameters.values()]
        ends = accumulate((prod(shape) for shape in shapes), initial=0)
        return [
            vector[start:stop].reshape(shape)
            for shape, (start, stop) in zip(shapes, pairwise(ends), strict=True)
        ]


def _one_number(loss: Any, *, depends: bool) -> float:
    """The loss as a float; ``NotFinite`` if it is not finite.

    depends: whether it must depend on the parameters.
    """
    if not isinstance(loss, Tensor | Value) or (depends and not loss.parents):
        raise ValueError(
            "the loss does not depend on any trainable parameter: it must be computed from the "
            "model's outputs, and not all parameters may be frozen"
        )
    if loss.size != 1:
        raise ValueError(
            f"the loss has shape {loss.shape}, and must be one number: its mean or sum over the "
            "mini-batch"
        )
    value = loss.item()
    if not isfinite(value):
        raise NotFinite
    return value
