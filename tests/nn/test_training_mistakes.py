"""Mistakes in training that raise no error are told, once, and sound programs are left in peace."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import BroadcastWarning, Tensor, TrainingWarning, Value, debug

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
Y = X @ np.array([[1.0], [-2.0], [0.5]]) + 0.3
LABELS = RNG.integers(0, 3, 60)
ROWS = np.arange(60)
FIT: dict[str, Any] = {"epochs": 2, "progress": False}


def mlp(*sizes: int, **settings: Any) -> nn.MLP:
    return nn.MLP([3, *(sizes or (4, 1))], **{"rng": 0, "dtype": np.float64} | settings)


def stepping(steps: int = 6, *, clear: bool = True) -> None:
    model = mlp()
    optimizer = nn.SGD(model, lr=0.001)
    for _ in range(steps):
        if clear:
            optimizer.zero_grad()
        loss = nn.mse(model(X), Y)
        loss.backward()  # the mistake, if it is one
        optimizer.step()


def told(program: Callable[[], Any], *, inside: bool) -> list[tuple[str, int]]:
    """The training warnings of a program, with their lines."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if inside:
            with debug():
                program()
        else:
            program()
    found = [warning for warning in caught if warning.category is TrainingWarning]
    assert all(warning.filename == __file__ for warning in found)
    return [(str(warning.message), warning.lineno) for warning in found]


def lines(program: Callable[..., Any], mark: str = "# the mistake") -> set[int]:
    text, start = inspect.getsourcelines(program)
    return {start + number for number, line in enumerate(text) if mark in line}


# --------------------------------------------------------------------------------------------------
# Loops, inside debug


def zero_grad_is_forgotten() -> None:
    stepping(clear=False)


def zero_grad_is_forgotten_for_values() -> None:
    w, b = Value(1.0), Value(0.0)
    for _ in range(5):
        loss = sum(
            (w * float(x) + b - float(y)) ** 2 for x, y in zip(X[:5, 0], Y[:5, 0], strict=True)
        )
        loss.backward()  # the mistake
        w.data -= 0.01 * w.grad
        b.data -= 0.01 * b.grad


def the_sign_is_wrong() -> None:
    w, b = Tensor(np.zeros((3, 1)), "w"), Tensor(np.zeros(1), "b")
    for _ in range(6):
        loss = ((X @ w + b - Y) ** 2).mean()
        w.grad = b.grad = None
        loss.backward()
        for p in (w, b):
            p.data = p.data + 0.01 * p.grad  # the mistake


def the_sign_is_wrong_for_a_cross_entropy() -> None:
    model = mlp(4, 3)
    for _ in range(6):
        loss = nn.cross_entropy(model(X), LABELS)
        for p in model.parameters():
            p.grad = None
        loss.backward()
        for p in model.parameters():
            p.data += 0.1 * p.grad  # the mistake


def softmax_over_the_examples() -> None:
    p = ag.softmax(mlp(4, 3)(X), axis=0)
    loss = -ag.log(p[ROWS, LABELS]).mean()  # the mistake
    loss.backward()


def softmax_over_the_examples_in_mini_batches() -> None:
    model = mlp(4, 3)
    for start in (0, 20, 40, 50):
        p = ag.softmax(model(X[start : start + 20]), axis=0)
        y = list(LABELS[start : start + 20])
        loss = -ag.log(p[range(len(y)), y]).mean()  # the mistake
        loss.backward()


def log_softmax_over_the_examples() -> None:
    p = ag.log_softmax(mlp(4, 3)(X), axis=0)
    loss = -(np.eye(3)[LABELS] * p).sum(axis=1).mean()  # the mistake
    loss.backward()


