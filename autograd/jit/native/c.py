"""Functions in LLVM's text as plain C: each instruction an expression, and loops as loops.

What is written here is the text of `text.Function` before LLVM has seen it, which has no jumps but
those of loops.
"""

from __future__ import annotations

import math
import re
import struct
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograd.jit.native.text import Function
from autograd.jit.native.text import number as llvm_number

TYPES = {
    "double": "double",
    "float": "float",
    "i64": "int64_t",
    "i32": "int32_t",
    "i8": "uint8_t",
    "i1": "bool",
}
_BINARY = {
    "fadd": "+",
    "fsub": "-",
    "fmul": "*",
    "fdiv": "/",
    "add": "+",
    "sub": "-",
    "mul": "*",
    "and": "&",
    "or": "|",
    "xor": "^",
    "urem": "%",
    "udiv": "/",
}
_COMPARED = {
    "olt": "{} < {}",
    "ole": "{} <= {}",
    "ogt": "{} > {}",
    "oge": "{} >= {}",
    "oeq": "{} == {}",
    "une": "{} != {}",
    "one": "{0} < {1} || {0} > {1}",
    "ult": "!({} >= {})",
    "ule": "!({} > {})",
    "ugt": "!({} <= {})",
    "uge": "!({} < {})",
    "ueq": "!({0} < {1} || {0} > {1})",
    "uno": "isnan({}) || isnan({})",
    "eq": "{} == {}",
    "ne": "{} != {}",
    "slt": "{} < {}",
    "sle": "{} <= {}",
    "sgt": "{} > {}",
    "sge": "{} >= {}",
}
_FUNCTIONS = {"roundeven": "rint"}
_SIGN = re.compile(r"llvm\.(\w+)(?:\.\w+)*\.(f64|f32|i64)")
_LONG = 60
"""Longer expressions get a variable of their own."""
_FLAGS = {"reassoc", "nsz", "contract", "nsw", "nuw"}

HELPERS = {
    "smin": "static int64_t smin(int64_t x, int64_t y) { return x < y ? x : y; }",
    "maximum": "static double maximum(double x, double y) "
    "{ return isnan(x) || x > y ? x : isnan(y) || y > x ? y : signbit(x) ? y : x; }",
    "minimum": "static double minimum(double x, double y) "
    "{ return isnan(x) || x < y ? x : isnan(y) || y < x ? y : signbit(x) ? x : y; }",
    "fptosi": "static int64_t fptosi(double x) { return isnan(x) ? 0 : x >= 9223372036854775807.0 "
    "? INT64_MAX : x <= -9223372036854775808.0 ? INT64_MIN : (int64_t)x; }",
}
"""Functions that C has no name for, by the names in LLVM."""


def number(text: str, kind: str) -> str:
    """A number that LLVM's text has."""
    if kind not in ("double", "float"):
        return f"INT64_C({text})" if kind == "i64" and abs(int(text)) >= 2**31 else text
    (x,) = struct.unpack("<d", struct.pack("<Q", int(text, 16)))
    if math.isnan(x):
        return "NAN"
    if math.isinf(x):
        return "INFINITY" if x > 0 else "(-INFINITY)"
    literal = repr(x) + ("f" if kind == "float" else "")
    return f"({literal})" if literal.startswith("-") else literal


