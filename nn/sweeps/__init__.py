"""Sweeps over hyper-parameters and seeds."""

from nn.sweeps.run import sweep
from nn.sweeps.table import SweepTable

__all__ = ["SweepTable", "sweep"]
