"""The base class of both estimators: parameters, training by ``nn.fit``, and sample weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from nn.data import Array, train_test_split
from nn.modules.activations import ActivationLike
from nn.modules.layers import MLP
from nn.modules.module import Module
from nn.optim import GradientOptimizer, optimizer
from nn.training import EarlyStopping, History, SmallChange, StoppingRule, fit, predict

FLOATS = (np.float64, np.float32)
"""The types of inputs; others are converted to the first."""


class NetworkEstimator(BaseEstimator):
    """An estimator that trains a network; for its parameters see ``__init__``.

    After fitting, ``network_`` is the trained ``nn.Module``, ``history_`` the ``nn.History`` of the
    last fit, ``loss_curve_`` the mean training loss over the examples of each epoch and ``n_iter_``
    the number of epochs. The network computes in float32 for float32 inputs, otherwise in float64.
    """

    network_: Module
    history_: History
    loss_curve_: list[float]
    n_iter_: int
    n_features_in_: int

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
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
        """Set the parameters, which are checked by ``fit``.

        hidden_layer_sizes: the number of units in each hidden layer; a single number is one layer.
        activation: the activation of the hidden layers; see ``nn.MLP``.
        network: a function of (inputs, outputs, rng) that returns the network, any ``nn.Module``
            with a logit for each class or a value for each target as outputs. It replaces the two
            parameters above and ``dropout``.
        optimizer: the name of an optimiser, or a function of the network that returns one, such as
            ``functools.partial(nn.SGD, lr=0.1, momentum=0.9)``. A function replaces ``lr`` and
            ``weight_decay``.
        lr: the learning rate; by default that of the optimiser.
        weight_decay: λ of the penalty λ/2 Σ W² over the weights.
        dropout: the fraction of hidden units that are dropped in training.
        batch_size: the number of examples in a mini-batch; None for all.
        max_iter: the largest number of epochs.
        tol, n_iter_no_change: training stops when the loss has changed by less than ``tol`` in each
            of ``n_iter_no_change`` consecutive epochs; with tol=0 it runs for ``max_iter`` epochs.
        early_stopping: hold out ``validation_fraction`` of the examples, and stop instead when the
            loss on them has not fallen by ``tol`` for ``n_iter_no_change`` epochs; then restore the
            weights of the best epoch.
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
        """Make a new network with its optimiser and random generator."""
        self._rng = np.random.default_rng(check_random_state(self.random_state).randint(2**31))
        if self.network is None:
            hidden = np.atleast_1d(self.hidden_layer_sizes).tolist()
            sizes = [x.shape[1], *hidden, outputs]
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
        """Train until a rule stops it; ``stratify`` is for the validation set."""
        stop: list[StoppingRule] = []
        if self.early_stopping:
            stop = [EarlyStopping(self.n_iter_no_change, self.tol)]
        elif self.tol:
            stop = [SmallChange(self.tol, patience=self.n_iter_no_change)]
        if weights is not None:
            weights = weights / weights.mean()  # so that their scale does not act on the step size
        fraction = self.validation_fraction if self.early_stopping else 0
        return self._train(loss, x, y, weights, self.max_iter, stop, fraction, stratify)

    def _train(
        self,
        loss: Callable[..., Any],
        x: Array,
        y: Array,
        weights: Array | None,
        epochs: int,
        stop: Sequence[StoppingRule] = (),
        validation_fraction: float = 0,
        stratify: Array | None = None,
    ) -> Self:
        x = x.astype(self._dtype, copy=False)
        validation: Any = None
        if validation_fraction:
            parts = [x, y] if weights is None else [x, y, weights]
            parts = list(
                train_test_split(*parts, test=validation_fraction, rng=self._rng, stratify=stratify)
            )
            validation = tuple(parts[1::2])
            x, y, *rest = parts[::2]
            weights = rest[0] if rest else None
        self.history_ = fit(
            self.network_,
            (x, y),
            loss=loss,
            optimizer=self._optimizer,
            epochs=epochs,
            batch_size=self.batch_size,
            sample_weight=weights,
            validation=validation,
            callbacks=stop,
            progress=self.verbose,
            rng=self._rng,
        )
        losses = self.history_.epochs()["loss"].tolist()
        self.loss_curve_ += losses
        self.n_iter_ += len(losses)
        return self

    # --- prediction ------------------------------------------------------------------------------

    @property
    def _dtype(self) -> np.dtype[Any]:
        return self.network_.parameters(frozen=True)[0].dtype

    def _outputs(self, x: ArrayLike) -> Array:
        check_is_fitted(self)
        inputs = validate_data(self, x, dtype=FLOATS, reset=False)
        return predict(self.network_, inputs.astype(self._dtype, copy=False))


def positive_weights(
    x: Array, y: Array, sample_weight: ArrayLike | None
) -> tuple[Array, Array, Array | None]:
    """Return the examples with weight above 0 and their weights, or None if all are equal."""
    if sample_weight is None:
        return x, y, None
    weights = _check_sample_weight(sample_weight, x, dtype=np.float64)
    if (weights < 0).any():
        raise ValueError(f"sample_weight has {weights.min()}; weights must be 0 or more")
    positive = weights > 0
    if not positive.any():
        raise ValueError("all of sample_weight is 0: there is no example to learn from")
    return x[positive], y[positive], weights[positive]