class Writer:
    """The lines of one function in C.

    lines: those of the body. `needed` are names in `HELPERS` and of functions that it calls.
    """

    def __init__(
        self,
        function: Function,
        pointers: Iterable[str],
        numbers: Iterable[str],
        called: Mapping[str, Sequence[bool]],
    ) -> None:
        """pointers, numbers: the names of what is given, as in "%x". called: of functions that it
        calls, which of their pointers are written to.
        """
        self.lines: list[str] = []
        self.needed: set[str] = set()
        self.written: set[str] = set()
        """The pointers that something is written to."""
        self._depth = 1
        self._called_functions = called
        self._texts: dict[str, str] = {name: _name(name) for name in numbers}
        self._places: dict[str, tuple[str, str]] = {name: (name, "0") for name in pointers}
        self._single: set[str] = set()
        lines = [*function.slots, *function.lines]
        words = re.findall(r"%[\w.]+", "\n".join(lines))
        self._uses = Counter(words)
        self._turns = dict(re.findall(r"icmp slt i64 %(\w+)\.next, (\S+)", "\n".join(lines)))
        for line in lines:
            self._line(line.strip())

    def used(self) -> list[str]:
        """The lines without the memory that none of them uses."""
        words = Counter(re.findall(r"\w+", "\n".join(self.lines)))
        declared = re.compile(r" +\w+ (\w+)(?:\[\d+\])?;")
        found = [(line, declared.fullmatch(line)) for line in self.lines]
        return [line for line, match in found if not match or words[match[1]] > 1]

    def put(self, text: str) -> None:
        self.lines.append("    " * self._depth + text)

    def _line(self, line: str) -> None:
        if line.endswith(":") or line.startswith("br label") or ".next" in line:
            if found := re.match(r"%(\w+)\.i = phi", line):
                self._begin(found[1])
            elif re.match(r"%v\d+ = icmp slt i64", line):
                self._ends = line.split()[0]
            return
        if line.startswith("br i1"):
            self._depth -= 1
            self.put("}")
            return
        if line.startswith("ret"):
            return
        if " = " in line and line.startswith("%"):
            name, instruction = line.split(" = ", 1)
            self._define(name, instruction)
        else:
            self._do(line)

    def _begin(self, loop: str) -> None:
        turns = self.value(self._turns[loop], "i64")
        i = f"i{re.sub('[^0-9]', '', loop)}"
        self._texts[f"%{loop}.i"] = i
        self.put(f"for (int64_t {i} = 0; {i} < {turns}; {i}++) {{")
        self._depth += 1

    # ----------------------------------------------------------------------------------------------

    def value(self, text: str, kind: str) -> str:
        """An operand as C writes it."""
        if text in self._texts:
            return self._texts[text]
        if text in ("true", "false"):
            return text
        return number(text, kind)

    def place(self, pointer: str) -> str:
        """What is at an address."""
        base, index = self._places[pointer]
        return _name(base) if base in self._single else f"{_name(base)}[{_bare(index)}]"

    def address(self, pointer: str) -> str:
        """A pointer as an argument."""
        base, index = self._places[pointer]
        if base in self._single:
            return f"&{_name(base)}"
        return _name(base) if index == "0" else f"{_name(base)} + {index}"

    def _define(self, name: str, instruction: str) -> None:
        words = [word for word in instruction.split() if word not in _FLAGS]
        op = words[0]
        if op == "alloca":
            self._allocate(name, instruction)
            return
        if op == "getelementptr":
            pointer, at = words[3].rstrip(","), words[5]
            base, index = self._places[pointer]
            more = self.value(at, "i64")
            self._places[name] = (base, more if index == "0" else f"{index} + {more}")
            return
        kind, text = self._expression(op, " ".join(words[1:]))
        if op == "load" or op == "call" or self._uses[name] != 2 or len(text) > _LONG:
            own = _name(name)
            self.put(f"const {TYPES[kind]} {own} = {_bare(text)};")
            text = own
        self._texts[name] = text

    def _allocate(self, name: str, instruction: str) -> None:
        self._places[name] = (name, "0")
        if found := re.match(r"alloca \[(\d+) x (\w+)\]", instruction):
            self.put(f"{TYPES[found[2]]} {_name(name)}[{found[1]}];")
        else:
            self._single.add(name)
            self.put(f"{TYPES[instruction.split()[1]]} {_name(name)};")

    def _expression(self, op: str, rest: str) -> tuple[str, str]:
        """The type and the text of an instruction's result."""
        if op == "load":
            kind, pointer = rest.split(", ptr ")
            return kind, self.place(pointer)
        if op == "call":
            return self._called(rest)
        if op == "select":
            parts = [part.split() for part in rest.split(", ")]
            texts = [self.value(part[-1], part[0]) for part in parts]
            return parts[1][0], "({} ? {} : {})".format(*texts)
        if op in ("fcmp", "icmp"):
            how, kind, x, y = rest.replace(",", "").split()
            how = how if op == "fcmp" else how.replace("u", "s")
            return "i1", f"({_COMPARED[how].format(self.value(x, kind), self.value(y, kind))})"
        if " to " in rest:
            (old, x), new = rest.split(" to ")[0].split(), rest.split(" to ")[1]
            text = self.value(x, old)
            if op == "sext" and old == "i1":
                text = f"-{text}"
            return new, f"({TYPES[new]}){text}"
        kind, operands = rest.split(" ", 1)
        values = [self.value(x, kind) for x in operands.split(", ")]
        if op == "fneg":
            return kind, f"(-{values[0]})"
        if op == "frem":
            return kind, f"fmod{'f' if kind == 'float' else ''}({', '.join(values)})"
        text = f"({values[0]} {_BINARY[op]} {values[1]})"
        return kind, f"({TYPES[kind]}){text}" if kind in ("i8", "i32") else text

    def _called(self, rest: str) -> tuple[str, str]:
        found = re.match(r"(\w+) @([\w.]+)\((.*?)\)", rest)
        assert found
        kind, name, given = found.groups()
        args, pointers = [], 0
        for arg in given.split(", "):
            of, x = arg.split()
            if of == "ptr":
                args.append(self.address(x))
                if self._called_functions[name][pointers]:
                    self.written.add(self._places[x][0])
                pointers += 1
            else:
                args.append(self.value(x, of))
        if sign := _SIGN.fullmatch(name):
            name = _FUNCTIONS.get(sign[1], sign[1])
            name += "f" if sign[2] == "f32" and name not in HELPERS else ""
        name = name.removeprefix("wengert_")
        self.needed.add(name)
        return kind, f"{name}({', '.join(args)})"

    def _do(self, line: str) -> None:
        if line.startswith("store"):
            _, kind, value, _, pointer = line.replace(",", "").split()
            self.written.add(self._places[pointer][0])
            self.put(f"{self.place(pointer)} = {_bare(self.value(value, kind))};")
        elif "llvm.memset" in line:
            found = re.search(r"ptr (\S+), i8 0, i64 (\d+)", line)
            assert found
            self.written.add(self._places[found[1]][0])
            self.put(f"memset({self.address(found[1])}, 0, {found[2]});")
        else:
            _, text = self._called(line.removeprefix("call "))
            self.put(f"{text};")


