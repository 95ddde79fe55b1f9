"""L-BFGS, Lion, Muon and parameter groups, against PyTorch and formulas written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn.optim import LBFGS, Lion, Muon
from nn.optim.linesearch import Point, strong_wolfe
from nn.optim.muon import orthogonalized

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
Y = np.sin(X).sum(axis=1, keepdims=True)


def network(dtype: Any = np.float64) -> nn.MLP:
    return nn.MLP([3, 5, 1], activation="tanh", rng=0, dtype=dtype)


def descend(optimizer: Any, model: nn.Module, steps: int) -> list[float]:
    def closure() -> Any:
        optimizer.zero_grad()
        loss = nn.mse(model(X), Y)
        loss.backward()
        return loss

    return [optimizer.step(closure) for _ in range(steps)]


def theirs(torch: Any) -> Any:
    """The same network in PyTorch."""
    model = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Linear(5, 1))
    model.double()
    state = {name: torch.tensor(array) for name, array in network().state_dict().items()}
    model.load_state_dict(state)
    return model


def descend_theirs(torch: Any, optimizer: Any, model: Any, steps: int) -> list[float]:
    x, y = torch.tensor(X), torch.tensor(Y)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        return loss

    return [float(optimizer.step(closure).detach()) for _ in range(steps)]


# --- L-BFGS --------------------------------------------------------------------------------------


@pytest.mark.oracle
def test_lbfgs_without_a_line_search_takes_the_steps_of_pytorch() -> None:
    torch = pytest.importorskip("torch")
    settings: dict[str, Any] = {"lr": 0.3, "max_iter": 7, "history_size": 4}
    ours, their = network(), theirs(torch)
    losses = descend(LBFGS(ours, line_search=None, **settings), ours, 4)
    expected = descend_theirs(torch, torch.optim.LBFGS(their.parameters(), **settings), their, 4)
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    for p, q in zip(ours.parameters(), their.parameters(), strict=True):
        np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=1e-7)


def test_lbfgs_finds_the_minimum_of_a_quadratic() -> None:
    a = rng.normal(size=(6, 6))
    a, b = a @ a.T + np.eye(6), rng.normal(size=6)
    w = Tensor(np.zeros(6))

    def quadratic() -> Any:
        w.grad = None
        loss = 0.5 * (w @ a @ w) - w @ b
        loss.backward()
        return loss

    LBFGS([w], max_iter=50, tolerance_change=1e-15).step(quadratic)
    np.testing.assert_allclose(w.numpy(), np.linalg.solve(a, b), rtol=1e-6)


@pytest.mark.parametrize("t", [1e-3, 0.1, 1.0, 30.0])
@pytest.mark.parametrize("name", ["valley", "overflow", "cosine"])
def test_a_line_search_ends_where_the_strong_wolfe_conditions_hold(name: str, t: float) -> None:
    function, slope = {
        "valley": (lambda t: (t - 2) ** 4 - t, lambda t: 4 * (t - 2) ** 3 - 1),
        "overflow": (lambda t: np.exp(t**2) - 3 * t, lambda t: 2 * t * np.exp(t**2) - 3),
        "cosine": (lambda t: -np.sin(t) + 0.01 * t**2, lambda t: -np.cos(t) + 0.02 * t),
    }[name]

    def at(t: float) -> Point:
        with np.errstate(over="ignore", invalid="ignore"):
            loss = float(function(t))
            return Point(t, loss if np.isfinite(loss) else np.inf, float(slope(t)), np.zeros(1))

    start = at(0.0)
    end = strong_wolfe(at, start, t)
    assert end.loss <= start.loss + 1e-4 * end.t * start.slope
    assert abs(end.slope) <= 0.9 * abs(start.slope)


@pytest.mark.parametrize("compile", [True, False])
def test_lbfgs_trains_in_fit_as_in_a_loop(compile: bool) -> None:
    ours, other = network(), network()
    losses = descend(LBFGS(ours, max_iter=10), ours, 3)
    history = nn.fit(
        other, (X, Y), loss="mse", optimizer=LBFGS(other, max_iter=10), epochs=3, batch_size=None,
        rng=None, progress=False, compile=compile,
    )  # fmt: skip
    np.testing.assert_allclose(history.steps["loss"], losses, rtol=1e-5)
    assert history.steps["loss"][-1] < 0.05 * history.steps["loss"][0]


def test_a_resumed_run_of_lbfgs_ends_with_the_same_bits(tmp_path: Any) -> None:
    models = [network(np.float32) for _ in range(3)]
    settings: dict[str, Any] = {
        "loss": "mse",
        "optimizer": "lbfgs",
        "batch_size": None,
        "rng": None,
        "progress": False,
        "compile": False,
    }
    data = X.astype(np.float32), Y.astype(np.float32)
    nn.fit(models[0], data, epochs=4, **settings)
    checkpoint = nn.Checkpoint(tmp_path / "c.safetensors")
    nn.fit(models[1], data, epochs=2, callbacks=[checkpoint], **settings)
    nn.fit(models[2], data, epochs=4, callbacks=[checkpoint], **settings)
    np.testing.assert_array_equal(models[0].to_vector(), models[2].to_vector())


def test_lbfgs_says_what_it_needs() -> None:
    model = network()
    with pytest.raises(TypeError, match="needs a closure"):
        LBFGS(model).step()
    with pytest.raises(ValueError, match="only in one shard"):
        nn.fit(model, (X, Y), loss="mse", optimizer="lbfgs", shards=2, progress=False)
    with pytest.raises(ValueError, match="line_search='armijo'"):
        LBFGS(model, line_search="armijo")  # type: ignore[arg-type]
    with pytest.raises(nn.NonFiniteError):
        nn.fit(model, (X * np.inf, Y), loss="mse", optimizer="lbfgs", progress=False)


# --- Lion ----------------------------------------------------------------------------------------


def test_lion_is_its_formula() -> None:
    theta, m = rng.normal(size=(3, 2)), np.zeros((3, 2))
    w = Tensor(theta)
    optimizer = Lion([w], lr=0.01, betas=(0.8, 0.95), weight_decay=0.1)
    for _ in range(5):
        g = rng.normal(size=(3, 2))
        w.grad = g
        optimizer.step()
        theta = theta - 0.01 * (np.sign(0.8 * m + 0.2 * g) + 0.1 * theta)
        m = 0.95 * m + 0.05 * g
        np.testing.assert_allclose(w.numpy(), theta, rtol=1e-12)


# --- Muon ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (9, 2)])
def test_muon_makes_singular_values_about_one_and_keeps_the_singular_vectors(shape: Any) -> None:
    matrix = rng.normal(size=shape)
    u, _, vt = np.linalg.svd(matrix, full_matrices=False)
    inner = u.T @ orthogonalized(matrix, 5) @ vt.T
    np.testing.assert_allclose(inner, np.diag(np.diag(inner)), atol=1e-10)
    assert 0.6 < np.diag(inner).min() <= np.diag(inner).max() < 1.3


@pytest.mark.oracle
@pytest.mark.parametrize("nesterov", [True, False])
def test_muon_takes_the_steps_of_pytorch_in_the_accuracy_of_its_bfloat16(nesterov: bool) -> None:
    torch = pytest.importorskip("torch")
    if not hasattr(torch.optim, "Muon"):
        pytest.skip("this PyTorch has no Muon")
    first = rng.normal(size=(6, 4))
    w, q = Tensor(first), torch.nn.Parameter(torch.tensor(first))
    ours = Muon([w], lr=0.02, nesterov=nesterov, weight_decay=0.1)
    expected = torch.optim.Muon(
        [q], lr=0.02, nesterov=nesterov, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"
    )
    for _ in range(4):
        g = rng.normal(size=(6, 4))
        w.grad, q.grad = g, torch.tensor(g)
        ours.step()
        expected.step()
    moved = np.abs(q.detach().numpy() - first).max()
    np.testing.assert_allclose(w.numpy(), q.detach().numpy(), atol=0.03 * moved)


def test_muon_updates_what_is_no_matrix_as_adamw() -> None:
    b, c = Tensor(np.ones(3)), Tensor(np.ones(3))
    ours, expected = Muon([b], lr=0.1), nn.AdamW([c], lr=0.1, weight_decay=0.1)
    for _ in range(3):
        b.grad = c.grad = rng.normal(size=3)
        ours.step()
        expected.step()
    np.testing.assert_array_equal(b.numpy(), c.numpy())


@pytest.mark.parametrize("name", ["lion", "muon"])
def test_compiled_training_is_that_of_the_loop(name: str) -> None:
    models = network(), network()
    for model, compile in zip(models, (True, False), strict=True):
        nn.fit(model, (X, Y), loss="mse", optimizer=name, lr=0.01, epochs=2, batch_size=20, rng=0,
               progress=False, compile=compile)  # fmt: skip
    np.testing.assert_allclose(models[0].to_vector(), models[1].to_vector(), rtol=1e-9)


# --- groups --------------------------------------------------------------------------------------


def groups(model: nn.MLP) -> list[dict[str, Any]]:
    return [
        {"params": model[0], "lr": 0.02, "weight_decay": 0.3},
        {"params": list(model[2].parameters())},
    ]


@pytest.mark.oracle
def test_groups_have_rates_and_decays_of_their_own_as_in_pytorch() -> None:
    torch = pytest.importorskip("torch")
    ours, their = network(), theirs(torch)
    optimizer = nn.SGD(groups(ours), lr=0.1, momentum=0.9, decay_biases=True)
    their_groups = [
        {"params": their[0].parameters(), "lr": 0.02, "weight_decay": 0.3},
        {"params": their[2].parameters()},
    ]
    descend(optimizer, ours, 5)
    descend_theirs(torch, torch.optim.SGD(their_groups, lr=0.1, momentum=0.9), their, 5)
    for p, q in zip(ours.parameters(), their.parameters(), strict=True):
        np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=1e-10)


@pytest.mark.parametrize("make", [nn.SGD, nn.AdamW, Muon])
def test_compiled_groups_train_as_uncompiled_ones_also_under_a_schedule(make: Any) -> None:
    models = network(), network()
    for model, compile in zip(models, (True, False), strict=True):
        optimizer = make(groups(model), lr=0.1)
        nn.fit(model, (X, Y), loss="mse", optimizer=optimizer, epochs=2, batch_size=10, rng=0,
               lr=nn.schedules.Step(0.1, every=3, factor=0.5), progress=False,
               compile=compile)  # fmt: skip
    np.testing.assert_allclose(models[0].to_vector(), models[1].to_vector(), rtol=1e-9)
    assert optimizer.of_group(optimizer.groups[0]).lr == pytest.approx(0.02 * optimizer.lr / 0.1)


def test_the_state_of_groups_is_saved_and_belongs_to_the_same_groups() -> None:
    model, other = network(), network()
    optimizer = nn.Adam(groups(model), lr=0.1)
    descend(optimizer, model, 3)
    again = nn.Adam(groups(other), lr=0.1)
    other.load_state_dict(model.state_dict())
    again.load_state_dict(optimizer.state_dict())
    descend(optimizer, model, 2)
    descend(again, other, 2)
    np.testing.assert_array_equal(model.to_vector(), other.to_vector())
    with pytest.raises(ValueError, match="has groups with"):
        nn.Adam([{"params": other[0]}, {"params": other[2]}]).load_state_dict(
            optimizer.state_dict()
        )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"momentum": 0.5}, "has the setting 'momentum'; a group can have its own lr"),
        ({"lr": -1.0}, "lr=-1.0 is not from 0"),
        ({"params": []}, "no parameters"),
    ],
)
def test_groups_that_cannot_be_are_refused(change: dict[str, Any], message: str) -> None:
    first, second = groups(network())
    with pytest.raises(ValueError, match=message):
        nn.SGD([first, second | change])
    with pytest.raises(ValueError, match="occurs twice"):
        nn.SGD([first, first])
    with pytest.raises(ValueError, match="must be a dict with the key 'params'"):
        nn.SGD([first, Tensor([1.0])])
