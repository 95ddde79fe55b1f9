"""HIPS autograd's tracers: a function as the graph of one of its runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any

from autograd.hips.boxes import trace
from autograd.hips.views import Node, toposort
from autograd.util import subvals

__all__ = [
    "ConstGraphNode",
    "FullGraphNode",
    "const_graph",
    "const_graph_unary",
    "full_graph",
]


class ConstGraphNode(Node):
    """An operation, with its constants filled in: `partial_fun` takes the values of the parents."""

    __slots__ = ("parents", "partial_fun")

    def __init__(
        self,
        value: Any,
        fun: Callable[..., Any],
        args: Any,
        kwargs: Any,
        parent_argnums: Sequence[int],
        parents: Sequence[Any],
    ) -> None:
        constants = subvals(args, [(argnum, None) for argnum in parent_argnums])
        self.parents: Any = parents
        self.partial_fun: Callable[[Sequence[Any]], Any] = lambda parts: fun(
            *subvals(constants, zip(parent_argnums, parts, strict=True)), **kwargs
        )

    def initialize_root(self) -> None:
        self.parents = []


def const_graph_unary(fun: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """fun, whose operations are noted in the first call and only repeated in later ones.

    That is right only where the operations do not depend on the argument. `autograd.jit` notices
    where they do, and is faster.

    >>> from autograd.misc.tracers import const_graph_unary
    >>> square = const_graph_unary(lambda x: x * x)
    >>> square(2.0), float(square(3.0))
    (4.0, 9.0)
    """
    graph: list[Any] = []

    def repeated(x: Any) -> Any:
        if not graph:
            value, end = trace(ConstGraphNode.new_root(), fun, x)
            if end is None:
                raise ValueError("const_graph: the output does not depend on the input")
            graph.extend(reversed(list(toposort(end))))
            return value
        values = {graph[0]: x}
        for node in graph[1:]:
            values[node] = node.partial_fun([values[parent] for parent in node.parents])
        return values[graph[-1]]

    return repeated


def const_graph(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """`const_graph_unary` for a function of several arguments, of which the first may be fixed.

    >>> from autograd.misc import const_graph
    >>> shifted = const_graph(lambda a, x: a + x, 10.0)
    >>> shifted(1.0), float(shifted(2.0))
    (11.0, 12.0)
    """
    of_rest = partial(fun, *args, **kwargs)
    repeated = const_graph_unary(lambda rest: of_rest(*rest))

    @wraps(fun)
    def of_args(*rest: Any) -> Any:
        return repeated(rest)

    return of_args


class FullGraphNode(Node):
    """An operation with its `value` and its `recipe`: function, arguments, and who gave them."""

    __slots__ = ("recipe", "value")

    def __init__(
        self,
        value: Any,
        fun: Callable[..., Any],
        args: Any,
        kwargs: Any,
        parent_argnums: Sequence[int],
        parents: Sequence[Any],
    ) -> None:
        self.value: Any = value
        self.recipe: tuple[Callable[..., Any], Any, Any, Any] = (
            *(fun, args, kwargs),
            list(zip(parent_argnums, parents, strict=True)),
        )

    def initialize_root(self) -> None:
        self.value = None
        self.recipe = (lambda x: x, (), {}, [])


def full_graph(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The node of fun(*args, **kwargs); its `recipe` leads to the others.

    >>> from autograd.misc.tracers import full_graph
    >>> function, args, settings, parents = full_graph(lambda x: 2.0 * x, 3.0).recipe
    >>> function.__name__, args
    ('multiply', (2.0, 3.0))
    """
    return trace(FullGraphNode.new_root(), lambda args: fun(*args, **kwargs), args)[1]
