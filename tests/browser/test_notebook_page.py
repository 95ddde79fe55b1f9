"""What a notebook's stored drawings look like: in JupyterLab before and after it is trusted, as
nbconvert writes them, and where, as on GitHub, scripts are taken out.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

nbformat = pytest.importorskip("nbformat", reason="jupyterlab is not installed")
nbconvert = pytest.importorskip("nbconvert", reason="jupyterlab is not installed")


@pytest.fixture(scope="module")
def notebook() -> Any:
    from tests.browser.notebooks import draw_and_step

    return draw_and_step()


@pytest.fixture
def online(chromium: Any) -> Iterator[Any]:
    """A page that may ask for what JupyterLab and nbconvert ask for."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


# --------------------------------------------------------------------------------------------------
# JupyterLab


@pytest.fixture(scope="module")
def lab(notebook: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of JupyterLab with the notebook twice, untrusted and trusted."""
    pytest.importorskip("jupyterlab", reason="jupyterlab is not installed")
    folder = tmp_path_factory.mktemp("lab")
    root = folder / "notebooks"
    root.mkdir()
    places = {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = os.environ | places | {"JUPYTER_ALLOW_INSECURE_WRITES": "1"}
    nbformat.write(notebook, root / "untrusted.ipynb")
    notebook.metadata["other"] = True  # what is trusted is a content, not a file
    nbformat.write(notebook, root / "trusted.ipynb")
    trust = [sys.executable, "-m", "jupyter", "trust", "trusted.ipynb"]
    subprocess.run(trust, cwd=root, env=environment, check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = [
        *("--no-browser", "--allow-root", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *("--IdentityProvider.token=", "--LabApp.extension_manager=readonly"),
        *("--LabApp.news_url=", f"--ServerApp.root_dir={root}"),
    ]
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "jupyter", "lab", *settings]
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/api")
        yield address
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(address: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(address)


WIDTHS = 1400, 1280, 700

BESIDE_ITS_CELL = """selector => {
  const cell = document.querySelector(".jp-OutputArea").getBoundingClientRect();
  const shown = [...document.querySelectorAll(selector)].map(e => e.getBoundingClientRect());
  return shown.filter(area => !area.width || area.left < cell.left - 1
    || area.right > cell.right + 1).length;
}"""
"""How many of what is selected stand beside their cell, where they are cut off."""


def assert_nothing_is_cut_off(page: Any, selector: str, widths: Sequence[int] = WIDTHS) -> None:
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(200)
        assert page.evaluate(BESIDE_ITS_CELL, selector) == 0, width


def test_jupyterlab_shows_pictures_before_a_notebook_is_trusted(online: Any, lab: str) -> None:
    online.goto(f"{lab}/lab/tree/untrusted.ipynb?reset")
    online.wait_for_selector(".jp-OutputArea-output img >> nth=1")
    assert online.evaluate("[...document.querySelectorAll('.jp-OutputArea-output img')]"
                           ".every(image => image.naturalWidth > 100)")  # fmt: skip
    assert_nothing_is_cut_off(online, ".jp-OutputArea-output img")
    assert online.locator(".legend").count() == 0, "scripts have not run"


def test_jupyterlab_opens_drawings_once_a_notebook_is_trusted(online: Any, lab: str) -> None:
    online.goto(f"{lab}/lab/tree/trusted.ipynb?reset")
    online.wait_for_selector(".controls")
    assert online.locator(".legend").count() == 2
    assert online.locator(".jp-OutputArea-output img:visible").count() == 0
    assert online.locator(".box.output", has_text="c").first.is_visible()
    assert_nothing_is_cut_off(online, ".pane")
    assert_nothing_is_cut_off(online, ".box", WIDTHS[:2])  # beside a side bar, panes scroll
    online.get_by_role("button", name="Next").click()
    assert online.locator(".say").inner_text().startswith("Forward: v1")


# --------------------------------------------------------------------------------------------------
# Pages made of notebooks


def written(page: Any, html: str, folder: Path) -> None:
    """Open a page without what it would load from elsewhere."""
    html = re.sub(r"<script[^>]* src=.*?</script>", "", html)
    (folder / "notebook.html").write_text(html, encoding="utf-8")
    page.goto((folder / "notebook.html").as_uri())


def test_what_nbconvert_writes_opens_by_clicks(online: Any, notebook: Any, tmp_path: Path) -> None:
    html, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
    written(online, html, tmp_path)
    online.wait_for_selector(".controls")
    assert online.locator(".legend").count() == 2
    assert online.locator(".jp-OutputArea-output img:visible").count() == 0
    assert_nothing_is_cut_off(online, ".box")


def test_there_are_pictures_where_scripts_are_taken_out(
    online: Any, notebook: Any, tmp_path: Path
) -> None:
    html, _ = nbconvert.HTMLExporter(sanitize_html=True).from_notebook_node(notebook)
    written(online, re.sub("&lt;script&gt;.*?&lt;/script&gt;", "", html, flags=re.S), tmp_path)
    assert online.locator(".jp-OutputArea-output img:visible").count() == 2
    wide = WIDTHS[:2]  # in narrower windows nbconvert lets one scroll to the rest of a picture
    assert_nothing_is_cut_off(online, ".jp-OutputArea-output img", wide)
    assert online.locator(".legend").count() == 0, "scripts have not run"
