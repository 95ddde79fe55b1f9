"""The five programs as they are written here, drawn by `draw`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import nn
import nn.scalar
from autograd import Node, Value, draw, tanh

MODELS: list[Any] = []
"""Drawings name the modules that still exist."""


def expression() -> Node:
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    c = tanh(a * b + a**2)
    c.label = "c"
    c.backward()
    return c


def neurons(sizes: list[int]) -> Callable[[], Node]:
    def made() -> Node:
        model = nn.scalar.MLP(sizes[0], sizes[1:], rng=0)
        MODELS.append(model)
        outputs = model(list(np.random.default_rng(0).random(sizes[0])))
        total = outputs if isinstance(outputs, Node) else sum(outputs, Value(0.0))
        total.backward()
        return total

    return made


def network() -> Node:
    model = nn.MLP([784, 30, 10], activation="sigmoid", rng=0)
    MODELS.append(model)
    images = np.random.default_rng(0).random((10, 784), np.float32)
    loss = nn.cross_entropy(model(images), np.arange(10))
    loss.backward()
    return loss


class Attention(nn.Module):
    def __init__(self, width: int, heads: int, rng: np.random.Generator) -> None:
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, rng=rng)
        self.out = nn.Linear(width, width, rng=rng)

    def forward(self, x: Any) -> Any:
        length, width = x.shape
        shape = length, self.heads, width // self.heads
        q, k, v = (z.reshape(shape).transpose(1, 0, 2) for z in np.split(self.qkv(x), 3, axis=-1))
        scores = q @ k.transpose(0, 2, 1) / shape[-1] ** 0.5
        masked = np.where(np.tril(np.ones((length, length), bool)), scores, -1e9)
        mixed = nn.softmax(masked, axis=-1) @ v
        return self.out(mixed.transpose(1, 0, 2).reshape(length, width))


class Block(nn.Module):
    def __init__(self, width: int, heads: int, rng: np.random.Generator) -> None:
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads, rng)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.MLP([width, 4 * width, width], activation="relu", rng=rng)

    def forward(self, x: Any) -> Any:
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Transformer(nn.Module):
    def __init__(self, tokens: int, width: int, heads: int, blocks: int) -> None:
        rng = np.random.default_rng(0)
        self.embedding = nn.Linear(tokens, width, rng=rng)
        self.blocks = [Block(width, heads, rng) for _ in range(blocks)]
        self.head = nn.Linear(width, tokens, rng=rng)

    def forward(self, x: Any) -> Any:
        x = self.embedding(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def transformer() -> Node:
    model = Transformer(tokens=27, width=16, heads=4, blocks=3)
    MODELS.append(model)
    tokens = np.eye(27, dtype=np.float32)[:8]
    loss = nn.cross_entropy(model(tokens), np.arange(1, 9))
    loss.backward()
    return loss


PROGRAMS: dict[str, Callable[[], Node]] = {
    "expression": expression,
    "neurons": neurons([3, 4, 4, 1]),
    "network": network,
    "transformer": transformer,
    "scalars": neurons([784, 42, 10]),
}


def picture(program: str) -> Callable[[Path], Path]:
    return drawn(program, "svg")


def page(program: str) -> Callable[[Path], Path]:
    return drawn(program, "html")


def drawn(program: str, suffix: str) -> Callable[[Path], Path]:
    loss = PROGRAMS[program]()

    def save(path: Path) -> Path:
        draw(loss).save(path.with_suffix(f".{suffix}"))
        return path.with_suffix(f".{suffix}")

    return save
