"""Many trainings at once, and a table of how they went. Only names are here."""

from nn.sweeps.run import sweep
from nn.sweeps.table import SweepTable

__all__ = ["SweepTable", "sweep"]
