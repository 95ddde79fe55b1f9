"""`explain`: computations as tables, functions and their derivatives as formulas."""

from autograd.explaining.explanation import Explanation, explain
from autograd.explaining.table import Trace

__all__ = ["Explanation", "Trace", "explain"]
