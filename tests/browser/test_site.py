"""The documentation site in a browser, where it has been built: wide in light, narrow in dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

SITE = Path(__file__).resolve().parents[2] / "docs" / "_build" / "html"
PAGES = (
    *("docs/index", "README", "notebooks/README", "notebooks/04_backpropagation"),
    *("docs/how_it_works", "docs/coming_from", "docs/derivatives", "docs/numpy_functions"),
    *("docs/api/nodes", "docs/api/operations", "docs/api/training", "benchmarks/results/all"),
)
"""One of each kind, and those with wide tables."""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not SITE.exists(), reason="the site is not built: sphinx-build docs docs/_build/html"
    ),
]

NOT_SHOWN = (
    "() => [...document.images].filter(image => !image.naturalWidth).map(image => image.src)"
)
WIDTH = "() => document.documentElement.scrollWidth"
FAINT = """() => {
  const light = color => color.match(/[\\d.]+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0);
  const paper = light(getComputedStyle(document.body).backgroundColor);
  const texts = "article p, article code, article td, article .formula path";
  return [...document.querySelectorAll(texts)]
    .map(shown => [shown, getComputedStyle(shown)])
    .map(([shown, style]) => [shown, light(shown.matches("path") ? style.fill : style.color)])
    .filter(([shown, ink]) => Math.abs(ink - paper) < 250)
    .map(([shown]) => shown.outerHTML.slice(0, 80));
}"""


def test_a_page_shows_all_it_has_within_its_width(page: Any, scheme: str) -> None:
    width = 400 if scheme == "dark" else 1280
    page.set_viewport_size({"width": width, "height": 900})
    for name in PAGES:
        page.goto((SITE / f"{name}.html").as_uri())
        assert page.evaluate(NOT_SHOWN) == [], name
        assert page.evaluate(WIDTH) <= width, name
        assert page.evaluate(FAINT) == [], name


@pytest.mark.parametrize("name", ["logsumexp", "SweepTable", "gammaln", "apply_along_axis"])
def test_the_search_finds_public_names(page: Any, name: str) -> None:
    page.goto(f"{(SITE / 'search.html').as_uri()}?q={name}")
    page.wait_for_selector("#search-results li a")


@pytest.mark.parametrize("name", ["conv", "tanh"])
def test_the_search_finds_a_function_before_what_only_mentions_it(page: Any, name: str) -> None:
    page.goto(f"{(SITE / 'search.html').as_uri()}?q={name}")
    page.wait_for_selector("#search-results li a")
    first = page.locator("#search-results li").first.inner_text()
    assert first.startswith(f"autograd.{name} (Python function")


def test_the_reference_shows_a_curve_of_a_function_and_its_derivative(page: Any) -> None:
    page.goto(f"{(SITE / 'docs/api/operations.html').as_uri()}#autograd.tanh")
    curve = page.get_by_role("img", name="tanh(x) and its derivative", exact=True)
    curve.scroll_into_view_if_needed()
    assert curve.is_visible()
    assert curve.locator("polyline").count() == 2


def test_a_notebook_of_the_site_opens_its_drawings(page: Any) -> None:
    file = SITE / "notebooks" / "01_values.html"
    if "wengert-page" not in file.read_text("utf-8"):
        pytest.skip("the outputs of the notebooks were stored before drawings could be opened")
    page.goto(file.as_uri())
    page.wait_for_selector(".wengert-page .legend")
    pages = page.locator(".wengert-page")
    assert page.locator(".wengert-page .legend").count() == pages.count() >= 2
    hidden = (
        "() => [...document.querySelectorAll('.cell_output')].filter(cell =>"
        " cell.querySelector('.wengert-page') && cell.querySelector(':scope > img')?.offsetWidth)"
    )
    assert page.evaluate(f"({hidden})().length") == 0
