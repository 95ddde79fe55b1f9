"""The command ``python -m nn``."""

from nn.command.main import main

__all__ = ["main"]
