"""One distribution of two packages, and what is said where HIPS autograd is mixed with it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import autograd

PROJECT = Path(__file__).parents[1]


def imported(module: str, folder: Path) -> str:
    """The last line that Python writes where it imports the module from this folder alone."""
    return subprocess.run(
        [sys.executable, "-S", "-P", "-c", f"import {module}"],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        check=False,
        text=True,
    ).stderr.rpartition("\nImportError: ")[2]


def install(package: str, folder: Path) -> None:
    """Only its `__init__`, which looks around before it imports anything else."""
    (folder / package).mkdir(exist_ok=True)
    shutil.copy(PROJECT / package / "__init__.py", folder / package)


def install_hips(folder: Path) -> None:
    (folder / "autograd").mkdir(exist_ok=True)
    for name in "__init__.py", "core.py":
        (folder / "autograd" / name).write_text("")


def test_installed_over_hips_autograd_the_engine_says_so(tmp_path: Path) -> None:
    install_hips(tmp_path)
    install("autograd", tmp_path)
    assert re.fullmatch(
        r"HIPS autograd .* have overwritten each other in .*autograd: "
        r"run `pip uninstall -y autograd wengert`, then install the one you want\n",
        imported("autograd", tmp_path),
    )


def test_where_hips_autograd_is_installed_over_the_engine_nn_says_so(tmp_path: Path) -> None:
    install("autograd", tmp_path)
    install("nn", tmp_path)
    install_hips(tmp_path)
    assert re.fullmatch(
        r"nn needs the autograd of wengert, which HIPS autograd .* has overwritten in .*autograd: "
        r"run `pip uninstall -y autograd wengert`, then install wengert again\n",
        imported("nn", tmp_path),
    )


def test_nn_says_so_where_uninstalling_hips_autograd_took_files(
    tmp_path: Path,
) -> None:
    install("nn", tmp_path)
    (tmp_path / "autograd").mkdir()  # Python imports it as a namespace package
    assert imported("nn", tmp_path).startswith("nn needs the autograd of wengert")


def test_no_module_is_called_as_the_one_that_tells_hips_autograd() -> None:
    assert not (PROJECT / "autograd" / "core.py").exists()


def test_the_citation_has_the_version_of_the_package() -> None:
    assert f"\nversion: {autograd.__version__}\n" in (PROJECT / "CITATION.cff").read_text("utf-8")


def test_every_extra_that_a_message_asks_for_exists() -> None:
    described = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    sources = [
        path.read_text("utf-8")
        for package in ("autograd", "nn")
        for path in (PROJECT / package).rglob("*.py")
    ]
    asked = set(re.findall(r'(?:wengert\[|extra=")(\w+)', "\n".join(sources)))
    assert {"draw", "train", "mpi"} <= asked <= set(described["optional-dependencies"])


def test_pictures_are_among_the_names_of_the_package() -> None:
    assert set(autograd.PICTURES) <= set(autograd.__all__) & set(dir(autograd))
    with pytest.raises(AttributeError, match="module 'autograd' has no attribute 'picture'"):
        _ = autograd.picture  # type: ignore[attr-defined]
