"""Steps of a convolutional network and of a transformer, beside PyTorch.

`python -m benchmarks.networks` trains both from the same weights on one thread each, `nn.fit` and
PyTorch taking turns in processes of their own, and writes `results/networks.md`. Losses are
compared before anything is timed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import nn
from benchmarks import environment

RESULT = Path(__file__).parent / "results" / "networks.md"
SYSTEMS = ("nn.fit", "nn.fit, machine code", "nn.fit, not compiled", "PyTorch")
WARM_UP = 3
ABOUT = """\
# Steps of two networks

Written by `python -m benchmarks.networks`: training steps with Adam in float32, from the same
weights, in processes that take turns, with one thread each. *Machine code* is `WENGERT_NATIVE=1`.
*To PyTorch* is the median of the ratios within a round, with their quartiles. *Memory* is what a
process grew by at most, after the libraries were imported and the data made. The last column is the
largest difference to PyTorch's losses in the first steps: 20 for the convolutions, 100 for the
transformer.
"""
RATE = 1e-3


@dataclass(frozen=True)
class Work:
    """A network, and mini-batches for it."""

    name: str
    title: str
    batch: int
    compared: int
    """How many losses are compared with PyTorch's."""
    tolerance: float
    """By how much a loss may differ."""


WORKS = (
    Work("conv", "convolutions for 28 × 28 images, batch 100", 100, 20, 1e-4),
    Work("transformer", "a transformer of characters, batch 32 × 64", 32, 100, 1e-5),
)
CHANNELS = (1, 16, 32, 64)


# --------------------------------------------------------------------------------------------------
# The networks


def convolutions(layers: Any) -> Any:
    """The network of `python -m nn train --network conv`, of the layers of `nn` or of PyTorch."""
    settings = {"rng": 0} if layers is nn else {}
    parts = [layers.Unflatten(1, (1, 28, 28))]
    for before, after in pairwise(CHANNELS):
        parts += [layers.Conv2d(before, after, 3, padding=1, **settings), layers.ReLU()]
        parts += [layers.MaxPool2d(2)]
    parts += [layers.Flatten(), layers.Linear(576, 64, **settings), layers.ReLU()]
    return layers.Sequential(*parts, layers.Linear(64, 10, **settings))


@dataclass(frozen=True)
class Size:
    """Of a transformer; the default has about 200,000 parameters."""

    features: int = 64
    heads: int = 4
    blocks: int = 4
    length: int = 64


class Characters(nn.Module):
    """A language model: logits for the next character at each place."""

    def __init__(self, characters: int, size: Size) -> None:
        rng = np.random.default_rng(0)
        self.tokens = nn.Embedding(characters, size.features, rng=rng)
        self.places = nn.Embedding(size.length, size.features, rng=rng)
        self.blocks = [
            nn.TransformerBlock(
                size.features, size.heads, activation=nn.GELU("tanh"), causal=True, rng=rng
            )
            for _ in range(size.blocks)
        ]
        self.norm = nn.LayerNorm(size.features)
        self.head = nn.Linear(size.features, characters, rng=rng)

    def forward(self, x: Any) -> Any:
        z = self.tokens(x) + self.places(np.arange(x.shape[1]))
        for block in self.blocks:
            z = block(z)
        return self.head(self.norm(z))


def characters_of_torch(torch: Any, characters: int, size: Size) -> Any:
    """The same in PyTorch, of its `TransformerEncoderLayer`."""

    def gelu(x: Any) -> Any:
        return torch.nn.functional.gelu(x, approximate="tanh")

    class Model(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            n = size.features
            self.tokens = torch.nn.Embedding(characters, n)
            self.places = torch.nn.Embedding(size.length, n)
            blocks = [
                torch.nn.TransformerEncoderLayer(
                    n, size.heads, 4 * n, 0.0, gelu, batch_first=True, norm_first=True
                )
                for _ in range(size.blocks)
            ]
            self.blocks = torch.nn.ModuleList(blocks)
            self.norm = torch.nn.LayerNorm(n)
            self.head = torch.nn.Linear(n, characters)

        def forward(self, x: Any) -> Any:
            mask = torch.nn.Transformer.generate_square_subsequent_mask(x.shape[1])
            z = self.tokens(x) + self.places(torch.arange(x.shape[1]))
            for block in self.blocks:
                z = block(z, src_mask=mask, is_causal=True)
            return self.head(self.norm(z))

    return Model()


def passages(size: Size, count: int) -> tuple[Any, Any, int]:
    """Passages of the sonnets as numbers of characters, those that come next, and how many there
    are.
    """
    text = nn.datasets.sonnets()
    alphabet = sorted(set(text))
    numbers = np.array([alphabet.index(character) for character in text])
    starts = np.random.default_rng(0).integers(0, len(text) - size.length, count)
    places = starts[:, None] + np.arange(size.length + 1)
    return numbers[places[:, :-1]], numbers[places[:, 1:]], len(alphabet)


def cross_entropy(logits: Any, targets: Any) -> Any:
    """The mean over all places of all passages."""
    return nn.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))


def examples(work: Work, steps: int) -> tuple[Any, Any]:
    """Inputs and targets for so many mini-batches."""
    if work.name == "transformer":
        x, y, _ = passages(Size(), work.batch * steps)
        return x, y
    rng = np.random.default_rng(0)
    x = rng.random((work.batch * steps, 784), dtype=np.float32)
    return x, rng.integers(0, 10, work.batch * steps)


def model_of(work: Work) -> nn.Module:
    """Our network, with the weights that both begin with."""
    if work.name == "conv":
        network: nn.Module = convolutions(nn)
        return network
    return Characters(passages(Size(), 1)[2], Size())


