"""Training on 1, 2 and 4 ranks: time, what part of it is communication, and a model on paper.

`python -m benchmarks.parallel` trains three networks, the mini-batches in two shards and in four,
and writes `results/parallel.md`; it fails if the weights depend on the number of ranks in the last
bit. MPI is that of the `mpi` extra. How to train on many machines is said in
`docs/many_machines.md`.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import nn
from benchmarks import environment, libraries
from nn.parallel import Sum, Team
from nn.training.step import TrainingStep

RESULT = Path(__file__).parent / "results" / "parallel.md"
EPOCH = 60_000
EPOCHS = 4
"""The fastest of so many counts, after one in which all is compiled."""
WAYS = ((1, 0), (1, 2), (2, 2), (1, 4), (2, 4), (4, 4))
"""Ranks, and shards; 0 for whole mini-batches."""


@dataclass(frozen=True)
class Network:
    sizes: tuple[int, ...]
    activation: str
    batch: int
    steps: int
    """How many steps are timed as one epoch."""

    @property
    def name(self) -> str:
        return f"{'-'.join(map(str, self.sizes))}, batch {self.batch:,}"

    @property
    def parameters(self) -> int:
        pairs = zip(self.sizes, self.sizes[1:], strict=False)
        return sum((n_in + 1) * n_out for n_in, n_out in pairs)


NETWORKS = (
    Network((784, 30, 10), "sigmoid", 10, 400),
    Network((784, 200, 10), "relu", 100, 100),
    Network((784, 1000, 1000, 10), "relu", 1000, 8),
)


# --- in a rank -----------------------------------------------------------------------------------


class Clock:
    """Seconds spent in some functions, one after the other."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds += time.perf_counter() - began

        return timed


class Timed:
    """A communicator whose time is taken, waiting for the slowest rank included."""

    def __init__(self, comm: Any, clock: Clock) -> None:
        self.Get_rank, self.Get_size = comm.Get_rank, comm.Get_size
        self.allgather = clock.around(comm.allgather)
        self.Alltoall = clock.around(comm.Alltoall)
        self.Allgather = clock.around(comm.Allgather)


def train(network: Network, comm: Any, shards: int | None) -> dict[str, float]:
    """Seconds a step, of which computing gradients and communicating; a checksum of the weights."""
    talking, computing = Clock(), Clock()
    examples = network.batch * network.steps
    rng = np.random.default_rng(8)
    x = rng.random((examples, 784), dtype=np.float32)
    y = rng.integers(0, 10, examples)
    model = nn.MLP(network.sizes, network.activation, rng=0)
    marks: list[tuple[float, float, float]] = []

    def mark(run: Any) -> None:
        if run.step % network.steps == 0:
            marks.append((time.perf_counter(), computing.seconds, talking.seconds))

    # The process is for this one measurement, so it need not be put back.
    TrainingStep._compute = computing.around(TrainingStep._compute)
    nn.fit(
        model,
        (x, y),
        loss="cross-entropy",
        lr=0.01,
        epochs=1 + EPOCHS,
        batch_size=network.batch,
        shards=shards,
        comm=None if comm is None else Timed(comm, talking),
        callbacks=[mark],
        progress=False,
    )
    epochs = [
        [(after - before) / network.steps for before, after in zip(*ends, strict=True)]
        for ends in pairwise(marks)
    ]
    total, computed, talked = min(epochs)
    weights = zlib.crc32(model.to_vector().tobytes())
    return {"total": total, "computing": computed, "talking": talked, "weights": weights}


LARGE = 2_000_000


def ping(comm: Any) -> dict[str, float]:
    """Seconds to say a word to all, and to join ``LARGE`` numbers, of each rank one row."""
    with Team(comm) as team:
        total = Sum(team, 1, LARGE, np.float32)

        def median(f: Callable[[], Any], repeats: int) -> float:
            found = []
            for _ in range(repeats):
                comm.allgather(None)
                began = time.perf_counter()
                f()
                found.append(time.perf_counter() - began)
            return statistics.median(found)

        word = median(lambda: comm.allgather(None), 200)
        return {"word": word, "joining": median(total, 15)}


