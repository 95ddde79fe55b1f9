"""A loss or gradient that is not finite stops training and says where it began."""

from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor, Value
from nn import NonFiniteError, fit

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 3)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int64)


class Log(nn.Module):
    def forward(self, x: Any) -> Any:
        return ag.log(x)


class Length(nn.Module):
    """√Σx²: its gradient is 0/0 where x is 0."""

    def forward(self, x: Any) -> Any:
        return ag.sqrt(ag.sum(x * x, axis=-1, keepdims=True))


def failure(model: Any, x: Any = X, y: Any = Y, **settings: Any) -> NonFiniteError:
    before = model.state_dict()
    with pytest.raises(NonFiniteError) as caught:
        fit(model, (x, y), **{"loss": "cross-entropy", "lr": 0.1, "progress": False} | settings)
    if caught.value.step == 1:  # the parameters are as before the step that failed
        assert all(np.array_equal(before[k], v) for k, v in model.state_dict().items())
    return caught.value


def test_a_loss_that_is_nan_is_traced_to_operation_and_module() -> None:
    inner = nn.Sequential(nn.Linear(3, 4, rng=0), Log())
    error = failure(nn.Sequential(inner, nn.Linear(4, 2, rng=1)))
    assert (error.step, error.epoch, error.operation, error.module) == (1, 1, "log", "0.1")
    assert "step 1 (epoch 1): the loss is nan." in str(error)
    assert "It began here: operation 'log' made nan (" in str(error)
    assert "module 0.1 (Log)" in str(error)
    assert "return ag.log(x)" in str(error)


def test_the_step_and_epoch_are_those_of_the_failure() -> None:
    x = np.abs(X) + 1
    x[-1] = 0  # log 0 = -inf, in the last of 4 mini-batches
    model = nn.Sequential(Log(), nn.Linear(3, 2, rng=0))
    error = failure(model, x, batch_size=10, rng=None)
    assert (error.step, error.epoch, error.operation, error.module) == (4, 1, "log", "0")

    def spoil(run: Any) -> None:
        if run.step == 6:
            model[1].bias.data = [3e38, -3e38]

    model = nn.Sequential(nn.Linear(3, 1, rng=0), nn.Linear(1, 2, rng=0))
    error = failure(model, X, Y, batch_size=10, callbacks=[spoil])
    assert (error.step, error.epoch) == (7, 2)


def test_an_operation_of_the_loss_belongs_to_no_module() -> None:
    def loss(output: Any, y: Any) -> Any:
        return ag.mean(ag.log(output[:, 0] * 0.0))

    error = failure(nn.Linear(3, 2, rng=0), loss=loss)
    assert (error.operation, error.module) == ("log", "")
    assert "operation 'log' made -inf (32 of the 32 numbers)" in str(error)
    assert "return ag.mean(ag.log(output[:, 0] * 0.0))" in str(error)


def test_an_infinity_that_is_masked_is_not_taken_for_the_cause() -> None:
    def loss(output: Any, y: Any) -> Any:
        harmless = ag.where(output > 0, 1.0, ag.log(output * 0.0))
        return ag.mean(ag.where(np.isfinite(harmless.numpy()), harmless, 0.0)) + ag.sqrt(
            ag.mean(output * 0.0) - 1.0
        )

    with np.errstate(all="ignore"):
        error = failure(nn.Linear(3, 2, rng=0), loss=loss)
    assert error.operation == "sqrt"


def test_a_gradient_that_is_nan_under_a_finite_loss_is_traced_too() -> None:
    model = nn.Sequential(nn.Linear(3, 2, init="zeros"), Length(), nn.Linear(1, 2, rng=0))
    error = failure(model)
    assert (error.operation, error.module) == ("sqrt", "1")
    assert "the loss is 0.69" in str(error)
    assert "the gradient of '0.weight' holds nan" in str(error)
    assert "It began here: the derivative of operation 'sqrt'" in str(error)
    assert "module 1 (Length)" in str(error)


