"""What the two estimators share: settings, training by ``nn.fit``, and weights of examples.

What they learn, classes or values, is in ``classifier`` and ``regressor``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

import autograd as ag
from nn.data import Array, train_test_split
from nn.modules.activations import ActivationLike
from nn.modules.layers import MLP
from nn.modules.module import Module
from nn.optim.rules import GradientOptimizer, optimizer
from nn.training import EarlyStopping, History, SmallChange, StoppingRule, fit, predict

FLOATS = (np.float64, np.float32)
"""What inputs may be; others become the first."""


class NetworkEstimator(BaseEstimator):
    """An estimator that holds a network; ``__init__`` explains its settings.

    After fitting, ``network_`` is the trained ``nn.Module``, ``history_`` the ``nn.History`` of the
    last fit, ``loss_curve_`` the mean training loss of each epoch and ``n_iter_`` their number.
    The network computes in float32 for inputs in float32, and else in float64.
    """

    network_: Module
    history_: History
    loss_curve_: list[float]
    n_iter_: int
    n_features_in_: int

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] = (100,),
        activation: ActivationLike = "relu",
        *,
        network: Callable[[int, int, np.random.Generator], Module] | None = None,
        optimizer: str | Callable[[Module], GradientOptimizer] = "adam",
        lr: float | None = None,
        weight_decay: float = 0.0,
        dropout: float = 0.0,
        batch_size: int | None = 200,
        max_iter: int = 200,
        tol: float = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        """What the network is and how it is trained; nothing is checked before ``fit``.

        hidden_layer_sizes: the units of each hidden layer.
        activation: after each hidden layer; see ``nn.MLP``.
        network: a function of (inputs, outputs, rng) that makes the network, any ``nn.Module``
            that gives a logit for each class or a value for each target; then the two settings
            above, and ``dropout``, do not count.
        optimizer: the name of an optimiser; or a function that makes one of the network, such as
            ``functools.partial(nn.SGD, lr=0.1, momentum=0.9)``, and then ``lr`` and
            ``weight_decay`` do not count.
        lr: the learning rate; by default the optimiser's own.
        weight_decay: λ of the penalty λ/2 Σ W² over the weights.
        dropout: the share of hidden units dropped while training.
        batch_size: examples in a mini-batch; None for all at once.
        max_iter: the most epochs.
        tol, n_iter_no_change: training ends when its loss has changed by less than ``tol`` in each
            of ``n_iter_no_change`` epochs in a row; with tol=0 only after ``max_iter`` epochs.
        early_stopping: hold out ``validation_fraction`` of the examples, and end training instead
            when the loss on them has not fallen by ``tol`` for ``n_iter_no_change`` epochs; the
            weights are then those of the best epoch.
        random_state: a seed or ``RandomState`` for weights, dropout and the order of the examples.
        verbose: show a progress bar.
        """
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.network = network
        self.optimizer = optimizer
        self.lr = lr
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.verbose = verbose

    # --- training --------------------------------------------------------------------------------

    def _begin(self, x: Array, outputs: int) -> None:
        """A network that has learned nothing yet, with its optimiser and random numbers."""
        self._rng = np.random.default_rng(check_random_state(self.random_state).randint(2**31))
        if self.network is None:
            sizes = [x.shape[1], *self.hidden_layer_sizes, outputs]
            self.network_ = MLP(
                sizes, self.activation, dropout=self.dropout, rng=self._rng, dtype=x.dtype
            )
        else:
            self.network_ = self.network(x.shape[1], outputs, self._rng)
        if isinstance(self.optimizer, str):
            settings = {"lr": self.lr, "weight_decay": self.weight_decay or None}
            settings = {name: value for name, value in settings.items() if value is not None}
            self._optimizer = optimizer(self.optimizer, self.network_, **settings)
        else:
            self._optimizer = self.optimizer(self.network_)
        self.loss_curve_ = []
        self.n_iter_ = 0

    def _fit(
        self,
        loss: Callable[..., Any],
        x: Array,
        y: Array,
        weights: Array | None,
        stratify: Array | None,
    ) -> Self:
        """Train to the end; with early stopping the held-out part is drawn by ``stratify``."""
        stop: list[StoppingRule] = []
        if self.early_stopping:
            stop = [EarlyStopping(self.n_iter_no_change, self.tol)]
        elif self.tol:
            stop = [SmallChange(self.tol, patience=self.n_iter_no_change)]
        if weights is not None:
            weights = weights / weights.mean()  # their scale is not to act as a learning rate
        held_out = self.validation_fraction if self.early_stopping else 0
        return self._train(loss, x, y, weights, self.max_iter, stop, held_out, stratify)

    def _train(
        self,
        loss: Callable[..., Any],
        x: Array,
        y: Array,
        weights: Array | None,
        epochs: int,
        stop: Sequence[StoppingRule] = (),
        held_out: float = 0,
        stratify: Array | None = None,
    ) -> Self:
        x = x.astype(self._dtype, copy=False)
        if weights is not None:  # they ride along as the targets' last column
            loss, y = _weighted(loss), np.column_stack([y, weights])
        validation = None
        if held_out:
            x, held_x, y, held_y = train_test_split(
                x, y, test=held_out, rng=self._rng, stratify=stratify
            )
            validation = held_x, held_y
        self.history_ = fit(
            self.network_,
            (x, y),
            loss=loss,
            optimizer=self._optimizer,
            epochs=epochs,
            batch_size=self.batch_size,
            validation=validation,
            callbacks=stop,
            progress=self.verbose,
            rng=self._rng,
        )
        losses = self.history_.epochs()["loss"].tolist()
        self.loss_curve_ += losses
        self.n_iter_ += len(losses)
        return self

    # --- use -------------------------------------------------------------------------------------

    @property
    def _dtype(self) -> Any:
        return self.network_.parameters(frozen=True)[0].dtype

    def _outputs(self, x: Any) -> Array:
        check_is_fitted(self)
        x = validate_data(self, x, dtype=FLOATS, reset=False)
        return predict(self.network_, x.astype(self._dtype, copy=False))


def weighed(x: Array, y: Array, sample_weight: Any) -> tuple[Array, Array, Array | None]:
    """The examples of weight above 0, and their weights, None where all count the same."""
    if sample_weight is None:
        return x, y, None
    weights = _check_sample_weight(sample_weight, x, dtype=np.float64)
    if (weights < 0).any():
        raise ValueError(f"sample_weight holds {weights.min()}; weights are 0 or more")
    counts = weights > 0
    if not counts.any():
        raise ValueError("all of sample_weight is 0: there is no example to learn from")
    return x[counts], y[counts], weights[counts]


def _weighted(loss: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """The loss of targets whose last column holds the examples' weights."""

    def mean_of_weighted(output: Any, target: Any) -> Any:
        y, weights = target[:, :-1], target[:, -1]
        losses = loss(output, y if y.shape == output.shape else y[:, 0], "none")
        weights = weights.astype(output.dtype)
        return ag.mean(losses * (weights[:, np.newaxis] if losses.ndim > 1 else weights))

    return mean_of_weighted
