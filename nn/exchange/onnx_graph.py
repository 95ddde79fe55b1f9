"""``OnnxGraph``: an ONNX program under construction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from nn.data import Array
from nn.modules.module import Module

Translation = Callable[["OnnxGraph", Any, str], str]
"""Adds a module to a graph, applied to the value of that name; returns the name of the output."""

TranslationT = TypeVar("TranslationT", bound=Translation)

TRANSLATIONS: dict[type[Module], Translation] = {}
"""The translation for each class of modules."""


def translates(kind: type[Module]) -> Callable[[TranslationT], TranslationT]:
    """Decorate a function that translates modules of a class to ONNX.

    It is also used for subclasses with the same ``forward``.

    >>> import nn
    >>> class Square(nn.Module):
    ...     def __init__(self, inner):
    ...         self.inner = inner
    ...     def forward(self, x):
    ...         return self.inner(x) ** 2
    >>> @translates(Square)
    ... def square(graph, module, x):
    ...     y = graph.translate(module.inner, x)
    ...     return graph.add("Mul", y, y)
    """

    def remember(translation: TranslationT) -> TranslationT:
        TRANSLATIONS[kind] = translation
        return translation

    return remember


class OnnxGraph:
    """An ONNX program: its ``nodes``, and its ``weights`` by name.

    Weights have the names of ``state_dict``. The name of a node is the path of its module and the
    operation, ``0/Gemm``. ``features`` is the width of the input, once a layer has set it.
    """

    def __init__(self, model: Module) -> None:
        self.model = model
        self.nodes: list[tuple[str, str, tuple[str, ...], dict[str, Any]]] = []
        self.weights: dict[str, Array] = {}
        self.features: int | None = None
        self.dtype: np.dtype[Any] = np.result_type(
            np.float32,
            *(parameter.dtype for parameter in model.parameters(frozen=True)),
            *(buffer.dtype for buffer in model.named_buffers().values() if buffer.ndim),
        )
        self._paths = {module: path for path, module in model.named_modules().items()}
        self._inside = ""

    def translate(self, module: Module, x: str) -> str:
        """Add a module, applied to the value ``x``; return the name of its output.

        Raises ``ValueError`` with the path of the module if it has no translation.
        """
        outside, self._inside = self._inside, self._paths.get(module, self._inside)
        kind = next((kind for kind in type(module).__mro__ if kind in TRANSLATIONS), None)
        if kind is None or type(module).forward is not kind.forward:
            raise self.unknown(module)
        y = TRANSLATIONS[kind](self, module, x)
        self._inside = outside
        return y

    def unknown(self, module: Module) -> ValueError:
        """Return the error for a module without a translation."""
        where = f"{self._inside!r} is {module.title()}" if self._inside else module.title()
        kind = type(module).__name__
        return ValueError(
            f"export_onnx: {where}, which has no translation to ONNX. Build it from layers and "
            f"activations of nn, or write a translation with @nn.exchange.translates({kind})"
        )

    def add(self, operation: str, *inputs: str, **attributes: Any) -> str:
        """Add an ONNX operation; return the name of the node, which is also that of its output."""
        name = f"{self._inside}/{operation}".removeprefix("/")
        count = sum(other == name or other.startswith(f"{name}:") for other, *_ in self.nodes)
        name = f"{name}:{count}" if count else name
        self.nodes.append((name, operation, inputs, attributes))
        return name

    def weight(self, name: str, array: ArrayLike) -> str:
        """Add an array of the current module, in the type of the graph; return its name."""
        name = f"{self._inside}.{name}".removeprefix(".")
        self.weights[name] = np.array(array, self.dtype)
        return name

    def takes(self, features: int) -> None:
        """Set the width of the input, unless an earlier layer has set it."""
        self.features = self.features or features
