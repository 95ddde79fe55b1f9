"""What a function reads besides its arguments, and whether it is still the same.

These are variables of enclosing functions, globals, defaults, and the attributes and items of
objects reached through them, as far as the code that ran names them.
"""

from __future__ import annotations

import functools
import operator
import sys
import weakref
from array import array
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from itertools import chain
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
from autograd.jit.reading import ANY, globals_of, in_library, is_of_library, names_of

Read: TypeAlias = Callable[[], Any]


class Place(NamedTuple):
    """Where something outside was found: what is called there, and how to look again."""

    name: str
    """The variable, attribute or item, as the source writes it."""
    word: str
    """The name by which code reads it; "" for an item of a container."""
    read: Read
    found: Any
    slot: bool = False
    """Whether it is a slot, which nobody comes upon who does not name it."""


_ATOMS = (int, float, complex, str, bytes, bool, type(None), np.generic, np.dtype)
_LEAVES = (Node, np.ndarray, np.random.Generator, np.ufunc, *_ATOMS)
MOST = 200_000
"""So many places at most are looked for; to look at more takes longer than to run most programs."""


def _of_library(module: ModuleType | None) -> bool:
    file = getattr(module, "__file__", None)
    if file:
        return in_library(file)
    # A notebook has no file, nor have classes made by `exec` a module.
    name = "" if module is None else module.__name__.partition(".")[0]
    return name in sys.stdlib_module_names and name != "__main__"


def places(roots: Iterable[tuple[str, Any]]) -> dict[int, list[Place]]:
    """All places that functions and objects among `roots` (names and objects) can read from.

    They are listed by the `id` of the object that each is in.
    """
    inside: dict[int, list[Place]] = {}
    count = 0
    waiting = list(roots)
    while waiting and count < MOST:
        name, thing = waiting.pop()
        if not isinstance(thing, _LEAVES) and id(thing) not in inside:
            inside[id(thing)] = found = list(_inside(name, thing))
            count += len(found)
            waiting += [(place.name, place.found) for place in found]
    return inside


def read_by(
    names: Collection[str], roots: Iterable[tuple[str, Any]], inside: Mapping[int, Sequence[Place]]
) -> list[Place]:
    """Those of all `places` that code comes upon which reads these names alone."""
    found: list[Place] = []
    left = dict(inside)
    waiting = [id(root) for _, root in roots]
    while waiting:
        for place in left.pop(waiting.pop(), ()):
            named = not place.word or place.word in names or ANY in names
            if named:
                found.append(place)
            if named or not place.slot:  # the others may have been come upon in `vars`
                waiting.append(id(place.found))
    return found


def _inside(name: str, thing: Any) -> Iterator[Place]:
    if isinstance(thing, FunctionType) and "jitted" in vars(thing):
        yield _fixed(name, vars(thing)["__wrapped__"])
    elif isinstance(thing, FunctionType):
        yield from _of_function(thing)
    elif isinstance(thing, MethodType):
        yield _fixed(name, thing.__func__)
        yield _fixed("self", thing.__self__)
    elif isinstance(thing, functools.partial):
        yield _fixed(name, thing.func)
        yield from _items(f"{name}.args", thing.args)
        yield from _items(f"{name}.keywords", thing.keywords)
    elif isinstance(thing, property):
        yield _fixed(name, thing.fget)
    elif isinstance(thing, staticmethod | classmethod):
        yield _fixed(name, thing.__func__)
    elif isinstance(thing, BuiltinFunctionType):
        yield _fixed(name, thing.__self__)
    elif isinstance(thing, weakref.ref):
        yield Place(name, "", thing, thing())
    elif isinstance(thing, ContextVar):
        yield Place(name, "", functools.partial(thing.get, None), thing.get(None))
    elif isinstance(thing, ModuleType):
        if not _of_library(thing):
            yield from _attributes(name, vars(thing))
    elif isinstance(thing, Op) and is_of_library(thing.kernel):
        return  # which does not change it
    elif isinstance(thing, type):
        if not _of_library(sys.modules.get(thing.__module__)):
            yield from _attributes(name, vars(thing))
            yield from _hideable(name, thing.__mro__[1:], vars(thing))
    else:
        if isinstance(thing, dict | list | tuple):
            yield from _items(name, thing)
        elif isinstance(thing, _OTHER_CONTAINERS):
            yield from _contents_of(name, thing)
        kinds = type(thing).__mro__
        if hasattr(thing, "__dict__"):
            variables = vars(thing)
            if "__wrapped__" in variables:
                yield _fixed(name, variables["__wrapped__"])
            yield from _attributes(name, variables)
            yield from _hideable(name, kinds, variables)
            count = functools.partial(_count, variables)
            yield Place(f"which attributes {name} has", "", count, count())
        yield from _slots(name, thing)
        for kind in kinds[:-1]:
            yield _fixed(kind.__name__, kind)


