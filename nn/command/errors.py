"""``CommandError``, and the exit codes of the command."""

from __future__ import annotations

WRONG = 2
"""Wrong arguments, files or data."""

FAILED = 1
"""Training failed."""

INTERRUPTED = 130
"""Stopped by Ctrl-C: 128 + SIGINT, as in shells."""


class CommandError(Exception):
    """An error that ends the command; the message is one sentence for the user."""

    def __init__(self, message: str, code: int = WRONG) -> None:
        super().__init__(message)
        self.code = code
