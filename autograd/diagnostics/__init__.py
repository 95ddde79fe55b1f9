"""Where NaN and infinity come from (`debug`), and why a gradient is zero or missing (`why`)."""

from autograd.diagnostics.answer import Why
from autograd.diagnostics.debug import BroadcastWarning, debug
from autograd.diagnostics.loops import TrainingWarning
from autograd.diagnostics.report import Fault, NonFiniteError
from autograd.diagnostics.why import why

__all__ = ["BroadcastWarning", "Fault", "NonFiniteError", "TrainingWarning", "Why", "debug", "why"]
