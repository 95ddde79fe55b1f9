"""Calls of a program that is one kernel of numbers: from the arguments to the result at once."""

from __future__ import annotations

import sysconfig
from collections.abc import Collection, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from autograd.jit.lowering.code import Unwritten
from autograd.jit.native import convention, machine
from autograd.jit.native.form import Form
from autograd.jit.native.kernel import Kernel

Output: TypeAlias = tuple[int, int, Any]
"""How a result is in a slot, and in which; or what it always is."""


def direct(
    kernel: Kernel,
    compiled: machine.Compiled,
    memory: int,
    parameters: Sequence[str],
    outputs: Sequence[Output],
    call: tuple[tuple[Any, ...], dict[str, Any], Collection[int | str], Collection[int]],
    result: tuple[Any, Iterator[bool], Iterator[Any]],
    doubtful: Sequence[int],
    otherwise: Any,
) -> tuple[Any, Any]:
    """The function of (args, kwargs, *data from outside), and its words.

    memory: the bytes that it works in; parameters: of the program; outputs: where they are. call:
    arguments like those that it is for, and which of them are settings. result: a result like the
    function's, and for each of its leaves whether it varies, and those that do not. doubtful: the
    outputs that may be NaN where they should not be. It returns `otherwise` for other arguments,
    and where a branch goes another way or an output is NaN.

    Raises Unwritten where that cannot be.
    """
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise Unwritten  # where a list may change while it is read
    args, kwargs, static, settings = call
    places = {name: n for n, name in enumerate(kernel.parameters)}
    slots = iter([places.get(name, -1) for name in parameters])
    form = Form(slots, settings)
    form.take_call(args, kwargs, static)
    kinds = [*kernel.parameters.values(), convention.UNUSED]
    for slot in slots:  # what is left is from outside
        form.add(kinds[slot], slot=slot)
    form.give(result[0], result[1], iter(outputs), result[2])
    array = np.empty(memory, np.uint8) if memory else None
    total = len(kernel.parameters) + len(kernel.results)
    looked_at = [outputs[n][1] for n in doubtful if outputs[n][0] != convention.SAME]
    memory_at = places.get("memory", -1), array
    return form.function(compiled, total, kernel.arrays, memory_at, otherwise, looked_at)
