"""`step`: backpropagation through an expression, walked node by node."""

from autograd.stepping.stepper import Stepper, step

__all__ = ["Stepper", "step"]
