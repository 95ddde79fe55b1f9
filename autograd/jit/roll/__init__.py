"""Rolling: thousands of operations on numbers become a few on arrays.

A network written neuron by neuron is matrix algebra, and a loop over points is arithmetic on
arrays. This is how it is found, in the order of the modules:

- `scalars`: the program as numbered nodes. `sums`: chains of additions become sums of many terms.
- `groups`: like operations on like arguments make groups, and like terms of a sum make scalar
  products. `blocks`: scalar products of all pairs of two sets of rows are a matrix product.
- `patterns`, `views`: numbers that stand in a regular pattern are read as slices, not gathered.
- `arrays`, `lower`: each group is laid out so that what it takes is regular, and computed.
- `proof`, `cost`: the result is used where it is right, and cheaper.
"""

from autograd.jit.roll.choice import levels as levels
from autograd.jit.roll.choice import roll as roll
