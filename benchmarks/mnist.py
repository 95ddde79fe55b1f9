"""MNIST with the texts' settings: what `nn` reaches, beside what the texts report.

`python -m benchmarks.mnist` trains every network of the table through `nn.fit`, with several seeds,
and writes `benchmarks/mnist.md`. The images are found as `nn.datasets.mnist` finds them. How fast
other libraries are at it is measured by the work `epoch` of `python -m benchmarks`.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import nn
from benchmarks import environment
from nn.data import TrainTest

TABLE = Path(__file__).parent / "mnist.md"


def quadratic_cost(logits: Any, target: Any) -> Any:
    """The quadratic cost of sigmoid outputs."""
    return nn.quadratic_cost(nn.sigmoid(logits), target)


@dataclass(frozen=True)
class Row:
    """A network, its training, and the percentage of test images right that a text reports."""

    title: str
    hidden: tuple[int, ...]
    activation: str
    loss: Callable[[Any, Any], Any]
    loss_name: str
    reported: float
    lr: float
    init: str | Callable[..., Any] = "xavier"
    batch_size: int = 10
    epochs: int = 30
    images: int = 50_000
    about: str = ""


SIGMOIDS = "cross-entropy of sigmoids"
ROWS = (
    Row(
        title="784-30-10, sigmoid",
        hidden=(30,),
        activation="sigmoid",
        loss=nn.cross_entropy_cost,
        loss_name=SIGMOIDS,
        reported=95.49,
        lr=0.5,
    ),
    Row(
        title="784-30-10, sigmoid",
        hidden=(30,),
        activation="sigmoid",
        loss=quadratic_cost,
        loss_name="quadratic",
        reported=95.42,
        lr=3.0,
    ),
    Row(
        title="784-100-10, sigmoid",
        hidden=(100,),
        activation="sigmoid",
        loss=nn.cross_entropy_cost,
        loss_name=SIGMOIDS,
        reported=96.82,
        lr=0.5,
    ),
    Row(
        title="784-100-10, sigmoid",
        hidden=(100,),
        activation="sigmoid",
        loss=quadratic_cost,
        loss_name="quadratic",
        reported=96.59,
        lr=3.0,
    ),
    Row(
        title="softmax regression",
        hidden=(),
        activation="sigmoid",
        loss=nn.cross_entropy,
        loss_name="cross-entropy",
        reported=92.0,
        about="about ",
        lr=0.5,
        batch_size=100,
        epochs=15,
        images=60_000,
    ),
    Row(
        title="784-200-10, ReLU, softmax",
        hidden=(200,),
        activation="relu",
        loss=nn.cross_entropy,
        loss_name="cross-entropy",
        reported=98.0,
        about="about ",
        lr=0.5,
        init="he",
        batch_size=100,
        epochs=15,
        images=60_000,
    ),
    Row(
        title="784-30-10, sigmoid",
        hidden=(30,),
        activation="sigmoid",
        loss=nn.cross_entropy_cost,
        loss_name=SIGMOIDS,
        reported=95.49,
        lr=0.5,
        init=partial(nn.init.normal, sigma=1.0),
    ),
)

CHOICES = """\
The texts leave some choices open, which are made here as follows. *Weights*: Xavier uniform, and He
normal with ReLU, the defaults of `nn.MLP`; the last row is the first with the text's N(0, 1).
*Learning rate of the quadratic cost*: 3, as in Nielsen. *Images*: the first 50,000 where the text
keeps 10,000 for validation, otherwise all. Trust the last epoch: the best one is chosen on the test
images themselves. The time of a run includes evaluating them after each epoch.

`python -m nn train --data mnist` trains the first network with a softmax, on 54,000 images;
`--loss cross-entropy-cost`, `--loss quadratic-cost --lr 3`, `--hidden 100`, `--hidden 0` and
`--hidden 200 --activation relu`, with `--batch-size 100 --epochs 15`, give the other rows."""


@dataclass(frozen=True)
class Outcome:
    """The percentages of one run, after the last epoch and at the best, and how long it took."""

    last: float
    best: float
    seconds: float


def run(row: Row, seed: int, data: TrainTest) -> Outcome:
    """Train one network; the test images are looked at after each epoch and change nothing."""
    (x, y), test = data
    model = nn.MLP([784, *row.hidden, 10], activation=row.activation, init=row.init, rng=seed)
    started = time.perf_counter()
    history = nn.fit(
        model,
        (x[: row.images], y[: row.images]),
        loss=row.loss,
        optimizer=nn.SGD(model, lr=row.lr),
        epochs=row.epochs,
        batch_size=row.batch_size,
        validation=test,
        metrics="accuracy",
        progress=False,
        rng=seed,
    )
    seconds = time.perf_counter() - started
    right = 100 * history.validations["accuracy"]
    return Outcome(float(right[-1]), float(right.max()), seconds)


def figures(values: list[float]) -> str:
    """The mean, and the standard deviation where there is more than one."""
    mean = f"{statistics.fmean(values):.2f}"
    return f"{mean} ± {statistics.stdev(values):.2f}" if len(values) > 1 else mean


def report(results: dict[int, list[Outcome]], conditions: dict[str, str]) -> str:
    """The whole file: the table of what has been measured so far, and what it means."""
    lines = [
        "# MNIST, in figures",
        "",
        "Results of `python -m benchmarks.mnist`: the percentage of the 10,000 test images that is",
        "classified correctly, as mean and standard deviation over the seeds, after the last epoch",
        "and at the epoch that was best on these images, which is what the texts report.",
        "",
        "| network | loss | η | weights | mini-batch, epochs, images | the text | last epoch "
        "| best epoch | seeds | seconds a run |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for number, outcomes in sorted(results.items()):
        row = ROWS[number]
        cells = [
            row.title,
            row.loss_name,
            f"{row.lr:g}",
            row.init if isinstance(row.init, str) else "N(0, 1)",
            f"{row.batch_size}, {row.epochs}, {row.images:,}",
            f"{row.about}{row.reported:g}",
            figures([outcome.last for outcome in outcomes]),
            figures([outcome.best for outcome in outcomes]),
            str(len(outcomes)),
            f"{statistics.median(outcome.seconds for outcome in outcomes):.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", CHOICES, "", *(f"- {name}: {value}" for name, value in conditions.items())]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Train what the command line names; the file is written anew after each run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mnist")
    numbers = range(1, len(ROWS) + 1)
    parser.add_argument("--row", type=int, action="append", choices=numbers, help="repeatable")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each row (default: 3)")
    parser.add_argument("--out", type=Path, default=TABLE, help="default: %(default)s")
    options = parser.parse_args(arguments)
    data = nn.datasets.mnist()
    conditions = environment.describe()
    results: dict[int, list[Outcome]] = {}
    for seed in range(options.seeds):
        for number in options.row or numbers:
            outcome = run(ROWS[number - 1], seed, data)
            results.setdefault(number - 1, []).append(outcome)
            print(f"row {number}, seed {seed}: {outcome}", file=sys.stderr, flush=True)
            options.out.write_text(report(results, conditions), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
