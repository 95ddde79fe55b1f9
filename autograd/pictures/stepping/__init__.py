"""`step`: backpropagation through an expression, walked node by node."""

from autograd.pictures.stepping.stepper import Stepper, step

__all__ = ["Stepper", "step"]
