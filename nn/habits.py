"""How what PyTorch and Keras write is written here, for the messages of missing names."""

from __future__ import annotations

import inspect
from typing import Any

_NO_DEVICE = "networks compute on the CPU with NumPy, so there is nothing to move: leave it out"
_LIST = "parameters() is a list, and named_modules() a dict of the modules by path"
_ATTRIBUTE = "an attribute is enough: self.{}, {}"

OF_MODULES = {
    **dict.fromkeys(("to", "cuda", "cpu", "device"), _NO_DEVICE),
    **dict.fromkeys(
        ("double", "float", "half"), "make the network with dtype=np.float64 or np.float32"
    ),
    **dict.fromkeys(("modules", "children", "named_children", "apply"), _LIST),
    **dict.fromkeys(("requires_grad_", "trainable"), "module.freeze() and module.unfreeze()"),
    **dict.fromkeys(("count_params", "numel"), "model.num_parameters()"),
    "compile": "nn.fit(model, (x, y), loss=..., optimizer=...) takes these, and compiles",
    "fit": "nn.fit(model, (x, y), loss=..., optimizer=...)",
    "predict": "nn.predict(model, x)",
    "evaluate": "nn.evaluate(model, (x, y), loss=..., metrics=...)",
    "save": "nn.save(model, path), and nn.load(path)",
    "save_weights": "nn.save(model, path), and nn.load(path)",
    "load_weights": "model.load_state_dict(nn.load_state(path))",
    "get_weights": "model.state_dict()",
    "set_weights": "model.load_state_dict(state)",
    "add_module": _ATTRIBUTE.format("layer = nn.Linear(2, 3)", "or nn.Sequential of the layers"),
    "add": "nn.Sequential(layer, layer, ...) takes all layers",
    "register_parameter": _ATTRIBUTE.format("w = Tensor(...)", "is found by itself"),
    "register_buffer": _ATTRIBUTE.format("mean = np.zeros(3)", "is saved, and is not trained"),
    **dict.fromkeys(
        ("coefs_", "intercepts_", "trainable_variables", "trainable_weights"), "model.parameters()"
    ),
    **dict.fromkeys(("append", "extend", "insert"), "nn.Sequential(*model.layers, layer)"),
    **dict.fromkeys(("in_features", "out_features"), "layer.weight.shape is (n_out, n_in)"),
    **dict.fromkeys(("kernel", "w"), "layer.weight, of shape (n_out, n_in)"),
    **dict.fromkeys(
        ("score", "predict_proba"), "nn.evaluate(model, (x, y), ...), nn.predict(model, x)"
    ),
    "dtype": "model.parameters()[0].dtype",
    "share_memory": "fit(..., comm=MPI.COMM_WORLD) trains with several processes",
    "get_submodule": "model.named_modules()[path]",
    "init": "a module has its parameters from the start; rng=0 seeds them",
    "register_forward_hook": "nn.activation_statistics(model, x), or call the layers one by one",
}

OF_OPTIMIZERS = {
    "param_groups": "the groups are optimizer.groups, and optimizer.lr = 0.01 changes the rate",
    "minimize": "optimizer.zero_grad(); loss.backward(); optimizer.step()",
    "apply_gradients": "optimizer.zero_grad(); loss.backward(); optimizer.step()",
    **dict.fromkeys(("learning_rate", "get_lr"), "optimizer.lr"),
    **dict.fromkeys(("init", "update"), "the optimizer keeps its state, and step() updates"),
    "add_param_group": 'make it with groups: nn.SGD([{"params": layer, "lr": 0.01}, ...], lr=0.1)',
    "state": "optimizer.state_dict()",
}

