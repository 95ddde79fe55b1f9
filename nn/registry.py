"""Which classes and functions an architecture may name, and architectures as JSON.

An architecture is the arguments its modules were made with, not their weights. Only what was
registered is ever called when one is read, so a foreign file cannot run code.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import partial
from typing import Any, TypeVar

import numpy as np

Registered = TypeVar("Registered", bound=Any)

REGISTRY: dict[str, Any] = {}
"""What may be named, by its name."""


def register(thing: Registered) -> Registered:
    """Let models that use this class or function be saved and loaded; used as a decorator.

    Its name is how files refer to it. Raises ``ValueError`` where another has that name already.

    >>> from nn import Module, build
    >>> @register
    ... class Scale(Module):
    ...     def __init__(self, factor):
    ...         self.factor = factor
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> build(Scale(3.0).config())(2.0)
    6.0
    """
    name = thing.__name__
    held = REGISTRY.get(name, thing)
    if held is not thing and _home(held) != _home(thing):
        raise ValueError(
            f"register: {name!r} names {held!r} already; files could not tell the two apart, "
            f"so give yours another name"
        )
    REGISTRY[name] = thing
    return thing


def _home(thing: Any) -> tuple[Any, Any]:
    """Where a thing was defined: running a notebook's cell again may replace it."""
    return getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)


def registered(name: str) -> Any:
    """What has this name; ``ValueError`` where nothing has."""
    if name not in REGISTRY:
        raise ValueError(
            f"the architecture names {name!r}, which is not registered: import the code that "
            f"defines it, with @nn.register above it, before loading"
        )
    return REGISTRY[name]


def encode(value: Any, seen: dict[int, int], where: str) -> Any:
    """An argument as JSON: plain values as they are, anything else as a dict that says what it is.

    ``seen`` numbers the modules met so far by their ``id``, so that a shared one stays shared.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple):
        return [encode(part, seen, f"{where}[{i}]") for i, part in enumerate(value)]
    if isinstance(value, Mapping):
        parts = {str(key): encode(v, seen, f"{where}[{key!r}]") for key, v in value.items()}
        return {"dict": parts}
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
        if REGISTRY.get(kind.__name__) is not kind:
            raise ValueError(
                f"{where} is a {kind.__module__}.{kind.__qualname__}, which is not registered: put "
                f"@nn.register above the class to save models that hold it"
            )
        args, keywords = value.made_with
        arguments = inspect.signature(kind).bind(*args, **keywords).arguments
        return {
            "class": kind.__name__,
            "arguments": {
                name: encode(argument, seen, f"{kind.__name__}({name}=...)")
                for name, argument in arguments.items()
                if not isinstance(argument, np.random.Generator)
            },
        }
    name = getattr(value, "__name__", None)
    if name is not None and REGISTRY.get(name) is value:
        return {"named": name}
    raise ValueError(
        f"{where} is {value!r}, which cannot be saved: numbers, strings, lists and dicts of them, "
        f"modules, and classes and functions marked with @nn.register can"
    )


def decode(config: Any, made: list[Any]) -> Any:
    """What ``encode`` wrote, made anew. ``made`` collects modules in the order they were begun."""
    if isinstance(config, list):
        return [decode(part, made) for part in config]
    if not isinstance(config, dict):
        return config
    match config:
        case {"class": str(name), "arguments": dict(arguments)}:
            kind = registered(name)
            place = len(made)
            made.append(None)
            made[place] = _construct(kind, {k: decode(v, made) for k, v in arguments.items()})
            return made[place]
        case {"shared": int(place)} if 0 <= place < len(made) and made[place] is not None:
            return made[place]
        case {"named": str(name)}:
            return registered(name)
        case {"partial": str(name), "keywords": dict(keywords)}:
            return partial(
                registered(name), **{key: decode(v, made) for key, v in keywords.items()}
            )
        case {"dtype": "float32" | "float64" | "float16" as name}:
            return np.dtype(name).type
        case {"dict": dict(parts)}:
            return {key: decode(part, made) for key, part in parts.items()}
    raise ValueError(f"not part of an architecture: {str(config)[:100]}")


def _construct(kind: Any, given: dict[str, Any]) -> Any:
    """A module made with these arguments; a generator it cannot do without is seeded by 0."""
    if not hasattr(kind, "made_with"):
        raise ValueError(f"{kind.__name__!r} is not a module")
    signature = inspect.signature(kind)
    rng = signature.parameters.get("rng")
    if rng is not None and rng.default is inspect.Parameter.empty:
        given.setdefault("rng", 0)
    unknown = given.keys() - signature.parameters.keys()
    if unknown:
        raise ValueError(f"{kind.__name__} takes no argument {', '.join(sorted(unknown))}")
    bound = signature.bind_partial()
    bound.arguments.update(given)
    try:
        return kind(*bound.args, **bound.kwargs)
    except TypeError as error:
        raise ValueError(f"{kind.__name__} cannot be made with {given}: {error}") from error
