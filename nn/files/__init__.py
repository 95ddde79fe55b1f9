"""Saving models to files and loading them."""

from nn.files.serialize import ModelFileError, load, load_state, save

__all__ = ["ModelFileError", "load", "load_state", "save"]
