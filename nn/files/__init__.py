"""Models in files. Only names are here."""

from nn.files.serialize import ModelFileError, load, load_state, save

__all__ = ["ModelFileError", "load", "load_state", "save"]
