"""HIPS autograd's `ArrayBox`, by which programs recognise nodes."""

from autograd.extend import Box as ArrayBox

__all__ = ["ArrayBox"]
