"""`Program`: a recording compiled to code, with the checks that tell whether it fits a call."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextvars import Context
from functools import partial
from itertools import compress, count
from operator import length_hint
from time import perf_counter
from typing import Any

import numpy as np

from autograd.engine.graph import Node, leaf
from autograd.engine.operations import interpreter
from autograd.jit.errors import GuardFailure, JitError
from autograd.jit.guards import Guard, is_of_library
from autograd.jit.interpret import (
    Compiled,
    Tape,
    decide_inside,
    may_be_nan,
    nan_finder,
    nan_sensitive,
    zero_products,
)
from autograd.jit.loops import inside
from autograd.jit.lowering import write
from autograd.jit.lowering.code import Code, packer
from autograd.jit.lowering.emitter import Parts
from autograd.jit.native import lower, makes_machine_code, runs_first
from autograd.jit.recording import Check, Recording
from autograd.jit.simplify import simplify
from autograd.jit.terms import Term, Terms, ordered
from autograd.jit.trace import Observing
from autograd.jit.uncompiled import split_updates
from autograd.zeros import Mask

_STRAIGHT = 3000
"""In machine code, programs of up to so many operations on numbers are fastest as they are."""
_INLINED = 100
"""Code of more lines is called by a dispatcher, and not written into it."""


class _EffectError(Exception):
    """A side effect of the program has raised an error, which is the argument."""


def _effect(act: Callable[..., Any]) -> Callable[..., None]:
    def effect(*args: Any) -> None:
        try:
            act(*args)
        except Exception as error:
            raise _EffectError(error) from error

    return effect


class Program:
    """One path through a function, compiled.

    compile: makes a compiled function of the pullback. into: arrays that the updates are written
    into. native: whether to make machine code; None for later, if it runs often.
    """

    def __init__(
        self,
        name: str,
        recording: Recording,
        compile: Callable[[Callable[..., Any]], Callable[..., Any]],
        into: Sequence[Any] = (),
        native: bool | None = False,
    ) -> None:
        self.name = name
        self._native = native
        self.compiling: float = 0.0
        """The seconds that it took to make machine code; 0 where it is none."""
        self.recording = recording
        self._runs = iter(range(sys.maxsize))  # what is left of it counts the runs, in C
        self.ran: Callable[[], int] = self._runs.__next__
        self.direct_runs: list[Any] = []
        """The numbers of runs of which it is not told."""
        self.guard: Guard = recording.guard
        self.guard.on_move = self._write
        self._overwritten = [
            place
            for place, _ in self.guard.contents
            if any(np.may_share_memory(place.value, array) for array in into)
        ]
        self.inputs: list[Term] = [
            *recording.inputs,
            *[part.term for part in self.guard.inputs],
            *recording.draws,
        ]
        self._sinks = self._split_updates(into)
        self.outputs: list[Term] = [term for term in recording.outputs if term is not None]
        self.writes: bool = bool(into)
        """Whether it writes into arrays."""
        self._plain = self.writes or not self.guard.nodes
        self.takes_data_alone: bool = self._plain and not recording.draws
        """Whether plain data gives plain results, and nothing is drawn."""
        self._draws = [(x.settings["generator"], x.settings["f"]) for x in recording.draws]
        self._as_nodes = [
            term.dtype.kind in "fc" and not plain
            for term, plain in zip(self.outputs, recording.plain, strict=False)
        ]
        wanted = list(compress(self.outputs, self._as_nodes))
        self._recorded = [
            *self.outputs,
            *[term for term, _ in self._sinks],
            *[arg for _, args in recording.effects for arg in args],
            *self.inputs,
        ]
        recorded = len(recording.terms.all)
        self._simplify()
        tape = Tape(recording.terms.all[:recorded])
        self.op: Compiled = Compiled(name, tape, self.inputs, wanted, compile)
        # What has been written into arrays cannot be computed again from them.
        order = [] if into else ordered(self.simplified.values())
        doubtful = may_be_nan(order)
        checked = [self.simplified[check.term] for _, check in self.checks()]
        self._sensitive = nan_sensitive(order, doubtful, checked)
        results = [*[self.simplified[term] for term in self.outputs], *self._sensitive]
        before = may_be_nan(recording.terms.all) if order else ()  # rolling forgets products
        doubtful |= {x for term, x in zip(self.outputs, results, strict=False) if term in before}
        self.may_be_nan: dict[int, Term] = {n: x for n, x in enumerate(results) if x in doubtful}
        """The results of the code that may be NaN where they should not."""
        self._finds_nan = nan_finder(self.may_be_nan)
        self._nan_runs = 0
        self._zero_products: Callable[..., Any]
        self._compile = compile
        self.pack: Callable[[Sequence[Any]], Any] = packer(
            recording.result,
            [term is not None for term in recording.outputs],
            recording.constants,
            recording.rebuild,
        )
        waits = native is None and not (into or recording.effects or recording.draws)
        self.switches_at: int | None = runs_first(self.simplified.values()) if waits else None
        """The number of the run from which on it is machine code."""
        self.version: int = 0
        """How often the code was written: again when outside data moves to other memory."""
        self._write()

    def _simplify(self) -> None:
        recording = self.recording
        branches = [(c.term, (c.kind, c.value, c.line)) for c in recording.checks]
        rolls = not self._native or len(recording.terms.all) > _STRAIGHT
        for loops in (True, False):
            found = simplify(recording.terms, self._recorded, branches, loops, rolls)
            simplified, self._looked_at = found
            self.simplified: dict[Term, Term] = simplified
            order = ordered(self.simplified.values())
            if not decide_inside(order, may_be_nan(order)):
                break  # else NaN could decide unseen

    def checks(self) -> list[tuple[int, Check]]:
        """The branches that are looked at outside of loops, with their numbers."""
        numbered = enumerate(self.recording.checks)
        return [(n, check) for n, check in numbered if n not in self._looked_at]

    def _split_updates(self, into: Sequence[Any]) -> list[tuple[Term, Any]]:
        """Which term goes into which array."""
        recording, sinks = self.recording, []
        if into:
            recording.result, _ = split_updates(self.name, recording.result, into)
        for array in reversed(into):
            term = recording.outputs.pop()
            sinks.append((term or recording.terms.constant(recording.constants.pop()), array))
        return sinks[::-1]

    def forget(self) -> None:
        """Drop what was recorded: shapes and types are enough of terms that stay in use, unless
        the program writes into them.
        """
        recording = self.recording
        recording.terms = Terms()
        if not self._overwritten:
            recording.computed = []
        for term in self._recorded:
            term.args = ()
        for term in {*self._recorded, *inside(ordered(self.simplified.values()))}:
            x = term.example
            if (
                not term.constant
                and isinstance(x, np.ndarray)
                and not any(np.may_share_memory(x, array) for _, array in self._sinks)
            ):
                term.example = np.broadcast_to(np.zeros((), x.dtype), x.shape)

    def settle(self) -> None:
        """After the first run: allow what observers have changed in it."""
        observers = [act for act, _ in self.recording.effects if isinstance(act, Observing)]
        changed = set().union(*[observer.changed for observer in observers])
        if changed:
            self.guard.release(changed)
        for observer in observers:
            observer.around = ()

    def is_confirmed_by(self, recording: Recording) -> bool:
        """Whether a second recording shows that no constant was computed from the arrays that the
        program writes into. If so, their contents are no longer guarded.

        Raises JitError, naming the array, where the constants differ.
        """
        places = {id(place) for place in self._overwritten}
        same_path = places and recording.took_path_of(self.recording)
        if not same_path or not self.guard.holds_besides(places):
            return False
        if not recording.has_constants_of(self.recording):
            names = ", ".join([place.name for place in self._overwritten])
            raise JitError(
                f"{self.name} writes into {names} and also computes with NumPy alone on what was "
                "there, which would be a constant of the program: read the array by captured(x)"
            )
        self.guard.release(places)
        self._overwritten, self.recording.computed = [], []
        self.version += 1
        return True

    @property
    def runs(self) -> int:
        """How often the program has run."""
        return sys.maxsize - length_hint(self._runs) + sum([n.item() for n in self.direct_runs])

    # ----------------------------------------------------------------------------------------------
    # Code

    def _write(self) -> None:
        """Write the code, for outside data that stays in the memory where it is now."""
        parts, effects = self._parts(), self.recording.effects
        code = self._native and self._machine_code(parts)
        self._beside = [] if code else self._beside_sinks()  # of which machine code looks itself
        code = code or write(Parts(**parts))
        code.shared |= {f"effect{n}": _effect(act) for n, (act, _) in enumerate(effects)}
        self._make = code.compiled(self.name)
        self.plain_code: Code | None = code if self._is_plain(code) else None
        """Code that is so short that a call of it would take as long as it does."""
        self.direct: Callable[..., tuple[Any, Any]] | None = code.direct
        """Makes functions that do all that a call does, where there are such."""
        of_library = all(map(is_of_library, code.functions.values()))
        self._calls_users = bool(effects) or not of_library
        self._idle: list[Callable[..., Any]] = []
        self._moving = self.guard.moving()
        self.version += 1

    def _is_plain(self, code: Code) -> bool:
        """Whether the code computes numbers from numbers and does nothing else, in a few lines."""
        reads = self.guard.inputs or self.guard.contents
        if reads or self.recording.effects or self._draws or self._sinks or self._sensitive:
            return False
        needed = code.setup or code.numpy or code.constants or code.functions or code.shared
        arrays = "np." in "".join([*code.body, *code.results])
        return not (needed or arrays) and len(code.body) <= _INLINED

    def _parts(self) -> dict[str, Any]:
        """The `Parts` to write."""
        recording, new = self.recording, self.simplified
        effects = [[new[arg] for arg in args] for _, args in recording.effects]
        return {
            "inputs": [(f"x{number}", new[term]) for number, term in enumerate(self.inputs)],
            "results": [*[new[term] for term in self.outputs], *self._sensitive],
            "checks": [(new[c.term], fails(c), f"return {n}") for n, c in self.checks()],
            "effects": [(f"effect{n}", args) for n, args in enumerate(effects)],
            "sinks": [(new[term], array) for term, array in self._sinks],
            "fixed": {new[term]: array for term, array in self.guard.fixed().items()},
            "branches": [(fails(c), f"return {n}") for n, c in enumerate(recording.checks)],
        }

    def _beside_sinks(self) -> list[tuple[int, Any, list[tuple[Any, int | None]]]]:
        """For each parameter of the code that is an array: its number, the array written into that
        it was when recorded, and arrays with the address that it had if it lay in their memory.
        """
        fixed, sinks = self.guard.fixed(), [array for _, array in self._sinks]
        bases = [x.base if isinstance(x.base, np.ndarray) else x for x in sinks]
        whole = [*{id(x): x for x in bases}.values()]  # of many sinks, there is one to look at
        found = []
        for n, x in enumerate([term.example for term in self.inputs if term not in fixed]):
            if isinstance(x, np.ndarray) and sinks:
                own = [array for array in sinks if _memory(array) == _memory(x)]
                apart = not any(np.may_share_memory(x, array) for array in whole)
                places = [
                    (array, x.ctypes.data if np.may_share_memory(x, array) else None)
                    for array in (whole if apart else sinks)
                ]
                found.append((n, own[0] if own else None, places))
        return found

    def _machine_code(self, parts: dict[str, Any]) -> Code | None:
        """The program in machine code; None where it cannot be."""
        begin = perf_counter()
        code = lower(**parts)
        if code is not None:
            self.compiling += perf_counter() - begin
        return code

    # ----------------------------------------------------------------------------------------------
    # Runs

    def __call__(self, leaves: Sequence[Any]) -> Any:
        """The result for the numbers and arrays of a call; raises GuardFailure."""
        if self.switches_at is not None and self.runs >= self.switches_at:
            self._switch()
        data = [arg.primal if isinstance(arg, Node) else arg for arg in leaves]
        outside = self.guard.fetch()
        drawn = []
        if self._draws:
            checked = self.recording.checks
            states = [g.bit_generator.state for g, _ in self._draws] if checked else []
            drawn = [np.asarray(draw(generator)) for generator, draw in self._draws]
        try:
            values = self.compute(
                [*data, *compress(outside, self._moving), *drawn], (*data, *outside, *drawn)
            )
        except GuardFailure:
            if drawn:  # the program that fits draws the same numbers
                for (generator, _), state in zip(self._draws, states, strict=True):
                    generator.bit_generator.state = state
            raise
        self.ran()
        if self._plain and not any(isinstance(arg, Node) for arg in leaves):
            return self.pack(values)
        if interpreter().records:
            nodes = self.guard.nodes
            args = (*leaves, *nodes, *outside[len(nodes) :], *drawn)
            results = list(values)
            wanted = compress(values, self._as_nodes)
            with_history = self.op.nodes(args, (*data, *outside, *drawn), wanted)
            for place, node in zip(compress(count(), self._as_nodes), with_history, strict=True):
                results[place] = node
        else:
            results = [leaf(v) if f else v for v, f in zip(values, self._as_nodes, strict=True)]
        return self.pack(results)

    def _switch(self) -> None:
        """Make machine code; where LLVM cannot, the program stays as it is."""
        self.switches_at = None
        try:
            self._native = makes_machine_code(True)
            self._write()
        except (ImportError, RuntimeError):
            self._native = False
            self._write()

    def compute(self, data: Sequence[Any], inputs: Sequence[Any]) -> Sequence[Any]:
        """The outputs; raises GuardFailure.

        data: those of the inputs that are parameters of the code.
        """
        for n, own, places in self._beside:
            x = data[n]
            if x is not own:
                for array, address in places:
                    if address != (x.ctypes.data if np.may_share_memory(x, array) else None):
                        raise GuardFailure("an argument lies elsewhere beside what is written into")
        idle = self._idle
        try:
            run = idle.pop()  # another thread, or a call within this one, may hold the last
        except IndexError:
            run = self._runnable()
        try:
            values: Sequence[Any] | int = run(*data)
        except (ArithmeticError, ValueError, IndexError):
            # Python's floats raise where arrays give inf or nan; checks of data come last.
            return self._interpret(inputs)
        except _EffectError as error:
            raise error.args[0] from None
        finally:
            idle.append(run)
        if isinstance(values, int):
            if self._sensitive:  # the number that decided may have been a NaN of 0 · ∞
                return self._interpret(inputs)
            raise GuardFailure(_went_the_other_way(self.recording.checks[values]))
        if self.may_be_nan and self._finds_nan(values) and self._multiplies_zeros(inputs):
            return self._interpret(inputs, effects_done=True)
        return values[: len(self.outputs)] if self._sensitive else values

    def _multiplies_zeros(self, inputs: Sequence[Any]) -> bool:
        """Whether NaN among the results may be that of 0 · ∞. To find out takes code, which is not
        made for one call.
        """
        self._nan_runs += 1
        if self._nan_runs == 1:
            return True
        if self._nan_runs == 2:
            recording = self.recording
            wanted = [*self.outputs, *[check.term for check in recording.checks]]
            wanted += [term for _, terms in recording.effects for term in terms]
            places = [[term.number for term in terms] for terms in (self.inputs, wanted)]
            self._zero_products = self._compile(zero_products(self.op.tape, *places))
        return bool(self._zero_products(*inputs) != 0)

    def _runnable(self) -> Callable[..., Any]:
        """The code with memory of its own, and NumPy's warnings off."""
        run = self._make()
        if self._calls_users:  # whose functions may need the caller's context

            def quiet(*data: Any) -> Any:
                with np.errstate(all="ignore"):
                    return run(*data)

            return quiet
        context = Context()  # entering it takes a tenth of the time of `errstate`
        context.run(np.seterr, all="ignore")
        return partial(context.run, run)

    def _interpret(self, data: Sequence[Any], effects_done: bool = False) -> list[Any]:
        """The outputs by the recorded operations one by one, with strong zeros in derivatives.

        effects_done: the side effects have already run.
        """
        recording, tape, done = self.recording, self.op.tape, 0
        values = tape.values([term.number for term in self.inputs], data)
        masks: list[Mask] = [False] * len(values)

        def value(term: Term) -> Any:
            nonlocal done
            tape.run_with_strong_zeros(values, masks, range(done, term.number + 1))
            done = max(done, term.number + 1)
            return values[term.number]

        try:
            for check in recording.checks:
                if check.kind(value(check.term)) != check.value:
                    raise GuardFailure(_went_the_other_way(check))
            for act, terms in recording.effects:
                args = [value(term) for term in terms]
                if not effects_done:
                    act(*args)
            tape.run_with_strong_zeros(values, masks, range(done, len(values)))
        except np.linalg.LinAlgError as error:  # which the function may catch
            raise GuardFailure(str(error)) from error
        outputs = [values[term.number] for term in self.outputs]
        if self._sinks:  # outputs may lie in memory that is about to be overwritten
            outputs = [x.copy() if isinstance(x, np.ndarray) else x for x in outputs]
            updates = [np.array(values[term.number]) for term, _ in self._sinks]
            for (_, array), new in zip(self._sinks, updates, strict=True):
                array[...] = new
        return outputs


def _memory(x: Any) -> tuple[Any, ...]:
    return x.ctypes.data, x.shape, x.strides, x.dtype


def fails(check: Check) -> str:
    """The condition under which a program does not fit, with `{}` for the number."""
    if check.kind is bool:
        return "not {}" if check.value else "{}"
    return f"int({{}}) != {check.value}"


def _went_the_other_way(check: Check) -> str:
    return f"the branch at {check.line} went the other way"
