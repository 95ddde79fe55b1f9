"""Which module made which node: spans of creation numbers, collected while modules run.

``Module.__call__`` asks ``around`` what to do; without an observer that is one look-up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple

from autograd import LineLog, Tensor, Value

LineLog.libraries.append(str(Path(__file__).parents[1]))  # lines in here are not the user's

Observer = Callable[[Any, tuple[Any, ...], dict[str, Any]], Any]

around: ContextVar[Observer | None] = ContextVar("around", default=None)
"""Called as ``observer(module, args, keywords)`` in place of ``module.forward``, which it calls."""


@contextmanager
def observed_by(observer: Observer) -> Iterator[None]:
    """Let ``observer(module, args, keywords)`` run each module that is called in the block.

    It calls ``module.forward(*args, **keywords)`` and gives what that gave.
    """
    token = around.set(observer)
    try:
        yield
    finally:
        around.reset(token)


class Span(NamedTuple):
    """One run of a module: where it stands in its tree, and the nodes made meanwhile.

    ``path`` is "" for the outermost module. ``first`` and ``last`` are creation numbers, as in
    ``node.index``; a run that made no node has ``last < first``.
    """

    path: str
    module: Any
    first: int
    last: int

    def __str__(self) -> str:
        name = type(self.module).__name__
        return f"{self.path} ({name})" if self.path else name


class Spans(list[Span]):
    """The runs of modules, in the order in which they ended: inner ones before outer ones."""

    def of(self, node: Tensor | Value) -> Span | None:
        """The innermost run in which the node was made, or ``None``."""
        return next((span for span in self if span.first <= node.index <= span.last), None)


@contextmanager
def spans() -> Iterator[Spans]:
    """Note which module runs when, so that a node can be traced to the module that made it.

    Paths count from the outermost module called. Nodes are numbered throughout the program, so
    another thread that makes nodes meanwhile may be taken for part of a module.

    >>> from nn import Linear, Sequential, Tanh, spans
    >>> model = Sequential(Linear(2, 3), Tanh())
    >>> with spans() as found:
    ...     out = model([[1.0, 2.0]])
    >>> str(found.of(out)), str(found.of(out.parents[0]))
    ('1 (Tanh)', '0 (Linear)')
    """
    found = Spans()
    paths: dict[Any, str] = {}

    def note(module: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        outermost = not paths
        if outermost:
            paths.update({inner: path for path, inner in module.named_modules().items()})
        first = Value(0.0).index + 1
        try:
            return module.forward(*args, **keywords)
        finally:
            path = paths.get(module, type(module).__name__)
            found.append(Span(path, module, first, Value(0.0).index - 1))
            if outermost:
                paths.clear()

    with observed_by(note):
        yield found
