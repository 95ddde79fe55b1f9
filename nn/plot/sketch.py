"""A small picture of the loss over the epochs, as SVG without matplotlib, for ``History``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]

WIDTH, HEIGHT, MARGIN = 320, 120, 18
MOST_POINTS = 300

# Different in colour, and in dashes for those who do not see it.
_TRAINING = 'stroke="#0072B2"'
_VALIDATION = 'stroke="#D55E00" stroke-dasharray="5 3"'


def loss_sketch(training: tuple[Column, Column], validation: tuple[Column, Column]) -> str:
    """Return lines of the losses over the epochs, from (epochs, losses) of training and validation.

    Losses that are not finite are left out. Returns "" for fewer than two points.
    """
    curves = [_finite(*curve) for curve in (training, validation)]
    if len(curves[0][0]) < 2:
        return ""
    epochs, losses = (np.concatenate(columns) for columns in zip(*curves, strict=True))
    lines = "".join(
        f'<polyline points="{_points(*curve, epochs, losses)}" {style}/>'
        for curve, style in zip(curves, (_TRAINING, _VALIDATION), strict=True)
        if len(curve[0])
    )
    names = "training (line), validation (dashes)" if len(curves[1][0]) else "training"
    low, high = f"{losses.min():.4g}", f"{losses.max():.4g}"
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="loss, {names}: from {low} to {high}" font-size="11" font-family="sans-serif">'
        f'<g fill="none" stroke-width="1.8" stroke-linejoin="round">{lines}</g>'
        f'<g fill="currentColor"><text x="0" y="10">{high}</text>'
        f'<text x="0" y="{HEIGHT - 4}">{low}</text>'
        f'<text x="{WIDTH}" y="10" text-anchor="end">loss: {names}</text>'
        f'<text x="{WIDTH}" y="{HEIGHT - 4}" text-anchor="end">epoch {epochs.max():.0f}</text></g>'
        "</svg>"
    )


def _finite(epochs: Column, losses: Column) -> tuple[Column, Column]:
    index = np.flatnonzero(np.isfinite(losses))
    index = index[:: -(-len(index) // MOST_POINTS) or 1]
    return epochs[index], losses[index]


def _points(x: Column, y: Column, all_x: Column, all_y: Column) -> str:
    across = _scaled(x, all_x) * WIDTH
    down = HEIGHT - MARGIN - _scaled(y, all_y) * (HEIGHT - 2 * MARGIN)
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, down, strict=True))


def _scaled(values: Column, all_values: Column) -> Column:
    """The values on a scale from 0, the smallest of all, to 1, the largest."""
    low, high = all_values.min(), all_values.max()
    return (values - low) / (high - low) if high > low else np.full_like(values, 0.5)
