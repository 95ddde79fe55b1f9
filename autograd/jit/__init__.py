"""The compiler: a program recorded once, simplified, and run many times as generated code."""

from autograd.jit.errors import JitError as JitError
from autograd.jit.errors import JitNotice as JitNotice
from autograd.jit.function import jit as jit
from autograd.jit.trace import captured as captured
from autograd.jit.trace import is_compiling as is_compiling
