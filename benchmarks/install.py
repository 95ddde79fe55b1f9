"""What it takes to install each library into an empty environment: packages, megabytes, seconds.

`python -m benchmarks.install` writes `results/install.md`. How fast the libraries are is measured
by `python -m benchmarks`.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.libraries import PROJECT, REQUIREMENTS

RESULT = Path(__file__).parent / "results" / "install.md"
LIBRARIES = {  # what pip is told, and what is imported
    "wengert": (str(PROJECT), "autograd, nn"),
    "HIPS autograd": (REQUIREMENTS["hips"], "autograd"),
    "MyGrad": (REQUIREMENTS["mygrad"], "mygrad"),
    "PyTorch": (REQUIREMENTS["torch"], "torch"),
    "JAX": (REQUIREMENTS["jax"], "jax"),
}


@dataclass
class Installation:
    own: int
    """Bytes of the library's own wheel."""
    packages: int
    """How many packages are installed with it, itself included."""
    download: int
    """Bytes of all their wheels."""
    installed: int
    """Bytes on the disk, before anything is compiled to bytecode."""
    seconds: float
    """From wheels on the disk; what the network takes is not counted."""
    start: float
    """Seconds that a Python takes to import it, the fastest of three."""


def run(*command: str | Path) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return time.perf_counter() - began


def size(folder: Path) -> int:
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file())


def install(asked: str, imported: str, folder: Path) -> Installation:
    wheels, environment = folder / "wheels", folder / "environment"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-deps", "--wheel-dir", wheels, asked)
    own = size(wheels)
    run(*pip, "wheel", "--wheel-dir", wheels, asked)
    run(sys.executable, "-m", "venv", "--without-pip", environment)
    (python,) = [*environment.glob("bin/python"), *environment.glob("Scripts/python.exe")]
    before = size(environment)
    seconds = run(
        *pip, "--python", python, "install", "--no-index", "--no-compile", *wheels.iterdir()
    )
    installed = size(environment) - before
    # The first import, which compiles, is not counted.
    starts = [run(python, "-c", f"import {imported}") for _ in range(4)][1:]
    files = list(wheels.iterdir())
    return Installation(own, len(files), size(wheels), installed, seconds, min(starts))


def megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size < 1e8 else f"{size / 1e6:,.0f} MB"


def main() -> None:
    rows = []
    for name, (asked, imported) in LIBRARIES.items():
        with tempfile.TemporaryDirectory() as folder:
            try:
                found = install(asked, imported, Path(folder))
            except subprocess.CalledProcessError as error:
                reason = error.stderr.decode().strip().splitlines()[-1]
                rows.append(f"| {name} | not installed: {reason} | | | | | |")
                continue
        rows.append(
            f"| {name} | {found.own / 1e6:,.2f} MB | {found.packages} | "
            f"{megabytes(found.download)} | {megabytes(found.installed)} | "
            f"{found.seconds:.1f} s | {found.start:.2f} s |"
        )
        print(rows[-1])
    RESULT.write_text(
        "\n".join(
            [
                "# Installing",
                "",
                "Each library into an empty environment, with what it needs and without extras: "
                "the library's own wheel, then with all it needs the number of packages, what is "
                "downloaded and what lies on the disk. The time is pip's, from wheels on the disk "
                "and without compiling to bytecode, so no network is in it; the last column is "
                "what a Python takes to start and import the library. Measured once by "
                "`python -m benchmarks.install`, so the seconds are rough. PyTorch is its build "
                "for CPUs; the one for CUDA takes gigabytes.",
                "",
                f"{datetime.now(UTC):%Y-%m-%d}, CPython {platform.python_version()}, "
                f"{platform.system()} {platform.machine()}.",
                "",
                "| library | its wheel | packages | download | on disk | pip | import |",
                "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
                *rows,
                "",
            ]
        ),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
