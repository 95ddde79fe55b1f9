"""Places: the variables, attributes and items through which a function can read from outside.

They are found by following functions and objects to what they refer to, and they know how to look
again.
"""

from __future__ import annotations

import functools
import inspect
import operator
import sys
import weakref
from array import array
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    MappingProxyType,
    MethodType,
    ModuleType,
)
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from autograd.engine.graph import Node
from autograd.engine.operations import Op
from autograd.jit.guards.interpreter import (
    ANY,
    closure_of,
    defaults_of,
    globals_of,
    in_library,
    is_of_library,
    names_of,
)

Read: TypeAlias = Callable[[], Any]


class Place(NamedTuple):
    """Where a value from outside is kept: its name, and how to read it again."""

    name: str
    """The variable, attribute or item, as the source writes it."""
    word: str
    """The name by which code reads it; "" for an item of a container."""
    read: Read
    value: Any
    """What was there when the place was found."""
    slot: bool = False
    """Whether it is a slot, which is read by its own name only."""


_ATOMS = (int, float, complex, str, bytes, bool, type(None), np.generic, np.dtype)
_LEAVES = (Node, np.ndarray, np.random.Generator, np.ufunc, *_ATOMS)
MOST = 200_000
"""The search stops at this many places: to check more takes longer than most programs run."""


# --------------------------------------------------------------------------------------------------
# The search


def places(roots: Iterable[tuple[str, Any]]) -> dict[int, list[Place]]:
    """All places reachable from `roots` (names and objects), by the `id` of the object they are in.

    Nodes and arrays are not entered.
    """
    inside: dict[int, list[Place]] = {}
    count = 0
    waiting = list(roots)
    while waiting and count < MOST:
        name, thing = waiting.pop()
        if not isinstance(thing, _LEAVES) and id(thing) not in inside:
            inside[id(thing)] = new = list(_inside(name, thing))
            count += len(new)
            waiting += [(place.name, place.value) for place in new]
    return inside


def read_by(
    names: Collection[str], roots: Iterable[tuple[str, Any]], inside: Mapping[int, Sequence[Place]]
) -> list[Place]:
    """The places that are reached by code which reads these names only."""
    read: list[Place] = []
    left = dict(inside)
    waiting = [id(root) for _, root in roots]
    while waiting:
        for place in left.pop(waiting.pop(), ()):
            named = not place.word or place.word in names or ANY in names
            if named:
                read.append(place)
            if named or not place.slot:  # other attributes may be read through `vars`
                waiting.append(id(place.value))
    return read


def readable_names(things: Iterable[Any]) -> frozenset[str]:
    """The names read by the functions among these, and by all methods of the others."""
    codes: set[CodeType] = set()
    classes: set[type] = set()
    for thing in things:
        thing = getattr(thing, "__func__", thing) if isinstance(thing, MethodType) else thing
        if isinstance(thing, FunctionType):
            codes.add(thing.__code__)
        else:
            classes.update(type(thing).__mro__)
    for cls in classes:
        for member in vars(cls).values():
            member = getattr(member, "__func__", getattr(member, "fget", member))
            if isinstance(member, FunctionType):
                codes.add(member.__code__)
    return frozenset().union(*map(names_of, codes))


