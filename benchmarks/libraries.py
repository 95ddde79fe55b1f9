"""Where the other libraries live: each in a folder of its own, outside the environment.

HIPS autograd has the import name of this project's engine, so the two can never share a search
path; the others are kept apart so that none decides another's dependencies.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).resolve().parent.parent

# Of OpenBLAS, OpenMP, MKL and, the last, XLA.
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")

# By the name of the module in benchmarks.systems; versions fixed so that tables compare.
REQUIREMENTS: Mapping[str, str] = {
    "micrograd": "micrograd==0.1.0",
    "hips": "autograd==1.9.1",
    "mygrad": "mygrad==2.5.0",
    "torch": "torch==2.13.0",
    "jax": "jax==0.10.2",
}


def default_folder() -> Path:
    """The user's cache folder on this platform, or WENGERT_BENCHMARKS where that is set."""
    if chosen := os.environ.get("WENGERT_BENCHMARKS"):
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "wengert" / "benchmarks"


def library_folder(folder: Path, name: str) -> Path:
    """The folder of one library, for this Python and this NumPy."""
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return folder / f"{python}-numpy{np.__version__}" / name


def install(folder: Path, names: Iterable[str] = REQUIREMENTS) -> list[str]:
    """Install with pip what is not there yet; return the names of those that failed."""
    failed = []
    with tempfile.TemporaryDirectory() as scratch:
        # All of them run on one NumPy, the one of this environment.
        constraints = Path(scratch) / "constraints.txt"
        constraints.write_text(f"numpy=={np.__version__}\n")
        for name in names:
            target = library_folder(folder, name)
            if target.exists():
                print(f"{REQUIREMENTS[name]}: already in {target}")
                continue
            print(f"{REQUIREMENTS[name]}: installing into {target}", flush=True)
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(target)]
            command = [*pip, "--constraint", str(constraints), REQUIREMENTS[name]]
            if subprocess.run(command, check=False).returncode:
                failed.append(name)
    return failed


@dataclass(frozen=True)
class Setting:
    """What the workers of a run have in common.

    `threads` limits the thread pools of every library; None leaves each its own choice.
    """

    folder: Path
    keep_blas_pin: bool = False
    threads: int | None = None

    def variables(self, name: str) -> dict[str, str]:
        """The environment variables of a worker: its own library first, then this project."""
        variables = dict(os.environ)
        if not self.keep_blas_pin:
            variables.pop("OPENBLAS_CORETYPE", None)
        if self.threads:
            variables |= dict.fromkeys(THREAD_VARIABLES, str(self.threads))
        path = [str(PROJECT)]
        if (own := library_folder(self.folder, name)).exists():
            path.insert(0, str(own))
        return variables | {"PYTHONPATH": os.pathsep.join(path)}
