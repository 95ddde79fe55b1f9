"""A recording made runnable: checks that it fits the call, and code that computes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import kernels
from autograd.graph import Node, leaf, recording
from autograd.jit.adapter import packer
from autograd.jit.derivative import Compiled
from autograd.jit.lowering.arrays import Arrays
from autograd.jit.lowering.code import Code
from autograd.jit.recording import Check, Recording
from autograd.jit.simplify import simplify
from autograd.jit.terms import Term, evaluate
from autograd.jit.watch import changed
from autograd.ops import kinds


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
        roots = [
            *self.outputs,
            *[check.term for check in made.checks],
            *[arg for effect in made.effects for arg in effect.args],
        ]
        _, new = simplify([*roots, *self.inputs])
        self.risky = any(term.op in (kinds.chain, kinds.closed) for term in new.values())
        self.code = lowered(made, self.inputs, self.outputs, new)
        self._make = self.code.compiled(name)
        self.pack = packer(
            made.result, [term is not None for term in made.outputs], made.constants, made.rebuild
        )
        self._idle: list[Callable[..., Any]] = []

    def __call__(self, leaves: Sequence[Any]) -> Any:
        """The result for the numbers and arrays of a call; raises `Misfit`."""
        made = self.made
        data = [arg.primal if isinstance(arg, Node) else arg for arg in leaves]
        outside = self._outside()
        states = [draw.settings["generator"].bit_generator.state for draw in made.draws] if made.checks else []
        drawn = [np.asarray(draw.settings["f"](draw.settings["generator"])) for draw in made.draws]
        try:
            values = self._run([*data, *outside, *drawn])
        except Misfit:
            for draw, state in zip(made.draws, states, strict=True):
                draw.settings["generator"].bit_generator.state = state
            raise
        self.runs += 1
        if not self.of_nodes and not any(isinstance(arg, Node) for arg in leaves):
            return self.pack(values)
        if recording.get():
            nodes = [
                part.node if part.node is not None else array
                for part, array in zip(made.outside, outside, strict=True)
            ]
            results = self._recorded((*leaves, *nodes, *drawn), values)
        else:
            results = [leaf(v) if np.asarray(v).dtype.kind == "f" else v for v in values]
        return self.pack(results)

    def fast(self, data: tuple[Any, ...]) -> Any:
        """The same for plain data, of the right shapes and types."""
        if self.of_nodes or self.made.draws:
            return self(data)
        values = self._run([*data, *self._outside()])
        self.runs += 1
        return self.pack(values)

    def _recorded(self, args: tuple[Any, ...], values: Sequence[Any]) -> list[Any]:
        """The results as nodes, where they have a derivative."""
        floats = [term.dtype.kind == "f" for term in self.outputs]
        nodes = iter(self.op.nodes(args, [v for v, f in zip(values, floats, strict=True) if f]))
        return [next(nodes) if f else v for v, f in zip(values, floats, strict=True)]

    def _outside(self) -> list[Any]:
        """The data from outside, as it is now."""
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
        return outside

    def _run(self, data: list[Any]) -> Sequence[Any]:
        try:
            run = self._idle.pop()  # another thread, or a call within this one, may hold the last
        except IndexError:
            run = self._make()
        try:
            with np.errstate(all="ignore"):
                values = run(*data)
        except (ArithmeticError, ValueError):  # of Python's floats, where arrays give inf or nan
            return self._step_by_step(data)
        finally:
            self._idle.append(run)
        if values.__class__ is int:
            raise Misfit(f"the branch at {self.made.checks[values].line} went the other way")
        if self.risky and any(map(_has_nan, values)):
            return self._step_by_step(data)
        return values

    def _step_by_step(self, data: list[Any]) -> list[Any]:
        """The same by the operations themselves, on the watch for 0 · ∞."""
        made = self.made
        known = dict(zip(self.inputs, data, strict=True))
        with kernels.careful():
            wanted = evaluate([check.term for check in made.checks], known)
            for check, value in zip(made.checks, wanted, strict=True):
                if check.kind(value) != check.then:
                    raise Misfit(f"the branch at {check.line} went the other way")
            values = evaluate(self.outputs, known)
            for effect in made.effects:
                effect.act(*evaluate(effect.args, known))
        return values


def _has_nan(value: Any) -> bool:
    return bool(value != value) if isinstance(value, float) else bool(np.isnan(value).any())


def lowered(
    made: Recording, inputs: Sequence[Term], outputs: Sequence[Term], new: dict[Term, Term]
) -> Code:
    """The source of a recording, whose terms are now those in `new`."""
    names = [(f"x{number}", new[term]) for number, term in enumerate(inputs)]
    effects = [(f"effect{n}", [new[arg] for arg in e.args]) for n, e in enumerate(made.effects)]
    results = [new[term] for term in outputs]
    writer = Arrays(
        names,
        results,
        [arg for _, args in effects for arg in args],
        [(new[check.term], _fails(check)) for check in made.checks],
        {},
        {},
        lambda term: "",
    )
    writer.write()
    code = writer.finish(results, effects)
    code.shared |= {f"effect{n}": effect.act for n, effect in enumerate(made.effects)}
    return code


def _fails(check: Check) -> str:
    """The condition under which a program does not fit, with `{}` for the number."""
    if check.kind is bool:
        return "not {}" if check.then else "{}"
    return f"int({{}}) != {check.then}"
