"""``Tree``: what the attributes of a module hold, found in order of definition, and frozen.

What a module does with it, running, saving and loading, is in ``nn.modules.module``.
"""

from __future__ import annotations

import inspect
import reprlib
from typing import Any, NamedTuple, Self

import numpy as np

from autograd import Tensor, Value, is_compiling, stop_gradient
from nn.data import Array
from nn.modules.card import module_card


def is_bias(path: str, parameter: Any) -> bool:
    """Whether weight decay leaves a parameter out: it is called b or bias, or has one axis, as the
    scale of a normalisation has.
    """
    return parameter.ndim == 1 or path.rpartition(".")[2] in ("b", "bias")


class Tree:
    """The parameters, buffers, generators and inner modules of a module; see ``nn.Module``."""

    # Not in the instance's dict, where attributes are looked for.
    __slots__ = ("__dict__", "__weakref__", "_frozen", "made_with")

    made_with: tuple[tuple[Any, ...], dict[str, Any]]
    """The arguments of the constructor, from which ``config`` describes the module."""

    _frozen: dict[str, tuple[int, Any]]
    """Attributes with frozen parameters: their place in the order of definition, and themselves."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        self = super().__new__(cls)
        self.made_with = (args, kwargs)
        self._frozen = {}
        return self

    # --- finding ---------------------------------------------------------------------------------

    def _attributes(self) -> list[tuple[str, Any, bool]]:
        """Name, value and whether frozen of each attribute, in order of definition."""
        found = [(name, value, False) for name, value in vars(self).items()]
        for name, (place, value) in self._frozen.items():
            if name not in vars(self):  # else it has been given another value since
                found.insert(place, (name, value, True))
        return found

    def named_modules(self) -> dict[str, Any]:
        """This module, under "", and all modules inside it, by their paths."""
        return {path: found for path, found, _ in _places(self) if isinstance(found, Tree)}

    def named_parameters(self, *, frozen: bool = False) -> dict[str, Any]:
        """The parameters by their paths; with ``frozen=True`` the frozen ones among them too."""
        places = [place for place in _places(self) if not isinstance(place.found, Tree)]
        first = {parameter: path for path, parameter, _ in reversed(places)}
        left_out = set() if frozen else {place.found for place in places if place.frozen}
        return {
            path: parameter
            for path, parameter, _ in places
            if first[parameter] == path and parameter not in left_out
        }

    def parameters(self, *, frozen: bool = False) -> list[Any]:
        """The parameters in order of definition, each once; see ``named_parameters``."""
        return list(self.named_parameters(frozen=frozen).values())

    def weights(self) -> list[Any]:
        """The parameters that weight decay acts on: all but those that ``is_bias`` says."""
        return [p for path, p in self.named_parameters().items() if not is_bias(path, p)]

    def named_buffers(self) -> dict[str, Array]:
        """The arrays that are saved but not trained, by their paths."""
        return {path: getattr(module, name) for path, (module, name) in self._buffers().items()}

    def _buffers(self) -> dict[str, tuple[Tree, str]]:
        return self._attributes_that_are(np.ndarray)

    def named_generators(self) -> dict[str, np.random.Generator]:
        """The random generators by their paths: to go on as if never interrupted, restore them."""
        places = self._attributes_that_are(np.random.Generator)
        return {path: getattr(module, name) for path, (module, name) in places.items()}

    def _attributes_that_are(self, kind: type) -> dict[str, tuple[Tree, str]]:
        return {
            f"{path}.{name}" if path else name: (module, name)
            for path, module in self.named_modules().items()
            for name, value in vars(module).items()
            if isinstance(value, kind) and not name.startswith("_")
        }

    def num_parameters(self, *, frozen: bool = False) -> int:
        """How many numbers the parameters hold together.

        >>> from nn import MLP, build
        >>> MLP([784, 200, 10]).num_parameters()
        159010
        """
        return sum(parameter.size for parameter in self.parameters(frozen=frozen))

    def freeze(self) -> Self:
        """Make every parameter of the tree a constant; gives itself.

        The attribute then reads as the plain array: no gradient is computed for it, and
        ``parameters`` leaves it out. It is still saved and loaded. Where a module outside this
        tree shares the parameter, that module goes on computing a gradient for it, but the
        ``parameters`` of a tree that holds both leave it out.
        """
        for module in self.named_modules().values():
            module._frozen = {
                name: (place, value)
                for place, (name, value, frozen) in enumerate(module._attributes())
                if frozen or any(not isinstance(place.found, Tree) for place in _holds(value))
            }
            for name in module._frozen:
                vars(module).pop(name, None)
        return self

    def unfreeze(self) -> Self:
        """Undo ``freeze``: the same parameters as before are back; gives itself."""
        for module in self.named_modules().values():
            attributes = module._attributes()
            module._frozen = {}
            vars(module).clear()
            vars(module).update({name: value for name, value, _ in attributes})
        return self

    def __getattr__(self, name: str) -> Any:
        """A frozen attribute as the constant it is; called where there is no other."""
        if name not in self._frozen:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return _constant(self._frozen[name][1])

    def title(self) -> str:
        """How the module was made, without defaults, generators, and modules it was given.

        >>> from nn import Linear
        >>> Linear(2, 3, rng=0).title()
        'Linear(2, 3)'
        """
        args, keywords = self.made_with
        signature = inspect.signature(type(self))
        shown = []
        for name, value in signature.bind(*args, **keywords).arguments.items():
            default = signature.parameters[name].default
            if name == "rng" or _holds(value) or repr(value) == repr(default):
                continue
            text = getattr(value, "__name__", None) or reprlib.repr(value)
            shown.append(f"{name}={text}" if name in keywords else text)
        return f"{type(self).__name__}({', '.join(shown)})"

    def __repr__(self) -> str:
        rows = _rows(self, "", "", set())
        left, middle, right = (max(map(len, column)) for column in zip(*rows, strict=True))
        lines = [f"{a:<{left}}  {b:<{middle}}  {c:>{right}}".rstrip() for a, b, c in rows]
        return "\n".join([lines[0] + " parameters" * bool(rows[0][2]), *lines[1:]])

    def _repr_html_(self) -> str:
        parameters = self.named_parameters(frozen=True)
        return module_card(self.named_modules(), parameters, self.named_parameters())


class _Place(NamedTuple):
    """A module or parameter, where it was found, and whether a frozen attribute holds it."""

    path: str
    found: Any
    frozen: bool


def _places(root: Tree) -> list[_Place]:
    """Each module once, and each parameter wherever it stands, in order of definition."""
    places = [_Place("", root, False)]
    seen = {root}

    def visit(module: Tree, prefix: str) -> None:
        for name, found, frozen in _direct(module):
            if found in seen:
                continue
            places.append(_Place(prefix + name, found, frozen))
            if isinstance(found, Tree):
                seen.add(found)
                visit(found, f"{prefix}{name}.")

    visit(root, "")
    return places


def _direct(module: Tree) -> list[_Place]:
    """The parameters and modules that a module's own attributes hold."""
    found: list[_Place] = []
    for name, value, frozen in module._attributes():
        _collect(value, name, frozen, found)
    return found


