from autograd.nodes import Value, Tensor
from autograd.ops import *
from autograd.backward import gradients
from autograd.graph import no_grad
