"""What a run was measured on: processor, Python, NumPy and its BLAS, threads.

`python -P -m benchmarks.environment` prints it as JSON for the process it runs in, which is how
the workers' environment is described rather than that of the program that starts them.
"""

import ctypes
import importlib.util
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import numpy as np

from benchmarks.libraries import THREAD_VARIABLES


def processor() -> str:
    """The model of the processor, as the system names it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return platform.processor() or platform.machine()


def cores() -> int:
    """The processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def openblas_library() -> ctypes.CDLL | None:
    """A handle in which the functions of NumPy's OpenBLAS are found, if it has one."""
    spec = importlib.util.find_spec("numpy._core._multiarray_umath")
    if spec is None or spec.origin is None:
        return None
    library = ctypes.CDLL(spec.origin)
    return library if hasattr(library, "scipy_openblas_get_corename64_") else None


def blas() -> str:
    """NumPy's BLAS with its version and, for OpenBLAS, the kernels and threads it has chosen."""
    config = cast("Mapping[str, Any]", np.show_config(mode="dicts"))
    built = config["Build Dependencies"]["blas"]
    text = f"{built['name']} {built['version']}"
    library = openblas_library()
    if library is None:
        return text
    core_name = library.scipy_openblas_get_corename64_
    core_name.restype = ctypes.c_char_p
    threads = library.scipy_openblas_get_num_threads64_()
    return f"{text}, {core_name().decode()} kernels, {threads} threads"


def commit() -> str:
    """The commit of this project, marked where the tree differs from it."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    folder = Path(__file__).parent
    try:
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "unknown"
    return run.stdout.strip() or "unknown"


def load() -> str:
    """How many programs wanted the processor in the last minute, on average."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def describe() -> dict[str, str]:
    """Everything worth knowing about this process, as lines of a table."""
    pin = os.environ.get("OPENBLAS_CORETYPE", "not set")
    set_threads = [f"{name}={os.environ[name]}" for name in THREAD_VARIABLES if name in os.environ]
    return {
        "Date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "Commit": commit(),
        "Processor": f"{processor()}, {cores()} cores",
        "System": f"{platform.system()} {platform.machine()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "NumPy": np.__version__,
        "BLAS": blas(),
        "OPENBLAS_CORETYPE": pin,
        "Thread variables": ", ".join(set_threads) or "none set",
        "Load before the run": load(),
    }


if __name__ == "__main__":
    print(json.dumps(describe()))