# --------------------------------------------------------------------------------------------------
# In a process for one system


def steps_of_torch(work: Work, x: Any, y: Any) -> Iterator[float]:
    """The loss of each step of PyTorch."""
    import torch

    torch.set_num_threads(1)
    ours = model_of(work)
    model = (
        convolutions(torch.nn)
        if work.name == "conv"
        else characters_of_torch(torch, ours.state_dict()["tokens.weight"].shape[0], Size())
    )
    state = {name: torch.from_numpy(array) for name, array in ours.state_dict().items()}
    model.load_state_dict(state)
    yield from train_torch(torch, model, x, y, work.batch)


def train_torch(torch: Any, model: Any, x: Any, y: Any, batch: int) -> Iterator[float]:
    """The losses of one pass after another, in order, with Adam."""
    optimizer = torch.optim.Adam(model.parameters(), RATE)
    inputs, targets = torch.from_numpy(x), torch.from_numpy(y)
    while True:
        for start in range(0, len(x), batch):
            rows = slice(start, start + batch)
            optimizer.zero_grad()
            logits = model(inputs[rows])
            loss = torch.nn.functional.cross_entropy(
                logits.reshape(-1, logits.shape[-1]), targets[rows].reshape(-1)
            )
            loss.backward()
            optimizer.step()
            yield loss.item()


def child(work: Work, system: str) -> None:
    """Take as many steps as each line of the input says, and answer with what they took."""
    if system == "PyTorch":
        import torch as torch
    x, y = examples(work, work.compared)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pace = _pace(before)
    next(pace)
    if system == "PyTorch":
        for loss in steps_of_torch(work, x, y):
            pace.send(loss)
        return

    def mark(run: Any) -> None:
        pace.send(run.history.steps.last("loss"))

    model = model_of(work)
    nn.fit(
        model,
        (x, y),
        loss=cross_entropy,
        optimizer=nn.Adam(model, lr=RATE),
        epochs=10**6,
        batch_size=work.batch,
        callbacks=[mark],
        rng=None,
        progress=False,
        compile=system != "nn.fit, not compiled",
    )


def _pace(before: int) -> Iterator[Any]:
    """Is sent a loss after each step, and waits where so many have been taken as were asked for."""
    while line := sys.stdin.readline():
        began, losses = time.perf_counter(), []
        for _ in range(int(line)):
            losses.append((yield))
        answer = {
            "losses": losses,
            "seconds": time.perf_counter() - began,
            "kilobytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before,
        }
        print(json.dumps(answer), flush=True)
    sys.exit(0)


# --------------------------------------------------------------------------------------------------
# The process that compares them


class Child:
    """A process in which one system trains one network."""

    def __init__(self, work: Work, system: str) -> None:
        variables = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        variables["WENGERT_NATIVE"] = "1" if system == "nn.fit, machine code" else "0"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.networks", "--child", work.name, system],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | variables,
        )

    def ask(self, steps: int) -> Any:
        """Take so many steps."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        """Let it end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.terminate()


def measure(work: Work, rounds: int, steps: int) -> list[list[str]]:
    """A row of the table for each system."""
    children = {system: Child(work, system) for system in SYSTEMS}
    try:
        losses = {name: own.ask(work.compared)["losses"] for name, own in children.items()}
        expected = np.array(losses["PyTorch"])
        for name, own in losses.items():
            off = abs(np.array(own) - expected).max()
            if not off <= work.tolerance:
                raise SystemExit(f"{work.title}: the losses of {name} are off by {off:.1g}")
        off = abs(np.array(losses["nn.fit"]) - expected).max()
        print(f"{work.title}: {work.compared} losses differ by {off:.1g} at most", flush=True)
        for own in children.values():
            own.ask(WARM_UP)
        seconds: dict[str, list[float]] = {system: [] for system in SYSTEMS}
        memory = {}
        for _ in range(rounds):
            for name, own in children.items():
                answer = own.ask(steps)
                seconds[name].append(answer["seconds"] / steps)
                memory[name] = answer["kilobytes"] / 1024
    finally:
        for own in children.values():
            own.end()
    rows = []
    for name in SYSTEMS:
        ratios = [a / b for a, b in zip(seconds[name], seconds["PyTorch"], strict=True)]
        low, _, high = statistics.quantiles(ratios, n=4)
        rows.append(
            [
                work.title if name == SYSTEMS[0] else "",
                name,
                f"{1000 * statistics.median(seconds[name]):.1f} ms",
                f"{statistics.median(ratios):.2f}× ({low:.2f} to {high:.2f})",
                f"{memory[name]:.0f} MB",
                f"{abs(np.array(losses[name]) - expected).max():.0e}",
            ]
        )
    return rows


def page(rows: list[list[str]]) -> str:
    """The results as Markdown."""
    head = ["network", "system", "step", "to PyTorch", "memory", "losses differ by"]
    about = [f"- {name}: {value}" for name, value in environment.describe().items()]
    lines = [head, [":---", ":---", "---:", "---:", "---:", "---:"], *rows]
    return "\n".join(
        [
            *ABOUT.splitlines(),
            "",
            *about,
            "",
            *[f"| {' | '.join(line)} |" for line in lines],
            "",
        ]
    )


def main() -> None:
    """Measure all, or be a child of the process that does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--child", nargs=2, metavar=("WORK", "SYSTEM"))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=3, help="in each turn")
    options = parser.parse_args()
    works = {work.name: work for work in WORKS}
    if options.child:
        child(works[options.child[0]], options.child[1])
        return
    rows = [row for work in WORKS for row in measure(work, options.rounds, options.steps)]
    text = page(rows)
    RESULT.write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