def _fixed(name: str, thing: Any) -> Place:
    """Where always the same will be found."""
    return Place(name, "", functools.partial(_itself, thing), thing)


def _itself(thing: Any) -> Any:
    return thing


def _of_function(function: FunctionType) -> Iterator[Place]:
    code = function.__code__
    library = in_library(code.co_filename)
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        try:
            found = cell.cell_contents
        except ValueError:  # an empty cell: a variable that has no value yet
            continue
        if library:  # whose functions do not give their enclosing variables new values
            yield _fixed(name, found)._replace(word=name)
        else:
            yield Place(name, name, functools.partial(getattr, cell, "cell_contents"), found)
    if library and not function.__closure__:
        return
    by_name = function.__kwdefaults__ or {}
    for name, default in by_name.items():
        yield Place(name, name, functools.partial(by_name.get, name), default)
    defaults = function.__defaults__ or ()
    names = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
    for number, (name, default) in enumerate(zip(names, defaults, strict=True)):
        yield Place(name, "", functools.partial(defaults.__getitem__, number), default)
    if library:
        return
    variables = function.__globals__
    named = names_of(code)
    for name in named if ANY in named else globals_of(code):
        if name in variables:
            yield Place(name, name, functools.partial(variables.get, name), variables[name])
        elif isinstance(module := sys.modules.get(name), ModuleType):  # imported by the code
            yield _fixed(name, module)._replace(word=name)
    yield from _attributes(function.__name__, vars(function))


def _items(name: str, container: Any) -> Iterator[Place]:
    pairs = list(container.items() if isinstance(container, dict) else enumerate(container))
    items = [item for _, item in pairs]
    if isinstance(container, tuple):
        pass
    elif any(isinstance(item, np.ndarray) for item in items):  # which may be followed
        yield Place(f"len({name})", "", functools.partial(len, container), len(container))
        for key, item in pairs:
            read = functools.partial(container.__getitem__, key)
            yield Place(f"{name}[{key!r}]", "", read, item)
        return
    elif isinstance(container, dict):  # one comparison, instead of one for each item
        keys = list(container)
        yield Place(name, "", functools.partial(_still_maps, container, keys, items), True)
    else:
        yield Place(name, "", functools.partial(_still_holds, container, items), True)
    yield from [_fixed(f"{name}[{key!r}]", x) for key, x in pairs if not isinstance(x, _ATOMS)]


_OTHER_CONTAINERS: tuple[type, ...] = (
    *(set, frozenset, deque, array, bytearray, MappingProxyType),
    *map(type, ({}.keys(), {}.values(), {}.items())),
)


def _contents_of(name: str, container: Any) -> Iterator[Place]:
    def listed() -> list[Any]:
        return list(container.items() if isinstance(container, MappingProxyType) else container)

    then = listed()
    yield Place(name, "", lambda: listed() == then, True)
    yield from [_fixed(f"an item of {name}", x) for x in then if not isinstance(x, _ATOMS)]


def _still_holds(container: Collection[Any], then: Sequence[Any]) -> bool:
    """Whether the items are the same ones, or equal numbers of the same type."""
    return len(container) == len(then) and (
        all(map(operator.is_, container, then))
        or all(now is old or _same(now, old) for now, old in zip(container, then, strict=True))
    )


def _still_maps(container: Mapping[Any, Any], keys: Sequence[Any], then: Sequence[Any]) -> bool:
    return _still_holds(container, keys) and _still_holds(container.values(), then)


_COMPARED = (_still_holds, _still_maps)


