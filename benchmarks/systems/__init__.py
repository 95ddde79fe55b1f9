"""One module for each system: how it performs the works it takes part in.

A module has `versions()`, and for each of its works a function of that name that takes the
variant and returns a `Case` for every measure. It imports its library at the top, so that a
missing library is a ModuleNotFoundError; it is only ever imported in a worker's process.
"""
