"""``fit``: equal to the plain loop, what it records, shows and refuses."""

import io
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor
from nn import (
    SGD,
    Adam,
    DataError,
    EarlyStopping,
    History,
    RandomSearch,
    SmallChange,
    evaluate,
    fit,
    predict,
)
from nn.metrics import accuracy
from nn.optim import GradientOptimizer
from nn.optim.schedules import Cosine, ReduceOnPlateau

X, Y = nn.datasets.moons(120, noise=0.2, rng=0)
DATA = (X, Y)
HELD_OUT = nn.datasets.moons(60, noise=0.2, rng=1)


def network(*, dropout: float = 0.0, norm: bool = False, rng: int = 3) -> Any:
    if norm:
        return nn.Sequential(nn.Linear(2, 8, rng=rng), nn.BatchNorm(8), nn.Linear(8, 2, rng=rng))
    return nn.MLP([2, 8, 2], activation="tanh", dropout=dropout, rng=rng)


def trained(model: Any, **settings: Any) -> History:
    defaults: dict[str, Any] = {"loss": "cross-entropy", "lr": 0.1, "epochs": 3, "batch_size": 16}
    if not isinstance(settings.get("optimizer", ""), str):
        del defaults["lr"]
    return fit(model, DATA, **{"progress": False} | defaults | settings)


def same(one: Any, other: Any) -> bool:
    a, b = one.state_dict(), other.state_dict()
    return list(a) == list(b) and all(np.array_equal(a[name], b[name]) for name in a)


# --- the loop ------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [{}, {"dropout": 0.5}, {"norm": True}])
@pytest.mark.parametrize("batch_size", [1, 7, 120])
@pytest.mark.parametrize("method", [lambda m: SGD(m, lr=0.1, momentum=0.9), Adam])
def test_fit_is_the_plain_loop_bit_for_bit(
    model: dict[str, Any], batch_size: int, method: Callable[[Any], GradientOptimizer]
) -> None:
    if model.get("norm") and batch_size != 120:
        batch_size = 8
    plain, fitted = network(**model), network(**model)
    optimizer = method(plain)
    epochs = nn.batches(*DATA, size=batch_size, rng=5)
    losses = []
    for _ in range(2):
        for x, y in epochs:
            optimizer.zero_grad()
            loss = nn.losses.cross_entropy(plain(x), y)
            loss.backward()
            optimizer.step()
            losses.append(float(loss))
    history = trained(
        fitted,
        optimizer=method(fitted),
        epochs=2,
        batch_size=batch_size,
        rng=5,
        validation=HELD_OUT,
        metrics="accuracy",
        compile=False,
    )
    assert same(plain, fitted)
    assert not same(plain, network(**model))
    np.testing.assert_array_equal(history.steps["loss"], losses)


@pytest.mark.parametrize("compile", [True, False])
def test_a_short_last_batch_can_be_left_out(compile: bool) -> None:
    settings: dict[str, Any] = {"batch_size": 7, "epochs": 2, "rng": 5, "compile": compile}
    with pytest.raises(ValueError, match=r"a batch of 1; .*drop_last=True"):
        trained(network(norm=True), **settings)
    plain, fitted = network(norm=True), network(norm=True)
    optimizer = SGD(plain, lr=0.1)
    epochs = nn.batches(*DATA, size=7, rng=5, drop_last=True)
    for _ in range(2):
        for x, y in epochs:
            optimizer.zero_grad()
            nn.losses.cross_entropy(plain(x), y).backward()
            optimizer.step()
    history = trained(fitted, drop_last=True, **settings)
    assert history.steps["examples"].tolist() == [7] * 34
    np.testing.assert_allclose(fitted.to_vector(), plain.to_vector(), rtol=1e-4, atol=1e-6)
    assert compile or same(plain, fitted)


