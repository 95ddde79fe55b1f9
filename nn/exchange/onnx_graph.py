"""``OnnxGraph``: an ONNX program as it is written, node by node.

How each module is written is in ``onnx_modules``; ``onnx_export`` makes a file of it all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from nn.data import Array
from nn.modules.module import Module

Translation = Callable[["OnnxGraph", Any, str], str]
"""Writes a module that is applied to the value of that name; gives the name of its output."""

TranslationT = TypeVar("TranslationT", bound=Translation)

TRANSLATIONS: dict[type[Module], Translation] = {}
"""How modules are written, by their classes."""


def translates(kind: type[Module]) -> Callable[[TranslationT], TranslationT]:
    """Say how modules of a class are written in ONNX: a decorator for a ``Translation``.

    It holds for subclasses too, as long as they have the same ``forward``.

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
    """An ONNX program: ``nodes``, and the ``weights`` they use by name.

    Weights have the names they have in ``state_dict``, nodes the path of their module and the name
    of their operation: ``0/Gemm``. ``features`` is the width of the input once a layer has told it.
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
        """Write a module of the model, applied to the value ``x``; gives the name of its output.

        Raises ``ValueError`` naming the module's path where no translation is known.
        """
        outside, self._inside = self._inside, self._paths.get(module, self._inside)
        kind = next((kind for kind in type(module).__mro__ if kind in TRANSLATIONS), None)
        if kind is None or type(module).forward is not kind.forward:
            raise self.unknown(module)
        y = TRANSLATIONS[kind](self, module, x)
        self._inside = outside
        return y

    def unknown(self, module: Module) -> ValueError:
        """That nothing is known of how to write the module."""
        where = f"{self._inside!r} is {module.title()}" if self._inside else module.title()
        kind = type(module).__name__
        return ValueError(
            f"export_onnx: {where}, of which no translation to ONNX is known. Make it of layers "
            f"and activations of nn, or write a translation with @nn.exchange.translates({kind})"
        )

    def add(self, operation: str, *inputs: str, **attributes: Any) -> str:
        """Apply an ONNX operation to values; gives the name of its output, which is its own too."""
        name = f"{self._inside}/{operation}".removeprefix("/")
        count = sum(held == name or held.startswith(f"{name}:") for held, *_ in self.nodes)
        name = f"{name}:{count}" if count else name
        self.nodes.append((name, operation, inputs, attributes))
        return name

    def weight(self, name: str, array: ArrayLike) -> str:
        """An array of the present module in the graph's type; gives its name in the graph."""
        name = f"{self._inside}.{name}".removeprefix(".")
        self.weights[name] = np.array(array, self.dtype)
        return name

    def takes(self, features: int) -> None:
        """Tell how wide the values here are; the first to do so tells the width of the input."""
        self.features = self.features or features
