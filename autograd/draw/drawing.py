"""`draw`: a picture of a graph, as DOT text that becomes svg, png or pdf when it is looked at.

Which boxes and texts it has is in `content`, their looks in `dot`.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from autograd.draw.content import history, scene
from autograd.draw.dot import to_dot
from autograd.draw.render import DrawingError, render
from autograd.graph import Node

LARGE = 500
PATIENCE = 20.0


class Drawing:
    """A picture of a graph; in Jupyter it shows itself.

    source: the text in the DOT language, which any Graphviz tool reads.
    nodes: how many values, leaves included, the picture has.
    """

    def __init__(self, source: str, nodes: int) -> None:
        self.source = source
        self.nodes = nodes

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to a file whose suffix says how: .svg, .png, .pdf or .dot.

        The file appears whole or not at all. Raises ValueError for another suffix, and
        DrawingError where no program that makes such a picture is installed.
        """
        path = Path(path)
        format = path.suffix[1:].lower()
        if format not in ("svg", "png", "pdf", "dot"):
            raise ValueError(
                f"{path.name!r} does not end in .svg, .png, .pdf or .dot, which says how to save it"
            )
        if not path.parent.is_dir():
            raise FileNotFoundError(f"{str(path)!r}: there is no directory {str(path.parent)!r}")
        picture = self.source.encode() if format == "dot" else render(self.source, format)
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            part.write_bytes(picture)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """The picture for Jupyter, or how to get one and the text, where none can be made."""
        try:
            svg = render(self.source, "svg", PATIENCE).decode()
        except DrawingError as error:
            return {"text/plain": f"{error}\n\n{self.source}"}
        return {"image/svg+xml": svg, "text/plain": repr(self)}

    def _repr_svg_(self) -> str | None:
        return self._repr_mimebundle_().get("image/svg+xml")

    def __repr__(self) -> str:
        large = ": large, so it takes long and is hard to read" if self.nodes > LARGE else ""
        return f"Drawing({self.nodes:,} node{'s' * (self.nodes != 1)}{large})"


def draw(
    nodes: Node | list[Node] | tuple[Node, ...],
    *,
    values: bool = True,
    gradients: bool = True,
    locals: bool = True,
    rankdir: str = "LR",
    limit: int = 5000,
) -> Drawing:
    """Draw everything that `nodes` were computed from.

    nodes: one node (Value or Tensor), or a list or tuple of them; each is marked as an output.
    values, gradients: show `.data` and `.grad` in the boxes, numbers to four digits, arrays by
        their range.
    locals: show on each arrow the local derivative ∂(operation)/∂(argument): a number or a range,
        or the shape of the Jacobian where the operation is not elementwise.
    rankdir: the direction of the computation: "LR" (left to right), "TB", "RL" or "BT".
    limit: the most nodes to draw.

    Nothing is computed again and no `.grad` changes. Raises TypeError for anything but nodes, and
    ValueError for none at all, or for a graph of more than `limit` nodes.

    >>> from autograd import Value, draw
    >>> a = Value(3.0, "a")
    >>> draw(a * a + 1)
    Drawing(3 nodes)
    """
    outputs = list(nodes) if isinstance(nodes, list | tuple) else [nodes]
    if not outputs:
        raise ValueError("draw: there are no nodes to draw")
    for node in outputs:
        if not isinstance(node, Node):
            raise TypeError(f"draw: a {type(node).__name__} is not part of a graph; draw a node")
    if rankdir not in ("LR", "TB", "RL", "BT"):
        raise ValueError(f"draw: rankdir={rankdir!r} is not one of 'LR', 'TB', 'RL' and 'BT'")
    found = history(outputs, limit)
    if found is None:
        raise ValueError(
            f"draw: this graph has more than {limit:,} nodes, which nobody could read; draw a node "
            "nearer to the leaves, or raise the limit by draw(..., limit=...)"
        )
    picture = scene(found, set(outputs), values=values, gradients=gradients, locals=locals)
    return Drawing(to_dot(picture, rankdir, haste=len(found) > LARGE), len(found))
