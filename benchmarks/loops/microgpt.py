"""A GPT of 4,192 parameters written in single numbers, and the same in NumPy by hand.

The architecture is that of Karpathy's microgpt: 27 tokens, 16 numbers for each, one layer of 4
heads, RMS norms, ReLU. The code is written here.
"""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import exp, log, maximum, relu

TOKENS, WIDTH, HEADS, LONGEST = 27, 16, 4, 16
SHAPES = {
    "tokens": (TOKENS, WIDTH),
    "positions": (LONGEST, WIDTH),
    "queries": (WIDTH, WIDTH),
    "keys": (WIDTH, WIDTH),
    "values": (WIDTH, WIDTH),
    "joined": (WIDTH, WIDTH),
    "wide": (4 * WIDTH, WIDTH),
    "narrow": (WIDTH, 4 * WIDTH),
    "head": (TOKENS, WIDTH),
}


def parameters(seed: int = 0) -> dict[str, list[list[float]]]:
    """Matrices as lists of rows."""
    rng = random.Random(seed)
    return {
        name: [[rng.gauss(0.0, 0.2) for _ in range(columns)] for _ in range(rows)]
        for name, (rows, columns) in SHAPES.items()
    }


def document(length: int, seed: int) -> list[int]:
    """Tokens at random, one more than there are positions."""
    rng = random.Random(seed)
    return [rng.randrange(TOKENS) for _ in range(length + 1)]


# --------------------------------------------------------------------------------------------------
# One number at a time


def times(matrix: Any, x: Any) -> list[Any]:
    return [sum([w * y for w, y in zip(row, x, strict=True)]) for row in matrix]


def plus(x: Any, y: Any) -> list[Any]:
    return [a + b for a, b in zip(x, y, strict=True)]


def normalized(x: Any) -> list[Any]:
    scale = (sum([y * y for y in x]) / len(x) + 1e-5) ** -0.5
    return [y * scale for y in x]


def softmax(x: Any) -> list[Any]:
    top = x[0]
    for y in x[1:]:
        top = maximum(top, y)
    odds = [exp(y - top) for y in x]
    total = sum(odds)
    return [y / total for y in odds]


def loss(p: Any, tokens: Sequence[int]) -> Any:
    """The mean of the negative logarithms of the probabilities of the next tokens."""
    keys: list[Any] = []
    values: list[Any] = []
    total, size = 0.0, WIDTH // HEADS
    for position in range(len(tokens) - 1):
        x = normalized(plus(p["tokens"][tokens[position]], p["positions"][position]))
        before, x = x, normalized(x)
        queries = times(p["queries"], x)
        keys.append(times(p["keys"], x))
        values.append(times(p["values"], x))
        seen: list[Any] = []
        for head in range(0, WIDTH, size):
            row = range(head, head + size)
            weights = softmax([sum([queries[j] * k[j] for j in row]) / size**0.5 for k in keys])
            pairs = list(zip(weights, values, strict=True))
            seen += [sum([weight * v[j] for weight, v in pairs]) for j in row]
        x = plus(times(p["joined"], seen), before)
        hidden = [relu(y) for y in times(p["wide"], normalized(x))]
        x = plus(times(p["narrow"], hidden), x)
        probabilities = softmax(times(p["head"], x))
        total = total - log(probabilities[tokens[position + 1]])
    return total / (len(tokens) - 1)


def loss_of_arrays(xp: Any, p: Any, tokens: Sequence[int]) -> Any:
    """The same of matrices, for all positions at once, by a library with NumPy's names."""
    n, size = len(tokens) - 1, WIDTH // HEADS
    here, later = np.array(tokens[:-1]), np.array(tokens[1:])

    def norm(x: Any) -> Any:
        return x * (xp.mean(x * x, axis=1, keepdims=True) + 1e-5) ** -0.5

    def softmax(x: Any) -> Any:
        odds = xp.exp(x - xp.max(x, axis=-1, keepdims=True))
        return odds / xp.sum(odds, axis=-1, keepdims=True)

    first = norm(p["tokens"][here] + p["positions"][:n])
    x = norm(first)
    queries, keys, values = [
        xp.transpose(xp.reshape(x @ p[name].T, (n, HEADS, size)), (1, 0, 2))
        for name in ("queries", "keys", "values")
    ]
    scores = queries @ xp.transpose(keys, (0, 2, 1)) / size**0.5
    weights = softmax(xp.where(np.triu(np.ones((n, n), bool), 1), -np.inf, scores))
    seen = xp.reshape(xp.transpose(weights @ values, (1, 0, 2)), (n, WIDTH))
    middle = seen @ p["joined"].T + first
    last = xp.maximum(norm(middle) @ p["wide"].T, 0.0) @ p["narrow"].T + middle
    return -xp.mean(xp.log(softmax(last @ p["head"].T)[np.arange(n), later]))