def _name(text: str) -> str:
    return re.sub(r"\W", "_", text.lstrip("%@"))


def _bare(text: str) -> str:
    """An expression without the parentheses around all of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return text[1:-1] if place == len(text) - 1 else text
    return text


def definition(function: Function, called: dict[str, Sequence[bool]]) -> tuple[str, set[str]]:
    """A function that gives no result, and what it needs. `called` learns of it."""
    found = re.match(r"define internal void @(\w+)\((.*?)\) ", function.head)
    assert found
    name, parameters = found[1], [part.split() for part in found[2].split(", ")]
    pointers = [part[-1] for part in parameters if part[0] == "ptr"]
    numbers = [part[-1] for part in parameters if part[0] != "ptr"]
    writer = Writer(function, pointers, numbers, called)
    called[name] = [pointer in writer.written for pointer in pointers]
    declared = []
    for kind, *_, x in parameters:
        if kind == "ptr":
            entry = re.search(rf"(?:getelementptr|load) (\w+), ptr {x}\b", function.text())
            of = TYPES[entry[1]] if entry else "void"
            how = "" if x in writer.written else "const "
            declared.append(f"{how}{of} *restrict {_name(x)}")
        else:
            declared.append(f"{TYPES[kind]} {_name(x)}")
    head = f"static void {name}({', '.join(declared)}) {{"
    return "\n".join([head, *writer.lines, "}"]), writer.needed


def constant(name: str, kind: str, values: Sequence[Any]) -> str:
    """The declaration of an array that is written down."""
    entries = ", ".join([number(llvm_number(x, kind), kind) for x in values])
    return f"static const {TYPES[kind]} {name}[{len(values)}] = {{{entries}}};"
