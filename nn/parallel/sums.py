"""Mini-batches cut into shards, and sums over the shards in an order that never changes."""

from __future__ import annotations

from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import DTypeLike

from nn.data import Array
from nn.parallel.team import Team


def cut(count: int, shards: int) -> list[slice]:
    """Cut ``count`` examples into ``shards`` consecutive slices whose lengths differ by at most 1.

    The longer ones come first. If there are fewer examples than shards, the last slices are empty.

    >>> cut(10, 4)
    [slice(0, 3, None), slice(3, 6, None), slice(6, 8, None), slice(8, 10, None)]
    """
    size, rest = divmod(count, shards)
    sizes = (size + (shard < rest) for shard in range(shards))
    return [slice(*ends) for ends in pairwise(accumulate(sizes, initial=0))]


def add_up(rows: Array) -> Array:
    """Pairwise sum of the rows, ``((r₀ + r₁) + (r₂ + r₃)) + r₄``, in place in the first row.

    The sum of an aligned block of 2ᵏ rows is a term of it, so the result has the same bits
    whichever rank adds up which block. The other rows are overwritten.

    >>> add_up(np.array([[1.0], [2.0], [3.0], [4.0], [5.0]]))
    array([15.])
    """
    distance = 1
    while distance < len(rows):
        for row in range(0, len(rows) - distance, 2 * distance):
            rows[row] += rows[row + distance]
        distance *= 2
    first: Array = rows[0]
    return first


class Sum:
    """``add_up`` over the shards of all ranks, with one row for each shard.

    ``rows``, (shards of this rank, length), is to be filled before each sum. Each rank sends a
    segment of its rows to every other, adds up the segments that it receives, and sends their sum
    to all. For n ranks this transfers 2 (n - 1)/n times the length, which is optimal. ``Allreduce``
    transfers as much, but in an order of its own.
    """

    def __init__(self, team: Team, shards: int, length: int, dtype: DTypeLike) -> None:
        self._team = team
        self._length = length
        segment = -(-length // team.size)
        self._rows = np.zeros((shards, team.size * segment), dtype)
        self.rows: Array = self._rows[:, :length]
        # An aligned block of 2ᵏ shards is a term of the sum, so it is added up before it is sent.
        self._block = shards & -shards
        blocks = shards // self._block
        self._send = np.empty((team.size, blocks, segment), dtype)
        self._receive = np.empty((team.size * blocks, segment), dtype)
        self._total = np.empty((team.size, segment), dtype)

    def __call__(self) -> Array:
        """Return the sum, in memory that the next call overwrites."""
        blocks = range(0, len(self.rows), self._block)
        sums = [add_up(self._rows[block : block + self._block]) for block in blocks]
        if self._team.comm is None:
            return add_up(self._rows[:: self._block])[: self._length]
        for number, row in enumerate(sums):
            self._send[:, number] = row.reshape(self._team.size, -1)
        self._team.comm.Alltoall(self._send, self._receive)
        self._team.comm.Allgather(add_up(self._receive), self._total)
        return self._total.reshape(-1)[: self._length]
