"""The function that calls kernels: Python's objects become numbers in slots, and numbers objects.

What the arguments and results look like is a form: the parts of a tree, one after the other, as
`form` makes it. This one function reads all forms, so that no program needs code of its own for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache

from autograd.jit.native import machine
from autograd.jit.native.text import Function, Value

NUMBER, INTEGER, TRUTH, ARRAY, UNUSED, EQUAL, SAME, LIST, TUPLE, DICT = range(10)
"""The kinds of parts: a float, an integer and a boolean in a slot; the address of the entries of an
array in order; a number that is not needed; an object that is equal to one, or the same; and
containers, after which their parts come."""
WORDS = 6
"""Of a part: its kind, the type or null, an object or null, the number of parts, the key of a
dictionary that it belongs to, and the slot. A container with a slot is a row of floats."""
_STACK = 4096
"""Up to so many slots are on the stack."""

_DECLARED = """\
@PyFloat_Type = external global i8
@PyUnicode_Type = external global i8
declare double @PyFloat_AsDouble(ptr)
declare ptr @PyFloat_FromDouble(double)
declare i64 @PyLong_AsLongLong(ptr)
declare ptr @PyLong_FromLongLong(i64)
declare i32 @PyObject_IsTrue(ptr)
declare ptr @PyBool_FromLong(i64)
declare i32 @PyObject_RichCompareBool(ptr, ptr, i32)
declare ptr @PyList_New(i64)
declare ptr @PyTuple_New(i64)
declare ptr @PyDict_New()
declare i64 @PyDict_Size(ptr)
declare i32 @PyDict_Next(ptr, ptr, ptr, ptr)
declare i32 @PyDict_SetItem(ptr, ptr, ptr)
declare ptr @PyErr_Occurred()
declare void @PyErr_Clear()
declare ptr @PyErr_NoMemory()
declare void @Py_IncRef(ptr)
declare void @Py_DecRef(ptr)
declare ptr @PyMem_RawMalloc(i64)
declare void @PyMem_RawFree(ptr)
"""


class _Text(Function):
    """A function that looks at objects."""

    def field(self, kind: str, words: Value, place: int) -> Value:
        return self.load(kind, self.at("i64", words, place))

    def has_type(self, thing: Value, wanted: Value) -> Value:
        kind = self.load("ptr", self.at("i8", thing, machine.TYPE))
        return self(f"icmp eq ptr {kind}, {wanted}")

    def as_double(self, thing: Value) -> Value:
        """The number of a float."""
        return self.load("double", self.at("i8", thing, machine.NUMBER))

    def require(self, check: Value, otherwise: str = "no") -> None:
        """Go on at another block unless this is true."""
        following = self.fresh("fits")
        self.do(f"br i1 {check}, label %{following}, label %{otherwise}")
        self.begin(following)

    @contextmanager
    def where(self, check: Value) -> Iterator[None]:
        """A branch, which does not come back."""
        inside, after = self.fresh("where"), self.fresh("else")
        self.do(f"br i1 {check}, label %{inside}, label %{after}")
        self.begin(inside)
        yield
        self.begin(after)

    def case(self, kind: Value, number: int) -> AbstractContextManager[None]:
        """The branch for parts of a kind."""
        return self.where(self(f"icmp eq i64 {kind}, {number}"))

    def part(self) -> tuple[Value, Value, Value, Value]:
        """Move on to the next part: its words, kind and number of parts, and its slot."""
        part = self.load("ptr", "%cursor")
        self.store("ptr", self.at("i64", part, WORDS), "%cursor")
        slot = self.at("i64", "%slots", self.field("i64", part, 5))
        return part, self.field("i64", part, 0), self.field("i64", part, 3), slot

    def items(self, whole: Value, kind: int) -> Value:
        """Where the items of a list or tuple are."""
        at = self.at("i8", whole, machine.LIST_ITEMS if kind == LIST else machine.ITEMS)
        return self.load("ptr", at) if kind == LIST else at


def _take() -> str:
    """Look at an object, and put its numbers into slots; false where it is not of the form."""
    to = _Text("define internal i1 @take(ptr %thing, ptr %cursor, ptr %slots)")
    part, kind, count, slot = to.part()
    wanted, other = to.field("ptr", part, 1), to.field("ptr", part, 2)
    any_type, right = to(f"icmp eq ptr {wanted}, null"), to.has_type("%thing", wanted)
    to.require(to(f"or i1 {any_type}, {right}"))
    with to.case(kind, NUMBER):
        with to.where(to.has_type("%thing", "@PyFloat_Type")):
            to.store("double", to.as_double("%thing"), slot)
            to.do("ret i1 1")
        to.store("double", to("call double @PyFloat_AsDouble(ptr %thing)"), slot)
        to.do("br label %converted")
    for number in (LIST, TUPLE):
        with to.case(kind, number):
            size = to.load("i64", to.at("i8", "%thing", machine.SIZE))
            to.require(to(f"icmp eq i64 {size}, {count}"))
            to.require(to(f"icmp sgt i64 {count}, 0"), "yes")
            items = to.items("%thing", number)
            with to.where(to(f"icmp sge i64 {to.field('i64', part, 5)}, 0")):
                with to.loop(count) as i:
                    item = to.load("ptr", to.at("ptr", items, i))
                    to.require(to.has_type(item, "@PyFloat_Type"))
                    to.store("double", to.as_double(item), to.at("i64", slot, i))
                to.do("ret i1 1")
            with to.loop(count) as i:
                item = to.load("ptr", to.at("ptr", items, i))
                to.require(to(f"call i1 @take(ptr {item}, ptr %cursor, ptr %slots)"))
            to.do("ret i1 1")
    with to.case(kind, EQUAL):
        same = to(f"call i32 @PyObject_RichCompareBool(ptr %thing, ptr {other}, i32 2)")
        to.do(f"ret i1 {to(f'icmp eq i32 {same}, 1')}")
    with to.case(kind, SAME):
        to.do(f"ret i1 {to(f'icmp eq ptr %thing, {other}')}")
    with to.case(kind, ARRAY):
        data, flags = [to.at("i8", "%thing", at) for at in (machine.DATA, machine.FLAGS)]
        to.store("ptr", to.load("ptr", data), slot)
        order = to(f"and i32 {to.load('i32', flags)}, {machine.IN_ORDER}")
        to.do(f"ret i1 {to(f'icmp eq i32 {order}, {machine.IN_ORDER}')}")
    with to.case(kind, INTEGER):
        to.store("i64", to("call i64 @PyLong_AsLongLong(ptr %thing)"), slot)
        to.do("br label %converted")
    with to.case(kind, TRUTH):
        to.store("i64", to(f"zext i32 {to('call i32 @PyObject_IsTrue(ptr %thing)')} to i64"), slot)
        to.do("br label %converted")
    with to.case(kind, DICT):
        place, key, value = to.slot("i64"), to.slot("ptr"), to.slot("ptr")
        size = to("call i64 @PyDict_Size(ptr %thing)")
        to.require(to(f"icmp eq i64 {size}, {count}"))
        to.require(to(f"icmp sgt i64 {count}, 0"), "yes")
        to.store("i64", 0, place)
        with to.loop(count):
            to.do(f"call i32 @PyDict_Next(ptr %thing, ptr {place}, ptr {key}, ptr {value})")
            found = to.load("ptr", key)
            to.require(to.has_type(found, "@PyUnicode_Type"))
            wanted = to.field("ptr", to.load("ptr", "%cursor"), 4)
            same = to(f"call i32 @PyObject_RichCompareBool(ptr {found}, ptr {wanted}, i32 2)")
            to.require(to(f"icmp eq i32 {same}, 1"))
            item = to.load("ptr", value)
            to.require(to(f"call i1 @take(ptr {item}, ptr %cursor, ptr %slots)"))
        to.do("ret i1 1")
    to.do("br label %yes")
    to.begin("converted")
    error = to("call ptr @PyErr_Occurred()")
    to.do(f"ret i1 {to(f'icmp eq ptr {error}, null')}")
    to.begin("yes")
    to.do("ret i1 1")
    to.begin("no")
    to.do("ret i1 0")
    return to.text()


def _make() -> str:
    """A new object of a form, or null with an error set."""
    to = _Text("define internal ptr @make(ptr %cursor, ptr %slots)")
    part, kind, count, slot = to.part()
    for number, words, new in (
        (NUMBER, "double", "PyFloat_FromDouble"),
        (INTEGER, "i64", "PyLong_FromLongLong"),
        (TRUTH, "i64", "PyBool_FromLong"),
    ):
        with to.case(kind, number):
            to.do(f"ret ptr {to(f'call ptr @{new}({words} {to.load(words, slot)})')}")
    for number, new in ((LIST, "PyList_New"), (TUPLE, "PyTuple_New")):
        with to.case(kind, number):
            whole = to(f"call ptr @{new}(i64 {count})")
            to.store("ptr", whole, "%whole")
            to.require(to(f"icmp ne ptr {whole}, null"), "made")
            to.require(to(f"icmp sgt i64 {count}, 0"), "made")
            items = to.items(whole, number)
            with to.where(to(f"icmp sge i64 {to.field('i64', part, 5)}, 0")):
                with to.loop(count) as i:
                    x = to.load("double", to.at("i64", slot, i))
                    item = to(f"call ptr @PyFloat_FromDouble(double {x})")
                    to.require(to(f"icmp ne ptr {item}, null"), "drop")
                    to.store("ptr", item, to.at("ptr", items, i))
                to.do("br label %made")
            with to.loop(count) as i:
                item = to("call ptr @make(ptr %cursor, ptr %slots)")
                to.require(to(f"icmp ne ptr {item}, null"), "drop")
                to.store("ptr", item, to.at("ptr", items, i))
            to.do("br label %made")
    with to.case(kind, DICT):
        whole = to("call ptr @PyDict_New()")
        to.store("ptr", whole, "%whole")
        to.require(to(f"icmp ne ptr {whole}, null"), "made")
        to.require(to(f"icmp sgt i64 {count}, 0"), "made")
        with to.loop(count):
            key = to.field("ptr", to.load("ptr", "%cursor"), 4)
            item = to("call ptr @make(ptr %cursor, ptr %slots)")
            to.require(to(f"icmp ne ptr {item}, null"), "drop")
            status = to(f"call i32 @PyDict_SetItem(ptr {whole}, ptr {key}, ptr {item})")
            to.do(f"call void @Py_DecRef(ptr {item})")
            to.require(to(f"icmp eq i32 {status}, 0"), "drop")
        to.do("br label %made")
    to.slots.append("  %whole = alloca ptr")
    other = to.field("ptr", part, 2)
    to.do(f"call void @Py_IncRef(ptr {other})")
    to.do(f"ret ptr {other}")
    to.begin("drop")
    to.do(f"call void @Py_DecRef(ptr {to.load('ptr', '%whole')})")
    to.do("ret ptr null")
    to.begin("made")
    to.do(f"ret ptr {to.load('ptr', '%whole')}")
    return to.text()


BUSY, RUNS, KERNEL, SLOTS, ARRAYS, FORM = range(6)
"""The words that a function has of its own: whether it runs; how often it did; the address of the
kernel, the number of its slots and the addresses of its arrays; the form of the arguments and then
of the result;"""
MEMORY_SLOT, MEMORY, OTHERWISE, DOUBTS, DOUBTFUL = range(6, 11)
"""the slot for the address of the memory that it works in, and that; what it returns where the form
or the program does not fit, or null for the number of the branch, and 1, or 0; and how many slots
may be NaN where they should not be, and which."""


def _call() -> str:
    """The function that Python calls."""
    to = _Text("define ptr @kernel(ptr %self, ptr %args, i64 %n)")
    own = to.load("ptr", to.at("i8", "%self", machine.DATA))
    otherwise = to.field("ptr", own, OTHERWISE)
    to.slots += ["  %cursor = alloca ptr", "  %failed = alloca i64", "  %heap = alloca ptr"]
    total, result = to.slot("double"), to.slot("ptr")
    to.store("i64", 0, "%failed")
    to.store("ptr", to.field("ptr", own, FORM), "%cursor")
    to.require(to(f"icmp eq i64 {to.load('i64', own)}, 0"), "busy")
    to.store("i64", to(f"zext i1 {to(f'icmp ne ptr {otherwise}, null')} to i64"), own)
    count = to.field("i64", own, SLOTS)
    few = to(f"icmp sle i64 {count}, {_STACK}")
    to.do(f"br i1 {few}, label %on_stack, label %on_heap")
    to.begin("on_stack")
    stack = to(f"alloca i64, i64 {count}")
    to.store("ptr", "null", "%heap")
    to.do("br label %take")
    to.begin("on_heap")
    heap = to(f"call ptr @PyMem_RawMalloc(i64 {to(f'mul i64 {count}, 8')})")
    to.store("ptr", heap, "%heap")
    to.require(to(f"icmp ne ptr {heap}, null"), "no_memory")
    before = to.label
    to.do("br label %take")
    to.begin("take")
    to.do(f"%slots = phi ptr [{stack}, %on_stack], [{heap}, %{before}]")
    to.require(to("icmp sgt i64 %n, 0"), "taken")
    with to.loop("%n") as i:
        thing = to.load("ptr", to.at("ptr", "%args", i))
        to.require(to(f"call i1 @take(ptr {thing}, ptr %cursor, ptr %slots)"))
    to.do("br label %taken")
    to.begin("taken")
    at = to.at("i64", "%slots", to.field("i64", own, MEMORY_SLOT))
    to.store("i64", to.field("i64", own, MEMORY), at)
    kernel, arrays = to.field("ptr", own, KERNEL), to.field("ptr", own, ARRAYS)
    failed = to(f"call i64 {kernel}(ptr %slots, ptr {arrays})")
    to.store("i64", failed, "%failed")
    to.require(to(f"icmp eq i64 {failed}, 0"))
    doubts = to.field("i64", own, DOUBTS)
    to.require(to(f"icmp sgt i64 {doubts}, 0"), "fine")
    to.store("double", "0.0", total)
    with to.loop(doubts) as i:
        place = to.load("i64", to.at("i64", to.field("ptr", own, DOUBTFUL), i))
        x = to.load("double", to.at("i64", "%slots", place))
        to.store("double", to(f"fadd double {to.load('double', total)}, {x}"), total)
    sum_ = to.load("double", total)
    to.require(to(f"fcmp oeq double {sum_}, {sum_}"))
    to.do("br label %fine")
    to.begin("fine")
    runs = to.at("i64", own, RUNS)
    to.store("i64", to(f"add i64 {to.load('i64', runs)}, 1"), runs)
    to.store("ptr", to("call ptr @make(ptr %cursor, ptr %slots)"), result)
    to.do("br label %end")
    to.begin("no_memory")
    to.store("ptr", to("call ptr @PyErr_NoMemory()"), result)
    to.do("br label %end")
    to.begin("no")
    with to.where(to(f"icmp ne ptr {otherwise}, null")):
        to.do("call void @PyErr_Clear()")
        to.do(f"call void @Py_IncRef(ptr {otherwise})")
        to.store("ptr", otherwise, result)
        to.do("br label %end")
    to.store("ptr", "null", result)
    to.require(to(f"icmp eq ptr {to('call ptr @PyErr_Occurred()')}, null"), "end")
    number = to(f"call ptr @PyLong_FromLongLong(i64 {to.load('i64', '%failed')})")
    to.store("ptr", number, result)
    to.do("br label %end")
    to.begin("end")
    to.store("i64", 0, own)
    to.do(f"call void @PyMem_RawFree(ptr {to.load('ptr', '%heap')})")
    to.do(f"ret ptr {to.load('ptr', result)}")
    to.begin("busy")  # another thread, or a call within this one, works in the memory
    to.do(f"call void @Py_IncRef(ptr {otherwise})")
    to.do(f"ret ptr {otherwise}")
    return to.text()


@cache
def caller(has_many: bool) -> machine.Compiled:
    """The function, which is compiled once. Only for many numbers LLVM takes the time, of some ten
    milliseconds, to optimise it.
    """
    text = "\n".join([_DECLARED, _take(), _make(), _call()])
    return machine.function(text, machine.USUAL if has_many else machine.STRAIGHT)
