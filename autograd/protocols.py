"""NumPy's protocols: `np.sin(node)`, `array * node` and `np.sum(node)` give nodes, never objects."""

from __future__ import annotations


class NumPyProtocols:
    __slots__ = ()
