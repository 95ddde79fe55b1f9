"""The engine: what a node is, what an operation states, and the chain rule in both directions.

Read these files in order. Each imports only from those before it.

1. `graph`: operations, the nodes that they leave behind, and the interpreter that runs them.
2. `spaces`: what a cotangent or tangent of a node looks like.
3. `backward`: reverse mode, the chain rule from the output back to the inputs.
4. `forward`: forward mode, the same from the inputs on.
5. `nodes`: `Value` and `Tensor`, the two kinds of node, and what each holds.
6. `linearize`: a function run once, and its linear map in both directions.

The derivatives of the single operations are tabulated in `autograd.ops`.
"""
