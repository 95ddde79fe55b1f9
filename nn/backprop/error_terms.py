"""``deltas``: the error terms δ of each layer, from a textbook's formulas and from the engine."""

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
from nn.modules.module import Module, mode, observe_calls
from nn.plot import delta_sizes

FORMS: dict[str, Callable[..., Gradients]] = {
    "scalar": scalar_form,
    "matrix": matrix_form,
    "jacobian": jacobian_form,
    "mini-batch": batch_form,
}


@dataclass(frozen=True, repr=False)
class Deltas:
    """The error terms δ⁽ˡ⁾ = ∂C/∂z⁽ˡ⁾ of each example, layer by layer; prints as a table.

    layers: the paths of the linear layers, from first to last.
    classical, engine: δ from the textbook's formulas, and the engine's cotangents of the
        pre-activations z; each (n, units).
    form: the form of backpropagation.
    """

    layers: list[str]
    classical: list[Array]
    engine: list[Array]
    form: str

    @property
    def sizes(self) -> Array:
        """The mean of |δ| in each layer. If it falls towards the first layer, gradients vanish."""
        return np.array([np.abs(delta).mean() for delta in self.engine])

    @property
    def differences(self) -> Array:
        """The largest difference between the formulas and the engine in each layer."""
        pairs = zip(self.classical, self.engine, strict=True)
        return np.array(
            [np.abs(classical - engine).max(initial=0.0) for classical, engine in pairs]
        )

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
        """Draw the sizes of δ over the layers with ``nn.plot.delta_sizes``; return the axes."""
        return delta_sizes(self)


def deltas(
    model: Module,
    x: ArrayLike,
    y: ArrayLike,
    *,
    loss: Callable[..., Any] = losses.quadratic_cost,
    form: str = "mini-batch",
) -> Deltas:
    """The δ⁽ˡ⁾ = ∂C/∂z⁽ˡ⁾ of each layer, from a textbook's formulas and from the engine.

    model: ``Linear`` layers, each followed by at most one activation.
    x, y: examples (n, inputs) and targets as for ``loss``.
    loss: ``nn.quadratic_cost``, ``sse``, ``mse``, ``cross_entropy``, ``cross_entropy_cost`` or
        ``binary_cross_entropy_with_logits``.
    form: "scalar", "matrix", "jacobian" or "mini-batch"; see ``nn.backprop``.

    C is the cost of a single example, so for a loss that is a mean over n examples the engine's
    cotangents are multiplied by n. The model runs in evaluation mode and is not changed. Raises
    ``TypeError`` for other modules and ``ValueError`` for other losses, forms and shapes.
    (Nielsen 2015, ch. 2.)

    >>> import numpy as np
    >>> from nn import MLP, deltas
    >>> model = MLP([3, 5, 5, 2], activation="sigmoid", rng=0, dtype=np.float64)
    >>> errors = deltas(model, np.eye(3), np.zeros((3, 2)))
    >>> bool(errors.differences.max() < 1e-12)
    True
    >>> [delta.shape for delta in errors.classical]
    [(3, 5), (3, 5), (3, 2)]
    """
    if form not in FORMS:
        raise ValueError(f"form={form!r} is unknown; there are {', '.join(FORMS)}")
    cost = cost_of(loss)
    layers = layers_of(model)
    inputs = np.asarray(x)
    if inputs.ndim != 2:
        raise ValueError(
            f"deltas: x has shape {inputs.shape}; it must be (n, inputs), with an example in each "
            "row (for a single example: x[None, :] and y[None])"
        )
    engine = _cotangents(model, inputs, y, loss)
    _, outputs = forward(layers, inputs.astype(float))
    errors = cost.error(outputs[-1], target_rows(outputs[-1], y))
    classical = FORMS[form](layers, inputs.astype(float), errors)
    n = len(inputs) if cost.averaged else 1
    return Deltas([layer.path for layer in layers], classical.deltas, [n * g for g in engine], form)


def _cotangents(model: Module, x: Array, y: ArrayLike, loss: Callable[..., Any]) -> list[Array]:
    """The engine's derivatives of the loss with respect to the outputs of the linear layers."""
    outputs: list[Tensor] = []

    def keep(module: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        out = module.forward(*args, **keywords)
        if isinstance(module, Linear):
            outputs.append(out)
        return out

    with mode(model, training=False), observe_calls(keep):
        value = loss(model(Tensor(x)), y)
    return list(gradients(value, outputs))
