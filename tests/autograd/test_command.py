"""`python -m autograd`: what it prints, what it draws, and what it refuses."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest

from autograd.__main__ import main


def numbers(printed: str) -> dict[str, float]:
    """The lines `value 3.0` and `d/dx 2.0` of the report."""
    rows = [line.split() for line in printed.splitlines()]
    return {row[0]: float(row[1]) for row in rows if row and row[0].startswith(("value", "d/d"))}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command, which must end with code 2 and draw nothing; what it complains."""
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert list(Path().iterdir()) == []
    return capsys.readouterr().err


def test_without_arguments_it_differentiates_checks_and_draws_the_example(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == 0
    printed = capsys.readouterr().out
    out = math.tanh(-2.0)  # a*b + a**2 at (2, -3)
    slope = 1 - out**2
    assert numbers(printed) == pytest.approx({"value": out, "d/da": slope * 1, "d/db": slope * 2})
    assert "checked" in printed
    assert Path("graph.svg").read_text(encoding="utf-8").rstrip().endswith("</svg>")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["x**3", "x=2"], {"value": 8.0, "d/dx": 12.0}),
        (["b - a", "a=1", "b=5"], {"value": 4.0, "d/db": 1.0, "d/da": -1.0}),
        (["hypot(x, 4) + 2*pi", "x=3"], {"value": 5 + 2 * math.pi, "d/dx": 0.6}),
        (["clip(-x, 0, 1)", "x=-0.5"], {"value": 0.5, "d/dx": -1.0}),
        (["e * e", "e=3"], {"value": 9.0, "d/de": 6.0}),
        (["x*9**9**9", "x=0"], {"value": math.nan, "d/dx": math.inf}),
    ],
)
def test_value_and_derivatives_are_those_of_the_expression(
    arguments: list[str], expected: dict[str, float], capsys: pytest.CaptureFixture[str]
) -> None:
    main([*arguments, "--out", "graph.dot"])
    assert numbers(capsys.readouterr().out) == pytest.approx(expected, nan_ok=True)


def test_the_drawing_goes_where_it_is_told_and_names_the_variables() -> None:
    assert main(["u * v", "u=1", "v=2", "--out", "uv.dot"]) == 0
    text = Path("uv.dot").read_text(encoding="utf-8")
    assert text.startswith("digraph")
    assert "u" in text
    assert not Path("graph.svg").exists()


def test_a_kink_is_reported_and_ends_with_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["relu(x)", "x=0"]) == 1
    captured = capsys.readouterr()
    assert numbers(captured.out) == {"value": 0.0, "d/dx": 0.0}
    assert "Not confirmed by differences" in captured.err
    assert "checked" not in captured.out
    assert Path("graph.svg").exists()


def test_a_folder_that_is_not_there_is_reported_after_the_numbers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["x", "x=1", "--out", "nowhere/graph.svg"]) == 1
    captured = capsys.readouterr()
    assert numbers(captured.out) == {"value": 1.0, "d/dx": 1.0}
    assert "nowhere" in captured.err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["x +", "x=1"], "'x +' is not an expression: invalid syntax"),
        (["x\0", "x=1"], "null bytes"),
        (["x ^ 2", "x=1"], "a power is written **, not ^"),
        (["open('f')"], "there is no function 'open'; there are abs, "),
        (["__import__('os').system('ls')"], "cannot be differentiated here"),
        (["x.real", "x=1"], "'x.real' cannot be differentiated here"),
        (["(lambda: x)()", "x=1"], "cannot be differentiated here"),
        (["x < 1", "x=1"], "'x < 1' cannot be differentiated here"),
        (["1j * x", "x=1"], "'1j' cannot be differentiated here"),
        (["True * x", "x=1"], "'True' cannot be differentiated here"),
        (["sin", "sin=1"], "'sin' cannot be differentiated here"),
        (["sin(x, x)", "x=1"], "sin takes 1 argument(s), not 2"),
        (["clip(x, max=1)", "x=1"], "'clip(x, max=1)' cannot be differentiated here"),
        (["x * 1" + 400 * "0", "x=1"], "too large"),
        (["x * y", "x=1"], "'y' has no value: add y=NUMBER"),
        (["x", "x=1", "y=1"], "'y' has a value, but is not a name in the expression"),
        (["x", "x=one"], "'x=one' is not of the form NAME=NUMBER"),
        (["x", "1"], "'1' is not of the form NAME=NUMBER"),
        (["1 + pi"], "no name in it to differentiate by"),
        (["--", "-" * 5000 + "x", "x=1"], "nested too deeply"),
        (["--", "+".join(5000 * "x"), "x=1"], "nested too deeply"),
    ],
)
def test_what_is_not_an_expression_is_refused_in_one_sentence(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    error = refused(capsys, *arguments)
    assert complaint in error
    assert "Traceback" not in error


def test_a_drawing_of_a_kind_it_cannot_make_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "graph.jpg" in refused(capsys, "x", "x=1", "--out", "graph.jpg")


def test_it_runs_as_a_module(tmp_path: Path) -> None:
    drawing = tmp_path / "graph.dot"
    command = [sys.executable, "-m", "autograd", "x*x", "x=3", "--out", str(drawing)]
    project = Path(__file__).resolve().parents[2]
    run = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert numbers(run.stdout) == {"value": 9.0, "d/dx": 6.0}
    assert drawing.exists()
