"""What a program does besides computing: `observe`, `sample` and `assign`.

It is done at once, unless the interpreter that runs has a method of that name, which is then told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.graph import Array, Node
from autograd.engine.operations import interpreter


def observe(f: Callable[..., Any], *args: Array) -> None:
    """Call `f` on copies of the plain data of nodes, for what it does: print, check, collect.

    In a compiled program it is called at each run, where `f(x)` alone would be called once, while
    the program is recorded, or raise. What it gives is dropped; what it raises is raised.

    >>> from autograd import jit, observe
    >>> @jit
    ... def square(x):
    ...     y = x * x
    ...     observe(print, y)
    ...     return y
    >>> square(2.0) + square(3.0)
    4.0
    9.0
    13.0
    """
    running = interpreter()
    if hasattr(running, "observe"):
        running.observe(f, args)
    else:
        f(*map(own_data, args))


def sample(generator: np.random.Generator, f: Callable[[np.random.Generator], Any]) -> Array:
    """The random numbers `f(generator)`: in a compiled program, new ones at each run.

    f: draws an array whose shape and type are the same each time.

    >>> import numpy as np
    >>> from autograd import jit, sample
    >>> rng = np.random.default_rng(0)
    >>> noisy = jit(lambda x: x + sample(rng, lambda g: g.normal(size=3)))
    >>> bool((noisy(np.zeros(3)) == noisy(np.zeros(3))).any())
    False
    """
    running = interpreter()
    return running.draw(generator, f) if hasattr(running, "draw") else np.asarray(f(generator))


def assign(owner: Any, name: str, new: Array) -> None:
    """`owner.name = new`, a copy of the plain data of a node: in a compiled program, at each run.

    What it is computed from is best an array, and `captured`: a number outside is a constant of the
    program, which is recorded again when that has changed.

    >>> from types import SimpleNamespace
    >>> import numpy as np
    >>> from autograd import assign, captured, jit
    >>> running = SimpleNamespace(total=np.zeros(1))
    >>> @jit
    ... def count(x):
    ...     assign(running, "total", captured(running.total) + x)
    ...     return x
    >>> count(2.0) + count(3.0), running.total
    (5.0, array([5.]))
    """
    running = interpreter()
    if hasattr(running, "assign"):
        running.assign(owner, name, new)
    else:
        set_attribute(owner, name, new)


def own_data(x: Array) -> Any:
    """The plain data of a node in memory that nobody else writes into or relies on."""
    data = x.primal if isinstance(x, Node) else x
    return data.copy() if isinstance(data, np.ndarray) else data


def set_attribute(owner: Any, name: str, new: Array) -> None:
    """`owner.name = new`, a copy of the plain data of a node."""
    data = new.primal if isinstance(new, Node) else new
    setattr(owner, name, data if data.__class__ is float else np.array(data))
