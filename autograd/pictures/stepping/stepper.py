"""`step(node)`: the walk through an expression, shown in Jupyter or saved as a page."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any

from autograd.engine.graph import Array, Node
from autograd.frames import caller
from autograd.pictures.drawing.dot import direction, to_dot
from autograd.pictures.drawing.render import DrawingError, render, width_of
from autograd.pictures.drawing.subject import subject
from autograd.pictures.notation import names_of
from autograd.pictures.page import fragment, page, show
from autograd.pictures.saving import write_whole
from autograd.pictures.stepping.content import WalkContent
from autograd.pictures.stepping.frames import Frame, Places, frames
from autograd.pictures.walk import Walk, history, walk

MOST = 300
PATIENCE = 60.0


class Stepper:
    """Backpropagation through one expression, frame by frame; in Jupyter it shows itself.

    frames: what is shown one after the other; `print` gives their sentences.
    """

    def __init__(self, taken: Walk, names: dict[Node, str]) -> None:
        self._walk = taken
        self._names = names
        self._places = Places(taken)
        self.frames: list[Frame] = frames(taken, names, self._places)

    @property
    def _name(self) -> str:
        return self._names[self._walk.output]

    @cached_property
    def _content(self) -> WalkContent:
        return WalkContent(self._walk, self._names, self._places, self.frames)

    @property
    def _title(self) -> str:
        return f"Backpropagation from {self._name}, step by step"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write one HTML file that needs no network, no kernel and no program but a browser.

        The file appears whole or not at all. Raises ValueError for a suffix other than .html.
        """
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"{path.name!r}: a walk is saved as a page, whose name ends in .html")
        write_whole(path, page(self._title, self._content.page_data()).encode())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """A picture of the last frame, or how to get one, and the sentences of all frames."""
        scene = self._content.scene()
        try:
            png = render(to_dot(scene, direction(scene)), "png", PATIENCE)
        except DrawingError as error:
            return {"text/plain": f"{error}\n\n{self}"}, {}
        bundle = {"image/png": png, "text/plain": str(self)}
        return bundle, {"image/png": {"width": width_of(png)}}

    def _ipython_display_(self) -> None:
        show(self._repr_html_(), *self._repr_mimebundle_())

    def _repr_html_(self) -> str:
        return fragment(self._title, self._content.page_data())

    def __str__(self) -> str:
        width = len(str(len(self.frames)))
        return "\n".join(f"{i:{width}}. {frame.say}" for i, frame in enumerate(self.frames, 1))

    def __repr__(self) -> str:
        return f"Stepper({self._name}, {len(self.frames)} frames)"


def step(node: Node, seed: Array | None = None) -> Stepper:
    """Backpropagation from `node`, walked operation by operation on your own expression.

    node: the result to start from. What has no label is called by its path in its module, or by
        the variable that holds it where `step` is called.
    seed: its cotangent, of its shape; may be left out for a single number, where it is 1.

    In Jupyter the result shows itself; `.save("backprop.html")` writes it as one page. First the
    values appear, operation by operation; then the derivatives, use by use, each with
    `local derivative × cotangent = share`. Nothing is computed anew and no `.grad` changes.

    Raises TypeError for anything but a node, ValueError for a graph of more than 300 nodes or an
    output of several numbers without `seed`, and GraphChangedError where a leaf was given other
    data since.

    >>> from autograd import Value, step
    >>> a = Value(3.0, "a")
    >>> print(step(a**2))
    1. Given: a = 3.
    2. Forward: v1 = a ** 2 = 3 ** 2 = 9.
    3. The backward pass begins: the derivative of v1 by itself is 1.
    4. Backward from v1 to a: local derivative 6 times cotangent 1 is 6; a receives 6.
    5. Done: ∂v1/∂a = 6.
    """
    if not isinstance(node, Node):
        raise TypeError(
            f"step: {type(node).__name__} is not part of a graph; step a node (Value or "
            "Tensor), such as f(Value(2.0)) of a function f"
        )
    nodes = history([node])
    if len(nodes) > MOST:
        raise ValueError(
            f"step: this graph has more than {MOST} nodes, more than anyone would step through; "
            "step a smaller expression (one neuron, one example), or look at the whole by draw"
        )
    known = subject(nodes, {node}, caller()).names
    return Stepper(walk(node, nodes, seed), names_of(nodes, known))
