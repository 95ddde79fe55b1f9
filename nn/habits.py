"""How what PyTorch and Keras write is written here, for the messages of missing names."""

from __future__ import annotations

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
    "register_forward_hook": "nn.activation_statistics(model, x), or call the layers one by one",
}

OF_OPTIMIZERS = {
    "param_groups": "the groups are optimizer.groups, and optimizer.lr = 0.01 changes the rate",
    "minimize": "optimizer.zero_grad(); loss.backward(); optimizer.step()",
    "apply_gradients": "optimizer.zero_grad(); loss.backward(); optimizer.step()",
    "learning_rate": "optimizer.lr",
}

OF_THE_PACKAGE = {
    **dict.fromkeys(("no_grad", "grad", "Tensor", "Value"), "from autograd import it"),
    **dict.fromkeys(("Parameter", "parameter"), "a Tensor that is an attribute is a parameter"),
    **dict.fromkeys(("functional", "F"), "functions and modules are both here: nn.relu, nn.ReLU"),
    **dict.fromkeys(("ModuleList", "ModuleDict"), "a list or dict of modules is an attribute"),
    **dict.fromkeys(("DataLoader", "Dataset"), "nn.batches(x, y, size=32, rng=0)"),
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


def missing(what: str, name: str, habits: dict[str, str]) -> str:
    """The message about a missing name, with what to write instead if that is known."""
    habit = habits.get(name, "")
    return f"{what} has no attribute {name!r}" + (f": {habit}" if habit else "")
