"""`ArrayBox`, which programs for HIPS autograd import to recognise what is differentiated."""

from autograd.extend import Box as ArrayBox

__all__ = ["ArrayBox"]
