"""HIPS autograd's `isinstance`, `type`, `tuple`, `list` and `dict`.

The containers, `DictBox` included, are Python's own: nodes in them keep their history.
"""

from __future__ import annotations

import builtins
from builtins import dict, list, tuple  # noqa: UP029  (programs import them from here)
from typing import Any

from autograd.plain import getval

DictBox = dict

__all__ = ["DictBox", "dict", "isinstance", "list", "tuple", "type"]


def isinstance(x: Any, kinds: Any) -> bool:
    """Whether x, or the data of the node x, is an instance of one of the classes.

    >>> import autograd.numpy as np
    >>> from autograd import Tensor
    >>> from autograd.builtins import isinstance
    >>> isinstance(Tensor([1.0]), np.ndarray), isinstance([1.0], np.ndarray)
    (True, False)
    """
    return builtins.isinstance(x, kinds) or builtins.isinstance(getval(x), kinds)


def type(x: Any) -> builtins.type[Any]:
    """The type of x, or of the data of the node x.

    >>> from autograd import Value
    >>> from autograd.builtins import type
    >>> type(Value(1.0))
    <class 'float'>
    """
    return builtins.type(getval(x))