def work_in_rank(work: str, shards: str) -> None:
    comm = None
    if "PMI_SIZE" in os.environ:
        from mpi4py import MPI

        comm = MPI.COMM_WORLD
    found = ping(comm) if work == "ping" else train(NETWORKS[int(work)], comm, int(shards) or None)
    if comm is None or comm.Get_rank() == 0:
        print(json.dumps(found))


# --- the table -----------------------------------------------------------------------------------


def start(work: int | str, ranks: int, shards: int) -> dict[str, float]:
    """Let as many ranks do a work, with one BLAS thread each; what rank 0 tells of it."""
    variables = libraries.Setting(libraries.default_folder(), threads=1).variables("numpy")
    launcher = [str(Path(sys.executable).with_name("mpiexec")), "-n", str(ranks)] * (ranks > 1)
    command = [*launcher, sys.executable, "-m", "benchmarks.parallel", "--rank", str(work)]
    run = subprocess.run(
        [*command, str(shards)], env=variables, stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, float] = json.loads(run.stdout)
    return found


@dataclass(frozen=True)
class Link:
    """What connects ranks: seconds until a word is with all of two, and bytes a second."""

    name: str
    latency: float
    bandwidth: float

    def seconds(self, ranks: int, parameters: int) -> float:
        """Three exchanges of words in each step, and 2 (n - 1)/n times the gradient."""
        if ranks == 1:
            return 0.0
        sent = 2 * (ranks - 1) / ranks * 4 * parameters
        return 3 * self.latency * math.ceil(math.log2(ranks)) + sent / self.bandwidth


@dataclass(frozen=True)
class Paper:
    """The model: t(n) = computing/n + rest + link(n)."""

    network: Network
    plain: float
    computing: float
    rest: float

    def seconds(self, ranks: int, link: Link) -> float:
        return self.computing / ranks + self.rest + link.seconds(ranks, self.network.parameters)


Measured = Mapping[tuple[int, int], Mapping[str, float]]


def measure(rounds: int) -> tuple[list[Measured], dict[str, float]]:
    """The fastest of some rounds, in each of which every network is trained in each way.

    Whatever else the machine does can only make a round slower, and ranks that wait for each other
    suffer most from it.
    """
    samples: list[dict[tuple[int, int], list[dict[str, float]]]] = [
        {way: [] for way in WAYS} for _ in NETWORKS
    ]
    pings = []
    for number in range(rounds):
        print(f"round {number + 1} of {rounds} ...", file=sys.stderr, flush=True)
        pings.append(start("ping", 2, 0))
        for place, found in enumerate(samples):
            for ranks, shards in WAYS:
                found[ranks, shards].append(start(place, ranks, shards))
    fastest: list[Measured] = [
        {way: min(found, key=lambda sample: sample["total"]) for way, found in of.items()}
        for of in samples
    ]
    return fastest, {name: min(ping[name] for ping in pings) for name in pings[0]}


