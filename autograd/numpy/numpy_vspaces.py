"""HIPS autograd's vector spaces of arrays."""

from autograd.hips.spaces import ArrayVSpace, ComplexArrayVSpace, NamedTupleVSpace, VSpace

__all__ = ["ArrayVSpace", "ComplexArrayVSpace", "NamedTupleVSpace", "VSpace"]
