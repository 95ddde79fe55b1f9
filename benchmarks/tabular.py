"""Five tabular sets with default settings: this project, scikit-learn's MLP, and Keras.

``python -m benchmarks.tabular`` measures this project and scikit-learn. Keras runs in an
environment of its own with ``keras``, ``jax`` and ``scikit-learn``: ``python -m benchmarks.tabular
keras``. Each adds its rows to ``results/tabular.json``, and writes ``results/tabular.md``.

Inputs are standardised, and the targets of regressions. A quarter of the examples is the test set.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

RESULTS = Path(__file__).parent / "results" / "tabular.json"
PAGE = RESULTS.with_suffix(".md")
SEEDS = range(3)
SETS: dict[str, Callable[..., Any]] = {
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "breast cancer": datasets.load_breast_cancer,
    "digits": datasets.load_digits,
    "diabetes": datasets.load_diabetes,
}
NAMES = {"ours": "`nn.sklearn`", "sklearn": "scikit-learn", "keras": "Keras"}

Data = tuple[Any, Any, Any, Any]


def split(name: str, seed: int) -> Data:
    """Standardised inputs and targets: for training, and for the test."""
    x, y = SETS[name](return_X_y=True)
    is_class = name != "diabetes"
    parts = train_test_split(
        x, y, test_size=0.25, random_state=seed, stratify=y if is_class else None
    )
    train_x, test_x, train_y, test_y = parts
    scale = StandardScaler().fit(train_x)
    train_x, test_x = (scale.transform(part).astype(np.float32) for part in (train_x, test_x))
    if not is_class:
        middle, spread = train_y.mean(), train_y.std()
        train_y, test_y = (
            ((part - middle) / spread).astype(np.float32) for part in (train_y, test_y)
        )
    return train_x, test_x, train_y, test_y


def of_estimators(kind: str) -> Callable[[str, int, Data], float]:
    """How this project's or scikit-learn's estimators do, with default settings."""

    def run(name: str, seed: int, data: Data) -> float:
        if kind == "ours":
            from nn.sklearn import NetworkClassifier as Classifier
            from nn.sklearn import NetworkRegressor as Regressor
        else:
            from sklearn.neural_network import MLPClassifier as Classifier
            from sklearn.neural_network import MLPRegressor as Regressor
        train_x, test_x, train_y, test_y = data
        model = (Regressor if name == "diabetes" else Classifier)(random_state=seed)
        return float(model.fit(train_x, train_y).score(test_x, test_y))

    return run


def of_keras(name: str, seed: int, data: Data) -> float:
    """How Keras does: the same layers and epochs, and else its defaults."""
    import keras

    keras.utils.set_random_seed(seed)
    train_x, test_x, train_y, test_y = data
    is_class = name != "diabetes"
    layers = [
        keras.layers.Input(train_x.shape[1:]),
        keras.layers.Dense(100, activation="relu"),
        keras.layers.Dense(len(np.unique(train_y)) if is_class else 1),
    ]
    model = keras.Sequential(layers)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True) if is_class else "mse"
    model.compile("adam", loss)
    model.fit(train_x, train_y, epochs=200, verbose=0)
    output = model.predict(test_x, verbose=0)
    if is_class:
        return float(np.mean(output.argmax(axis=1) == test_y))
    return float(1 - np.mean((output[:, 0] - test_y) ** 2) / np.var(test_y))


def measure(kinds: list[str]) -> None:
    """Measure each kind in turn, and write rows and page."""
    rows = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in SETS:
        for kind in kinds:
            run = of_keras if kind == "keras" else of_estimators(kind)
            scores, seconds = [], []
            for seed in SEEDS:
                data = split(name, seed)
                start = time.perf_counter()
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # scikit-learn: not converged after 200 epochs
                    scores.append(run(name, seed, data))
                seconds.append(time.perf_counter() - start)
            rows[f"{name}/{kind}"] = {"scores": scores, "seconds": seconds}
            print(f"{name:15} {kind:8} {mean(scores):.4f} {min(seconds):6.2f} s", flush=True)
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")
    PAGE.write_text(page(rows))


def page(rows: dict[str, Any]) -> str:
    """The results as a table."""
    present = [kind for kind in NAMES if any(key.endswith(f"/{kind}") for key in rows)]
    lines = [
        "# Five tabular sets with default settings",
        "",
        "Written by `python -m benchmarks.tabular`. All three have a hidden layer of 100 ReLU",
        "units, and Adam with a learning rate of 0.001. `nn.sklearn` and scikit-learn take",
        "mini-batches of 200, and at most 200 epochs until the loss stands still; Keras, on JAX,",
        "mini-batches of 32, and 200 epochs. The score is the accuracy on a quarter of the",
        "examples, and R² for diabetes: the mean over three splits, with the lowest and the",
        "highest. The time is that of the fastest of the three runs, with all compiling, on one",
        "thread of a machine with other work.",
        "",
        "| set | " + " | ".join(f"{NAMES[kind]} | s" for kind in present) + " |",
        "|---|" + "---|---|" * len(present),
    ]
    for name in SETS:
        cells = []
        for kind in present:
            row = rows.get(f"{name}/{kind}")
            if row is None:
                cells += ["-", "-"]
                continue
            low, high = min(row["scores"]), max(row["scores"])
            cells += [f"{mean(row['scores']):.3f} ({low:.3f} to {high:.3f})"]
            cells += [f"{min(row['seconds']):.2f}"]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "jax")
    measure(sys.argv[1:] or ["ours", "sklearn"])
