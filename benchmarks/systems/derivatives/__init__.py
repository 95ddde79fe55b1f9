"""The works `rosenbrock` and `gradient-cost`: derivatives of functions, in each system.

The modules are as those of `benchmarks.systems`. They are named after their libraries, which is
how a worker finds them.
"""