def softmax_by_hand_over_the_examples() -> None:
    e = ag.exp(mlp(4, 3)(X))
    p = e / e.sum(axis=0)
    loss = ((p - np.eye(3)[LABELS]) ** 2).mean()  # the mistake
    loss.backward()


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (zero_grad_is_forgotten, "call optimizer.zero_grad()"),
        (zero_grad_is_forgotten_for_values, "call optimizer.zero_grad()"),
        (the_sign_is_wrong, "subtract the gradient"),
        (the_sign_is_wrong_for_a_cross_entropy, "subtract the gradient"),
        (softmax_over_the_examples, "use axis=-1"),
        (softmax_over_the_examples_in_mini_batches, "use axis=-1"),
        (log_softmax_over_the_examples, "use axis=-1"),
        (softmax_by_hand_over_the_examples, "use axis=-1"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_debug_names_the_mistake_and_its_line_once(program: Any, message: str) -> None:
    ((found, line),) = told(program, inside=True)
    assert message in found
    assert line in (lines(program) or lines(stepping))
    assert told(program, inside=False) == []


# --------------------------------------------------------------------------------------------------
# What fit sees


class Ascent(nn.SGD):
    """The sign of the update is wrong."""

    def rule(self, theta: Any, g: Any, *args: Any, **settings: Any) -> Any:
        return super().rule(theta, -g, *args, **settings)


class Chained(nn.Module):
    def __init__(self) -> None:
        self.first = nn.Linear(3, 5, rng=0)
        self.second = nn.Linear(5, 1, rng=1)

    def forward(self, x: Any) -> Any:
        return self.second(self.first(x))


def softmax_columns() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 3, rng=0), lambda z: ag.softmax(z, axis=0))


def squared(output: Any, y: Any) -> Any:
    return ((output - np.eye(3)[y.astype(int)]) ** 2).mean()


FITS: dict[str, tuple[Callable[[], Any], str]] = {
    "validation on the training data": (
        lambda: nn.fit(mlp(), (X, Y), loss="mse", validation=(X, Y), lr=0.01, **FIT),
        "100% of the validation examples are training examples",
    ),
    "validation mostly on the training data": (
        lambda: nn.fit(mlp(), (X[:50], Y[:50]), loss="mse", validation=(X[20:], Y[20:]), **FIT),
        "75% of the validation examples",
    ),
    "validation on the training data in another precision": (
        lambda: nn.fit(
            mlp(),
            (X.astype(np.float32), Y.astype(np.float32)),
            loss="mse",
            validation=(X, Y),
            lr=0.01,
            **FIT,
        ),
        "100% of the validation examples are training examples",
    ),
    "a column less a row": (
        lambda: nn.fit(mlp(), (X, Y[:, 0]), loss=lambda z, y: ((z - y) ** 2).mean(), **FIT),
        "which gives (32, 32): every output with every target",
    ),
    "a row less a column": (
        lambda: nn.fit(mlp(), (X, Y[:, 0]), loss=lambda z, y: abs(y - z).mean(), **FIT),
        "give both the same shape, as with targets[:, None]",
    ),
    "two layers with a scale between them": (
        lambda: nn.fit(
            nn.Sequential(nn.Linear(3, 5, rng=0), lambda h: h * 2 / 3, nn.Linear(5, 1, rng=0)),
            (X, Y),
            loss="mse",
            **FIT,
        ),
        "'0.weight' and '2.weight' are applied one after the other",
    ),
    "two layers in a row": (
        lambda: nn.fit(
            nn.Sequential(nn.Linear(3, 5, rng=0), nn.Linear(5, 1, rng=0)), (X, Y), loss="mse", **FIT
        ),
        "'0.weight' and '1.weight' are applied one after the other",
    ),
    "two layers in a row in a class": (
        lambda: nn.fit(Chained(), (X, Y), loss="mse", **FIT),
        "'first.weight' and 'second.weight' are applied",
    ),
    "an identity between": (
        lambda: nn.fit(mlp(4, 1, activation="identity"), (X, Y), loss="mse", **FIT),
        "without a nonlinearity in between",
    ),
    "zeros": (
        lambda: nn.fit(mlp(4, 1, activation="tanh", init="zeros"), (X, Y), loss="mse", **FIT),
        "the 4 units of '0.weight' start equal",
    ),
    "equal numbers": (
        lambda: nn.fit(
            mlp(4, 3, init=lambda shape, rng, dtype: np.full(shape, 0.1, dtype)),
            (X, LABELS),
            loss="cross-entropy",
            **FIT,
        ),
        "start equal and have equal gradients",
    ),
    "the sign of the optimizer": (
        lambda: nn.fit(
            (model := mlp()), (X, Y), loss="mse", optimizer=Ascent(model, lr=0.01), **FIT
        ),
        "went along the gradient",
    ),
    "softmax over the examples": (
        lambda: nn.fit(softmax_columns(), (X, LABELS), loss=squared, lr=0.1, **FIT),
        "use axis=-1",
    ),
}


