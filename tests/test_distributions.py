"""The three distributions: one version, one licence, and clear words where one is not there."""

from __future__ import annotations

import runpy
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import autograd
from autograd.__main__ import main

PROJECT = Path(__file__).parents[1]
PARTS = {"wengert-nn": PROJECT / "nn", "wengert-pictures": PROJECT / "autograd" / "pictures"}


def described(folder: Path) -> Any:
    return tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture
def _no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where wengert-pictures is not installed, and none of its names was asked for."""
    for name in autograd.PICTURES:
        monkeypatch.delattr(autograd, name)
    monkeypatch.setitem(sys.modules, "autograd.pictures", None)


def test_all_have_the_version_that_the_engine_says() -> None:
    version = autograd.__version__
    assert {described(folder)["version"] for folder in (PROJECT, *PARTS.values())} == {version}
    assert f"\nversion: {version}\n" in (PROJECT / "CITATION.cff").read_text("utf-8")


def test_each_part_needs_the_engine_of_its_version_and_an_extra_brings_it() -> None:
    engine = described(PROJECT)
    brought = [one for extra in engine["optional-dependencies"].values() for one in extra]
    for name, folder in PARTS.items():
        part = described(folder)
        assert part["name"] == name
        assert part["dependencies"] == [f"wengert=={engine['version']}"]
        assert part["requires-python"] == engine["requires-python"]
        assert f"{name}=={engine['version']}" in brought


def test_all_have_the_licence() -> None:
    licence = (PROJECT / "LICENSE").read_bytes()
    assert all((folder / "LICENSE").read_bytes() == licence for folder in PARTS.values())


@pytest.mark.usefixtures("_no_pictures")
@pytest.mark.parametrize("name", autograd.PICTURES)
def test_without_pictures_their_names_say_how_to_get_them(name: str) -> None:
    with pytest.raises(ImportError, match=rf'autograd\.{name} .*: pip install "wengert\[draw\]"'):
        exec(f"from autograd import {name}")


@pytest.mark.usefixtures("_no_pictures")
def test_without_pictures_the_command_still_differentiates_and_checks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["x**2", "x=3"]) == 1
    said = capsys.readouterr()
    assert "d/dx      6.0" in said.out
    assert "checked" in said.out
    assert said.err == 'Not drawn: autograd.draw needs the pictures: pip install "wengert[draw]"\n'


def test_pictures_are_among_the_names_of_the_package() -> None:
    assert set(autograd.PICTURES) <= set(autograd.__all__) & set(dir(autograd))
    with pytest.raises(AttributeError, match="module 'autograd' has no attribute 'picture'"):
        _ = autograd.picture  # type: ignore[attr-defined]


def test_in_place_of_networks_that_are_not_there_a_sentence_says_how_to_get_them() -> None:
    with pytest.raises(ImportError, match=r'not installed: pip install "wengert\[nn\]"'):
        runpy.run_path(str(PROJECT / ".release" / "nn.py"))
