"""What only the caller's bytecode tells: whether a node is about to be put into a plain array.

`array[i] = node` asks the node for a float, as `float(node)` does, and would cut it out of the
graph without a word. Nothing else than the instruction that the caller is at tells the two apart.
Tried on CPython 3.11 to 3.13.
"""

from __future__ import annotations

import dis
import sys

_STORE = dis.opmap.get("STORE_SUBSCR")


def caller_stores_item() -> bool:
    """Whether the caller of the caller runs `array[i] = ...`; where that cannot be told, False.

    Then `array[i] = node` stores a plain number, as in other libraries.
    """
    frame = sys._getframe(2)
    return _STORE is not None and frame.f_code.co_code[frame.f_lasti] == _STORE
