"""The checker of the exercises."""

from collections.abc import Callable
from typing import Any


def judge(check: Callable[..., None], *answer: Any, hint: str = "") -> None:
    """Say whether `check(*answer)` passes. Where it raises, say what is wrong, and give the hint."""
    try:
        check(*answer)
    except Exception as problem:
        kind = "" if isinstance(problem, AssertionError | ValueError) else type(problem).__name__
        print("Not yet.", f"{kind}: {problem}" if kind else problem)
        if "NoneType" in str(problem):
            print("Is a `return` missing?")
        for note in getattr(problem, "__notes__", ()):
            print(note)
        if hint:
            print("Hint:", hint)
    else:
        print("Right.")
