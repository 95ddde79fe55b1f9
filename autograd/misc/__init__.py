"""HIPS autograd's utilities: `flatten`, `optimizers` and `fixed_points`."""

from autograd.misc.flatten import flatten

__all__ = ["flatten"]
