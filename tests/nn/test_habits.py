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
    ],
)
def test_a_habit_is_told_how_it_is_written_here(written: str, told: str) -> None:
    with pytest.raises(AttributeError) as caught:
        eval(written, NAMES)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


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
