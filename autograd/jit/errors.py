"""The errors and warnings of the compiler."""

from __future__ import annotations


class JitError(RuntimeError):
    """The function does something that a compiled program cannot repeat."""


class JitNotice(UserWarning):
    """A compiled function is recorded again, or is no longer compiled."""


class GuardFailure(Exception):
    """A program does not fit a call; the message says what has changed."""


class Unrepeatable(Exception):
    """This run of the function took a path that no guard can recognise."""
