"""Batching: a function of one example or point, applied to a whole batch in array operations.

`vmap` and `vectorize` are for users, `basis` serves Jacobians. All three run the function once, on
one example, under a `Batch`, which repeats each of its operations for all (`batch`). How a single
operation goes over a batch is a rule (`rules`, `indices`).
"""

from autograd.batching.vectorize import vectorize as vectorize
from autograd.batching.vmap import vmap as vmap
