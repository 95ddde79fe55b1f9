"""`on_return`: looking on when certain functions return, without changing them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any, TypeAlias

Handler: TypeAlias = Callable[[FrameType, Any], None]
"""Called with the frame of the function that returns, and with what it returns."""


@contextmanager
def on_return(handlers: Mapping[CodeType, Handler]) -> Iterator[None]:
    """Inside the block `handlers[code](frame, result)` is called when a function of `code` returns.

    Python is asked to report calls (`sys.setprofile`), in this thread only; who was told of them
    before is told of them still.
    """
    before = sys.getprofile()

    def profile(frame: FrameType, event: Any, arg: Any) -> None:
        if before is not None:
            before(frame, event, arg)
        if event == "return" and (handler := handlers.get(frame.f_code)):
            handler(frame, arg)

    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(before)