def test_data_that_are_not_finite_are_named() -> None:
    x = X.copy()
    x[7, 1] = np.inf
    error = failure(nn.Linear(3, 2, rng=0), x, batch_size=None)
    assert "the mini-batch of inputs holds inf (1 of the 120 numbers)" in str(error)
    assert error.operation == error.module == ""
    y = X[:, :2].copy()
    y[0, 0] = np.nan
    error = failure(nn.Linear(3, 2, rng=0), X, y, loss="mse", batch_size=None)
    assert "the mini-batch of targets holds nan" in str(error)


def test_a_parameter_that_an_earlier_step_made_infinite_is_named() -> None:
    model = nn.Sequential(nn.Linear(3, 1, rng=0), nn.Linear(1, 2, rng=0))
    error = failure(model, clip_norm=None, lr=1e39)
    assert (error.step, error.operation) == (2, "")
    assert "of the model holds" in str(error)
    assert "since an earlier step" in str(error)
    assert "smaller learning rate" in str(error)


def test_dropout_draws_the_same_again_when_the_step_is_explained() -> None:
    class Sensitive(nn.Module):
        def forward(self, x: Any) -> Any:
            return ag.log(x + 0.5)

    for seed in range(5):
        model = nn.Sequential(nn.Dropout(0.5, rng=seed), Sensitive(), nn.Linear(3, 2, rng=0))
        # Only where the first entry is kept, and doubled, is the logarithm that of a number < 0.
        error = failure(model, np.array([[-0.4, 1, 1]], np.float32), np.array([0]), epochs=50)
        assert (error.operation, error.module) == ("log", "1")


def test_a_loss_that_refuses_nan_is_explained_by_what_it_was_given() -> None:
    def loss(output: Any, y: Any) -> Any:
        if not np.isfinite(output.numpy()).all():
            raise ValueError("probabilities must lie in [0, 1]")
        return ag.mean(output)

    error = failure(nn.Sequential(nn.Linear(3, 2, rng=0), Log()), loss=loss)
    assert (error.operation, error.module) == ("log", "1")
    assert isinstance(error.__cause__, ValueError)


def test_a_constant_of_the_program_that_is_not_finite_is_nobodys_operation() -> None:
    error = failure(nn.Linear(3, 2, rng=0), loss=lambda output, y: ag.mean(output) + np.inf)
    assert error.operation == ""
    assert "the loss is inf" in str(error)


def test_a_step_that_cannot_be_repeated_is_reported_without_an_origin() -> None:
    calls = []

    def loss(output: Any, y: Any) -> Any:
        calls.append(1)
        return ag.mean(output) * (np.inf if len(calls) == 1 else 1.0)

    error = failure(nn.Linear(3, 2, rng=0), loss=loss)
    assert error.operation == ""
    assert "step 1" in str(error)


def test_a_model_of_values_is_traced_as_well() -> None:
    w = Value(-1.0)

    class Neuron(nn.Module):
        def __init__(self) -> None:
            self.w = w

        def forward(self, x: Any) -> Any:
            return [ag.log(self.w * float(row[0])) for row in x]

    error = failure(
        Neuron(), np.ones((4, 1)), Y[:4], loss=lambda out, y: sum(out[1:], out[0]), metrics=()
    )
    assert error.operation == "log"
    assert "operation 'log' made nan of -1" in str(error)


def test_a_model_that_wants_plain_arrays_is_explained_with_them() -> None:
    class Strict(nn.Module):
        def __init__(self) -> None:
            self.weight = Tensor(-np.ones((3, 1)))

        def forward(self, x: Any) -> Any:
            return ag.log(np.clip(x, 0.1, 1, out=np.empty_like(x)) @ self.weight)

    error = failure(Strict(), loss=lambda output, y: ag.mean(output))
    assert (error.operation, error.module) == ("log", "")
    assert "operation 'log' made nan (32 of the 32 numbers)" in str(error)
    assert "Strict" in str(error)


def test_an_explanation_that_fails_for_a_node_is_tried_with_the_array() -> None:
    outputs = []

    def loss(output: Any, y: Any) -> Any:
        outputs.append(output)
        if len(outputs) == 2:
            raise ValueError("this once, although the outputs are finite")
        return ag.mean(ag.log(output * 0.0 - 1.0))

    error = failure(nn.Linear(3, 2, rng=0), loss=loss)
    assert error.operation == "log"
