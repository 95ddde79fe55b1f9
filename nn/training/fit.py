"""``fit``: the training loop, with what one wants to see, keep and be told.

The loop itself is in ``runs``; what it uses, in ``history``, ``stopping``, ``evaluation``,
``checkpoint``, ``nonfinite`` and ``progress``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nn.data import Rng
from nn.evaluation import Loss, Metrics, as_loss, examples, named_metrics
from nn.files.arrayfile import PathLike
from nn.modules.module import Module
from nn.optim.rules import GradientOptimizer, RandomSearch
from nn.optim.rules import optimizer as optimizer_of
from nn.optim.schedules import Schedule
from nn.parallel import Communicator, Team
from nn.training.checkpoint import Checkpoint
from nn.training.history import History
from nn.training.parallel import ShardedRun
from nn.training.runs import Run
from nn.training.settings import Settings
from nn.training.stopping import StoppingRule

__all__ = ["fit"]


def fit(
    model: Module,
    data: tuple[ArrayLike, ArrayLike],
    *,
    loss: str | Loss,
    optimizer: str | GradientOptimizer | RandomSearch = "sgd",
    lr: float | None = None,
    epochs: int = 10,
    batch_size: int | None = 32,
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    validation_every: int | None = None,
    metrics: Metrics = (),
    stop: StoppingRule | Sequence[StoppingRule] = (),
    schedule: Schedule | Callable[[int], float] | None = None,
    clip_norm: float | None = None,
    callbacks: Sequence[Callable[[Run], Any]] = (),
    checkpoint: PathLike | Checkpoint | None = None,
    progress: bool = True,
    rng: Rng | None = 0,
    compile: bool = True,
    shards: int | None = None,
    comm: Communicator | Team | None = None,
) -> History:
    """Train ``model`` on ``data`` and tell how it went.

    data: inputs and targets, one example a row.
    loss: a function of outputs and targets, or its name: "cross-entropy", "mse", ...
    optimizer: an optimiser over the model's parameters, or a name: "sgd", "adam", ...; then ``lr``
        is its learning rate, if not its default.
    batch_size: examples in a mini-batch, from 1; None takes all of them at once.
    validation: examples of their own, on which loss and metrics are measured in evaluation mode
        after each epoch, or every ``validation_every`` steps.
    metrics: functions of outputs and targets (plain arrays), names from ``nn.metrics``, or a dict
        of functions by name.
    stop: rules that end training before ``epochs``: ``EarlyStopping``, ``SmallChange``.
    schedule: the learning rate as a function of the step, 0, 1, ...; see ``nn.optim.schedules``.
    clip_norm: the largest norm of the gradient; see ``clip_grad_norm``.
    callbacks: functions called after each step with the ``Run``.
    checkpoint: a file that the whole state is saved to after each epoch, and with
        ``Checkpoint(path, every)`` every so many steps too. Where it exists already the run goes on
        from it, and ends with exactly the weights of an uninterrupted run.
    progress: show a progress bar where the output is a terminal or a notebook (tqdm).
    compile: run each step but the first as one compiled program (``autograd.jit``), which sums in
        another order; a step that cannot be compiled runs as usual, after one sentence that says
        why. With ``False`` the steps are those of the plain loop below, to the last bit.
    rng: seed or generator that shuffles the examples, anew for each epoch; None keeps their order.

    shards: into how many parts each mini-batch is cut, whose gradients are joined. What follows is
        the same to the last bit whoever computes them: this process, or the ranks of ``comm``.
    comm: MPI's ``COMM_WORLD``, or what has the methods of ``nn.parallel.Communicator``: all its
        ranks call ``fit`` with equal arguments, each computes its part of the shards, and all end
        with the same weights and history. ``shards`` is then a multiple of their number, and if not
        given that number. Rank 0 alone writes and shows progress. See docs/many_machines.md.

    The model trains in training mode and is left in the mode it was in. The same seeds give the
    same weights to the last bit, and uncompiled so does the plain loop, which is all ``fit`` does:

    >>> import nn
    >>> from nn.optim import SGD
    >>> x, y = nn.datasets.xor(40, rng=0)
    >>> model, same = (nn.MLP([2, 4, 1], activation="tanh", rng=1) for _ in range(2))
    >>> loss = nn.losses.mse

    >>> optimizer = SGD(model, lr=0.1)
    >>> epochs = nn.batches(x, y[:, None], size=10, rng=0)
    >>> for epoch in range(3):
    ...     for inputs, targets in epochs:
    ...         optimizer.zero_grad()
    ...         value = loss(model(inputs), targets)
    ...         value.backward()
    ...         optimizer.step()

    >>> history = fit(same, (x, y[:, None]), loss=loss, optimizer=SGD(same, lr=0.1),
    ...               epochs=3, batch_size=10, rng=0, progress=False, compile=False)
    >>> bool((model.to_vector() == same.to_vector()).all())
    True

    Raises ``NonFiniteError`` as soon as the loss or a gradient is NaN or infinite, naming the step
    and the operation and module it began in; the parameters are then as before that step. Raises
    ``DataError`` for data that are no examples, ``CheckpointError`` for a checkpoint that is not
    of this run, ``ValueError`` for settings that make no sense, before anything is changed, and
    ``RankError`` where another rank has failed.
    """
    team = comm if isinstance(comm, Team) else Team(comm)
    with team:
        x, y = examples(data, "data")
        held_out = None if validation is None else examples(validation, "validation")
        rules = [stop] if isinstance(stop, StoppingRule) else list(stop)
        if epochs < 1:
            raise ValueError(f"epochs={epochs}: there must be at least 1")
        if clip_norm is not None and not clip_norm > 0:
            raise ValueError(f"clip_norm={clip_norm}: it must be above 0")
        if validation_every is not None and (held_out is None or validation_every < 1):
            raise ValueError(
                f"validation_every={validation_every} needs validation=(inputs, targets), and must "
                "be at least 1 step"
            )
        for rule in rules:
            if rule.needs_validation and held_out is None:
                raise ValueError(f"{rule} needs validation=(inputs, targets) to watch")
        if isinstance(optimizer, str):
            optimizer = optimizer_of(optimizer, model, **({} if lr is None else {"lr": lr}))
        elif lr is not None:
            raise ValueError(f"lr={lr} beside an optimizer that has its own, {optimizer.lr}")
        if checkpoint is not None and not isinstance(checkpoint, Checkpoint):
            checkpoint = Checkpoint(checkpoint)
        settings = Settings(
            loss=as_loss(loss),
            metrics=named_metrics(metrics),
            data=(x, y),
            validation=held_out,
            validation_every=validation_every,
            epochs=epochs,
            batch_size=len(x) if batch_size is None else batch_size,
            rules=rules,
            schedule=schedule,
            clip_norm=clip_norm,
            callbacks=callbacks,
            checkpoint=checkpoint,
            compile=compile,
            shards=team.size if shards is None and comm is not None else shards,
        )
        shuffle = None if rng is None else np.random.default_rng(rng)
        if settings.shards is None:
            return Run(model, optimizer, settings, shuffle).run(progress)
        if isinstance(optimizer, RandomSearch):
            raise ValueError("RandomSearch has no gradient that could be joined from shards")
        run = ShardedRun(model, optimizer, settings, shuffle, team)
        run.open()
        return run.run(progress)
