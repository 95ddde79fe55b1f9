"""An interpreter around another: it hands on what it does not change itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from typing import Any, Self

from autograd.engine.graph import Array, Node, Settings
from autograd.engine.operations import Interpreter, Op, using


class Around(Interpreter):
    """Does what `inner` does; subclasses do some of it otherwise."""

    direct = False
    transparent = True
    """Whether its results are those of `inner`."""
    inner: Interpreter

    def __init__(self, inner: Interpreter) -> None:
        self.inner = inner

    @property
    def records(self) -> bool:  # type: ignore[override]
        return self.inner.records

    @property
    def replayed(self) -> bool:  # type: ignore[override]
        return self.inner.replayed

    @property
    def careful(self) -> bool:  # type: ignore[override]
        return self.inner.careful

    def apply(self, op: Op, args: tuple[Array, ...], settings: Settings) -> Node:
        with using(self.inner):
            return self.inner.apply(op, args, settings)

    def through(
        self, order: Iterable[Node], derivatives: dict[Node, Array], mode: str
    ) -> Iterable[Node]:
        return self.inner.through(order, derivatives, mode)

    def plain_result(
        self, function: Callable[..., Any], args: tuple[Array, ...], result: Any
    ) -> Any:
        return self.inner.plain_result(function, args, result)

    def branch(self, node: Node, kind: type[bool] | type[int]) -> Any:
        return self.inner.branch(node, kind)

    def take_out(self, node: Node, how: str) -> Any:
        return self.inner.take_out(node, how)

    def detach(self, node: Node) -> Any:
        return self.inner.detach(node)

    def fill(self, number: float, node: Node) -> Any:
        return self.inner.fill(number, node)

    def deliver(self, results: list[Node], inputs: Sequence[Node], plain: bool) -> list[Array]:
        return self.inner.deliver(results, inputs, plain)

    def around(self, inner: Interpreter) -> Self:
        """The same around another interpreter."""
        other = copy(self)
        other.inner = inner
        return other

    def recording(self) -> Interpreter:
        return self.around(self.inner.recording())

    def without_recording(self) -> Interpreter:
        return self.around(self.inner.without_recording())

    def __getattr__(self, name: str) -> Any:
        if name == "inner" or name.startswith("__"):  # asked by `copy`, of an object that is bare
            raise AttributeError(name)
        return getattr(self.inner, name)
