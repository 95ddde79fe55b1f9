"""From LLVM's text to a function of Python, by llvmlite: what knows the machine and CPython."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np

from autograd.jit.native import elementary

_NEEDED = "llvmlite", "scipy"
NAME = "kernel"
"""The function in a text whose address is wanted."""

DATA: int = object.__basicsize__
"""Where in an array object the pointer to its data stands: after what all objects begin with."""
FLAGS: int = DATA + 48
IN_ORDER = 0x101
"""The flags of an array whose entries lie in C order, at addresses that suit their type."""
TYPE: int = object.__basicsize__ - 8
"""Where in an object the pointer to its type stands,"""
NUMBER: int = object.__basicsize__
"""where in a float its number,"""
ITEMS: int = tuple.__basicsize__
"""and where in a tuple the pointers to its items begin."""
SIZE: int = object.__basicsize__
"""Where in a list or tuple its length stands,"""
LIST_ITEMS: int = object.__basicsize__ + 8
"""and where in a list the pointer to those to its items."""


@cache
def is_installed() -> bool:
    """Whether what it needs is there, which is not imported."""
    return all(find_spec(name) for name in _NEEDED)


@cache
def reason() -> str:
    """Why no machine code can be made here; "" if it can."""
    for name in _NEEDED:
        if not find_spec(name):
            return f'machine code needs {name}: pip install "wengert[native]"'
    try:
        import llvmlite.binding  # noqa: F401
    except (ImportError, OSError) as error:
        return f"machine code needs llvmlite, which cannot be imported: {error}"
    array = np.zeros((3, 2))
    for x in (array, array.T, array[1:]):
        data = ctypes.c_void_p.from_address(id(x) + DATA).value
        flags = ctypes.c_int.from_address(id(x) + FLAGS).value
        in_order = flags & IN_ORDER == IN_ORDER
        if data != x.ctypes.data or in_order != x.flags.c_contiguous:
            return "machine code needs CPython, whose arrays have the layout of NumPy's C interface"
    row, items = (0.5, 1.5), [0.5, 1.5]
    second = ctypes.c_void_p.from_address(id(row) + ITEMS + 8).value or 0
    first = ctypes.c_void_p.from_address(id(items) + LIST_ITEMS).value or 0
    right = (
        second == id(row[1])
        and ctypes.c_double.from_address(second + NUMBER).value == 1.5
        and ctypes.c_void_p.from_address(second + TYPE).value == id(float)
        and ctypes.c_void_p.from_address(first + 8).value == id(items[1])
        and ctypes.c_ssize_t.from_address(id(items) + SIZE).value == 2
        and ctypes.c_ssize_t.from_address(id(row) + SIZE).value == 2
    )
    if not right:
        return "machine code needs CPython, whose tuples and floats have another layout here"
    return ""


@cache
def _initialize() -> None:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


STRAIGHT, LONG, USUAL = range(3)
"""How much LLVM does: it takes more than in proportion for long code. Where nearly all of it
computes numbers from numbers, without loops, the code is as fast where LLVM does nothing."""


def _target(level: int) -> Any:
    """A target, which belongs to the engine that it is given to."""
    import llvmlite.binding as llvm

    _initialize()
    return llvm.Target.from_default_triple().create_target_machine(
        opt=0 if level == STRAIGHT else 2,
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
    )


@cache
def _add_blas() -> None:
    """Tell LLVM the addresses of SciPy's BLAS, by names that no other library has."""
    import llvmlite.binding as llvm
    from scipy.linalg import cython_blas

    name_of = ctypes.pythonapi.PyCapsule_GetName
    name_of.restype, name_of.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    capsules = cython_blas.__pyx_capi__
    for name in ("dgemm", "sgemm", "dgemv", "sgemv"):
        llvm.add_symbol(f"blas_{name}", pointer(capsules[name], name_of(capsules[name])))


class _Method(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


_POSITIONAL = 0x80  # METH_FASTCALL


@cache
def _vector() -> int:
    """The bytes that are computed with at a time."""
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    return 64 if features.get("avx512f") else 32 if features.get("avx2") else 16


@lru_cache(maxsize=256)
def _engine(text: str, level: int) -> Any:
    """The functions of a module in LLVM's text, compiled; those of equal texts are compiled once.

    level: `STRAIGHT`, `LONG` or `USUAL`.
    """
    import llvmlite.binding as llvm

    if "@blas_" in text:
        _add_blas()
    machine = _target(level)
    try:
        module = _optimized(text, level, machine, level == USUAL)
    except RuntimeError:  # a few modules are broken by LLVM 22 where it joins numbers into vectors
        module = _optimized(text, level, machine, joins=False)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    return engine


def _optimized(text: str, level: int, machine: Any, joins: bool) -> Any:
    """The module after LLVM's passes; RuntimeError where they have broken it."""
    import llvmlite.binding as llvm

    module = llvm.parse_assembly(text)
    options = llvm.create_pipeline_tuning_options(speed_level=2 if level == USUAL else 0)
    options.loop_vectorization, options.slp_vectorization = level == USUAL, joins
    passes = llvm.create_pass_builder(machine, options)
    passes.getModulePassManager().run(module, passes)
    module.verify()
    return module


@cache
def elementary_function(name: str) -> tuple[list[str], Any]:
    """The lines that declare an elementary function, once it is compiled, and what keeps it."""
    import llvmlite.binding as llvm

    lanes = _vector() // elementary.width(name)
    module = elementary.defined(name, lanes)
    engine = _engine(module["text"], USUAL)
    for function in module["names"].split():
        llvm.add_symbol(function, engine.get_function_address(function))
    return elementary.declared(name, lanes), engine


@dataclass(frozen=True)
class Compiled:
    """The function `kernel` of a module, which lives as long as the engine."""

    address: int
    engine: Any


def function(text: str, level: int) -> Compiled:
    """The function `kernel` of a module in LLVM's text."""
    compiled = _engine(text, level)
    return Compiled(compiled.get_function_address(NAME), compiled)


def method(function: Compiled, own: Any) -> Any:
    """What Python calls: `ptr @kernel(ptr own, ptr args, i64 n)`, which gets objects and returns a
    new one, or null with an error set.
    """
    method = _Method(NAME.encode(), function.address, _POSITIONAL, None)
    own.kept += method, function
    new = ctypes.pythonapi.PyCFunction_NewEx
    new.restype = ctypes.py_object
    new.argtypes = [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
    return new(ctypes.addressof(method), own, None)  # which it keeps alive