def table(head: list[str], rows: list[list[str]]) -> str:
    rule = [":---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])


def report(
    conditions: Mapping[str, str], measured: list[Measured], pinged: Mapping[str, float]
) -> str:
    here = Link(
        "this machine", pinged["word"], 4 * LARGE / (pinged["joining"] - 2 * pinged["word"])
    )
    links = [here, Link("10 Gb Ethernet", 30e-6, 1.1e9), Link("100 Gb InfiniBand", 3e-6, 11e9)]
    rows, check, future = [], [], []
    for network, ways in zip(NETWORKS, measured, strict=True):
        plain, one = ways[1, 0], ways[1, 2]
        paper = Paper(network, plain["total"], one["computing"], one["total"] - one["computing"])
        for (ranks, shards), found in ways.items():
            rows.append(
                [
                    network.name if not shards else "",
                    f"{ranks} in {shards} shards" if shards else "1, whole mini-batches",
                    f"{found['total'] * EPOCH / network.batch:.2f} s",
                    f"{found['total'] * 1e3:.3g} ms",
                    f"{found['computing'] * 1e3:.3g} ms" if shards else "",
                    f"{found['talking'] / found['total']:.0%}" if ranks > 1 else "",
                    f"{plain['total'] / found['total']:.2f}×",
                    f"`{int(found['weights']):08x}`",
                ]
            )
        two = paper.seconds(2, here)
        check.append([network.name, f"{two * 1e3:.3g} ms", f"{ways[2, 2]['total'] * 1e3:.3g} ms"])
        for link in links[1:]:
            speeds = {
                n: paper.plain / paper.seconds(n, link) for n in MACHINES if n <= network.batch
            }
            best = max(speeds, key=lambda n: speeds[n])
            future.append(
                [
                    f"{network.name}, {link.name}",
                    *(f"**{x:.2f}**" if n == best else f"{x:.2f}" for n, x in speeds.items()),
                    *[""] * (len(MACHINES) - len(speeds)),
                ]
            )
    return TEMPLATE.format(
        conditions="\n".join(
            f"- {name}: {conditions[name]}" for name in conditions if name not in LEFT_OUT
        ),
        steps=table(
            ["network", "ranks", "epoch", "step", "gradients", "communicating", "speed", "weights"],
            rows,
        ),
        latency=f"{here.latency * 1e6:.0f}",
        bandwidth=f"{here.bandwidth / 1e9:.1f}",
        check=table(["network", "t(2) on paper", "measured"], check),
        future=table(["one core in each machine", *map(str, MACHINES)], future),
    )


MACHINES = (1, 2, 4, 8, 16, 32, 64)
LEFT_OUT = ("BLAS", "OPENBLAS_CORETYPE", "Thread variables")
TEMPLATE = """\
# Training on several ranks

Written by `python -m benchmarks.parallel`: `nn.fit` on noise, softmax cross-entropy, plain
gradient descent, float32, compiled, the examples shuffled; one BLAS thread in each rank, MPICH
over shared memory. A line is the fastest epoch of processes that took turns. *Epoch* is 60,000
examples, from fewer steps. *Communicating* is the share of the time in which rank 0 sends or
waits for others. *Speed* is relative to whole mini-batches in one process. *Weights* is a
checksum of them after the run: with the same shards it is the same for any number of ranks.

{conditions}

{steps}

More ranks than cores wait for each other by spinning, and take the cores from those that compute:
four ranks on two cores show that, and not what four machines would do.

## A model on paper

A step on n ranks takes *t(n) = G/n + R + 3 α ⌈log₂ n⌉ + 2 (n - 1)/n · 4 P/β*. G is the time for
the gradients of all shards and R the rest of a step, mostly the update, which every rank takes
itself: both from the lines of one rank and two shards. P is the number of parameters, of 4 bytes.
α is the time for a word to all of two ranks ({latency} µs here) and β the bytes a second at which
large arrays are joined ({bandwidth} GB/s here, adding up included). For two ranks and two shards
on this machine:

{check}

With α and β of two networks (30 µs and 1.1 GB/s, 3 µs and 11 GB/s, assumed and not measured), how
much faster than whole mini-batches in one process. The most is bold: behind it more ranks do
harm. A shard is taken to cost what its share of the examples does, however small it is, which
flatters the right side, and mini-batches cannot be cut into more shards than they have examples.

{future}
"""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parallel", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    parser.add_argument("--out", type=Path, default=RESULT, help="the file for the tables")
    parser.add_argument("--rank", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.rank:
        work_in_rank(*options.rank)
        return 0
    conditions = environment.describe()
    measured, pinged = measure(options.rounds)
    text = report(conditions, measured, pinged)
    options.out.write_text(text, encoding="utf-8")
    print(text)
    unequal = [
        network.name
        for network, ways in zip(NETWORKS, measured, strict=True)
        if len({(shards, found["weights"]) for (_, shards), found in ways.items()}) > 3
    ]
    for name in unequal:
        print(f"{name}: the weights depend on the number of ranks", file=sys.stderr)
    return 1 if unequal else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
