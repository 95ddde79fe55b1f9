"""Rolling: thousands of operations on numbers become a few on arrays.

A network written neuron by neuron is matrix algebra, and a loop over points is arithmetic on
arrays. This is how it is found, in the order of the modules:

- `scalars`: the program as numbered nodes, in which chains of additions are sums of many terms;
  what passes a number on, such as the largest so far, is computed for all of a chain.
- `grouping`: like operations on like arguments make a group, to be computed at once, and
  like terms of a sum make scalar products.
- `views`: numbers that stand in a regular pattern in an array, given or computed, are read as
  slices, not gathered.
- `arrays`: where each group stands. `products`, `lower`: the operations on arrays, in an order that
  lets the next ones read slices, and what is around them. Scalar products of all pairs of two sets
  of rows are a matrix product.
- `choice`: the result is used where it is right, and cheaper.
"""

from autograd.jit.roll.choice import roll as roll
