"""The command line of ``python -m nn``: its words, their defaults, and what is wrong with them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from nn.command.errors import CommandError
from nn.command.sources import NAMES, is_file
from nn.init import INITIALIZERS
from nn.modules.activations import ACTIVATIONS

CLASS_LOSSES = ("cross-entropy", "cross-entropy-cost", "quadratic-cost")
VALUE_LOSSES = ("mse", "mae")
OPTIMIZERS = ("sgd", "adam", "adamw", "rmsprop", "adagrad")

EXAMPLES = """\
examples:
  python -m nn train                                   learns 1,797 small handwritten digits
  python -m nn train --data mnist --hidden 200 --activation relu --batch-size 100 --epochs 15
  mpiexec -n 2 python -m nn train --data mnist --batch-size 200
  python -m nn train --data flowers.csv --hidden 20,20 --activation tanh --patience 5
  python -m nn evaluate nn-digits/model.safetensors --data digits
  python -m nn predict nn-flowers/model.safetensors new-flowers.csv
"""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; raises ``CommandError`` for what cannot be meant."""
    parser = _Parser(
        prog="python -m nn",
        description="Train a network, see how good it is, and use it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_train(commands)
    _add_evaluate(commands)
    _add_predict(commands)
    options = parser.parse_args(arguments)
    if options.command == "train" and options.patience and not options.validation:
        raise CommandError("--patience needs examples to watch: give --validation a share above 0")
    if options.command == "train" and (options.shards or 1) > options.batch_size:
        raise CommandError(
            f"--shards {options.shards} is more than the {options.batch_size} examples of a "
            "mini-batch (--batch-size)"
        )
    return options


def _add_train(commands: Any) -> None:
    train = commands.add_parser(
        "train",
        help="train a network and write it, its history and its pictures to a folder",
        description="Train a network; without arguments, on small handwritten digits.",
    )
    data = train.add_argument_group("what to learn")
    data.add_argument(
        "--data",
        type=_data,
        default="digits",
        metavar="|".join((*NAMES, "FILE.npz", "FILE.csv")),
        help="a set with a name, or a file of inputs and targets (default: digits)",
    )
    data.add_argument(
        "--validation",
        type=_share,
        default=0.1,
        metavar="SHARE",
        help="of the training examples, watched but not learned (default: 0.1)",
    )
    data.add_argument(
        "--test",
        type=_share,
        default=0.2,
        metavar="SHARE",
        help="of the examples, set apart for the test where the data have no test set "
        "(default: 0.2)",
    )
    network = train.add_argument_group("the network")
    network.add_argument(
        "--hidden",
        type=_sizes,
        default=(30,),
        metavar="N[,N...]",
        help="units in each hidden layer; 0 for none (default: 30)",
    )
    network.add_argument(
        "--activation",
        choices=sorted(ACTIVATIONS),
        metavar="NAME",
        help=f"one of {', '.join(sorted(ACTIVATIONS))} (default: sigmoid for digits and mnist, as "
        "the texts have it, relu for others)",
    )
    network.add_argument(
        "--init",
        choices=tuple(INITIALIZERS),
        metavar="NAME",
        help=f"how the weights begin, one of {', '.join(INITIALIZERS)} (default: he for "
        "activations like relu, xavier for others)",
    )
    network.add_argument(
        "--dtype", choices=("float32", "float64"), default="float32", help="(default: float32)"
    )
    training = train.add_argument_group("the training")
    training.add_argument(
        "--loss",
        choices=(*CLASS_LOSSES, *VALUE_LOSSES),
        metavar="NAME",
        help="cross-entropy (of a softmax), cross-entropy-cost or quadratic-cost (of sigmoids), "
        "and for values mse or mae (default: cross-entropy for classes, mse for values)",
    )
    training.add_argument(
        "--optimizer",
        choices=OPTIMIZERS,
        default="sgd",
        metavar="NAME",
        help=f"one of {', '.join(OPTIMIZERS)} (default: sgd)",
    )
    training.add_argument(
        "--lr",
        type=_positive,
        metavar="RATE",
        help="learning rate (default: for sgd 0.5 on digits and mnist, 0.1 on other classes, 0.01 "
        "on values; else the optimizer's own)",
    )
    training.add_argument(
        "--batch-size",
        type=_count,
        default=10,
        metavar="N",
        help="examples in a mini-batch (default: 10)",
    )
    training.add_argument(
        "--shards",
        type=_count,
        metavar="N",
        help="parts of each mini-batch, which the processes that mpiexec starts share; the weights "
        "are the same to the last bit on 1 to N processes that share them equally (default: one "
        "for each process, and for one process none)",
    )
    training.add_argument(
        "--epochs",
        type=_count,
        default=30,
        metavar="N",
        help="passes through the training examples (default: 30)",
    )
    training.add_argument(
        "--weight-decay",
        type=_not_negative,
        metavar="LAMBDA",
        help="adds LAMBDA/2 times the squared weights to the loss (default: 0; 0.01 for adamw)",
    )
    training.add_argument(
        "--patience",
        type=_count,
        metavar="N",
        help="stop after N epochs without a better validation cost, and keep the best weights",
    )
    training.add_argument(
        "--seed",
        type=_seed,
        default=0,
        metavar="N",
        help="of the weights, the split and the order of the examples (default: 0)",
    )
    output = train.add_argument_group("the results")
    output.add_argument(
        "--out", metavar="DIR", help="folder for the results (default: nn- and the data's name)"
    )
    output.add_argument(
        "--resume", action="store_true", help="go on with a run in DIR that was interrupted"
    )


def _add_evaluate(commands: Any) -> None:
    evaluate = commands.add_parser(
        "evaluate",
        help="say how good a model is on the test examples of a set, or on all of a file",
    )
    evaluate.add_argument("model", metavar="MODEL", help="a file that train or nn.save has written")
    evaluate.add_argument(
        "--data", type=_data, required=True, metavar="|".join((*NAMES, "FILE.npz", "FILE.csv"))
    )


def _add_predict(commands: Any) -> None:
    predict = commands.add_parser(
        "predict", help="write what a model says of the examples in a file, as csv"
    )
    predict.add_argument("model", metavar="MODEL", help="a file that train or nn.save has written")
    predict.add_argument(
        "file", metavar="FILE", help="inputs, a .npz or .csv file; targets in it are passed over"
    )
    predict.add_argument(
        "--out", metavar="FILE.csv", help="where to write (default: to the screen)"
    )


class _Parser(argparse.ArgumentParser):
    """Complains in one sentence, without an overview of all options before it."""

    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{message} (--help shows what there is)")


def _data(text: str) -> str:
    if text not in NAMES and not is_file(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is none of {', '.join(NAMES)}, and no .npz or .csv file"
        )
    return text


def _sizes(text: str) -> tuple[int, ...]:
    if text in ("0", "none", ""):
        return ()
    try:
        sizes = tuple(int(part) for part in text.split(","))
    except ValueError:
        sizes = ()
    if not sizes or min(sizes) < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not the number of units in each hidden layer, such as 30 or 100,50; "
            f"0 is for none"
        )
    return sizes


def _number(kind: Callable[[str], float], wanted: str, holds: Callable[[float], bool]) -> Any:
    """A type for argparse: numbers of one kind for which something holds."""

    def read(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            number = float("nan")
        if not holds(number):
            raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}")
        return number

    return read


_count = _number(int, "a whole number, 1 or more", lambda n: n >= 1)
_seed = _number(int, "a whole number, 0 or more", lambda n: n >= 0)
_positive = _number(float, "a number above 0", lambda x: 0 < x < float("inf"))
_not_negative = _number(float, "a number, 0 or more", lambda x: 0 <= x < float("inf"))
_share = _number(float, "a share, from 0 to below 1", lambda x: 0 <= x < 1)
