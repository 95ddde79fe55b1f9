"""Makes one drawing in this process: `python -m benchmarks.pictures.one TOOL PROGRAM FILE`."""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from pathlib import Path


def main(tool: str, program: str, file: str) -> None:
    module, _, name = tool.rpartition(".")
    save = getattr(import_module(f"benchmarks.pictures.{module}"), name)(program)
    if save is None:
        print(json.dumps({"left out": True}))
        return
    began = time.perf_counter()
    path = save(Path(file))
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "path": str(path), "bytes": path.stat().st_size}))


if __name__ == "__main__":
    main(*sys.argv[1:])