def _attributes(name: str, variables: Mapping[str, Any]) -> Iterator[Place]:
    for word, found in list(variables.items()):
        if not (word.startswith("__") and word.endswith("__")):
            yield Place(f"{name}.{word}", word, functools.partial(variables.get, word), found)


def _count(variables: Mapping[str, Any]) -> int:
    return len(variables)


def _hideable(name: str, kinds: Sequence[type], variables: Mapping[str, Any]) -> Iterator[Place]:
    """Settings and methods of a class that an attribute of the object may come to hide."""
    for base in kinds:
        library = _of_library(sys.modules.get(base.__module__))
        hidden = _ATOMS if library else (*_ATOMS, FunctionType)
        for word, value in vars(base).items():
            if isinstance(value, hidden) and word not in variables and not word.startswith("__"):
                get = functools.partial(variables.get, word, value)
                yield Place(f"{name}.{word}", word, get, value)


def attributes(place: Place) -> Mapping[str, Any] | None:
    """The attributes that are counted at a place; None where something else is found."""
    read = place.read
    if isinstance(read, functools.partial) and read.func is _count:
        variables: Mapping[str, Any] = read.args[0]
        return variables
    return None


def _slots(name: str, thing: Any) -> Iterator[Place]:
    for base in type(thing).__mro__[:-1]:
        slots = vars(base).get("__slots__", ())
        for word in (slots,) if isinstance(slots, str) else slots:
            if not word.startswith("__") and hasattr(thing, word):
                read = functools.partial(getattr, thing, word, None)
                yield Place(f"{name}.{word}", word, read, read(), slot=True)


def readable_names(things: Iterable[Any]) -> frozenset[str]:
    """The names that the functions among these read, and all methods of the others."""
    functions: set[CodeType] = set()
    kinds: set[type] = set()
    for thing in things:
        if isinstance(thing, FunctionType):
            functions.add(thing.__code__)
        elif isinstance(thing, MethodType):
            functions.add(thing.__func__.__code__)
        else:
            kinds.update(type(thing).__mro__)
    for kind in kinds:
        for member in vars(kind).values():
            member = getattr(member, "__func__", getattr(member, "fget", member))
            if isinstance(member, FunctionType):
                functions.add(member.__code__)
    return frozenset().union(*[names_of(code) | {*code.co_freevars} for code in functions])


def changes(watched: Iterable[Place]) -> Iterator[Place]:
    """The places where now something else is found."""
    for place in watched:
        try:
            now = place.read()
        except (LookupError, ValueError):  # gone, or arrays that a comparison has come upon
            yield place
        else:
            if now is not place.found and not _same(now, place.found):
                yield place


class Watch:
    """Places that are looked at again before each run."""

    def __init__(self, watched: Iterable[Place]) -> None:
        self._places = [
            place for place in watched if getattr(place.read, "func", None) is not _itself
        ]
        # Containers are compared all at once, if there are many of them.
        self._others: list[tuple[Read, Any]] = []
        self._containers: list[Collection[Any]] = []
        self._items: list[Any] = []
        for read, found in self.pairs():
            if not isinstance(read, functools.partial) or read.func not in _COMPARED:
                self._others.append((read, found))
                continue
            container, *thens = read.args
            views = [container, container.values()] if len(thens) == 2 else [container]
            self._containers += views
            self._items += chain.from_iterable(thens)
        self._lengths = [*map(len, self._containers)]

    def pairs(self) -> list[tuple[Read, Any]]:
        """What to read, and what has to be found."""
        return [(place.read, place.found) for place in self._places]

    def changed(self) -> Place | None:
        """The first place where now something else is found."""
        try:
            if (
                not [1 for read, found in self._others if read() is not found]
                and [*map(len, self._containers)] == self._lengths
                and all(map(operator.is_, chain.from_iterable(self._containers), self._items))
            ):
                return None
        except (LookupError, ValueError):  # gone, or arrays that a comparison has come upon
            pass
        return next(changes(self._places), None)


def _same(now: Any, then: Any) -> bool:
    """Whether an atom has got an equal value."""
    return isinstance(then, _ATOMS) and type(now) is type(then) and repr(now) == repr(then)
