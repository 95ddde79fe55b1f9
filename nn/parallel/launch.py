"""Whether this process is one of several that were launched together, and how to reach the others.

What they say to each other is in ``nn.parallel.team``.
"""

from __future__ import annotations

import os

from nn.extras import require
from nn.parallel.team import Communicator

# Where launchers say how many there are: MPICH and Intel MPI, Open MPI, and a job step of Slurm.
_SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS")


def launched() -> Communicator | None:
    """MPI's ``COMM_WORLD`` if ``mpiexec`` or ``srun`` has started several processes, else None.

    Raises ``ImportError`` if it has and mpi4py is missing, for then each would train for itself,
    and write where the others write.
    """
    if all(os.environ.get(name, "1") == "1" for name in _SIZES):
        return None
    world: Communicator = require("mpi4py.MPI", extra="mpi").COMM_WORLD
    return world
