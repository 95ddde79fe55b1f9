"""Networks as scikit-learn's estimators: its own checks, and that its tools can work with them."""

from __future__ import annotations

import pickle
import subprocess
import sys
from functools import partial
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import nn
from nn.sklearn import NetworkClassifier, NetworkRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 4))
LABELS = np.array(["low", "middle", "high"])[np.digitize(X[:, 0], [-0.4, 0.4])]
VALUES = np.column_stack([X[:, 0] * X[:, 1], np.sin(X[:, 2])])


@pytest.mark.filterwarnings("ignore::UserWarning")  # the checks provoke scikit-learn's own warnings
@parametrize_with_checks([NetworkClassifier(max_iter=100), NetworkRegressor(max_iter=100)])
def test_scikit_learns_own_checks_hold(estimator: Any, check: Any) -> None:
    check(estimator)


# --------------------------------------------------------------------------------------------------
# Classifier


def test_labels_are_told_as_they_were_given() -> None:
    model = NetworkClassifier([20], lr=0.01, random_state=0).fit(X, LABELS)
    assert model.classes_.tolist() == ["high", "low", "middle"]
    assert model.score(X, LABELS) > 0.9
    probabilities = model.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (model.classes_[probabilities.argmax(axis=1)] == model.predict(X)).all()


def test_an_estimator_is_what_fit_would_have_made_of_the_same_network() -> None:
    model = NetworkClassifier([8], "tanh", optimizer="sgd", lr=0.1, max_iter=5, tol=0)
    numbers = np.unique(LABELS, return_inverse=True)[1]
    estimated = clone(model).set_params(random_state=3).fit(X, LABELS)

    rng = np.random.default_rng(np.random.RandomState(3).randint(2**31))
    network = nn.MLP([4, 8, 3], "tanh", rng=rng, dtype=np.float64)
    history = nn.fit(
        network, (X, numbers), loss="cross-entropy", optimizer="sgd", lr=0.1, epochs=5,
        batch_size=200, progress=False, rng=rng,
    )  # fmt: skip
    np.testing.assert_array_equal(estimated.network_.to_vector(), network.to_vector())
    assert estimated.loss_curve_ == history.epochs()["loss"].tolist()
    assert estimated.n_iter_ == 5


@pytest.mark.parametrize(("kind", "y"), [(NetworkClassifier, LABELS), (NetworkRegressor, VALUES)])
@pytest.mark.parametrize("sizes", [10, np.int64(10), (10,), np.array([10])])
def test_one_number_is_one_hidden_layer(kind: Any, y: Any, sizes: Any) -> None:
    model = kind(sizes, max_iter=1).fit(X, y)
    assert [w.shape[0] for w in model.network_.parameters() if w.ndim == 2][:-1] == [10]
    assert model.get_params()["hidden_layer_sizes"] is sizes


