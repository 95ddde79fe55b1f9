"""``Run``: the loop over epochs and mini-batches, and all of its state; ``Callback``s watch it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nn.data import Array
from nn.evaluation import AT_ONCE, Loss, Metric, mode, plain_array, predict, score
from nn.modules.module import Module
from nn.optim.rules import GradientOptimizer, RandomSearch
from nn.optim.schedules import Schedule
from nn.parallel import Team
from nn.training.compiled import Result
from nn.training.history import History
from nn.training.step import Rows, Step


class Callback:
    """Called with the run after each step; a subclass may also act at the beginning and the end.

    A plain function of the run is a callback too. One that has ``state_dict`` and
    ``load_state_dict`` is saved with the run.
    """

    def begin(self, run: Run) -> None:
        """Called once, before the first step. May raise ``ValueError``: nothing has changed yet."""

    def __call__(self, run: Run) -> None:
        """Called after each step, and after the validation if there is one."""

    def end(self, run: Run) -> None:
        """Called once when training has ended, by whatever rule, but not by an error."""

    def close(self) -> None:
        """Called last, also after an error."""


@dataclass(kw_only=True, eq=False, repr=False)
class Run:
    """A training run, as its callbacks see it.

    ``model``, ``optimizer`` and ``history`` are those of the run; ``epoch`` and ``step`` are the
    numbers of the present ones, from 1. ``validated`` and ``epoch_ended`` tell whether this step
    was followed by a validation, and whether it was the last of its epoch. ``examples`` is how many
    have been trained on. ``stop(reason)`` ends the run after the present step.
    """

    model: Module
    data: tuple[Array, Array]
    loss: Loss
    optimizer: GradientOptimizer | RandomSearch
    schedule: Schedule | Callable[[int], float] | None
    epochs: int
    batch_size: int
    validation: tuple[Array, Array] | None
    validation_every: int | None
    metrics: Mapping[str, Metric]
    callbacks: Sequence[Callable[[Run], Any]]
    rng: np.random.Generator | None
    compile: bool
    shards: int
    team: Team

    def __post_init__(self) -> None:
        self.history: History = History(list(self.metrics))
        self.epoch: int = 0
        self.step: int = 0
        self.validated: bool = False
        self.epoch_ended: bool = False
        self._take_step = Step(
            self.model,
            self.loss,
            self.optimizer,
            self.data,
            outputs=bool(self.metrics),
            compile=self.compile,
            shards=self.shards,
            team=self.team,
        )
        self._model_generators = self.model.named_generators()
        self._epochs_done = 0
        self._batches_done = 0
        self._epoch_began: Any = None  # the state of `rng` that the order of the examples is from

    @property
    def examples(self) -> int:
        """How many examples the run has been trained on, each counted in each epoch."""
        return self._epochs_done * len(self.data[0]) + self._batches_done * self.batch_size

    def stop(self, reason: str) -> None:
        """End the run after the present step; ``history.stopped`` will say the reason."""
        before = self.history.stopped
        self.history.stopped = f"{before}; {reason}" if before else reason

    def train(self) -> History:
        """Train from the beginning, or from where a checkpoint has taken the run, to the end."""
        callbacks = [callback for callback in self.callbacks if isinstance(callback, Callback)]
        self._take_step.begin()
        if isinstance(self.schedule, Schedule):
            self.schedule.start()
        try:
            for callback in callbacks:
                callback.begin(self)
            no_checkpoint = "no checkpoint was kept to go on from (callbacks=[Checkpoint(path)])"
            self.team.cure = self.team.cure or no_checkpoint
            # What overflows is reported by name, not by NumPy's warnings.
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
        count = len(self.data[0])
        for rows in self._mini_batches():
            self.step += 1
            self._batches_done += 1
            self.epoch_ended = self._batches_done * self.batch_size >= count
            if self.schedule:
                self.optimizer.lr = self.schedule(self.step - 1)
            self._record(self._take_step(rows, self.step, self.epoch), rows)
            self._validate()
            if self.epoch_ended:
                self._epochs_done += 1
                self._batches_done = 0
            for callback in self.callbacks:
                callback(self)
            if self.history.stopped:
                break

    def _mini_batches(self) -> Iterator[Rows]:
        """The mini-batches of the epoch that are still to come."""
        count, size = len(self.data[0]), self.batch_size
        order = None if self.rng is None else self._order(self.rng)
        for start in range(self._batches_done * size, count, size):
            rows = slice(start, min(start + size, count))
            yield rows if order is None else order[rows]

    def _order(self, rng: np.random.Generator) -> Array:
        """The order of the examples in this epoch."""
        if not self._batches_done:
            self._epoch_began = rng.bit_generator.state
            return rng.permutation(len(self.data[0]))
        # Resumed within an epoch: draw its order again, and then be where the generators were.
        states = {name: g.bit_generator.state for name, g in self._generators().items()}
        rng.bit_generator.state = self._epoch_began
        order = rng.permutation(len(self.data[0]))
        for name, generator in self._generators().items():
            generator.bit_generator.state = states[name]
        return order

    def _record(self, result: Result, rows: Rows) -> None:
        """A row of the history."""
        figures = {}
        if self.metrics:
            output, y = plain_array(result.output), self._take_step.examples(rows)[1]
            figures = {name: float(metric(output, y)) for name, metric in self.metrics.items()}
        self.history.steps.append(
            step=self.step,
            epoch=self.epoch,
            loss=result.loss,
            lr=self.optimizer.lr,
            gradient_norm=result.norm,
            **figures,
        )

    def _validate(self) -> None:
        """Validate where it is time to, and let the schedule know the loss."""
        every = self.validation_every
        due = self.step % every == 0 if every else self.epoch_ended
        self.validated = self.validation is not None and due
        if self.validation is not None and due:
            figures = self._evaluate(*self.validation)
            self.history.validations.append(step=self.step, epoch=self.epoch, **figures)
        if isinstance(self.schedule, Schedule):
            if self.validated:
                self.schedule.observe(self.history.validations.last("loss"))
            elif self.epoch_ended and self.validation is None:
                self.schedule.observe(self.history.epoch_mean("loss"))

    def _evaluate(self, x: Array, y: Array) -> dict[str, float]:
        """Loss and metrics of the examples; each rank predicts every n-th part of them."""
        team, side_effects = self.team, self._take_step.side_effects
        starts = range(0, len(x), AT_ONCE)
        outputs = []
        side_effects.begin()
        with team.together(f"the validation at step {self.step}") as talk:
            for number in range(team.rank, len(starts), team.size):
                side_effects.enter(number)
                start = starts[number]
                outputs.append(predict(self.model, x[start : start + AT_ONCE]))
            talk.said = outputs
        side_effects.end()
        parts = [talk.heard[n % team.size][n // team.size] for n in range(len(starts))]
        return score(np.concatenate(parts), y, self.loss, self.metrics)

    # --- the state -------------------------------------------------------------------------------

    def _generators(self) -> dict[str, np.random.Generator]:
        return self._model_generators | ({} if self.rng is None else {"": self.rng})

    def _with_state(self) -> list[Any]:
        """The schedule and the callbacks that have a state of their own."""
        return [part for part in (self.schedule, *self.callbacks) if hasattr(part, "state_dict")]

    def state_dict(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "callbacks": [part.state_dict() for part in self._with_state()],
            "history": self.history.state_dict(),
            "generators": {n: g.bit_generator.state for n, g in self._generators().items()},
            "epoch_began": self._epoch_began,
            "epochs_done": self._epochs_done,
            "batches_done": self._batches_done,
            "step": self.step,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a ``state_dict``.

        Raises ``KeyError``, ``TypeError`` or ``ValueError`` for that of another run.
        """
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        for part, saved in zip(self._with_state(), state["callbacks"], strict=True):
            part.load_state_dict(saved)
        self.history.load_state_dict(state["history"])
        for name, generator in self._generators().items():
            generator.bit_generator.state = state["generators"][name]
        self._epoch_began = state["epoch_began"]
        self._epochs_done = state["epochs_done"]
        self._batches_done = state["batches_done"]
        self.step = state["step"]
