"""Neural networks on ``autograd``."""

from nn import datasets, init, metrics, scalar
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
from nn.likelihoods import bernoulli_nll, categorical_nll, gaussian_nll, kl_divergence
from nn.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    cross_entropy_cost,
    mae,
    mse,
    quadratic_cost,
    sse,
    weight_decay,
)
from nn.module import Module, build, register, spans
from nn.saturation import activation_statistics

__all__ = [
    # modules
    "BatchNorm", "Dropout", "LayerNorm", "Linear", "MLP", "Module", "Sequential", "build",
    "register", "spans",
    # activations: modules
    "Activation", "ELU", "Function", "Identity", "LeakyReLU", "PReLU", "ReLU", "Sigmoid",
    "Softmax", "Softplus", "Step", "Tanh",
    # activations: functions, and how they fare
    "activation_statistics", "elu", "identity", "leaky_relu", "prelu", "relu", "sigmoid",
    "softmax", "softplus", "step", "tanh",
    # losses
    "bernoulli_nll", "binary_cross_entropy", "binary_cross_entropy_with_logits",
    "categorical_nll", "cross_entropy", "cross_entropy_cost", "gaussian_nll", "kl_divergence",
    "mae", "mse", "quadratic_cost", "sse", "weight_decay",
    # data
    "DataError", "batches", "one_hot", "standardize", "train_test_split",
    # modules of this package
    "datasets", "init", "metrics", "scalar",
]  # fmt: skip
