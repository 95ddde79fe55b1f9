"""The work `epoch` in each system: a network trained on 60,000 shuffled examples, once.

The modules are as those of `benchmarks.systems`. They are named after their libraries, which is
how a worker finds them.
"""
