"""``Team``: the processes that train together, seen from one of them, a rank.

The ranks exchange values at the same points of the program; an error on one of them is raised there
on all.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Any, Protocol, Self

from nn.data import Array
from nn.parallel.watch import Watch


class Communicator(Protocol):
    """The five methods of mpi4py's ``MPI.Comm`` that ``comm`` must have.

    ``allgather`` takes any object that can be pickled. The other two take C-contiguous arrays of
    equal types that consist of equal segments, one for each rank.
    """

    def Get_rank(self) -> int:
        """Return the number of this process, from 0."""

    def Get_size(self) -> int:
        """Return the number of processes."""

    def allgather(self, sendobj: Any) -> list[Any]:
        """Send an object to all ranks; return those of all, in order of rank."""

    def Alltoall(self, sendbuf: Array, recvbuf: Array) -> None:
        """Send segment i to rank i; receive segment j from rank j."""

    def Allgather(self, sendbuf: Array, recvbuf: Array) -> None:
        """Send ``sendbuf`` to all ranks; receive segment j from rank j."""


class RankError(RuntimeError):
    """Another rank has failed, or the ranks do different things, so none of them can go on."""


@dataclass
class Exchange:
    """A value to send to all ranks, and the values received from each."""

    value: Any = None
    values: list[Any] = field(default_factory=list)


class Team:
    """The ranks of a communicator. None, or a communicator of size 1, means a single process.

    The team works inside ``with team:``. All ranks wait for each other at its end, and at the end
    of each ``with team.together(...)`` in it. An error on one rank stops all: that rank raises it
    with a note, and the others raise a ``RankError`` that names it.

    ``cure`` is a sentence on what the user can do then. Ctrl-C takes effect at the next such point.
    """

    def __init__(self, comm: Communicator | None) -> None:
        self.rank: int = 0 if comm is None else comm.Get_rank()
        self.size: int = 1 if comm is None else comm.Get_size()
        self.comm: Communicator | None = None if self.size == 1 else comm
        self.speaks: bool = self.rank == 0
        """Whether this rank prints messages: the first one, or the first one that failed."""
        self._cure = ""
        self._over = False
        self._depth = 0
        self._interrupted = False
        self._handler: Any = None
        self._watch: Watch | None = None

    @property
    def cure(self) -> str:
        """What the user can do after a failure."""
        return self._cure

    @cure.setter
    def cure(self, text: str) -> None:
        self._cure = text
        if self._watch and self.rank == 0:
            self._watch.say(text)

    # --- beginning and end -----------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._depth += 1
        if self._depth == 1 and self.comm is not None:
            names = self.comm.allgather(socket.gethostname())
            me = f"rank {self.rank} of {self.size} (process {os.getpid()} on {names[self.rank]})"
            self._watch = Watch(self.comm, me, local=len(set(names)) == 1)
            if threading.current_thread() is threading.main_thread():
                self._handler = signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._depth -= 1
        if self._depth or self.comm is None:
            return
        try:
            if not self._over:
                self._exchange("the end", None, error)
        finally:
            if self._handler is not None:
                signal.signal(signal.SIGINT, self._handler)
            if self._watch:
                self._watch.end()

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        """Note the first Ctrl-C for the next exchange; a second one takes effect at once."""
        if self._interrupted:
            raise KeyboardInterrupt
        self._interrupted = True

    # --- exchanges -------------------------------------------------------------------------------

    @contextmanager
    def together(self, what: str) -> Iterator[Exchange]:
        """Exchange a value: set ``value`` in the block and read the ``values`` of all after it.

        ``what`` names the point in the program. Raises ``RankError`` if another rank has failed or
        is at another point.
        """
        exchange = Exchange()
        if self.comm is None:
            yield exchange
            exchange.values = [exchange.value]
            return
        error: BaseException | None = None
        try:
            yield exchange
        except BaseException as raised:
            if self._over:
                raise
            error = raised
        exchange.values = self._exchange(what, exchange.value, error)

    def agree(self, what: str, texts: Mapping[str, str]) -> None:
        """Raise ``ValueError`` unless ``texts`` is the same on all ranks; it says what differs."""
        with self.together(what) as exchange:
            exchange.value = dict(texts)
        faults = []
        for name in texts:
            values = [texts_of_rank.get(name) for texts_of_rank in exchange.values]
            other = next((n for n, value in enumerate(values) if value != values[0]), None)
            if other is not None:
                first, second = _short(str(values[0])), _short(str(values[other]))
                faults.append(f"{name}: {first} on rank 0, {second} on rank {other}")
        if faults:
            raise ValueError(
                "all ranks must have the same arguments, with equal seeds, and these differ: "
                + "; ".join(faults)
            )

    def _exchange(self, what: str, value: Any, error: BaseException | None) -> list[Any]:
        """Return the values of all ranks; raise unless all are at one point without an error."""
        assert self.comm is not None
        if self._interrupted and error is None:
            error = KeyboardInterrupt()
        failure = None if error is None else " ".join(f"{type(error).__name__}: {error}".split())
        points, values, failures = zip(*self.comm.allgather((what, value, failure)), strict=True)
        failed = [rank for rank, failure in enumerate(failures) if failure is not None]
        if not failed and len(set(points)) == 1:
            return list(values)
        self._over = True
        end = f". All have stopped{self._cure and f': {self._cure}'}"
        if not failed:
            other = next(rank for rank, point in enumerate(points) if point != points[0])
            raise RankError(
                f"rank 0 is at {points[0]}, and rank {other} at {points[other]}: all ranks must do "
                f"the same, in callbacks and stopping rules too{end}"
            )
        self.speaks = self.rank == failed[0]
        if error is not None:
            error.add_note(f"This was on rank {self.rank} of {self.size}{end}")
            raise error
        raise RankError(f"rank {failed[0]} of {self.size}: {failures[failed[0]]}{end}")


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:50]}... ({zlib.crc32(text.encode()):08x})"