def _inside(name: str, thing: Any) -> Iterator[Place]:
    if isinstance(thing, FunctionType) and "jitted" in vars(thing):
        yield _constant(name, vars(thing)["__wrapped__"])
    elif isinstance(thing, FunctionType):
        yield from _of_function(thing)
    elif isinstance(thing, MethodType):
        yield _constant(name, thing.__func__)
        yield _constant("self", thing.__self__)
    elif isinstance(thing, functools.partial):
        yield _constant(name, thing.func)
        yield from _items(f"{name}.args", thing.args)
        yield from _items(f"{name}.keywords", thing.keywords)
    elif isinstance(thing, property):
        yield _constant(name, thing.fget)
    elif isinstance(thing, staticmethod | classmethod):
        yield _constant(name, thing.__func__)
    elif isinstance(thing, BuiltinFunctionType):
        yield _constant(name, thing.__self__)
    elif isinstance(thing, weakref.ref):
        yield Place(name, "", thing, thing())
    elif isinstance(thing, ContextVar):
        yield Place(name, "", functools.partial(thing.get, None), thing.get(None))
    elif isinstance(thing, ModuleType):
        if not _of_library(thing):
            yield from _attributes(name, vars(thing))
    elif isinstance(thing, Op) and is_of_library(inspect.unwrap(thing.kernel)):
        return  # operations do not change
    elif isinstance(thing, type):
        if not _of_library(sys.modules.get(thing.__module__)):
            yield from _attributes(name, vars(thing))
            yield from _hideable(name, thing.__mro__[1:], vars(thing))
    else:
        yield from _of_object(name, thing)


def _constant(name: str, value: Any, word: str = "") -> Place:
    """A place that cannot hold anything else."""
    return Place(name, word, functools.partial(_itself, value), value)


def _itself(value: Any) -> Any:
    return value


def _of_library(module: ModuleType | None) -> bool:
    file = getattr(module, "__file__", None)
    if file:
        return in_library(file)
    # A notebook has no file, and classes made by `exec` have no module.
    name = "" if module is None else module.__name__.partition(".")[0]
    return name in sys.stdlib_module_names and name != "__main__"


def _of_function(function: FunctionType) -> Iterator[Place]:
    code = function.__code__
    library = in_library(code.co_filename)
    for name, cell in closure_of(function):
        if library:  # such functions do not reassign the variables of their closures
            yield _constant(name, cell.cell_contents, name)
        else:
            read = functools.partial(getattr, cell, "cell_contents")
            yield Place(name, name, read, cell.cell_contents)
    if library and not function.__closure__:
        return
    by_name = function.__kwdefaults__ or {}
    for name, default in by_name.items():
        yield Place(name, name, functools.partial(by_name.get, name), default)
    for name, default in defaults_of(function):
        yield _constant(name, default)
    if library:
        return
    variables = function.__globals__
    named = names_of(code)
    for name in named if ANY in named else globals_of(code):
        if name in variables:
            yield Place(name, name, functools.partial(variables.get, name), variables[name])
        elif isinstance(module := sys.modules.get(name), ModuleType):  # imported by the code
            yield _constant(name, module, name)
    yield from _attributes(function.__name__, vars(function))


# --------------------------------------------------------------------------------------------------
# Objects


def _of_object(name: str, thing: Any) -> Iterator[Place]:
    if isinstance(thing, dict | list | tuple):
        yield from _items(name, thing)
    elif isinstance(thing, _OTHER_CONTAINERS):
        yield from _contents_of(name, thing)
    classes = type(thing).__mro__
    if hasattr(thing, "__dict__"):
        variables = vars(thing)
        if "__wrapped__" in variables:
            yield _constant(name, variables["__wrapped__"])
        yield from _attributes(name, variables)
        yield from _hideable(name, classes, variables)
        count = functools.partial(_count, variables)
        yield Place(f"which attributes {name} has", "", count, count())
    for base in classes[:-1]:
        slots = vars(base).get("__slots__", ())
        for word in (slots,) if isinstance(slots, str) else slots:
            if not word.startswith("__") and hasattr(thing, word):
                read = functools.partial(getattr, thing, word, None)
                yield Place(f"{name}.{word}", word, read, read(), slot=True)
    for cls in classes[:-1]:
        yield _constant(cls.__name__, cls)


def _attributes(name: str, variables: Mapping[str, Any]) -> Iterator[Place]:
    for word, value in list(variables.items()):
        if not (word.startswith("__") and word.endswith("__")):
            yield Place(f"{name}.{word}", word, functools.partial(variables.get, word), value)


def _count(variables: Mapping[str, Any]) -> int:
    return len(variables)


