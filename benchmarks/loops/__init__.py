"""Programs of single numbers with loops: `python -m benchmarks.loops`."""
