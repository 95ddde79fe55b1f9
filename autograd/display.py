"""How nodes and operations show themselves: as text, and as cards in Jupyter.

Only what `Value` and `Tensor` inherit is here; the figures of an array are in `summaries`.
"""

from __future__ import annotations

import html
from typing import Any, NoReturn

import numpy as np

from autograd.arguments import is_differentiated
from autograd.convert import require_leaf
from autograd.engine.graph import Node
from autograd.engine.operations import Op
from autograd.lines import line_of
from autograd.ops.elementwise import identity
from autograd.summaries import card, data_card, summary

MOST_SHOWN = 100
"""A tensor of more entries shows itself in figures."""


class Display(Node):
    """The text and the card of a node, and its copy by pickle."""

    __slots__ = ()

    def _taken_out(self, how: str) -> Any:
        raise NotImplementedError

    def __repr__(self) -> str:
        self._taken_out("the text")
        name = type(self).__name__
        label = f", label={self.label!r}" if self.label else ""
        line = line_of(self)
        origin = f"  # {self.op.name}, {line}" if self.op and line else ""
        if not isinstance(self.primal, np.ndarray):
            return f"{name}(data={self.primal!r}, grad={self.grad!r}{label}){origin}"
        if self.size > MOST_SHOWN:
            return f"{name}({summary(self)}{label}){origin}"
        array = np.array2string(self.primal, separator=", ", prefix=f"{name}(")
        dtype = "" if self.dtype == np.float64 else f", dtype={self.dtype}"
        return f"{name}({array}{label}{dtype}){origin}"

    def _repr_html_(self) -> str:
        name = type(self).__name__
        title = f"{name} {self.label}" if self.label else name
        origin = []
        if self.op is not None:
            line = line_of(self)
            made_by = f"{self.op.name} at {line}  {line.text}" if line else self.op.name
            origin = [("made by", made_by)]
        if not isinstance(self.primal, np.ndarray):
            rows = [("data", f"{self.primal!r}"), ("grad", f"{self.grad!r}")]
            return card(title, [*rows, *origin])
        rows = [] if self.grad is None else [("grad", str(summary(self.grad)))]
        if self.size <= MOST_SHOWN:
            rows.insert(0, ("entries", np.array2string(self.primal, separator=", ")))
        return data_card(title, self, [*rows, *origin])

    def __copy__(self) -> Any:
        """A leaf of the same data. Of a result or of what is being differentiated, a node with the
        same history.
        """
        if self.op is not None or is_differentiated(self):
            return identity(self)
        kind, args = self.__reduce__()
        return kind(*args)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        self._taken_out("a copy")
        require_leaf(self)
        return type(self), (self.primal, self.label)


def _operation_text(op: Op) -> str:
    kind = type(op).__name__.strip("_").lower() if type(op) is not Op else "operation"
    takes = "" if op.arity is None else f" of {op.arity} argument{'s' * (op.arity != 1)}"
    return f"<op {op.name}: {kind}{takes}>"


def _operation_card(op: Op) -> str:
    summary = (op.__doc__ or "").partition("\n")[0]
    return f"<p><code>{html.escape(repr(op))}</code><br/>{html.escape(summary)}</p>"


def _operation_copy(op: Op) -> NoReturn:
    raise TypeError(f"operation {op.name!r} cannot be pickled: save the data of nodes, not graphs")


Op.__repr__ = _operation_text  # type: ignore[method-assign, assignment]
Op._repr_html_ = _operation_card  # type: ignore[attr-defined]
Op.__reduce__ = _operation_copy  # type: ignore[method-assign, assignment]
