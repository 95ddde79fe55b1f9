"""The command line of ``python -m nn``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from nn.command.errors import CommandError
from nn.command.sources import NAMES, is_file
from nn.init import INITIALIZERS
from nn.modules.activations import ACTIVATIONS
from nn.tables import MEMORY_LIMIT

CLASS_LOSSES = ("cross-entropy", "cross-entropy-cost", "quadratic-cost")
VALUE_LOSSES = ("mse", "mae")
OPTIMIZERS = ("sgd", "adam", "adamw", "rmsprop", "adagrad", "lion", "muon", "lbfgs")

DEFAULTS: dict[str, dict[str, Any]] = {
    "mlp": {
        "hidden": (30,),
        "optimizer": "sgd",
        "schedule": "constant",
        "batch_size": 10,
        "epochs": 30,
    },
    "conv": {
        "hidden": (64,),
        "activation": "relu",
        "optimizer": "adam",
        "schedule": "one-cycle",
        "batch_size": 100,
        "epochs": 10,
    },
}
"""Those that depend on ``--network``."""

EXAMPLES = """\
examples:
  python -m nn train                                   learns 1,797 small handwritten digits
  python -m nn train --data mnist --hidden 200 --activation relu --batch-size 100 --epochs 15
  python -m nn train --data mnist --network conv
  mpiexec -n 2 python -m nn train --data mnist --batch-size 200
  python -m nn train --data flowers.csv --hidden 20,20 --activation tanh --patience 5
  python -m nn evaluate nn-digits/model.safetensors --data digits
  python -m nn predict nn-flowers/model.safetensors new-flowers.csv
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
        if len(separator) != 1 or separator in f'"\n\r{options.decimal}':
            raise CommandError(
                f"--separator {separator!r} cannot separate cells: it must be one character, other "
                "than a quote and the decimal mark (tab stands for a tab)"
            )
        options.separator = separator
    if options.command == "train":
        for name, value in DEFAULTS[options.network].items():
            if getattr(options, name) is None:
                setattr(options, name, value)
    if options.command == "train" and options.patience and not options.validation:
        raise CommandError("--patience needs validation examples: set --validation above 0")
    if options.command == "train" and (options.shards or 1) > options.batch_size:
        raise CommandError(
            f"--shards {options.shards} is more than the {options.batch_size} examples of a "
            "mini-batch (--batch-size)"
        )
    return options


def _add_train(commands: Any) -> None:
    train = commands.add_parser(
        "train",
        help="train a network; write it, its history and its pictures to a folder",
        description="Train a network; without arguments, on small handwritten digits.",
    )
    _add_data_options(train.add_argument_group("the data"))
    _add_network_options(train.add_argument_group("the network"))
    _add_training_options(train.add_argument_group("the training"))
    output = train.add_argument_group("the results")
    output.add_argument(
        "--out", metavar="DIR", help="folder for the results (default: nn- and the data's name)"
    )
    output.add_argument("--resume", action="store_true", help="resume an interrupted run in DIR")


