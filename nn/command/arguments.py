"""The command line of ``python -m nn``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from nn.command import types
from nn.command.errors import CommandError
from nn.command.sources import NAMES
from nn.init import INITIALIZERS
from nn.modules.activations import ACTIVATIONS
from nn.tables import MEMORY_LIMIT

CLASS_LOSSES = ("cross-entropy", "cross-entropy-cost", "quadratic-cost")
VALUE_LOSSES = ("mse", "mae")
OPTIMIZERS = ("sgd", "adam", "adamw", "rmsprop", "adagrad", "lion", "muon", "lbfgs")
FILES = ("FILE.csv", "FILE.tsv", "FILE.parquet", "FILE.npz", "FOLDER")

MODEL = "a folder that train wrote, or a file written by train or nn.save"

DEFAULTS: dict[str, dict[str, Any]] = {
    "mlp": {
        "hidden": (30,),
        "dropout": 0.0,
        "optimizer": "sgd",
        "schedule": "constant",
        "batch_size": 10,
        "epochs": 30,
    },
    "conv": {
        "hidden": (64,),
        "dropout": 0.3,
        "activation": "relu",
        "optimizer": "adam",
        "schedule": "one-cycle",
        "batch_size": 100,
        "epochs": 10,
    },
}
"""Those that depend on ``--network``."""
WHOLE: dict[str, dict[str, Any]] = {"lbfgs": {"batch_size": None, "schedule": "constant"}}
"""Those of optimisers for all examples at once."""

EXAMPLES = """\
examples:
  python -m nn train                                   learns 1,797 small handwritten digits
  python -m nn train --data mnist --hidden 200 --activation relu --batch-size 100 --epochs 15
  python -m nn train --data mnist --network conv
  mpiexec -n 2 python -m nn train --data mnist --batch-size 200
  python -m nn train --data flowers.csv --hidden 20,20 --activation tanh --patience 5
  python -m nn train --data people.csv --target income --drop id --missing impute
  python -m nn train --data photos --size 32x32
  python -m nn evaluate nn-digits --data digits
  python -m nn predict nn-flowers new-flowers.csv
