"""`source`: the gradient of a function as NumPy code to be read.

How it is written is in `jit`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.jit import jit
from autograd.recorded import Argnums
from autograd.transforms import value_and_grad


def source(f: Callable[..., Any], *args: Any, argnums: Argnums = 0, **kwargs: Any) -> str:
    """The program that computes f(*args, **kwargs) and its gradient, as a module of NumPy alone.

    argnums: which arguments to differentiate by, as in `value_and_grad`.

    Its function `run` takes the numbers and arrays among the arguments one by one, then those that
    `f` reads from outside, and gives the value and the gradient, for arguments of the same shapes.
    Comments name the line of `f` that each part comes from, or is the gradient of. It is what
    `jit(value_and_grad(f)).source` gives, and refuses what that does.

    >>> from autograd import source
    >>> module = {}
    >>> exec(source(lambda x: x**3, 2.0), module)
    >>> module["run"](5.0)
    (125.0, 75.0)
    """
    text: str = jit(value_and_grad(f, argnums)).source(*args, **kwargs)
    return text
