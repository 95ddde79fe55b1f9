"""Finding faults: where NaN and infinity come from, and why a gradient is zero or missing.

Names, nothing else.
"""

from autograd.faults.debug import debug
from autograd.faults.report import Fault, NonFiniteError

__all__ = ["Fault", "NonFiniteError", "debug"]
