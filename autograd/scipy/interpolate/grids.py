"""Interpolation of samples on a regular grid, in several dimensions."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np

from autograd import ops
from autograd.engine.graph import Array
from autograd.ops.structural import plain
from autograd.scipy import load
from autograd.scipy.interpolate.piecewise import constant, filled, like, points

_theirs: Any = load("interpolate")


class RegularGridInterpolator:
    """Interpolation between samples on a grid, as `scipy.interpolate.RegularGridInterpolator`.

    points: the positions along each axis; values: the samples, of shape (m1, ..., mn, ...).
    method: "linear", or "nearest"; TypeError for splines.

    It is differentiable to any order with respect to the values and the points of evaluation.
    """

    grid: tuple[Any, ...]
    values: Array
    method: str
    bounds_error: bool
    fill_value: Any

    def __init__(
        self,
        points: Any,
        values: Array,
        method: str = "linear",
        bounds_error: bool = True,
        fill_value: Any = np.nan,
    ) -> None:
        points = [constant("RegularGridInterpolator", axis) for axis in points]
        _theirs.RegularGridInterpolator(points, like(values), method, bounds_error, fill_value)
        values = ops.array(values)
        for axis, places in enumerate(points):
            if places[0] > places[-1]:
                points[axis], values = places[::-1], ops.flip(values, axis)
        self.grid, self.values, self.method = tuple(points), values, method
        self.bounds_error, self.fill_value = bounds_error, fill_value
        self._method(method)

    def _method(self, method: str) -> str:
        if method not in ("linear", "nearest"):
            raise TypeError(
                "RegularGridInterpolator: only method='linear' and 'nearest' are differentiable, "
                f"not {method!r}; CubicSpline along one axis after the other is"
            )
        return method

    def __call__(self, xi: Array, method: str | None = None) -> Array:
        """The values at xi of shape (..., n), or at a tuple of n arrays that broadcast.

        Raises ValueError for xi outside of the grid with bounds_error=True.
        """
        method = self._method(method or self.method)
        if isinstance(xi, tuple):
            shape = np.broadcast_shapes(*(ops.shape_of(x) for x in xi))
            xi = ops.stack([ops.broadcast_to(x, shape) for x in xi], -1)
        xi = points(xi)
        if len(ops.shape_of(xi)) == 1:
            xi = ops.reshape(xi, (-1, len(self.grid)))
        count = ops.shape_of(xi)[-1] if ops.shape_of(xi) else 0
        if count != len(self.grid):
            raise ValueError(
                f"RegularGridInterpolator: the grid has {len(self.grid)} axes, and xi of shape "
                f"{ops.shape_of(xi)} has points with {count}"
            )
        outside: Any = False
        unknown: Any = False
        lower, shares = [], []
        for number, places in enumerate(self.grid):
            x = xi[..., number]
            at = plain(x)
            beyond = ~((at >= places[0]) & (at <= places[-1]))  # NaN, too
            if self.bounds_error and np.any(beyond):
                raise ValueError(f"One of the requested xi is out of bounds in dimension {number}")
            outside, unknown = outside | beyond, unknown | np.isnan(at)
            start = np.searchsorted(places, at, side="right") - 1
            start = np.clip(start, 0, max(len(places) - 2, 0))
            width = np.append(np.diff(places), 1.0)
            lower.append(start)
            shares.append((x - ops.index(places, start)) / ops.index(width, start))
        rest = ops.shape_of(self.values)[len(self.grid) :]
        column = (*ops.shape_of(shares[0]), *(1 for _ in rest))
        if method == "nearest":
            near = [
                np.minimum(s + (plain(share) > 0.5), len(places) - 1)
                for s, share, places in zip(lower, shares, self.grid, strict=True)
            ]
            total: Array = ops.index(self.values, tuple(near))
        else:
            total = 0.0
            for corner in product((0, 1), repeat=len(lower)):
                at = tuple(
                    np.minimum(s + c, len(places) - 1)
                    for s, c, places in zip(lower, corner, self.grid, strict=True)
                )
                weights = [s if c else 1 - s for s, c in zip(shares, corner, strict=True)]
                weight = math.prod(weights[1:], start=weights[0])
                total = total + ops.index(self.values, at) * ops.reshape(weight, column)
        if self.fill_value is not None:
            total = filled(total, outside, self.fill_value)
        return filled(total, unknown, np.nan)