def _add_data_options(data: Any) -> None:
    data.add_argument(
        "--data",
        type=_data,
        default="digits",
        metavar="|".join((*NAMES, "FILE.npz", "FILE.csv")),
        help="the name of a data set, or a file of inputs and targets (default: digits)",
    )
    data.add_argument(
        "--validation",
        type=_share,
        default=0.1,
        metavar="SHARE",
        help="fraction of the training examples for validation (default: 0.1)",
    )
    data.add_argument(
        "--test",
        type=_share,
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
        default=".",
        metavar="CHARACTER",
        help="decimal mark in a csv file, . or , (default: .)",
    )
    data.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether the first line of a csv file names its columns (default: whether it consists "
        "of words)",
    )
    data.add_argument(
        "--memory-limit",
        type=_count,
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
        type=_sizes,
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
        help=f"one of {', '.join(OPTIMIZERS)} (default: sgd; adam for conv)",
    )
    training.add_argument(
        "--lr",
        type=_positive,
        metavar="RATE",
        help="learning rate (default: for sgd 0.5 on digits and mnist, 0.1 on other classes, 0.01 "
        "on values; 0.003 for adam with conv; else the optimizer's own)",
    )
    training.add_argument(
        "--schedule",
        choices=("constant", "one-cycle"),
        help="learning rate: constant, or from a 25th of it up, and down to almost 0 at the end "
        "(default: constant; one-cycle for conv)",
    )
    training.add_argument(
        "--batch-size",
        type=_count,
        metavar="N",
        help="examples in a mini-batch (default: 10; 100 for conv)",
    )
    training.add_argument(
        "--shards",
        type=_count,
        metavar="N",
        help="parts of each mini-batch, which the processes started by mpiexec share equally; the "
        "weights are the same to the last bit on any number of processes that divides N (default: "
        "the number of processes; none for a single one)",
    )
    training.add_argument(
        "--epochs",
        type=_count,
        metavar="N",
        help="passes through the training examples (default: 30; 10 for conv)",
    )
    training.add_argument(
        "--weight-decay",
        type=_not_negative,
        metavar="LAMBDA",
        help="add LAMBDA/2 times the squared weights to the loss (default: 0; 0.01 for adamw)",
    )
    training.add_argument(
        "--patience",
        type=_count,
        metavar="N",
        help="stop after N epochs without a lower validation loss, and keep the best weights",
    )
    training.add_argument(
        "--seed",
        type=_seed,
        default=0,
        metavar="N",
        help="seed for the weights, the split and the order of the examples (default: 0)",
    )


def _add_evaluate(commands: Any) -> None:
    evaluate = commands.add_parser(
        "evaluate",
        help="evaluate a model on the test examples of a data set, or on a whole file",
    )
    evaluate.add_argument("model", metavar="MODEL", help="a file written by train or nn.save")
    evaluate.add_argument(
        "--data", type=_data, required=True, metavar="|".join((*NAMES, "FILE.npz", "FILE.csv"))
    )
    _add_reading_options(evaluate)


def _add_predict(commands: Any) -> None:
    predict = commands.add_parser(
        "predict", help="write the predictions of a model for the examples in a file, as csv"
    )
    predict.add_argument("model", metavar="MODEL", help="a file written by train or nn.save")
    predict.add_argument(
        "file", metavar="FILE", help="inputs, a .npz or .csv file; targets in it are ignored"
    )
    predict.add_argument("--out", metavar="FILE.csv", help="output file (default: the screen)")
    _add_reading_options(predict)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, without a list of all options."""

    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{message} (see --help)")


def _data(text: str) -> str:
    if text not in NAMES and not is_file(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is none of {', '.join(NAMES)}, and not a .npz or .csv file"
        )
    return text


def _sizes(text: str) -> tuple[int, ...]:
    if text in ("0", "none", ""):
        return ()
    try:
        sizes = tuple(int(size) for size in text.split(","))
    except ValueError:
        sizes = ()
    if not sizes or min(sizes) < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not the number of units in each hidden layer, such as 30 or 100,50; "
            f"0 is for none"
        )
    return sizes


def _number(
    kind: Callable[[str], float], description: str, is_valid: Callable[[float], bool]
) -> Callable[[str], float]:
    """A type for argparse: numbers of one kind that are valid."""

    def convert(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            number = float("nan")
        if not is_valid(number):
            raise argparse.ArgumentTypeError(f"{text!r} is not {description}")
        return number

    return convert


_count = _number(int, "a whole number, 1 or more", lambda n: n >= 1)
_seed = _number(int, "a whole number, 0 or more", lambda n: n >= 0)
_positive = _number(float, "a number above 0", lambda x: 0 < x < float("inf"))
_not_negative = _number(float, "a number, 0 or more", lambda x: 0 <= x < float("inf"))
_share = _number(float, "a share, from 0 to below 1", lambda x: 0 <= x < 1)
