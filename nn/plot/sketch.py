"""A small picture of the loss over the epochs, as SVG, for the card of a ``History``.

It loads nothing and takes no time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]

WIDTH, HEIGHT, MARGIN = 320, 120, 18
MOST_POINTS = 300

# Told apart by colour, and by dashes without it.
_TRAINING = 'stroke="#0072B2"'
_VALIDATION = 'stroke="#D55E00" stroke-dasharray="5 3"'


def loss_sketch(training: tuple[Column, Column], validation: tuple[Column, Column]) -> str:
    """The losses as lines over the epochs: (epochs, losses) of training and of validation.

    What is not finite is left out; "" where fewer than two points are left to draw.
    """
    kept = [_finite(*curve) for curve in (training, validation)]
    if len(kept[0][0]) < 2:
        return ""
    epochs, losses = (np.concatenate(columns) for columns in zip(*kept, strict=True))
    lines = "".join(
        f'<polyline points="{_points(*curve, epochs, losses)}" {look}/>'
        for curve, look in zip(kept, (_TRAINING, _VALIDATION), strict=True)
        if len(curve[0])
    )
    names = "training (line), validation (dashes)" if len(kept[1][0]) else "training"
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
    places = np.flatnonzero(np.isfinite(losses))
    places = places[:: -(-len(places) // MOST_POINTS) or 1]
    return epochs[places], losses[places]


def _points(x: Column, y: Column, all_x: Column, all_y: Column) -> str:
    across = _share(x, all_x) * WIDTH
    down = HEIGHT - MARGIN - _share(y, all_y) * (HEIGHT - 2 * MARGIN)
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, down, strict=True))


def _share(values: Column, everything: Column) -> Column:
    """Where values lie between the least and the largest of all: from 0 to 1."""
    low, high = everything.min(), everything.max()
    share: Column = (values - low) / (high - low) if high > low else np.full_like(values, 0.5)
    return share
