"""``CompiledStep``: the gradient and the optimiser's update as compiled programs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

import autograd as ag
from autograd import Flat, JitError, Tensor, gradients, no_grad
from nn.data import Array, DataError
from nn.evaluation import Loss, Target, Weighted, plain_array
from nn.modules.module import Module, mode
from nn.optim.clipping import grad_norm
from nn.optim.gradient import GradientOptimizer
from nn.targets import skip_target_checks
from nn.training.batches import ArrayBatches, Batch, IterableBatches

MOST_CHECKED = 10_000_000


class Result(NamedTuple):
    """The loss and the norm of the gradient before the update, and the outputs if requested."""

    loss: float
    norm: float
    output: Any


class Segment(NamedTuple):
    """Neighbouring parameters that are updated together: those of a group with weight decay, or
    those without; or a single one if the rule is not elementwise.
    """

    group: int
    decayed: bool
    start: int
    stop: int
    shape: tuple[int, ...]


class NotFinite(Exception):
    """The loss, the gradient or its square is not finite."""


class NotCompilable(Exception):
    """The step must run uncompiled; the message is the reason, or "" if nothing is wrong."""


def or_not_compilable(method: Callable[..., Any]) -> Callable[..., Any]:
    """Turn the errors of a method into ``NotCompilable``; the plain step raises the real ones."""

    @wraps(method)
    def raising(*args: Any) -> Any:
        try:
            return method(*args)
        except (NotFinite, NotCompilable):
            raise
        except JitError as error:
            raise NotCompilable(str(error)) from error
        except Exception as error:
            reason = f"compiling it raised {type(error).__name__}: {error}"
            raise NotCompilable(reason) from error

    return raising


class CompiledStep:
    """Loss, gradient and update of all parameters, compiled by ``autograd.jit``.

    The parameters are moved into one array, and so are the arrays of the optimiser's state, so that
    the update is a few operations on whole arrays. They are in the order of their groups, and in a
    group those with weight decay come first. A whole
    mini-batch is one program. With shards, one program computes the gradient of a shard, and
    another updates the parameters by the sum of the gradients.
    """

    def __init__(
        self,
        model: Module,
        loss: Loss,
        optimizer: GradientOptimizer,
        batches: ArrayBatches | IterableBatches,
        *,
        outputs: bool = False,
    ) -> None:
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.outputs = outputs
        # Targets that the loss accepts as a whole need not be checked again in each step.
        self.unchecked: Callable[[], AbstractContextManager[None]] = nullcontext
        if isinstance(batches, ArrayBatches) and _all_targets_pass(model, loss, *batches.sample):
            self.unchecked = skip_target_checks
        self._current_settings = attrgetter(*optimizer.settings)
        self._lay_out()

    def _lay_out(self) -> None:
        """Move the parameters into one array, those with weight decay first."""
        optimizer = self.optimizer
        self._settings = self._current_settings(optimizer)
        self._groups = [optimizer.of_group(group) for group in optimizer.groups]
        ordered = [
            (group, not self._groups[group].decays(name, optimizer.parameters[name]), name)
            for group, (names, _) in enumerate(optimizer.groups)
            for name in names
        ]
        ordered.sort(key=lambda item: item[:2])
        self.names: list[str] = [name for _, _, name in ordered]
        parameters = [optimizer.parameters[name] for name in self.names]
        tensors = [parameter for parameter in parameters if isinstance(parameter, Tensor)]
        if len(tensors) < len(ordered):
            raise NotCompilable("some of its parameters are Values")
        try:
            self.flat: Flat = Flat(tensors)
        except ValueError as error:
            raise NotCompilable(str(error)) from error
        self._segments: list[Segment] = []
        for (group, is_free, _), tensor in zip(ordered, tensors, strict=True):
            start = self._segments[-1].stop if self._segments else 0
            segment = Segment(group, not is_free, start, start + tensor.size, tensor.shape)
            if optimizer.elementwise and self._segments and segment[:2] == self._segments[-1][:2]:
                segment = segment._replace(start=self._segments.pop().start)
            if optimizer.elementwise:
                segment = segment._replace(shape=(segment.stop - segment.start,))
            self._segments.append(segment)
        self._prepare()

    def _prepare(self) -> None:
        """Allocate the gradient and the optimiser's state, and make the functions to compile."""
        theta = self.flat.array
        self.gradient: Array = np.zeros_like(theta)
        self.gradients: list[Any] = self.flat.split(self.gradient)
        states = self.optimizer.named_states()
        if len({states[name]["steps"] for name in self.names}) != 1:
            if any(tensor.grad is None for tensor in self.flat.tensors):
                raise NotCompilable  # a parameter without a gradient stays behind the others
            raise NotCompilable("its parameters have been trained for different numbers of steps")
        self.state: dict[str, Array] = {}
        self.states: dict[str, list[Any]] = {}
        for key, first in self.optimizer.init_state().items():
            self.state[key] = np.full_like(theta, first)
            self.states[key] = self.flat.split(self.state[key])
            for name, part in zip(self.names, self.states[key], strict=True):
                if key in states[name]:
                    part[...] = states[name][key]
                states[name][key] = part
        self._arrays = [self._parts(array) for array in (theta, *self.state.values())]
        self._updated = [part for segments in self._arrays for part in segments]
        self._whole = self._jit(self._whole_step, [*self._updated, self.gradient])
        self._join = self._jit(self._joint_step, [*self._updated, self.gradient], of_model=False)
        self._shard_gradient: Array = np.zeros_like(theta)
        # One for each number of examples: a compiled function is fastest with the shapes of its
        # last call, and the sizes of the shards may differ by one.
        self._shards: dict[int, Any] = {}

    def _jit(self, function: Any, into: list[Array], *, of_model: bool = True) -> Any:
        watch = (self.model, self.loss) if of_model else ()
        return ag.jit(function, into=into, watch=watch, notices=False)

    def _parts(self, array: Any) -> list[Any]:
        """The parts of an array that are updated together, in their shapes."""
        if len(self._segments) == 1 and self.optimizer.elementwise:
            return [array]
        return [array[s.start : s.stop].reshape(s.shape) for s in self._segments]

    # --- the functions that are compiled ---------------------------------------------------------

    def _whole_step(
        self, x: Any, y: Any, arrays: list[list[Any]], hyper: list[dict[str, Any]]
    ) -> Any:
        loss, output, g = self._differentiate(x, y)
        square = _finite_square(g, loss)
        return (loss, square, output), self._update(g, square, arrays, hyper)

    def _shard_step(self, x: Any, y: Any, weight: Any) -> Any:
        loss, output, g = self._differentiate(x, y, weight)
        return (loss, output), [g]

    def _joint_step(
        self, g: Any, loss: Any, arrays: list[list[Any]], hyper: list[dict[str, Any]]
    ) -> Any:
        square = _finite_square(g, loss)
        return square, self._update(g, square, arrays, hyper)

    def _differentiate(self, x: Any, y: Any, weight: Any = None) -> tuple[Any, Any, Any]:
        """The loss, the outputs if requested, and the weighted gradient as one array."""
        output = self.model(x)
        with self.unchecked():
            loss = self.loss(output, y)
        weighted = loss if weight is None else loss * weight
        slopes = gradients(weighted, self.flat.tensors, create_graph=True)
        if any(part.op is None for part in slopes):
            raise NotCompilable  # a parameter that the loss does not depend on must not change
        g = ag.concatenate([ag.ravel(part) for part in slopes])
        return loss, output if self.outputs else None, g

    def _update(
        self, g: Any, square: Any, arrays: list[list[Any]], hyper: list[dict[str, Any]]
    ) -> list[Any]:
        """New contents of parameters and state, and the gradient after clipping."""
        if "clip_norm" in hyper[0]:
            norm, most = ag.sqrt(square), hyper[0]["clip_norm"]
            g = g * ag.where(norm > most, most / norm, 1.0)
        new = []
        for number, (segment, part) in enumerate(zip(self._segments, self._parts(g), strict=True)):
            theta, *state = [segments[number] for segments in arrays]
            theta, new_state = self._groups[segment.group].rule(
                theta,
                part,
                dict(zip(self.state, state, strict=True)),
                hyper[segment.group],
                decayed=segment.decayed,
            )
            new.append([theta, *[new_state[key] for key in self.state]])
        return [*[array for segments in zip(*new, strict=True) for array in segments], g]

    # --- taking a step ---------------------------------------------------------------------------

    def step(self, x: Array, y: Target) -> Result:
        """Take a step on a whole mini-batch; ``NotFinite`` before anything is changed."""
        results: list[Result] = []
        self.steps([(x, y)], results)
        return results[0]

    @or_not_compilable
    def steps(self, batches: Iterable[Batch], results: list[Result]) -> None:
        """Take a step on each mini-batch, and append its result."""
        self._begin()
        done = len(results)
        try:
            for x, y in batches:
                loss, square, output = self._whole(x, y, self._arrays, self._hyper)
                results.append(Result(float(loss), self._norm(square), output))
                self._count()
        finally:
            if len(results) > done:
                self._end()

    @or_not_compilable
    def begin(self) -> None:
        """Call before the first shard of a step."""
        self._begin()

    @or_not_compilable
    def shard(self, x: Array, y: Target, weight: float, row: Array) -> tuple[float, Any, Any]:
        """The loss and outputs of a shard; its gradient times ``weight`` is written to ``row``."""
        if len(x) not in self._shards:
            self._shards[len(x)] = self._jit(self._shard_step, [self._shard_gradient])
        loss, output = self._shards[len(x)](x, y, weight)
        row[...] = self._shard_gradient
        return float(loss), output, ()

    @or_not_compilable
    def join(self, gradient: Array, loss: float, learning: Any) -> float:
        """Update the parameters by the sum of the shards' gradients; return its norm."""
        square = self._join(gradient, loss, self._arrays, self._hyper)
        self._steps += 1
        self._end()
        return self._norm(square)

    def _begin(self) -> None:
        """Gather the arrays, and update the numbers of the optimiser's rule."""
        settings = self._current_settings(self.optimizer)
        if settings != self._settings:
            # A setting that becomes zero or None, or ceases to be, needs another program.
            if list(map(bool, settings)) != list(map(bool, self._settings)):
                self._lay_out()
            self._settings = settings
            optimizer = self.optimizer
            self._groups = [optimizer.of_group(group) for group in optimizer.groups]
        states = self.optimizer.named_states()
        self._gather(states)
        self._steps: int = int(states[self.names[0]]["steps"]) - 1
        self._count()

    def _count(self) -> None:
        """Count a step; the numbers of the rule are those of the next."""
        self._steps += 1
        self._hyper: list[dict[str, float]] = [
            group.hyperparameters(self._steps + 1) for group in self._groups
        ]
        if self.optimizer.clip_norm is not None:
            self._hyper[0] = self._hyper[0] | {"clip_norm": self.optimizer.clip_norm}

    def _gather(self, states: dict[str, Any]) -> None:
        """Copy data and state that were replaced since the last step into the arrays."""
        self.flat.hold()
        for key, parts in self.states.items():
            for name, part in zip(self.names, parts, strict=True):
                array = states[name].get(key)
                if array is not part:
                    part[...] = self.optimizer.init_state()[key] if array is None else array
                    states[name][key] = part

    def _end(self) -> None:
        """Tell the optimiser how many steps were taken, and the parameters their gradients."""
        states = self.optimizer.named_states()
        for name, tensor, g in zip(self.names, self.flat.tensors, self.gradients, strict=True):
            states[name]["steps"] = self._steps
            tensor.grad = g

    def _norm(self, square: Any) -> float:
        """The norm of the gradient, the sum of whose squares may have lost digits if it is tiny."""
        square = float(square)  # arithmetic is faster than with NumPy's scalars
        if square > 1e-30:
            return math.sqrt(square)
        for tensor, g in zip(self.flat.tensors, self.gradients, strict=True):
            tensor.grad = g
        return grad_norm(self.flat.tensors)


def _finite_square(g: Any, loss: Any) -> Any:
    """Σ g²; ``NotFinite`` where that or the loss is not finite."""
    square = ag.sum(g * g)
    if not square + ag.abs(loss) < np.inf:
        raise NotFinite
    return square


def _all_targets_pass(model: Module, loss: Loss, x: Array, y: Target) -> bool:
    """Whether the loss accepts all targets of the data; raises ``DataError`` for wrong targets."""
    if isinstance(y, tuple):
        assert isinstance(loss, Weighted)
        loss, y = loss.loss, y[0]
    if y.ndim == 1 and y.dtype.kind in "iub":  # class numbers are checked one by one
        y = np.unique(y)
    with mode(model, training=False), no_grad(), np.errstate(all="ignore"):
        output = np.asarray(plain_array(model(x[:1])))
        if output.size * len(y) > MOST_CHECKED:
            return False
        try:
            loss(np.broadcast_to(output, (len(y), *output.shape[1:])), y)
        except DataError:
            raise
        except Exception:  # a user's loss may need nodes
            return False
    return True
