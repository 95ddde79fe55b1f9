"""Ranks that are threads of this process, with the five methods of MPI that training needs.

What they exchange is pickled or copied, as between processes. A rank that waits in vain for the
others gives up, so a test that would hang fails.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

PATIENCE = 60.0


class Threads:
    """The communicator as one of its ranks sees it."""

    def __init__(self, rank: int, barrier: threading.Barrier, table: list[Any]) -> None:
        self._rank = rank
        self._barrier = barrier
        self._table = table
        self.sent = 0
        """Bytes of arrays, to all others together."""

    def Get_rank(self) -> int:
        return self._rank

    def Get_size(self) -> int:
        return len(self._table)

    def _exchange(self, said: Any) -> list[Any]:
        self._table[self._rank] = said
        self._barrier.wait(PATIENCE)
        heard = list(self._table)
        self._barrier.wait(PATIENCE)
        return heard

    def allgather(self, sendobj: Any) -> list[Any]:
        heard = self._exchange(("allgather", pickle.dumps(sendobj)))
        assert {kind for kind, _ in heard} == {"allgather"}
        return [pickle.loads(said) for _, said in heard]

    def Alltoall(self, sendbuf: Any, recvbuf: Any) -> None:
        assert sendbuf.nbytes == recvbuf.nbytes
        self._arrays("Alltoall", sendbuf.reshape(self.Get_size(), -1), recvbuf)
        self.sent += sendbuf.nbytes * (self.Get_size() - 1) // self.Get_size()

    def Allgather(self, sendbuf: Any, recvbuf: Any) -> None:
        assert sendbuf.nbytes * self.Get_size() == recvbuf.nbytes
        everything = np.broadcast_to(sendbuf.ravel(), (self.Get_size(), sendbuf.size))
        self._arrays("Allgather", everything, recvbuf)
        self.sent += sendbuf.nbytes * (self.Get_size() - 1)

    def _arrays(self, kind: str, parts: Any, recvbuf: Any) -> None:
        """Row i of ``parts`` to rank i."""
        assert recvbuf.flags.c_contiguous
        assert parts.dtype == recvbuf.dtype
        heard = self._exchange((kind, parts.copy()))
        assert {kind for kind, _ in heard} == {kind}
        recvbuf.reshape(self.Get_size(), -1)[...] = [parts[self._rank] for _, parts in heard]


def on_ranks(count: int, job: Callable[[Threads], Any]) -> list[Any]:
    """What ``job`` gives on each rank, or the error that it raises there."""
    barrier = threading.Barrier(count)
    table: list[Any] = [None] * count
    results: list[Any] = [None] * count

    def work(rank: int) -> None:
        try:
            results[rank] = job(Threads(rank, barrier, table))
        except BaseException as error:
            results[rank] = error

    threads = [threading.Thread(target=work, args=[rank]) for rank in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
