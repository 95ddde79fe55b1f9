"""The Python in the documentation runs, and gives what the comments beside it say.

In a ```python block a comment on the last line of an expression is its result, spelled as `repr`
spells it (white space aside). The blocks of a page run one after the other, as a reader would.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
PAGES = [
    "README.md",
    *sorted(str(page.relative_to(PROJECT)) for page in PROJECT.glob("docs/*.md")),
    *sorted(str(page.relative_to(PROJECT)) for page in PROJECT.glob("docs/api/*.md")),
]


def code_blocks(page: str, language: str = "python") -> str:
    """The page's code in one language at its own line numbers; all else is blank."""
    lines, inside = [], False
    for line in page.splitlines():
        if line == "```":
            inside = False
        lines.append(line if inside else "")
        if line == f"```{language}":
            inside = True
    return "\n".join(lines)


def run(code: str, name: str) -> int:
    """Run the code statement by statement; the number of results that were compared."""
    lines = code.splitlines()
    names: dict[str, object] = {"__name__": "page"}
    compared = 0
    for statement in ast.parse(code).body:
        said = re.search(r"  # (.+)$", lines[(statement.end_lineno or 0) - 1])
        if isinstance(statement, ast.Expr) and said:
            result = eval(compile(ast.Expression(statement.value), name, "eval"), names)
            found = " ".join(repr(result).split())
            assert found == said[1], f"{name}, line {statement.end_lineno}"
            compared += 1
        else:
            exec(compile(ast.Module([statement], []), name, "exec"), names)
    return compared


@pytest.mark.parametrize("page", PAGES)
def test_code_on_the_page_gives_the_results_it_shows(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # drawings are saved here
    code = code_blocks((PROJECT / page).read_text(encoding="utf-8"))
    assert run(code, page) > 0 or not code.strip()


def test_a_wrong_result_is_noticed_with_its_line() -> None:
    with pytest.raises(AssertionError, match="page, line 3"):
        run("x = 2\nx + 1  # 3\nx + 2  # 5", "page")


@pytest.mark.parametrize("page", PAGES)
def test_links_and_pictures_exist(page: str) -> None:
    text = (PROJECT / page).read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert [t for t in targets if not (PROJECT / page).parent.joinpath(t).exists()] == []
