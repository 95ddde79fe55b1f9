"""Drawings of five programs beside those of four other tools.

`python -m benchmarks.pictures --python OTHER` writes the figures of `results/pictures.md` to the
terminal, where OTHER is the Python of an environment with the other tools:

    pip install graphviz micrograd torch torchlens torchviz torchvista

Boxes are counted, and pictures taken, in Chromium (extra `browser`). What `results/pictures.md`
says of their looks was written after looking at them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.libraries import PROJECT

TOOLS = {
    "draw, picture": "ours.picture",
    "draw, page": "ours.page",
    "draw_dot": "others.draw_dot",
    "torchviz": "others.torchviz",
    "torchvista": "others.torchvista",
    "TorchLens": "others.torchlens",
}
PROGRAMS = "expression", "neurons", "network", "transformer", "scalars"
LIMIT = 120
"""Seconds for a drawing, its program and imports included."""

BOXES = """() => document.querySelectorAll(
  "svg g.node, svg .box, svg .frame, svg g[class^=node_], svg g[class^=cluster_]").length"""


def made(tool: str, program: str, python: str, folder: Path) -> dict[str, Any]:
    """The figures of one drawing, or why there is none."""
    interpreter = sys.executable if tool.startswith("ours") else python
    file = folder / f"{tool.partition('.')[2]}-{program}"
    command = [interpreter, "-m", "benchmarks.pictures.one", tool, program, str(file)]
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, timeout=LIMIT, env=environment, cwd=PROJECT
        )
    except subprocess.TimeoutExpired:
        return {"reason": f"> {LIMIT} s"}
    if run.returncode:
        return {"reason": run.stderr.strip().splitlines()[-1][:80]}
    return dict(json.loads(run.stdout.splitlines()[-1]))


def looked_at(path: Path, chromium: Any) -> int:
    """The boxes of a drawing as it opens; its picture is taken."""
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    try:
        page.goto(path.absolute().as_uri())
        page.wait_for_timeout(2500)
        page.screenshot(path=f"{path}.png")
        return int(page.evaluate(BOXES))
    finally:
        page.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="with the other tools")
    parser.add_argument("--folder", type=Path, default=Path("pictures"), help="for the drawings")
    parser.add_argument("--only", nargs="*", default=list(PROGRAMS), help="some of the programs")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    from playwright.sync_api import sync_playwright

    print("| program | tool | seconds | boxes | kB |\n|---|---|---|---|---|")
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for program in given.only:
            for name, tool in TOOLS.items():
                found = made(tool, program, given.python, given.folder)
                if "path" in found:
                    boxes = looked_at(Path(found["path"]), chromium)
                    figures = f"{found['seconds']:.2f} | {boxes:,} | {found['bytes'] / 1000:,.0f}"
                else:
                    figures = f"{found.get('reason', 'cannot be written for it')} | |"
                print(f"| {program} | {name} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
