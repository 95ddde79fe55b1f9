"""Optimisers, learning-rate schedules and gradient clipping."""

from nn.optim import schedules
from nn.optim.base import Optimizer
from nn.optim.clipping import clip_grad_norm, clip_grad_value, grad_norm
from nn.optim.gradient import GradientOptimizer
from nn.optim.rules import SGD, Adagrad, Adam, AdamW, RMSProp, optimizer
from nn.optim.search import RandomSearch

__all__ = [
    "Adagrad",
    "Adam",
    "AdamW",
    "GradientOptimizer",
    "Optimizer",
    "RMSProp",
    "RandomSearch",
    "SGD",
    "clip_grad_norm",
    "clip_grad_value",
    "grad_norm",
    "optimizer",
    "schedules",
]