"""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line; raise ``CommandError`` if it is wrong."""
    parser = _Parser(
        prog="python -m nn",
        description="Train a network, evaluate it, and use it for predictions.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_train(commands)
    _add_evaluate(commands)
    _add_predict(commands)
    options = parser.parse_args(arguments)
    if options.separator is not None:
        separator = {"\\t": "\t", "tab": "\t"}.get(options.separator, options.separator)
        if len(separator) != 1 or separator in f'"\n\r{options.decimal or "."}':
            raise CommandError(
                f"--separator {separator!r} cannot separate cells: it must be one character, other "
                "than a quote and the decimal mark (tab stands for a tab)"
            )
        options.separator = separator
    if options.command == "train":
        _check_optimizer(options)
        for name, value in (DEFAULTS[options.network] | WHOLE.get(options.optimizer, {})).items():
            if getattr(options, name) is None:
                setattr(options, name, value)
    if options.command == "train" and options.patience and not options.validation:
        raise CommandError("--patience needs validation examples: set --validation above 0")
    if options.command == "train" and (options.shards or 1) > (options.batch_size or 1):
        raise CommandError(
            f"--shards {options.shards} is more than the {options.batch_size} examples of a "
            "mini-batch (--batch-size)"
        )
    return options


def _check_optimizer(options: argparse.Namespace) -> None:
    """Raise ``CommandError`` for an option that the optimiser does not have."""
    optimizer = options.optimizer or DEFAULTS[options.network]["optimizer"]
    if options.momentum is not None and optimizer != "sgd":
        raise CommandError(f"--momentum is for sgd, and --optimizer is {optimizer}")
    if optimizer not in WHOLE:
        return
    for name in ("batch_size", "shards", "schedule", "weight_decay"):
        if getattr(options, name) not in (None, "constant"):
            raise CommandError(
                f"--{name.replace('_', '-')} has no meaning for --optimizer {optimizer}, "
                "which takes all examples at once and finds the length of a step by itself"
            )


def _add_train(commands: Any) -> None:
    train = commands.add_parser(
        "train",
        help="train a network; write it, its history and its pictures to a folder",
        description="Train a network; without arguments, on small handwritten digits.",
    )
    _add_data_options(
        train.add_argument_group(
            "the data",
            "The target of a table is the column that --target names, else the one called label, "
            "target, y or class, else the last. All others are inputs: numbers, words (one input "
            "for each category), and dates. Whole numbers and words as targets are classes, other "
            "numbers are values; --loss decides otherwise.",
        )
    )
    _add_network_options(train.add_argument_group("the network"))
    _add_training_options(train.add_argument_group("the training"))
    output = train.add_argument_group("the results")
    output.add_argument(
        "--out", metavar="DIR", help="folder for the results (default: nn- and the data's name)"
    )
    again = output.add_mutually_exclusive_group()
    again.add_argument(
        "--resume",
        action="store_true",
        help="continue the run in DIR: an interrupted one, or with more --epochs a finished one",
    )
    again.add_argument("--overwrite", action="store_true", help="replace the run in DIR")


def _add_data_options(data: Any) -> None:
    data.add_argument(
        "--data",
        type=types.data,
        default="digits",
        metavar="|".join((*NAMES, *FILES)),
        help="the name of a data set, a file of inputs and targets, or a folder with a folder of "
        "images for each class (default: digits)",
    )
    data.add_argument(
        "--target",
        metavar="NAME",
        help="the column to predict, by its name, or by its number from 1 in a file without names "
        "(default: the column called label, target, y or class, else the last)",
    )
    data.add_argument(
        "--drop",
        type=types.names,
        default=(),
        metavar="NAME[,NAME...]",
        help="columns to leave out, such as numbers of customers",
    )
    data.add_argument(
        "--category",
        type=types.names,
        default=(),
        metavar="NAME[,NAME...]",
        help="columns whose cells are categories, even if they are numbers or many (words are "
        "categories anyway)",
    )
    data.add_argument(
        "--classes",
        type=types.names,
        metavar="NAME[,NAME...]",
        help="the classes of the target, in order (default: those that occur, sorted)",
    )
    data.add_argument(
        "--missing",
        choices=("refuse", "impute", "drop"),
        default="refuse",
        help="refuse missing cells; impute the mean for a number, with another input that says "
        "where, and a category of its own for a word; or drop such rows (default: refuse)",
    )
    data.add_argument(
        "--dates",
        choices=("day-first", "month-first"),
        help="how dates such as 01/02/2024 are read (default: as other dates of the column show)",
    )
    data.add_argument(
        "--size",
        type=types.size,
        metavar="WIDTHxHEIGHT",
        help="pixels to which images are resized (default: all must have one size)",
    )
    data.add_argument(
        "--validation",
        type=types.share,
        default=0.1,
        metavar="SHARE",
        help="fraction of the training examples for validation (default: 0.1)",
    )
    data.add_argument(
        "--test",
        type=types.share,
        default=0.2,
        metavar="SHARE",
        help="fraction of the examples for the test, if the data have no test set (default: 0.2)",
    )
    _add_reading_options(data)


def _add_reading_options(data: Any) -> None:
    data.add_argument(
        "--separator",
        metavar="CHARACTER",
        help="character between the cells of a csv file (default: the comma, semicolon or tab in "
        "its first line)",
    )
    data.add_argument(
        "--decimal",
        choices=(".", ","),
        metavar="CHARACTER",
        help="decimal mark in a csv file, . or , (default: .; for a trained model as in training)",
    )
    data.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether the first line of a csv file names its columns (default: whether it consists "
        "of words)",
    )
    data.add_argument(
        "--memory-limit",
        type=types.count,
        default=MEMORY_LIMIT // 1_000_000,
        metavar="MB",
        help=f"memory that a file may take (default: {MEMORY_LIMIT // 1_000_000})",
    )


def _add_network_options(network: Any) -> None:
    network.add_argument(
        "--network",
        choices=("mlp", "conv"),
        default="mlp",
        help="mlp, layers of units, or conv, three convolutions of square images before them "
        "(default: mlp)",
    )
    network.add_argument(
        "--hidden",
        type=types.sizes,
        metavar="N[,N...]",
        help="units in each hidden layer; 0 for none (default: 30; 64 for conv)",
    )
    network.add_argument(
        "--activation",
        choices=sorted(ACTIVATIONS),
        metavar="NAME",
        help=f"one of {', '.join(sorted(ACTIVATIONS))} (default: sigmoid for digits and mnist, "
        "relu for others and conv)",
    )
    network.add_argument(
        "--dropout",
        type=types.share,
        metavar="SHARE",
        help="fraction of the hidden units that is dropped in training (default: 0; 0.3 for conv)",
    )
    network.add_argument(
        "--init",
        choices=tuple(INITIALIZERS),
        metavar="NAME",
        help=f"initialisation of the weights, one of {', '.join(INITIALIZERS)} (default: he for "
        "activations like relu, xavier for others)",
    )
    network.add_argument(
        "--dtype", choices=("float32", "float64"), default="float32", help="(default: float32)"
    )


def _add_training_options(training: Any) -> None:
    training.add_argument(
        "--loss",
        choices=(*CLASS_LOSSES, *VALUE_LOSSES),
        metavar="NAME",
        help="cross-entropy (of a softmax), cross-entropy-cost or quadratic-cost (of sigmoids) for "
        "classes, mse or mae for values (default: cross-entropy for classes, mse for values)",
    )
    training.add_argument(
        "--optimizer",
        choices=OPTIMIZERS,
        metavar="NAME",
        help=f"one of {', '.join(OPTIMIZERS)} (default: sgd; adam for conv); lbfgs takes all "
        "examples at once, in up to 20 iterations an epoch",
    )
    training.add_argument(
        "--momentum",
        type=types.share,
        metavar="SHARE",
        help="how much of the last step sgd adds to the next (default: 0)",
    )
    training.add_argument(
        "--lr",
        type=types.positive,
        metavar="RATE",
        help="learning rate (default: for sgd 0.5 on digits and mnist, 0.1 on other classes, 0.01 "
        "on values; 0.003 for adam with conv; else the optimizer's own)",
    )
    training.add_argument(
        "--schedule",
        choices=("constant", "cosine", "one-cycle"),
        help="learning rate: constant, down to 0 along a cosine, or from a 25th of it up, and "
        "down to almost 0 at the end (default: constant; one-cycle for conv)",
    )
    training.add_argument(
        "--batch-size",
        type=types.count,
        metavar="N",
        help="examples in a mini-batch (default: 10; 100 for conv)",
    )
    training.add_argument(
        "--shards",
        type=types.count,
        metavar="N",
        help="parts of each mini-batch, which the processes started by mpiexec share equally; the "
        "weights are the same to the last bit on any number of processes that divides N (default: "
        "the number of processes; none for a single one)",
    )
    training.add_argument(
        "--epochs",
        type=types.count,
        metavar="N",
        help="passes through the training examples (default: 30; 10 for conv)",
    )
    training.add_argument(
        "--weight-decay",
        type=types.not_negative,
        metavar="LAMBDA",
        help="add LAMBDA/2 times the squared weights to the loss (default: 0; 0.01 for adamw)",
    )
    training.add_argument(
        "--class-weight",
        choices=("balanced",),
        help="let each class count as much in the loss, however few its examples are",
    )
    training.add_argument(
        "--patience",
        type=types.count,
        metavar="N",
        help="stop after N epochs without a lower validation loss, and keep the best weights",
    )
    training.add_argument(
        "--seed",
        type=types.seed,
        default=0,
        metavar="N",
        help="seed for the weights, the split and the order of the examples (default: 0)",
    )


def _add_evaluate(commands: Any) -> None:
    evaluate = commands.add_parser(
        "evaluate",
        help="evaluate a model on the test examples of a data set, or on a whole file",
    )
    evaluate.add_argument("model", metavar="MODEL", help=MODEL)
    evaluate.add_argument(
        "--data",
        type=types.data,
        required=True,
        metavar="|".join((*NAMES, *FILES)),
        help="the columns of a table are treated as in training",
    )
    _add_reading_options(evaluate)


def _add_predict(commands: Any) -> None:
    predict = commands.add_parser(
        "predict", help="write the predictions of a model for the examples in a file, as csv"
    )
    predict.add_argument("model", metavar="MODEL", help=MODEL)
    predict.add_argument(
        "file",
        metavar="FILE",
        help="inputs: a .csv, .tsv, .parquet or .npz file, an image or a folder of images; the "
        "columns of a table are treated as in training, and targets in it are ignored",
    )
    predict.add_argument("--out", metavar="FILE.csv", help="output file (default: the screen)")
    _add_reading_options(predict)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, without a list of all options."""

    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{message} (see --help)")
