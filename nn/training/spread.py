"""``LayerSpread``: how widely the activations and gradients of each layer are spread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograd import Tensor, gradients
from nn.data import Array
from nn.evaluation import plain_array
from nn.modules.module import Module, mode, observe_calls
from nn.training.run import Callback, Run


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
        self.examples: tuple[Array, Array] | None = None
        if inputs is not None:
            self.examples = np.asarray(inputs), np.asarray(targets)
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
        inputs, targets = self.examples or (run.data[0][:256], run.data[1][:256])
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
