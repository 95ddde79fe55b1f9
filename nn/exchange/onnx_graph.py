"""``OnnxGraph``: an ONNX program under construction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from autograd import Tensor, no_grad
from nn.data import Array
from nn.modules.module import Module, mode

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
        self._constants: dict[Any, str] = {}
        self.batches: dict[str, tuple[Array, ...]] = {}
        """Two batches of examples, by the name of a value; empty where no example was given."""
        self.record: Translation | None = None
        """What translates modules with a ``forward`` of their own."""
        self.recorded = False
        self.integers = False
        """Whether the input is integers."""

    def translate(self, module: Module, x: str) -> str:
        """Add a module, applied to the value ``x``; return the name of its output.

        Raises ``ValueError`` with the path of the module if it has no translation.
        """
        outside, self._inside = self._inside, self._paths.get(module, self._inside)
        translation = self.translation_of(module)
        if translation is None:
            if self.record is None or x not in self.batches:
                raise self.unknown(module)
            translation = self.record
        y = translation(self, module, x)
        if x in self.batches and y not in self.batches:
            self.batches[y] = tuple([self.outputs(module, batch) for batch in self.batches[x]])
        self._inside = outside
        return y

    def translation_of(self, module: Module) -> Translation | None:
        """The translation of a module; None if there is none, or if it has another ``forward``."""
        kind = next((kind for kind in type(module).__mro__ if kind in TRANSLATIONS), None)
        if kind is None or type(module).forward is not kind.forward:
            return None
        return TRANSLATIONS[kind]

    def ndim(self, x: str) -> int:
        """How many axes a value has: 2, batch and features, unless an example says otherwise."""
        return self.batches[x][0].ndim if x in self.batches else 2

    def outputs(self, module: Module, batch: Array) -> Array:
        """The outputs of a module in evaluation mode."""
        with no_grad(), mode(module, training=False):
            out = module.forward(batch)
        return out.numpy() if isinstance(out, Tensor) else np.asarray(out)

    def unknown(self, module: Module, why: str = "") -> ValueError:
        """Return the error for a module without a translation."""
        where = f"{self._inside!r} is {module.title()}" if self._inside else module.title()
        kind = type(module).__name__
        return ValueError(
            f"export_onnx: {where}, which has no translation to ONNX{why and ': '}{why}. "
            + ("" if why else "Give an example of its input (example=x), so that it is recorded. ")
            + "Or build it from layers and activations of nn, or write a translation with "
            f"@nn.exchange.translates({kind})"
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

    def parameter(self, path: str, array: ArrayLike) -> str:
        """Add a parameter of the model by its path, in the type of the graph; return its path."""
        self.weights[path] = np.array(array, self.dtype)
        return path

    def constant(self, array: ArrayLike) -> str:
        """Add an array of any type; floats are in the type of the graph. Return its name."""
        data = np.asarray(array)
        data = data.astype(self.dtype) if data.dtype.kind == "f" else data
        key = data.dtype.str, data.shape, data.tobytes()
        if key not in self._constants:
            self._constants[key] = name = f"constant:{len(self._constants)}"
            self.weights[name] = data
        return self._constants[key]

    def takes(self, features: int) -> None:
        """Set the width of the input, unless an earlier layer has set it."""
        self.features = self.features or features
