"""Weights of examples and classes, labels that are words, and mini-batches from an iterable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import DataError, fit
from nn.losses import cross_entropy, mse

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 3))
Y = (X[:, 0] + 0.3 * rng.normal(size=60) > 0.6).astype(int) + (X[:, 1] > 1)
WORDS = np.array(["cat", "dog", "owl"])[Y]
WEIGHTS = rng.uniform(0, 2, 60)


def network(seed: int = 0, outputs: int = 3) -> nn.MLP:
    return nn.MLP([3, 4, outputs], activation="tanh", rng=seed, dtype=np.float64)


def trained(model: nn.Module, data: Any = (X, Y), **settings: Any) -> nn.History:
    defaults = {"loss": "cross-entropy", "lr": 0.3, "epochs": 3, "batch_size": 16}
    settings = {**defaults, "compile": False, **settings}
    return fit(model, data, progress=False, rng=1, **settings)


def same(model: nn.Module, other: nn.Module) -> bool:
    return bool((model.to_vector() == other.to_vector()).all())


# --- weights -------------------------------------------------------------------------------------


@pytest.mark.parametrize("compile", [True, False])
@pytest.mark.parametrize("shards", [1, 2])
def test_weights_multiply_the_losses_of_the_examples(compile: bool, shards: int) -> None:
    model, other = network(), network()
    trained(model, sample_weight=WEIGHTS, compile=compile, shards=shards)
    optimizer = nn.SGD(other, lr=0.3)
    batches = nn.batches(X, Y, WEIGHTS, size=16, rng=1)
    for _ in range(3):
        for x, y, w in batches:
            optimizer.zero_grad()
            z = other(x)
            losses = -(z - z.max(axis=1, keepdims=True))[np.arange(len(y)), y]
            losses = losses + np.log(np.exp(z - z.max(axis=1, keepdims=True)).sum(axis=1))
            (losses * w).mean().backward()
            optimizer.step()
    np.testing.assert_allclose(model.to_vector(), other.to_vector(), rtol=1e-10)


@pytest.mark.parametrize(("loss", "targets"), [("mse", X[:, :2]), ("mae", X[:, :2])])
def test_a_weight_of_two_counts_as_a_copy(loss: str, targets: Any) -> None:
    copied, weighted = network(outputs=2), network(outputs=2)
    rows = np.r_[np.arange(60), np.arange(60)[::3]]
    weights = np.ones(60)
    weights[::3] = 2
    settings: dict[str, Any] = {"loss": loss, "batch_size": None}
    trained(copied, (X[rows], targets[rows]), **settings)
    trained(weighted, (X, targets), sample_weight=weights * 60 / 80, **settings)
    np.testing.assert_allclose(copied.to_vector(), weighted.to_vector(), rtol=1e-10)


def test_balanced_classes_weigh_the_same_and_multiply_the_weights_of_examples() -> None:
    counts = np.bincount(Y)
    by_name = {name: 60 / (3 * count) for name, count in zip("012", counts, strict=True)}
    models = [network() for _ in range(4)]
    trained(models[0], class_weight="balanced", sample_weight=WEIGHTS)
    trained(models[1], class_weight={int(k): w for k, w in by_name.items()}, sample_weight=WEIGHTS)
    trained(models[2], sample_weight=WEIGHTS * 60 / (3 * counts[Y]))
    names = dict(zip(("cat", "dog", "owl"), by_name.values(), strict=True))
    trained(models[3], (X, WORDS), class_weight=names, sample_weight=WEIGHTS)
    for model in models[1:]:
        np.testing.assert_allclose(model.to_vector(), models[0].to_vector(), rtol=1e-12)


def test_validation_may_have_weights_and_metrics_count_each_example_once() -> None:
    model = network()
    weights = np.where(Y == 0, 1.0, 0.0)
    history = trained(model, validation=(X * 1.01, Y, weights), metrics="accuracy")
    output = nn.predict(model, X * 1.01)
    loss = np.mean(weights * np.asarray(cross_entropy(output, Y, "none")))
    assert history.validations.last("loss") == pytest.approx(loss)
    assert history.validations.last("accuracy") == np.mean(output.argmax(axis=1) == Y)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sample_weight": np.ones(59)}, r"shape \(60,\), is needed"),
        ({"sample_weight": -np.ones(60)}, "weights are finite, and 0 or more"),
        ({"sample_weight": np.zeros(60)}, "all weights are 0"),
        ({"class_weight": "equal"}, 'neither "balanced" nor'),
        ({"class_weight": {7: 2.0}}, "names 7, which no example is of"),
        ({"class_weight": {0: -1.0}}, "weights are 0 or more"),
        ({"class_weight": "balanced", "loss": "mse", "data": (X, X)}, "needs class numbers"),
        (
            {"sample_weight": WEIGHTS, "loss": lambda z, y: mse(z[:, 0], y)},
            "no parameter reduction",
        ),
    ],
)
def test_weights_that_make_no_sense_are_refused(settings: dict[str, Any], message: str) -> None:
    model = network()
    with pytest.raises(ValueError, match=message):
        trained(model, **settings)
    assert same(model, network())


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [np.asarray, lambda words: words.astype(object), list])
def test_words_are_classes_in_sorted_order_that_the_model_keeps(
    kind: Callable[[Any], Any], tmp_path: Path
) -> None:
    model, other = network(), network()
    trained(model, (X, kind(WORDS)), validation=(X * 1.01, kind(WORDS)), metrics="accuracy")
    trained(other, validation=(X * 1.01, Y))
    assert same(model, other)
    assert model.classes == ("cat", "dog", "owl")
    nn.save(model, tmp_path / "m.safetensors")
    loaded = nn.load(tmp_path / "m.safetensors")
    assert loaded.classes == model.classes
    expected = nn.evaluate(other, (X, Y), metrics="accuracy")
    assert nn.evaluate(loaded, (X, WORDS), metrics="accuracy") == expected


def test_a_classifier_numbers_words_in_its_own_order() -> None:
    model = nn.Classifier(nn.Linear(3, 3, rng=0), classes=["owl", "dog", "cat"])
    other = nn.Sequential(nn.Linear(3, 3, rng=0))
    trained(model, (X, WORDS))
    trained(other, (X, 2 - Y))
    assert same(model, other)
    with pytest.raises(DataError, match="'cow' is none of the classes owl, dog, cat"):
        trained(model, (X, np.where(Y == 0, "cow", WORDS)))


def test_words_that_no_model_knows_and_inputs_of_words_are_refused() -> None:
    with pytest.raises(DataError, match=r"set model\.classes"):
        nn.evaluate(network(), (X, WORDS), metrics="accuracy")
    with pytest.raises(DataError, match=r"nn\.TableEncoder makes numbers"):
        trained(network(), (WORDS[:, None], Y))


# --- iterables -----------------------------------------------------------------------------------


def in_order(size: int = 16) -> Iterator[tuple[Any, Any]]:
    for start in range(0, 60, size):
        yield X[start : start + size], Y[start : start + size]


class Loader:
    """A loader with an order of its own for each epoch, which it can restore."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(5)

    def __iter__(self) -> Iterator[Any]:
        return iter(nn.batches(X, Y, WEIGHTS, size=16, rng=self.rng))

    def state_dict(self) -> dict[str, Any]:
        return self.rng.bit_generator.state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.rng.bit_generator.state = state


