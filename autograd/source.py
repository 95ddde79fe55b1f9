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

    A whole number to differentiate by counts as a real one; others are constants, as in `jit`.

    Its function `run` takes the numbers and arrays among the arguments one by one, then those that
    `f` reads from outside, and gives the value and the gradient, for arguments of the same shapes.
    Comments name the line of `f` that each part comes from, or is the gradient of. It is what
    `jit(value_and_grad(f)).source` gives, and refuses what that does. Raises TypeError for anything
    but a function, and without arguments.

    >>> from autograd import source
    >>> module = {}
    >>> exec(source(lambda x: x**3, 2.0), module)
    >>> module["run"](5.0)
    (125.0, 75.0)
    """
    if not callable(f):
        raise TypeError(f"source: a {type(f).__name__} is not a function: source(f, x)")
    if not args:
        raise TypeError("source: the code is for arguments of certain shapes: source(f, x)")
    wanted = [argnums] if isinstance(argnums, int) else argnums
    places = {k + len(args) if k < 0 else k for k in wanted}
    given = [float(x) if k in places and type(x) is int else x for k, x in enumerate(args)]
    text: str = jit(value_and_grad(f, argnums)).source(*given, **kwargs)
    return text
