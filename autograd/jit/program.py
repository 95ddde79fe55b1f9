"""A recording made runnable: checks that it fits the call, and code that computes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.graph import Node, leaf, recording
from autograd.jit.derivative import Compiled
from autograd.jit.recording import Recording
from autograd.jit.terms import evaluate
from autograd.jit.watch import changed


class Misfit(Exception):
    """A program does not fit a call; the message says what is not as it was when recorded."""


class Program:
    """One way through a function, compiled."""

    def __init__(
        self,
        name: str,
        made: Recording,
        compile: Callable[[Callable[..., Any]], Callable[..., Any]],
    ) -> None:
        self.made = made
        self.runs = 0
        self.inputs = [*made.inputs, *[outside.term for outside in made.outside], *made.draws]
        self.outputs = [term for term in made.outputs if term is not None]
        self.of_nodes = any(outside.node is not None for outside in made.outside)
        self.op = Compiled(name, self.inputs, self.outputs, compile)

    def __call__(self, leaves: Sequence[Any]) -> Any:
        """The result for the numbers and arrays of a call; raises `Misfit`."""
        made = self.made
        data = [arg.primal if isinstance(arg, Node) else arg for arg in leaves]
        values, draws, outside = self._run(data)
        self.runs += 1
        if not self.of_nodes and not any(isinstance(arg, Node) for arg in leaves):
            results = [_plain(value) for value in values]
        elif recording.get():
            nodes = [o.node if o.node is not None else x for o, x in zip(made.outside, outside)]
            results = self._recorded((*leaves, *nodes, *draws), values)
        else:
            results = [leaf(v) if np.asarray(v).dtype.kind == "f" else v for v in values]
        constants, given = iter(made.constants), iter(results)
        return made.rebuild(
            iter([next(constants) if term is None else next(given) for term in made.outputs])
        )

    def _recorded(self, args: tuple[Any, ...], values: Sequence[Any]) -> list[Any]:
        """The results as nodes, where they have a derivative."""
        floats = [term.dtype.kind == "f" for term in self.outputs]
        nodes = iter(self.op.nodes(args, [v for v, f in zip(values, floats, strict=True) if f]))
        return [next(nodes) if f else v for v, f in zip(values, floats, strict=True)]

    def _run(self, data: list[Any]) -> tuple[list[Any], list[Any], list[Any]]:
        made = self.made
        place = changed(made.watched)
        if place is not None:
            raise Misfit(f"{place.name}, which is read from outside, has changed")
        for place, then in made.contents:
            if not np.array_equal(place.read(), then, equal_nan=True):
                raise Misfit(f"the contents of {place.name}, read from outside, have changed")
        outside = []
        for part in made.outside:
            now = part.read()
            if not part.term.fits(now):
                raise Misfit("an array from outside has another shape or type")
            outside.append(now)
        drawn = [draw.settings["f"](draw.settings["generator"]) for draw in made.draws]
        known = dict(zip(self.inputs, [*data, *outside, *drawn], strict=True))
        wanted = [check.term for check in made.checks]
        for check, value in zip(made.checks, evaluate(wanted, known), strict=True):
            if check.kind(value) != check.then:
                raise Misfit(f"the branch at {check.line} went the other way")
        for effect in made.effects:
            effect.act(*evaluate(effect.args, known))
        return evaluate(self.outputs, known), drawn, outside


def _plain(value: Any) -> Any:
    """A result for the user, who may write into it."""
    return value[()] if isinstance(value, np.ndarray) else value