# --------------------------------------------------------------------------------------------------
# NumPy by hand


def arrays(p: Any) -> dict[str, Any]:
    return {name: np.array(rows) for name, rows in p.items()}


def by_hand(p: dict[str, Any], tokens: Sequence[int]) -> tuple[float, dict[str, Any]]:
    """The loss and its gradients, for all positions at once."""
    n, size = len(tokens) - 1, WIDTH // HEADS
    here, later = np.array(tokens[:-1]), np.array(tokens[1:])
    start = p["tokens"][here] + p["positions"][:n]
    first, first_scale = _norm(start)
    x, scale = _norm(first)
    queries, keys, values = (
        (x @ p[name].T).reshape(n, HEADS, size).transpose(1, 0, 2)
        for name in ("queries", "keys", "values")
    )
    scores = queries @ keys.transpose(0, 2, 1) / size**0.5
    scores[:, np.triu(np.ones((n, n), bool), 1)] = -np.inf
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    seen = (weights @ values).transpose(1, 0, 2).reshape(n, WIDTH)
    middle = seen @ p["joined"].T + first
    y, middle_scale = _norm(middle)
    wide = y @ p["wide"].T
    hidden = np.maximum(wide, 0.0)
    last = hidden @ p["narrow"].T + middle
    logits = last @ p["head"].T
    odds = np.exp(logits - logits.max(1, keepdims=True))
    probabilities = odds / odds.sum(1, keepdims=True)
    chosen = probabilities[np.arange(n), later]
    value = -np.log(chosen).mean()

    g = probabilities / n
    g[np.arange(n), later] -= 1 / n
    gradients = {"head": g.T @ last}
    g_last = g @ p["head"]
    gradients["narrow"] = g_last.T @ hidden
    g_wide = (g_last @ p["narrow"]) * (wide > 0)
    gradients["wide"] = g_wide.T @ y
    g_middle = g_last + _norm_pulled(g_wide @ p["wide"], middle, middle_scale)
    gradients["joined"] = g_middle.T @ seen
    g_seen = (g_middle @ p["joined"]).reshape(n, HEADS, size).transpose(1, 0, 2)
    g_weights = g_seen @ values.transpose(0, 2, 1)
    g_scores = weights * (g_weights - (g_weights * weights).sum(-1, keepdims=True)) / size**0.5
    g_x = 0.0
    for name, part in (
        ("queries", g_scores @ keys),
        ("keys", g_scores.transpose(0, 2, 1) @ queries),
        ("values", weights.transpose(0, 2, 1) @ g_seen),
    ):
        rows = part.transpose(1, 0, 2).reshape(n, WIDTH)
        gradients[name] = rows.T @ x
        g_x = g_x + rows @ p[name]
    g_start = _norm_pulled(g_middle + _norm_pulled(g_x, first, scale), start, first_scale)
    gradients["positions"] = np.zeros(SHAPES["positions"])
    gradients["positions"][:n] = g_start
    gradients["tokens"] = np.zeros(SHAPES["tokens"])
    np.add.at(gradients["tokens"], here, g_start)
    return float(value), {name: gradients[name] for name in p}


def _norm(x: Any) -> tuple[Any, Any]:
    scale = ((x * x).mean(1, keepdims=True) + 1e-5) ** -0.5
    return x * scale, scale


def _norm_pulled(g: Any, x: Any, scale: Any) -> Any:
    return g * scale - x * scale**3 * (g * x).mean(1, keepdims=True)
