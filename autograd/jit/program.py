"""A recording made runnable: checks that it fits the call, and code that computes it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextvars import Context
from functools import partial
from itertools import compress, count
from operator import length_hint
from typing import Any

import numpy as np

from autograd import kernels
from autograd.engine.graph import Node, leaf
from autograd.engine.operations import interpreter
from autograd.jit.adapter import packer
from autograd.jit.lowering.code import Code
from autograd.jit.lowering.write import write
from autograd.jit.outside import Misfit, Surroundings
from autograd.jit.reading import is_of_library
from autograd.jit.recording import Check, Recording
from autograd.jit.simplify import simplify
from autograd.jit.tape import Compiled, Tape, asked, exposed, nan_finder
from autograd.jit.terms import Term, Terms, ordered
from autograd.jit.trace import Observing
from autograd.jit.uncompiled import split_updates
from autograd.trees import map_tree


class _Raised(Exception):
    """What the program does besides computing has raised an error, which is its argument."""


def _acting(act: Callable[..., Any]) -> Callable[..., None]:
    def acting(*args: Any) -> None:
        try:
            act(*args)
        except Exception as error:
            raise _Raised(error) from error

    return acting


class Program:
    """One way through a function, compiled."""

    def __init__(
        self,
        name: str,
        made: Recording,
        compile: Callable[[Callable[..., Any]], Callable[..., Any]],
        into: Sequence[Any] = (),
    ) -> None:
        self.name = name
        self.made = made
        self._runs = iter(range(sys.maxsize))  # what is left of it counts the runs, in C
        self.ran: Callable[[], int] = self._runs.__next__
        self.inputs: list[Term] = [
            *made.inputs,
            *[outside.term for outside in made.outside],
            *made.draws,
        ]
        self._sunk = self._sinks(into)
        self.outputs: list[Term] = [term for term in made.outputs if term is not None]
        self.plain: bool = bool(into) or all(outside.node is None for outside in made.outside)
        self._draws = [(draw.settings["generator"], draw.settings["f"]) for draw in made.draws]
        self._as_nodes = [
            term.dtype.kind == "f" and not plain
            for term, plain in zip(self.outputs, made.plain, strict=False)
        ]
        wanted = list(compress(self.outputs, self._as_nodes))
        self.op: Compiled = Compiled(name, Tape(made.terms.all), self.inputs, wanted, compile)
        self._recorded = [
            *self.outputs,
            *[term for term, _ in self._sunk],
            *[check.term for check in made.checks],
            *[arg for _, args in made.effects for arg in args],
            *self.inputs,
        ]
        self.new: dict[Term, Term] = simplify(made.terms, self._recorded)
        # What has been written into arrays cannot be computed again from them.
        order = [] if into else ordered(self.new.values())
        dubious = exposed(order)
        self._asked = asked(order, dubious, [self.new[check.term] for check in made.checks])
        given = [*[self.new[term] for term in self.outputs], *self._asked]
        self.exposed: dict[int, Term] = {n: term for n, term in enumerate(given) if term in dubious}
        """Which of the numbers that the code gives may be NaN where they should not."""
        self._finds_nan = nan_finder(self.exposed)
        self.pack: Callable[[Sequence[Any]], Any] = packer(
            made.result, [term is not None for term in made.outputs], made.constants, made.rebuild
        )
        made.contents = [  # what the program itself gives new contents is read at each run
            (place, held)
            for place, held in made.contents
            if not any(np.may_share_memory(place.found, array) for array in into)
        ]
        self.around: Surroundings = Surroundings(
            made.outside, made.watched, made.contents, self._write
        )
        self.written: int = 0
        """How often its code was written: afresh when data from outside is found elsewhere."""
        self._write()

    def forget(self) -> None:
        """Let go of what was recorded: of terms shapes and types are enough, where the program
        does not write into them.
        """
        made = self.made
        made.terms = Terms()
        made.result = map_tree(lambda leaf: None if isinstance(leaf, Node) else leaf, made.result)
        for term in self._recorded:
            term.args = ()
        for term in {*self._recorded, *ordered(self.new.values())}:
            x = term.example
            if (
                not term.constant
                and isinstance(x, np.ndarray)
                and not any(np.may_share_memory(x, array) for _, array in self._sunk)
            ):
                term.example = np.broadcast_to(np.zeros((), x.dtype), x.shape)

    def settle(self) -> None:
        """After the first run: leave to observers what they have changed in it."""
        made = self.made
        observers = [act for act, _ in made.effects if isinstance(act, Observing)]
        changed = set().union(*[observer.changed for observer in observers])
        if changed:
            made.watched = [place for place in made.watched if id(place) not in changed]
            made.contents = [held for held in made.contents if id(held[0]) not in changed]
            self.around.compare(made.watched, made.contents)
        for observer in observers:
            observer.around = ()

    @property
    def runs(self) -> int:
        """How often the program has run."""
        return sys.maxsize - length_hint(self._runs)

    def _write(self) -> None:
        """Make the code, for data from outside that stays in the memory where it is now."""
        code = self._code(self.around.fixed())
        self._make = code.compiled(self.name)
        self._calls_users = bool(self.made.effects) or not all(
            is_of_library(function) for function in code.functions.values()
        )
        self._idle: list[Callable[..., Any]] = []
        self._moving = self.around.moving()
        self.written += 1

    def plain_code(self) -> Code | None:
        """The code, if it computes numbers from numbers and that is all the program does."""
        made = self.made
        if made.outside or made.contents or made.effects or made.draws or self._sunk or self._asked:
            return None
        code = self._code({})
        arrays = any("np." in line for line in [*code.body, *code.results])
        needed = code.setup or code.numpy or code.constants or code.functions or code.shared
        return None if arrays or needed else code

    def _code(self, fixed: Mapping[Term, Any]) -> Code:
        """The source, where the data of `fixed` stay in these arrays."""
        made, new = self.made, self.new
        checks = [(new[c.term], fails(c), f"return {n}") for n, c in enumerate(made.checks)]
        called = [(f"effect{n}", args) for n, (_, args) in enumerate(made.effects)]
        code = write(
            [(f"x{number}", new[term]) for number, term in enumerate(self.inputs)],
            [*[new[term] for term in self.outputs], *self._asked],
            checks,
            [(name, [new[arg] for arg in args]) for name, args in called],
            [(new[term], array) for term, array in self._sunk],
            {new[term]: array for term, array in fixed.items()},
        )
        code.shared |= {f"effect{n}": _acting(act) for n, (act, _) in enumerate(made.effects)}
        return code

    def _sinks(self, into: Sequence[Any]) -> list[tuple[Term, Any]]:
        """Which term goes into which array."""
        made = self.made
        sinks: list[tuple[Term, Any]] = []
        if into:
            made.result, _ = split_updates(self.name, made.result, into)
        for array in reversed(into):
            term = made.outputs.pop() or made.terms.constant(made.constants.pop())
            sinks.append((term, array))
        return sinks[::-1]

    def __call__(self, leaves: Sequence[Any]) -> Any:
        """The result for the numbers and arrays of a call; raises `Misfit`."""
        data = [arg.primal if isinstance(arg, Node) else arg for arg in leaves]
        values, outside, drawn = self._computed(data)
        if self.plain and not any(isinstance(arg, Node) for arg in leaves):
            return self.pack(values)
        if interpreter().records:
            nodes = self.around.nodes
            args = (*leaves, *nodes, *outside[len(nodes) :], *drawn)
            results = list(values)
            found = self.op.nodes(args, (*data, *outside, *drawn), compress(values, self._as_nodes))
            for place, node in zip(compress(count(), self._as_nodes), found, strict=True):
                results[place] = node
        else:
            results = [leaf(v) if f else v for v, f in zip(values, self._as_nodes, strict=True)]
        return self.pack(results)

    def fast(self, data: Sequence[Any]) -> Any:
        """The same for plain data, of the right shapes and types."""
        return self.pack(self._computed(data)[0]) if self.plain else self(data)

    def _computed(self, data: Sequence[Any]) -> tuple[Sequence[Any], list[Any], list[Any]]:
        """The outputs, and what was read from outside and drawn for them."""
        outside = self.around.now()
        drawn = []
        if self._draws:
            states = [g.bit_generator.state for g, _ in self._draws] if self.made.checks else []
            drawn = [np.asarray(draw(generator)) for generator, draw in self._draws]
        try:
            given = [*data, *compress(outside, self._moving), *drawn]
            values = self.compute(given, (*data, *outside, *drawn))
        except Misfit:
            if drawn:  # the program that fits draws the same numbers
                for (generator, _), state in zip(self._draws, states, strict=True):
                    generator.bit_generator.state = state
            raise
        self.ran()
        return values, outside, drawn

    def compute(self, given: Sequence[Any], inputs: Sequence[Any]) -> Sequence[Any]:
        """The outputs, by code that takes what is `given` of all `inputs`; raises `Misfit`."""
        idle = self._idle
        try:
            run = idle.pop()  # another thread, or a call within this one, may hold the last
        except IndexError:
            run = self._runnable()
        try:
            values: Sequence[Any] | int = run(*given)
        except (ArithmeticError, ValueError, IndexError):
            # Python's floats raise where arrays give inf or nan; and what looks at data comes last.
            return self._step_by_step(inputs)
        except _Raised as raised:
            raise raised.args[0] from None
        finally:
            idle.append(run)
        if isinstance(values, int):
            if self._asked:  # it may have been NaN that was asked
                return self._step_by_step(inputs)
            raise Misfit(f"the branch at {self.made.checks[values].line} went the other way")
        if self.exposed and self._finds_nan(values):
            return self._step_by_step(inputs, acted=True)
        return values[: len(self.outputs)] if self._asked else values

    def _runnable(self) -> Callable[..., Any]:
        """The code with memory of its own, where NumPy does not warn."""
        run = self._make()
        if self._calls_users:  # functions, which may have a context

            def careless(*given: Any) -> Any:
                with np.errstate(all="ignore"):
                    return run(*given)

            return careless
        context = Context()  # to enter it takes a tenth of the time of `errstate`
        context.run(np.seterr, all="ignore")
        return partial(context.run, run)

    def _step_by_step(self, data: Sequence[Any], acted: bool = False) -> list[Any]:
        """The same by the operations themselves, on the watch for 0 · ∞.

        acted: what the program does besides computing has been done already.
        """
        made, tape, done = self.made, self.op.tape, 0
        values = tape.values([term.number for term in self.inputs], data)

        def value(term: Term) -> Any:
            nonlocal done
            tape.run(values, range(done, term.number + 1))
            done = max(done, term.number + 1)
            return values[term.number]

        with kernels.careful():
            try:
                for check in made.checks:
                    if check.kind(value(check.term)) != check.then:
                        raise Misfit(f"the branch at {check.line} went the other way")
                for act, terms in made.effects:
                    args = [value(term) for term in terms]
                    if not acted:
                        act(*args)
                tape.run(values, range(done, len(values)))
            except np.linalg.LinAlgError as error:  # the function may have a way of its own then
                raise Misfit(str(error)) from error
        outputs = [values[term.number] for term in self.outputs]
        if self._sunk:  # all that may be in memory that is written over now
            outputs = [x.copy() if isinstance(x, np.ndarray) else x for x in outputs]
            updates = [np.array(values[term.number]) for term, _ in self._sunk]
            for (_, array), new in zip(self._sunk, updates, strict=True):
                array[...] = new
        return outputs


def fails(check: Check) -> str:
    """The condition under which a program does not fit, with `{}` for the number."""
    if check.kind is bool:
        return "not {}" if check.then else "{}"
    return f"int({{}}) != {check.then}"
