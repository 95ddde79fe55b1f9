"""A mini-batch cut into shards, and what they give added up in an order that is always the same.

How the ranks talk to each other besides is in ``nn.parallel.team``.
"""

from __future__ import annotations

from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import DTypeLike

from nn.data import Array
from nn.parallel.team import Team


def cut(count: int, shards: int) -> list[slice]:
    """``count`` examples in ``shards`` parts one after the other, the first of which may have one
    more than the last. Of fewer examples than shards the last parts are empty.

    >>> cut(10, 4)
    [slice(0, 3, None), slice(3, 6, None), slice(6, 8, None), slice(8, 10, None)]
    """
    each, more = divmod(count, shards)
    sizes = (each + (shard < more) for shard in range(shards))
    return [slice(*ends) for ends in pairwise(accumulate(sizes, initial=0))]


def add_up(rows: Array) -> Array:
    """The sum of the rows, in place in the first: neighbours in pairs, then pairs of pairs, ...

    ``((r₀ + r₁) + (r₂ + r₃)) + r₄``: who adds up an aligned block of 2ᵏ rows has a part of it, so
    that the sum has the same bits whoever adds which of the blocks. The other rows are spoilt.

    >>> add_up(np.array([[1.0], [2.0], [3.0], [4.0], [5.0]]))
    array([15.])
    """
    apart = 1
    while apart < len(rows):
        for row in range(0, len(rows) - apart, 2 * apart):
            rows[row] += rows[row + apart]
        apart *= 2
    first: Array = rows[0]
    return first


class Sum:
    """The sum of one row for each shard over the shards of all ranks: ``add_up`` of all of them.

    ``rows``, (shards of this rank, length), is filled anew for each sum. Each rank sends to each
    other a segment of its rows, adds up the segments that it gets, and sends the sum of them to
    all: 2 (n - 1)/n times the length for n ranks, as an ``Allreduce`` does at best, whose order
    however is the library's own. To send whole rows to all would be n - 1 times the length.
    """

    def __init__(self, team: Team, shards: int, length: int, dtype: DTypeLike) -> None:
        self._team = team
        self._length = length
        segment = -(-length // team.size)
        self._rows = np.zeros((shards, team.size * segment), dtype)
        self.rows: Array = self._rows[:, :length]
        # A block of 2ᵏ shards of a rank is a part of the sum: it is added up before it is sent.
        self._block = shards & -shards
        each = shards // self._block
        self._sent = np.empty((team.size, each, segment), dtype)
        self._got = np.empty((team.size * each, segment), dtype)
        self._whole = np.empty((team.size, segment), dtype)

    def __call__(self) -> Array:
        """The sum, in memory that the next one is written to."""
        blocks = range(0, len(self.rows), self._block)
        sums = [add_up(self._rows[block : block + self._block]) for block in blocks]
        if self._team.comm is None:
            return add_up(self._rows[:: self._block])[: self._length]
        for place, row in enumerate(sums):
            self._sent[:, place] = row.reshape(self._team.size, -1)
        self._team.comm.Alltoall(self._sent, self._got)
        self._team.comm.Allgather(add_up(self._got), self._whole)
        return self._whole.reshape(-1)[: self._length]
