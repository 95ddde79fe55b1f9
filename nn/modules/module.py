"""``Module``: the base class of layers and networks.

Parameters, buffers and submodules are found among the attributes; nothing is declared.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from autograd import LineLog, begin_scope, end_scope
from nn.data import Array, shortened
from nn.modules.tree import Parameter, Tree, reset_gradient
from nn.registry import decode, encode, note_class, register

MOST_FAULTS = 20
"""How many faults of a state one message lists."""

__all__ = ["Module", "Parameter", "build", "mode", "observe_calls", "register"]

LineLog.libraries.append(str(Path(__file__).parents[1]))  # lines of this package are not the user's

Observer: TypeAlias = "Callable[[Module, tuple[Any, ...], dict[str, Any]], Any]"
_observer: ContextVar[Observer | None] = ContextVar("observer", default=None)


class Module(Tree):
    """Base class of layers and networks: a function with parameters.

    A subclass defines ``forward`` and sets attributes in ``__init__``. The type of an attribute
    decides its role:

    - a ``Tensor`` or ``Value`` that is not the result of an operation is a *parameter*;
    - an array is a *buffer*, saved but not trained, unless its name starts with ``_``;
    - a ``Module`` is a submodule, and a NumPy ``Generator`` is part of the state.

    Parameters and modules may also be inside lists, tuples and dicts. Each has a path of names and
    positions, such as ``layers.0.weight``. A shared one appears once, under its first path. The
    order is always that of definition.

    >>> import numpy as np
    >>> from autograd import Tensor
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope = Tensor([2.0])
    ...         self.offset = Tensor([1.0])
    ...     def forward(self, x):
    ...         return self.slope * x + self.offset
    >>> line = Line()
    >>> line(np.array([3.0]))
    Tensor([7.])
    >>> list(line.named_parameters())
    ['slope', 'offset']
    """

    __signature__: ClassVar[inspect.Signature]

    training = True
    """Whether the module is in training mode; ``Dropout`` and ``BatchNorm`` depend on it."""

    classes: tuple[str, ...] | None = None
    """The names of the classes that the outputs stand for, if they are known."""

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        # Without this, tooltips show the signature of __new__ and not that of __init__.
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
        cls.__signature__ = inspect.Signature(parameters)
        note_class(cls)

    def __init__(self) -> None:
        pass

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; ``module(...)`` calls it."""
        raise NotImplementedError(f"{type(self).__name__} has no forward method")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        observer = _observer.get()
        first = begin_scope()
        try:
            if observer is None:
                return self.forward(*args, **kwargs)
            return observer(self, args, kwargs)
        finally:
            end_scope(self, first)  # drawings and error messages name the module

    # --- training --------------------------------------------------------------------------------

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Reset the gradients of all parameters, to None or to zeros."""
        for parameter in self.parameters():
            reset_gradient(parameter, set_to_none)

    def train(self, on: bool = True) -> Self:
        """Set training mode (``on=False``: evaluation mode) in all submodules; return ``self``."""
        for module in self.named_modules().values():
            module.training = on
        return self

    def eval(self) -> Self:
        """Set evaluation mode in all submodules: ``train(False)``; return ``self``."""
        return self.train(False)

    # --- state -----------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Array]:
        """Return copies of all parameters, frozen ones included, then of all buffers, by path."""
        parameters = self.named_parameters(frozen=True)
        state = {path: np.array(parameter.numpy()) for path, parameter in parameters.items()}
        return state | {path: buffer.copy() for path, buffer in self.named_buffers().items()}

    def load_state_dict(self, state: Mapping[str, ArrayLike], strict: bool = True) -> None:
        """Load parameters and buffers from a ``state_dict``: all of them, or none.

        Arrays are cast to the dtype of the parameter. ``strict=False`` ignores paths that only one
        side has. Raises ``ValueError``, and changes nothing, if a path is missing, unexpected or of
        another shape; the message lists them.
        """
        parameters, buffers = self.named_parameters(frozen=True), self._buffers()
        targets = parameters | self.named_buffers()
        arrays = {path: np.asarray(array) for path, array in state.items() if path in targets}
        faults = [
            f"{path} has shape {array.shape}, not {targets[path].shape}"
            for path, array in arrays.items()
            if array.shape != targets[path].shape
        ]
        faults += [
            f"{path} is of type {array.dtype}, not real numbers"
            for path, array in arrays.items()
            if array.dtype.kind not in "fiub"
        ]
        if strict:
            faults += [f"{path} is missing" for path in targets if path not in arrays]
            faults += [f"{path} is unexpected" for path in state if path not in targets]
        if faults:
            listing = "; ".join(map(shortened, faults[:MOST_FAULTS]))
            more = len(faults) - MOST_FAULTS
            raise ValueError(
                f"the state does not fit {self.title()}: {listing}"
                + (f"; and {more} more" if more > 0 else "")
            )
        for path, array in arrays.items():
            if path in parameters:
                parameters[path].data = array
            else:
                module, name = buffers[path]
                setattr(module, name, array.astype(targets[path].dtype))

    def to_vector(self) -> Array:
        """Return the parameters as one vector θ, in order of definition, each in C order.

        Frozen parameters are left out. (Lindholm et al. 2022, section 6.1.)
        """
        parts = [np.ravel(parameter.numpy()) for parameter in self.parameters()]
        return np.concatenate(parts) if parts else np.empty(0, np.float32)

    def from_vector(self, vector: ArrayLike) -> None:
        """Set the parameters from a vector as ``to_vector`` returns it.

        Raises ``ValueError``, and changes nothing, if the vector has another length.
        """
        parameters, values = self.parameters(), np.asarray(vector)
        sizes = [parameter.size for parameter in parameters]
        if values.shape != (sum(sizes),):
            raise ValueError(
                f"a vector of shape {values.shape} for {self.title()}; one number for each of its "
                f"{sum(sizes)} parameters, shape ({sum(sizes)},), is needed"
            )
        ends = np.cumsum(sizes)[:-1]
        for parameter, part in zip(parameters, np.split(values, ends), strict=True):
            parameter.data = part.reshape(parameter.shape)

    # --- description -----------------------------------------------------------------------------

    def summary(self) -> None:
        """Print the layers, with the shapes and numbers of their parameters: ``print(model)``."""
        print(self)

    def config(self) -> dict[str, Any]:
        """Return the architecture in JSON's types: class names and constructor arguments.

        ``build(config)`` makes a module of the same architecture with new weights. Changes made
        after construction and random generators are left out. Raises ``ValueError`` for an
        argument that is not registered, and for a class if another has its name; see ``register``.
        """
        config: dict[str, Any] = encode(self, {}, type(self).__name__)
        return config


@contextmanager
def mode(model: Module, *, training: bool) -> Iterator[None]:
    """Put a model in training or evaluation mode inside the block; restore each module's after."""
    before = {module: module.training for module in model.named_modules().values()}
    model.train(training)
    try:
        yield
    finally:
        for module, was_training in before.items():
            module.training = was_training


@contextmanager
def observe_calls(observer: Observer) -> Iterator[None]:
    """Run each module called in the block by ``observer(module, args, keywords)``.

    The observer calls ``module.forward(*args, **keywords)`` and returns its result.
    """
    token = _observer.set(observer)
    try:
        yield
    finally:
        _observer.reset(token)


def build(config: Mapping[str, Any]) -> Module:
    """Make a module from the ``config()`` of another, with new weights.

    Only classes of modules and registered functions are called, so a config from elsewhere cannot
    run code. Raises ``ValueError`` if the config is malformed, names a class that does not exist,
    or has arguments that the class refuses.

    >>> from nn import MLP, build
    >>> config = MLP([2, 3, 1], activation="tanh").config()
    >>> config
    {'class': 'MLP', 'arguments': {'sizes': [2, 3, 1], 'activation': 'tanh'}}
    >>> build(config).num_parameters()
    13
    """
    try:
        module = decode(config, [])
    except RecursionError as error:
        raise ValueError("the architecture is nested too deeply") from error
    if not isinstance(module, Module):
        raise ValueError(f"not the architecture of a module: {str(config)[:100]}")
    return module
