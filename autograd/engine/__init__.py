"""The engine: what a node is, what an operation states, and the chain rule in both directions.

Read these files in order. Each imports only from those before it.

1. `graph`: what a node is, and how a graph is walked.
2. `operations`: what an operation states, and the interpreter that runs it on nodes.
3. `spaces`: what a cotangent or tangent of a node looks like.
4. `backward`: reverse mode, the chain rule from the output back to the inputs.
5. `forward`: forward mode, the same from the inputs on.
6. `linearize`: a function run once, and its linear map in both directions.

The derivatives of the single operations are tabulated in `autograd.ops`. The two kinds of node are
beside the engine: `Tensor` in `autograd.nodes`, `Value` in `autograd.scalars`.
"""
