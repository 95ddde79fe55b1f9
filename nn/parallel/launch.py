"""Detect whether a launcher has started several processes."""

from __future__ import annotations

import os

from nn.extras import require
from nn.parallel.team import Communicator

# The number of processes, as set by MPICH and Intel MPI, Open MPI, and a job step of Slurm.
_SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS")


def launched() -> Communicator | None:
    """Return MPI's ``COMM_WORLD`` if ``mpiexec`` or ``srun`` started several processes, else None.

    Raises ``ImportError`` if they did and mpi4py is missing: each process would otherwise train
    alone and overwrite the files of the others.
    """
    if all(os.environ.get(name, "1") == "1" for name in _SIZES):
        return None
    world: Communicator = require("mpi4py.MPI", extra="mpi").COMM_WORLD
    return world