@pytest.mark.parametrize("name", FITS)
@pytest.mark.parametrize("compile", [True, False])
def test_fit_names_the_mistake_once(
    name: str, compile: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, message = FITS[name]
    monkeypatch.setitem(FIT, "compile", compile)
    ((found, _),) = told(program, inside=False)
    assert message in found


def test_an_optimizer_of_another_model_is_refused() -> None:
    model, other = mlp(), mlp()
    with pytest.raises(ValueError, match="the optimizer has none of the parameters of MLP"):
        nn.fit(model, (X, Y), loss="mse", optimizer=nn.SGD(other, lr=0.1), **FIT)
    head = nn.SGD(list(model.named_parameters().values())[2:], lr=0.01)
    before = model.to_vector()
    nn.fit(model, (X, Y), loss="mse", optimizer=head, **FIT)
    assert (model.to_vector() != before).sum() == 5  # the last layer


def test_probabilities_for_a_loss_of_logits_are_told_in_the_line_of_fit() -> None:
    model = nn.Sequential(nn.Linear(3, 3, rng=0), nn.Softmax())
    for program in (
        lambda: nn.fit(model, (X, LABELS), loss="cross_entropy", **FIT),
        lambda: nn.cross_entropy(model(X), LABELS),
    ):
        with pytest.warns(UserWarning, match="takes logits, but got the output of sof") as caught:
            program()
        (place,) = {(warning.filename, warning.lineno) for warning in caught}
        assert place[0] == __file__


def test_a_column_less_a_row_is_told_once_for_each_line() -> None:
    def program() -> None:
        model = mlp()
        with debug():
            for rows in (slice(0, 30), slice(30, 60), slice(0, 20)):
                ((model(X[rows]) - Y[rows, 0]) ** 2).mean().backward()
                abs(model(X[rows]) - Y[rows, 0]).mean().backward()

    with pytest.warns(BroadcastWarning, match="broadcast") as caught:
        program()
    assert len(caught) == 2


# --------------------------------------------------------------------------------------------------
# Sound programs


def gradients_of_parts_are_added() -> None:
    model = mlp()
    optimizer = nn.SGD(model, lr=0.01)
    for _ in range(5):
        optimizer.zero_grad()
        for rows in (slice(0, 30), slice(30, 60)):
            (nn.mse(model(X[rows]), Y[rows]) / 2).backward()
        optimizer.step()


def two_networks_against_each_other() -> None:
    maker, judge = nn.MLP([2, 4, 3], rng=0), nn.MLP([3, 4, 1], rng=1)
    makers, judges = nn.SGD(maker, lr=0.01), nn.SGD(judge, lr=0.01)
    for _ in range(6):
        noise = RNG.normal(size=(10, 2))
        makers.zero_grad()
        ag.softplus(-judge(maker(noise))).mean().backward()
        makers.step()
        judges.zero_grad()
        fake = maker(noise).detach()
        (ag.softplus(-judge(X[:10])).mean() + ag.softplus(judge(fake)).mean()).backward()
        judges.step()


def a_likelihood_is_made_large() -> None:
    mean, log_scale = Tensor(np.zeros(3)), Tensor(np.zeros(3))
    for _ in range(6):
        mean.grad = log_scale.grad = None
        likelihood = (-0.5 * ((X - mean) * ag.exp(-log_scale)) ** 2 - log_scale).sum()
        likelihood.backward()
        mean.data += 0.001 * mean.grad
        log_scale.data += 0.001 * log_scale.grad


def an_input_that_fools_the_network() -> None:
    model, x = mlp(4, 3), Tensor(X)
    for _ in range(5):
        x.grad = None
        nn.cross_entropy(model(x), LABELS).backward()
        x.data = x.data + 0.1 * x.grad


def momentum_by_hand_in_grad() -> None:
    w, b = Tensor(np.zeros((3, 1))), Tensor(np.zeros(1))
    for _ in range(6):
        for p in (w, b):
            if p.grad is not None:
                p.grad = 0.9 * p.grad
        ((X @ w + b - Y) ** 2).mean().backward()
        for p in (w, b):
            p.data = p.data - 0.01 * p.grad


def attention_over_the_keys() -> None:
    queries, keys = Tensor(X), Tensor(X[::-1].copy())
    weights = ag.softmax(keys @ queries.T, axis=0)  # a column for each query
    ((weights.T @ Y) ** 2).mean().backward()


def softmax_over_time() -> None:
    scores = Tensor(RNG.normal(size=(60, 2)))
    weights = ag.softmax(scores, axis=0)
    (weights * X[:, :2]).sum().backward()


def gradients_without_grad() -> None:
    model = mlp()
    for _ in range(5):
        parameters = model.parameters()
        loss = nn.mse(model(X), Y)
        for p, g in zip(parameters, ag.gradients(loss, parameters), strict=True):
            p.data = p.data - 0.01 * g


def a_second_backward_through_one_graph() -> None:
    w = Tensor(np.ones(3))
    loss = (w * w).sum()
    loss.backward()
    loss.backward()


def one_example_at_a_time() -> None:
    w = Tensor(np.zeros(3), "w")
    for x, y in zip(X, Y[:, 0], strict=True):
        w.grad = None
        ((x @ w - y) ** 2).backward()
        w.data = w.data - 0.05 * w.grad


class Tied(nn.Module):
    def __init__(self) -> None:
        self.encoder = nn.Linear(3, 2, rng=0)

    def forward(self, x: Any) -> Any:
        return self.encoder(x) @ self.encoder.weight


def a_fit(make: Callable[[], Any], y: Any = Y, loss: Any = "mse", **settings: Any) -> Any:
    return lambda: nn.fit(make(), (X, y), loss=loss, **{"lr": 0.01} | FIT | settings)


SOUND: dict[str, Callable[[], Any]] = {
    "a plain loop": stepping,
    **{
        program.__name__: program
        for program in (
            gradients_of_parts_are_added,
            two_networks_against_each_other,
            a_likelihood_is_made_large,
            an_input_that_fools_the_network,
            momentum_by_hand_in_grad,
            attention_over_the_keys,
            softmax_over_time,
            gradients_without_grad,
            a_second_backward_through_one_graph,
            one_example_at_a_time,
        )
    },
    "regression": a_fit(mlp),
    "classes": a_fit(lambda: mlp(4, 3), LABELS, "cross-entropy", optimizer="adam"),
    "softmax regression from zeros": a_fit(
        lambda: nn.Linear(3, 3, init="zeros", dtype=np.float64), LABELS, "cross-entropy"
    ),
    "a last layer of zeros": a_fit(
        lambda: nn.Sequential(
            nn.Linear(3, 4, rng=0), nn.Tanh(), nn.Linear(4, 1, init="zeros", rng=0)
        )
    ),
    "a bottleneck": a_fit(
        lambda: nn.Sequential(nn.Linear(3, 1, rng=0), nn.Linear(1, 3, rng=0)), X, lr=0.1
    ),
    "normalisation between layers": a_fit(
        lambda: nn.Sequential(nn.Linear(3, 4, rng=0), nn.BatchNorm(4), nn.Linear(4, 1, rng=0))
    ),
    "weight decay": a_fit(mlp, optimizer="adamw"),
    "momentum and clipping": lambda: nn.fit(
        (model := mlp()),
        (X, Y),
        loss="mse",
        optimizer=nn.SGD(model, lr=0.01, momentum=0.9, clip_norm=1.0),
        **FIT,
    ),
    "a few equal rows": lambda: nn.fit(
        mlp(), (X[:40], Y[:40]), loss="mse", validation=(X[35:], Y[35:]), lr=0.01, **FIT
    ),
    "data with few different rows": lambda: nn.fit(
        mlp(),
        (X[ROWS % 25], Y[ROWS % 25]),
        loss="mse",
        validation=(X[ROWS % 25], Y[ROWS % 25]),
        lr=0.01,
        **FIT,
    ),
    "a random search": lambda: nn.fit(
        (model := mlp()), (X, Y), loss="mse", optimizer=nn.RandomSearch(model, rng=0), **FIT
    ),
    "in shards": a_fit(mlp, shards=3),
    "a rectifier by hand between layers": a_fit(
        lambda: nn.Sequential(
            nn.Linear(3, 5, rng=0), lambda h: h * (h.data > 0), nn.Linear(5, 1, rng=0)
        )
    ),
    "all pairs of outputs on purpose": a_fit(
        mlp, Y[:, 0], lambda z, y: (ag.softplus(z[:, 0] - z) * (y[:, None] > y)).mean()
    ),
    "an autoencoder with tied weights": a_fit(Tied, X),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_program_is_left_in_peace(name: str) -> None:
    program = SOUND[name]
    assert told(program, inside=False) == []
    assert told(program, inside=True) == []


def test_there_are_twenty_sound_programs() -> None:
    assert len(SOUND) >= 20
