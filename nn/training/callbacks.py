"""Callbacks of ``fit``: rules that stop a run early, and the progress bar."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from nn.data import Array
from nn.extras import require
from nn.history import History
from nn.modules.module import Module
from nn.training.run import Callback, Run


class StoppingRule(Callback):
    """Base class of rules that may stop training after a validation or an epoch.

    A subclass overrides ``after_validation`` or ``after_epoch``, which return the reason to stop,
    or None to continue. If it has state it also overrides ``start``, ``state_dict`` and
    ``load_state_dict``.
    """

    needs_validation: ClassVar[bool] = False

    def start(self) -> None:
        """Called once before training; resets the state."""

    def after_validation(self, model: Module, history: History) -> str | None:
        """Return the reason to stop after this validation, or None."""
        return None

    def after_epoch(self, model: Module, history: History) -> str | None:
        """Return the reason to stop after this epoch, or None."""
        return None

    def finish(self, model: Module) -> None:
        """Called once when training has ended, for whatever reason."""

    def begin(self, run: Run) -> None:
        if self.needs_validation and run.validation is None:
            raise ValueError(f"{self} needs validation=(inputs, targets) to watch")
        self.start()

    def __call__(self, run: Run) -> None:
        reasons = []
        if run.validated:
            reasons.append(self.after_validation(run.model, run.history))
        if run.epoch_ended:
            reasons.append(self.after_epoch(run.model, run.history))
        for reason in reasons:
            if reason:
                run.stop(reason)

    def end(self, run: Run) -> None:
        self.finish(run.model)

    def state_dict(self) -> dict[str, Any]:
        """Return the state, as numbers and arrays."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a ``state_dict``."""


