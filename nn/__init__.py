"""Neural networks on ``autograd``."""

from nn import datasets, init, metrics
from nn.activations import (
    ELU,
    Activation,
    Function,
    Identity,
    LeakyReLU,
    PReLU,
    ReLU,
    Sigmoid,
    Softmax,
    Softplus,
    Step,
    Tanh,
    elu,
    identity,
    leaky_relu,
    prelu,
    relu,
    sigmoid,
    softmax,
    softplus,
    step,
    tanh,
)
from nn.data import DataError, batches, one_hot, standardize, train_test_split
from nn.layers import MLP, BatchNorm, Dropout, LayerNorm, Linear, Sequential
from nn.module import Module, build, register, spans

__all__ = [
    # modules
    "BatchNorm", "Dropout", "LayerNorm", "Linear", "MLP", "Module", "Sequential", "build",
    "register", "spans",
    # activations: modules
    "Activation", "ELU", "Function", "Identity", "LeakyReLU", "PReLU", "ReLU", "Sigmoid",
    "Softmax", "Softplus", "Step", "Tanh",
    # activations: functions
    "elu", "identity", "leaky_relu", "prelu", "relu", "sigmoid", "softmax", "softplus", "step",
    "tanh",
    # data
    "DataError", "batches", "one_hot", "standardize", "train_test_split",
    # modules of this package
    "datasets", "init", "metrics",
]  # fmt: skip
