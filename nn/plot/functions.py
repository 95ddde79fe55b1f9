"""Curves of activations and their derivatives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import autograd as ag
from nn.data import Array
from nn.modules.activations import ACTIVATIONS, ActivationLike, Softmax, as_module
from nn.modules.module import Module
from nn.plot.canvas import BLUE, VERMILION, several

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def activations(
    which: Iterable[ActivationLike] = tuple(ACTIVATIONS),
    axes: Iterable[Axes] | None = None,
    *,
    limit: float = 4.0,
) -> NDArray[Any]:
    """Draw each activation on (-limit, limit) with its derivative, one in each axes.

    The derivatives are those of ``autograd.elementwise_grad``. ``which`` are names, modules or
    functions, by default all activations of ``nn``; PReLU has its initial slope. Softmax, a
    function of several numbers, is drawn as the first of its three values at (x, 0, 0). Returns the
    axes as an array.
    """
    modules = [as_module(activation) for activation in which]
    panels = several(axes, len(modules), size=(2.5, 2.1), columns=5)
    # An even number of points leaves out 0, where a kink has no derivative and a step jumps.
    x = np.linspace(-limit, limit, 800)
    for ax, module in zip(panels, modules, strict=True):
        function = _of_one_number(module)
        ax.plot(x, _with_gaps(function(x)), color=BLUE, label="$f$")
        slope = ag.elementwise_grad(function)(x)
        ax.plot(x, _with_gaps(slope), "--", color=VERMILION, label="$f'$")
        title = type(module).__name__
        ax.set_title("softmax of (x, 0, 0)" if isinstance(module, Softmax) else title, fontsize=9)
        ax.set_xticks([-limit, 0, limit])
        ax.set_xlabel("$x$", labelpad=0)
        ax.grid(alpha=0.3)
    panels[0].legend(loc="upper left")
    return panels


def _of_one_number(module: Module) -> Callable[[Any], Any]:
    def first_of_three(x: Any) -> Any:
        zero = np.zeros(x.shape)
        return module(ag.stack([x, zero, zero], axis=-1))[..., 0]

    return first_of_three if isinstance(module, Softmax) else module


def _with_gaps(curve: Any) -> Array:
    """The curve with a gap where it jumps, so that no line is drawn there."""
    y = np.array(curve.numpy() if isinstance(curve, ag.Tensor) else curve, dtype=np.float64)
    y[1:][abs(np.diff(y)) > 0.2] = np.nan
    return y