OF_THE_PACKAGE = {
    **dict.fromkeys(("no_grad", "grad", "Tensor", "Value"), "from autograd import it"),
    **dict.fromkeys(("Parameter", "parameter"), "a Tensor that is an attribute is a parameter"),
    **dict.fromkeys(("functional", "F"), "functions and modules are both here: nn.relu, nn.ReLU"),
    **dict.fromkeys(("ModuleList", "ModuleDict"), "a list or dict of modules is an attribute"),
    **dict.fromkeys(("DataLoader", "Dataset"), "nn.batches(x, y, size=32, rng=0)"),
    **dict.fromkeys(("TensorDataset", "random_split"), "nn.train_test_split(x, y, test=0.2)"),
    **dict.fromkeys(("manual_seed", "random"), "rng=0 of layers, fit and batches is a seed"),
    **dict.fromkeys(("Model", "Trainer"), "nn.Module and nn.Sequential, which nn.fit trains"),
    **dict.fromkeys(("layers", "Input"), "layers are here, and say their sizes: nn.Linear(2, 3)"),
    **dict.fromkeys(("lr_scheduler", "StepLR", "MultiStepLR"), "nn.schedules.Step as fit(lr=...)"),
    **dict.fromkeys(("CosineAnnealingLR", "CosineDecay"), "nn.schedules.Cosine as fit(lr=...)"),
    **dict.fromkeys(
        ("TransformerEncoderLayer", "TransformerEncoder"), "nn.TransformerBlock(d_model, nhead)"
    ),
    **dict.fromkeys(
        ("RNNCell", "LSTMCell", "GRUCell"), "nn.RNN, nn.LSTM and nn.GRU take a sequence of one step"
    ),
    **dict.fromkeys(
        ("AdaptiveAvgPool2d", "GlobalAveragePooling2D"), "the mean over an image is x.mean((2, 3))"
    ),
    **dict.fromkeys(("Conv2D", "Conv3d", "ConvTranspose2d"), "nn.Conv1d, nn.Conv2d, autograd.conv"),
    **dict.fromkeys(("MaxPooling2D", "MaxPool3d"), "nn.MaxPool2d(size), or autograd.max_pool"),
    **dict.fromkeys(("Dropout1d", "Dropout2d"), "nn.Dropout(p), which drops single numbers"),
    **dict.fromkeys(("InstanceNorm1d", "InstanceNorm2d"), "nn.GroupNorm(channels, channels)"),
    **dict.fromkeys(("SmoothL1Loss", "HuberLoss"), "any function of outputs and targets is a loss"),
    **dict.fromkeys(("mse_loss", "l1_loss"), "nn.mse(prediction, target), nn.mae"),
    "ReduceLROnPlateau": "nn.schedules.ReduceOnPlateau as fit(lr=...)",
    "OneCycleLR": "nn.schedules.OneCycle as fit(lr=...)",
    "ModelCheckpoint": "nn.Checkpoint(path)",
    "utils": "nn.clip_grad_norm, or clip_norm=1.0 of an optimizer",
    "summary": "model.summary()",
    "predict_proba": "nn.softmax(nn.predict(model, x))",
    "KLDivLoss": "the function nn.kl_divergence",
    **dict.fromkeys(("BatchNorm1d", "BatchNormalization"), "nn.BatchNorm(features)"),
    **dict.fromkeys(("compile", "jit"), "nn.fit compiles by itself; autograd.jit(f) for others"),
    "CrossEntropyLoss": "the function nn.cross_entropy(logits, target)",
    "NLLLoss": "the function nn.cross_entropy(logits, target), of logits",
    "MSELoss": "the function nn.mse(prediction, target)",
    "L1Loss": "the function nn.mae(prediction, target)",
    "BCELoss": "the function nn.binary_cross_entropy(probability, target)",
    "BCEWithLogitsLoss": "the function nn.binary_cross_entropy_with_logits(logits, target)",
    "Dense": "nn.Linear(n_in, n_out), and the activation as the next layer",
    "Optimizer": "nn.optim.Optimizer",
    "load_state_dict": "model.load_state_dict(nn.load_state(path))",
}

OF_INITIALISERS = dict.fromkeys(
    (
        *("xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "normal_"),
        *("uniform_", "zeros_", "ones_", "constant_", "orthogonal_", "trunc_normal_"),
    ),
    'nn.Linear(2, 3, init="xavier"), or layer.weight.data = array',
)

OF_ARGUMENTS = {
    **dict.fromkeys(("in_features", "out_features", "units"), "nn.Linear(n_in, n_out)"),
    **dict.fromkeys(("learning_rate", "learning_rate_init"), "lr="),
    **dict.fromkeys(("validation_data", "validation_set"), "validation=(x, y)"),
    **dict.fromkeys(("max_iter", "n_epochs", "num_epochs"), "epochs="),
    **dict.fromkeys(("kernel_initializer", "weight_init"), "init="),
    **dict.fromkeys(("device", "n_jobs"), "leave it out; comm= shares the work among processes"),
    "validation_split": "validation=, with nn.train_test_split(x, y, test=0.1)",
    "shuffle": "rng=0 shuffles, and rng=None keeps the order",
    "verbose": "progress=",
    "random_state": "rng=",
    "seed": "rng=",
    "hidden_layer_sizes": "nn.MLP([n_in, hidden, n_out])",
    **dict.fromkeys(("elementwise_affine", "track_running_stats"), "the layer always has them"),
    **dict.fromkeys(("add_bias_kv", "add_zero_attn"), "keys and values are those that are given"),
    **dict.fromkeys(("max_norm", "sparse"), "nn.clip_grad_norm, and gradients are whole arrays"),
    "dim": "axis=-1",
    "inplace": "no operation changes its argument: leave it out",
    "return_indices": "np.argmax of autograd.sliding_window_view gives the places",
    "divisor_override": "multiply the result",
    "proj_size": "an nn.Linear after the layer makes the outputs smaller",
    "negative_slope": "alpha=0.01",
    "layer_norm_eps": "eps=1e-5",
    "num_features": "nn.BatchNorm(features)",
    "normalized_shape": "nn.LayerNorm(features), over the last axis",
    "rate": "p=",
    "filters": "out_channels=",
    "beta1": "betas=(0.9, 0.999)",
}


def check_keywords(kind: type, keywords: dict[str, Any]) -> None:
    """Raise ``TypeError`` for a keyword of another library that a constructor does not have."""
    for name in keywords.keys() & OF_ARGUMENTS.keys():
        if name not in inspect.signature(kind).parameters:
            raise TypeError(unexpected(name, kind.__name__))


def unexpected(name: str, function: str) -> str:
    """The message about a keyword that a function does not have."""
    habit = OF_ARGUMENTS.get(name, "")
    return f"{function}() got an unexpected keyword argument {name!r}" + (
        f": {habit}" if habit else ""
    )


def missing(what: str, name: str, habits: dict[str, str]) -> str:
    """The message about a missing name, with what to write instead if that is known."""
    habit = habits.get(name, "")
    return f"{what} has no attribute {name!r}" + (f": {habit}" if habit else "")
