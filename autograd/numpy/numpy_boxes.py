"""HIPS autograd's `ArrayBox`, by which programs recognize nodes."""

from autograd.hips.boxes import ArrayBox, Box, SequenceBox

__all__ = ["ArrayBox", "Box", "SequenceBox"]
