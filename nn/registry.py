"""Architectures as JSON, and the registry of classes and functions that they may name.

Modules need not be registered if no other module has their name.

An architecture consists of the constructor arguments of its modules, without weights. Reading one
calls only what is registered, so a file from elsewhere cannot run code.
"""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Mapping
from functools import partial
from typing import Any, TypeVar

import numpy as np

from nn.labels import names_of_classes

Registered = TypeVar("Registered", bound=Any)

REGISTRY: dict[str, Any] = {}
"""The registered classes and functions by name."""


def register(thing: Registered) -> Registered:
    """Register a function or class, so that models that use it can be saved; a decorator.

    Files refer to it by its name. A class of modules needs it only if another has the same name.
    Raises ``ValueError`` if the name is in use.

    >>> from nn import Function, build
    >>> @register
    ... def double(x):
    ...     return 2 * x
    >>> build(Function(double).config())(3.0)
    6.0
    """
    name = thing.__name__
    other = REGISTRY.get(name, thing)
    if other is not thing and _definition(other) != _definition(thing):
        raise ValueError(
            f"register: the name {name!r} already refers to {other!r}; files could not tell the "
            f"two apart, so choose another name"
        )
    REGISTRY[name] = thing
    return thing


_classes: dict[str, list[weakref.ref[type]]] = {}
"""The classes of modules in the process by name, whether registered or not."""


def note_class(kind: type) -> None:
    """Note a class of modules, so that models of it can be saved if it is the only one of its name.

    A class that is defined again, as by running a notebook's cell again, replaces the earlier one.
    """
    others = [
        other for other in _same_name(kind.__name__) if _definition(other) != _definition(kind)
    ]
    _classes[kind.__name__] = [weakref.ref(other) for other in (*others, kind)]


def _same_name(name: str) -> list[type]:
    return [kind for kind in (ref() for ref in _classes.get(name, ())) if kind is not None]


def class_of(name: str) -> Any:
    """Return the registered class of a name, or else the only class of that name, or None."""
    own = _same_name(name)
    return REGISTRY.get(name, own[0] if len(own) == 1 else None)


def _definition(thing: Any) -> tuple[Any, Any]:
    """Where a thing is defined. Running a notebook's cell again may replace it."""
    return getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)


def look_up(name: str) -> Any:
    """Return the class or function registered by this name; ``ValueError`` if there is none."""
    found = class_of(name)
    if found is None:
        several = len(_same_name(name)) > 1
        raise ValueError(
            f"the architecture names {name!r}, which is not registered: "
            + (
                "several classes have that name; put @nn.register above the one that is meant"
                if several
                else "before loading, import the code that defines it (functions need @nn.register)"
            )
        )
    return found


def encode(value: Any, seen: dict[int, int], where: str) -> Any:
    """Return an argument in JSON's types; what JSON lacks becomes a dict with a type as key.

    ``seen`` numbers the modules encoded so far, by their ``id``, so that shared ones stay shared.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple):
        return [encode(item, seen, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, Mapping):
        items = {str(key): encode(v, seen, f"{where}[{key!r}]") for key, v in value.items()}
        return {"dict": items}
    if isinstance(value, np.dtype) or (isinstance(value, type) and issubclass(value, np.generic)):
        return {"dtype": np.dtype(value).name}
    if isinstance(value, partial) and not value.args:
        keywords = encode(value.keywords, seen, where)["dict"]
        return {"partial": encode(value.func, seen, where)["named"], "keywords": keywords}
    if hasattr(type(value), "made_with"):
        if id(value) in seen:
            return {"shared": seen[id(value)]}
        seen[id(value)] = len(seen)
        kind = type(value)
        if class_of(kind.__name__) is not kind:
            raise ValueError(
                f"{where} is a {kind.__module__}.{kind.__qualname__}, which is not registered, and "
                f"there is another class of that name: rename it, or put @nn.register above it"
            )
        args, keywords = value.made_with
        arguments = inspect.signature(kind).bind(*args, **keywords).arguments
        config: dict[str, Any] = {
            "class": kind.__name__,
            "arguments": {
                name: encode(argument, seen, f"{kind.__name__}({name}=...)")
                for name, argument in arguments.items()
                if not isinstance(argument, np.random.Generator)
            },
        }
        names = names_of_classes(value)
        if names is not None and "classes" not in arguments:
            config["classes"] = list(names)
        return config
    name = getattr(value, "__name__", None)
    if name is not None and REGISTRY.get(name) is value:
        return {"named": name}
    raise ValueError(
        f"{where} is {value!r}, which cannot be saved: only numbers, strings, lists and dicts of "
        f"them, modules, and classes and functions marked with @nn.register can"
    )


def decode(config: Any, modules: list[Any]) -> Any:
    """Make an argument from what ``encode`` returned.

    ``modules`` collects the modules in the order in which their construction begins.
    """
    if isinstance(config, list):
        return [decode(item, modules) for item in config]
    if not isinstance(config, dict):
        return config
    match config:
        case {"class": str(name), "arguments": dict(arguments)}:
            kind = look_up(name)
            number = len(modules)
            modules.append(None)
            arguments = {key: decode(v, modules) for key, v in arguments.items()}
            modules[number] = _construct(kind, arguments)
            if "classes" in config:
                modules[number].classes = tuple(map(str, config["classes"]))
            return modules[number]
        case {"shared": int(number)} if 0 <= number < len(modules) and modules[number] is not None:
            return modules[number]
        case {"named": str(name)}:
            return look_up(name)
        case {"partial": str(name), "keywords": dict(keywords)}:
            return partial(look_up(name), **{k: decode(v, modules) for k, v in keywords.items()})
        case {"dtype": "float32" | "float64" | "float16" as name}:
            return np.dtype(name).type
        case {"dict": dict(items)}:
            return {key: decode(item, modules) for key, item in items.items()}
    raise ValueError(f"not part of an architecture: {str(config)[:100]}")


def _construct(kind: Any, arguments: dict[str, Any]) -> Any:
    """Make a module with these arguments; an ``rng`` without a default gets the seed 0."""
    if not hasattr(kind, "made_with"):
        raise ValueError(f"{kind.__name__!r} is not a module")
    signature = inspect.signature(kind)
    rng = signature.parameters.get("rng")
    if rng is not None and rng.default is inspect.Parameter.empty:
        arguments.setdefault("rng", 0)
    unknown = arguments.keys() - signature.parameters.keys()
    if unknown:
        raise ValueError(f"{kind.__name__} takes no argument {', '.join(sorted(unknown))}")
    bound = signature.bind_partial()
    bound.arguments.update(arguments)
    try:
        return kind(*bound.args, **bound.kwargs)
    except TypeError as error:
        raise ValueError(f"{kind.__name__} cannot be made with {arguments}: {error}") from error
