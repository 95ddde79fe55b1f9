"""``Run``: the loop over epochs and mini-batches, and its state; and ``Callback``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from time import monotonic
from typing import Any

import numpy as np

from nn.data import Array
from nn.evaluation import (
    PREDICTION_BATCH,
    Loss,
    Metric,
    Target,
    Weighted,
    plain_array,
    predict,
    score,
)
from nn.history import History
from nn.modules.module import Module, mode
from nn.optim import GradientOptimizer, RandomSearch
from nn.optim.schedules import Schedule
from nn.parallel import Team
from nn.training.batches import ArrayBatches, Batch, IterableBatches, Rows
from nn.training.compiled import Result
from nn.training.step import TrainingStep

MOST_AT_ONCE = 100
SOON = 0.05
"""The seconds that steps at once may take, if their number is to be doubled."""


class Callback:
    """Base class of callbacks, which are called with the run after each step.

    A function of the run can also be a callback. The state of a callback that has ``state_dict``
    and ``load_state_dict`` is saved with the run. Where all callbacks have ``each_step = False``,
    they are called after several steps if these take less than a tenth of a second.
    """

    each_step: bool = True

    def begin(self, run: Run) -> None:
        """Called once, before the first step. May raise ``ValueError``: nothing has changed yet."""

    def __call__(self, run: Run) -> None:
        """Called after each step, and after its validation if there is one."""

    def end(self, run: Run) -> None:
        """Called once when training has ended, but not after an error."""

    def close(self) -> None:
        """Called last, also after an error."""


@dataclass(kw_only=True, eq=False, repr=False)
class Run:
    """A training run, which callbacks can read and stop.

    ``model``, ``optimizer`` and ``history`` are those of the run. ``epoch`` and ``step`` are
    counted from 1. ``validated`` and ``epoch_ended`` say whether a validation followed this step,
    and whether it was the last of its epoch. ``examples`` is the number of examples trained on so
    far. ``stop(reason)`` ends the run after this step.
    """

    model: Module
    batches: ArrayBatches | IterableBatches
    loss: Loss
    optimizer: GradientOptimizer | RandomSearch
    schedule: Schedule | Callable[[int], float] | None
    epochs: int
    validation: Batch | None
    validation_every: int | None
    metrics: Mapping[str, Metric]
    callbacks: Sequence[Callable[[Run], Any]]
    compile: bool
    shards: int
    team: Team

    def __post_init__(self) -> None:
        self.history: History = History(list(self.metrics))
        self.epoch: int = 0
        self.step: int = 0
        self.validated: bool = False
        self.epoch_ended: bool = False
        self.examples: int = 0
        self._take_step = TrainingStep(
            self.model,
            # What an iterable gives may have weights; of arrays that is known.
            self.loss if self.batches.is_unweighted else Weighted(self.loss),
            self.optimizer,
            self.batches,
            outputs=bool(self.metrics),
            compile=self.compile,
            shards=self.shards,
            team=self.team,
        )
        self._model_generators = self.model.named_generators()
        self._epochs_done = 0
        self._batches_done = 0
        self._together = 1
        self._soon = True

    @property
    def examples_in_epoch(self) -> int | None:
        """The number of examples that an epoch trains on, or None if it is not known."""
        return self.batches.examples_in_epoch

    def some_examples(self, most: int) -> tuple[Array, Array]:
        """Return the first inputs and targets of the data, or of its first mini-batch."""
        assert self.batches.sample is not None
        x, y = self.batches.sample
        y = y[0] if isinstance(y, tuple) else y
        return x[:most], y[:most]

    def stop(self, reason: str) -> None:
        """End the run after this step; ``history.stopped`` will be the reason."""
        before = self.history.stopped
        self.history.stopped = f"{before}; {reason}" if before else reason

    def train(self) -> History:
        """Train to the end, from the beginning or from a checkpoint."""
        callbacks = [callback for callback in self.callbacks if isinstance(callback, Callback)]
        self._take_step.begin()
        if isinstance(self.schedule, Schedule):
            self.schedule.start()
        try:
            for callback in callbacks:
                callback.begin(self)
            no_checkpoint = "there is no checkpoint to resume from (callbacks=[Checkpoint(path)])"
            self.team.cure = self.team.cure or no_checkpoint
            # NonFiniteError reports an overflow, in place of NumPy's warnings.
            with (
                mode(self.model, training=True),
                np.errstate(over="ignore", divide="ignore", invalid="ignore"),
            ):
                while self._epochs_done < self.epochs and not self.history.stopped:
                    self._train_epoch()
            for callback in callbacks:
                callback.end(self)
        finally:
            for callback in callbacks:
                callback.close()
        self.history.stopped = self.history.stopped or f"all {self.epochs} epochs are done"
        return self.history

    # --- the loop --------------------------------------------------------------------------------

    def _train_epoch(self) -> None:
        self.epoch = self._epochs_done + 1
        batches = self.batches.epoch(self.epoch, self._batches_done)
        waiting: list[tuple[Rows, bool]] = []
        while waiting := waiting or [*islice(batches, self._at_once())]:
            if self.schedule:
                self.optimizer.lr = self.schedule(self.step)
            results: list[Result] = []
            began = monotonic()
            try:
                rows = [batch for batch, _ in waiting]
                self._take_step(rows, self.step + 1, self.epoch, results)
            finally:
                self._record(results, waiting[: len(results)])
                del waiting[: len(results)]
            self._soon = monotonic() - began < SOON
            self._validate()
            if self.epoch_ended:
                self._epochs_done += 1
                self._batches_done = 0
            for callback in self.callbacks:
                callback(self)
            if self.history.stopped:
                break

    def _at_once(self) -> int:
        """How many steps to take before the next look at callbacks: one, if anything has to see
        each of them, and otherwise as many as are done soon.
        """
        see_all = self.schedule or self.metrics or self.validation_every
        see_all = see_all or any(
            getattr(callback, "each_step", True) for callback in self.callbacks
        )
        if (
            see_all
            or isinstance(self.batches, IterableBatches)
            or not self._take_step.takes_several
        ):
            return 1
        n = self._together
        self._together = min(2 * n, MOST_AT_ONCE) if self._soon else max(n // 2, 1)
        return self._together

    def _record(self, results: Sequence[Result], taken: Sequence[tuple[Rows, bool]]) -> None:
        """Count steps, and append a row for each to the history."""
        count, sizes, before = len(results), [len(batch) for batch, _ in taken], self.step
        self.epoch_ended = any(last for _, last in taken)
        self.step += count
        self._batches_done += count
        self.examples += sum(sizes)
        metrics = {}
        for name, metric in self.metrics.items():
            pairs = zip(results, taken, strict=True)
            metrics[name] = [
                float(metric(plain_array(r.output), batch.targets())) for r, (batch, _) in pairs
            ]
        self.history.steps.extend(
            step=range(before + 1, self.step + 1),
            epoch=[self.epoch] * count,
            examples=sizes,
            loss=[result.loss for result in results],
            lr=[self.optimizer.lr] * count,
            gradient_norm=[result.norm for result in results],
            **metrics,
        )

    def _validate(self) -> None:
        """Validate if it is due, and pass the loss to the schedule."""
        every = self.validation_every
        due = self.step % every == 0 if every else self.epoch_ended
        self.validated = self.validation is not None and due
        if self.validation is not None and due:
            values = self._evaluate(*self.validation)
            self.history.validations.append(step=self.step, epoch=self.epoch, **values)
        if isinstance(self.schedule, Schedule):
            if self.validated:
                self.schedule.observe(self.history.validations.last("loss"))
            elif self.epoch_ended and self.validation is None:
                self.schedule.observe(self.history.epoch_mean("loss"))

    def _evaluate(self, x: Array, y: Target) -> dict[str, float]:
        """Loss and metrics of the examples; rank r of n predicts parts r, r + n, r + 2n, ..."""
        team, side_effects = self.team, self._take_step.side_effects
        starts = range(0, len(x), PREDICTION_BATCH)
        outputs = []
        side_effects.begin()
        with team.together(f"the validation at step {self.step}") as exchange:
            for number in range(team.rank, len(starts), team.size):
                side_effects.enter(number)
                start = starts[number]
                outputs.append(predict(self.model, x[start : start + PREDICTION_BATCH]))
            exchange.value = outputs
        side_effects.end()
        parts = [exchange.values[n % team.size][n // team.size] for n in range(len(starts))]
        return score(np.concatenate(parts), y, Weighted(self.loss), self.metrics)

    # --- the state -------------------------------------------------------------------------------

    def _with_state(self) -> list[Any]:
        """The schedule and the callbacks that have a state."""
        return [part for part in (self.schedule, *self.callbacks) if hasattr(part, "state_dict")]

    def state_dict(self) -> dict[str, Any]:
        """Return the state that the rest of the run depends on."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "callbacks": [part.state_dict() for part in self._with_state()],
            "history": self.history.state_dict(),
            "generators": {n: g.bit_generator.state for n, g in self._model_generators.items()},
            "batches": self.batches.state_dict(),
            "examples": self.examples,
            "epochs_done": self._epochs_done,
            "batches_done": self._batches_done,
            "step": self.step,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a ``state_dict``.

        Raises ``KeyError``, ``TypeError`` or ``ValueError`` if it is from another run.
        """
        if not isinstance(state["generators"], Mapping):
            raise TypeError("the states of the generators are not given by name")
        for name in ("step", "epochs_done", "batches_done", "examples"):
            if type(state[name]) is not int or state[name] < 0:
                raise ValueError(f"{name} is {state[name]!r}, not a count")
        size, whole = getattr(self.batches, "size", 0), self.examples_in_epoch
        if whole is not None and state["batches_done"] * size >= whole:
            raise ValueError(
                f"{state['batches_done']} mini-batches are more than an epoch has left"
            )
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        for part, saved in zip(self._with_state(), state["callbacks"], strict=True):
            part.load_state_dict(saved)
        self.history.load_state_dict(state["history"])
        for name, generator in self._model_generators.items():
            generator.bit_generator.state = state["generators"][name]
        self.batches.load_state_dict(state["batches"])
        self.examples = state["examples"]
        self._epochs_done = state["epochs_done"]
        self._batches_done = state["batches_done"]
        self.step = state["step"]
