"""How programs recognize what is tracked, `Box`, `ArrayBox` and `isbox`; and `new_box` to make it.

A box is a node of the engine, or a list, tuple or dict with nodes in it. A box made by hand carries
what stands for it in the graph, and the number of its trace.
"""

from __future__ import annotations

import warnings
from collections import UserDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np

from autograd.arguments import NODE_MAKERS
from autograd.engine.graph import Node as Tracked
from autograd.hips.spaces import COMPLEX, REAL, holds_nodes
from autograd.hips.views import History, Node, Start, boxed, node_of, trace_of
from autograd.plain import getval as data_of
from autograd.trees import flatten, map_tree


def isbox(x: Any) -> bool:
    """Whether x is a node, or a container that `new_box` made of them.

    >>> from autograd import Value
    >>> from autograd.tracer import isbox
    >>> isbox(Value(2.0)), isbox(2.0)
    (True, False)
    """
    return isinstance(x, Tracked | _Container)


def getval(x: Any) -> Any:
    """The number or array in a node, a container of them for one of nodes; else x itself.

    >>> from autograd import Value
    >>> from autograd.tracer import getval
    >>> getval(Value(2.0)), getval([Value(3.0)]), getval(4.0)
    (2.0, [3.0], 4.0)
    """
    if isinstance(x, _Container):
        return x._value
    return map_tree(data_of, x) if holds_nodes(x) else data_of(x)


class _BoxType(type):
    """The type of the classes of boxes, whose instances are nodes of the engine and containers."""

    def __instancecheck__(cls, x: Any) -> bool:
        if "tracks" in vars(cls):
            return bool(vars(cls)["tracks"](x))
        return super().__instancecheck__(x)

    def __subclasscheck__(cls, kind: type) -> bool:
        return super().__subclasscheck__(kind) or (
            cls.__name__ in ("Box", "ArrayBox") and issubclass(kind, Tracked)
        )

    def __getattr__(cls, name: str) -> Any:
        return getattr(Tracked.array, name)

    def __setattr__(cls, name: str, method: Any) -> None:
        """A method that a program gives to boxes is one of nodes.

        But for NumPy's protocols, which nodes have, and HIPS autograd's boxes have not: those that
        programs give them call functions of `autograd.numpy`, which would ask for them again.
        """
        if name in ("__array_function__", "__array_ufunc__"):
            return
        for kind in (Tracked.array, Tracked.number):
            setattr(kind, name, method)


class _Mappings(UserDict[Any, Any]):
    """By type of value, what makes a box of (value, trace, node); `grad` uses it, too."""

    def __setitem__(self, kind: Any, maker: Any) -> None:
        super().__setitem__(kind, maker)
        NODE_MAKERS[kind] = lambda value: maker(value, -1, None)

    def __delitem__(self, kind: Any) -> None:
        super().__delitem__(kind)
        NODE_MAKERS.pop(kind, None)


class Box(metaclass=_BoxType):
    """What is tracked: a node of the engine, or a container of nodes.

    After `Box.type_mappings[kind] = ArrayBox` arrays of a type of one's own can be differentiated.
    The values of `type_mappings` are called with (value, trace, node).
    """

    type_mappings: ClassVar[_Mappings] = _Mappings()
    types: ClassVar[set[type]] = set()
    tracks: ClassVar[Callable[[Any], bool]] = isbox

    def __new__(cls, value: Any, trace: int = -1, node: Any = None) -> Any:
        """A box around a number or an array."""
        if not isinstance(value, Tracked | float | complex) and not hasattr(value, "__array__"):
            raise TypeError(
                f"a {type(value).__name__} cannot be tracked: nodes hold numbers and arrays, or "
                "what NumPy makes arrays of"
            )
        if node is None and not isinstance(value, Tracked):
            return Tracked.number(value) if type(value) is float else Tracked.array(value)
        return boxed(value, Start(node, trace))

    @classmethod
    def register(cls, value_type: type) -> None:
        """Let values of this type become boxes of this class."""
        Box.types.add(cls)
        Box.type_mappings[value_type] = cls


class ArrayBox(Box):
    """A node of the engine."""

    tracks: ClassVar[Callable[[Any], bool]] = lambda x: isinstance(x, Tracked)


class SequenceBox(Box):
    """A list or tuple with nodes in it."""

    tracks: ClassVar[Callable[[Any], bool]] = lambda x: (
        isinstance(x, list | tuple) and (isinstance(x, _Container) or holds_nodes(x))
    )

    def __new__(cls, value: Any, trace: int = -1, node: Any = None) -> Any:
        """A list or tuple, with its numbers and arrays as boxes."""
        return _contained(value, trace, node)


