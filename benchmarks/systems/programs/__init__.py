"""The work `programs`, of the two systems that have the import name `autograd`.

The modules are as those of `benchmarks.systems`. They are named after their libraries, which is
how a worker finds them.
"""