@pytest.mark.parametrize("compile", [True, False])
def test_batches_of_an_iterable_train_as_those_of_arrays(compile: bool) -> None:
    whole = network()
    fit(whole, (X, Y), loss="cross-entropy", lr=0.3, epochs=3, batch_size=16, rng=None,
        progress=False, compile=compile)  # fmt: skip
    for data in (in_order, list(in_order()), lambda epoch: in_order(), nn.batches(X, Y, size=16)):
        model = network()
        history = trained(
            model, data, metrics="accuracy", validation=(X * 1.01, Y), compile=compile
        )
        assert same(model, whole)
        assert history.steps["examples"].tolist() == [16, 16, 16, 12] * 3
        assert history.validations.rows == 3


def test_a_function_is_called_with_the_number_of_the_epoch() -> None:
    epochs = []

    def augmented(epoch: int) -> Iterator[Any]:
        epochs.append(epoch)
        noise = np.random.default_rng(epoch).normal(scale=0.1, size=X.shape)
        return iter(nn.batches(X + noise, WORDS, size=20))

    model = network()
    model.classes = ("cat", "dog", "owl")
    trained(model, augmented)
    assert epochs == [1, 2, 3]


def test_an_iterable_may_give_weights() -> None:
    model, other = network(), network()
    trained(model, Loader())
    optimizer = nn.SGD(other, lr=0.3)
    loader = Loader()
    for _ in range(3):
        for x, y, w in loader:
            optimizer.zero_grad()
            (cross_entropy(other(x), y, "none") * Tensor(w)).mean().backward()
            optimizer.step()
    np.testing.assert_allclose(model.to_vector(), other.to_vector(), rtol=1e-10)


class Interrupted(Exception):
    pass


def interrupt_at(step: int) -> Callable[[Any], None]:
    def callback(run: Any) -> None:
        if run.step == step:
            raise Interrupted

    return callback


def by_epoch(epoch: int) -> Any:
    return nn.batches(X, Y, size=16, rng=epoch)


