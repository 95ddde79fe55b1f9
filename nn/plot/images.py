"""Rows of numbers as images: examples, misclassified examples, and the weights of a layer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import Tensor
from nn.data import Array, DataError, class_numbers
from nn.metrics import predicted_classes
from nn.plot.canvas import several

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = 10


def images(
    rows: ArrayLike,
    *,
    shape: tuple[int, int] | None = None,
    titles: Sequence[str] = (),
    most: int = 30,
    axes: Iterable[Axes] | None = None,
) -> NDArray[Any]:
    """Draw the first ``most`` rows as grey images, dark for large numbers, one in each axes.

    ``rows`` is (n, pixels) or (n, height, width). ``shape`` is (height, width), by default that of
    a square. ``titles`` are drawn above the images. Returns the axes as an array. Raises
    ``DataError`` if the rows have no such shape.
    """
    pictures = _pictures(rows, shape)[:most]
    panels = several(axes, len(pictures), size=(0.85, 1.05 if titles else 0.85), columns=COLUMNS)
    for ax, picture in zip(panels, pictures, strict=True):
        ax.imshow(picture, cmap="gray_r")
        ax.set_axis_off()
    for ax, title in zip(panels, titles, strict=False):
        ax.set_title(title, fontsize=9, pad=2)
    return panels


def mistakes(
    x: ArrayLike,
    target: ArrayLike,
    prediction: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    shape: tuple[int, int] | None = None,
    most: int = 30,
    axes: Iterable[Axes] | None = None,
) -> NDArray[Any]:
    """Draw the misclassified examples like ``images``, with the titles "true → predicted".

    ``target`` is class numbers (n,). ``prediction`` is as in ``nn.metrics``: class numbers (n,) or
    scores (n, classes). Raises ``DataError`` if no example is misclassified.
    """
    true, predicted = class_numbers(target), predicted_classes(prediction)
    if not len(np.asarray(x)) == len(true) == len(predicted):
        raise DataError(
            f"{len(np.asarray(x))} examples, {len(true)} targets and {len(predicted)} predictions"
        )
    wrong = np.flatnonzero(true != predicted)[:most]
    if wrong.size == 0:
        raise DataError("no example is misclassified, so there is none to show")

    def name(number: int) -> str:
        return str(number) if names is None else names[number]

    titles = [f"{name(true[i])} → {name(predicted[i])}" for i in wrong]
    return images(np.asarray(x)[wrong], shape=shape, titles=titles, most=most, axes=axes)


def weights(
    matrix: ArrayLike | Tensor,
    *,
    shape: tuple[int, int] | None = None,
    most: int = 30,
    axes: Iterable[Axes] | None = None,
) -> NDArray[Any]:
    """Draw the first ``most`` rows of a weight matrix (units, inputs), one image for each unit.

    Red is positive, white 0 and blue negative, on one scale, which the colour bar shows. ``shape``
    is as in ``images``. Returns the axes as an array.
    """
    rows = matrix.numpy() if isinstance(matrix, Tensor) else matrix
    pictures = _pictures(rows, shape)[:most]
    panels = several(axes, len(pictures), size=(0.85, 0.85), columns=COLUMNS)
    largest = float(abs(pictures).max()) or 1.0
    for ax, picture in zip(panels, pictures, strict=True):
        image = ax.imshow(picture, cmap="RdBu_r", vmin=-largest, vmax=largest)
        ax.set_axis_off()
    panels[0].figure.colorbar(image, ax=list(panels), label="weight", shrink=0.8, pad=0.01)
    return panels


def _pictures(rows: ArrayLike, shape: tuple[int, int] | None) -> Array:
    array = np.asarray(rows)
    if array.ndim == 2 and shape is None and math.isqrt(array.shape[1]) ** 2 == array.shape[1]:
        shape = (math.isqrt(array.shape[1]),) * 2
    if array.ndim == 2 and shape is not None and math.prod(shape) == array.shape[1]:
        array = array.reshape(-1, *shape)
    if array.ndim != 3 or array.size == 0:
        raise DataError(
            f"an array of shape {array.shape} does not hold images of shape {shape or '(n, n)'}; "
            f"give shape=(height, width)"
        )
    return array