def _collect(value: Any, path: str, frozen: bool, found: list[_Place]) -> None:
    if isinstance(value, Tree) or (isinstance(value, Tensor | Value) and value.op is None):
        found.append(_Place(path, value, frozen))
    elif isinstance(value, list | tuple):
        for position, part in enumerate(value):
            _collect(part, f"{path}.{position}", frozen, found)
    elif isinstance(value, dict):
        for key, part in value.items():
            _collect(part, f"{path}.{key}", frozen, found)


def _holds(value: Any) -> list[_Place]:
    """The modules and parameters in an attribute or an argument."""
    found: list[_Place] = []
    _collect(value, "", False, found)
    return found


def _constant(value: Any) -> Any:
    """An attribute with its parameters as plain arrays and numbers, or while compiling as nodes
    without a derivative, which are read at each run.
    """
    if isinstance(value, Tensor | Value) and value.op is None:
        if is_compiling():
            return stop_gradient(value)
        return value.numpy() if isinstance(value, Tensor) else value.data
    if isinstance(value, dict):
        return {key: _constant(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        make = getattr(value, "_make", type(value))  # a named tuple has a way of its own
        return make(_constant(part) for part in value)
    return value


def _rows(module: Tree, name: str, indent: str, seen: set[Tree]) -> list[tuple[str, str, str]]:
    """The lines of a repr: what it is, its own parameters, and how many there are in it."""
    seen.add(module)
    direct = _direct(module)
    own = ", ".join(
        f"{path} {found.shape}{' frozen' * frozen}"
        for path, found, frozen in direct
        if not isinstance(found, Tree)
    )
    count = module.num_parameters(frozen=True)
    rows = [(f"{indent}{name}{module.title()}", own, f"{count:,}" if count else "")]
    for path, found, _ in direct:
        if isinstance(found, Tree):
            if found in seen:
                rows.append((f"{indent}  {path}: {type(found).__name__}, shared", "", ""))
            else:
                rows += _rows(found, f"{path}: ", f"{indent}  ", seen)
    return rows
