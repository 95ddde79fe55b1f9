"""The command ``python -m nn``. Only its entry is here."""

from nn.command.main import main

__all__ = ["main"]
