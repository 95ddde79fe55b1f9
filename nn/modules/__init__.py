"""Modules: layers, activations and the base class that finds their parameters."""
