"""What ``fit`` tells of a run that goes wrong, and of mistakes that show at its beginning."""

from nn.diagnosis.idle import IdleParameterWarning, idle_parameters
from nn.diagnosis.mistakes import first_step, overlap, parameters_of
from nn.diagnosis.nonfinite import NonFiniteError, explain, is_finite
from nn.diagnosis.reduction import is_sum_over_examples

__all__ = [
    "IdleParameterWarning",
    "NonFiniteError",
    "explain",
    "first_step",
    "idle_parameters",
    "is_finite",
    "is_sum_over_examples",
    "overlap",
    "parameters_of",
]
