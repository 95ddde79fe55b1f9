"""Takes the tour's picture of `step`: `python docs/images/step.py` with the `browser` extra."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from autograd import Value, step, tanh

FRAME = 10
"""A node is used for the second time, and its sum grows."""


def main() -> int:
    """Save the page, go to the frame, and take its picture in twice the size."""
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    c = tanh(a * b + a**2)
    c.label = "c"
    with TemporaryDirectory() as folder, sync_playwright() as driver:
        file = Path(folder) / "backprop.html"
        step(c).save(file)
        chromium = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = chromium.new_page(viewport={"width": 760, "height": 640}, device_scale_factor=2)
        page.goto(file.as_uri())
        page.get_by_role("slider").fill(str(FRAME))
        stepper = page.locator(".wengert-page")
        stepper.evaluate("stepper => document.activeElement.blur()")
        stepper.screenshot(path=Path(__file__).with_name("step.png"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
