"""Optimisers, learning-rate schedules and gradient clipping."""

from nn.optim import schedules
from nn.optim.base import Optimizer
from nn.optim.clipping import clip_grad_norm, clip_grad_value, grad_norm
from nn.optim.gradient import GradientOptimizer
from nn.optim.lbfgs import LBFGS
from nn.optim.lion import Lion
from nn.optim.muon import Muon
from nn.optim.named import optimizer
from nn.optim.rules import SGD, Adagrad, Adam, AdamW, RMSProp
from nn.optim.search import RandomSearch

__all__ = [
    "Adagrad",
    "Adam",
    "AdamW",
    "GradientOptimizer",
    "LBFGS",
    "Lion",
    "Muon",
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
