"""A small text, for models of language that predict the next character."""

from __future__ import annotations

from importlib.resources import files


def sonnets() -> str:
    """Nine sonnets by Shakespeare (1, 12, 18, 29, 30, 55, 73, 116 and 130), from 1609.

    >>> text = sonnets()
    >>> text.partition(chr(10))[0], len(set(text))
    ('From fairest creatures we desire increase,', 55)
    """
    return files("nn.datasets").joinpath("sonnets.txt").read_text("utf-8")