class DictBox(Box):
    """A dict with nodes in it."""

    tracks: ClassVar[Callable[[Any], bool]] = lambda x: (
        isinstance(x, dict) and (isinstance(x, _Container) or holds_nodes(x))
    )

    def __new__(cls, value: Any, trace: int = -1, node: Any = None) -> Any:
        """A dict, with its numbers and arrays as boxes."""
        return _contained(value, trace, node)


Box.types.update((ArrayBox, SequenceBox, DictBox))
Box.type_mappings.data |= dict.fromkeys((np.ndarray, *REAL, *COMPLEX), ArrayBox)
Box.type_mappings.data |= dict.fromkeys((Tracked.array, Tracked.number), ArrayBox)
Box.type_mappings.data |= {list: SequenceBox, tuple: SequenceBox, dict: DictBox}


class _Container:
    """A container that was made a box by hand."""

    _trace: int
    _node: Any
    _value: Any


class _Tuple(_Container, tuple[Any, ...]):
    """A tuple or list that was."""


class _Dict(_Container, dict[Any, Any]):
    """A dict that was."""


def _contained(value: Any, trace: int, node: Any) -> Any:
    leaves, rebuild = flatten(value)
    if node is None and trace < 0:
        return value
    container = [data_of(leaf) for leaf in leaves], rebuild
    parts = [
        _part(leaf, Start(node, trace, number, container)) for number, leaf in enumerate(leaves)
    ]
    box: Any = (_Dict if isinstance(value, dict) else _Tuple)(rebuild(iter(parts)))
    box._trace, box._node, box._value = trace, node, value
    return box


def _part(leaf: Any, start: Start) -> Any:
    if isinstance(leaf, Tracked) or Box.type_mappings.get(type(leaf)) is ArrayBox:
        return boxed(leaf, start)
    maker = Box.type_mappings.get(type(leaf))
    return leaf if maker is None else boxed(maker(leaf, -1, None).primal, start)


def new_box(value: Any, trace: int, node: Any) -> Any:
    """A box for `value`, for which `node` stands in the graph. Raises TypeError for what cannot be.

    >>> import autograd.numpy as np
    >>> from autograd.core import VJPNode
    >>> from autograd.tracer import new_box
    >>> x = new_box(2.0, 0, VJPNode.new_root())
    >>> np.sin(x)._node.parents[0] is x._node
    True
    """
    if isinstance(value, Tracked):
        return boxed(value, Start(node, trace))
    maker = Box.type_mappings.get(type(value))
    if maker is None:
        raise TypeError(f"can't differentiate with respect to a {type(value).__name__}")
    return maker(value, trace, node)


class TraceStack:
    """The numbers of the traces made by hand, the innermost last."""

    top: int = -1

    @contextmanager
    def new_trace(self) -> Iterator[int]:
        """A trace inside those there are; its number is what boxes are made with."""
        self.top += 1
        try:
            yield self.top
        finally:
            self.top -= 1


trace_stack: TraceStack = TraceStack()


def trace(start_node: Node, fun: Callable[[Any], Any], x: Any) -> tuple[Any, Any]:
    """fun(x), and what stands for it in the graph that starts with `start_node`; None, with a
    warning, where it does not depend on x.

    For each operation in between an object of the class of `start_node` is made.

    >>> import autograd.numpy as np
    >>> from autograd.tracer import Node, trace
    >>> class Named(Node):
    ...     def __init__(self, value, fun, args, kwargs, argnums, parents):
    ...         self.text = f"{fun.__name__}({parents[0].text})"
    ...     def initialize_root(self, text):
    ...         self.text = text
    >>> value, node = trace(Named.new_root("x"), lambda x: np.sin(np.exp(x)), 0.0)
    >>> value, node.text
    (0.8414709848078965, 'sin(exp(x))')
    """
    with trace_stack.new_trace() as number:
        end = fun(new_box(x, number, start_node))
    if isinstance(end, Tracked) and trace_of(end) == number:
        history = History(end)
        return history.value(), node_of(end)
    warnings.warn("the output does not depend on the input", stacklevel=2)
    return end, None


# What programs ask of a box.
_node, _trace = property(node_of), property(trace_of)
for _name, _asked in {"_node": _node, "_trace": _trace}.items():
    setattr(Tracked, _name, _asked)