def attributes(place: Place) -> Mapping[str, Any] | None:
    """The attributes that a place counts; None for other places."""
    if isinstance(place.read, functools.partial) and place.read.func is _count:
        variables: Mapping[str, Any] = place.read.args[0]
        return variables
    return None


def _hideable(name: str, bases: Sequence[type], variables: Mapping[str, Any]) -> Iterator[Place]:
    """Settings and methods of classes that an attribute of the object may come to hide."""
    for base in bases:
        library = _of_library(sys.modules.get(base.__module__))
        hidden = _ATOMS if library else (*_ATOMS, FunctionType)
        for word, value in vars(base).items():
            if isinstance(value, hidden) and word not in variables and not word.startswith("__"):
                read = functools.partial(variables.get, word, value)
                yield Place(f"{name}.{word}", word, read, value)


# --------------------------------------------------------------------------------------------------
# Containers


def _items(name: str, container: Any) -> Iterator[Place]:
    pairs = list(container.items() if isinstance(container, dict) else enumerate(container))
    items = [item for _, item in pairs]
    if isinstance(container, tuple):
        pass
    elif any(isinstance(item, np.ndarray) for item in items):  # arrays may become inputs
        yield Place(f"len({name})", "", functools.partial(len, container), len(container))
        for key, item in pairs:
            read = functools.partial(container.__getitem__, key)
            yield Place(f"{name}[{key!r}]", "", read, item)
        return
    elif isinstance(container, dict):  # one comparison instead of one for each item
        keys = list(container)
        yield Place(name, "", functools.partial(_still_maps, container, keys, items), True)
    else:
        yield Place(name, "", functools.partial(_still_holds, container, items), True)
    yield from [_constant(f"{name}[{key!r}]", x) for key, x in pairs if not isinstance(x, _ATOMS)]


_OTHER_CONTAINERS: tuple[type, ...] = (
    *(set, frozenset, deque, array, bytearray, MappingProxyType),
    *map(type, ({}.keys(), {}.values(), {}.items())),
)


def _contents_of(name: str, container: Any) -> Iterator[Place]:
    def items() -> list[Any]:
        return list(container.items() if isinstance(container, MappingProxyType) else container)

    before = items()
    yield Place(name, "", lambda: items() == before, True)
    yield from [_constant(f"an item of {name}", x) for x in before if not isinstance(x, _ATOMS)]


def _still_holds(container: Collection[Any], before: Sequence[Any]) -> bool:
    """Whether the items are the same objects, or equal numbers of the same type."""
    return len(container) == len(before) and (
        all(map(operator.is_, container, before))
        or all(new is old or _equal(new, old) for new, old in zip(container, before, strict=True))
    )


def _still_maps(container: Mapping[Any, Any], keys: Sequence[Any], before: Sequence[Any]) -> bool:
    return _still_holds(container, keys) and _still_holds(container.values(), before)


# --------------------------------------------------------------------------------------------------
# Looking again


def changed(watched: Iterable[Place]) -> Iterator[Place]:
    """The places that hold something else now."""
    for place in watched:
        try:
            value = place.read()
        except (LookupError, ValueError):  # gone, or a comparison of arrays
            yield place
        else:
            if value is not place.value and not _equal(value, place.value):
                yield place


def _equal(new: Any, old: Any) -> bool:
    """Whether an atom has an equal value, and the same type."""
    return isinstance(old, _ATOMS) and type(new) is type(old) and repr(new) == repr(old)


def is_constant(place: Place) -> bool:
    """Whether a place cannot hold anything else."""
    return isinstance(place.read, functools.partial) and place.read.func is _itself


def compared(place: Place) -> tuple[list[Collection[Any]], list[Any]] | None:
    """The collections that a place compares item by item, and the items; None for other places."""
    read = place.read
    if not isinstance(read, functools.partial) or read.func not in (_still_holds, _still_maps):
        return None
    container, *before = read.args
    views = [container, container.values()] if len(before) == 2 else [container]
    return views, [item for items in before for item in items]
