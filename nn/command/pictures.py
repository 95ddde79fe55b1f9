"""The files of a training run: the model, its history, and pictures of both."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import autograd
from nn import plot
from nn.command.network import Task, TrainingResult
from nn.data import Examples
from nn.extras import require
from nn.files.serialize import save
from nn.metrics import confusion_matrix

DOTS_PER_INCH = 120
EXAMPLES_IN_GRAPH = 2


def write(folder: Path, result: TrainingResult) -> None:
    """Write all files to a folder; print a message if the graph cannot be drawn."""
    source, sets, task, history, outputs = result
    save(task.model, folder / "model.safetensors")
    history.to_csv(folder / "history.csv")
    axes = _axes(len(history.metrics) + 1, size=(5, 3.6))
    plot.learning_curves(history, axes)
    _save(axes[0], folder / "curves.png")
    examples = sets[result.last]
    if source.classes:
        classes = len(source.classes)
        side = 0.42 * min(max(classes, 6), 20)
        (ax,) = _axes(1, size=(side + 2.2, side + 1))
        counts = confusion_matrix(outputs[result.last], examples.y, classes=classes)
        plot.confusion_matrix(counts, names=source.classes, ax=ax)
        ax.set_title(f"{source.name}, {result.last} examples")
        _save(ax, folder / "confusion.png")
        if examples.x.shape[1] == 2:
            (ax,) = _axes(1, size=(5, 4))
            plot.decision_boundary(task.model, *examples, names=source.classes, ax=ax)
            _save(ax, folder / "boundary.png")
    _draw_graph(task, sets["training"], folder / "graph.svg")


def _axes(number: int, *, size: tuple[float, float]) -> list[Any]:
    """Axes in a new figure that pyplot does not show."""
    figure = require("matplotlib.figure", extra="train").Figure(
        figsize=(size[0] * number, size[1]), layout="constrained"
    )
    return list(figure.subplots(1, number, squeeze=False).flat)


def _save(ax: Any, path: Path) -> None:
    ax.figure.savefig(path, dpi=DOTS_PER_INCH)


def _draw_graph(task: Task, examples: Examples, path: Path) -> None:
    """Draw the graph of the loss of a few examples, with its gradients."""
    x, y = examples.x[:EXAMPLES_IN_GRAPH], task.targets(examples.y)[:EXAMPLES_IN_GRAPH]
    task.network.zero_grad()
    loss = task.loss(task.network(x), y)
    loss.backward()
    try:
        autograd.draw(loss, rankdir="TB").save(path)
    except (ImportError, RuntimeError) as error:  # Graphviz is missing
        print(f"graph.svg is not drawn: {error}", file=sys.stderr)
    finally:
        task.network.zero_grad()
