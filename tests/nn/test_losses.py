"""Losses: the analytic facts of the texts, to the last digits, and what they refuse."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Tensor, Value, check_grads

RNG = np.random.default_rng(0)

finite = st.floats(-30, 30)


def sigma(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def softmax(z: Any) -> Any:
    q = np.exp(z - z.max(-1, keepdims=True))
    return q / q.sum(-1, keepdims=True)


def distributions(n: int, k: int) -> Any:
    return softmax(RNG.normal(size=(n, k)))


# --------------------------------------------------------------------------------------------------
# Formulas

F, Y = RNG.normal(size=(2, 6, 3))
P = distributions(6, 3)
Q = distributions(6, 3)
LABELS = RNG.integers(0, 3, 6)
ONE_HOT = np.eye(3)[LABELS]
HITS = (RNG.random((6, 3)) < 0.5).astype(float)

FORMULAS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], Any]] = {
    "mse": (nn.mse, (F, Y), (Y - F) ** 2),
    "mae": (nn.mae, (F, Y), abs(Y - F)),
    "sse": (nn.sse, (F, Y), ((Y - F) ** 2).sum(1) / 2),
    "sse of single outputs": (nn.sse, (F[:, 0], Y[:, 0]), (Y[:, 0] - F[:, 0]) ** 2 / 2),
    "binary": (nn.binary_cross_entropy, (P, Q), -(Q * np.log(P) + (1 - Q) * np.log(1 - P))),
    "binary with logits": (
        nn.binary_cross_entropy_with_logits,
        (F, Q),
        -(Q * np.log(sigma(F)) + (1 - Q) * np.log(1 - sigma(F))),
    ),
    "classes": (nn.cross_entropy, (F, LABELS), -np.log(softmax(F)[range(6), LABELS])),
    "classes as floats": (
        nn.cross_entropy,
        (F, LABELS.astype(np.float32)),
        -np.log(softmax(F)[range(6), LABELS]),
    ),
    "one-hot": (nn.cross_entropy, (F, ONE_HOT), -np.log(softmax(F)[range(6), LABELS])),
    "probabilities": (nn.cross_entropy, (F, Q), -(Q * np.log(softmax(F))).sum(1)),
    "classes in a grid": (
        nn.cross_entropy,
        (F.reshape(2, 3, 3), LABELS.reshape(2, 3)),
        -np.log(softmax(F)[range(6), LABELS]).reshape(2, 3),
    ),
    "one example": (nn.cross_entropy, (F[0], 2), -np.log(softmax(F[0])[2])),
    "gaussian": (
        nn.gaussian_nll,
        (F, Y, 2.5),
        -np.log(np.exp(-((Y - F) ** 2) / 5) / math.sqrt(2 * math.pi * 2.5)),
    ),
    "bernoulli": (nn.bernoulli_nll, (P, HITS), -np.log(np.where(HITS == 1, P, 1 - P))),
    "categorical": (nn.categorical_nll, (P, LABELS), -np.log(P[range(6), LABELS])),
    "kl": (nn.kl_divergence, (P, Q), (Q * np.log(Q / P)).sum(1)),
}


@pytest.mark.parametrize("case", FORMULAS)
def test_losses_follow_their_formulas_under_every_reduction(case: str) -> None:
    loss, args, expected = FORMULAS[case]
    for prediction in (args[0], Tensor(args[0])):
        given_ = (prediction, *args[1:])
        each = loss(*given_, reduction="none")
        numbers = each.numpy() if isinstance(each, Tensor) else each
        np.testing.assert_allclose(numbers, expected, rtol=1e-12)
        total, mean = loss(*given_, reduction="sum"), loss(*given_, reduction="mean")
        assert float(total) == pytest.approx(expected.sum(), rel=1e-12)
        assert float(mean) == pytest.approx(expected.mean(), rel=1e-12)
        default = float(total) if loss is nn.sse else float(mean)
        assert float(loss(*given_)) == default


@pytest.mark.parametrize("case", FORMULAS)
def test_gradients_are_those_of_differences_to_second_order(case: str) -> None:
    loss, (prediction, *others), _ = FORMULAS[case]
    if loss in (nn.categorical_nll, nn.kl_divergence):  # differences leave the simplex
        check_grads(lambda z: loss(ag.softmax(z), *others), np.log(prediction), order=2)
    else:
        check_grads(lambda f: loss(f, *others), prediction, order=2)


def test_targets_and_variances_may_be_learned_too() -> None:
    check_grads(lambda y: nn.mse(F, y), Y)
    check_grads(lambda v: nn.gaussian_nll(F, Y, ag.exp(v)), np.array(0.3))
    check_grads(lambda v: nn.gaussian_nll(F, Y, ag.exp(v)), RNG.normal(size=3))
    check_grads(lambda z: nn.kl_divergence(P, ag.softmax(z)), F)
    check_grads(lambda z: nn.cross_entropy(F, ag.softmax(z)), F)


def test_class_numbers_may_be_a_tensor_which_gets_no_gradient() -> None:
    z, labels = Tensor(F), Tensor(LABELS)
    loss = nn.cross_entropy(z, labels)
    assert loss.item() == pytest.approx(float(nn.cross_entropy(F, LABELS)), rel=1e-15)
    assert not ag.gradients(loss, labels).any()
    assert ag.gradients(loss, z).any()


def test_lists_of_numbers_and_of_values_are_taken() -> None:
    assert float(nn.mse([1.0, 2.0], [1, 4])) == 2.0
    scores = [Value(1.0), Value(-1.0)]
    loss = nn.cross_entropy(scores, 0)
    loss.backward()
    p = softmax(np.array([1.0, -1.0]))
    assert [score.grad for score in scores] == pytest.approx([p[0] - 1, p[1]])
    alone = Value(0.0)
    nn.binary_cross_entropy_with_logits(alone, 1.0).backward()
    assert alone.grad == -0.5


def test_a_float32_prediction_keeps_its_type_whatever_the_target_is() -> None:
    z = Tensor(F.astype(np.float32))
    p = Tensor(P.astype(np.float32))
    for loss in (
        nn.mse(z, Y),
        nn.sse(z, ONE_HOT.astype(int)),
        nn.cross_entropy(z, LABELS),
        nn.cross_entropy(z, Q),
        nn.binary_cross_entropy_with_logits(z, HITS.astype(bool)),
        nn.binary_cross_entropy(p, HITS),
        nn.kl_divergence(p, Q),
        nn.gaussian_nll(z, Y),
        nn.cross_entropy_cost(z, LABELS),
        nn.quadratic_cost(z, LABELS),
    ):
        assert loss.dtype == np.float32


# --------------------------------------------------------------------------------------------------
# Nielsen's costs


@pytest.mark.parametrize("target", [LABELS, ONE_HOT])
def test_nielsens_costs_sum_over_outputs_and_average_over_examples(target: Any) -> None:
    a = sigma(F)
    quadratic = ((ONE_HOT - a) ** 2).sum() / (2 * 6)
    entropy = -(ONE_HOT * np.log(a) + (1 - ONE_HOT) * np.log(1 - a)).sum() / 6
    assert float(nn.quadratic_cost(a, target)) == pytest.approx(quadratic, rel=1e-12)
    assert float(nn.cross_entropy_cost(F, target)) == pytest.approx(entropy, rel=1e-12)


# --------------------------------------------------------------------------------------------------
# Analytic facts


@given(st.lists(finite, min_size=1, max_size=5), finite, st.sampled_from([0.0, 1.0, 0.3]))
def test_sigmoid_with_cross_entropy_gives_the_error_times_the_input(
    x: list[float], b: float, y: float
) -> None:
    """∂L/∂w = x(σ - y), ∂L/∂b = σ - y."""
    w, bias = Tensor(np.linspace(-1, 1, len(x))), Tensor(b)
    z = w @ np.array(x) + bias
    nn.binary_cross_entropy_with_logits(z, y).backward()
    error = sigma(z.numpy()) - y
    np.testing.assert_allclose(bias.grad, error, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(w.grad, np.array(x) * error, rtol=1e-12, atol=1e-14)


@given(st.floats(-10, 10), st.sampled_from([0.0, 1.0]))
def test_with_the_squared_loss_the_slope_of_the_sigmoid_slows_learning(z: float, y: float) -> None:
    """∂L/∂z = (σ - y) σ' from ½(y - σ)², and σ - y from the cross-entropy of probabilities."""
    a = sigma(z)
    squared, entropy = Value(z), Value(z)
    nn.sse(ag.sigmoid(squared), y).backward()
    nn.binary_cross_entropy(ag.sigmoid(entropy), y).backward()
    assert squared.grad == pytest.approx((a - y) * a * (1 - a), rel=1e-9, abs=1e-15)
    assert entropy.grad == pytest.approx(a - y, rel=1e-9, abs=1e-15)


