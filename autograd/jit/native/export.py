"""A program in C: the steps that machine code is made of, in one function."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd.jit.native.c import HELPERS, TYPES, Writer, constant, definition
from autograd.jit.native.layout import LOCAL, Buffer, of_array
from autograd.jit.native.loops import LoopSteps
from autograd.jit.native.schedule import Schedule, Step, Unsupported, copy_of, makes, needs
from autograd.jit.native.text import Function, in_memory, type_of
from autograd.jit.terms import Term, ordered

Group = tuple[str, Sequence[Term]]
"""A parameter: its name, and an array, a number, or several numbers that are passed as an array."""


def lower_to_c(
    name: str,
    inputs: Sequence[Group],
    results: Sequence[Group],
    checks: Sequence[tuple[Term, str, int]],
    known: Mapping[Term, Any],
    branches: Sequence[tuple[str, str]],
) -> tuple[str, str]:
    """The definition of a function `name`, with what it needs, and its declaration.

    checks: terms, the condition under which the program does not fit, and what is returned then.
    known: arrays that are written down as they are; branches: those of loops.

    Raises Unsupported, with the name of the operation that C has no text for.
    """
    return _Export(name, inputs, results, checks, known, branches).texts()


class _Export:
    def __init__(
        self,
        name: str,
        inputs: Sequence[Group],
        results: Sequence[Group],
        checks: Sequence[tuple[Term, str, int]],
        known: Mapping[Term, Any],
        branches: Sequence[tuple[str, str]],
    ) -> None:
        self._inputs, self._results, self._checks = inputs, results, checks
        leaving = [term for _, terms in results for term in terms]
        roots = [*leaving, *[term for term, _, _ in checks]]
        copies = {term: copy_of(term) for term in leaving if term.ndim}
        given = {term: of_array(np.ascontiguousarray(array)) for term, array in known.items()}
        order = [*ordered(roots), *copies.values()]
        self._schedule = schedule = Schedule(order, {*roots, *copies.values()}, given, alone=True)
        self._to = Function(f"define i32 @{name}()")
        self._to.has_blas = False
        self._steps = LoopSteps(self._to, schedule, branches)
        self._pointers: dict[str, str] = {}  # and the types of their entries
        self._constants: list[str] = []
        self._memory: list[str] = []
        self._names: dict[Term, str] = {}
        for group, terms in inputs:
            self._take(group, terms)
        for group, terms in results:
            for term in {*terms} & {*copies}:
                self._point(schedule.layouts[copies[term]].buffer, f"%{group}")
        self._point_to_the_rest()
        for step in schedule.steps:
            if isinstance(step, Step) and step.how == "call":
                assert step.term.op is not None
                raise Unsupported(step.term.op.name)
            self._steps.step(step)
        if self._steps.outside:
            raise Unsupported("an index that is computed")
        wanted = [*leaving, *[term for term, _, _ in checks]]
        self._values = {term: self._steps.value(term) for term in wanted if not term.ndim}
        self._declared = self._declaration(name)

    def _take(self, group: str, terms: Sequence[Term]) -> None:
        to, (first, *others) = self._to, terms
        if first.ndim:
            if first in self._schedule.layouts:
                self._point(self._schedule.layouts[first].buffer, f"%{group}")
            return
        kind = in_memory(type_of(first.dtype))
        if not others:
            self._steps.values[first] = f"%{group}"
            return
        self._pointers[f"%{group}"] = kind
        for n, term in enumerate(terms):
            self._steps.values[term] = to.load(kind, to.at(kind, f"%{group}", n))

    def _point(self, buffer: Buffer, name: str) -> None:
        self._steps.pointers[buffer] = name
        self._pointers[name] = in_memory(type_of(buffer.dtype))

    def _point_to_the_rest(self) -> None:
        """Constants, and memory for what is computed on the way."""
        terms = {term for step in self._schedule.steps for term in [*needs(step), *makes(step)]}
        for term in sorted(terms, key=lambda term: term.number):
            for buffer in self._schedule.buffers(term):
                if buffer in self._steps.pointers:
                    continue
                kind = in_memory(type_of(buffer.dtype))
                if buffer.array is not None:
                    self._point(buffer, f"@const{len(self._constants)}")
                    values = buffer.array.ravel().tolist()
                    self._constants.append(constant(f"const{len(self._constants)}", kind, values))
                    continue
                name = self._steps.pointers[buffer] = self._to.fresh("%work")
                if buffer.size <= LOCAL:
                    self._to.slots.append(f"  {name} = alloca [{buffer.size} x {kind}]")
                    continue
                self._memory.append(name)
                self._constants.append(f"static {TYPES[kind]} {name[1:]}[{buffer.size}];")

    def _declaration(self, name: str) -> str:
        parameters = []
        for groups, how in ((self._inputs, "const "), (self._results, "")):
            for group, terms in groups:
                kind = TYPES[in_memory(type_of(terms[0].dtype))]
                if len(terms) > 1:
                    parameters.append(f"{how}{kind} {group}[{len(terms)}]")
                elif terms[0].ndim:
                    parameters.append(f"{how}{kind} {group}[{terms[0].size}]")
                else:
                    parameters.append(f"{kind} {'' if how else '*'}{group}")
        return f"int {name}({', '.join(parameters)})"

    def texts(self) -> tuple[str, str]:
        """The definition and the declaration."""
        called: dict[str, Sequence[bool]] = {}
        needed: set[str] = set()
        nests: list[str] = []
        for function in self._steps.others:
            text, more = definition(function, called)
            nests.append(text)
            needed |= more
        numbers = [
            f"%{group}" for group, terms in self._inputs if f"%{group}" not in self._pointers
        ]
        tables = [line.split()[0] for line in self._steps.globals]
        writer = Writer(self._to, [*self._pointers, *tables, *self._memory], numbers, called)
        self._finish(writer)
        needed |= writer.needed
        parts = [
            "#include <math.h>\n#include <stdbool.h>\n#include <stdint.h>\n#include <string.h>",
            "\n".join([HELPERS[each] for each in sorted(needed & HELPERS.keys())]),
            "\n".join([*self._constants, *map(_table, self._steps.globals)]),
            *nests,
            "\n".join([f"{self._declared} {{", *writer.used(), "}"]),
        ]
        return "\n\n".join(filter(None, parts)) + "\n", f"{self._declared};"

    def _finish(self, writer: Writer) -> None:
        """Look at the branches, and store the results that are numbers."""
        if self._steps.failed:
            failed = writer.place(self._steps.failed)
            writer.put(f"if ({failed}) return (int){failed};")
        for term, condition, number in self._checks:
            value = writer.value(self._values[term], type_of(term.dtype))
            if condition.startswith("int"):
                whole = f"fptosi({value})" if term.dtype.kind == "f" else f"(int64_t){value}"
                writer.needed.update({"fptosi"} if term.dtype.kind == "f" else ())
                text = f"{whole} != {condition.split()[-1]}"
            else:
                text = f"!{value}" if condition.startswith("not") else value
            writer.put(f"if ({text}) return {number};")
        for group, terms in self._results:
            for n, term in enumerate(terms):
                if not term.ndim:
                    value = writer.value(self._values[term], type_of(term.dtype))
                    writer.put(
                        f"{group}[{n}] = {value};" if len(terms) > 1 else f"*{group} = {value};"
                    )
        writer.put("return 0;")


def _table(line: str) -> str:
    """Constant integers, from a line of LLVM's text."""
    found = re.match(r"@(\w+) = private constant \[(\d+) x i64\] \[(.*)\]", line)
    assert found
    return f"static const int64_t {found[1]}[{found[2]}] = {{{found[3].replace('i64 ', '')}}};"
