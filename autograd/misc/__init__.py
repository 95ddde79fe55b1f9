"""HIPS autograd's small tools: `flatten`, `optimizers` and `fixed_points`."""

from autograd.misc.flatten import flatten

__all__ = ["flatten"]
