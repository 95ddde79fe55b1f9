"""``python -m nn train``: learn, report, and leave a folder with the model and its pictures.

The network is made in ``nn.command.network``, the folder is kept by ``nn.command.folder``.
"""

from __future__ import annotations

import time
from argparse import Namespace
from pathlib import Path

import numpy as np

from nn.command import folder, pictures, report
from nn.command.arguments import VALUE_LOSSES
from nn.command.errors import FAILED, INTERRUPTED, CommandError
from nn.command.network import Task, Trained, build
from nn.command.sources import Source, load_source, split
from nn.data import Examples
from nn.evaluation import predict
from nn.extras import require
from nn.optim.rules import optimizer
from nn.parallel import Team
from nn.training.callbacks import EarlyStopping
from nn.training.checkpoint import Checkpoint
from nn.training.diagnosis import NonFiniteError
from nn.training.fit import fit
from nn.training.history import History


def train(options: Namespace) -> int:
    """Do what the options say; 0, or a ``CommandError``."""
    for module in ("matplotlib", "safetensors", "tqdm"):
        require(module, extra="train")  # better now than after the training
    team: Team = options.team
    values = None if options.loss is None else options.loss in VALUE_LOSSES
    source = None
    for turn in (team.rank == 0, team.rank > 0):  # the first may have to download it for all
        with team.together("the data"):
            if turn:
                source = load_source(options.data, values=values, test=options.test)
    assert source is not None
    _fill_in(options, source)
    out = Path(options.out or f"nn-{Path(options.data).stem}")
    weights, cut, order = (
        np.random.default_rng(seed) for seed in np.random.SeedSequence(options.seed).spawn(3)
    )
    x, y = source.train
    held_out = None
    if options.validation:
        x, held_x, y, held_y = split(
            source.train, source.classes, options.validation, rng=cut, option="--validation"
        )
        held_out = Examples(held_x, held_y)
    task = build(source, options, x, y, weights)
    parts = {"training": Examples(x, y), "validation": held_out, "test": source.test}
    sets = {
        name: Examples(part.x.astype(options.dtype, copy=False), part.y)
        for name, part in parts.items()
        if part is not None
    }
    run = folder.Unfinished(out / folder.UNFINISHED)
    with team.together("the folder"):
        if team.rank == 0:
            folder.begin(out, options)
            print(report.heading(source, sets, task, options), flush=True)
    team.cure = run.how_to_go_on(options.arguments, options.shards, team.size)
    try:
        started = time.perf_counter()
        history = _learn(task, sets, options, run, order)
        seconds = time.perf_counter() - started
        if team.rank > 0:
            return 0
        outputs = {name: predict(task.model, part.x) for name, part in sets.items()}
        trained = Trained(source, sets, task, history, outputs)
        with folder.results(out) as made:
            pictures.write(made, trained)
            names = sorted(file.name for file in made.iterdir())
    except NonFiniteError as error:
        if team.rank == 0:
            run.discard()
        raise CommandError(str(error), FAILED) from error
    except KeyboardInterrupt:
        raise CommandError(f"interrupted: {team.cure}", INTERRUPTED) from None
    print(report.result(trained, seconds))
    print(f"\nwritten to {out}: {', '.join(names)}")
    return 0


def _fill_in(options: Namespace, source: Source) -> None:
    """The defaults that depend on the data, on how many are at it, and on each other."""
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
    if options.lr is None and options.optimizer == "sgd":
        options.lr = 0.5 if handwriting else 0.1 if source.classes else 0.01


def _learn(
    task: Task,
    sets: dict[str, Examples],
    options: Namespace,
    run: folder.Unfinished,
    order: np.random.Generator,
) -> History:
    given = {"lr": options.lr, "weight_decay": options.weight_decay}
    settings = {name: value for name, value in given.items() if value is not None}
    held_out = sets.get("validation")
    return fit(
        task.network,
        (sets["training"].x, task.targets(sets["training"].y)),
        loss=task.loss,
        optimizer=optimizer(options.optimizer, task.network, **settings),
        epochs=options.epochs,
        batch_size=options.batch_size,
        validation=held_out and (held_out.x, task.targets(held_out.y)),
        metrics=task.metrics,
        callbacks=[
            *([EarlyStopping(options.patience)] if options.patience else []),
            Checkpoint(run.state),
        ],
        rng=order,
        shards=options.shards,
        comm=options.team if options.team.size > 1 else None,
    )
