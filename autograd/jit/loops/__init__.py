"""Loops: a program that repeats a stretch of operations has it once.

- `loop`: what a loop is among the terms of a program, and lists, which go into it and come out.
- `repeats`: stretches of a recording that repeat, by the strides of their operands.
- `fold`: each of them as a loop.
"""

from autograd.jit.loops.fold import Branch as Branch
from autograd.jit.loops.fold import fold as fold
from autograd.jit.loops.loop import Loop as Loop
from autograd.jit.loops.loop import inside as inside
from autograd.jit.loops.loop import is_of_lists as is_of_lists
from autograd.jit.loops.repeats import operations_of as operations_of
