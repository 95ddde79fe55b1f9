"""Callbacks that follow a run: averaged weights, a CSV file, TensorBoard, and layers' spread."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import ArrayLike

from autograd import Tensor, gradients
from nn.data import Array
from nn.evaluation import plain_array
from nn.extras import require
from nn.files.arrayfile import PathLike
from nn.history import Table
from nn.modules.module import Module, mode, observe_calls
from nn.training.run import Callback, Run


class WeightAverage(Callback):
    """The exponential moving average of the weights, ``a ← β a + (1 - β) θ`` after each step.

    decay: β. With ``warmup`` step t counts with min(β, t / (t + 9)), so that the first weights are
        soon forgotten.
    restore: whether the model ends with the averaged weights. If not, ``average.applied(model)`` is
        a block in which it has them.

    Buffers, such as the means of ``BatchNorm``, are those of the model. The average is saved in a
    checkpoint, which keeps the weights themselves, so that a run can be continued. Raises
    ``ValueError`` for a β outside [0, 1). (Polyak and Juditsky 1992; PyTorch's ``AveragedModel``.)
    """

    def __init__(self, decay: float = 0.999, *, warmup: bool = True, restore: bool = True) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"WeightAverage(decay={decay}): it must be from 0 to below 1")
        self.decay = decay
        self.warmup = warmup
        self.restore = restore
        self.weights: dict[str, Array] = {}
        self._steps = 0

    def __repr__(self) -> str:
        return f"WeightAverage({self.decay}, warmup={self.warmup}, restore={self.restore})"

    def begin(self, run: Run) -> None:
        self.weights = _weights_of(run.model)
        self._steps = 0

    def __call__(self, run: Run) -> None:
        self._steps += 1
        decay = min(self.decay, self._steps / (self._steps + 9)) if self.warmup else self.decay
        for path, weights in _weights_of(run.model).items():
            average = self.weights[path]
            self.weights[path] = average + (1 - decay) * (weights - average)

    def end(self, run: Run) -> None:
        if self.restore:
            run.model.load_state_dict(self.weights, strict=False)

    @contextmanager
    def applied(self, model: Module) -> Iterator[None]:
        """Give the model the averaged weights inside the block."""
        before = _weights_of(model)
        model.load_state_dict(self.weights, strict=False)
        try:
            yield
        finally:
            model.load_state_dict(before, strict=False)

    def state_dict(self) -> dict[str, Any]:
        """Return the average, as arrays, and the number of steps."""
        return {"weights": dict(self.weights), "steps": self._steps}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a ``state_dict``."""
        if {p: a.shape for p, a in state["weights"].items()} != {
            p: a.shape for p, a in self.weights.items()
        }:
            raise ValueError("the averaged weights are those of another model")
        self.weights = {path: np.array(array) for path, array in state["weights"].items()}
        self._steps = int(state["steps"])


def _weights_of(model: Module) -> dict[str, Array]:
    """A copy of each trained parameter of float64 or float32, in its type."""
    return {path: np.array(p.numpy()) for path, p in model.named_parameters().items()}


class CSVLog(Callback):
    """Write a row for each epoch to a csv file while training runs; the last row is complete.

    The columns are ``epoch``, ``step``, the means over the epoch of ``loss`` and metrics, the
    learning rate ``lr``, and ``validation_loss`` and so on of the last validation. A run resumed
    from a ``Checkpoint`` keeps the rows of the epochs before, and replaces the file otherwise.
    ``History.to_csv`` writes all steps, after training.
    """

    def __init__(self, path: PathLike) -> None:
        self.path: Path = Path(path)
        self._file: IO[str] | None = None
        self._run: Run | None = None

    def begin(self, run: Run) -> None:
        self._run = run
        if run.team.rank == 0 and not self.path.parent.is_dir():
            raise ValueError(f"CSVLog: there is no folder {self.path.parent}")

    def __call__(self, run: Run) -> None:
        if not run.epoch_ended or run.team.rank > 0:
            return
        names = ["epoch", "step", *(name for name, _ in _scalars(run))]
        if self._file is None:
            kept = self._rows_before(names, run.epoch)
            self._file = self.path.open("w", newline="", encoding="utf-8")
            csv.writer(self._file).writerows([names, *kept])
        row = [run.epoch, run.step, *(value for _, value in _scalars(run))]
        csv.writer(self._file).writerow(row)
        self._file.flush()

    def _rows_before(self, names: list[str], epoch: int) -> list[list[str]]:
        """The rows of a run that is resumed; none if the file is of another run."""
        if epoch == 1 or not self.path.exists():
            return []
        try:
            with self.path.open(newline="", encoding="utf-8") as file:
                header, *rows = list(csv.reader(file)) or [[]]
        except (UnicodeDecodeError, csv.Error):
            return []
        earlier = {str(number) for number in range(1, epoch)}
        whole = (row for row in rows if header == names and len(row) == len(names))
        return [row for row in whole if row[0] in earlier]

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class TensorBoard(Callback):
    """Write loss, metrics and learning rate for TensorBoard, by tensorboardX (extra ``log``).

    folder: where the event files go; ``tensorboard --logdir FOLDER`` shows them.
    every: write the loss of every so many steps; the means of each epoch are always written.
    histograms: write histograms of the parameters after each epoch.

    A resumed run replaces what an interrupted one had written after its checkpoint. Raises
    ``ImportError`` without tensorboardX.
    """

    def __init__(
        self, folder: str | os.PathLike[str], *, every: int = 10, histograms: bool = False
    ) -> None:
        if every < 1:
            raise ValueError(f"TensorBoard(every={every}): it must be at least 1 step")
        self.folder = folder
        self.every = every
        self.histograms = histograms
        self._writer: Any = None
        self._kind: Any = require("tensorboardX", extra="log").SummaryWriter

    def __call__(self, run: Run) -> None:
        if run.team.rank > 0:
            return
        if self._writer is None:
            resumed = run.step if run.step > 1 else None
            self._writer = self._kind(str(self.folder), purge_step=resumed)
        if run.step % self.every == 0:
            for name in ("loss", "lr", "gradient_norm", *run.history.metrics):
                self._writer.add_scalar(f"step/{name}", run.history.steps.last(name), run.step)
        if run.epoch_ended:
            for name, value in _scalars(run):
                self._writer.add_scalar(f"epoch/{name}", value, run.step)
            if self.histograms:
                for path, parameter in run.model.named_parameters().items():
                    self._writer.add_histogram(path, np.asarray(parameter.numpy()), run.step)
            self._writer.flush()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


class LayerSpread(Callback):
    """Callback of ``fit`` that records the spread of each layer's outputs, and of their gradients.

    every: the number of steps between two records; the first is before the second step.
    inputs, targets: the examples to measure with; by default the first 256 of the training data.

    Layers are the modules without modules inside, by their paths in ``layers``, in the order in
    which they are called. ``steps`` are those after which was recorded; ``activations`` and
    ``gradients`` are standard deviations (records, layers): of the outputs, and of the derivatives
    of the loss by the outputs. The model runs in evaluation mode for it and is not changed.
    ``nn.plot.layer_spread`` draws them.

    >>> import nn
    >>> import numpy as np
    >>> x, y = np.eye(4, dtype=np.float32), np.array([0, 1, 0, 1])
    >>> spread = nn.LayerSpread(every=2)
    >>> model = nn.MLP([4, 3, 2], rng=0)
    >>> _ = nn.fit(model, (x, y), loss="cross_entropy", epochs=4, callbacks=[spread])
    >>> spread.steps, spread.layers, spread.activations.shape
    ([1, 3], ['0', '1', '2'], (2, 3))
    """

    def __init__(
        self,
        every: int = 10,
        inputs: ArrayLike | None = None,
        targets: ArrayLike | None = None,
    ) -> None:
        if every < 1:
            raise ValueError(f"every={every} is not a number of steps")
        if (inputs is None) != (targets is None):
            raise ValueError("inputs and targets are given together, or neither")
        self.every = every
        self.examples: tuple[Array, Array] | None = (
            None if inputs is None else (np.asarray(inputs), np.asarray(targets))
        )
        self.steps: list[int] = []
        self.layers: list[str] = []
        self._stds: list[tuple[list[float], list[float]]] = []

    @property
    def activations(self) -> Array:
        """Standard deviations of the outputs: one row for each record."""
        return np.array([outputs for outputs, _ in self._stds])

    @property
    def gradients(self) -> Array:
        """Standard deviations of ∂loss/∂output: one row for each record."""
        return np.array([slopes for _, slopes in self._stds])

    def state_dict(self) -> dict[str, Any]:
        """Return what was recorded, as arrays."""
        steps = np.array(self.steps, dtype=np.int64)
        return {"steps": steps, "activations": self.activations, "gradients": self.gradients}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a ``state_dict``."""
        self.steps = [int(step) for step in state["steps"]]
        both = state["activations"].tolist(), state["gradients"].tolist()
        self._stds = list(zip(*both, strict=True))

    def __call__(self, run: Run) -> None:
        if (run.step - 1) % self.every:
            return
        inputs, targets = self.examples or run.some_examples(256)
        outputs: dict[Module, Tensor] = {}

        def keep(module: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
            result = module.forward(*args, **keywords)
            if len(module.named_modules()) == 1 and isinstance(result, Tensor):
                outputs[module] = result
            return result

        with mode(run.model, training=False), observe_calls(keep):
            loss = run.loss(run.model(inputs), targets)
        slopes = gradients(loss, list(outputs.values()))
        paths = {module: path for path, module in run.model.named_modules().items()}
        self.layers = [paths[module] for module in outputs]
        self.steps.append(run.step)
        spreads = [float(np.std(output.numpy())) for output in outputs.values()]
        self._stds.append((spreads, [float(np.std(plain_array(slope))) for slope in slopes]))


def _scalars(run: Run) -> list[tuple[str, float]]:
    """The means of the epoch, the learning rate, and the last validation, by name."""
    history = run.history
    names = ("loss", *history.metrics)
    scalars = [(name, history.epoch_mean(name)) for name in names]
    scalars.append(("lr", history.steps.last("lr")))
    if run.validation is not None:
        validations: Table = history.validations
        done = validations.rows > 0
        scalars += [(f"validation_{n}", validations.last(n) if done else np.nan) for n in names]
    return scalars
