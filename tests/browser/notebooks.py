"""A notebook with stored outputs: what `draw` and `step` show in the first notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import pytest

from autograd import Value, draw, step, tanh

nbformat = pytest.importorskip("nbformat")
display = pytest.importorskip("IPython.display")


def notebook_with(*shown: Any) -> nbformat.NotebookNode:
    """A notebook with a cell for each thing that is shown."""
    cells = [
        nbformat.v4.new_code_cell("look", execution_count=number, outputs=_outputs(thing))
        for number, thing in enumerate(shown, 1)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def draw_and_step() -> nbformat.NotebookNode:
    """The first expression of the notebooks, drawn and walked through."""
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    c = tanh(a * b + a**2)
    c.label = "c"
    c.backward()
    return notebook_with(draw(c), step(c))


def _outputs(thing: Any) -> Sequence[nbformat.NotebookNode]:
    found: list[nbformat.NotebookNode] = []

    def publish(data: Any, metadata: Any = None) -> None:
        output = nbformat.v4.new_output("display_data", data=data, metadata=metadata or {})
        found.append(output)

    with patch.object(display, "publish_display_data", publish):
        thing._ipython_display_()
    return found
