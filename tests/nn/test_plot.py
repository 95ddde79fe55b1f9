"""Plots: what the axes show, by their artists' own data; looks are judged by eye."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import nn
from autograd import Tensor
from nn import DataError, History, plot

matplotlib.use("agg")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    matplotlib.pyplot.close("all")


def history(epochs: int, steps: int, *, metrics: tuple[str, ...] = ("accuracy",), start=4.0):
    """A run whose loss halves with each epoch, and whose metrics are the epoch over ten."""
    made = History(list(metrics))
    step = 0
    for epoch in range(1, epochs + 1):
        loss = start / 2**epoch
        figures = dict.fromkeys(metrics, epoch / 10)
        for _ in range(steps):
            step += 1
            made.steps.append(
                step=step, epoch=epoch, examples=4, loss=loss, lr=1, gradient_norm=1, **figures
            )
        made.validations.append(step=step, epoch=epoch, loss=2 * loss, **figures)
    return made


def lines(ax: Axes) -> dict[str, np.ndarray]:
    return {line.get_label(): line.get_xydata() for line in ax.lines}


# --- learning curves -----------------------------------------------------------------------------


def test_learning_curves_show_cost_and_error_rate():
    cost, errors = plot.learning_curves(history(3, 4))
    assert (cost.get_xlabel(), cost.get_ylabel()) == ("epoch", "cost")
    assert errors.get_ylabel() == "misclassification rate"
    np.testing.assert_allclose(lines(cost)["training, epochs"], [[0.5, 2], [1.5, 1], [2.5, 0.5]])
    np.testing.assert_allclose(lines(cost)["validation"], [[1, 4], [2, 2], [3, 1]])
    np.testing.assert_allclose(lines(errors)["validation"], [[1, 0.9], [2, 0.8], [3, 0.7]])
    first = lines(cost)["training, mini-batches"][0]
    np.testing.assert_allclose(first, [0.125, 2])


def test_training_has_one_colour_and_validation_another():
    (cost, _) = plot.learning_curves(history(2, 3))
    colours = {line.get_label(): to_rgb(line.get_color()) for line in cost.lines}
    assert colours["training, epochs"] == colours["training, mini-batches"]
    assert colours["training, epochs"] != colours["validation"]
    texts = [text.get_text() for text in cost.get_legend().get_texts()]
    assert texts == list(lines(cost))


def test_an_error_rate_is_shown_as_it_is_and_another_metric_by_its_name():
    _, errors = plot.learning_curves(history(2, 2, metrics=("recall", "error_rate")))
    assert errors.get_ylabel() == "misclassification rate"
    np.testing.assert_allclose(lines(errors)["validation"][:, 1], [0.1, 0.2])
    _, figure = plot.learning_curves(history(2, 2, metrics=("mean_distance",)))
    assert figure.get_ylabel() == "mean distance"


def test_panels_and_lines_are_those_of_what_was_recorded():
    made = History([])
    made.steps.append(step=1, epoch=1, examples=4, loss=1.0, lr=1, gradient_norm=1)
    (cost,) = plot.learning_curves(made)
    assert "validation" not in lines(cost)


def test_many_steps_are_thinned_without_moving_them():
    (cost, _) = plot.learning_curves(history(2, 2000))
    x, y = lines(cost)["training, mini-batches"].T
    assert len(x) <= 500
    assert x.min() > 0
    assert x.max() < 2
    np.testing.assert_allclose(y[x < 1], 2)


def test_a_last_epoch_cut_short_stands_where_it_was():
    made = history(1, 4)
    for step in (5, 6):
        made.steps.append(step=step, epoch=2, examples=4, loss=1, lr=1, gradient_norm=1, accuracy=0)
    (cost, _) = plot.learning_curves(made)
    np.testing.assert_allclose(lines(cost)["training, epochs"][:, 0], [0.5, 1.25])


def test_a_few_bad_mini_batches_do_not_flatten_the_rest():
    made = history(4, 100)
    values = made.steps["loss"]
    values[0] = 1e6
    made.steps.load(dict(made.steps) | {"loss": values})
    (cost, _) = plot.learning_curves(made)
    assert cost.get_ylim()[1] < 1e6 / 50


@pytest.mark.parametrize("start", [np.nan, np.inf, 0.0, -4.0])
def test_losses_that_are_not_positive_and_finite_can_be_drawn(start: float):
    made = history(2, 3, start=start)
    axes = plot.learning_curves(made)
    axes[0].figure.canvas.draw()


def test_learning_curves_of_nothing_are_refused():
    with pytest.raises(DataError, match="without steps"):
        plot.learning_curves(History([]))


def test_history_plots_itself():
    assert len(history(2, 3).plot()) == 2


# --- axes given ----------------------------------------------------------------------------------


def test_pictures_are_drawn_into_the_axes_given():
    axes = list(Figure().subplots(1, 3))
    assert list(plot.learning_curves(history(1, 2), axes)) == axes[:2]
    assert plot.confusion_matrix(np.eye(2), ax=axes[2]) is axes[2]
    assert not matplotlib.pyplot.get_fignums()


def test_too_few_axes_are_refused():
    with pytest.raises(ValueError, match="1 axes for 2 pictures"):
        plot.learning_curves(history(1, 2), [Figure().subplots()])


# --- classes -------------------------------------------------------------------------------------


def test_a_confusion_matrix_has_its_counts_written_and_its_shares_coloured():
    ax = plot.confusion_matrix([[8, 2], [0, 5]], names=["cat", "dog"])
    assert [text.get_text() for text in ax.texts] == ["8", "2", "5"]
    np.testing.assert_allclose(ax.images[0].get_array(), [[0.8, 0.2], [0, 1]])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["cat", "dog"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")


def test_a_class_without_examples_has_no_share():
    ax = plot.confusion_matrix([[0, 0], [1, 1]])
    np.testing.assert_allclose(ax.images[0].get_array(), [[0, 0], [0.5, 0.5]])


def test_many_classes_have_no_numbers():
    assert not plot.confusion_matrix(np.eye(40, dtype=int)).texts


@pytest.mark.parametrize("counts", [[1, 2], [[1, 2]], [[1, -1], [0, 1]], np.empty((0, 0))])
def test_what_is_no_confusion_matrix_is_refused(counts: object):
    with pytest.raises(DataError, match="not a square matrix of counts"):
        plot.confusion_matrix(counts)


def test_names_must_be_as_many_as_classes():
    with pytest.raises(DataError, match="1 names for 2 classes"):
        plot.confusion_matrix(np.eye(2), names=["a"])


def boundary(ax: Axes) -> np.ndarray:
    """The points of the black lines between regions."""
    black = [c for c in ax.collections if c.get_facecolor().size == 0]
    return np.concatenate([path.vertices for c in black for path in c.get_paths()])


POINTS = np.array([[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]])
LABELS = [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("scores", "threshold"),
    [
        (lambda p: p[:, :1] - 0.25, 0.0),
        (lambda p: p[:, 0], 0.25),
        (lambda p: nn.sigmoid(Tensor(p[:, :1]) - 0.25), 0.5),
        (lambda p: np.stack([0.25 - p[:, 0], p[:, 0] - 0.25], axis=1), 0.0),
    ],
)
def test_the_boundary_of_two_classes_is_where_their_scores_are_equal(scores, threshold: float):
    ax = plot.decision_boundary(scores, POINTS, LABELS, threshold=threshold)
    np.testing.assert_allclose(boundary(ax)[:, 0], 0.25, atol=1e-6)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["class 0", "class 1"]


def test_the_boundary_of_three_classes_lies_between_the_two_best():
    centres = np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, 5.0]])

    def scores(points: np.ndarray) -> np.ndarray:
        return -((points[:, None] - centres) ** 2).sum(axis=-1)

    ax = plot.decision_boundary(scores, np.vstack([centres, centres]), [0, 1, 2] * 2)
    distances = np.sort(((boundary(ax)[:, None] - centres) ** 2).sum(axis=-1), axis=1)
    np.testing.assert_allclose(distances[:, 0], distances[:, 1], atol=0.01)


def test_a_model_of_one_class_has_one_region_and_no_boundary():
    ax = plot.decision_boundary(lambda p: np.ones(len(p)), POINTS, LABELS, names=["no", "yes"])
    assert len(ax.collections) == 1 + 2
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["no", "yes"]


def test_a_module_is_asked_in_evaluation_mode_and_left_in_its_own():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Dropout(0.5, rng=0))
    drawings = [boundary(plot.decision_boundary(model, POINTS, LABELS)) for _ in range(2)]
    np.testing.assert_array_equal(*drawings)
    assert model[1].training


@pytest.mark.parametrize(
    ("x", "y"), [(np.ones((4, 3)), LABELS), (POINTS, [0, 1]), (np.empty((0, 2)), [])]
)
def test_points_that_are_not_in_the_plane_are_refused(x: np.ndarray, y: list[int]):
    with pytest.raises(DataError, match="points in the plane"):
        plot.decision_boundary(lambda p: p, x, y)


def test_a_model_that_gives_no_scores_is_refused():
    with pytest.raises(DataError, match=r"points has shape \(\)"):
        plot.decision_boundary(lambda p: np.float64(1), POINTS, LABELS)


# --- activations ---------------------------------------------------------------------------------


def test_every_activation_is_drawn_with_its_derivative():
    axes = plot.activations()
    titles = [ax.get_title() for ax in axes]
    assert len(titles) == len(set(titles)) == 16
    assert {"Step", "Sigmoid", "Tanh", "ReLU", "PReLU", "softmax of (x, 0, 0)"} <= set(titles)
    formulas = {
        "Sigmoid": lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2,
        "Tanh": lambda x: 1 / np.cosh(x) ** 2,
        "ReLU": lambda x: (x > 0) * 1.0,
        "softmax of (x, 0, 0)": lambda x: 2 * np.exp(x) / (np.exp(x) + 2) ** 2,
        "Softplus": lambda x: 1 / (1 + np.exp(-x)),
        "Step": lambda x: 0 * x,
    }
    for ax in axes:
        if ax.get_title() in formulas:
            x, slope = ax.lines[1].get_data()
            drawn = np.isfinite(slope)
            np.testing.assert_allclose(slope[drawn], formulas[ax.get_title()](x[drawn]), atol=1e-12)
            assert drawn.sum() >= len(x) - 1


def test_a_jump_is_a_gap():
    (ax,) = plot.activations(["step"])
    x, y = ax.lines[0].get_data()
    assert np.isnan(y[np.searchsorted(x, 0.0)])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["$f$", "$f'$"]


def test_an_activation_of_ones_own_can_be_drawn():
    (ax,) = plot.activations([lambda x: x * x])
    x, slope = ax.lines[1].get_data()
    np.testing.assert_allclose(slope, 2 * x)


# --- images --------------------------------------------------------------------------------------


def test_rows_become_square_images_in_a_grid_without_empty_axes():
    rows = np.arange(12 * 9.0).reshape(12, 9)
    axes = plot.images(rows, titles=["first"])
    assert len(axes) == len(axes[0].figure.axes) == 12
    np.testing.assert_array_equal(axes[1].images[0].get_array(), rows[1].reshape(3, 3))
    assert [ax.get_title() for ax in axes[:2]] == ["first", ""]


def test_images_of_another_shape_are_made_as_told_and_no_more_than_asked():
    axes = plot.images(np.ones((5, 6)), shape=(2, 3), most=4)
    assert [ax.images[0].get_array().shape for ax in axes] == [(2, 3)] * 4


@pytest.mark.parametrize(
    ("rows", "shape"),
    [
        (np.ones((2, 6)), None),
        (np.ones((2, 6)), (2, 2)),
        (np.ones(9), None),
        (np.ones((0, 9)), None),
    ],
)
def test_what_is_no_image_is_refused(rows: np.ndarray, shape: tuple[int, int] | None):
    with pytest.raises(DataError, match="does not hold images"):
        plot.images(rows, shape=shape)


def test_weights_share_one_scale_around_zero():
    layer = nn.Linear(16, 3, rng=0)
    axes = plot.weights(layer.weight)
    limits = {ax.images[0].get_clim() for ax in axes}
    largest = float(abs(layer.weight.numpy()).max())
    assert limits == {(-largest, largest)}
    np.testing.assert_array_equal(
        axes[2].images[0].get_array(), layer.weight.numpy()[2].reshape(4, 4)
    )


def test_weights_that_are_all_zero_can_be_drawn():
    plot.weights(np.zeros((2, 4)))[0].figure.canvas.draw()


def test_mistakes_are_the_examples_whose_class_was_mistaken():
    x = np.arange(4 * 4.0).reshape(4, 4)
    scores = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
    axes = plot.mistakes(x, [0, 1, 1, 0], scores, names=["a", "b"])
    assert [ax.get_title() for ax in axes] == ["b → a", "a → b"]
    np.testing.assert_array_equal(axes[1].images[0].get_array(), x[3].reshape(2, 2))


def test_mistakes_need_targets_predictions_and_an_error():
    with pytest.raises(DataError, match="2 examples, 1 targets and 1 predictions"):
        plot.mistakes(np.ones((2, 4)), [1], [0])
    with pytest.raises(DataError, match="no example is misclassified"):
        plot.mistakes(np.ones((1, 4)), [1], [1])


# --- scores --------------------------------------------------------------------------------------


def test_the_roc_curve_and_its_area_are_scikit_learns():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    scores = y + rng.normal(size=200)
    ax = plot.roc_curve(y, scores)
    (label,) = [label for label in lines(ax) if label.startswith("area")]
    assert label == f"area {metrics.roc_auc_score(y, scores):.3f}"
    false_positive, true_positive, _ = metrics.roc_curve(y, scores)
    np.testing.assert_array_equal(lines(ax)[label], np.transpose([false_positive, true_positive]))
    assert lines(ax)["guessing"].tolist() == [[0, 0], [1, 1]]


def test_each_of_several_classes_has_a_curve_against_the_rest():
    metrics = pytest.importorskip("sklearn.metrics")
    y = np.array([0, 1, 2, 0, 1, 2, 2])
    scores = np.eye(3)[y] + np.random.default_rng(0).normal(size=(7, 3))
    roc = plot.roc_curve(y, scores, names=["cat", "dog", "owl"])
    area = metrics.roc_auc_score(y == 1, scores[:, 1])
    assert f"dog: area {area:.3f}" in lines(roc)
    precision = plot.precision_recall_curve(y, scores)
    average = metrics.average_precision_score(y == 2, scores[:, 2])
    assert f"class 2: average {average:.3f}" in lines(precision)
    assert (precision.get_xlabel(), precision.get_ylabel()) == ("recall", "precision")


@pytest.mark.parametrize(
    ("y", "scores", "reason"),
    [
        ([0, 1], [0.1, 0.2, 0.3], "for 2 labels"),
        ([0, 0], [0.1, 0.2], "needs examples of class 1"),
        ([0, 2], [[0.1, 0.9], [0.2, 0.8]], "class 2 has no score"),
    ],
)
def test_scores_that_give_no_curve_are_refused(y, scores, reason):
    for curve in plot.roc_curve, plot.precision_recall_curve:
        with pytest.raises(DataError, match=reason):
            curve(y, scores)


# --- the error surface ---------------------------------------------------------------------------


def test_the_error_surface_shows_heights_and_paths():
    def bowl(w, v):
        return w * w + 4 * v * v

    path = [[1.0, 1.0], [0.5, 0.1], [0.0, 0.0]]
    ax = plot.error_surface(bowl, (-2, 2), (-1, 1), paths=[path], labels=["descent"], resolution=21)
    np.testing.assert_array_equal(lines(ax)["descent"], path)
    assert (ax.get_xlim(), ax.get_ylim()) == ((-2, 2), (-1, 1))
    levels = ax.collections[0].levels
    assert levels[0] <= 0
    assert levels[-1] >= 8
    with pytest.raises(DataError, match="points"):
        plot.error_surface(bowl, (-2, 2), (-1, 1), paths=[[1.0, 2.0]], resolution=5)
    narrow = plot.error_surface(bowl, (-2, 2), (-1, 1), logarithmic=True, resolution=21)
    assert narrow.collections[0].levels[-1] == pytest.approx(np.log10(8), abs=0.5)


# --- the spread of layers ------------------------------------------------------------------------


def test_the_spread_of_each_layer_is_recorded_over_the_steps():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 4)).astype(np.float32), np.arange(30) % 3
    model = nn.MLP([4, 8, 3], activation="tanh", rng=0)
    spread = nn.LayerSpread(every=4, inputs=x, targets=y)
    nn.fit(model, (x, y), loss="cross_entropy", epochs=3, batch_size=10, callbacks=[spread])
    assert spread.steps == [1, 5, 9]
    assert spread.layers == ["0", "1", "2"]
    assert spread.activations[-1, -1] == pytest.approx(np.std(nn.predict(model, x)), rel=1e-6)
    logits = Tensor(nn.predict(model, x))
    loss = nn.cross_entropy(logits, y)
    loss.backward()
    assert spread.gradients[-1, -1] == pytest.approx(np.std(logits.grad), rel=1e-5)
    activations, gradients = plot.layer_spread(spread)
    np.testing.assert_array_equal(lines(activations)["1"][:, 1], spread.activations[:, 1])
    assert lines(gradients)["0"][:, 0].tolist() == [1, 5, 9]
    assert gradients.get_yscale() == "log"


def test_recording_spreads_does_not_change_training():
    x, y = np.eye(6, dtype=np.float32), np.arange(6) % 2

    def trained(*callbacks):
        model = nn.Sequential(
            nn.Linear(6, 4, rng=0), nn.Dropout(0.5, rng=0), nn.Linear(4, 2, rng=0)
        )
        nn.fit(model, (x, y), loss="cross_entropy", epochs=3, callbacks=callbacks)
        return nn.predict(model, x)

    spread = nn.LayerSpread(every=1)
    np.testing.assert_array_equal(trained(spread), trained())
    again = nn.LayerSpread()
    again.load_state_dict(spread.state_dict())
    assert again.steps == spread.steps
    np.testing.assert_array_equal(again.gradients, spread.gradients)


def test_a_spread_that_was_never_recorded_has_no_picture():
    with pytest.raises(DataError, match="callbacks"):
        plot.layer_spread(nn.LayerSpread())
    with pytest.raises(ValueError, match="every=0"):
        nn.LayerSpread(every=0)
