"""The type of a function of an array, for checkers and editors: a `Tensor` of a `Tensor`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, overload

from autograd.convert import ArrayLike

if TYPE_CHECKING:
    from autograd.nodes import Tensor

P = ParamSpec("P")


class ArrayFunction(Protocol[P]):
    """A function of an array and of settings."""

    __name__: str

    @overload
    def __call__(self, x: Tensor, /, *args: P.args, **kwargs: P.kwargs) -> Tensor: ...
    @overload
    def __call__(self, x: ArrayLike, /, *args: P.args, **kwargs: P.kwargs) -> Any: ...


def array_function(function: Callable[Concatenate[ArrayLike, P], Any]) -> ArrayFunction[P]:
    """The function itself."""
    return function
