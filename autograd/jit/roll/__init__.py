"""Rolling: thousands of operations on numbers become a few on arrays.

A network written neuron by neuron is matrix algebra, and a loop over points is arithmetic on
arrays. This is how it is found, in the order of the modules:

- `scalars`: the program as numbered nodes. `sums`: chains of additions become sums of many terms.
- `groups`, `grouping`: like operations on like arguments make a group, to be computed at once, and
  `like_terms` of a sum make scalar products.
- `blocks`: scalar products of all pairs of two sets of rows are a matrix product.
- `patterns`, `views`: numbers that stand in a regular pattern are read as slices, not gathered, and
  `origins` finds those that stand in an array to begin with.
- `arrays`, `layout`: where each group stands, and in which order, so that the next reads slices.
- `products`, `lower`, `surroundings`: the operations on arrays, and what is around them.
- `proof`, `cost`, `choice`: the result is used where it is right, and cheaper.
"""

from autograd.jit.roll.choice import levels as levels
from autograd.jit.roll.choice import roll as roll
