"""What people write from habit works, or is told in one sentence how it is written here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor, Value

MODEL = nn.MLP([2, 3, 1])
NAMES: dict[str, Any] = {
    "x": Tensor([1.0, 2.0]),
    "v": Value(3.0),
    "model": MODEL,
    "optimizer": nn.SGD(MODEL, lr=0.1),
    "ag": ag,
    "nn": nn,
}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("x.requires_grad", "every Tensor and Value is differentiated"),
        ("v.requires_grad_()", "what is constant is a plain array"),
        ("setattr(x, 'requires_grad', True)", "every Tensor and Value is differentiated"),
        ("x.cuda()", "arrays in main memory"),
        ("x.to('cpu')", "nothing to move"),
        ("x.clone()", "x itself will do"),
        ("x.view(2, 1)", "write x.reshape"),
        ("x.add_(1.0)", "write x = x + 1"),
        ("x.double()", "write x.astype"),
        ("v._backward()", "step(loss) shows it node by node"),
        ("v.zero_grad()", "write x.grad = None (0.0 for a Value)"),
        ("x.nothing", "'Tensor' object has no attribute 'nothing'"),
        ("ag.tensor([1.0])", "write Tensor(x)"),
        ("ag.enable_grad", "outside `with no_grad():`"),
        ("ag.jacfwd(f)", "write jacobian(f)"),
        ("ag.custom_vjp(f)", "custom_op"),
        ("ag.tree_map(f, x)", "nested dicts, lists and tuples"),
        ("ag.gradcheck(f, x)", "write check_grads(f, x)"),
        ("model.to('cuda')", "networks compute on the CPU"),
        ("model.cuda()", "leave it out"),
        ("model.double()", "dtype=np.float64"),
        ("model.fit(1, 2)", "nn.fit(model, (x, y), loss=..., optimizer=...)"),
        ("model.predict(1)", "nn.predict(model, x)"),
        ("model.compile('adam')", "nn.fit"),
        ("model.save('m')", "nn.save(model, path)"),
        ("model.requires_grad_(False)", "module.freeze()"),
        ("model.register_buffer('b', 1)", "self.mean = np.zeros(3), is saved"),
        ("optimizer.param_groups", "optimizer.groups"),
        ("nn.CrossEntropyLoss()", "nn.cross_entropy(logits, target)"),
        ("nn.Dense(3)", "nn.Linear(n_in, n_out)"),
        ("nn.no_grad()", "from autograd import"),
        ("nn.Parameter(1)", "is a parameter"),
        ("x.mul(2)", "write x + y, x * y"),
        ("x.masked_fill(x > 1, 0.0)", "write np.where(mask, value, x)"),
        ("x.gather(0, [0])", "np.take_along_axis"),
        ("x.contiguous()", "leave it out"),
        ("x.clamp(min=0)", "x.clip(0, None)"),
        ("x.expand(3, 2)", "np.broadcast_to"),
        ("x.register_hook(print)", "gradients(loss, x)"),
        ("ag.cat([x, x])", "np.concatenate"),
        ("ag.GradientTape()", "grad(f)"),
        ("ag.inference_mode()", "`with no_grad():`"),
        ("ag.cuda.is_available()", "leave it out"),
        ("model.append(nn.ReLU())", "nn.Sequential(*model.layers, layer)"),
        ("model[0].in_features", "layer.weight.shape is (n_out, n_in)"),
        ("model.trainable_variables", "model.parameters()"),
        ("model.predict_proba(1)", "nn.predict(model, x)"),
        ("optimizer.add_param_group({})", "make it with groups"),
        ("nn.utils.clip_grad_norm_(1)", "nn.clip_grad_norm"),
        ("nn.StepLR(optimizer, 1)", "nn.schedules.Step"),
        ("nn.ModelCheckpoint('m')", "nn.Checkpoint(path)"),
        ("nn.AdaptiveAvgPool2d(1)", "x.mean((2, 3))"),
        ("nn.TransformerEncoderLayer(8, 2)", "nn.TransformerBlock"),
        ("nn.manual_seed(0)", "rng=0"),
        ("nn.init.kaiming_normal_(1)", 'nn.Linear(2, 3, init="xavier")'),
    ],
)
def test_a_habit_is_told_how_it_is_written_here(written: str, told: str) -> None:
    with pytest.raises(AttributeError) as caught:
        eval(written, NAMES)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("nn.Linear(in_features=2, out_features=3)", "nn.Linear(n_in, n_out)"),
        ("nn.Softmax(dim=1)", "axis=-1"),
        ("nn.ReLU(inplace=True)", "leave it out"),
        ("nn.LSTM(2, 3, proj_size=2)", "an nn.Linear after the layer"),
        ("nn.MaxPool2d(2, return_indices=True)", "autograd.sliding_window_view"),
        ("nn.MultiheadAttention(4, 2, add_bias_kv=True)", "those that are given"),
        ("nn.LeakyReLU(negative_slope=0.1)", "alpha=0.01"),
        ("nn.Adam(model, learning_rate=0.1)", "lr="),
        ("nn.Adam(model, beta1=0.9)", "betas=(0.9, 0.999)"),
        ("nn.fit(model, (1, 2), loss='mse', verbose=0)", "progress="),
        ("nn.fit(model, (1, 2), loss='mse', validation_split=0.1)", "nn.train_test_split"),
        ("nn.Sequential([nn.ReLU()])", "nn.Sequential(*layers)"),
        ("nn.save(model.state_dict(), 'm.safetensors')", "nn.save(model, path)"),
    ],
)
def test_an_argument_of_another_library_is_told_how_it_is_written_here(
    written: str, told: str
) -> None:
    with pytest.raises(TypeError) as caught:
        eval(written, NAMES)
    assert told in str(caught.value)


def test_a_module_of_ones_own_may_have_the_arguments_of_another_library() -> None:
    class Own(nn.Module):
        def __init__(self, in_features: int) -> None:
            self.inner = nn.Linear(in_features, 1, rng=0)

        def forward(self, x: Any) -> Any:
            return self.inner(x)

    assert Own(in_features=3)(np.ones((2, 3))).shape == (2, 1)


def test_orders_of_entries_that_depend_on_the_memory_are_refused() -> None:
    x = Tensor(np.ones((2, 3)))
    wrong: Any = 1
    for written in (
        lambda: x.flatten(wrong),
        lambda: np.ravel(x, "K"),
        lambda: x.reshape(6, order="A"),
    ):
        with pytest.raises(ValueError, match="must be 'C' or 'F'"):
            written()


def test_habits_that_work(capsys: pytest.CaptureFixture[str]) -> None:
    model = nn.MLP([2, 3, 1], rng=0)
    optimizer = nn.Adam(model.parameters(), lr=0.1)
    optimizer.zero_grad(set_to_none=True)
    loss = nn.mse(model(np.ones((4, 2))), np.ones((4, 1)))
    loss.backward()
    optimizer.step()
    assert loss.item() > 0
    optimizer.zero_grad(set_to_none=False)
    assert all((p.grad == 0).all() for p in model.parameters())
    model.zero_grad(set_to_none=False)
    assert all(p.grad.shape == p.shape for p in model.parameters())
    with ag.no_grad():
        assert model.eval()(np.ones((1, 2))).op is None
    assert model.train().training
    model.load_state_dict(model.state_dict())
    model.summary()
    assert "13 parameters" in capsys.readouterr().out


def test_objects_are_copied_and_asked_for_attributes_as_before() -> None:
    assert not hasattr(Tensor([1.0]), "columns")
    assert not hasattr(nn, "nothing")
    assert getattr(Value(1.0), "nothing", 3) == 3
