"""Speed of the engine beside other libraries, measured side by side in one run.

Nothing here is needed to use the packages; `benchmarks/README.md` says how to run and read it.
"""
