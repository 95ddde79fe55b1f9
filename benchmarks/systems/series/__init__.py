"""The work `series`: derivatives of high order, in each system.

The modules are as those of `benchmarks.systems`. They are named after their libraries, which is
how a worker finds them.
"""
