"""``Team``: the processes that train together, seen from one of them, its rank.

They exchange what they have to say at the same points of the program, and there an error of one
becomes an error of all. One that dies without a word is noticed by ``nn.parallel.watch``.
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

from nn.parallel.watch import Watch


class Communicator(Protocol):
    """What is asked of ``comm``: these five methods of mpi4py's ``MPI.Comm``, of the same meaning.

    ``allgather`` takes any object that can be pickled; the other two take C-contiguous arrays of
    equal types, cut into equal parts, one for each rank.
    """

    def Get_rank(self) -> int:
        """The number of this process, from 0."""

    def Get_size(self) -> int:
        """How many there are."""

    def allgather(self, sendobj: Any) -> list[Any]:
        """What each has sent, to all, in the order of their numbers."""

    def Alltoall(self, sendbuf: Any, recvbuf: Any) -> None:
        """The i-th part of ``sendbuf`` to the i-th; what came from the j-th is the j-th part."""

    def Allgather(self, sendbuf: Any, recvbuf: Any) -> None:
        """``sendbuf`` to all; what came from the j-th is the j-th part of ``recvbuf``."""


class RankError(RuntimeError):
    """Another rank has failed, or the ranks do not do the same, and none of them can go on."""


@dataclass
class Talk:
    """What this rank says at a point of the program, and what it has then heard from each."""

    said: Any = None
    heard: list[Any] = field(default_factory=list)


class Team:
    """The ranks of a communicator; None, or one of size 1, is a process by itself.

    The team is at work inside ``with team:``. At its end, and at the end of each block ``with
    team.together(...)`` in it, all ranks wait for each other. An error in any place ends the work
    of all: where it arose it is raised with a note, on the others a ``RankError`` names it.

    ``cure`` is what the user can do then, in a sentence. Ctrl-C is heeded at the next such point.
    """

    def __init__(self, comm: Communicator | None) -> None:
        self.rank: int = 0 if comm is None else comm.Get_rank()
        self.size: int = 1 if comm is None else comm.Get_size()
        self.comm: Communicator | None = None if self.size == 1 else comm
        self.speaks: bool = self.rank == 0
        """Whether it is for this rank to tell the user: the first, or the first that has failed."""
        self._cure = ""
        self._over = False
        self._depth = 0
        self._interrupted = False
        self._handler: Any = None
        self._watch: Watch | None = None

    @property
    def cure(self) -> str:
        """What to do after a failure."""
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
        """Wait with it until all can hear of it; but not twice."""
        if self._interrupted:
            raise KeyboardInterrupt
        self._interrupted = True

    # --- talking ---------------------------------------------------------------------------------

    @contextmanager
    def together(self, what: str) -> Iterator[Talk]:
        """All say something, ``talk.said`` in the block, and hear it after the block, ``heard``.

        ``what`` names the place. Raises ``RankError`` where another rank has failed, or is in
        another place.
        """
        talk = Talk()
        if self.comm is None:
            yield talk
            talk.heard = [talk.said]
            return
        error: BaseException | None = None
        try:
            yield talk
        except BaseException as raised:
            if self._over:
                raise
            error = raised
        talk.heard = self._exchange(what, talk.said, error)

    def agree(self, what: str, texts: Mapping[str, str]) -> None:
        """Make sure that ``texts`` is the same on all; ``ValueError`` naming what differs."""
        with self.together(what) as talk:
            talk.said = dict(texts)
        faults = []
        for name in texts:
            values = [said.get(name) for said in talk.heard]
            other = next((n for n, value in enumerate(values) if value != values[0]), None)
            if other is not None:
                first, second = _short(str(values[0])), _short(str(values[other]))
                faults.append(f"{name}: {first} on rank 0, {second} on rank {other}")
        if faults:
            raise ValueError(
                "all ranks must be told the same, with equal seeds, and these were not: "
                + "; ".join(faults)
            )

    def _exchange(self, what: str, said: Any, error: BaseException | None) -> list[Any]:
        """Hear what the others have to say; raises unless all are well and in one place."""
        assert self.comm is not None
        if self._interrupted and error is None:
            error = KeyboardInterrupt()
        failure = None if error is None else " ".join(f"{type(error).__name__}: {error}".split())
        told = self.comm.allgather((what, said, failure))
        failed = [rank for rank, (_, _, failure) in enumerate(told) if failure is not None]
        places = [place for place, _, _ in told]
        if not failed and len(set(places)) == 1:
            return [said for _, said, _ in told]
        self._over = True
        end = f". All have stopped{self._cure and f': {self._cure}'}"
        if not failed:
            other = next(rank for rank, place in enumerate(places) if place != places[0])
            raise RankError(
                f"rank 0 is at {places[0]}, and rank {other} at {places[other]}: what the ranks "
                f"do must be the same on all, callbacks and stopping rules included{end}"
            )
        self.speaks = self.rank == failed[0]
        if error is not None:
            error.add_note(f"This was on rank {self.rank} of {self.size}{end}")
            raise error
        raise RankError(f"rank {failed[0]} of {self.size}: {told[failed[0]][2]}{end}")


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:50]}... ({zlib.crc32(text.encode()):08x})"
