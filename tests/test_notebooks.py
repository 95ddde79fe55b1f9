"""Notebooks as they are kept: run from top to bottom, without a warning, in step with their text.

That they run at all is tried by the session `notebooks` of nox, which executes copies and then runs
this file once more on what came out.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))

each = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


def cells(notebook: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(notebook.read_text("utf-8"))["cells"]
    return found


def code(notebook: Path) -> list[dict[str, Any]]:
    return [cell for cell in cells(notebook) if cell["cell_type"] == "code"]


def test_the_notebooks_are_numbered_without_a_gap() -> None:
    assert [int(notebook.name[:2]) for notebook in NOTEBOOKS] == list(range(1, 13))


@each
def test_all_cells_have_run_in_order_and_the_outputs_are_kept(notebook: Path) -> None:
    counts = [cell["execution_count"] for cell in code(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    assert any("image" in repr(cell["outputs"]) for cell in code(notebook))


@each
def test_no_cell_has_warned_or_failed(notebook: Path) -> None:
    for cell in code(notebook):
        for output in cell["outputs"]:
            assert output["output_type"] != "error", output["evalue"]
            assert output.get("name") != "stderr", output["text"]


@each
def test_it_begins_with_a_question_and_ends_with_exercises_and_solutions(notebook: Path) -> None:
    sources = ["".join(cell["source"]) for cell in cells(notebook)]
    assert "?" in sources[0]
    text = "\n".join(sources)
    headings = "## What was learned", "## Exercises", "## Solutions"
    assert [text.index(heading) for heading in headings] == sorted(map(text.index, headings))


@each
def test_exercises_are_open_with_a_hint_and_their_solutions_are_right(notebook: Path) -> None:
    said = [
        "".join([part for output in cell["outputs"] for part in output["text"]])
        for cell in code(notebook)
        if "judge(" in "".join(cell["source"])
    ]
    assert [text.split(".")[0] for text in said] == ["Not yet"] * 3 + ["Right"] * 3
    assert all("\nHint: " in text for text in said[:3])


@each
def test_a_picture_stands_before_each_drawing_that_needs_scripts(notebook: Path) -> None:
    """GitHub, and Jupyter before one trusts it, run none; they show the picture instead."""
    for cell in code(notebook):
        kinds = [set(output.get("data", ())) for output in cell["outputs"]]
        for number, output in enumerate(cell["outputs"]):
            if "<script" in "".join(output.get("data", {}).get("text/html", ())):
                assert number > 0
                assert "image/png" in kinds[number - 1]
                assert "text/html" not in kinds[number - 1]


@each
def test_no_cell_shows_what_a_function_that_plots_returns(notebook: Path) -> None:
    shown = [
        "".join(output["data"]["text/plain"])
        for cell in code(notebook)
        for output in cell["outputs"]
        if set(output.get("data", ())) == {"text/plain"}
    ]
    assert [text for text in shown if re.match(r"Text\(|\[\(|[\[(]*<", text)] == []


@each
def test_the_text_form_has_the_same_cells(notebook: Path) -> None:
    jupytext = pytest.importorskip("jupytext", reason="the `notebook` extra is not installed")
    text = jupytext.read(notebook.with_suffix(".py"))
    kept = [(cell["cell_type"], "".join(cell["source"])) for cell in cells(notebook)]
    assert [(cell.cell_type, cell.source) for cell in text.cells] == kept


@each
def test_nothing_in_it_depends_on_one_machine(notebook: Path) -> None:
    text = notebook.read_text("utf-8")
    assert [word for word in ("/home/", "/tmp/", "/root/", "/Users/") if word in text] == []
