"""``python -m nn train``: train, report, and write a folder with the model and its pictures."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from nn.command import folder, pictures, report
from nn.command.arguments import VALUE_LOSSES
from nn.command.errors import FAILED, INTERRUPTED, CommandError
from nn.command.network import Task, TrainingResult, build
from nn.command.sources import Source, load_source, split
from nn.data import Examples
from nn.diagnosis import NonFiniteError
from nn.evaluation import predict
from nn.extras import require
from nn.history import History
from nn.optim import optimizer
from nn.optim.schedules import Cosine, OneCycle, Schedule
from nn.parallel import Team
from nn.training.callbacks import EarlyStopping
from nn.training.checkpoint import Checkpoint
from nn.training.fit import fit

SCHEDULES: dict[str, Callable[[float, int], Schedule]] = {"cosine": Cosine, "one-cycle": OneCycle}
"""Schedules of a rate and a number of steps, by the names of ``--schedule``."""


def train(options: Namespace) -> int:
    """Train as the options say; return 0, or raise ``CommandError``."""
    for module in ("matplotlib", "safetensors", "tqdm"):
        require(module, extra="train")  # fail now and not after the training
    team: Team = options.team
    out = Path(options.out or f"nn-{Path(options.data).resolve().stem}")
    folder.check(out, options)
    source = _load(options, team)
    _set_defaults(options, source)
    weights_rng, split_rng, order_rng = (
        np.random.default_rng(seed) for seed in np.random.SeedSequence(options.seed).spawn(3)
    )
    sets = _sets(source, options, split_rng)
    task = build(source, options, *sets["training"], weights_rng)
    sets = {
        name: Examples(examples.x.astype(options.dtype, copy=False), examples.y)
        for name, examples in sets.items()
    }
    run = folder.Unfinished(out / folder.UNFINISHED)
    with ExitStack() as stack:
        with team.together("the folder"):
            if team.rank == 0:
                stack.enter_context(folder.locked_folder(out))
                folder.begin(out, options)
                print(report.heading(source, sets, task, options), flush=True)
        return _train(options, source, task, sets, out, run, order_rng)


def _train(
    options: Namespace,
    source: Source,
    task: Task,
    sets: dict[str, Examples],
    out: Path,
    run: folder.Unfinished,
    order_rng: np.random.Generator,
) -> int:
    """Train, report and write the results."""
    team: Team = options.team
    team.cure = run.how_to_resume(options.arguments, options.shards, team.size)
    try:
        start = time.perf_counter()
        history = _fit(source, task, sets, options, run, order_rng)
        seconds = time.perf_counter() - start
        if team.rank > 0:
            return 0
        outputs = {name: predict(task.model, examples.x) for name, examples in sets.items()}
        result = TrainingResult(source, sets, task, history, outputs)
        with folder.results(out) as results:
            pictures.write(results, result)
            names = sorted(file.name for file in results.iterdir())
    except NonFiniteError as error:
        if team.rank == 0:
            run.discard()
        raise CommandError(str(error), FAILED) from error
    except KeyboardInterrupt:
        raise CommandError(f"interrupted: {team.cure}", INTERRUPTED) from None
    print(report.training(result, seconds))
    print(f"\nwritten to {out}: {', '.join(names)}")
    return 0


def _load(options: Namespace, team: Team) -> Source:
    """Load the data: rank 0 first, since it may have to download them for all."""
    values = None if options.loss is None else options.loss in VALUE_LOSSES
    source = None
    for is_turn in (team.rank == 0, team.rank > 0):
        with team.together("the data"):
            if is_turn:
                source = load_source(options.data, options, values)
    assert source is not None
    return source


def _sets(source: Source, options: Namespace, rng: np.random.Generator) -> dict[str, Examples]:
    """The training, validation and test examples, as far as there are any."""
    sets = {"training": source.train}
    if options.validation:
        x, validation_x, y, validation_y = split(
            source.train, source.classes, options.validation, rng=rng, option="--validation"
        )
        sets = {"training": Examples(x, y), "validation": Examples(validation_x, validation_y)}
    if source.test is not None:
        sets["test"] = source.test
    return sets


def _set_defaults(options: Namespace, source: Source) -> None:
    """Set the defaults that depend on the data, the number of processes, and other options."""
    if options.team.size > 1 and options.batch_size is None:
        raise CommandError(
            f"--optimizer {options.optimizer} runs in a single process, and there are "
            f"{options.team.size}"
        )
    if options.team.size > 1:
        options.shards = options.shards or options.team.size
        if options.shards % options.team.size:
            raise CommandError(
                f"--shards {options.shards} cannot be shared equally by {options.team.size} "
                "processes: give a multiple of their number"
            )
    options.loss = options.loss or ("cross-entropy" if source.classes else "mse")
    handwriting = source.name in ("digits", "mnist")
    if options.activation is None:
        options.activation = "sigmoid" if handwriting else "relu"
    if options.lr is None and options.network == "conv" and options.optimizer == "adam":
        options.lr = 0.003
    if options.lr is None and options.optimizer == "sgd":
        options.lr = 0.5 if handwriting else 0.1 if source.classes else 0.01


def _fit(
    source: Source,
    task: Task,
    sets: dict[str, Examples],
    options: Namespace,
    run: folder.Unfinished,
    order: np.random.Generator,
) -> History:
    settings = {name: getattr(options, name) for name in ("lr", "weight_decay", "momentum")}
    settings = {name: value for name, value in settings.items() if value is not None}
    validation = sets.get("validation")
    optimiser = optimizer(options.optimizer, task.network, **settings)
    schedule: Schedule | None = None
    if options.schedule != "constant":
        steps = options.epochs * -(-len(sets["training"].x) // options.batch_size)
        try:
            schedule = SCHEDULES[options.schedule](optimiser.lr, steps)
        except ValueError as error:
            raise CommandError(
                f"--schedule {options.schedule} needs more than {steps} steps ({error}): more "
                "--epochs, a smaller --batch-size, or --schedule constant"
            ) from error
    return fit(
        task.network,
        (sets["training"].x, task.targets(sets["training"].y)),
        loss=task.loss,
        optimizer=optimiser,
        lr=schedule,
        epochs=options.epochs,
        batch_size=options.batch_size,
        validation=validation and (validation.x, task.targets(validation.y)),
        metrics=task.metrics,
        class_weight=options.class_weight if source.classes else None,
        callbacks=[
            *([EarlyStopping(options.patience)] if options.patience else []),
            Checkpoint(run.state),
        ],
        rng=order,
        shards=options.shards,
        comm=options.team if options.team.size > 1 else None,
    )
