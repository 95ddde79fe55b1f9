"""HIPS autograd's utilities: `flatten`, `optimizers`, `fixed_points` and `tracers`."""

from autograd.misc.flatten import flatten
from autograd.misc.tracers import const_graph

__all__ = ["const_graph", "flatten"]
