"""What the command says when it cannot do what it was asked, and with which exit code."""

from __future__ import annotations

WRONG = 2
"""Arguments, files and data that cannot be used."""

FAILED = 1
"""Training that came to no result."""

INTERRUPTED = 130
"""Stopped by Ctrl-C; 128 + SIGINT, as shells count."""


class CommandError(Exception):
    """The command ends here; the message is one sentence for the user."""

    def __init__(self, message: str, code: int = WRONG) -> None:
        super().__init__(message)
        self.code = code
