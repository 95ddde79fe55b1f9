"""``python -m nn evaluate`` and ``predict``."""

from __future__ import annotations

import csv
import io
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np

from nn.classifier import Classifier
from nn.command import report
from nn.command.errors import CommandError
from nn.command.sources import (
    checked_classes,
    first_layer,
    is_file,
    is_table,
    load_examples,
    reading,
)
from nn.data import Array, shortened
from nn.evaluation import predict as outputs_of
from nn.files.arrayfile import write_atomically
from nn.files.serialize import load
from nn.modules.columns import Columns, Pixels
from nn.modules.layers import Linear, Sequential
from nn.modules.module import Module
from nn.modules.scaling import Standardize
from nn.tables import load_features
from nn.tables.images import ENDINGS, all_images


def evaluate(options: Namespace) -> int:
    """Print the metrics of the model on the data."""
    options.model, model = _loaded(options.model)
    classes = _classes(model)
    (x, y), notes = load_examples(options.data, model, classes, options)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    output = _outputs(options.model, model, x)
    if classes is None:
        output, y, classes = _guess(output, y)
    if classes:
        checked_classes(options.data, y, len(classes))
    elif output.shape != y.shape:
        raise CommandError(
            f"{options.model} has {output.shape[1]} outputs for each example, and {options.data} "
            f"has {y.shape[1]} targets"
        )
    print(report.evaluation(output, y, classes))
    return 0


def predict(options: Namespace) -> int:
    """Write a row of csv for each example: the class and its probability, or the values."""
    if not is_file(options.file) and not _is_image(options.file):
        raise CommandError(
            f"{options.file}: only .csv, .tsv, .parquet and .npz files, images and folders of "
            "images can be read"
        )
    options.model, model = _loaded(options.model)
    x = _features(model, options)
    output = _outputs(options.model, model, x)
    rows: list[list[Any]]
    if isinstance(model, Classifier):
        probabilities = model.to_probabilities(output)
        rows = [["prediction", "probability"]]
        rows += [[model.classes[row.argmax()], f"{row.max():.6g}"] for row in probabilities]
    else:
        several = output.shape[1] > 1
        rows = [[f"output_{k}" for k in range(output.shape[1])] if several else ["output"]]
        rows += [[str(number) for number in row] for row in output]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    if options.out:
        write_atomically(options.out, text.getvalue().encode())
    else:
        print(text.getvalue(), end="")  # which does nothing if the output is closed
    return 0


def _loaded(path: str) -> tuple[str, Module]:
    """The path of a model, also in a folder that ``train`` wrote, and the model."""
    if Path(path).is_dir():
        path = str(Path(path, "model.safetensors"))
    return path, load(path)


def _is_image(path: str) -> bool:
    return Path(path).is_dir() or Path(path).suffix.lower() in ENDINGS


def _features(model: Module, options: Namespace) -> Array:
    """The inputs in a file, or the images, in the way of the training data."""
    first, path = first_layer(model), options.file
    if isinstance(first, Columns) and is_table(path):
        return first.encoder.inputs(first.encoder.read(path, **reading(options)))
    if isinstance(first, Pixels) and _is_image(path):
        return first.encoder(all_images(Path(path)), options.memory_limit * 1_000_000)
    if not is_file(path):
        raise CommandError(f"{path} are images, and {options.model} is not a model of images")
    given = {name: value for name, value in reading(options).items() if value is not None}
    return load_features(path, _inputs(model), **given)


def _classes(model: Module) -> tuple[str, ...] | None:
    """The names of the classes, () for a model of values, None if the model does not say."""
    if isinstance(model, Classifier):
        return model.classes
    if isinstance(model, Sequential) and len(model):
        last = model[-1]
        if isinstance(last, Standardize) and last.inverse:
            return ()
    return None


def _guess(output: Array, y: Array) -> tuple[Array, Array, tuple[str, ...]]:
    """Outputs, targets and classes of a model that does not name its classes, by the targets."""
    if y.ndim == 2:
        return output, y, ()
    if output.shape[1] > 1:
        return output, y, tuple(map(str, range(output.shape[1])))
    if np.isin(y, (0, 1)).all():  # the output is a logit, for class 1 of two
        return np.hstack([np.zeros_like(output), output]), y, ("0", "1")
    return output, y.reshape(-1, 1), ()


def _inputs(model: Module) -> int | None:
    """The width of the input, if the model says it."""
    first = first_layer(model)
    if isinstance(first, Columns | Pixels):
        return first.encoder.size if isinstance(first, Pixels) else len(first.encoder.features)
    if isinstance(first, Linear):
        return int(first.weight.shape[1])
    return len(first.mean) if isinstance(first, Standardize) else None


def _outputs(path: str, model: Module, x: Array) -> Array:
    """The outputs of the model, (n, outputs); ``CommandError`` if the examples do not fit it."""
    width = _inputs(model)
    if width is not None and x.shape[1] != width:
        raise CommandError(f"{path} takes examples of {width} numbers, and these have {x.shape[1]}")
    if isinstance(model, Classifier) and model.limits:
        low, high = model.limits
        if x.max() > 2 * high - low or x.min() < 2 * low - high:
            print(
                f"note: these examples range from {x.min():g} to {x.max():g}, and the training "
                f"examples of {path} from {low:g} to {high:g}; perhaps these must be scaled",
                file=sys.stderr,
            )
    parameters = model.parameters(frozen=True)
    x = x.astype(parameters[0].dtype if parameters else x.dtype, copy=False)
    try:
        output = outputs_of(model, x)
    except Exception as error:  # a forged file may describe a model that raises anything
        raise CommandError(
            f"{path} does not fit examples of shape {x.shape[1:]}: {shortened(error)}"
        ) from error
    return output.reshape(len(x), -1)
