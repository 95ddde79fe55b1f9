"""Layers, activations, initial figures and losses beside PyTorch's: outputs and gradients to 1e-6.

Both start from one state, which also shows that a state made here loads there and back.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import init

torch = pytest.importorskip("torch", reason="the oracle extra brings PyTorch")
pytestmark = pytest.mark.oracle
torch.set_num_threads(1)  # more of them only wait for each other on arrays this small

RNG = np.random.default_rng(0)
X = RNG.normal(size=(7, 4))
FLOAT64 = {"dtype": np.float64}
close = {"rtol": 1e-6, "atol": 1e-12}

MODULES: dict[str, tuple[Callable[[], nn.Module], Callable[[], Any]]] = {
    "linear": (lambda: nn.Linear(4, 3, rng=0, **FLOAT64), lambda: torch.nn.Linear(4, 3)),
    "linear without bias": (
        lambda: nn.Linear(4, 3, bias=False, rng=0, **FLOAT64),
        lambda: torch.nn.Linear(4, 3, bias=False),
    ),
    "mlp": (
        lambda: nn.MLP([4, 5, 6, 3], "tanh", rng=0, **FLOAT64),
        lambda: torch.nn.Sequential(
            torch.nn.Linear(4, 5),
            torch.nn.Tanh(),
            torch.nn.Linear(5, 6),
            torch.nn.Tanh(),
            torch.nn.Linear(6, 3),
        ),
    ),
    "layer norm": (lambda: nn.LayerNorm(4, **FLOAT64), lambda: torch.nn.LayerNorm(4)),
    "batch norm": (lambda: nn.BatchNorm(4, **FLOAT64), lambda: torch.nn.BatchNorm1d(4)),
    "batch norm, cumulative": (
        lambda: nn.BatchNorm(4, momentum=None, eps=1e-3, **FLOAT64),
        lambda: torch.nn.BatchNorm1d(4, momentum=None, eps=1e-3),
    ),
    "prelu": (lambda: nn.PReLU(**FLOAT64), lambda: torch.nn.PReLU()),
    "prelu by unit": (lambda: nn.PReLU(4, 0.1, **FLOAT64), lambda: torch.nn.PReLU(4, 0.1)),
    "sigmoid": (nn.Sigmoid, torch.nn.Sigmoid),
    "tanh": (nn.Tanh, torch.nn.Tanh),
    "relu": (nn.ReLU, torch.nn.ReLU),
    "leaky relu": (nn.LeakyReLU, torch.nn.LeakyReLU),
    "elu": (lambda: nn.ELU(1.5), lambda: torch.nn.ELU(1.5)),
    "softplus": (nn.Softplus, torch.nn.Softplus),
    "softmax": (nn.Softmax, lambda: torch.nn.Softmax(-1)),
    "identity": (nn.Identity, torch.nn.Identity),
    "blocks": (
        lambda: nn.Sequential(
            nn.Sequential(nn.Linear(4, 5, rng=0, **FLOAT64), nn.BatchNorm(5, **FLOAT64)),
            nn.PReLU(5, **FLOAT64),
            nn.Linear(5, 2, rng=1, **FLOAT64),
        ),
        lambda: torch.nn.Sequential(
            torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.BatchNorm1d(5)),
            torch.nn.PReLU(5),
            torch.nn.Linear(5, 2),
        ),
    ),
}


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    """PyTorch makes its parameters in float64 while a test of this file runs."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def to_torch(state: dict[str, Any]) -> dict[str, Any]:
    return {name: torch.from_numpy(array) for name, array in state.items()}


def from_torch(state: dict[str, Any]) -> dict[str, Any]:
    return {name: tensor.detach().numpy() for name, tensor in state.items()}


@pytest.mark.parametrize("name", MODULES)
def test_outputs_gradients_and_states_agree_in_training_and_evaluation(name: str) -> None:
    ours, theirs = (make() for make in MODULES[name])
    assert set(ours.state_dict()) == set(theirs.state_dict())
    for parameter in ours.parameters():  # ones and zeros would hide a mistake
        parameter.data = parameter.numpy() + 0.1 * RNG.normal(size=parameter.shape)
    theirs.load_state_dict(to_torch(ours.state_dict()))
    for training in (True, True, False):
        ours.train(training)
        theirs.train(training)
        x = Tensor(RNG.normal(1.0, 2.0, size=X.shape))
        x_theirs = torch.tensor(x.numpy().copy(), requires_grad=True)
        out, out_theirs = ours(x), theirs(x_theirs)
        np.testing.assert_allclose(out.numpy(), out_theirs.detach().numpy(), **close)
        seed = RNG.normal(size=out.shape)
        ours.zero_grad()
        theirs.zero_grad()
        out.backward(seed)
        out_theirs.backward(torch.from_numpy(seed))
        np.testing.assert_allclose(x.grad, x_theirs.grad.numpy(), rtol=1e-6, atol=1e-9)
        for path, parameter in theirs.named_parameters():
            ours_grad = ours.named_parameters()[path].grad
            np.testing.assert_allclose(ours_grad, parameter.grad.numpy(), rtol=1e-6, atol=1e-9)
        for path, array in from_torch(theirs.state_dict()).items():
            np.testing.assert_allclose(ours.state_dict()[path], array, **close)


