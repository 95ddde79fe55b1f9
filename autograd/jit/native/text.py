"""Functions in LLVM's text: fresh names, numbers, types and loops."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np

Value: TypeAlias = str
"""A name or a number in LLVM's text."""

_TYPES = {
    np.dtype(np.float64): "double",
    np.dtype(np.float32): "float",
    np.dtype(np.int64): "i64",
    np.dtype(np.int32): "i32",
    np.dtype(np.uint8): "i8",
    np.dtype(np.bool_): "i1",
}


def has_type(dtype: np.dtype[Any]) -> bool:
    """Whether numbers of this type can be computed with."""
    return dtype in _TYPES


def type_of(dtype: np.dtype[Any]) -> str:
    """LLVM's type of a number; booleans take a byte in memory and a bit elsewhere."""
    return _TYPES[dtype]


def in_memory(kind: str) -> str:
    """The type that a number of this type has in memory."""
    return "i8" if kind == "i1" else kind


def number(x: Any, kind: str) -> Value:
    """A number as LLVM writes it: the bits, so that nothing is rounded."""
    if kind in ("double", "float"):
        x = float(np.float32(x)) if kind == "float" else float(x)
        return f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"
    return str(int(x))


class Function:
    """The lines of one function, with names that are used once."""

    def __init__(self, head: str, array: bool = False) -> None:
        """head: what stands before the body, as in "define void @f(double %x)".

        array: whether it computes many entries, one like the other, and should use functions that
            LLVM can compute for several at a time.
        """
        self.head = head
        self.array = array
        self.has_blas: bool = True
        """Whether it may call BLAS."""
        self.lines: list[str] = []
        self.slots: list[str] = []  # memory for single numbers, allocated at the beginning
        self.needed: set[str] = set()  # functions that it calls
        self.elementary: set[str] = set()  # and those of ours
        self._names = 0
        self.label: str = "entry"
        """The block that is being written."""

    def __call__(self, instruction: str) -> Value:
        """Write an instruction, and name its result."""
        self._names += 1
        self.lines.append(f"  %v{self._names} = {instruction}")
        return f"%v{self._names}"

    def do(self, instruction: str) -> None:
        """Write an instruction without a result."""
        self.lines.append(f"  {instruction}")

    def at(self, kind: str, base: Value, index: Value | int) -> Value:
        """The address of an entry of an array."""
        return self(f"getelementptr {kind}, ptr {base}, i64 {index}")

    def load(self, kind: str, address: Value) -> Value:
        """Read a number."""
        return self(f"load {kind}, ptr {address}")

    def store(self, kind: str, value: Value | int, address: Value) -> None:
        """Write a number."""
        self.do(f"store {kind} {value}, ptr {address}")

    def begin(self, label: str) -> None:
        """Begin a block."""
        self.lines.append(f"{label}:")
        self.label = label

    def fresh(self, prefix: str) -> str:
        """A new name for a block."""
        self._names += 1
        return f"{prefix}{self._names}"

    def slot(self, kind: str) -> Value:
        """Memory for one number."""
        self._names += 1
        self.slots.append(f"  %v{self._names} = alloca {kind}")
        return f"%v{self._names}"

    def call(self, name: str, kind: str, *args: Value, how: str = "") -> Value:
        """Call a function of numbers of one type, by its name in LLVM. how: an attribute."""
        types = ", ".join([kind] * len(args))
        self.needed.add(f"declare {kind} @{name}({types}) #0")
        return self(f"call {kind} @{name}({', '.join(f'{kind} {x}' for x in args)}) {how}")

    @contextmanager
    def loop(self, turns: Value) -> Iterator[Value]:
        """A loop over 0, 1, ..., turns - 1, which is at least one turn; gives the number."""
        before, head, end = self.label, self.fresh("loop"), self.fresh("end")
        turn, following = f"%{head}.i", f"%{head}.next"
        latch = f"{head}.latch"
        self.do(f"br label %{head}")
        self.begin(head)
        self.do(f"{turn} = phi i64 [0, %{before}], [{following}, %{latch}]")
        yield turn
        self.do(f"br label %{latch}")
        self.begin(latch)
        self.do(f"{following} = add nuw nsw i64 {turn}, 1")
        again = self(f"icmp slt i64 {following}, {turns}")
        self.do(f"br i1 {again}, label %{head}, label %{end}")
        self.begin(end)

    def text(self) -> str:
        """All of it."""
        return "\n".join([f"{self.head} {{", "entry:", *self.slots, *self.lines, "}"])
