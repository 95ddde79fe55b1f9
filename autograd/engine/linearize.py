"""A function run once on fresh nodes, and its linear map from inputs to outputs, both ways.

`autograd.transforms` makes `grad`, `vjp`, `jvp`, `jacobian` and the others of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd.arguments import choose, differentiating, fresh, plain, split_aux
from autograd.engine.backward import add, run_backward
from autograd.engine.forward import run_forward
from autograd.engine.graph import Array, Derivatives, Node, ancestors, between
from autograd.engine.operations import interpreter, recording
from autograd.engine.spaces import as_node, detach_results, seed_of
from autograd.trees import Rebuild, flatten, map_tree


class Linearized:
    """One run of f(*args, **kwargs): its result, and its linear map at that point.

    argnums: which positional arguments to differentiate with respect to, one or several.
    has_aux: f gives a pair, of the `result` to differentiate and of `aux` beside it.
    """

    inputs: list[Node]
    rebuild: Rebuild  # puts as many others as there are `inputs` in the form of these arguments
    outputs: list[Any]  # the numbers, arrays and nodes of the result
    rebuild_output: Rebuild
    order: list[Node]  # the nodes between inputs and outputs, latest first
    active: set[Node]  # these and the inputs

    def __init__(
        self,
        name: str,
        f: Callable[..., Any],
        args: Sequence[Any],
        kwargs: dict[str, Any],
        argnums: int | Sequence[int],
        has_aux: bool = False,
    ) -> None:
        self.name = name
        chosen, replace = choose(name, args, argnums)
        leaves, self.rebuild = flatten(chosen)
        self.complex: list[int] = [n for n, x in enumerate(leaves) if x.__class__ is complex]
        with recording(True), differentiating() as self.inputs:
            self.inputs += [fresh(name, leaf) for leaf in leaves]
            self.result: Any = f(*replace(self.rebuild(iter(self.inputs))), **kwargs)
        self.aux: Any = None
        if has_aux:
            self.result, self.aux = split_aux(name, self.result)
        self.outputs, self.rebuild_output = flatten(self.result)
        nodes = [out for out in self.outputs if isinstance(out, Node)]
        first = self.inputs[0].index if self.inputs else 0
        order = ancestors(nodes, first, flowing=not interpreter().replayed)
        self.order, self.active = between(self.inputs, order)
        # A node older than the inputs is the user's own, and may be differentiated in its turn.
        nodes += [arg for node in (*order, *self.inputs) for arg in node.args]
        self.nested: bool = any(isinstance(x, Node) and x.index < first for x in nodes)

    def pull(self, seeds: Mapping[int, Array | None]) -> list[Array]:
        """The cotangents of the inputs, from those of the outputs by number; None stands for 1."""
        cotangents: Derivatives = {}
        create_graph = self.nested or any(isinstance(seed, Node) for seed in seeds.values())
        for number, seed in seeds.items():
            out = self.outputs[number]
            if isinstance(out, Node) and out in self.active:
                add(cotangents, out, seed_of(out, seed, create_graph))
        run_backward(self.order, cotangents, self.active, set(self.inputs), create_graph)
        pairs = [(cotangents.get(node), node) for node in self.inputs]
        if create_graph:
            return [as_node(g, node) for g, node in pairs]
        found = detach_results(pairs)
        for number in self.complex:
            found[number] = complex(found[number])
        return found

    def push(self, tangents: Mapping[int, Array]) -> list[Array]:
        """The tangents of the outputs, from those of the inputs by number."""
        create_graph = self.nested or any(isinstance(t, Node) for t in tangents.values())
        inputs = self.inputs
        flowing = {inputs[n]: seed_of(inputs[n], t, create_graph) for n, t in tangents.items()}
        nodes = [out if isinstance(out, Node) else fresh(self.name, out) for out in self.outputs]
        run_forward(self.order, flowing, nodes, create_graph)
        pairs = [(flowing.get(node), node) for node in nodes]
        return [as_node(t, node) for t, node in pairs] if create_graph else detach_results(pairs)

    def unwrap(self, tree: Any) -> Any:
        """A result for the user: plain, unless it depends on nodes of the user's own."""
        return tree if self.nested else map_tree(plain, tree)
