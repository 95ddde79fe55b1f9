"""Whether this process is one of several that were launched together, and then how to reach them.

What they say to each other is in ``nn.parallel.team``.
"""

from __future__ import annotations

import os

from nn.extras import require
from nn.parallel.team import Communicator

# How many there are, as they are told by MPICH and Intel MPI (or by Slurm in their place), Open
# MPI, Slurm of a job step, and Microsoft MPI.
_SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS", "PMI_LOCAL_SIZE")


def launched() -> Communicator | None:
    """MPI's ``COMM_WORLD`` where ``mpiexec`` or ``srun`` has started more than one process.

    Raises ``ImportError`` where they did, and mpi4py is missing: each would train for itself then,
    and write what the others write.
    """
    if not any(
        os.environ.get(name, "1").isdigit() and int(os.environ.get(name, "1")) > 1
        for name in _SIZES
    ):
        return None
    world: Communicator = require("mpi4py.MPI", extra="mpi").COMM_WORLD
    return world if world.Get_size() > 1 else None
