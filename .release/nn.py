"""Stands where the networks would be, in an environment that has the engine alone.

A package comes before a module of its name, so that once wengert-nn is there this is not found.
"""

raise ImportError(
    'nn is a part of wengert that is not installed: pip install "wengert[nn]"', name="nn"
)
