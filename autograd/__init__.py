"""Reverse-mode automatic differentiation of NumPy programs, to any order."""

from autograd.ops import *
from autograd.backward import gradients
from autograd.check import GradientError, check_grads
from autograd.recompute import checkpoint
from autograd.custom import custom_op
from autograd.graph import GraphChangedError, no_grad
from autograd.nodes import Tensor, Value
from autograd.transforms import *
