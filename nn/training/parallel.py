"""``ShardedRun``: a training run whose mini-batches are cut into shards, by one process or several.

What is computed for a shard is in ``nn.training.shards``, how ranks reach each other in
``nn.parallel``, and what they are compared by in ``nn.training.alike``.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autograd import JitNotice
from nn.data import Array, batches
from nn.evaluation import AT_ONCE, predict, score
from nn.modules.module import Module
from nn.optim.rules import GradientOptimizer
from nn.parallel import RankError, Sum, Team, cut
from nn.training.alike import compare, described, fingerprint
from nn.training.checkpoint import Checkpoint
from nn.training.nonfinite import NonFiniteError, explain
from nn.training.runs import Run, reason_of
from nn.training.settings import Settings
from nn.training.shards import CompiledShards, EagerShards, Report, Surroundings, adds_up
from nn.training.steps import NothingToLearn, Step


class ShardedRun(Run):
    """A run in which each rank computes some of the shards, and all change the weights alike.

    All ranks hold the model, the optimiser and the history, and read the rows of their shards. The
    joined gradient has the same bits on each of them, and so has what follows from it.
    """

    def __init__(
        self,
        model: Module,
        optimizer: GradientOptimizer,
        settings: Settings,
        rng: np.random.Generator | None,
        team: Team,
    ) -> None:
        super().__init__(model, optimizer, settings, rng)
        count = len(settings.data[0])
        self._optimizer = optimizer
        self._team = team
        self._leads = team.rank == 0
        self._batches = batches(np.arange(count), size=settings.batch_size, rng=rng)
        self._shards = team.size if settings.shards is None else settings.shards
        if self._shards < 1 or self._shards % team.size:
            raise ValueError(
                f"shards={self._shards} cannot be shared equally by {team.size} ranks: give a "
                "multiple of their number"
            )
        if self._shards > min(settings.batch_size, count):
            raise ValueError(
                f"mini-batches of {min(settings.batch_size, count)} examples cannot be cut into "
                f"{self._shards} shards"
            )
        types = {str(parameter.dtype) for parameter in optimizer.parameters.values()}
        if len(types) > 1:
            raise ValueError(
                f"with shards all parameters must be of one type, not {' and '.join(sorted(types))}"
            )
        length = sum(parameter.size for parameter in optimizer.parameters.values())
        each = self._shards // team.size
        self._mine = range(team.rank * each, (team.rank + 1) * each)
        self._sum = Sum(team, each, length, types.pop())
        self._surroundings = Surroundings(model)
        self._programs: CompiledShards | None = None
        self._adds_up = False

    def open(self) -> None:
        """Before the run: see that all ranks are to do the same; ``ValueError`` if not."""
        settings, team = self._settings, self._team
        if team.comm is not None:
            with team.together("the beginning") as talk:
                talk.said = described(self.model, self.optimizer, settings, self._rng)
            compare(talk.heard)
        self._adds_up = adds_up(self.model, settings.loss, *settings.data)
        fitting = [str(n) for n in range(1, self._shards + 1) if self._shards % n == 0]
        team.cure = team.cure or (
            f"run the same on {', '.join(fitting)} ranks to go on from {settings.checkpoint.path}"
            if settings.checkpoint
            else "no checkpoint was kept to go on from (checkpoint= of fit)"
        )

    # --- a step ----------------------------------------------------------------------------------

    def _mini_batches(self) -> Iterator[Any]:
        """The row numbers of mini-batches, so that a rank reads the rows of its shards only."""
        return ((rows,) for rows in super()._mini_batches())

    def _train(self, *batch: Array) -> None:
        (rows,) = batch
        settings = self._settings
        if settings.schedule:
            self.optimizer.lr = settings.schedule(self.step - 1)
        taken = None
        if self._may_compile and self.step > 1:  # the graph of the first is looked at, too
            taken = self._take(rows, compiled=True)
        if taken is None:
            taken = self._take(rows, compiled=False)
        assert taken is not None
        self._record(taken, settings.data[1].take(rows if settings.metrics else rows[:0], axis=0))

    def _take(self, rows: Array, *, compiled: bool) -> Step | None:
        """One step; ``None``, on all ranks alike, where it has to be taken uncompiled."""
        around = self._surroundings
        parts = [rows[part] for part in cut(len(rows), self._shards) if part.start < part.stop]
        shares = [len(part) / len(rows) for part in parts]
        weights = [1.0] * len(parts) if self._adds_up else shares
        around.begin()
        with self._team.together(f"step {self.step}{', compiled' * compiled}") as talk:
            way, talk.said = self._reports(parts, weights, compiled)
        refusals = [said for said in talk.heard if isinstance(said, str)]
        if refusals:
            self._refuse(refusals[0])
            return None
        reports = [report for said in talk.heard for report in said]
        faulty = next((shard for shard, report in enumerate(reports) if not report.finite), None)
        if way is not None and faulty is None:
            loss = sum(
                report.loss * weight for report, weight in zip(reports, weights, strict=True)
            )
            output = None
            if self._settings.metrics:
                output = np.concatenate([report.output for report in reports])
            try:
                taken = way.end(self._sum(), loss, output, reports)
            except Exception as error:
                if not compiled:
                    raise
                self._refuse(reason_of(error))
                return None
            if taken is not None:
                around.end(reports, shares)
                return taken
        around.rewind()
        if compiled:
            return None
        raise self._explained(parts, faulty or 0)

    def _reports(
        self, parts: list[Array], weights: list[float], compiled: bool
    ) -> tuple[CompiledShards | EagerShards | None, list[Report] | str]:
        """How the shards of this rank were computed, and what they give; or why they were not."""
        reports = []
        try:
            way = self._compiled_way() if compiled else self._eager_way()
            for row, shard in zip(self._sum.rows, self._mine, strict=True):
                if shard < len(parts):
                    self._surroundings.enter(shard)
                    x, y = (array.take(parts[shard], axis=0) for array in self._settings.data)
                    report = way.of_shard(x, y, weights[shard], row)
                    reports.append(report._replace(buffers=self._surroundings.leave()))
                else:
                    row[...] = 0
        except Exception as error:  # whatever it is, the step itself will tell if it matters
            if not compiled:
                raise
            return None, "" if isinstance(error, NothingToLearn) else reason_of(error)
        return way, reports

    def _compiled_way(self) -> CompiledShards:
        if self._programs is None:
            self._programs = CompiledShards(self.model, self._settings, self._optimizer)
        self._programs.begin()
        return self._programs

    def _eager_way(self) -> EagerShards:
        warn = self.step == 1 and self._leads
        return EagerShards(self.model, self._settings, self._optimizer, warn=warn)

    def _refuse(self, reason: str) -> None:
        """From now on take steps uncompiled; the reason is "" where nothing is amiss."""
        self._may_compile = False
        self._programs = None
        self._surroundings.rewind()
        if self._leads and reason:
            message = f"this training runs uncompiled, since {reason}"
            warnings.warn(message, JitNotice, stacklevel=7)  # at fit

    def _explained(self, parts: list[Array], shard: int) -> NonFiniteError:
        """Take a shard of the present step again, with an eye on every operation."""
        self._surroundings.begin()
        self._surroundings.enter(shard)
        x, y = (array.take(parts[shard], axis=0) for array in self._settings.data)
        return explain(self.model, self._settings.loss, x, y, step=self.step, epoch=self.epoch)

    # --- besides ---------------------------------------------------------------------------------

    def _validate(self, x: Array, y: Array) -> dict[str, float]:
        """Each rank predicts every n-th part of the validation data."""
        parts = batches(x, size=AT_ONCE)
        team, found = self._team, []
        self._surroundings.begin()
        with team.together(f"the validation at step {self.step}") as talk:
            for number in range(team.rank, len(parts), team.size):
                self._surroundings.enter(number)
                part = x[number * AT_ONCE : (number + 1) * AT_ONCE]
                found.append(predict(self.model, part))
            talk.said = found
        self._surroundings.end([], [])
        told = [talk.heard[n % team.size][n // team.size] for n in range(len(parts))]
        return score(np.concatenate(told), y, self._settings.loss, self._settings.metrics)

    def _watch(self, ended: bool) -> None:
        super()._watch(ended)
        if ended and self._team.comm is not None:
            self._compare_weights()

    def _compare_weights(self) -> None:
        """Make sure that all ranks have come to the same weights."""
        with self._team.together(f"the end of epoch {self.epoch}") as talk:
            talk.said = fingerprint(self.model)
        other = next((n for n, said in enumerate(talk.heard) if said != talk.heard[0]), None)
        if other is not None:
            raise RankError(
                f"after epoch {self.epoch} rank {other} has other weights than rank 0. All took "
                "the same gradients, so it is what is done with them: callbacks, an optimizer of "
                "your own, or processors of different kinds"
            )

    def _save(self, checkpoint: Checkpoint, identity: Any) -> None:
        with self._team.together(f"the checkpoint at step {self.step}"):
            if self._leads:
                super()._save(checkpoint, identity)

    def _load(self, checkpoint: Checkpoint, identity: Mapping[str, str]) -> Any:
        with self._team.together("the checkpoint") as talk:
            talk.said = super()._load(checkpoint, identity) if self._leads else None
        return talk.heard[0]