@given(st.lists(finite, min_size=2, max_size=6), st.data())
def test_softmax_with_cross_entropy_gives_softmax_less_one_hot(
    logits: list[float], data: st.DataObject
) -> None:
    """∂L/∂zⱼ = softmax(z)ⱼ - 1{y = j}, however the target is written."""
    y = data.draw(st.integers(0, len(logits) - 1))
    one_hot = np.eye(len(logits))[y]
    expected = softmax(np.array(logits)) - one_hot
    for target in (y, one_hot):
        z = Tensor(logits)
        nn.cross_entropy(z, target).backward()
        np.testing.assert_allclose(z.grad, expected, rtol=1e-12, atol=1e-15)
    z = Tensor([logits])
    nn.categorical_nll(ag.softmax(z), [y]).backward()
    np.testing.assert_allclose(z.grad[0], expected, rtol=1e-6, atol=1e-9)


@given(st.floats(0.0, 10.0))
def test_the_gradient_of_weight_decay_is_lambda_w(lam: float) -> None:
    model = nn.MLP([3, 4, 2], rng=0, dtype=np.float64)
    loss = nn.weight_decay(model, lam)
    squares = [(w.numpy() ** 2).sum() for w in model.weights()]
    assert float(loss) == pytest.approx(lam / 2 * sum(squares), rel=1e-12)
    loss.backward()
    for name, parameter in model.named_parameters().items():
        if name.endswith("weight"):
            np.testing.assert_allclose(
                parameter.grad, lam * parameter.numpy(), rtol=1e-15, atol=1e-300
            )
        else:
            assert parameter.grad is None


