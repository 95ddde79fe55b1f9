"""``Module``: a part of a network, and all that follows from its attributes.

Parameters, buffers and inner modules are found, not declared. The parts themselves are in
``layers`` and ``activations``; who may be named in a saved architecture, in ``nn.registry``.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from autograd import Tensor, Value, begin_scope, end_scope
from nn.data import Array
from nn.modules.spans import Span, Spans, around, spans
from nn.modules.tree import Tree
from nn.registry import decode, encode, register

__all__ = ["Module", "Parameter", "Span", "Spans", "build", "register", "spans"]

Parameter: TypeAlias = Tensor | Value


class Module(Tree):
    """A function with parameters: a layer, a network, or any part of one.

    Write ``forward``, and set attributes in ``__init__``; what they hold says what they are:

    - a ``Tensor`` or ``Value`` you made (not the result of a computation) is a *parameter*;
    - a plain array is a *buffer*, saved but not trained, unless its name begins with ``_``;
    - a ``Module`` is part of the tree, and a NumPy ``Generator`` part of its state.

    Parameters and modules may stand in lists, tuples and dicts. Each has a path of names and
    positions, ``layers.0.weight``, and comes once, under its first path, however often it is
    shared; all orders are those of definition.

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
    """Whether the module trains, which only ``Dropout`` and ``BatchNorm`` ask; see ``train``."""

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        # Else __new__ would hide from tooltips what the constructor takes.
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
        cls.__signature__ = inspect.Signature(parameters)

    def __init__(self) -> None:
        pass

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; called by ``module(...)``."""
        raise NotImplementedError(f"{type(self).__name__} has no forward method")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        observer = around.get()
        first = begin_scope()
        try:
            if observer is None:
                return self.forward(*args, **kwargs)
            return observer(self, args, kwargs)
        finally:
            end_scope(self, first)  # for drawings

    # --- training --------------------------------------------------------------------------------

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None if isinstance(parameter, Tensor) else 0.0

    def train(self, on: bool = True) -> Self:
        """Switch to training, or with ``on=False`` from it, in the whole tree; gives itself."""
        for module in self.named_modules().values():
            module.training = on
        return self

    def eval(self) -> Self:
        """Switch to evaluation: ``train(False)``."""
        return self.train(False)

    # --- state -----------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Array]:
        """Copies of all parameters, frozen ones too, and then of all buffers, by their paths."""
        parameters = self.named_parameters(frozen=True)
        state = {path: np.array(parameter.numpy()) for path, parameter in parameters.items()}
        return state | {path: buffer.copy() for path, buffer in self.named_buffers().items()}

    def load_state_dict(self, state: Mapping[str, ArrayLike], strict: bool = True) -> None:
        """Take parameters and buffers from what ``state_dict`` gave: all of them, or none.

        Numbers are cast to the type each parameter has. With ``strict=False`` paths that either
        side lacks are passed over. Raises ``ValueError`` that lists the paths that are missing,
        unexpected or of another shape, and then changes nothing.
        """
        parameters, buffers = self.named_parameters(frozen=True), self._buffers()
        holders = parameters | self.named_buffers()
        given = {path: np.asarray(array) for path, array in state.items() if path in holders}
        faults = [
            f"{path} has shape {array.shape}, not {holders[path].shape}"
            for path, array in given.items()
            if array.shape != holders[path].shape
        ]
        faults += [
            f"{path} is of type {array.dtype}, not real numbers"
            for path, array in given.items()
            if array.dtype.kind not in "fiub"
        ]
        if strict:
            faults += [f"{path} is missing" for path in holders if path not in given]
            faults += [f"{path} is unexpected" for path in state if path not in holders]
        if faults:
            raise ValueError(f"the state does not fit {self.title()}: {'; '.join(faults)}")
        for path, array in given.items():
            if path in parameters:
                parameters[path].data = array
            else:
                module, name = buffers[path]
                setattr(module, name, array.astype(holders[path].dtype))

    def to_vector(self) -> Array:
        """The parameters as one vector θ, in order of definition, each in C order.

        Frozen parameters are no part of it. (Lindholm et al. 2022, section 6.1.)
        """
        parts = [np.ravel(parameter.numpy()) for parameter in self.parameters()]
        return np.concatenate(parts) if parts else np.empty(0, np.float32)

    def from_vector(self, vector: ArrayLike) -> None:
        """Take the parameters from a vector as ``to_vector`` gives it.

        Raises ``ValueError`` for a vector of another length, and then changes nothing.
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

    def config(self) -> dict[str, Any]:
        """The architecture as JSON can hold it: class names and constructor arguments.

        ``build(config)`` makes a module of the same architecture, with weights of its own. What
        was changed after construction is not part of it, and neither are random generators.
        Raises ``ValueError`` for an argument or class that is not registered; see ``register``.
        """
        described: dict[str, Any] = encode(self, {}, type(self).__name__)
        return described


def build(config: Mapping[str, Any]) -> Any:
    """A module of the architecture that ``config()`` described, with fresh weights.

    Only registered classes and functions are called, so a foreign description cannot run code.
    Raises ``ValueError`` for one that is malformed, names what is not registered, or gives a
    class arguments that it refuses.

    >>> from nn import MLP, build
    >>> config = MLP([2, 3, 1], activation="tanh").config()
    >>> config
    {'class': 'MLP', 'arguments': {'sizes': [2, 3, 1], 'activation': 'tanh'}}
    >>> build(config).num_parameters()
    13
    """
    try:
        made = decode(config, [])
    except RecursionError as error:
        raise ValueError("an architecture nested too deeply to be one") from error
    if not isinstance(made, Module):
        raise ValueError(f"not the architecture of a module: {str(config)[:100]}")
    return made
