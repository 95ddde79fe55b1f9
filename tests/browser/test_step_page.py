"""The page that `step` writes, as a person meets it: clicked, typed at, looked at, listened to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import Stepper, Tensor, Value, relu, sigmoid, step, tanh

pytestmark = pytest.mark.browser


def expression() -> Value:
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    c = tanh(a * b + a**2)
    c.label = "c"
    return c


def network() -> Tensor:
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], "x")
    w, b = Tensor([[0.5, -1.0], [2.0, 0.1]], "w"), Tensor([0.1, 0.2], "b")
    loss = (relu(x @ w + b) ** 2).mean()
    loss.label = "loss"
    return loss


def neurons() -> Value:
    """Three sigmoid neurons of two inputs each, number by number: 60 boxes."""
    x = [Value(0.5, "x0"), Value(-1.0, "x1")]
    hidden = [sigmoid(sum((Value(0.3 * i - 0.2 * j) * x[j] for j in range(2)), Value(0.1)))
              for i in range(3)]  # fmt: skip
    return (sum((Value(0.5) * h for h in hidden), Value(0.0)) - 1.0) ** 2


def opened(page: Any, walked: Stepper, folder: Path) -> Any:
    walked.save(folder / "backprop.html")
    page.goto((folder / "backprop.html").as_uri())
    page.wait_for_selector(".controls")
    return page.locator(".wengert-page")


SHOWN = """root => {
  const places = selector => [...root.querySelectorAll(selector)].map(g => g.dataset.place);
  const texts = [...root.querySelectorAll("svg text[data-place]:not(:empty)")];
  return {
    say: root.querySelector(".say").textContent.replaceAll("\\u00a0", " "),
    texts: Object.fromEntries(texts.map(text => [text.dataset.place, text.textContent])),
    lit: places("g.lit").sort(),
    target: places("g.target").join(),
    phase: root.dataset.phase,
    count: root.querySelector("output").textContent,
    slider: Number(root.querySelector("input").value),
  };
}"""


def shown(stepper: Any) -> dict[str, str]:
    """The text at each place of the drawing that has one."""
    texts: dict[str, str] = stepper.evaluate(SHOWN)["texts"]
    return texts


def assert_shows(stepper: Any, walked: Stepper, number: int) -> None:
    """That the page shows this frame: its sentence, the texts so far and no others, its lights."""
    frame = walked.frames[number]
    texts: dict[str, str] = {}
    for earlier in walked.frames[: number + 1]:
        texts |= earlier.texts
    assert stepper.evaluate(SHOWN) == {
        "say": frame.say,
        "texts": texts,
        "lit": sorted(frame.lit),
        "target": frame.target,
        "phase": frame.phase,
        "count": f"{number + 1} of {len(walked.frames)}",
        "slider": number,
    }


# --------------------------------------------------------------------------------------------------
# The numbers


def test_the_numbers_appear_as_the_chain_rule_gives_them(page: Any, tmp_path: Path) -> None:
    stepper = opened(page, step(expression()), tmp_path)
    forward: dict[str, str] = {"n0.value": "2", "n1.value": "-3"}
    seen = [{p: t for p, t in shown(stepper).items() if p[0] == "n"}]
    for _ in range(12):
        page.get_by_role("button", name="Next").click()
        seen.append({p: t for p, t in shown(stepper).items() if p[0] == "n"})
    assert seen[0] == forward
    values = {"n2.value": "-6", "n3.value": "4", "n4.value": "-2", "n5.value": "-0.964"}
    for number, (place, text) in enumerate(values.items(), 1):
        forward[place] = text
        assert seen[number] == forward
    slope = 1 - np.tanh(-2.0) ** 2
    backward = dict(forward)
    for number, (place, slope_there) in enumerate(
        [
            ("n5.grad", 1.0),
            ("n4.grad", slope),
            ("n2.grad", slope),
            ("n3.grad", slope),
            ("n0.grad", 4 * slope),
            ("n0.grad", 4 * slope - 3 * slope),
            ("n1.grad", 2 * slope),
        ],
        5,
    ):
        backward[place] = f"{slope_there:.4g}"
        if number == 10:
            backward["n0.sum"] = "0.2826 − 0.212"
        assert seen[number] == backward
    assert shown(stepper)["e0.0"] == "-3 × 0.07065 = -0.212"


def test_every_frame_is_shown_forward_and_back(page: Any, tmp_path: Path) -> None:
    walked = step(network())
    stepper = opened(page, walked, tmp_path)
    count = len(walked.frames)
    for number in range(count):
        assert_shows(stepper, walked, number)
        page.keyboard.press("ArrowRight")
    for number in reversed(range(count)):
        assert_shows(stepper, walked, number)
        page.keyboard.press("ArrowLeft")
    assert_shows(stepper, walked, 0)
    page.keyboard.press("End")


# --------------------------------------------------------------------------------------------------
# The controls


def test_keys_buttons_and_slider_all_lead_to_the_frames(page: Any, tmp_path: Path) -> None:
    walked = step(expression())
    stepper = opened(page, walked, tmp_path)
    for key, number in [
        ("ArrowRight", 1), ("ArrowDown", 2), ("ArrowLeft", 1), ("ArrowUp", 0), ("ArrowLeft", 0),
        ("End", 12), ("ArrowRight", 12), ("Home", 0),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert_shows(stepper, walked, number)
    page.get_by_role("slider", name="Step").fill("7")
    assert_shows(stepper, walked, 7)
    page.get_by_role("slider", name="Step").press("ArrowRight")
    assert_shows(stepper, walked, 8)
    page.get_by_role("button", name="Back").click()
    assert_shows(stepper, walked, 7)
    page.get_by_role("button", name="Next").press("Enter")
    assert_shows(stepper, walked, 8)
    page.get_by_role("button", name="Next").press(" ")
    assert_shows(stepper, walked, 9)


def test_there_is_no_way_beyond_the_ends(page: Any, tmp_path: Path) -> None:
    stepper = opened(page, step(expression()), tmp_path)
    back, following = (stepper.get_by_role("button", name=name) for name in ("Back", "Next"))
    assert (back.is_disabled(), following.is_disabled()) == (True, False)
    page.keyboard.press("End")
    assert (back.is_disabled(), following.is_disabled()) == (False, True)


def test_space_plays_to_the_end_and_pauses_on_the_way(page: Any, tmp_path: Path) -> None:
    walked = step(expression())
    page.clock.install()
    stepper = opened(page, walked, tmp_path)
    page.keyboard.press(" ")
    assert stepper.get_by_role("button", name="Pause").count() == 1
    page.clock.run_for(4_600)
    assert_shows(stepper, walked, 3)
    page.keyboard.press(" ")
    page.clock.run_for(10_000)
    assert_shows(stepper, walked, 3)
    stepper.get_by_role("button", name="Play").click()
    page.clock.run_for(60_000)
    assert_shows(stepper, walked, 12)
    assert stepper.get_by_role("button", name="Play").count() == 1
    page.keyboard.press(" ")  # begins again
    page.clock.run_for(1_600)
    assert_shows(stepper, walked, 1)
    page.keyboard.press("ArrowRight")  # takes over
    page.clock.run_for(10_000)
    assert_shows(stepper, walked, 2)


def test_a_screen_reader_hears_each_step_and_finds_each_control(page: Any, tmp_path: Path) -> None:
    stepper = opened(page, step(expression()), tmp_path)
    assert stepper.locator(".say").get_attribute("aria-live") == "polite"
    assert page.get_by_role("group", name="Backpropagation from c, step by step").count() == 1
    assert page.get_by_role("img", name="Backpropagation from c").count() == 1
    assert page.evaluate("document.activeElement.className") == "wengert-page"
    reached = []
    for _ in range(3):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent || 'slider'"))
    assert reached == ["Play", "Next", "slider"]


def test_steppers_on_one_page_do_not_disturb_each_other(page: Any, tmp_path: Path) -> None:
    walked = [step(expression()), step(network()), step(expression())]
    body = "\n<p>A cell of a notebook</p>\n".join(one._repr_html_() for one in walked)
    (tmp_path / "notebook.html").write_text(
        f"<!DOCTYPE html><meta charset=utf-8>{body}", encoding="utf-8"
    )
    page.goto((tmp_path / "notebook.html").as_uri())
    page.wait_for_function("document.querySelectorAll('.controls').length === 3")
    steppers = [page.locator(".wengert-page").nth(number) for number in range(3)]
    for number, clicks in enumerate((3, 9, 1)):
        for _ in range(clicks):
            steppers[number].get_by_role("button", name="Next").click()
    for stepper, one, number in zip(steppers, walked, (3, 9, 1), strict=True):
        assert_shows(stepper, one, number)
    steppers[1].focus()
    page.keyboard.press("Home")
    for stepper, one, number in zip(steppers, walked, (3, 0, 1), strict=True):
        assert_shows(stepper, one, number)


def test_keys_that_belong_to_the_browser_are_left_to_it(page: Any, tmp_path: Path) -> None:
    walked = step(expression())
    stepper = opened(page, walked, tmp_path)
    for key in ("Control+ArrowRight", "Alt+ArrowRight", "a", "Escape"):
        page.keyboard.press(key)
    assert_shows(stepper, walked, 0)


# --------------------------------------------------------------------------------------------------
# The looks


OVERLAPS = """root => {
  const areas = [...root.querySelectorAll(".pane rect, .pane .arrow text")]
    .filter(element => element.tagName === "rect" || element.textContent)
    .map(element => [element.parentNode.dataset.place, element.getBoundingClientRect()]);
  const found = [];
  areas.forEach(([name, a], i) => areas.slice(0, i).forEach(([other, b]) => {
    if (name !== other && a.left < b.right && b.left < a.right && a.top < b.bottom - 1 &&
        b.top < a.bottom - 1) found.push([name, other]);
  }));
  for (const box of root.querySelectorAll("svg .box")) {
    const outer = box.querySelector("rect").getBoundingClientRect();
    for (const text of box.querySelectorAll("text:not(:empty)")) {
      const inner = text.getBoundingClientRect();
      if (inner.right > outer.right || inner.left < outer.left || inner.bottom > outer.bottom)
        found.push([box.dataset.place, text.textContent]);
    }
  }
  return found;
}"""


@pytest.mark.parametrize("make", [expression, network, neurons], ids=lambda make: make.__name__)
def test_text_never_overlaps_and_nothing_runs_off_the_page(
    page: Any, tmp_path: Path, make: Any
) -> None:
    walked = step(make())
    stepper = opened(page, walked, tmp_path)
    for number in range(0, len(walked.frames), 4):
        page.get_by_role("slider").fill(str(number))
        assert stepper.evaluate(OVERLAPS) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 900


CONTRASTS = """root => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = color => {
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map(part => part / 255)
      .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const paper = getComputedStyle(root).backgroundColor;
  const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) /
    (Math.min(light(a), light(b)) + 0.05);
  const found = [];
  for (const text of root.querySelectorAll("svg text")) {
    const rect = text.parentNode.querySelector("rect");
    const behind = rect ? getComputedStyle(rect).fill : paper;
    found.push(ratio(getComputedStyle(text).fill, behind));
  }
  for (const element of root.querySelectorAll(".say, .keys, output, button:enabled")) {
    const style = getComputedStyle(element);
    const own = element.tagName === "BUTTON" ? style.backgroundColor : paper;
    found.push(ratio(style.color, own));
  }
  return Math.min(...found);
}"""


def test_text_can_be_read_in_light_and_dark(page: Any, tmp_path: Path, scheme: str) -> None:
    stepper = opened(page, step(expression()), tmp_path)
    dark = page.evaluate("getComputedStyle(document.querySelector('.wengert-page')).color")
    assert dark == ("rgb(232, 234, 237)" if scheme == "dark" else "rgb(27, 31, 36)")
    for number in (2, 7, 10):
        page.get_by_role("slider").fill(str(number))
        assert stepper.evaluate(CONTRASTS) >= 4.5


def test_the_theme_of_a_notebook_goes_before_that_of_the_system(page: Any, tmp_path: Path) -> None:
    stepper = opened(page, step(expression()), tmp_path)
    for theme, color in (("false", "rgb(232, 234, 237)"), ("true", "rgb(27, 31, 36)")):
        page.evaluate("theme => document.body.dataset.jpThemeLight = theme", theme)
        assert stepper.evaluate("root => getComputedStyle(root).color") == color


def test_what_is_at_work_is_told_apart_without_colour(page: Any, tmp_path: Path) -> None:
    stepper = opened(page, step(expression()), tmp_path)
    page.get_by_role("slider").fill("10")
    widths: list[float] = stepper.evaluate(
        """root => [".box:not(.lit, .target) rect", ".box.target rect", ".box.lit rect",
                    ".arrow:not(.lit) .line", ".arrow.lit .line"]
             .map(selector => getComputedStyle(root.querySelector(`svg ${selector}`)))
             .map(style => parseFloat(style.strokeWidth))"""
    )
    assert widths[0] < widths[1] < widths[2]
    assert widths[3] < widths[4]
    page.keyboard.press("Home")
    dashes = "root => getComputedStyle(root.querySelector('svg .waiting rect')).strokeDasharray"
    assert stepper.evaluate(dashes) != "none"


def test_a_wide_graph_scrolls_inside_its_own_pane_to_what_is_lit(page: Any, tmp_path: Path) -> None:
    total = sum((Value(float(i), f"x{i}") ** 2 for i in range(20)), Value(0.0))
    walked = step(total)
    stepper = opened(page, walked, tmp_path)
    for number in range(0, len(walked.frames), 7):
        page.get_by_role("slider").fill(str(number))
        assert page.evaluate("document.documentElement.scrollWidth") <= 900
        if walked.frames[number].lit:
            assert stepper.evaluate(
                """root => {
                  const lit = root.querySelector(".box.target, .box.lit").getBoundingClientRect();
                  const pane = root.querySelector(".pane").getBoundingClientRect();
                  return lit.left >= pane.left - 1 && lit.right <= pane.right + 1
                    && lit.top >= pane.top - 1 && lit.bottom <= pane.bottom + 1;
                }"""
            )
