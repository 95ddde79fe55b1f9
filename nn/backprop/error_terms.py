"""``deltas``: the error terms δ of each layer, as the texts compute them and as the engine does."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograd import Tensor, gradients
from nn import losses
from nn.backprop.batch_form import batch_form
from nn.backprop.costs import cost_of, target_rows
from nn.backprop.jacobian_form import jacobian_form
from nn.backprop.matrix_form import matrix_form
from nn.backprop.network import Gradients, forward, layers_of
from nn.backprop.scalar_form import scalar_form
from nn.data import Array
from nn.modules.layers import Linear
from nn.modules.module import Module
from nn.modules.spans import observed_by
from nn.plot import delta_sizes

FORMS: dict[str, Callable[..., Gradients]] = {
    "scalar": scalar_form,
    "matrix": matrix_form,
    "jacobian": jacobian_form,
    "mini-batch": batch_form,
}


@dataclass(frozen=True, repr=False)
class Deltas:
    """The error terms δ⁽ˡ⁾ = ∂C/∂z⁽ˡ⁾ of each example, layer by layer; it prints as a table.

    layers: the paths of the linear layers, first to last.
    classical, engine: δ as the form of the texts gives it, and the engine's cotangents of the
        pre-activations; each (n, units).
    form: which form of the texts.
    """

    layers: list[str]
    classical: list[Array]
    engine: list[Array]
    form: str

    @property
    def sizes(self) -> Array:
        """The mean size |δ| in each layer: where it falls towards the first, gradients vanish."""
        return np.array([np.abs(delta).mean() for delta in self.engine])

    @property
    def differences(self) -> Array:
        """The largest difference between text and engine in each layer."""
        pairs = zip(self.classical, self.engine, strict=True)
        return np.array([np.abs(text - engine).max(initial=0.0) for text, engine in pairs])

    def _rows(self) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = [
            ("layer", "units", "mean |δ|", "largest |δ|", "text - engine")
        ]
        for path, delta, size, difference in zip(
            self.layers, self.engine, self.sizes, self.differences, strict=True
        ):
            largest = np.abs(delta).max(initial=0.0)
            units = f"{delta.shape[1]:,}"
            rows.append((path, units, f"{size:.4g}", f"{largest:.4g}", f"{difference:.1e}"))
        return rows

    def __repr__(self) -> str:
        rows = self._rows()
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
            for row in rows
        )

    def _repr_html_(self) -> str:
        head, *rows = (
            "".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in self._rows()
        )
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table><tr>{head.replace('td>', 'th>')}</tr>{body}</table>"

    def plot(self) -> Any:
        """The sizes of δ over the layers, as ``nn.plot.delta_sizes`` draws them; gives the axes."""
        return delta_sizes(self)


def deltas(
    model: Module,
    x: ArrayLike,
    y: ArrayLike,
    *,
    loss: Callable[..., Any] = losses.quadratic_cost,
    form: str = "mini-batch",
) -> Deltas:
    """The δ of each layer of ``model`` for examples x, y, as the texts and the engine find them.

    model: ``Linear`` layers, each followed by an activation or none.
    x, y: examples (n, inputs) and their targets, as ``loss`` takes them.
    loss: ``nn.quadratic_cost``, ``sse``, ``mse``, ``cross_entropy``, ``cross_entropy_cost`` or
        ``binary_cross_entropy_with_logits``.
    form: "scalar", "matrix", "jacobian" or "mini-batch"; see ``nn.backprop``.

    δ is that of each example's own cost, so what the engine finds for a mean over n examples is
    multiplied by n. The model is read as in evaluation and stays as it is. Raises ``TypeError`` for
    other modules and ``ValueError`` for other losses, forms and shapes.

    >>> import numpy as np
    >>> from nn import MLP, deltas
    >>> model = MLP([3, 5, 5, 2], activation="sigmoid", rng=0, dtype=np.float64)
    >>> found = deltas(model, np.eye(3), np.zeros((3, 2)))
    >>> bool(found.differences.max() < 1e-12)
    True
    >>> [delta.shape for delta in found.classical]
    [(3, 5), (3, 5), (3, 2)]
    """
    if form not in FORMS:
        raise ValueError(f"form={form!r} is unknown; there are {', '.join(FORMS)}")
    cost = cost_of(loss)
    layers = layers_of(model)
    inputs = np.asarray(x)
    if inputs.ndim != 2:
        raise ValueError(
            f"deltas: x has shape {inputs.shape}; it must hold examples in rows, (n, inputs), and "
            "a single one is x[None, :], its target y[None]"
        )
    engine = _cotangents(model, inputs, y, loss)
    _, outputs = forward(layers, inputs.astype(float))
    errors = cost.error(outputs[-1], target_rows(outputs[-1], y))
    classical = FORMS[form](layers, inputs.astype(float), errors)
    times = len(inputs) if cost.averaged else 1
    return Deltas(
        [layer.path for layer in layers], classical.deltas, [times * g for g in engine], form
    )


def _cotangents(model: Module, x: Array, y: ArrayLike, loss: Callable[..., Any]) -> list[Array]:
    """The engine's derivatives of the loss by the outputs of the linear layers."""
    found: list[Tensor] = []

    def keep(module: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        out = module.forward(*args, **keywords)
        if isinstance(module, Linear):
            found.append(out)
        return out

    modes = {module: module.training for module in model.named_modules().values()}
    try:
        with observed_by(keep):
            value = loss(model.eval()(Tensor(x)), y)
    finally:
        for module, mode in modes.items():
            module.training = mode
    return list(gradients(value, found))
