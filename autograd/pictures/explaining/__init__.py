"""`explain`: computations as tables, functions and their derivatives as formulas."""

from autograd.pictures.explaining.explanation import Explanation, explain
from autograd.pictures.explaining.series import SeriesExplanation
from autograd.pictures.explaining.table import Trace

__all__ = ["Explanation", "SeriesExplanation", "Trace", "explain"]
