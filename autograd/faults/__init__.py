"""Finding faults: where NaN and infinity come from, and why a gradient is zero or missing.

Names, nothing else.
"""

from autograd.faults.answer import Why
from autograd.faults.debug import BroadcastWarning, debug
from autograd.faults.report import Fault, NonFiniteError
from autograd.faults.why import why

__all__ = ["BroadcastWarning", "Fault", "NonFiniteError", "Why", "debug", "why"]