@pytest.mark.parametrize("weights", [None, np.arange(1.0, 121.0)])
def test_the_loss_curve_is_the_mean_over_examples_as_scikit_learns(weights: Any) -> None:
    model = NetworkRegressor([3], batch_size=50, max_iter=1, lr=1e-300, random_state=0)
    model.fit(X, VALUES, weights)
    loss = np.average(((model.predict(X) - VALUES) ** 2).mean(axis=1), weights=weights)
    assert model.loss_curve_ == pytest.approx([loss], rel=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_network_computes_in_the_type_of_the_inputs(dtype: Any) -> None:
    model = NetworkClassifier([5], max_iter=2, random_state=0).fit(X.astype(dtype), LABELS)
    assert {p.dtype for p in model.network_.parameters()} == {np.dtype(dtype)}
    assert model.predict_proba(X).dtype == dtype


def test_one_class_is_refused() -> None:
    with pytest.raises(ValueError, match=r"two classes, and y has only one class: \['a'\]"):
        NetworkClassifier().fit(X, ["a"] * len(X))


def test_training_can_go_on_in_parts() -> None:
    model = NetworkClassifier([10], lr=0.02, batch_size=20, random_state=0)
    for _ in range(20):
        for part in np.split(np.arange(len(X)), 3):
            model.partial_fit(X[part], LABELS[part], classes=["low", "middle", "high"])
    assert model.score(X, LABELS) > 0.9
    assert model.n_iter_ == len(model.loss_curve_) == 60


def test_parts_keep_the_state_of_the_optimiser() -> None:
    whole = NetworkRegressor([5], lr=0.01, max_iter=3, batch_size=None, tol=0, random_state=0)
    whole.fit(X, VALUES)
    parts = clone(whole)
    for _ in range(3):
        parts.partial_fit(X, VALUES)
    np.testing.assert_allclose(parts.predict(X), whole.predict(X), rtol=1e-9)


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (None, "first call of partial_fit must name all classes"),
        (["low", "high"], r"the classes \['middle'\] are none of \['high', 'low'\]"),
    ],
)
def test_the_first_part_must_name_every_class(classes: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NetworkClassifier().partial_fit(X, LABELS, classes=classes)


def test_a_later_part_cannot_bring_other_classes() -> None:
    model = NetworkClassifier([3], random_state=0).partial_fit(X, LABELS, classes=LABELS)
    with pytest.raises(ValueError, match=r"the classes \['new'\] are none of"):
        model.partial_fit(X[:1], ["new"])
    with pytest.raises(ValueError, match="differ from those of the first call"):
        model.partial_fit(X, LABELS, classes=["low", "high"])


# --------------------------------------------------------------------------------------------------
# Regressor


def test_several_values_are_learnt_at_once() -> None:
    model = NetworkRegressor([30], "tanh", lr=0.01, batch_size=20, random_state=0)
    assert model.fit(X, VALUES).score(X, VALUES) > 0.95
    assert model.predict(X).shape == (120, 2)


@pytest.mark.parametrize("columns", [VALUES[:, 0], VALUES[:, :1], VALUES])
def test_predictions_have_the_shape_of_the_targets(columns: np.ndarray) -> None:
    model = NetworkRegressor([3], max_iter=1, random_state=0)
    assert model.fit(X, columns).predict(X).shape == columns.shape
    assert clone(model).partial_fit(X, columns).predict(X).shape == columns.shape


# --------------------------------------------------------------------------------------------------
# Weights of examples


@pytest.mark.parametrize(
    ("kind", "targets"),
    [(NetworkClassifier, LABELS), (NetworkRegressor, VALUES), (NetworkRegressor, VALUES[:, 0])],
)
def test_a_weight_of_2_is_an_example_given_twice(kind: Any, targets: np.ndarray) -> None:
    model = kind([6], "tanh", batch_size=None, max_iter=30, random_state=0)
    weights = RNG.integers(0, 4, size=len(X))
    weighted = clone(model).fit(X, targets, sample_weight=10.0 * weights)
    repeated = clone(model).fit(X.repeat(weights, axis=0), targets.repeat(weights, axis=0))
    np.testing.assert_allclose(
        weighted.network_.to_vector(), repeated.network_.to_vector(), rtol=1e-9, atol=1e-12
    )
    np.testing.assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-9)