@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_steps_that_nothing_looks_at_are_the_same(
    optimizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nn.training.run.SOON", math.inf)
    ends, seen = [], list[int]()
    for callbacks in ([lambda run: seen.append(run.step)], []):
        model = network()
        own = optimizer(model, lr=0.05, clip_norm=1.0)
        settings: Any = {"epochs": 7, "batch_size": 8, "callbacks": callbacks, "progress": False}
        history = fit(model, DATA, loss="cross-entropy", optimizer=own, **settings)
        ends.append([model.state_dict(), own.state_dict(), history.state_dict()])
    assert seen == [*range(1, 106)]
    np.testing.assert_equal(ends[0], ends[1])


def test_a_failure_among_steps_taken_at_once_leaves_those_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nn.training.run.SOON", math.inf)
    rows = list[int]()

    class Seldom(nn.Callback):
        each_step = False

        def begin(self, run: Any) -> None:
            self.steps = run.history.steps

        def __call__(self, run: Any) -> None:
            rows.append(self.steps.rows)

        def close(self) -> None:
            rows.append(self.steps.rows)

    x, y, model, same = X.copy(), np.eye(2)[Y], network(), network()
    x[100] = np.nan
    settings: Any = {"loss": "mse", "lr": 0.05, "rng": None, "progress": False, "batch_size": 1}
    with pytest.raises(nn.NonFiniteError) as caught:
        fit(model, (x, y), epochs=1, callbacks=[Seldom()], **settings)
    fit(same, (x[:100], y[:100]), epochs=1, **settings)
    assert caught.value.step == 101
    assert rows[-1] == 100
    assert len(rows) < 20
    np.testing.assert_equal(model.state_dict(), same.state_dict())


def test_an_epoch_without_any_batch_is_refused() -> None:
    with pytest.raises(ValueError, match="drop_last=True leaves no mini-batch of 120 examples"):
        trained(network(), batch_size=121, drop_last=True)


def test_rng_none_keeps_the_order_and_a_seed_shuffles_each_epoch_anew() -> None:
    seen: list[Any] = []

    def loss(output: Any, y: Any) -> Any:
        seen.append(y.tolist())
        return ag.sum(output * 0.0)

    labels = np.arange(120)
    for rng in (None, 0):
        settings: dict[str, Any] = {"batch_size": None, "rng": rng, "progress": False}
        fit(network(), (X, labels), loss=loss, epochs=2, compile=False, **settings)
    assert seen[0] == seen[1] == labels.tolist()
    assert labels.tolist() != seen[2] != seen[3]
    assert sorted(seen[2]) == sorted(seen[3]) == labels.tolist()


def test_training_learns_and_tells() -> None:
    history = trained(
        network(),
        optimizer="adam",
        lr=0.1,
        epochs=20,
        metrics=("accuracy", "error-rate"),
        validation=HELD_OUT,
    )
    assert history.epochs()["accuracy"][-1] > 0.93
    assert history.validations["accuracy"][-1] > 0.9
    np.testing.assert_allclose(history.steps["accuracy"], 1 - history.steps["error_rate"])
    assert history.stopped == "all 20 epochs are done"
    np.testing.assert_array_equal(history.steps["step"], np.arange(1, 161))
    np.testing.assert_array_equal(history.steps["epoch"], np.repeat(np.arange(1, 21), 8))
    np.testing.assert_array_equal(history.validations["step"], np.arange(8, 161, 8))


def test_each_row_holds_the_figures_of_its_mini_batch_before_the_step() -> None:
    model, again = network(), network()
    history = trained(model, epochs=1, metrics="accuracy", rng=5)
    x, y = next(iter(nn.batches(*DATA, size=16, rng=5)))
    loss = nn.losses.cross_entropy(again(x), y)
    loss.backward()
    gradient = np.concatenate([p.grad.ravel() for p in again.parameters()])
    assert history.steps["loss"][0] == float(loss)
    assert history.steps["accuracy"][0] == accuracy(again(x).numpy(), y)
    assert history.steps["gradient_norm"][0] == pytest.approx(np.linalg.norm(gradient), rel=1e-6)
    assert history.steps["lr"][0] == 0.1


def test_validation_runs_in_evaluation_mode_every_so_many_steps() -> None:
    model = network(dropout=0.5)
    history = trained(
        model, epochs=2, validation=HELD_OUT, validation_every=3, metrics={"right": accuracy}
    )
    np.testing.assert_array_equal(history.validations["step"], [3, 6, 9, 12, 15])
    np.testing.assert_array_equal(history.validations["epoch"], [1, 1, 2, 2, 2])
    last = trained(model, epochs=1, validation=HELD_OUT, metrics={"right": accuracy})
    figures = evaluate(model, HELD_OUT, loss="cross-entropy", metrics={"right": accuracy})
    assert last.validations["loss"][-1] == figures["loss"]
    assert last.validations["right"][-1] == figures["right"]


@pytest.mark.parametrize("mode", [True, False])
def test_the_model_trains_in_training_mode_and_is_left_in_the_one_it_had(mode: bool) -> None:
    model = network(dropout=0.5).train(mode)
    modes = []
    trained(model, callbacks=[lambda run: modes.append(run.model.training)], validation=HELD_OUT)
    assert set(modes) == {True}
    assert {module.training for module in model.named_modules().values()} == {mode}


def test_frozen_parameters_stay_and_the_others_learn() -> None:
    model = network()
    model[0].freeze()
    before = model.state_dict()
    trained(model)
    after = model.state_dict()
    assert np.array_equal(before["0.weight"], after["0.weight"])
    assert not np.array_equal(before["2.weight"], after["2.weight"])


def test_a_schedule_sets_the_rate_of_each_step_and_any_function_is_one() -> None:
    history = trained(network(), schedule=Cosine(0.5, steps=24))
    np.testing.assert_allclose(history.steps["lr"], [Cosine(0.5, steps=24)(t) for t in range(24)])
    history = trained(network(), schedule=lambda t: 1 / (t + 1))
    np.testing.assert_allclose(history.steps["lr"], 1 / np.arange(1, 25))


@pytest.mark.parametrize("validation", [None, HELD_OUT])
def test_a_plateau_is_one_of_the_validation_loss_or_of_epochs(
    validation: Any,
) -> None:
    schedule = ReduceOnPlateau(0.5, factor=0.5, patience=0, min_delta=100.0)
    history = trained(network(), schedule=schedule, validation=validation)
    # The first observation is the best, all others no improvement by 100.
    np.testing.assert_allclose(history.steps["lr"], np.repeat([0.5, 0.5, 0.25], 8))


def test_the_gradient_is_clipped_and_recorded_unclipped() -> None:
    clipped, free = network(), network()
    history = trained(clipped, clip_norm=0.01, epochs=1)
    assert history.steps["gradient_norm"].min() > 0.01
    assert np.abs(clipped.to_vector() - network().to_vector()).max() < 0.1 * 0.01 * 8
    trained(free, epochs=1)
    assert not same(clipped, free)


def test_random_search_trains_without_gradients_and_loses() -> None:
    searched, followed = network(), network()
    optimizer = RandomSearch(searched, lr=0.1, rng=0)
    history = trained(searched, optimizer=optimizer, epochs=10, batch_size=None)
    assert np.isnan(history.steps["gradient_norm"]).all()
    assert np.all(np.diff(history.steps["loss"]) <= 1e-6)
    assert history.steps["loss"][-1] < history.steps["loss"][0]
    other = trained(followed, lr=1.0, epochs=10, batch_size=None)
    assert other.steps["loss"][-1] < history.steps["loss"][-1]


# --- stopping and callbacks ----------------------------------------------------------------------


def test_early_stopping_ends_training_and_restores_the_best_weights() -> None:
    model = network()
    rule = EarlyStopping(patience=3, min_delta=0.01)
    kept: dict[int, Any] = {}

    def keep(run: Any) -> None:
        kept[run.step] = run.model.state_dict()

    history = trained(model, lr=0.5, epochs=200, validation=HELD_OUT, stop=rule, callbacks=[keep])
    assert history.steps.rows < 200 * 8
    assert history.steps.rows == rule.best_step + 3 * 8
    assert f"(step {rule.best_step})" in history.stopped
    assert all(np.array_equal(kept[rule.best_step][k], v) for k, v in model.state_dict().items())


def test_a_rule_used_again_starts_afresh() -> None:
    rule = EarlyStopping(patience=2)
    model = network()
    trained(model, epochs=3, validation=HELD_OUT, stop=rule, optimizer=SGD(model, lr=0.0))
    other = network(rng=4)
    history = trained(other, epochs=1, validation=HELD_OUT, stop=rule)
    assert rule.best == history.validations["loss"][0]
    assert not same(other, network(rng=4))


def test_several_rules_may_stop_training_within_an_epoch() -> None:
    rules = [SmallChange(1e-9), EarlyStopping(patience=1)]
    model = network()
    history = trained(
        model,
        optimizer=SGD(model, lr=0.0),
        validation=HELD_OUT,
        validation_every=3,
        stop=rules,
    )
    assert history.steps.rows == 6
    assert "no better in the 1 validations since" in history.stopped


def test_a_callback_sees_the_run_after_each_step_and_may_stop_it() -> None:
    seen = []

    def watch(run: Any) -> None:
        seen.append((run.epoch, run.step, run.history.steps.rows))
        if run.step == 11:
            run.stop("seen enough")

    history = trained(network(), callbacks=[watch])
    assert seen[0] == (1, 1, 1)
    assert seen[-1] == (2, 11, 11)
    assert history.stopped == "seen enough"


class Diary(nn.Callback):
    """A callback that notes when it is called, and has a state of its own."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.fails_at = fails_at
        self.notes: list[Any] = []

    def begin(self, run: Any) -> None:
        self.notes.append(("begin", run.step))

    def __call__(self, run: Any) -> None:
        self.notes.append((run.step, run.examples, run.validated, run.epoch_ended))
        if run.step == self.fails_at:
            raise OSError("no space left")

    def end(self, run: Any) -> None:
        self.notes.append(("end", run.step))

    def close(self) -> None:
        self.notes.append("close")

    def state_dict(self) -> dict[str, Any]:
        return {"notes": len(self.notes)}

    def load_state_dict(self, state: Any) -> None:
        self.notes.append(("resumed", state["notes"]))


def test_a_callback_is_called_at_start_each_step_and_end() -> None:
    diary = Diary()
    settings: dict[str, Any] = {"epochs": 1, "batch_size": 50, "validation_every": 2}
    trained(network(), validation=HELD_OUT, callbacks=[diary], **settings)
    steps = [(1, 50, False, False), (2, 100, True, False), (3, 120, False, True)]
    assert diary.notes == [("begin", 0), *steps, ("end", 3), "close"]


def test_a_callback_is_closed_after_an_error_too() -> None:
    diary = Diary(fails_at=2)
    with pytest.raises(OSError, match="no space left"):
        trained(network(), callbacks=[diary], epochs=1, batch_size=50)
    assert diary.notes[-1] == "close"
    assert ("end", 2) not in diary.notes


def test_a_checkpoint_saves_what_callbacks_after_it_remember(tmp_path: Path) -> None:
    for epochs in (1, 2):
        diary = Diary()
        checkpoint = nn.Checkpoint(tmp_path / "run")
        trained(network(), callbacks=[checkpoint, diary], epochs=epochs, batch_size=60)
    assert diary.notes[:3] == [("begin", 0), ("resumed", 3), (3, 180, False, False)]


def test_reasons_to_stop_are_all_given() -> None:
    stops = [lambda run: run.stop("seen enough"), lambda run: run.stop("too late")]
    assert trained(network(), callbacks=stops).stopped == "seen enough; too late"


@pytest.mark.parametrize("compile", [True, False])
def test_older_keywords_still_work(compile: bool, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"validation": HELD_OUT, "epochs": 6, "compile": compile}
    models = [network(), network()]
    optimizers = [SGD(model, lr=0.5, momentum=0.9) for model in models]
    older = trained(
        models[0],
        optimizer=optimizers[0],
        stop=EarlyStopping(2, min_delta=0.1),
        checkpoint=tmp_path / "older",
        schedule=Cosine(0.5, steps=24),
        clip_norm=0.2,
        **settings,
    )
    assert optimizers[0].clip_norm is None  # as it was
    optimizers[1].clip_norm = 0.2
    newer = trained(
        models[1],
        optimizer=optimizers[1],
        callbacks=[nn.Checkpoint(tmp_path / "newer"), EarlyStopping(2, min_delta=0.1)],
        lr=Cosine(0.5, steps=24),
        **settings,
    )
    assert same(*models)
    assert (tmp_path / "older").read_bytes() == (tmp_path / "newer").read_bytes()
    assert older.stopped == newer.stopped
    assert older.steps.rows < 6 * 8
    for column in older.steps:
        np.testing.assert_array_equal(older.steps[column], newer.steps[column])


def test_a_keyword_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TypeError, match=r"fit\(\) got an unexpected keyword argument 'batchsize'"):
        trained(network(), batchsize=3)


def test_one_shard_is_the_whole_mini_batch() -> None:
    whole, one = network(dropout=0.5), network(dropout=0.5)
    trained(whole)
    trained(one, shards=1)
    assert same(whole, one)


# --- the progress bar ----------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_shows_epoch_loss_metric_and_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    trained(network(), progress=True, validation=HELD_OUT, metrics="accuracy")
    shown = terminal.getvalue()
    assert "epoch 3/3" in shown
    for part in ("100%", "360/360", "examples/s", "loss=0.", "accuracy=0.", "validation loss=0."):
        assert part in shown


def test_there_is_no_bar_where_nobody_sees_it(capsys: pytest.CaptureFixture[str]) -> None:
    trained(network(), progress=True)
    assert capsys.readouterr() == ("", "")


def test_without_tqdm_a_warning_says_so_and_training_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.warns(UserWarning, match=r'no progress bar: .* pip install "wengert\[train\]"'):
        history = trained(network(), progress=True)
    assert history.steps.rows == 24


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs=0"),
        ({"batch_size": 0}, "at least one example"),
        ({"clip_norm": 0.0}, "clip_norm=0"),
        ({"validation_every": 3}, "validation_every=3 needs validation="),
        ({"validation_every": 0, "validation": HELD_OUT}, "at least 1 step"),
        ({"stop": EarlyStopping()}, "needs validation="),
        ({"loss": "crossentropy"}, "'crossentropy' is none of cross_entropy, "),
        ({"metrics": "acuracy"}, "'acuracy' is none of accuracy"),
        ({"metrics": [lambda output, y: 0.0]}, "cannot be called '<lambda>'"),
        ({"metrics": {"loss": accuracy}}, "cannot be called 'loss'"),
        ({"optimizer": "adagrat"}, "'adagrat' is none of sgd"),
        ({"optimizer": SGD([Tensor([1.0])], lr=0.5), "lr": 0.1}, "the optimizer has its own"),
        ({"lr": Cosine(0.1, steps=3), "schedule": Cosine(0.1, steps=3)}, "give one of them"),
        ({"optimizer": "random-search", "clip_norm": 1.0}, "no gradient to clip"),
        ({"loss": lambda output, y: output - 0.0}, r"the loss has shape \(16, 2\)"),
        ({"loss": lambda output, y: 0.5}, "does not depend on any trainable parameter"),
        ({"loss": lambda output, y: Tensor(0.5)}, "does not depend on any trainable parameter"),
    ],
)
def test_settings_that_make_no_sense_are_refused_before_anything_changes(
    settings: dict[str, Any], message: str
) -> None:
    model = network()
    with pytest.raises(ValueError, match=message):
        trained(model, **settings)
    assert same(model, network())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (X, "must be a pair"),
        ((X, Y, Y, Y), "must be a pair"),
        ((X, Y[:-1]), r"shape \(120, 2\) and targets of shape \(119,\)"),
        ((X[:0], Y[:0]), "at least 1"),
        ((1.0, 2.0), "first axes"),
    ],
)
def test_data_that_are_no_examples_are_refused(data: Any, message: str) -> None:
    for given in ({"data": data}, {"data": DATA, "validation": data}):
        with pytest.raises(DataError, match=message):
            fit(network(), loss="mse", progress=False, **given)


def test_a_mistake_in_the_loss_is_shown_as_it_is() -> None:
    with pytest.raises(ValueError, match="shape"):
        trained(network(), loss="mse")  # class numbers against two columns


# --- predict and evaluate ------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_predict_gives_what_the_model_gives_in_evaluation_mode(batch_size: int) -> None:
    model = network(norm=True)
    trained(model)
    output = predict(model, X, batch_size=batch_size)
    assert isinstance(output, np.ndarray)
    np.testing.assert_allclose(output, model.eval()(X).numpy(), rtol=1e-5, atol=1e-6)


def test_predict_of_a_model_without_trainable_parameters_is_an_array_too() -> None:
    model = network().freeze()
    np.testing.assert_allclose(predict(model, X), np.asarray(model(X)), rtol=1e-6)


def test_evaluate_measures_what_it_is_asked_for() -> None:
    model = network()
    output = predict(model, X)
    assert evaluate(model, DATA) == {}
    assert evaluate(model, DATA, metrics=[accuracy]) == {"accuracy": accuracy(output, Y)}
    found = evaluate(model, DATA, loss=lambda z, y: nn.losses.cross_entropy(z, y) * 2.0)
    assert found["loss"] == pytest.approx(2 * float(nn.losses.cross_entropy(output, Y)))
    assert math.isfinite(found["loss"])


@pytest.mark.parametrize(
    "changed",
    [
        {"momentum": 0.9},
        {"weight_decay": 0.1},
        {"momentum": 0.9, "nesterov": True},
        {"clip_norm": 0.05},
    ],
)
def test_settings_of_the_optimiser_may_be_changed_while_it_trains(changed: dict[str, Any]) -> None:
    def change(run: Any) -> None:
        if run.step == 4:
            for name, value in changed.items():
                setattr(run.optimizer, name, value)

    models = [network(), network()]
    for model, compile in zip(models, (True, False), strict=True):
        settings: dict[str, Any] = {"epochs": 4, "batch_size": 30, "callbacks": [change]}
        trained(model, optimizer=nn.SGD(model, lr=0.1), compile=compile, **settings)
    compiled, plain = (model.to_vector() for model in models)
    np.testing.assert_allclose(compiled, plain, rtol=1e-4, atol=1e-6)
