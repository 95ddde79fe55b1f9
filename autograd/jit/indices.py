"""Integers that only pick items are data of a compiled program: tokens, class numbers, positions.

`Index` stands for an integer of the arguments while a function is recorded. Where it is an index of
an array, or of a list of what the program computes with, the item becomes an operation: each run
picks anew. Anything else that is done with it raises `NeedsNumber`; the function is then recorded
again with the number itself, which is a setting.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import add
from typing import Any, Final, NoReturn

import numpy as np

from autograd.engine.graph import Node, next_index
from autograd.engine.operations import interpreter
from autograd.jit.guards.interpreter import replace_item, subscripted
from autograd.jit.terms import pack
from autograd.nodes import Tensor
from autograd.ops import predicates
from autograd.ops.indexing import TrackedIndex, index
from autograd.ops.op_types import Elementwise, chain_product
from autograd.ops.structural import cast, reshape, stack
from autograd.scalars import Value
from autograd.trees import flatten

MOST_CHOICES = 2000
"""Lists of more computed numbers are not picked from by operations."""

LARGEST = 2**31
OUTSIDE = 2.0**40
"""In place of a larger integer: it is no index either."""

NO_PICKS = -1
"""Among the positions of settings: no item is picked by an operation."""

as_number: Final = Elementwise(
    "as_number", np.asarray, float, lambda out, x: 1, doc="An array of shape () as a number."
)


class NeedsNumber(BaseException):
    """An integer among the arguments is more than an index: at which position; or no item can be
    picked by an operation where it is None.
    """

    def __init__(self, position: int | None) -> None:
        super().__init__(position)
        self.position = position


class Index(TrackedIndex):
    """The integer `value`, at a position among those of a call.

    picks: what has been picked. place: its node, a float.
    """

    def __init__(self, value: int, position: int, picks: Picks) -> None:
        self._position = position
        self._picks = picks
        self.value = value
        picks.indices = True
        if abs(value) > LARGEST:
            self.needed()
        self.place: Value = Value(float(value))

    def needed(self, *args: Any) -> NoReturn:
        """The program does something else with it."""
        self._picks.needed = self._position
        raise NeedsNumber(self._position)

    def __index__(self) -> int:
        if not self._picks.pick(self.place, self.value, depth=2):
            self.needed()
        return self.value

    @property
    def node(self) -> Node:
        node: Node = cast(self.place, np.dtype(np.int64))
        return node

    __class__ = property(lambda self: int)  # which is what `isinstance` asks for

    def __getattr__(self, name: str) -> Any:
        self.needed()


_OTHERS = ("__array__", "__complex__", "__copy__", "__deepcopy__", "__hash__", "__reduce_ex__")
for _name in {*vars(int), *_OTHERS} - {*vars(Index), "__new__", "__getattribute__", "__doc__"}:
    if _name.startswith("__"):
        setattr(Index, _name, Index.needed)
setattr(Index, "__hash__", Index.needed)  # noqa: B010


# --------------------------------------------------------------------------------------------------
# Items of lists


class Picks:
    """What a program has picked from lists, while it is recorded.

    enabled: whether any items are. needed: the position of an integer of which the program needs
    the number.
    """

    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled
        self._first = next_index()
        self.indices: bool = False
        """Whether any integer among the arguments may be an index alone."""
        self.needed: int | None = None
        self._unconfirmed = 0
        self._places: dict[Node, Value] = {}
        self._packed: dict[tuple[int, ...], Any] = {}
        self._picked: dict[tuple[int, Node], tuple[Any, Any, Any]] = {}
        """By list and place: the list, its item, and what stands for it."""

    def check(self, result: Any, looks_at_types: bool) -> None:
        """Raise NeedsNumber where the program has needed one, or gives one back.

        looks_at_types: it may tell an `Index` from an integer.
        """
        if self.needed is not None or self._unconfirmed:
            raise NeedsNumber(self.needed)  # which the function has caught
        if self.indices:
            need(flatten(result)[0])
            if looks_at_types:
                raise NeedsNumber(None)

    def pick(self, place: Value, value: int, depth: int) -> bool:
        """Whether the instruction that runs in the frame so many calls above is `items[place]`, of
        a list whose items are alike; it is then given an operation that picks one of them.
        """
        found = subscripted(depth + 1, self._known) if self._enabled else None
        if found is None:
            return False
        frame, items = found
        if type(items) is not list or not 0 <= value < len(items):
            return False
        before = self._picked.get((id(items), place))
        if before is not None and before[1] is items[value]:
            item = before[2]
        else:
            item = self._operation(items, place)
            if item is None:
                return False
            self._picked[id(items), place] = items, items[value], item
        self._unconfirmed += 1
        replace_item(frame, items, value, item, self._confirm)
        return True

    def _confirm(self) -> None:
        self._unconfirmed -= 1

    def pick_by_node(self, node: Node, depth: int) -> bool:
        """The same for an integer that is a node already, such as an entry of an array."""
        if node.dtype.kind not in "iu" or node.shape:
            return False
        if node not in self._places:
            self._places[node] = number(cast(node, np.dtype(float)))
        return self.pick(self._places[node], int(node.primal), depth + 1)

    def _known(self, items: Any, place: Any) -> Any:
        """What was picked before from these items."""
        entry = self._picked.get((id(items), place.place)) if type(place) is Index else None
        return entry[2] if entry is not None and entry[1] is items[place.value] else None

    def _operation(self, items: list[Any], place: Value) -> Any:
        """The item at a place, where all items are alike; None where they are not, and where the
        list has nothing that this program computes or is given: others may read it.
        """
        picked: list[Any]
        rows, rebuilds = zip(*map(flatten, items), strict=True)
        leaves = [leaf for row in rows for leaf in row]
        same = {
            repr(rebuild(iter("." * len(row)))) for row, rebuild in zip(rows, rebuilds, strict=True)
        }
        own = any(isinstance(leaf, Node) and leaf.index >= self._first for leaf in leaves)
        if len(same) != 1 or not own:
            return None
        if all(type(leaf) in (Value, float) for leaf in leaves):
            if all(type(leaf) is float or leaf.op is None for leaf in leaves):
                table = self._table(leaves, (len(rows), len(rows[0])))
                row = index(table, cast(place, np.dtype(np.int64)))
                picked = [number(row[n]) for n in range(len(rows[0]))]
            elif len(leaves) <= MOST_CHOICES:
                here = [predicates.equal(place, float(n)) for n in range(len(items))]
                picked = [_choice(column, here) for column in zip(*rows, strict=True)]
            else:
                return None
        elif all(type(leaf) is Tensor for leaf in leaves):
            columns = list(zip(*rows, strict=True))
            if any(len({(x.shape, x.dtype) for x in column}) > 1 for column in columns):
                return None
            node = cast(place, np.dtype(np.int64))
            picked = [index(stack(list(column)), node) for column in columns]
        else:
            return None
        for inside in (
            predicates.greater_equal(place, 0.0),
            predicates.less(place, float(len(items))),
        ):
            interpreter().branch(inside, bool)
        return rebuilds[0](iter(picked))

    def _table(self, leaves: list[Any], shape: tuple[int, int]) -> Any:
        """Numbers that are given, as a matrix."""
        key = tuple(map(id, leaves))
        if key not in self._packed:
            self._packed[key] = leaves, reshape(pack(*leaves), shape)
        return self._packed[key][1]


def need(things: Iterable[Any]) -> None:
    """Raise NeedsNumber if an `Index` is among things that go out of the program."""
    for x in things:
        if type(x) is Index:
            x.needed()


def number(x: Any) -> Value:
    """An array of shape () as a number."""
    return Value.made(float(x.primal), as_number, x, None, 1.0)


def _choice(column: Iterable[Any], here: Iterable[Any]) -> Any:
    """The one among numbers at which `here` is true: a strong zero hides the others."""
    return reduce(add, [chain_product(x, one) for x, one in zip(column, here, strict=True)])
