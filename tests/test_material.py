"""The map of the material: what `notebooks/README.md` points to exists.

Each of its rows names public names in the code, tests, and headings in notebooks.
"""

from __future__ import annotations

import ast
import importlib
import json
import re
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
MAP = PROJECT / "notebooks" / "README.md"
ROWS = re.findall(
    r"^\| ([A-H]\d+) \| (.+) \| (.+) \| (.+) \| (.+) \|$", MAP.read_text("utf-8"), re.M
)
NUMBERS = [number for number, *_ in ROWS]


def is_public(path: str) -> bool:
    """Whether `package.name.attribute` is reached through names that their package lists."""
    package, name, *attributes = path.split(".")
    module = importlib.import_module(package)
    if name not in module.__all__:
        return False
    found = getattr(module, name)
    for attribute in attributes:
        listed = getattr(found, "__all__", dir(found))
        if attribute.startswith("_") or attribute not in listed:
            return False
        found = getattr(found, attribute)
    return True


@cache
def functions_in(file: Path) -> set[str]:
    nodes = ast.walk(ast.parse(file.read_text("utf-8"))) if file.exists() else []
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


@cache
def headings_in(notebook: Path) -> set[str]:
    """The headings of a notebook's text, in the form that Jupyter links to them."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"] if notebook.exists() else []
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return {line.replace(" ", "-") for line in re.findall(r"^#+ (.+)$", text, re.M)}


def test_every_section_is_there_and_numbered_without_a_gap() -> None:
    assert "".join(dict.fromkeys(number[0] for number in NUMBERS)) == "ABCDEFGH"
    for section in "ABCDEFGH":
        own = [int(number[1:]) for number in NUMBERS if number[0] == section]
        assert own == list(range(1, len(own) + 1))


def test_no_line_of_a_table_escapes_the_reading() -> None:
    assert len(ROWS) == len(re.findall(r"^\| [A-H]\d", MAP.read_text("utf-8"), re.M)) > 40


@pytest.mark.parametrize(("number", "code"), [(row[0], row[2]) for row in ROWS], ids=NUMBERS)
def test_the_names_are_public(number: str, code: str) -> None:
    names = re.findall(r"`([\w.]+)`", code)
    assert names
    assert [name for name in names if not is_public(name)] == [], number


@pytest.mark.parametrize(("number", "tests"), [(row[0], row[3]) for row in ROWS], ids=NUMBERS)
def test_the_tests_exist(number: str, tests: str) -> None:
    named = re.findall(r"\[`(\w+)`\]\(([^)]+)\)", tests)
    assert named
    missing = [(test, file) for test, file in named if test not in functions_in(MAP.parent / file)]
    assert missing == [], number


@pytest.mark.parametrize(("number", "shown"), [(row[0], row[4]) for row in ROWS], ids=NUMBERS)
def test_the_headings_exist(number: str, shown: str) -> None:
    places = re.findall(r"\]\(([^#)]+)#([^)]+)\)", shown)
    assert places
    missing = [place for place in places if place[1] not in headings_in(MAP.parent / place[0])]
    assert missing == [], number


def test_what_does_not_exist_is_noticed() -> None:
    assert is_public("nn.Module.to_vector")
    assert not is_public("nn.no_such_loss")
    assert not is_public("nn.plot._no_such_picture")
    assert "test_no_such_test" not in functions_in(Path(__file__))
    assert headings_in(MAP.parent / "no_such_notebook.ipynb") == set()
