"""The tables that ``train`` and ``evaluate`` print."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence

import numpy as np

from nn.command.network import Task, TrainingResult
from nn.command.sources import Source
from nn.data import Array, Examples
from nn.metrics import accuracy, classification_report, confusion_matrix

MOST_CLASSES = 20
IMBALANCED = 4
"""How many times as many examples as another a class has where that is noted."""


def heading(source: Source, sets: Mapping[str, Examples], task: Task, options: Namespace) -> str:
    """Describe the data, the network and the settings of the training."""
    counts = ", ".join(f"{len(examples.x):,} {name}" for name, examples in sets.items())
    outputs = task.sizes[-1]
    goal = f"{outputs} {'classes' if source.classes else 'values' if outputs > 1 else 'value'}"
    settings = [options.activation] if options.hidden else []
    settings += [f"dropout {options.dropout:g}"] if options.dropout else []
    settings += [options.loss, options.optimizer]
    settings += [f"lr {options.lr:g}"] if options.lr else []
    settings += [f"momentum {options.momentum:g}"] if options.momentum else []
    settings += [options.schedule] if options.schedule != "constant" else []
    settings += [f"weight decay {options.weight_decay:g}"] if options.weight_decay else []
    shards = f" in {options.shards} shards" if options.shards else ""
    size = f"mini-batches of {options.batch_size}" if options.batch_size else "all examples at once"
    settings += [f"{size}{shards}", f"seed {options.seed}"]
    notes = [f"  {note}" for note in (*source.notes, *imbalance(source, sets, options))]
    return "\n".join(
        [
            f"{source.name}: {counts} examples of {task.sizes[0]} numbers, {goal}",
            *notes,
            f"{'convolutions and ' if options.network == 'conv' else ''}network "
            f"{'-'.join(map(str, task.sizes))}: {', '.join(settings)}",
        ]
    )


def imbalance(source: Source, sets: Mapping[str, Examples], options: Namespace) -> list[str]:
    """A note if one class has several times as many training examples as another."""
    if not source.classes:
        return []
    counts = np.bincount(sets["training"].y, minlength=len(source.classes))
    few, many = int(counts.argmin()), int(counts.argmax())
    if counts[many] < IMBALANCED * max(counts[few], 1):
        return []
    share = counts / counts.sum()
    cure = "" if options.class_weight else "; --class-weight balanced lets each class count as much"
    return [
        f"imbalanced classes: {share[many]:.1%} of the training examples are "
        f"{source.classes[many]}, and {share[few]:.1%} {source.classes[few]}, so accuracy says "
        f"little: see the balanced accuracy, the mean of the recalls of the classes{cure}"
    ]


def training(result: TrainingResult, seconds: float) -> str:
    """The metrics of each set, why training ended, and the confusion matrix of the last set."""
    classes, last = result.source.classes, result.last
    rows = [["", "examples", *_metric_names(classes)]]
    rows += [
        [name, f"{len(examples.x):,}", *_metrics(result.outputs[name], examples.y, classes)]
        for name, examples in result.sets.items()
    ]
    epochs = int(result.history.steps.last("epoch"))
    parts = [
        table(rows),
        f"parameters  {result.task.model.num_parameters():,}\n"
        f"epochs      {epochs} ({result.history.stopped})\n"
        f"time        {seconds:.1f} s",
    ]
    if classes:
        if len(classes) <= MOST_CLASSES:
            parts.append(recalls(result.outputs[last], result.sets[last].y, classes, last))
        parts.append(confusions(result.outputs[last], result.sets[last].y, classes, last))
    return "\n" + "\n\n".join(parts)


def evaluation(output: Array, y: Array, classes: Sequence[str]) -> str:
    """The metrics of one set, and for classes a table by class and the confusion matrix."""
    rows = [["examples", *_metric_names(classes)], [f"{len(y):,}", *_metrics(output, y, classes)]]
    if not classes:
        return table(rows)
    by_class = classification_report(output, y, names=classes, classes=len(classes))
    return "\n\n".join([table(rows), by_class, confusions(output, y, classes, "")])


def confusions(output: Array, y: Array, classes: Sequence[str], name: str) -> str:
    """The confusion matrix as text; for many classes the most frequent confusions."""
    counts = confusion_matrix(output, y, classes=len(classes))
    title = f"confusion, {name} examples" if name else "confusion"
    if len(classes) <= MOST_CLASSES:
        rows = [["", *classes]]
        rows += [
            [label, *(str(count or ".") for count in row)]
            for label, row in zip(classes, counts.tolist(), strict=True)
        ]
        return f"{title} (true class down, predicted across)\n{table(rows)}"
    np.fill_diagonal(counts, 0)
    worst = np.argsort(counts, axis=None)[::-1][:10]
    pairs = [np.unravel_index(index, counts.shape) for index in worst]
    rows = [["true", "predicted", "examples"]]
    rows += [[classes[j], classes[k], str(counts[j, k])] for j, k in pairs if counts[j, k]]
    return f"{title}, the most frequent\n{table(rows)}"


def recalls(output: Array, y: Array, classes: Sequence[str], name: str) -> str:
    """The fraction of the examples of each class that are recognised."""
    counts = np.bincount(y, minlength=len(classes))
    found = _recalls(output, y, classes)
    rows = [["class", "examples", "recall"]]
    rows += [
        [label, f"{count:,}", "-" if share != share else f"{share:.2%}"]
        for label, count, share in zip(classes, counts.tolist(), found.tolist(), strict=True)
    ]
    return f"recall, {name} examples\n{table(rows)}"


def _recalls(output: Array, y: Array, classes: Sequence[str]) -> Array:
    """The recall of each class, NaN for one without examples."""
    counts = confusion_matrix(output, y, classes=len(classes))
    total = counts.sum(axis=1)
    return np.where(total > 0, np.diagonal(counts) / np.maximum(total, 1), np.nan)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Align columns to the right, except for the first."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        first, *others = (
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join([first, *others]).rstrip())
    return "\n".join(lines)


def _metric_names(classes: Sequence[str]) -> list[str]:
    return ["accuracy", "balanced", "errors"] if classes else ["rms error", "mean |error|", "R²"]


def _metrics(output: Array, y: Array, classes: Sequence[str]) -> list[str]:
    if classes:
        share = accuracy(output, y)
        recalls = _recalls(output, y, classes)
        balanced = np.mean(recalls[~np.isnan(recalls)])
        return [
            f"{100 * share:.2f} %",
            f"{100 * balanced:.2f} %",
            f"{round(len(y) * (1 - share)):,}",
        ]
    error = output.astype(np.float64) - y
    spread = np.sum((y - y.mean(axis=0, dtype=np.float64)) ** 2)
    return [
        f"{np.sqrt(np.mean(error**2)):.4g}",
        f"{np.mean(abs(error)):.4g}",
        f"{1 - np.sum(error**2) / spread:.4f}" if spread else "-",
    ]
