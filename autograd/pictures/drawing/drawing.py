"""`draw`: a picture of a graph, as DOT text that is rendered as svg, png or pdf when shown."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from autograd.engine.graph import Node
from autograd.frames import caller
from autograd.garbage import no_collection
from autograd.pictures.drawing.content import Fold, Scene
from autograd.pictures.drawing.dot import direction, to_dot
from autograd.pictures.drawing.fold import fold as folded
from autograd.pictures.drawing.interactive import page_data
from autograd.pictures.drawing.nesting import nested
from autograd.pictures.drawing.render import DrawingError, graphviz, render, width_of
from autograd.pictures.drawing.scene import Groups, Shown, scene
from autograd.pictures.drawing.subject import subject
from autograd.pictures.drawing.theme import themed
from autograd.pictures.page import fragment, page, show
from autograd.pictures.saving import write_whole
from autograd.pictures.walk import history

LARGE = 500
PATIENCE = 20.0
_MOST_BOXES = 150
_MOST_NODES = 5000


class Drawing:
    """A picture of a graph; in Jupyter it shows itself, and its modules open by clicks.

    source: the text in the DOT language, which any Graphviz tool reads.
    nodes: how many values, leaves included, it shows.
    boxes: into how many boxes they were folded; None where they were not.
    format: what `pipe`, `render` and `view` make unless told otherwise: "svg", "png" or "pdf".

    `source`, `format`, `pipe`, `render` and `view` are those of the objects of the package
    `graphviz`, but work without the program `dot`, too; `graph` is such an object.
    """

    def __init__(
        self,
        source: str,
        nodes: int,
        boxes: int | None,
        data: Mapping[str, Any],
    ) -> None:
        self.source = source
        self.nodes = nodes
        self.boxes = boxes
        self.format = "svg"
        self._data = data

    @cached_property
    def graph(self) -> Any:
        """A `graphviz.Source` of the same text. Raises ImportError without that package."""
        return graphviz().Source(self.source, format=self.format)

    def pipe(self, format: str | None = None, encoding: str | None = None) -> Any:
        """The picture as bytes, or as a string in the given encoding.

        Raises DrawingError where no program that makes such a picture is installed.
        """
        picture = self._picture(format or self.format)
        return picture if encoding is None else picture.decode(encoding)

    def render(
        self,
        filename: str | os.PathLike[str] = "Drawing.gv",
        directory: str | os.PathLike[str] = "",
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
    ) -> str:
        """Write the text to `filename` and the picture beside it, and return the picture's path.

        view: open it with the system's viewer.
        cleanup: delete the text again.

        The picture's name is `filename` followed by the format, as in "Drawing.gv.svg". Missing
        directories are made. Raises DrawingError as `pipe` does.
        """
        text = Path(directory, filename)
        picture = text.with_name(f"{text.name}.{format or self.format}")
        text.parent.mkdir(parents=True, exist_ok=True)
        if not cleanup:
            write_whole(text, self.source.encode())
        self.save(picture)
        if view:
            graphviz().view(str(picture))
        return str(picture)

    def view(self, filename: str | os.PathLike[str] = "Drawing.gv", cleanup: bool = False) -> str:
        """`render`, and open the picture with the system's viewer."""
        return self.render(filename, view=True, cleanup=cleanup)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to a file whose suffix says how: .html; .svg, .png or .pdf; .dot, .gv.

        In .html, modules open by clicks; the file loads nothing and needs no program but a browser.
        The file appears whole or not at all. Raises ValueError for another suffix, and
        DrawingError where no program that makes such a picture is installed.
        """
        path = Path(path)
        format = path.suffix[1:].lower()
        if format not in ("html", "svg", "png", "pdf", "dot", "gv"):
            raise ValueError(
                f"{path.name!r} does not end in .html, .svg, .png, .pdf, .dot or .gv, which says "
                "how to save it"
            )
        if format == "html":
            content = page(repr(self), self._data).encode()
        elif format in ("dot", "gv"):
            content = self.source.encode()
        else:
            content = self._picture(format)
        write_whole(path, content)

    def _picture(self, format: str, timeout: float | None = None) -> bytes:
        picture = render(self.source, format, timeout)
        return themed(picture, repr(self)) if format == "svg" else picture

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """The picture, or how to get one and the text, where none can be made."""
        try:
            svg = self._picture("svg", PATIENCE).decode()
            png = self._picture("png", PATIENCE)
        except DrawingError as error:
            return {"text/plain": f"{error}\n\n{self.source}"}, {}
        bundle = {"image/svg+xml": svg, "image/png": png, "text/plain": repr(self)}
        return bundle, {"image/png": {"width": width_of(png)}}

    def _ipython_display_(self) -> None:
        show(self._repr_html_(), *self._repr_mimebundle_())

    def _repr_html_(self) -> str:
        return fragment(repr(self), self._data)

    def _repr_svg_(self) -> str | None:
        try:
            return self._picture("svg", PATIENCE).decode()
        except DrawingError:
            return None

    def __repr__(self) -> str:
        extent = f"{self.nodes:,} node{'s' * (self.nodes != 1)}"
        if self.boxes is not None:
            extent += f" in {self.boxes:,} boxes"
        elif self.nodes > LARGE:
            extent += ": large, so it takes long and is hard to read"
        return f"Drawing({extent})"


def draw(
    nodes: Node | list[Node] | tuple[Node, ...],
    *,
    values: bool = True,
    gradients: bool = True,
    locals: bool = True,
    fold: bool | None = None,
    expand: str | Sequence[str] = (),
    rankdir: str | None = None,
    limit: int | None = None,
    shapes: bool = False,
) -> Drawing:
    """Draw everything that `nodes` were computed from.

    In Jupyter and in a file saved as .html the drawing is interactive: a click opens a module, a
    line or a fold in a frame of its own, or closes it; one can scroll and zoom, and what the
    pointer is on shows its value, gradient, shape and, where a `LineLog` knows it, its line. At
    first as much is open as the window has room for, or what `expand` and `fold` ask for.

    nodes: one node (Value or Tensor), or a list or tuple of them; each is marked as an output.
    values, gradients: show `.data` and `.grad` in the boxes, to four digits.
    locals: show on each arrow the local derivative ∂(operation)/∂(argument): a number or a range,
        or the shape of the Jacobian where the operation is not elementwise.
    fold: draw many nodes as one box: first those of one module, then those of one line, where a
        `LineLog` knows the lines, then repeats of the same computation. By default what needs
        more than `limit` boxes is folded; True always folds, False never.
    expand: the names of modules and lines that are to be open, such as "layers.0".
    rankdir: the direction of the computation: "LR" (left to right), "TB", "RL" or "BT"; by
        default from left to right what is short, from top to bottom what is long.
    limit: the most boxes of a folded drawing, 150; or the most nodes of one with `fold=False`,
        5,000.
    shapes: show on each arrow the shape of what flows along it.

    Arrays of up to 3 × 3 entries are shown in full, larger ones by their range.

    A fold shows how many operations are in it, and of what it gives to others the shape, the
    range of the values and the size ‖grad‖ = √Σ grad² of the gradient.

    What has no label is called by its path in its module, or by the variable that holds it where
    `draw` is called. Nothing is computed again and no `.grad` changes. Raises TypeError for
    anything but nodes, and ValueError for none at all, for a name in `expand` that there is not,
    or for a graph of more than `limit` nodes that is not to be folded.

    >>> from autograd import Value, draw
    >>> a = Value(3.0, "a")
    >>> draw(a * a + 1)
    Drawing(3 nodes)
    >>> b = a
    >>> for _ in range(1000):
    ...     b = b * a + 1
    >>> draw(b)
    Drawing(2,001 nodes in 4 boxes)
    """
    outputs = list(nodes) if isinstance(nodes, list | tuple) else [nodes]
    if not outputs:
        raise ValueError("draw: there are no nodes to draw")
    for node in outputs:
        if not isinstance(node, Node):
            raise TypeError(
                f"draw: {type(node).__name__} is not part of a graph; draw a node (Value or "
                "Tensor), such as f(Value(2.0)) of a function f"
            )
    if rankdir not in (None, "LR", "TB", "RL", "BT"):
        raise ValueError(f"draw: rankdir={rankdir!r} is not one of 'LR', 'TB', 'RL' and 'BT'")
    frame = caller()
    with no_collection():
        most = _MOST_NODES if limit is None else limit
        found = history(outputs)
        if fold is False and len(found) > most:
            raise ValueError(
                f"draw: this graph has more than {most:,} nodes, which nobody could read; fold it, "
                "draw a node nearer to the leaves, or raise the limit by draw(..., limit=...)"
            )
        names = [expand] if isinstance(expand, str) else list(expand)
        most = _MOST_BOXES if limit is None else limit
        closely = fold is True or bool(names)
        is_open = True if fold is False else False if closely else None
        if fold is None:
            fold = closely or _boxes(found) > most
        graph = subject(found, set(outputs), frame)

        def shown(folds: Mapping[Node, Fold], groups: Groups) -> Scene:
            return scene(Shown(graph, folds, groups, values, gradients, locals))

        nesting = nested(graph, names, most, is_open, split=not fold)
        inside = shown(nesting.folds, nesting.groups)
        if fold:
            room = 2 * most // 3
            picture = shown(folded(graph, names, room, closely), {})
            while len(picture.boxes) > most and room > 1:
                room //= 2
                picture = shown(folded(graph, names, room, closely), {})
        else:
            picture = shown({}, {}) if nesting.folds else inside
        haste = len(picture.boxes) > LARGE
        text = to_dot(picture, rankdir or direction(picture), shapes=shapes, haste=haste)
        boxes = len(picture.boxes) if fold else None
        return Drawing(text, len(found), boxes, page_data(inside, rankdir, shapes, is_open is None))


def _boxes(nodes: Sequence[Node]) -> int:
    """How many boxes a drawing has in which nothing is folded."""
    operations = [node for node in nodes if node.op is not None]
    constants = sum(not isinstance(arg, Node) for node in operations for arg in node.args)
    return len(nodes) + len(operations) + constants
