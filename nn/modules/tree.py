"""``Tree``: the parameters, buffers and submodules among the attributes of a module."""

from __future__ import annotations

import inspect
import reprlib
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np

from autograd import Tensor, Value, is_compiling, stop_gradient
from nn.data import Array
from nn.habits import OF_MODULES, check_keywords, missing
from nn.modules.card import module_card

Parameter: TypeAlias = Tensor | Value


def is_bias(path: str, parameter: Parameter) -> bool:
    """Whether weight decay leaves out a parameter: one called b or bias, or with a single axis,
    such as the scale of a normalisation.
    """
    return parameter.ndim == 1 or path.rpartition(".")[2] in ("b", "bias")


def reset_gradient(parameter: Parameter, set_to_none: bool = True) -> None:
    """Reset a gradient, to None or to zeros; that of a ``Value`` always to 0.0."""
    if isinstance(parameter, Value):
        parameter.grad = 0.0
    else:
        parameter.grad = None if set_to_none else np.zeros(parameter.shape, parameter.dtype)


class Tree:
    """The parameters, buffers, generators and submodules of a module; see ``nn.Module``."""

    # Slots, because attributes in the instance's dict are searched for parameters.
    __slots__ = ("__dict__", "__weakref__", "_frozen", "made_with")

    made_with: tuple[tuple[Any, ...], dict[str, Any]]
    """The arguments of the constructor, for ``config``."""

    _frozen: dict[str, tuple[int, Any]]
    """Attributes with frozen parameters: position in the order of definition, and value."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        check_keywords(cls, kwargs)
        self = super().__new__(cls)
        self.made_with = (args, kwargs)
        self._frozen = {}
        return self

    # --- members ---------------------------------------------------------------------------------

    def _attributes(self) -> list[tuple[str, Any, bool]]:
        """Each attribute's name, value and whether it is frozen, in order of definition."""
        attributes = [(name, value, False) for name, value in vars(self).items()]
        for name, (position, value) in self._frozen.items():
            if name not in vars(self):  # otherwise the attribute has been set since
                attributes.insert(position, (name, value, True))
        return attributes

    def named_modules(self) -> dict[str, Any]:
        """Return this module, under "", and all its submodules by path."""
        return {path: value for path, value, _ in _walk(self) if isinstance(value, Tree)}

    def named_parameters(self, *, frozen: bool = False) -> dict[str, Parameter]:
        """Return the parameters by path; with ``frozen=True`` including the frozen ones."""
        members = [member for member in _walk(self) if not isinstance(member.value, Tree)]
        first_path = {parameter: path for path, parameter, _ in reversed(members)}
        excluded = set() if frozen else {member.value for member in members if member.frozen}
        return {
            path: parameter
            for path, parameter, _ in members
            if first_path[parameter] == path and parameter not in excluded
        }

    def parameters(self, *, frozen: bool = False) -> list[Parameter]:
        """Return the parameters in order of definition, each once; see ``named_parameters``."""
        return list(self.named_parameters(frozen=frozen).values())

    def weights(self) -> list[Parameter]:
        """Return the parameters that weight decay applies to: all that are not biases."""
        return [p for path, p in self.named_parameters().items() if not is_bias(path, p)]

    def named_buffers(self) -> dict[str, Array]:
        """Return the arrays that are saved but not trained, by path."""
        return {path: getattr(module, name) for path, (module, name) in self._buffers().items()}

    def _buffers(self) -> dict[str, tuple[Tree, str]]:
        return self._attributes_of_type(np.ndarray)

    def named_generators(self) -> dict[str, np.random.Generator]:
        """Return the random generators by path; their states are needed to resume exactly."""
        owners = self._attributes_of_type(np.random.Generator)
        return {path: getattr(module, name) for path, (module, name) in owners.items()}

    def _attributes_of_type(self, kind: type) -> dict[str, tuple[Tree, str]]:
        """The module and name of each public attribute of a type, by path."""
        return {
            f"{path}.{name}" if path else name: (module, name)
            for path, module in self.named_modules().items()
            for name, value in vars(module).items()
            if isinstance(value, kind) and not name.startswith("_")
        }

    def num_parameters(self, *, frozen: bool = False) -> int:
        """Return the total number of entries of the parameters.

        >>> from nn import MLP, build
        >>> MLP([784, 200, 10]).num_parameters()
        159010
        """
        return sum(parameter.size for parameter in self.parameters(frozen=frozen))

    def freeze(self) -> Self:
        """Make all parameters of the module and its submodules constants; return ``self``.

        The attribute then reads as an array: no gradient is computed for it, and ``parameters``
        leaves it out. It is still saved and loaded. A module outside this one that shares the
        parameter still computes its gradient, but ``parameters`` of a module that contains both
        leaves it out.
        """
        for module in self.named_modules().values():
            module._frozen = {
                name: (position, value)
                for position, (name, value, frozen) in enumerate(module._attributes())
                if frozen or any(not isinstance(m.value, Tree) for m in _members_of(value))
            }
            for name in module._frozen:
                vars(module).pop(name, None)
        return self

    def unfreeze(self) -> Self:
        """Undo ``freeze``: restore the same parameters; return ``self``."""
        for module in self.named_modules().values():
            attributes = module._attributes()
            module._frozen = {}
            vars(module).clear()
            vars(module).update({name: value for name, value, _ in attributes})
        return self

    def __getattr__(self, name: str) -> Any:
        """Return a frozen attribute as a constant; Python calls this if there is no other."""
        if name not in self._frozen:
            raise AttributeError(missing(type(self).__name__, name, OF_MODULES))
        return _constant(self._frozen[name][1])

    def title(self) -> str:
        """Return the constructor call, without defaults, generators and submodules.

        >>> from nn import Linear
        >>> Linear(2, 3, rng=0).title()
        'Linear(2, 3)'
        """
        args, keywords = self.made_with
        signature = inspect.signature(type(self))
        texts = []
        for name, value in signature.bind(*args, **keywords).arguments.items():
            default = signature.parameters[name].default
            if name == "rng" or _members_of(value) or repr(value) == repr(default):
                continue
            text = getattr(value, "__name__", None) or reprlib.repr(value)
            texts.append(f"{name}={text}" if name in keywords else text)
        return f"{type(self).__name__}({', '.join(texts)})"

    def __repr__(self) -> str:
        rows = _rows(self, "", "", set())
        left, middle, right = (max(map(len, column)) for column in zip(*rows, strict=True))
        lines = [f"{a:<{left}}  {b:<{middle}}  {c:>{right}}".rstrip() for a, b, c in rows]
        return "\n".join([lines[0] + " parameters" * bool(rows[0][2]), *lines[1:]])

    def _repr_html_(self) -> str:
        parameters = self.named_parameters(frozen=True)
        return module_card(self.named_modules(), parameters, self.named_parameters())


