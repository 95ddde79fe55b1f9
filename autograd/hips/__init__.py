"""What HIPS autograd is made of, in terms of this engine.

Programs written for HIPS autograd find it at the paths that they import (`autograd.core`, `tracer`,
`extend`, `builtins`, `numpy.numpy_boxes`, ...), which are thin modules. Nothing else depends on it.

1. `spaces`: the vector space that a value lives in.
2. `primitives`: a function as an operation whose rules are stated later.
3. `rules`: stating them, for any function.
4. `boxes`: how nodes are recognized, and made by hand.
5. `views`: the graph as objects with `parents`, which programs may define themselves.
6. `containers`: lists, tuples and dicts of nodes.
"""