@pytest.mark.parametrize(("data", "step"), [(Loader, 5), (Loader, 7), (lambda: by_epoch, 7)])
def test_a_resumed_run_ends_with_the_same_bits(data: Any, step: int, tmp_path: Path) -> None:
    whole, model = network(), network()
    settings: dict[str, Any] = {"optimizer": "adam", "lr": 0.01, "compile": False}
    history = trained(whole, data(), **settings)
    checkpoint = nn.Checkpoint(tmp_path / "c.safetensors", every=1)
    with pytest.raises(Interrupted):
        # The checkpoint of a step is written after the callbacks, so that of the step before stays.
        trained(model, data(), callbacks=[checkpoint, interrupt_at(step)], **settings)
    again = network()
    resumed = trained(again, data(), callbacks=[checkpoint], **settings)
    assert same(again, whole)
    assert resumed.steps["loss"].tolist() == history.steps["loss"].tolist()


def test_a_finished_run_is_continued_for_more_epochs(tmp_path: Path) -> None:
    whole, model = network(), network()
    settings: dict[str, Any] = {"optimizer": "adam", "lr": 0.01, "sample_weight": WEIGHTS}
    settings["compile"] = False
    trained(whole, epochs=5, **settings)
    checkpoint = nn.Checkpoint(tmp_path / "c.safetensors")
    trained(model, epochs=2, callbacks=[checkpoint], **settings)
    history = trained(network(9), epochs=5, callbacks=[checkpoint], **settings)
    assert history.steps["epoch"][-1] == 5
    again = network(8)
    trained(again, epochs=5, callbacks=[checkpoint], **settings)
    assert same(again, whole)
    with pytest.raises(nn.CheckpointError, match="checksum of the data"):
        trained(network(), epochs=6, callbacks=[checkpoint], **settings | {"sample_weight": None})


def test_other_batches_than_those_of_the_interrupted_run_are_noticed(tmp_path: Path) -> None:
    checkpoint = nn.Checkpoint(tmp_path / "c.safetensors", every=1)
    with pytest.raises(Interrupted):
        trained(network(), in_order, callbacks=[checkpoint, interrupt_at(3)])
    with pytest.raises(ValueError, match="are not those that the run was interrupted after"):
        trained(network(), lambda: nn.batches(X, Y, size=16, rng=9), callbacks=[checkpoint])


@pytest.mark.parametrize(
    ("data", "settings", "message"),
    [
        (in_order(), {}, "can be read once, and epochs=3"),
        (lambda: iter(()), {}, "no mini-batch in epoch 1"),
        ([(X, Y[:-1])], {}, r"mini-batch 1 of epoch 1: .*\(59,\)"),
        (lambda: [X], {}, "mini-batch 1 of epoch 1 must be a pair"),
        (in_order, {"drop_last": True}, "are for arrays"),
        (in_order, {"sample_weight": WEIGHTS}, "may give weights"),
        ({"x": X}, {}, "must be a pair"),
        (3, {}, "must be a pair"),
    ],
)
def test_iterables_that_give_no_batches_are_refused(
    data: Any, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        trained(network(), data, **settings)


def test_a_generator_is_read_once() -> None:
    model, other = network(), network()
    trained(model, in_order(), epochs=1)
    trained(other, in_order, epochs=1)
    assert same(model, other)


# --- label smoothing and accumulation, against PyTorch -------------------------------------------


@pytest.mark.oracle
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_label_smoothing_is_that_of_pytorch(reduction: Any) -> None:
    torch = pytest.importorskip("torch")
    z = rng.normal(size=(7, 4))
    y = np.arange(7) % 4
    p = np.abs(rng.normal(size=(7, 4)))
    p /= p.sum(axis=1, keepdims=True)
    for target in (y, p):
        logits = Tensor(z)
        loss = cross_entropy(logits, target, reduction, label_smoothing=0.3)
        (loss * loss).sum().backward()
        theirs = torch.tensor(z, requires_grad=True)
        expected = torch.nn.functional.cross_entropy(
            theirs, torch.tensor(target), reduction=reduction, label_smoothing=0.3
        )
        (expected * expected).sum().backward()
        np.testing.assert_allclose(loss.numpy(), expected.detach().numpy(), rtol=1e-12)
        np.testing.assert_allclose(logits.grad, theirs.grad.numpy(), rtol=1e-10)


def test_label_smoothing_is_a_fraction() -> None:
    with pytest.raises(ValueError, match=r"label_smoothing=1\.5"):
        cross_entropy([[0.0, 1.0]], [1], label_smoothing=1.5)


def test_shards_accumulate_the_gradients_of_parts_of_a_mini_batch() -> None:
    model, other = network(), network()
    trained(model, batch_size=30, shards=3)
    optimizer = nn.SGD(other, lr=0.3)
    epochs = nn.batches(X, Y, size=30, rng=1)
    for _ in range(3):
        for x, y in epochs:
            optimizer.zero_grad()
            for part in (slice(0, 10), slice(10, 20), slice(20, 30)):
                (cross_entropy(other(x[part]), y[part]) / 3).backward()
            optimizer.step()
    np.testing.assert_allclose(model.to_vector(), other.to_vector(), rtol=1e-12)