@pytest.mark.parametrize("name", MODULES)
def test_a_state_made_there_loads_here(name: str) -> None:
    ours, theirs = (make() for make in MODULES[name])
    theirs(torch.from_numpy(X))
    ours.load_state_dict(from_torch(theirs.state_dict()))
    out, expected = ours.eval()(X), theirs.eval()(torch.from_numpy(X)).detach().numpy()
    np.testing.assert_allclose(out.numpy() if isinstance(out, Tensor) else out, expected, **close)


def test_batch_norm_over_more_axes_is_batch_norm_over_channels() -> None:
    x = RNG.normal(size=(5, 6, 3))
    ours, theirs = nn.BatchNorm(3, **FLOAT64), torch.nn.BatchNorm1d(3)
    expected = theirs(torch.from_numpy(x.transpose(0, 2, 1))).detach().numpy()
    np.testing.assert_allclose(ours(x).numpy(), expected.transpose(0, 2, 1), **close)
    np.testing.assert_allclose(ours.running_var, theirs.running_var.numpy(), **close)


# --------------------------------------------------------------------------------------------------
# Losses


def softmax(z: Any) -> Any:
    q = np.exp(z)
    return q / q.sum(-1, keepdims=True)


Z, Y = RNG.normal(size=(2, 6, 3))
P, Q = softmax(RNG.normal(size=(2, 6, 3)))
LABELS = RNG.integers(0, 3, 6)
HITS = RNG.integers(0, 2, (6, 3)).astype(float)
VARIANCE = RNG.random((6, 3)) + 0.5
f = torch.nn.functional

# Ours, theirs, the prediction, the target.
LOSSES: dict[str, tuple[Callable[..., Any], Callable[..., Any], Any, Any]] = {
    "mse": (nn.mse, f.mse_loss, Z, Y),
    "mae": (nn.mae, f.l1_loss, Z, Y),
    "binary": (nn.binary_cross_entropy, f.binary_cross_entropy, P, Q),
    "binary with logits": (
        nn.binary_cross_entropy_with_logits,
        f.binary_cross_entropy_with_logits,
        Z,
        Q,
    ),
    "bernoulli": (nn.bernoulli_nll, f.binary_cross_entropy, P, HITS),
    "classes": (nn.cross_entropy, f.cross_entropy, Z, LABELS),
    "probabilities": (nn.cross_entropy, f.cross_entropy, Z, Q),
    "categorical": (
        nn.categorical_nll,
        lambda p, y, reduction: f.nll_loss(torch.log(p), y, reduction=reduction),
        P,
        LABELS,
    ),
    "gaussian": (
        lambda m, y, reduction: nn.gaussian_nll(m, y, VARIANCE, reduction),
        lambda m, y, reduction: f.gaussian_nll_loss(
            m, y, torch.from_numpy(VARIANCE), full=True, reduction=reduction
        ),
        Z,
        Y,
    ),
    "kl": (
        nn.kl_divergence,
        lambda p, q, reduction: {"sum": torch.sum, "mean": torch.mean, "none": lambda x: x}[
            reduction
        ](f.kl_div(torch.log(p), q, reduction="none").sum(1)),
        P,
        Q,
    ),
}


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", LOSSES)
def test_losses_and_their_gradients_agree(name: str, reduction: str) -> None:
    ours, theirs, prediction, target = LOSSES[name]
    x = Tensor(prediction)
    x_theirs = torch.tensor(prediction, requires_grad=True)
    loss = ours(x, target, reduction=reduction)
    expected = theirs(x_theirs, torch.from_numpy(target), reduction=reduction)
    np.testing.assert_allclose(loss.numpy(), expected.detach().numpy(), **close)
    seed = RNG.normal(size=loss.shape)
    loss.backward(seed)
    expected.backward(torch.from_numpy(np.asarray(seed)))
    np.testing.assert_allclose(x.grad, x_theirs.grad.numpy(), **close)


# --------------------------------------------------------------------------------------------------
# Initialisers


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (init.xavier, torch.nn.init.xavier_uniform_),
        (init.xavier_normal, torch.nn.init.xavier_normal_),
        (init.he, lambda w: torch.nn.init.kaiming_normal_(w, nonlinearity="relu")),
        # PyTorch's own default for a linear layer.
        (init.xavier_simple, lambda w: torch.nn.init.kaiming_uniform_(w, a=5**0.5)),
    ],
)
def test_initial_weights_have_the_spread_of_theirs(
    ours: Callable[..., Any], theirs: Callable[..., Any]
) -> None:
    torch.manual_seed(0)
    drawn, expected = ours((500, 700), rng=0, dtype=np.float64), torch.empty(500, 700)
    theirs(expected)
    assert drawn.std() == pytest.approx(float(expected.std()), rel=0.01)
    assert abs(drawn).max() == pytest.approx(float(expected.abs().max()), rel=0.1)
