"""The progress bar of a training run: how far, how fast, and what the loss is.

What is trained, and how, is in ``nn.training``.
"""

from __future__ import annotations

import time
import warnings
from types import TracebackType
from typing import Any, Self

from nn.extras import require
from nn.training.history import History

SECONDS_BETWEEN_UPDATES = 0.1


class Progress:
    """A bar over the examples of all epochs, with the examples a second (tqdm's, in notebooks too).

    It shows the means of loss and metrics over the epoch so far, and those of the last validation.
    There is none where ``on`` is False or the output is not a terminal; without tqdm a warning
    says so.
    """

    def __init__(self, on: bool, history: History, epochs: int, examples: int, done: int) -> None:
        self._history = history
        self._epochs = epochs
        self._waiting = 0
        self._shown = 0.0
        self._bar: Any = None
        if on:
            try:
                tqdm = require("tqdm.auto", extra="train").tqdm
            except ImportError as error:
                warnings.warn(f"no progress bar: {error}", stacklevel=4)
                return
            self._bar = tqdm(
                total=epochs * examples,
                initial=done,
                unit=" examples",
                unit_scale=True,
                disable=None,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._show()
            self._bar.close()

    def advance(self, examples: int) -> None:
        """Count the examples of a step; the bar itself is drawn ten times a second at most."""
        if self._bar is None or self._bar.disable:
            return
        self._waiting += examples
        if time.monotonic() - self._shown >= SECONDS_BETWEEN_UPDATES:
            self._show()

    def _show(self) -> None:
        steps, validations = self._history.steps, self._history.validations
        names = ("loss", *self._history.metrics)
        if steps.rows:
            epoch = int(steps.last("epoch"))
            self._bar.set_description(f"epoch {epoch}/{self._epochs}", refresh=False)
            figures = {name: f"{self._history.epoch_mean(name):.4f}" for name in names}
            if validations.rows:
                figures |= {f"validation {n}": f"{validations.last(n):.4f}" for n in names}
            self._bar.set_postfix(figures, refresh=False)
        self._bar.update(self._waiting)
        self._waiting = 0
        self._shown = time.monotonic()