class EarlyStopping(StoppingRule):
    """Stop when the validation error has not fallen for ``patience`` validations in a row.

    patience: the number of validations to wait for an improvement.
    min_delta: an improvement is a value below the best so far by more than this.
    monitor: what to observe: "loss" or a metric.
    mode: "max" for a metric that should rise, such as the accuracy.
    restore_best: whether the weights of the best validation are restored when training ends, for
        whatever reason.

    The attributes ``best`` and ``best_step`` are the best value and the step it was measured after.
    Raises ``ValueError`` for arguments out of range, and from ``fit`` without validation data.
    (Bishop 2006, section 5.5.2; Lindholm et al. 2022, section 5.3.)
    """

    needs_validation = True

    def __init__(
        self,
        patience: int = 5,
        min_delta: float = 0.0,
        *,
        monitor: str = "loss",
        mode: Literal["min", "max"] = "min",
        restore_best: bool = True,
    ) -> None:
        if patience < 1 or not 0 <= min_delta < math.inf:
            raise ValueError(
                f"EarlyStopping(patience={patience}, min_delta={min_delta}): the patience must be "
                "at least 1, and min_delta finite and not negative"
            )
        if mode not in ("min", "max"):
            raise ValueError(f"EarlyStopping: mode={mode!r} is neither 'min' nor 'max'")
        self.patience = patience
        self.min_delta = min_delta
        self.monitor = monitor
        self.mode = mode
        self.restore_best = restore_best
        self.start()

    def start(self) -> None:
        self.best: float | None = None
        self.best_step: int = 0
        self._waited = 0
        self._weights: dict[str, Array] = {}

    def __repr__(self) -> str:
        return (
            f"EarlyStopping(patience={self.patience}, min_delta={self.min_delta}, "
            f"monitor={self.monitor!r}, mode={self.mode!r}, restore_best={self.restore_best})"
        )

    def after_validation(self, model: Module, history: History) -> str | None:
        value = history.validations.last(self.monitor)
        sign = 1 if self.mode == "min" else -1
        if math.isfinite(value) and (
            self.best is None or sign * value < sign * self.best - self.min_delta
        ):
            self.best = value
            self.best_step = int(history.validations.last("step"))
            self._waited = 0
            if self.restore_best:
                self._weights = model.state_dict()
            return None
        self._waited += 1
        if self._waited < self.patience:
            return None
        best = "was never finite" if self.best is None else f"was {self.best:.4g} at its best"
        return (
            f"validation {self.monitor} {best} (step {self.best_step}), and no better in the "
            f"{self._waited} validations since"
        )

    def finish(self, model: Module) -> None:
        if self._weights:
            model.load_state_dict(self._weights)

    def state_dict(self) -> dict[str, Any]:
        return {
            "best": self.best,
            "best_step": self.best_step,
            "waited": self._waited,
            "weights": dict(self._weights),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.best = state["best"]
        self.best_step = state["best_step"]
        self._waited = state["waited"]
        self._weights = dict(state["weights"])


class SmallChange(StoppingRule):
    """Stop when the training error of an epoch differs by less than ``threshold`` from the last.

    The condition ``|Eₖ - Eₖ₋₁| < threshold`` must hold in ``patience`` epochs in a row; Eₖ is the
    mean loss of the examples of epoch k. Raises ``ValueError`` for arguments out of range.
    """

    def __init__(self, threshold: float, *, patience: int = 1) -> None:
        if not 0 < threshold < math.inf or patience < 1:
            raise ValueError(
                f"SmallChange(threshold={threshold}, patience={patience}): the threshold must be "
                "finite and above 0, the patience at least 1"
            )
        self.threshold = threshold
        self.patience = patience
        self.start()

    def start(self) -> None:
        self._last: float | None = None
        self._small = 0

    def __repr__(self) -> str:
        return f"SmallChange(threshold={self.threshold}, patience={self.patience})"

    def after_epoch(self, model: Module, history: History) -> str | None:
        error = history.epoch_mean("loss")
        change = math.inf if self._last is None else abs(error - self._last)
        self._last = error
        self._small = self._small + 1 if change < self.threshold else 0
        if self._small < self.patience:
            return None
        return f"the training loss changed by {change:.3g}, less than {self.threshold:g}"

    def state_dict(self) -> dict[str, Any]:
        return {"last": self._last, "small": self._small}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._last = state["last"]
        self._small = state["small"]


SECONDS_BETWEEN_UPDATES = 0.1


class Progress(Callback):
    """A progress bar of tqdm over the examples of all epochs.

    It shows the means of loss and metrics over the epoch so far, and those of the last validation.
    It is not shown if the output is not a terminal or notebook. Without tqdm there is a warning.
    """

    each_step = False

    def __init__(self) -> None:
        self._bar: Any = None
        self._shown = 0.0

    def begin(self, run: Run) -> None:
        self._run = run
        try:
            tqdm = require("tqdm.auto", extra="train").tqdm
        except ImportError as error:
            warnings.warn(f"no progress bar: {error}", stacklevel=4)
            return
        self._bar = tqdm(
            total=run.examples_in_epoch and run.epochs * run.examples_in_epoch,
            initial=run.examples,
            unit=" examples",
            unit_scale=True,
            disable=None,
        )

    def __call__(self, run: Run) -> None:
        if self._bar is None or self._bar.disable:
            return
        if time.monotonic() - self._shown >= SECONDS_BETWEEN_UPDATES:
            self._show()

    def close(self) -> None:
        if self._bar is not None:
            self._show()
            self._bar.close()
            self._bar = None

    def _show(self) -> None:
        history = self._run.history
        names = ("loss", *history.metrics)
        if history.steps.rows:
            epoch = int(history.steps.last("epoch"))
            self._bar.set_description(f"epoch {epoch}/{self._run.epochs}", refresh=False)
            figures = {name: f"{history.epoch_mean(name):.4f}" for name in names}
            if history.validations.rows:
                last = history.validations.last
                figures |= {f"validation {name}": f"{last(name):.4f}" for name in names}
            self._bar.set_postfix(figures, refresh=False)
        self._bar.update(self._run.examples - self._bar.n)
        self._shown = time.monotonic()
