"""Neural networks on ``autograd``."""

from nn import datasets, init, losses, metrics, plot, scalar, schedules
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
from nn.checkpoint import Checkpoint, CheckpointError
from nn.classifier import Classifier
from nn.clipping import clip_grad_norm, clip_grad_value, grad_norm
from nn.data import DataError, batches, one_hot, standardize, train_test_split
from nn.evaluation import evaluate, predict
from nn.history import History
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
from nn.nonfinite import NonFiniteError
from nn.optim import SGD, Adagrad, Adam, AdamW, RandomSearch, RMSProp
from nn.saturation import activation_statistics
from nn.scaling import Standardize
from nn.serialize import ModelFileError, load, load_state, save
from nn.stopping import EarlyStopping, SmallChange, StoppingRule
from nn.training import fit

__all__ = [
    # modules
    "BatchNorm", "Classifier", "Dropout", "LayerNorm", "Linear", "MLP", "Module", "Sequential",
    "Standardize", "build", "register", "spans",
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
    # training
    "Checkpoint", "CheckpointError", "EarlyStopping", "History", "NonFiniteError", "SmallChange",
    "StoppingRule", "evaluate", "fit", "predict",
    # optimisers; their schedules are in nn.schedules
    "Adagrad", "Adam", "AdamW", "RMSProp", "RandomSearch", "SGD", "clip_grad_norm",
    "clip_grad_value", "grad_norm",
    # data and files
    "DataError", "ModelFileError", "batches", "load", "load_state", "one_hot", "save",
    "standardize", "train_test_split",
    # modules of this package
    "datasets", "init", "losses", "metrics", "plot", "scalar", "schedules",
]  # fmt: skip
