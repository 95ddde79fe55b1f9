"""A reader of the DOT language, enough of it to say what a drawing shows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from xml.etree import ElementTree

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|->|[{}\[\]=,;]|[\w.#-]+|<)', re.DOTALL)


@dataclass
class Shown:
    """A box as it is shown: its name, its attributes, and its text, cell by cell."""

    name: str
    attributes: dict[str, str]
    cells: list[str]

    @property
    def role(self) -> str:
        return self.attributes["class"]

    @property
    def rows(self) -> dict[str, str]:
        """What stands beside "value", "grad" and "shape"."""
        cells = self.cells[len(self.cells) % 2 :]
        return dict(zip(cells[::2], cells[1::2], strict=True))

    @property
    def title(self) -> str:
        return self.cells[0] if len(self.cells) % 2 else ""


@dataclass
class Picture:
    """What a DOT text says: boxes by name, and arrows (tail, head, text) in their order."""

    boxes: dict[str, Shown] = field(default_factory=dict)
    arrows: list[tuple[str, str, str]] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)

    def of_role(self, role: str) -> list[Shown]:
        return [box for box in self.boxes.values() if box.role == role]

    def titled(self, title: str) -> Shown:
        (found,) = [box for box in self.boxes.values() if box.title == title]
        return found

    def locals_into(self, operation: str) -> list[str]:
        """The texts of the arrows into the operations shown as `operation`, in their order."""
        texts = [text for _, head, text in self.arrows if self.boxes[head].title == operation]
        return [text.strip() for text in texts]


def tokens(source: str) -> list[str]:
    """The words, signs, quoted texts and texts in angle brackets of a DOT text."""
    found, at, end = [], 0, len(source.rstrip())
    while at < end:
        match = _TOKEN.match(source, at)
        assert match, f"not DOT: {source[at : at + 60]!r}"
        start, at = match.start(1), match.end()
        if match[1] == "<":
            depth = 1
            while depth:
                depth += {"<": 1, ">": -1}.get(source[at], 0)
                at += 1
        found.append(source[start:at])
    return found


def read(source: str) -> Picture:
    """Read a DOT text as the language defines it; AssertionError where it is none."""
    words = tokens(source)[::-1]
    assert words.pop() == "digraph"
    assert words.pop() == "{"
    picture = Picture()
    scopes: list[dict[str, str]] = [{}]
    while scopes:
        word = words.pop()
        if word == "{":
            scopes.append(dict(scopes[-1]))
        elif word == "}":
            scopes.pop()
        elif words[-1] == "->":
            words.pop()
            head = words.pop()
            picture.arrows.append((word, head, "\n".join(_cells(_attributes(words)))))
        else:
            attributes = _attributes(words)
            if word == "node":
                scopes[-1].update(attributes)
            elif word == "graph":
                picture.attributes |= attributes
            elif word != "edge":
                assert word not in picture.boxes
                cells = _cells(attributes)
                picture.boxes[word] = Shown(word, scopes[-1] | attributes, cells)
    assert not words
    return picture


def _attributes(words: list[str]) -> dict[str, str]:
    attributes: dict[str, str] = {}
    if words[-1] == "[":
        words.pop()
        while words[-1] != "]":
            name, equals, value = words.pop(), words.pop(), words.pop()
            assert equals == "="
            attributes[name] = value if name == "label" else value.strip('"')
            if words[-1] == ",":
                words.pop()
        words.pop()
    return attributes


def _cells(attributes: dict[str, str]) -> list[str]:
    label = attributes.get("label", '""')
    if label.startswith("<"):
        table = ElementTree.fromstring(label[1:-1])
        for line_end in table.iter("BR"):
            line_end.tail = "\n" + (line_end.tail or "")
        texts = ("".join(cell.itertext()) for cell in table.iter("TD"))
        return [text.removesuffix("\n").replace(r"\\", "\\") for text in texts]
    escapes = {"n": "\n", "\\": "\\", '"': '"'}
    text = re.sub(r"\\(.)", lambda match: escapes[match[1]], label[1:-1])
    return [unescape(text)] if text else []