def test_weight_decay_of_a_network_of_values_leaves_their_biases_out() -> None:
    model = nn.scalar.MLP(2, [2, 1], rng=0)
    nn.weight_decay(model, 0.5).backward()
    for neuron in (n for layer in model.layers for n in layer.neurons):
        assert [w.grad for w in neuron.w] == pytest.approx([0.5 * w.data for w in neuron.w])
        assert neuron.b.grad == 0.0


def test_weight_decay_without_weights_is_zero() -> None:
    assert float(nn.weight_decay(nn.ReLU(), 1.0)) == 0.0


@given(st.integers(0, 1000), st.floats(0.1, 10.0))
def test_the_cost_of_logistic_regression_is_convex(seed: int, spread: float) -> None:
    """Its Hessian is positive semidefinite wherever it is looked at."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(8, 3)), rng.integers(0, 2, 8)

    def cost(theta: Any) -> Any:
        return nn.binary_cross_entropy_with_logits(x @ theta[:3] + theta[3], y)

    hessian = ag.hessian(cost)(spread * rng.normal(size=4))
    least, *_, most = np.linalg.eigvalsh(hessian)
    assert least >= -1e-14 * most


def test_the_hessian_of_a_network_is_not_that_kind() -> None:
    x, y = RNG.normal(size=(8, 2)), RNG.integers(0, 2, 8)

    def cost(theta: Any) -> Any:
        hidden = ag.tanh(x @ theta[:4].reshape(2, 2))
        return nn.binary_cross_entropy_with_logits(hidden @ theta[4:], y)

    hessians = [ag.hessian(cost)(np.random.default_rng(s).normal(size=6)) for s in range(5)]
    assert min(np.linalg.eigvalsh(h)[0] for h in hessians) < -1e-3


@pytest.mark.parametrize("y", [0.0, 1.0])
def test_integrating_the_wished_for_gradient_gives_the_cross_entropy(y: float) -> None:
    """∂L/∂b = F - y at a sigmoid F(b), integrated over b from where the loss is 0."""
    b = np.linspace(-40, 40, 80_001)
    slope = sigma(b) - y
    steps = (slope[1:] + slope[:-1]) / 2 * np.diff(b)
    if y == 0.0:  # the loss is 0 at b = -∞
        integral = np.concatenate([[0.0], np.cumsum(steps)])
    else:  # at b = +∞
        integral = np.concatenate([-np.cumsum(steps[::-1])[::-1], [0.0]])
    loss = nn.binary_cross_entropy_with_logits(b, np.full_like(b, y), reduction="none")
    np.testing.assert_allclose(integral, loss, atol=1e-6)
    middle = slice(20_000, 60_001)
    f = sigma(b[middle])
    by_hand = -(y * np.log(f) + (1 - y) * np.log(1 - f))
    np.testing.assert_allclose(integral[middle], by_hand, atol=1e-6)


@given(st.integers(0, 1000))
def test_divergence_from_a_one_hot_target_is_the_cross_entropy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    z, y = rng.normal(size=(5, 4)), rng.integers(0, 4, 5)
    divergence = nn.kl_divergence(softmax(z), np.eye(4)[y], reduction="none")
    np.testing.assert_allclose(divergence, nn.cross_entropy(z, y, reduction="none"), rtol=1e-12)


@given(st.integers(0, 1000))
def test_divergence_is_cross_entropy_less_entropy_and_never_negative(seed: int) -> None:
    rng = np.random.default_rng(seed)
    z, q = rng.normal(size=(5, 4)), softmax(rng.normal(size=(5, 4)))
    entropy = -(q * np.log(q)).sum(1)
    divergence = nn.kl_divergence(softmax(z), q, reduction="none")
    expected = nn.cross_entropy(z, q, reduction="none") - entropy
    np.testing.assert_allclose(divergence, expected, rtol=1e-9, atol=1e-14)
    assert (divergence > 0).all()
    np.testing.assert_allclose(nn.kl_divergence(q, q, reduction="none"), 0, atol=1e-15)


# --------------------------------------------------------------------------------------------------
# Likelihoods


def test_maximising_a_gaussian_likelihood_is_minimising_the_squared_error() -> None:
    y = RNG.normal(2.0, 3.0, size=200)
    candidates = np.linspace(0, 4, 401)
    nll = [float(nn.gaussian_nll(np.full(200, mu), y, 9.0)) for mu in candidates]
    squared = [float(nn.mse(np.full(200, mu), y)) for mu in candidates]
    assert np.argmin(nll) == np.argmin(squared)
    f, m = Tensor(np.zeros(200)), Tensor(np.zeros(200))
    nn.gaussian_nll(f, y, 9.0, "sum").backward()
    nn.sse(m, y).backward()
    np.testing.assert_allclose(f.grad, m.grad / 9.0, rtol=1e-12)


def test_the_variance_learned_is_the_mean_squared_error() -> None:
    y = RNG.normal(0.0, 1.7, size=100)
    log_variance = Value(0.0)
    for _ in range(200):
        log_variance.grad = 0.0
        nn.gaussian_nll(np.zeros(100), y, ag.exp(log_variance)).backward()
        log_variance.data -= 0.5 * log_variance.grad
    assert math.exp(log_variance.data) == pytest.approx((y**2).mean(), rel=1e-9)


def test_bernoulli_and_categorical_likelihoods_are_the_cross_entropies() -> None:
    z = RNG.normal(size=(7, 4))
    y, hits = RNG.integers(0, 4, 7), RNG.integers(0, 2, (7, 4))
    for reduction in ("mean", "sum"):
        assert float(nn.bernoulli_nll(sigma(z), hits, reduction)) == pytest.approx(
            float(nn.binary_cross_entropy_with_logits(z, hits, reduction)), rel=1e-12
        )
        assert float(nn.categorical_nll(softmax(z), y, reduction)) == pytest.approx(
            float(nn.cross_entropy(z, y, reduction)), rel=1e-12
        )


def test_the_likeliest_coin_shows_its_share_of_heads() -> None:
    tosses = np.array([1, 0, 0, 1, 0, 0, 0, 0, 1, 0])
    candidates = np.linspace(0.01, 0.99, 99)
    nll = [float(nn.bernoulli_nll(np.full(10, p), tosses)) for p in candidates]
    assert candidates[np.argmin(nll)] == pytest.approx(0.3)


# --------------------------------------------------------------------------------------------------
# Extremes


@pytest.mark.parametrize("size", [50.0, 1e3, 1e30])
def test_losses_of_large_logits_are_finite_with_the_right_gradient(size: float) -> None:
    z = Tensor([[size, -size]])
    loss = nn.cross_entropy(z, [1])
    assert float(loss) == pytest.approx(2 * size)
    loss.backward()
    np.testing.assert_allclose(z.grad, [[1.0, -1.0]])
    b = Tensor([size, -size])
    loss = nn.binary_cross_entropy_with_logits(b, [0.0, 1.0], "sum")
    assert float(loss) == pytest.approx(2 * size)
    loss.backward()
    np.testing.assert_allclose(b.grad, [1.0, -1.0])


@pytest.mark.parametrize("target", [[1], [[0.0, 1.0, 0.0]]])
def test_a_class_masked_out_leaks_no_nan(target: Any) -> None:
    z = Tensor([[1.0, 1.0, -np.inf]])
    loss = nn.cross_entropy(z, target)
    loss.backward()
    assert float(loss) == pytest.approx(math.log(2))
    np.testing.assert_allclose(z.grad, [[0.5, -0.5, 0.0]])


def test_certain_probabilities_give_zero_or_infinite_loss_and_no_nan() -> None:
    p = Tensor([0.0, 1.0])
    right = nn.binary_cross_entropy(p, [0.0, 1.0], "none")
    assert right.tolist() == [0.0, 0.0]
    right.sum().backward()
    assert p.grad.tolist() == [1.0, -1.0]
    with np.errstate(divide="ignore"):
        assert nn.binary_cross_entropy(p, [1.0, 0.0], "none").tolist() == [np.inf, np.inf]
    assert nn.kl_divergence([[0.0, 1.0]], [[0.0, 1.0]]) == 0.0


def test_nan_in_a_prediction_goes_on_to_where_it_is_looked_for() -> None:
    for loss in (nn.mse, nn.binary_cross_entropy, nn.binary_cross_entropy_with_logits):
        with np.errstate(invalid="ignore"):
            assert np.isnan(float(loss([np.nan], [1.0])))
    assert np.isnan(float(nn.cross_entropy([[np.nan, 1.0]], [0])))


# --------------------------------------------------------------------------------------------------
# Refusals


@pytest.mark.parametrize(
    "loss",
    [
        nn.mse,
        nn.mae,
        nn.sse,
        nn.quadratic_cost,
        nn.binary_cross_entropy,
        nn.binary_cross_entropy_with_logits,
        nn.cross_entropy_cost,
        nn.gaussian_nll,
        nn.bernoulli_nll,
        nn.kl_divergence,
    ],
)
def test_unequal_shapes_are_refused_never_broadcast(loss: Callable[..., Any]) -> None:
    for wrong, fix in [((4,), r": target.reshape\(4, 1\)"), ((1, 4), "reshape"), ((3,), "equal")]:
        with pytest.raises(ValueError, match=r"shape \(4, 1\) and a target of shape") as caught:
            loss(Tensor(np.full((4, 1), 0.5)), np.ones(wrong))
        assert str(wrong) in str(caught.value)
        assert caught.match(fix)
    with pytest.raises(ValueError, match=r"\(4, 1\)"):
        loss(np.full(4, 0.5), np.ones((4, 1)))


@pytest.mark.parametrize(
    ("logits", "target", "message"),
    [
        ((4, 3), np.zeros((4, 1), int), r"class numbers of shape \(4,\): target.reshape\(-1\)"),
        (
            (4, 3),
            np.zeros(3, int),
            r"logits of shape \(4, 3\).*shape \(3,\).*class numbers of shape \(4,\)",
        ),
        ((4, 3), [0, 1, 3, 0], "labels from 0 to 3 for 3 classes; class numbers go from 0 to 2"),
        ((4, 3), [0, 1, -1, 0], "labels from -1 to 1"),
        ((4, 3), [0.0, 0.5, 1.0, 0.0], "whole"),
        ((4, 3), [np.nan, 0.0, 0.0, 0.0], "whole"),
        ((4, 3), ["a", "b", "c", "d"], "whole"),
        ((4, 3), np.ones((4, 3)), r"sums range from 3.0 to 3.0"),
        ((4, 3), np.tile([1.5, -0.5, 0.0], (4, 1)), "the smallest number is -0.5"),
        ((4, 1), np.zeros(4, int), "for a single logit: binary_cross_entropy_with_logits"),
        ((), 0, "logits of shape ()"),
        ((0, 3), np.zeros(0, int), "one row for each example"),
    ],
)
def test_targets_that_are_no_classes_are_refused(
    logits: tuple[int, ...], target: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        nn.cross_entropy(Tensor(np.zeros(logits)), target)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.binary_cross_entropy([3.0, 0.1], [1, 0]), "range from 0.1 to 3.0; for logits"),
        (lambda: nn.bernoulli_nll([-0.1], [1]), r"\[0, 1\]"),
        (lambda: nn.bernoulli_nll([0.1], [0.5]), "the outcomes must be 0 or 1"),
        (lambda: nn.binary_cross_entropy([0.1], [2]), "targets range from 2.0 to 2.0"),
        (lambda: nn.binary_cross_entropy_with_logits([0.1], [np.nan]), "must be 0"),
        (lambda: nn.gaussian_nll([0.0], [0.0], 0.0), "the variance must be positive"),
        (lambda: nn.gaussian_nll([0.0], [0.0], np.ones((2, 1))), "does not broadcast"),
        (lambda: nn.categorical_nll([0.5, 0.5], [1]), r"\(n, classes\) and class numbers"),
        (lambda: nn.categorical_nll([[0.5, 0.6]], [1]), "with sum 1"),
        (lambda: nn.categorical_nll([[0.5, 0.5]], [2]), "labels from 2 to 2"),
        (lambda: nn.kl_divergence([[0.5, 0.6]], [[0.5, 0.5]]), "a predicted row"),
        (lambda: nn.kl_divergence([[0.5, 0.5]], [[0.5, 0.6]]), "a target row"),
        (lambda: nn.cross_entropy_cost(np.zeros((2, 2)), [0, 2]), "label 2"),
        (lambda: nn.mse(np.zeros((0, 2)), np.zeros((0, 2))), "no examples"),
        (lambda: nn.mse([1.0], [1.0], "avg"), "'avg' is none of 'mean', 'sum' and 'none'"),
    ],
)
def test_what_cannot_be_meant_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


# --------------------------------------------------------------------------------------------------
# Probabilities handed to a loss that wants logits


@pytest.mark.parametrize(
    ("squash", "name"),
    [
        (ag.softmax, "softmax"),
        (nn.Softmax(), "softmax"),
        (lambda z: ag.exp(z) / ag.exp(z).sum(1, keepdims=True), "softmax"),
        (ag.sigmoid, "sigmoid"),
        (nn.Sequential(nn.Linear(3, 3, rng=0), nn.Sigmoid()), "sigmoid"),
    ],
)
def test_probabilities_where_logits_are_wanted_are_noticed(
    squash: Callable[[Any], Any], name: str
) -> None:
    probabilities = squash(Tensor(F))
    for loss, target in (
        (nn.cross_entropy, LABELS),
        (nn.binary_cross_entropy_with_logits, ONE_HOT),
    ):
        with pytest.warns(UserWarning, match=f"{loss.__name__} takes logits.* output of {name}"):
            loss(probabilities, target)


@pytest.mark.parametrize(
    "model", [ag.identity, ag.log_softmax, lambda z: z / 2, lambda z: z, lambda z: 1 / ag.exp(z)]
)
def test_logits_cause_no_warning(model: Callable[[Any], Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nn.cross_entropy(model(Tensor(F)), LABELS)
        nn.cross_entropy(F, LABELS)


@pytest.mark.parametrize(
    ("z", "y", "loss", "slope"),
    [
        (-np.inf, 0.0, 0.0, 0.0),
        (np.inf, 1.0, 0.0, 0.0),
        (-np.inf, 1.0, np.inf, -1.0),
        (np.inf, 0.0, np.inf, 1.0),
        (-np.inf, 0.5, np.inf, -0.5),
        (-40.0, 0.0, 4.248354255291589e-18, 4.248354255291589e-18),
        (40.0, 1.0, 4.248354255291589e-18, -4.248354255291589e-18),
        (-800.0, 0.25, 200.0, -0.25),
    ],
)
def test_binary_cross_entropy_of_extreme_logits_is_exact(z, y, loss, slope):
    def f(z: Any) -> Any:
        return nn.binary_cross_entropy_with_logits(z, np.array([y]))

    for run in (lambda f: f, ag.jit):
        assert float(run(f)(np.array([z]))) == pytest.approx(loss, rel=1e-12)
        assert run(ag.grad(f))(np.array([z]))[0] == pytest.approx(slope, rel=1e-12)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "bool", "int64"])
@pytest.mark.parametrize(
    "loss",
    [
        nn.mse,
        nn.mae,
        nn.sse,
        nn.quadratic_cost,
        nn.cross_entropy,
        nn.cross_entropy_cost,
        nn.binary_cross_entropy_with_logits,
        nn.gaussian_nll,
    ],
)
def test_loss_of_small_integers_is_that_of_floats(loss: Any, dtype: str) -> None:
    rng = np.random.default_rng(1)
    prediction, target = rng.integers(0, 120, (5, 3)).astype(dtype), np.eye(3)[[0, 2, 1, 1, 0]]
    expected = float(loss(prediction.astype(float), target))
    for classes in (target, target.astype(dtype)):
        for run in (lambda f: f, ag.jit):
            assert float(run(loss)(prediction, classes)) == pytest.approx(expected, rel=1e-12)
