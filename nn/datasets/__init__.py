"""Data sets: handwritten digits, a text, seeded point sets in the plane, and curves."""

from nn.datasets.handwriting import digits, mnist, mnist_cache
from nn.datasets.synthetic import (
    CURVES,
    circles,
    curve,
    gaussian_classes,
    gaussian_classes_posterior,
    moons,
    spirals,
    xor,
)
from nn.datasets.text import sonnets

__all__ = [
    "CURVES",
    "circles",
    "curve",
    "digits",
    "gaussian_classes",
    "gaussian_classes_posterior",
    "mnist",
    "mnist_cache",
    "moons",
    "sonnets",
    "spirals",
    "xor",
]
