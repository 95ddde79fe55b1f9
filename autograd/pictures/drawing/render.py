"""DOT text as a picture, by Graphviz's `dot` or by `graphviz-pure`, whichever is installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

GET_A_PROGRAM = (
    'A picture needs Graphviz: pip install "wengert[draw]" brings one for svg and png, '
    "https://graphviz.org/download has the full one, with pdf."
)


PIXELS = 2
"""The pixels of a PNG on each pixel of a page, so that it is sharp on screens that have more."""


class DrawingError(RuntimeError):
    """No picture could be made: no program is installed for it, or it failed."""


def graphviz() -> ModuleType:
    """The package `graphviz`, which knows the programs of Graphviz and the system's viewers."""
    try:
        return import_module("graphviz")
    except ModuleNotFoundError as error:
        raise ImportError(
            'this needs the package graphviz: pip install "wengert[draw]"', name=error.name
        ) from error


def programs() -> Iterator[str]:
    """The installed programs that lay out graphs, the best first.

    A notebook's kernel often runs without its environment's directory on PATH, so what pip
    installed is also looked for where this interpreter keeps its scripts.
    """
    if dot := shutil.which("dot"):
        yield dot
    beside = (
        str(Path(sys.executable).parent),
        sysconfig.get_path("scripts"),
        sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user")),
    )
    for directory in (None, *beside):
        if pure := shutil.which("graphviz-pure", path=directory):
            yield pure
            return


def width_of(png: bytes) -> int:
    """The width of a PNG in pixels of a page."""
    return int.from_bytes(png[16:20], "big") // PIXELS


def render(source: str, format: str, timeout: float | None = None) -> bytes:
    """The picture of a DOT text, as svg, png or pdf.

    timeout: seconds after which to give up. Raises DrawingError where no program is installed,
    or none of them could do it.
    """
    options = [f"-T{format}", *([f"-Gdpi={72 * PIXELS}"] if format == "png" else [])]
    reasons = []
    for program in programs():
        try:
            run = subprocess.run(
                [program, *options],
                input=source.encode(),
                capture_output=True,
                timeout=timeout,
            )
        except subprocess.TimeoutExpired:
            raise DrawingError(
                f"laying out this graph takes more than {timeout:g} seconds; save it to a file "
                "to wait for it, or draw a smaller part"
            ) from None
        except OSError as error:
            reasons.append(f"{program}: {error}")
            continue
        if run.returncode == 0 and run.stdout:
            return run.stdout
        reasons.append(f"{program}: {run.stderr.decode(errors='replace').strip()}")
    if not reasons:
        raise DrawingError(GET_A_PROGRAM)
    raise DrawingError(f"no {format} could be made. {GET_A_PROGRAM}\n" + "\n".join(reasons))