class _Member(NamedTuple):
    """A module or parameter, its path, and whether it is in a frozen attribute."""

    path: str
    value: Any
    frozen: bool


def _walk(root: Tree) -> list[_Member]:
    """Each module once, and each occurrence of a parameter, in order of definition."""
    members = [_Member("", root, False)]
    seen = {root}

    def visit(module: Tree, prefix: str) -> None:
        for name, value, frozen in _own_members(module):
            if value in seen:
                continue
            members.append(_Member(prefix + name, value, frozen))
            if isinstance(value, Tree):
                seen.add(value)
                visit(value, f"{prefix}{name}.")

    visit(root, "")
    return members


def _own_members(module: Tree) -> list[_Member]:
    """The parameters and modules in a module's own attributes."""
    members: list[_Member] = []
    for name, value, frozen in module._attributes():
        _collect(value, name, frozen, members)
    return members


def _members_of(value: Any) -> list[_Member]:
    """The parameters and modules in an attribute or an argument."""
    members: list[_Member] = []
    _collect(value, "", False, members)
    return members


def _collect(value: Any, path: str, frozen: bool, members: list[_Member]) -> None:
    if isinstance(value, Tree) or (isinstance(value, Tensor | Value) and value.op is None):
        members.append(_Member(path, value, frozen))
    elif isinstance(value, list | tuple):
        for position, item in enumerate(value):
            _collect(item, f"{path}.{position}", frozen, members)
    elif isinstance(value, dict):
        for key, item in value.items():
            _collect(item, f"{path}.{key}", frozen, members)


def _constant(value: Any) -> Any:
    """An attribute with its parameters as arrays and numbers.

    While compiling they are nodes without a derivative, which each run reads anew.
    """
    if isinstance(value, Tensor | Value) and value.op is None:
        if is_compiling():
            return stop_gradient(value)
        return value.numpy() if isinstance(value, Tensor) else value.data
    if isinstance(value, dict):
        return {key: _constant(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        make = getattr(value, "_make", type(value))  # the constructor of named tuples differs
        return make(_constant(item) for item in value)
    return value


def _rows(module: Tree, name: str, indent: str, seen: set[Tree]) -> list[tuple[str, str, str]]:
    """The lines of a repr: the constructor call, own parameters, and number of entries in all."""
    seen.add(module)
    members = _own_members(module)
    own = ", ".join(
        f"{path} {value.shape}{' frozen' * frozen}"
        for path, value, frozen in members
        if not isinstance(value, Tree)
    )
    count = module.num_parameters(frozen=True)
    rows = [(f"{indent}{name}{module.title()}", own, f"{count:,}" if count else "")]
    for path, value, _ in members:
        if isinstance(value, Tree):
            if value in seen:
                rows.append((f"{indent}  {path}: {type(value).__name__}, shared", "", ""))
            else:
                rows += _rows(value, f"{path}: ", f"{indent}  ", seen)
    return rows
