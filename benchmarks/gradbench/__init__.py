"""Twelve problems, with data of the same kind as theirs: `python -m benchmarks.gradbench`."""