@pytest.mark.filterwarnings("ignore:parameter '0.weight' cannot learn")  # of nothing but zeros
def test_heavy_examples_are_fitted_first() -> None:
    contradictory = np.where(np.arange(len(X)) % 2, "odd", "even")
    model = NetworkClassifier([3], lr=0.05, random_state=0)
    same = np.zeros_like(X)  # nothing tells the examples apart but how much they count
    for favourite in ("odd", "even"):
        weights = np.where(contradictory == favourite, 3.0, 1.0)
        probabilities = clone(model).fit(same, contradictory, weights).predict_proba(same[:1])[0]
        np.testing.assert_allclose(probabilities.max(), 0.75, atol=0.01)
        assert ("even", "odd")[probabilities.argmax()] == favourite


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (-np.ones(len(X)), "has -1.0; weights must be 0 or more"),
        (np.zeros(len(X)), r"[wW]eight"),
        (np.ones(3), "sample_weight"),
    ],
)
def test_weights_that_make_no_sense_are_refused(weights: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NetworkRegressor(max_iter=1).fit(X, VALUES, weights)


# --------------------------------------------------------------------------------------------------
# Settings


def test_class_weights_are_weights_of_the_examples() -> None:
    settings: dict[str, Any] = {"max_iter": 5, "random_state": 0}
    counts = {name: np.sum(name == LABELS) for name in np.unique(LABELS)}
    weights = np.array([len(LABELS) / (3 * counts[name]) for name in LABELS])
    models = [
        NetworkClassifier([5], class_weight="balanced", **settings).fit(X, LABELS),
        NetworkClassifier([5], **settings).fit(X, LABELS, weights),
    ]
    thetas = [model.network_.to_vector() for model in models]
    np.testing.assert_allclose(thetas[0], thetas[1], rtol=1e-12)
    heavy = NetworkClassifier([5], class_weight={"low": 1e3}, **settings | {"max_iter": 100})
    assert np.mean(heavy.fit(X, LABELS).predict(X) == "low") > 0.6
    with pytest.raises(ValueError, match="give class_weight as a dict"):
        models[0].partial_fit(X, LABELS)


def test_early_stopping_keeps_the_weights_of_the_best_epoch() -> None:
    noise = np.random.default_rng(1).integers(0, 2, size=len(X))  # nothing but noise to learn
    model = NetworkClassifier(
        [50], lr=0.05, early_stopping=True, n_iter_no_change=4, tol=0, random_state=0
    ).fit(X, noise, sample_weight=np.ones(len(X)))
    losses = model.history_.validations["loss"]
    assert len(losses) == model.n_iter_ < 200
    assert losses.argmin() == model.n_iter_ - 5
    assert "no better in the 4 validations since" in model.history_.stopped


def test_training_ends_when_the_loss_stands_still() -> None:
    settings = {"hidden_layer_sizes": [3], "lr": 0.1, "random_state": 0}
    assert NetworkRegressor(**settings).fit(X, VALUES[:, 1]).n_iter_ < 200
    assert NetworkRegressor(**settings, tol=0).fit(X, VALUES[:, 1]).n_iter_ == 200


def normalised(n_in: int, n_out: int, rng: np.random.Generator) -> nn.Module:
    return nn.Sequential(nn.LayerNorm(n_in), nn.Linear(n_in, n_out, rng=rng))


def test_a_network_and_an_optimiser_of_ones_own_can_be_given() -> None:
    model = NetworkClassifier(network=normalised, optimizer=partial(nn.SGD, lr=0.5, momentum=0.9))
    model.set_params(random_state=0, max_iter=20).fit(X, LABELS)
    assert isinstance(model.network_[0], nn.LayerNorm)
    assert set(model.history_.steps["lr"]) == {0.5}
    assert model.score(X, LABELS) > 0.6


def test_settings_that_make_no_sense_are_refused_when_training_begins() -> None:
    for settings, message in (
        ({"optimizer": "newton"}, "optimizer='newton' is none of"),
        ({"activation": "cube"}, "activation='cube' is unknown"),
        ({"max_iter": 0}, "epochs=0"),
        ({"hidden_layer_sizes": [0]}, "an MLP needs"),
    ):
        with pytest.raises(ValueError, match=message):
            NetworkClassifier(**settings).fit(X, LABELS)


# --------------------------------------------------------------------------------------------------
# Among scikit-learn's tools


def test_a_pipeline_searches_its_settings_in_several_processes() -> None:
    x, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), NetworkClassifier([10], lr=0.02, random_state=0))
    grid = {
        "networkclassifier__activation": ["relu", "tanh"],
        "networkclassifier__lr": [1e-9, 0.02],
    }
    search = GridSearchCV(pipeline, grid, cv=3, n_jobs=2).fit(x, y)
    assert search.best_params_["networkclassifier__lr"] == 0.02
    assert search.best_score_ > 0.93
    alone = cross_val_score(pipeline.set_params(**search.best_params_), x, y, cv=3)
    assert alone.mean() == pytest.approx(search.best_score_, abs=0.02)


def test_handwritten_digits_are_read() -> None:
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32)
    model = NetworkClassifier([30], lr=0.01, batch_size=50, max_iter=15, random_state=0)
    assert model.fit(x[:1200], y[:1200]).score(x[1200:], y[1200:]) > 0.9


def test_a_pickled_estimator_predicts_and_trains_on_the_same() -> None:
    model = NetworkClassifier([6], dropout=0.3, max_iter=3, random_state=0).fit(X, LABELS)
    twin = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X))
    for each in (model, twin):
        each.partial_fit(X, LABELS)
    np.testing.assert_array_equal(twin.network_.to_vector(), model.network_.to_vector())


def test_a_notebook_shows_the_card_with_the_settings() -> None:
    card = NetworkClassifier([6])._repr_html_()
    assert "NetworkClassifier" in card
    assert "hidden_layer_sizes" in card


def test_without_scikit_learn_one_sentence_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import nn\n"
        "try:\n    import nn.sklearn\n"
        "except ImportError as error:\n    print(error)"
    )
    said = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert said.strip() == 'nn.sklearn needs scikit-learn: pip install "wengert[sklearn]"'
