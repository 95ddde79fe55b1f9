"""A program in machine code: kernels, and the function of Python that calls them in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import accumulate, combinations, count
from typing import Any

import numpy as np

from autograd.engine.operations import Op
from autograd.jit.errors import GuardFailure
from autograd.jit.lowering.code import Code
from autograd.jit.native import convention, machine
from autograd.jit.native.direct import Output, direct
from autograd.jit.native.kernel import Kernel, kind_of, work
from autograd.jit.native.layout import LOCAL, Buffer, Layout, is_regular, of_array
from autograd.jit.native.nests import Nest
from autograd.jit.native.schedule import AnyStep, Schedule, Step, copy_of, makes, needs
from autograd.jit.terms import Term, is_view, ordered

_STRAIGHT, _LONG = 500, 3000
"""From so many steps on LLVM does less: of numbers for the most part, and of others."""
_numbers = count()


def _level(run: Sequence[AnyStep]) -> int:
    """How much LLVM is to do for these steps."""
    steps = [step for step in run if isinstance(step, Nest) or step.how not in ("load", "item")]
    others = [step for step in steps if isinstance(step, Nest) or step.how != "number"]
    numbers = len(steps) - len(others)
    if sum(map(work, others)) <= numbers:
        return machine.STRAIGHT if numbers > _STRAIGHT else machine.USUAL
    return machine.LONG if len(steps) > _LONG else machine.USUAL


def _evaluate(op: Op, settings: Mapping[str, Any], is_complex: bool, *args: Any) -> Any:
    """What an operation gives, if it fits into the memory for it, which is of real numbers or of
    complex ones: whether eigenvalues are complex depends on the numbers.
    """
    result = op.evaluate(args, settings)
    if np.iscomplexobj(result) != is_complex:
        was, now = ("complex", "real") if is_complex else ("real", "complex")
        raise GuardFailure(f"the result of {op.name} is {now}, where it was {was}")
    if isinstance(result, np.ndarray) and not result.ndim:
        return result[()]  # and not a view of memory that something else is written to
    return result


class Driver:
    """Writes the function of Python, which is in `code`."""

    def __init__(
        self,
        inputs: Sequence[tuple[str, Term]],
        results: Sequence[Term],
        checks: Sequence[tuple[Term, str, str]],
        effects: Sequence[tuple[str, Sequence[Term]]],
        sinks: Sequence[tuple[Term, Any]],
        fixed: Mapping[Term, Any],
        branches: Sequence[tuple[str, str]],
    ) -> None:
        """The arguments are those of `lowering.write`."""
        self.code: Code = Code()
        self.code.parameters = [name for name, term in inputs if term not in fixed]
        self._names: dict[Term, str] = {term: name for name, term in inputs if term not in fixed}
        self._returned: dict[Term, Term] = {}
        self._memory = 0
        self._kernels: list[tuple[Kernel, machine.Compiled]] = []
        self._branches = branches
        self._order: dict[Term, int] = {term: place for place, term in enumerate(results)}
        self._late: list[tuple[Term, Any]] = []
        leaving = [*results, *[arg for _, args in effects for arg in args]]
        roots = [*leaving, *[term for term, _ in sinks], *[term for term, _, _ in checks]]
        order = ordered(roots)
        own = self._own(order, leaving)
        self._sinks = sinks
        updates = self._updates(order)
        wanted = {*own.values(), *updates, *leaving, *[term for term, _, _ in checks]}
        wanted.update(term for term, _ in self._late)
        given = {term: of_array(array) for term, array in fixed.items()} | updates
        homes = self._in_place(inputs, given, updates if not effects else {})
        known = {*order}
        between = [arg for update in updates for arg in update.args if arg not in known]
        wanted.update(between)
        everything = [*order, *own.values(), *between, *updates]
        self._schedule = Schedule(everything, wanted, given, homes=homes)
        self._users: dict[Term, set[Term]] = {term: set() for term in everything}
        for term in everything:
            for arg in term.args:
                self._users[arg].add(term)
        for term in wanted - updates.keys():
            self._users[term].add(term)
        for name, term in inputs:
            layout = self._schedule.layouts.get(term)
            if layout and layout.buffer.array is None:
                layout.buffer.name = name
        for name, term in inputs:
            if term in fixed and not term.ndim:  # a kernel takes it as a number
                self.code.body.append(f"{name} = {self._constant(fixed[term])}.item()")
        self._ends = {*updates}
        self._arrays = {name for name, term in inputs if term.ndim and term not in fixed}
        for buffer in self._direct:
            buffer.apart_from += [
                (name, term.size * term.dtype.itemsize)
                for name, term in inputs
                if name in self._arrays
            ]
        steps = self._split(self._schedule.steps)
        self._plan_memory(steps, {*own.values(), *updates})
        for term, array in fixed.items():
            if not term.ndim:  # which may be written into before it is returned
                self._names[term] = f"n{next(_numbers)}"
                self.code.body.append(f"{self._names[term]} = {self._constant(array)}[()]")
        self._write(steps, checks, effects, results, own)

    def _own(self, order: Sequence[Term], leaving: Sequence[Term]) -> dict[Term, Term]:
        """For arrays that leave the program, terms of copies that belong to the caller."""
        return {term: copy_of(term) for term in dict.fromkeys(leaving) if term.ndim}

    def _updates(self, order: Sequence[Term]) -> dict[Term, Layout]:
        """For arrays that are written into, terms of copies that are to be there."""
        updates = {}
        for term, array in self._sinks:
            if not term.ndim or not term.fits(array) or not is_regular(array):
                self._late.append((term, array))
                continue
            source = term
            while is_view(source):
                (source,) = source.args
            if source.op is None and not source.constant:  # it may be overwritten by then
                term = copy_of(term)
            updates[copy_of(term)] = of_array(array)
        return updates

    def _in_place(
        self,
        inputs: Sequence[tuple[str, Term]],
        given: dict[Term, Layout],
        updates: Mapping[Term, Layout],
    ) -> dict[Term, Layout]:
        """Where the memory of inputs is that are written over, and of arrays that can be computed
        in the arrays that they are to be in, since no input lies there.
        """
        homes: dict[Term, Layout] = {}
        arrays = [array for _, array in self._sinks]
        overlap = any(np.may_share_memory(x, y) for x, y in combinations(arrays, 2))
        for update, layout in updates.items() if not overlap else ():
            array = layout.buffer.array
            inside = [(n, x) for n, x in inputs if x.ndim and np.may_share_memory(x.example, array)]
            if not inside and layout.in_order:
                homes[update.args[0]] = layout
            for name, x in inside:
                same = x.fits(array) and x.example.ctypes.data == array.ctypes.data
                if same and layout.in_order and x.example.flags.c_contiguous:
                    given[x] = layout
                    if name in self.code.parameters:
                        layout.buffer.same_as.append(name)
        self._direct = [layout.buffer for layout in homes.values()]
        self._checked = [layout.buffer for layout in updates.values()]
        self._written_over = {name for layout in updates.values() for name in layout.buffer.same_as}
        return homes

    def _split(self, steps: Sequence[AnyStep]) -> list[list[AnyStep]]:
        """Runs of steps that become kernels, and the calls between them as runs of one."""
        runs: list[list[AnyStep]] = [[]]
        last: list[AnyStep] = []
        for step in steps:
            if isinstance(step, Step) and step.how == "call":
                runs += [[step], []]
            elif isinstance(step, Nest):
                late = self._late_members(step)
                there = [term for term in step.members if term in self._ends and term not in late]
                step.members = [term for term in step.members if term not in {*late, *there}]
                self._schedule.stored.update(term.args[0] for term in there)
                if late:
                    last.append(Nest(step.shape, late))
                    self._schedule.stored.update({*step.members}.intersection(needs(last[-1])))
                if step.members or step.reductions:
                    runs[-1].append(step)
            else:
                runs[-1].append(step)
        return [run for run in [*runs, last] if run]

    def _late_members(self, nest: Nest) -> list[Term]:
        """The members of a nest that are computed at the end, into arrays that may be read before:
        updates, and what only these need, if what it reads is still there then.
        """
        layouts = self._schedule.layouts
        ends = [term for term in nest.members if term in self._ends]
        late = {term for term in ends if layouts[term] != layouts[term.args[0]]}
        written = [layouts[term] for term in late]

        def stays(arg: Term) -> bool:
            layout = layouts.get(arg)
            if layout is None or arg in nest.members or layout in written:
                return True
            computed = layout.buffer.array is None and not layout.buffer.name
            return computed or layout.buffer in self._direct

        if len(written) == len({layout.buffer for layout in written}):
            for term in reversed(nest.members):
                users = self._users[term]
                if users and users <= late and all(map(stays, term.args)):
                    late.add(term)
        return [term for term in nest.members if term in late]

    def _plan_memory(self, runs: Sequence[Sequence[AnyStep]], placed: set[Term]) -> None:
        """Give each array that is computed a place in the program's memory, or in a kernel's."""
        layouts = self._schedule.layouts
        first: dict[Buffer, int] = {}
        last: dict[Buffer, int] = {}
        kernels: dict[Buffer, set[int]] = {}
        position = 0
        for term, _ in self._late:
            if term in layouts:
                kernels[layouts[term].buffer] = {-1}
                last[layouts[term].buffer] = sum(map(len, runs)) + 1
        ends = [*accumulate(map(len, runs))]
        for number, run in enumerate(runs):
            for step in run:
                position += 1
                called = isinstance(step, Step) and step.how == "call"
                for term in [*needs(step), *makes(step)]:
                    for buffer in self._schedule.buffers(term):
                        if buffer.array is None and not buffer.name:
                            first.setdefault(buffer, position)
                            is_item = self._schedule.kinds[term] in ("item", "load")
                            end = ends[number] if is_item else position  # see `Kernel`
                            last[buffer] = max(end, last.get(buffer, 0))
                            kernels.setdefault(buffer, set()).add(-1 if called else number)
        result = {layouts[term].buffer for term in placed if term in layouts}
        free: list[tuple[int, int]] = []
        ending: dict[int, list[Buffer]] = {}
        sizes: dict[Buffer, int] = {}
        for buffer, end in last.items():
            ending.setdefault(end, []).append(buffer)
        released = 0
        for buffer, start in sorted(first.items(), key=lambda item: item[1]):
            if buffer in result:
                continue
            if buffer.size <= LOCAL and len(kernels[buffer]) == 1 and -1 not in kernels[buffer]:
                continue
            for end in range(released, start):
                for old in ending.get(end, ()):
                    if old in sizes:
                        free.append((sizes[old], old.offset))
            released = start
            size = -(-buffer.size * buffer.dtype.itemsize // 64) * 64
            fitting = [piece for piece in free if size <= piece[0] <= 4 * size]
            if fitting:
                best = min(fitting)
                free.remove(best)
                sizes[buffer], buffer.offset = best
            else:
                sizes[buffer], buffer.offset = size, self._memory
                self._memory += size

    # ----------------------------------------------------------------------------------------------

    def _write(
        self,
        runs: Sequence[Sequence[AnyStep]],
        checks: Sequence[tuple[Term, str, str]],
        effects: Sequence[tuple[str, Sequence[Term]]],
        results: Sequence[Term],
        own: Mapping[Term, Term],
    ) -> None:
        if self._memory:
            self.code.setup.append(f"memory = np.empty({self._memory + 64}, np.uint8)")
            self.code.setup.append("memory = memory[-memory.ctypes.data % 64:]")
        made = {term for run in runs for step in run for term in makes(step)}
        for term, copy in own.items():
            if copy in made:
                name = f"result{len(self._returned)}"
                self._returned[term] = copy
                self._schedule.layouts[copy].buffer.name = name
                self._names[copy] = name
                self.code.numpy.add("empty")
                self.code.body.append(f"{name} = empty({term.shape}, {self._constant(term.dtype)})")
        waiting = list(checks)
        leaving = {*results}
        leaving.update(arg for _, args in effects for arg in args)
        leaving.update(term for term, _ in self._late)
        known: set[Term] = {term for term in self._names if not term.ndim}
        acted = False
        for number, run in enumerate(runs):
            is_last = number == len(runs) - 1
            if is_last and self._is_update(run) and not acted:
                self._effects(effects, own)
                acted = True
            self._run(run, runs[number + 1 :], leaving, waiting)
            known.update(term for step in run for term in makes(step) if not term.ndim)
            while waiting and (waiting[0][0] in known or waiting[0][0].constant):
                term, condition, leave = waiting.pop(0)
                self.code.body.append(f"if {condition.format(self._number(term))}:")
                self.code.body.append(f"    {leave}")
        for term, condition, leave in waiting:
            self.code.body.append(f"if {condition.format(self._number(term))}:")
            self.code.body.append(f"    {leave}")
        if not acted:
            self._effects(effects, own)
        for term, array in self._late:
            self.code.body.append(f"copyto({self._constant(array)}, {self._seen(term)})")
            self.code.numpy.add("copyto")
        seen: set[Term] = set()
        body = len(self.code.body)
        for term in results:
            text = self._number(term) if not term.ndim else self._names[own[term]]
            if not term.ndim and not term.scalar:
                text = f"{self._constant(term.dtype.type)}({text})"
            self.code.results.append(f"{text}.copy()" if term.ndim and term in seen else text)
            seen.add(term)
        if len(self._kernels) == 1 and body == 1 + 2 * self._kernels[0][0].has_checks:
            self._do_directly(results)

    def _do_directly(self, results: Sequence[Term]) -> None:
        """Have a call of a program that is one kernel of numbers done at once."""
        ((kernel, compiled),) = self._kernels
        slots = {name: n for n, name in enumerate(kernel.parameters)}
        slots |= {self._names[term]: len(slots) + n for n, term in enumerate(kernel.results)}
        outputs: list[Output] = []
        for term in map(self._schedule.number_of, results):
            if term.constant:
                outputs.append((convention.SAME, -1, term.example))
            elif self._names.get(term) in slots:
                outputs.append((kind_of(term), slots[self._names[term]], None))
        if len(outputs) == len(results) and all(term.scalar for term in results):
            self.code.direct = partial(
                direct, kernel, compiled, self._memory, self.code.parameters, outputs
            )

    def _is_update(self, run: Sequence[AnyStep]) -> bool:
        return any(term in self._ends for step in run for term in makes(step))

    def _effects(
        self, effects: Sequence[tuple[str, Sequence[Term]]], own: Mapping[Term, Term]
    ) -> None:
        used: set[Term] = set()
        for name, args in effects:
            given = []
            for arg in args:
                text = self._names[own[arg]] if arg.ndim else self._number(arg)
                given.append(f"{text}.copy()" if arg.ndim else text)
                used.add(arg)
            self.code.body.append(f"{name}({', '.join(given)})")

    def _number(self, term: Term) -> str:
        term = self._schedule.number_of(term)
        if term.constant:
            return self._constant(term.example)
        return self._names[term]

    def _constant(self, thing: Any) -> str:
        for name, other in self.code.shared.items():
            if other is thing:
                return name
        name = f"shared{len(self.code.shared)}"
        self.code.shared[name] = thing
        return name

    def _run(
        self,
        run: Sequence[AnyStep],
        later: Sequence[Sequence[AnyStep]],
        leaving: set[Term],
        waiting: list[tuple[Term, str, str]],
    ) -> None:
        """Write the call of a run of steps, which looks at the branches that they decide."""
        (step, *_) = run
        if isinstance(step, Step) and step.how == "call":
            self._call(step.term)
            return
        numbers = {*leaving}
        for other in later:
            for following in other:
                numbers.update(map(self._schedule.number_of, needs(following)))
        made = dict.fromkeys(term for step in run for term in makes(step) if not term.ndim)
        no_numbers = {*self._schedule.bodies, *self._schedule.lists}
        wanted = [term for term in made if term in numbers and term not in no_numbers]
        wanted.sort(key=lambda term: self._order.get(term, -1))
        decided = [check for check in waiting if self._schedule.number_of(check[0]) in made]
        waiting[:] = [check for check in waiting if check not in decided]
        looked_at = [(term, int(leave.split()[1])) for term, _, leave in decided]
        checked, self._checked = self._checked, []
        kernel = Kernel(
            self._schedule, run, self._names, wanted, self._branches, looked_at, checked
        )
        name, row = f"kernel{next(_numbers)}", f"numbers{next(_numbers)}"
        compiled = machine.function(kernel.text(), _level(run))
        self._kernels.append((kernel, compiled))
        self.code.kernels[name] = kernel.callable(compiled)
        call = f"{name}({', '.join(kernel.parameters)})"
        names = [f"{row}[{place}]" for place in range(len(kernel.results))]
        self._names |= dict(zip(kernel.results, names, strict=True))
        self.code.body.append(f"{row} = {call}")
        arrays = [x for x in kernel.parameters if x in self._arrays]
        if arrays:
            wrong = f"if {row}.__class__ is int and {row} < 1:"
            self.code.body.append(wrong)
            copied = [x for x in arrays if x not in self._written_over]
            if checked and self._direct and copied:  # if this run leaves, the next reads them again
                self.code.numpy.add("may_share_memory")
                sinks = self._constant([buffer.array for buffer in self._direct])
                pairs = f"for x in ({', '.join(copied)},) for y in {sinks}"
                self.code.body.append(f"    if any([may_share_memory(x, y) {pairs}]):")
                self.code.body.append("        raise GuardFailure('an array is in other memory')")
            for x in copied:
                self.code.body.append(f"    {x} = np.ascontiguousarray({x})")
            self.code.body += [f"    {row} = {call}", f"    {wrong}"]
            self.code.body.append("        raise GuardFailure('an array is in other memory')")
            self.code.kernels["GuardFailure"] = GuardFailure
        if kernel.has_checks:
            self.code.body.append(f"if {row}.__class__ is int:")
            self.code.body.append(f"    return {row} - 1")

    def _call(self, term: Term) -> None:
        """Python computes an operation on the arrays and numbers that the driver has."""
        args = ", ".join([self._seen(arg) for arg in term.args])
        function = f"op{next(_numbers)}"
        op, settings = term.op, dict(term.settings)
        assert op is not None
        self.code.functions[f"{function}_kernel"] = op.kernel  # which may be a user's
        self.code.shared[function] = partial(_evaluate, op, settings, np.iscomplexobj(term.example))
        call = f"{function}({args}{',' if len(term.args) == 1 else ''})"
        if not term.ndim:
            name = self._names[term] = f"n{next(_numbers)}"
            cast = type(term.example).__name__ if term.scalar else ""
            self.code.body.append(f"{name} = {cast}({call})")
            return
        self.code.body.append(f"{self._seen(term)}[...] = {call}")

    def _seen(self, term: Term) -> str:
        """An array or number as Python sees it."""
        if term in self._names:
            return self._names[term]
        if not term.ndim or self._schedule.number_of(term) is not term:
            return self._number(term)
        layout = self._schedule.layouts[term]
        name = f"a{next(_numbers)}"
        self._names[term] = name
        buffer = layout.buffer
        if buffer.array is not None:
            base = self._constant(buffer.array)
        elif buffer.name:
            base = buffer.name
        else:
            base = "memory"
        item = buffer.dtype.itemsize
        start = max(buffer.offset, 0) + layout.offset * item
        strides = tuple([s * item for s in layout.strides])
        line = (
            f"{name} = np.ndarray({layout.shape}, {self._constant(buffer.dtype)}, {base}, "
            f"{start}, {strides})"
        )
        moves = base not in ("memory",) and buffer.array is None
        if base in self._arrays:
            self.code.body.append(f"{base} = np.ascontiguousarray({base})")
        (self.code.body if moves else self.code.setup).append(line)
        return name
