"""`Why`: what `why` answers, and the words that its sentences share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from autograd.faults.report import name_of
from autograd.graph import Node
from autograd.lines import Line, user_line_of


@dataclass(frozen=True, repr=False)
class Why:
    """The answer of `why`; it prints as one sentence.

    kind: "apart" (no path), "cut", "no derivative", "dead", "saturated", "constant", "cancelled",
        "zero factor", "stationary", "zero slope", "tiny", "not finite", or "none": nothing is
        wrong.
    line: the line to look at, where it is known.
    operation: the name of the operation that is to blame, or "".
    lasting: whether no training of other parameters can change it.
    """

    kind: str
    sentence: str
    line: Line | None = None
    operation: str = ""
    lasting: bool = False

    def __repr__(self) -> str:
        return self.sentence


def gradient_of(x: Node) -> str:
    """The subject of each sentence."""
    return f"The gradient of {x.label or f'this {name_of(x)}'.replace('this a ', 'this ')}"


def in_operations(nodes: Iterable[Node]) -> str:
    """Operations by name, each line once: "operations 'sub' and 'mean' (train.py:3, `...`)"."""
    by_line: dict[Line | None, list[str]] = {}
    for node in nodes:
        by_line.setdefault(user_line_of(node), []).append(repr(node.op.name))
    places = []
    for line, names in by_line.items():
        what = f"operation{'s' * (len(names) > 1)} {' and '.join(names)}"
        places.append(f"{what} ({line}, `{line.text}`)" if line else what)
    return " and ".join(places)
