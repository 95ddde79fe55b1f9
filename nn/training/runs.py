"""``Run``: one training run, step by step, and the whole of its state.

What it is told to do is in ``nn.training.settings``; ``nn.fit`` makes and runs it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from math import inf, isfinite, nan
from typing import Any

import numpy as np

from autograd import JitError, JitNotice, Tensor, Value, no_grad
from nn.data import Array, batches
from nn.evaluation import evaluate, mode
from nn.modules.module import Module
from nn.optim.clipping import clip_grad_norm
from nn.optim.rules import GradientOptimizer, RandomSearch
from nn.optim.schedules import Schedule
from nn.training.checkpoint import Checkpoint, CheckpointError
from nn.training.history import History
from nn.training.idle import warn_of_idle
from nn.training.nonfinite import NonFiniteError, explain, is_finite
from nn.training.progress import Progress
from nn.training.settings import Settings
from nn.training.steps import CompiledStep, NotCompilable, NothingToLearn, Step


def reason_of(error: Exception) -> str:
    """Why a step is not compiled, in words."""
    told = isinstance(error, NotCompilable | JitError)
    return str(error) if told else f"compiling it raised {type(error).__name__}: {error}"


class Run:
    """A training run, as its callbacks see it.

    ``model``, ``optimizer`` and ``history`` are those of the run; ``epoch`` and ``step`` are the
    numbers of the present ones, from 1. ``stop(reason)`` ends the run after the present step.
    """

    def __init__(
        self,
        model: Module,
        optimizer: GradientOptimizer | RandomSearch,
        settings: Settings,
        rng: np.random.Generator | None,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.history: History = History(list(settings.metrics))
        self.epoch: int = 0
        self.step: int = 0
        self._settings = settings
        self._batches = batches(*settings.data, size=settings.batch_size, rng=rng)
        self._rng = rng
        self._model_generators = model.named_generators()
        self._epochs_done = 0
        self._batches_done = 0
        self._compiled: CompiledStep | None = None
        self._may_compile = settings.compile and isinstance(optimizer, GradientOptimizer)
        self._leads = True  # it is for this process to write and to show what is done
        self._epoch_began: Any = None  # the state of `rng` that the order of the examples is from

    def stop(self, reason: str) -> None:
        """End the run after the present step; ``history.stopped`` will be the reason."""
        self.history.stopped = reason

    def run(self, progress: bool) -> History:
        """Train from the beginning, or from the checkpoint where there is one, to the end."""
        settings = self._settings
        for rule in settings.rules:
            rule.start()
        if isinstance(settings.schedule, Schedule):
            settings.schedule.start()
        identity: dict[str, str] = {}
        if settings.checkpoint and self._leads:
            identity = settings.identity(self.optimizer, self._rng)
        if settings.checkpoint:
            self._resume(settings.checkpoint, identity)
        count = len(settings.data[0])
        done = self._epochs_done * count + self._batches_done * settings.batch_size
        # What overflows is reported by name, not by NumPy's warnings.
        with (
            mode(self.model, training=True),
            np.errstate(over="ignore", divide="ignore", invalid="ignore"),
            Progress(progress and self._leads, self.history, settings.epochs, count, done) as bar,
        ):
            while self._epochs_done < settings.epochs and not self.history.stopped:
                self._run_epoch(identity, bar)
        for rule in settings.rules:
            rule.finish(self.model)
        self.history.stopped = self.history.stopped or f"all {settings.epochs} epochs are done"
        return self.history

    # --- the loop --------------------------------------------------------------------------------

    def _run_epoch(self, identity: Any, bar: Progress) -> None:
        settings = self._settings
        self.epoch = self._epochs_done + 1
        for batch in self._mini_batches():
            self.step += 1
            self._batches_done += 1
            self._train(*batch)
            ended = self._batches_done == len(self._batches)
            self._watch(ended)
            for callback in settings.callbacks:
                callback(self)
            if ended:
                self._epochs_done += 1
                self._batches_done = 0
            if settings.checkpoint and (
                ended or self.step % (settings.checkpoint.every or inf) == 0
            ):
                self._save(settings.checkpoint, identity)
            bar.advance(len(batch[0]))
            if self.history.stopped:
                break

    def _mini_batches(self) -> Iterator[Any]:
        """The mini-batches of the epoch that are still to come."""
        if not self._batches_done:
            self._epoch_began = None if self._rng is None else self._rng.bit_generator.state
            return iter(self._batches)
        # Resumed within an epoch: draw its order again, and then be where the generators were.
        states = {name: g.bit_generator.state for name, g in self._generators().items()}
        if self._rng is not None:
            self._rng.bit_generator.state = self._epoch_began
        iterator = iter(self._batches)
        for _ in range(self._batches_done):
            next(iterator)
        for name, generator in self._generators().items():
            generator.bit_generator.state = states[name]
        return iterator

    def _train(self, *batch: Array) -> None:
        settings, optimizer = self._settings, self.optimizer
        x, y = batch
        before = {path: g.bit_generator.state for path, g in self._model_generators.items()}
        if settings.schedule:
            optimizer.lr = settings.schedule(self.step - 1)
        taken = self._train_compiled(x, y)
        if taken is None:
            self._rewind(before)
            taken = self._train_eagerly(x, y, before)
        self._record(taken, y)

    def _record(self, taken: Step, y: Array) -> None:
        """A row of the history: figures of a mini-batch with the targets y."""
        settings = self._settings
        output = taken.output
        plain = output.numpy() if isinstance(output, Tensor) else output
        figures = {name: float(metric(plain, y)) for name, metric in settings.metrics.items()}
        self.history.steps.append(
            step=self.step,
            epoch=self.epoch,
            loss=taken.loss,
            lr=self.optimizer.lr,
            gradient_norm=taken.norm,
            **figures,
        )

    def _train_compiled(self, x: Array, y: Array) -> Step | None:
        """The step as one program; ``None`` where it has to be taken operation by operation."""
        settings, optimizer = self._settings, self.optimizer
        if not self._may_compile or self.step == 1:  # the graph of the first is looked at, too
            return None
        try:
            if self._compiled is None and isinstance(optimizer, GradientOptimizer):
                self._compiled = CompiledStep(self.model, settings, optimizer)
            return None if self._compiled is None else self._compiled(x, y)
        except NothingToLearn:
            self._may_compile = False
            return None
        except Exception as error:  # whatever it is, the step itself will tell if it matters
            self._may_compile = False
            self._compiled = None
            warnings.warn(
                f"this training runs uncompiled, since {reason_of(error)}",
                JitNotice,
                stacklevel=6,  # at fit
            )
            return None

    def _train_eagerly(self, x: Array, y: Array, before: Mapping[str, Any]) -> Step:
        """The step operation by operation."""
        settings, optimizer = self._settings, self.optimizer
        optimizer.zero_grad()
        searching = isinstance(optimizer, RandomSearch)
        with no_grad() if searching else nullcontext():
            output = self.model(x)
            try:
                loss = settings.loss(output, y)
            except ValueError as error:
                if is_finite(output):
                    raise
                raise self._non_finite(x, y, before) from error
        value = one_number(loss, searching)
        if not isfinite(value):
            raise self._non_finite(x, y, before)
        if isinstance(optimizer, RandomSearch):
            optimizer.step(lambda: settings.loss(self.model(x), y), value)
            return Step(value, nan, output)
        loss.backward()
        if self.step == 1:
            warn_of_idle(self.model, settings.loss, loss, *settings.data)
        norm = clip_grad_norm(optimizer.parameters, settings.clip_norm or inf)
        if not isfinite(norm):
            raise self._non_finite(x, y, before)
        optimizer.step()
        return Step(value, norm, output)

    def _watch(self, ended: bool) -> None:
        """Validate where it is time to; tell the schedule, and ask the rules whether to stop."""
        settings = self._settings
        every = settings.validation_every
        observed = None
        reasons = []
        if settings.validation and (self.step % every == 0 if every else ended):
            figures = self._validate(*settings.validation)
            self.history.validations.append(step=self.step, epoch=self.epoch, **figures)
            observed = figures["loss"]
            reasons += [rule.after_validation(self.model, self.history) for rule in settings.rules]
        elif ended and not settings.validation:
            observed = self.history.epoch_mean("loss")
        if ended:
            reasons += [rule.after_epoch(self.model, self.history) for rule in settings.rules]
        if observed is not None and isinstance(settings.schedule, Schedule):
            settings.schedule.observe(observed)
        found = [reason for reason in reasons if reason]
        if found:
            self.stop("; ".join(found))

    def _validate(self, x: Array, y: Array) -> dict[str, float]:
        settings = self._settings
        return evaluate(self.model, (x, y), loss=settings.loss, metrics=settings.metrics)

    def _non_finite(self, x: Array, y: Array, before: Mapping[str, Any]) -> NonFiniteError:
        """Take the present step again, with an eye on every operation."""
        self._rewind(before)
        return explain(self.model, self._settings.loss, x, y, step=self.step, epoch=self.epoch)

    def _rewind(self, before: Mapping[str, Any]) -> None:
        """Let the model's generators draw the same numbers again."""
        for path, generator in self._model_generators.items():
            generator.bit_generator.state = before[path]

    # --- the state -------------------------------------------------------------------------------

    def _generators(self) -> dict[str, np.random.Generator]:
        return self._model_generators | ({} if self._rng is None else {"": self._rng})

    def _state(self, identity: Any) -> dict[str, Any]:
        settings = self._settings
        return {
            "identity": identity,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "remembered": [part.state_dict() for part in settings.remembering()],
            "history": self.history.state_dict(),
            "generators": {n: g.bit_generator.state for n, g in self._generators().items()},
            "epoch_began": self._epoch_began,
            "epochs_done": self._epochs_done,
            "batches_done": self._batches_done,
            "step": self.step,
        }

    def _save(self, checkpoint: Checkpoint, identity: Any) -> None:
        checkpoint.save(self._state(identity))

    def _resume(self, checkpoint: Checkpoint, identity: Mapping[str, str]) -> None:
        state = self._load(checkpoint, identity)
        if state is not None:
            self._go_on(checkpoint, state)

    def _load(self, checkpoint: Checkpoint, identity: Mapping[str, str]) -> Any:
        """The state that was saved, or None; ``CheckpointError`` for that of another run."""
        state = checkpoint.load()
        if state is None:
            return None
        changed = [
            f"{name} was {state['identity'].get(name)} and is {value}"
            for name, value in identity.items()
            if state["identity"].get(name) != value
        ]
        if changed:
            raise CheckpointError(
                f"{checkpoint.path} is of another training run: {'; '.join(changed)}. Name another "
                "file, or delete it to train from the beginning"
            )
        return state

    def _go_on(self, checkpoint: Checkpoint, state: Mapping[str, Any]) -> None:
        settings = self._settings
        try:
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            for part, held in zip(settings.remembering(), state["remembered"], strict=True):
                part.load_state_dict(held)
            self.history.load_state_dict(state["history"])
            for name, generator in self._generators().items():
                generator.bit_generator.state = state["generators"][name]
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"{checkpoint.path} does not fit this run: {error}") from error
        self._epoch_began = state["epoch_began"]
        self._epochs_done = state["epochs_done"]
        self._batches_done = state["batches_done"]
        self.step = state["step"]


def one_number(loss: Any, searching: bool) -> float:
    """The loss as a float, checked to be one number that depends on the parameters."""
    if not isinstance(loss, Tensor | Value) or not (loss.parents or searching):
        raise ValueError(
            "the loss does not depend on any parameter that is trained: it must be computed from "
            "the model's outputs, and not all parameters may be frozen"
        )
    if loss.size != 1:
        raise ValueError(
            f"the loss has shape {loss.shape}, and must be one number: its mean or sum over the "
            "mini-batch"
        )
    return loss.item()
