"""Neural networks on ``autograd``."""

from typing import TYPE_CHECKING

import autograd

# HIPS autograd has the same import name. Installed over the engine it takes its place, and
# uninstalled it takes files of the engine with it and leaves a package without names.
if not hasattr(autograd, "Value"):
    raise ImportError(
        "nn needs the autograd of wengert, which HIPS autograd (the distribution `autograd`) has "
        f"overwritten in {next(iter(autograd.__path__))}: run `pip uninstall -y autograd wengert`, "
        "then install wengert again",
        name="autograd",
    )

from nn import backprop, datasets, init, losses, metrics, plot, scalar
from nn.backprop import deltas
from nn.classifier import Classifier
from nn.data import DataError, batches, one_hot, standardize, train_test_split
from nn.exchange import export_onnx, load_torch_state, save_torch_state
from nn.files import ModelFileError, load, load_state, save
from nn.habits import OF_THE_PACKAGE, missing
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
from nn.modules import activations as activations
from nn.modules.activations import (
    ELU,
    GELU,
    Activation,
    Function,
    Hardtanh,
    Identity,
    LeakyReLU,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Step,
    Tanh,
    elu,
    gelu,
    hardtanh,
    identity,
    leaky_relu,
    log_softmax,
    mish,
    prelu,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    softsign,
    step,
    tanh,
)
from nn.modules.attention import (
    MultiheadAttention,
    TransformerBlock,
    scaled_dot_product_attention,
)
from nn.modules.columns import Columns, Pixels
from nn.modules.convolution import AvgPool1d, AvgPool2d, Conv1d, Conv2d, MaxPool1d, MaxPool2d
from nn.modules.layers import (
    MLP,
    Dropout,
    Embedding,
    Flatten,
    Linear,
    Residual,
    Sequential,
    Unflatten,
)
from nn.modules.module import Module, build, register
from nn.modules.normalization import BatchNorm, BatchNorm2d, GroupNorm, LayerNorm, RMSNorm
from nn.modules.recurrent import GRU, LSTM, RNN
from nn.modules.saturation import activation_statistics
from nn.modules.scaling import Standardize
from nn.optim import (
    LBFGS,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Lion,
    Muon,
    RandomSearch,
    RMSProp,
    clip_grad_norm,
    clip_grad_value,
    grad_norm,
    schedules,
)
from nn.parallel import RankError
from nn.sweeps import sweep
from nn.tables import Table, TableEncoder, read_table
from nn.training import (
    Callback,
    Checkpoint,
    CheckpointError,
    CSVLog,
    EarlyStopping,
    History,
    IdleParameterWarning,
    LayerSpread,
    NonFiniteError,
    SmallChange,
    StoppingRule,
    TensorBoard,
    WeightAverage,
    evaluate,
    fit,
    predict,
)

__all__ = [
    # modules
    "AvgPool1d", "AvgPool2d", "BatchNorm", "BatchNorm2d", "Classifier", "Columns", "Conv1d",
    "Conv2d", "Dropout", "Embedding", "Flatten", "GRU", "GroupNorm", "LSTM", "LayerNorm", "Linear",
    "MLP", "MaxPool1d", "MaxPool2d", "Module", "MultiheadAttention", "Pixels", "RMSNorm", "RNN",
    "Residual",
    "Sequential", "Standardize", "TransformerBlock", "Unflatten", "build", "register",
    # activations: modules
    "Activation", "ELU", "Function", "GELU", "Hardtanh", "Identity", "LeakyReLU", "LogSoftmax",
    "Mish", "PReLU", "ReLU", "SiLU", "Sigmoid", "Softmax", "Softplus", "Softsign", "Step", "Tanh",
    # activations: functions, and statistics of them in a network
    "activation_statistics", "deltas", "elu", "gelu", "hardtanh", "identity", "leaky_relu",
    "log_softmax", "mish", "prelu", "relu", "scaled_dot_product_attention", "sigmoid", "silu",
    "softmax", "softplus", "softsign", "step", "tanh",
    # losses
    "bernoulli_nll", "binary_cross_entropy", "binary_cross_entropy_with_logits",
    "categorical_nll", "cross_entropy", "cross_entropy_cost", "gaussian_nll", "kl_divergence",
    "mae", "mse", "quadratic_cost", "sse", "weight_decay",
    # training
    "CSVLog", "Callback", "Checkpoint", "CheckpointError", "EarlyStopping", "History",
    "IdleParameterWarning", "LayerSpread", "NonFiniteError", "RankError", "SmallChange",
    "StoppingRule", "TensorBoard", "WeightAverage", "evaluate", "fit", "predict", "sweep",
    # optimisers; their schedules are in nn.schedules
    "Adagrad", "Adam", "AdamW", "LBFGS", "Lion", "Muon", "RMSProp", "RandomSearch", "SGD",
    "clip_grad_norm", "clip_grad_value", "grad_norm",
    # data and files
    "DataError", "ModelFileError", "Table", "TableEncoder", "batches", "load", "load_state",
    "one_hot", "read_table", "save", "standardize", "train_test_split",
    # other programs
    "export_onnx", "load_torch_state", "save_torch_state",
    # modules of this package
    "backprop", "datasets", "init", "losses", "metrics", "plot", "scalar", "schedules",
]  # fmt: skip


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Say how a name of another library is called here."""
        raise AttributeError(missing("module 'nn'", name, OF_THE_PACKAGE))
