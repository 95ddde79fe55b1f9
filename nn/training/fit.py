"""``fit``: train a model on data."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike

from autograd import TrainingWarning
from nn.data import Array, DataError, Rng
from nn.diagnosis import overlap
from nn.evaluation import (
    Loss,
    Metrics,
    Target,
    Weighted,
    as_loss,
    checked_weights,
    examples,
    named_metrics,
)
from nn.files.arrayfile import PathLike
from nn.habits import unexpected
from nn.history import History
from nn.labels import ClassWeight, are_words, names_of_classes, weights_of_classes
from nn.modules.module import Module
from nn.optim import LBFGS, GradientOptimizer, RandomSearch
from nn.optim.named import optimizer as optimizer_of
from nn.optim.schedules import Schedule
from nn.parallel import Communicator, Team
from nn.training.batches import (
    ArrayBatches,
    IterableBatches,
    Iterables,
    is_iterable,
    parts_of,
)
from nn.training.callbacks import Progress, StoppingRule
from nn.training.checkpoint import Checkpoint, EqualWeights, settings_of_rank
from nn.training.run import Run

__all__ = ["fit"]


class Older(TypedDict, total=False):
    """Deprecated keywords, which are now callbacks or settings of the optimiser."""

    stop: StoppingRule | Sequence[StoppingRule]
    checkpoint: PathLike | Checkpoint | None
    schedule: Schedule | Callable[[int], float] | None
    clip_norm: float | None


def fit(
    model: Module,
    data: tuple[ArrayLike, ArrayLike] | Iterables,
    *,
    loss: str | Loss,
    optimizer: str | GradientOptimizer | RandomSearch = "sgd",
    lr: float | Schedule | Callable[[int], float] | None = None,
    epochs: int = 10,
    batch_size: int | None = 32,
    drop_last: bool = False,
    sample_weight: ArrayLike | None = None,
    class_weight: ClassWeight | None = None,
    validation: tuple[ArrayLike, ArrayLike] | tuple[ArrayLike, ArrayLike, ArrayLike] | None = None,
    validation_every: int | None = None,
    metrics: Metrics = (),
    callbacks: Sequence[Callable[[Run], Any]] | Callable[[Run], Any] = (),
    rng: Rng | None = 0,
    progress: bool = True,
    compile: bool = True,
    shards: int | None = None,
    comm: Communicator | Team | None = None,
    **older: Unpack[Older],
) -> History:
    """Train ``model`` on ``data``, and return the history of its losses and metrics.

    data: inputs and targets, with one example per row. Targets that are words are classes in sorted
        order, or in that of ``model.classes``, which ``fit`` sets and ``nn.save`` saves. Or an
        iterable of mini-batches, each (inputs, targets) or (inputs, targets, weights), which is
        read from its beginning in each epoch; or a function that returns one, such as a generator
        function, called in each epoch, with its number from 1 if the function has a parameter
        without a default. So data may be larger than memory, and changed at random.
        ``batch_size`` and ``rng`` are then without effect.
    loss: a function of outputs and targets, or its name: "cross-entropy", "mse", ...
    optimizer: an optimiser of the model's parameters, or its name: "sgd", "adam", ... To clip the
        gradient use ``optimizer=SGD(model, lr=0.1, clip_norm=1.0)``.
    lr: the learning rate of an optimiser given by name. For any optimiser it may be a schedule, a
        function of the step 0, 1, ...; see ``nn.schedules``.
    epochs: the number of passes through the data.
    batch_size: the number of examples in a mini-batch; None for all.
    drop_last: leave out the last mini-batch of an epoch if it is smaller than the others.
        ``BatchNorm`` needs this where a single example would remain.
    sample_weight: the weight of each example, (n,), in the loss 1/n Σ wᵢ lᵢ of a mini-batch.
    class_weight: the weight of the examples of each class, a dict by class, or "balanced" for
        n / (k nᶜ), with which each of the k classes counts as much as any other. It multiplies
        ``sample_weight``.
    validation: other examples, (inputs, targets) or (inputs, targets, weights), on which loss and
        metrics are measured in evaluation mode after each epoch, or every ``validation_every``
        steps.
    metrics: functions of outputs and targets as arrays, names from ``nn.metrics``, or a dict of
        functions by name.
    callbacks: functions of the run, or one, called after each step. ``EarlyStopping`` and
        ``SmallChange`` may stop training early, and ``Checkpoint`` saves the run to a file and
        resumes it. A callback can read ``run.history`` and call ``run.stop(reason)``.
    rng: a seed or generator to shuffle the examples in each epoch; None keeps their order.
    progress: whether to show a progress bar (tqdm) in a terminal or notebook.
    compile: whether to compile the steps after the first with ``autograd.jit``, which sums in
        another order. A step that cannot be compiled runs uncompiled, with a warning that says why.
        With ``False`` the steps are those of the loop below, to the last bit.
    shards: the number of parts of each mini-batch, 1 by default. Their gradients are accumulated,
        so a step takes the memory of one part. The result is the same to the last bit whether this
        process or the ranks of ``comm`` compute them.
    comm: MPI's ``COMM_WORLD``, or an object with the methods of ``nn.parallel.Communicator``. All
        ranks call ``fit`` with equal arguments, each computes a part of the shards, and all end
        with the same weights and history. ``shards`` must be a multiple of the number of ranks,
        which is the default. Only rank 0 writes files and shows progress. See
        docs/many_machines.md.

    Four deprecated keywords are accepted: ``stop`` and ``checkpoint`` are callbacks, ``schedule``
    is a schedule as ``lr``, and ``clip_norm`` is a setting of the optimiser.

    The model trains in training mode, and afterwards is in its earlier mode. The same seeds give
    the same weights to the last bit. Uncompiled, ``fit`` does what this loop does:

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

    A ``TrainingWarning`` tells of mistakes that show at the beginning: validation examples that are
    training examples, a softmax over the examples, layers without a nonlinearity in between, hidden
    units that start equal, a loss of all pairs of outputs and targets, an optimiser that goes up.
    An ``IdleParameterWarning`` names parameters that cannot learn.

    Raises ``NonFiniteError`` if the loss or a gradient is NaN or infinite, with the step, operation
    and module where it began; the parameters are then as before that step. Raises ``DataError`` if
    the data are not examples, ``CheckpointError`` for a checkpoint of another run, and
    ``ValueError`` for wrong arguments, all before anything is changed; and ``RankError`` if another
    rank has failed.
    """
    if unknown := older.keys() - Older.__annotations__.keys():
        raise TypeError(unexpected(min(unknown), "fit"))
    own = [callbacks] if callable(callbacks) else callbacks
    team = comm if isinstance(comm, Team) else Team(comm)
    with team:
        if epochs < 1:
            raise ValueError(f"epochs={epochs}: there must be at least 1")
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size={batch_size}: a mini-batch needs at least one example")
        if validation_every is not None and (validation is None or validation_every < 1):
            raise ValueError(
                f"validation_every={validation_every} needs validation=(inputs, targets), and must "
                "be at least 1 step"
            )
        loss = as_loss(loss)
        classes = names_of_classes(model)
        shards = team.size if shards is None else shards
        _check_shards(shards, team)
        batches: ArrayBatches | IterableBatches
        if is_iterable(data):
            if drop_last or sample_weight is not None or class_weight is not None:
                raise ValueError(
                    "drop_last, sample_weight and class_weight are for arrays: an iterable leaves "
                    "out mini-batches itself, and may give weights, (inputs, targets, weights)"
                )
            batches = IterableBatches(data, epochs, classes)
        else:
            classes = classes or _sorted_words(model, data)
            x, y, _ = examples(data, "data", classes=classes)
            target = _weighted(y, sample_weight, class_weight, classes, loss)
            generator = None if rng is None else np.random.default_rng(rng)
            batches = ArrayBatches((x, target), batch_size or len(x), drop_last, generator)
            if shards > min(batches.size, len(x)):
                raise ValueError(
                    f"mini-batches of {min(batches.size, len(x))} examples cannot be cut into "
                    f"{shards} shards"
                )
        validation_set = None
        if validation is not None:
            x, y, weights = examples(validation, "validation", weighted=True, classes=classes)
            validation_set = (x, y if weights is None else (y, weights))
            if team.comm is None and (  # a rank reads the rows of its shards only
                message := overlap(batches.arrays(), parts_of(validation_set))
            ):
                warnings.warn(message, TrainingWarning, stacklevel=2)
        if isinstance(optimizer, str):
            settings = {} if lr is None or callable(lr) else {"lr": lr}
            optimizer = optimizer_of(optimizer, model, **settings)
        elif lr is not None and not callable(lr):
            raise ValueError(
                f"lr={lr}, but the optimizer has its own learning rate, {optimizer.lr}"
            )
        ours = {id(parameter) for parameter in model.named_parameters(frozen=True).values()}
        if ours.isdisjoint(map(id, optimizer.parameters.values())):
            raise ValueError(
                f"the optimizer has none of the parameters of {model.title()}, which would not "
                f"change: make it of this model, as in nn.SGD(model, lr=0.1)"
            )
        schedule = older.get("schedule")
        if callable(lr):
            if schedule:
                raise ValueError("lr= and schedule= are both schedules: give one of them")
            schedule = lr
        if shards > 1 and isinstance(optimizer, RandomSearch):
            raise ValueError("RandomSearch has no gradient to add up over shards")
        if shards > 1 and isinstance(optimizer, LBFGS):
            raise ValueError("LBFGS evaluates a mini-batch several times, and only in one shard")
        with _clipping(optimizer, older.get("clip_norm")):
            run = Run(
                model=model,
                batches=batches,
                loss=loss,
                optimizer=optimizer,
                schedule=schedule,
                epochs=epochs,
                validation=validation_set,
                validation_every=validation_every,
                metrics=named_metrics(metrics),
                callbacks=_in_order([*_older_callbacks(older), *own], progress, team),
                compile=compile,
                shards=shards,
                team=team,
            )
            if team.comm is not None:
                team.agree("the beginning", settings_of_rank(run))
            if classes is not None:
                model.classes = classes
            return run.train()


def _sorted_words(model: Module, data: Any) -> tuple[str, ...] | None:
    """The classes of targets that are words, in sorted order."""
    y = np.asarray(data[1]) if isinstance(data, tuple | list) and len(data) == 2 else np.empty(0)
    if not are_words(y):
        return None
    if "classes" in vars(model):
        raise DataError(
            f"the targets are words, and model.classes is {model.classes!r}: name it otherwise, or "
            "let it be the names of the classes in their order"
        )
    return tuple(np.unique(y.astype(str)).tolist())


def _weighted(
    y: Array,
    sample_weight: ArrayLike | None,
    class_weight: ClassWeight | None,
    classes: Sequence[str] | None,
    loss: Loss,
) -> Target:
    """The targets, with the weights of the examples unless all count the same."""
    if sample_weight is None and class_weight is None:
        return y
    Weighted(loss).check()
    weights = np.ones(len(y))
    if sample_weight is not None:
        weights = checked_weights(sample_weight, len(y), "sample_weight")
    if class_weight is not None:
        weights = weights * weights_of_classes(y, class_weight, classes)
    if not weights.any():
        raise DataError("all weights are 0, so there is no example to learn from")
    return y, weights


def _check_shards(shards: int, team: Team) -> None:
    if shards < 1 or shards % team.size:
        raise ValueError(
            f"shards={shards} cannot be shared equally by {team.size} ranks: give a multiple of "
            "their number"
        )


def _older_callbacks(older: Older) -> list[Callable[[Run], Any]]:
    """The callbacks that ``stop`` and ``checkpoint`` stand for."""
    stop, checkpoint = older.get("stop", ()), older.get("checkpoint")
    callbacks: list[Callable[[Run], Any]] = [stop] if isinstance(stop, StoppingRule) else [*stop]
    if isinstance(checkpoint, Checkpoint):
        return [*callbacks, checkpoint]
    return callbacks if checkpoint is None else [*callbacks, Checkpoint(checkpoint)]


@contextmanager
def _clipping(
    optimizer: GradientOptimizer | RandomSearch, clip_norm: float | None
) -> Iterator[None]:
    """Set ``clip_norm`` of the optimiser during a run, unless it is None."""
    if clip_norm is None:
        yield
        return
    if isinstance(optimizer, RandomSearch | LBFGS):
        name = type(optimizer).__name__
        raise ValueError(f"clip_norm={clip_norm}: {name} has no gradient to clip")
    before, optimizer.clip_norm = optimizer.clip_norm, clip_norm
    try:
        yield
    finally:
        optimizer.clip_norm = before


def _in_order(
    callbacks: Sequence[Callable[[Run], Any]], progress: bool, team: Team
) -> list[Callable[[Run], Any]]:
    """The callbacks, with checkpoints, which save the state of the others, and progress last."""
    checkpoints = [callback for callback in callbacks if isinstance(callback, Checkpoint)]
    others = [callback for callback in callbacks if not isinstance(callback, Checkpoint)]
    if team.comm is not None:
        others.append(EqualWeights())
    return [*others, *checkpoints, *([Progress()] if progress and team.rank == 0 else [])]
