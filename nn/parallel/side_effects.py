"""``SideEffects``: random draws and buffers of a model, the same whoever computes which shard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nn.data import Array
from nn.modules.module import Module


class SideEffects:
    """What a forward pass changes in a model: random generators, and buffers such as running means.

    A whole mini-batch draws from the model's generators and changes the buffers. With several
    shards each draws from streams of its own, which follow from the state of the generators before
    the step and from the shard's number, and finds the buffers as they were before the step: so it
    does not matter who computes it. Afterwards each buffer is the mean over the shards.
    """

    def __init__(self, model: Module, shards: int) -> None:
        generators = model.named_generators().values()
        self._generators = list({id(generator): generator for generator in generators}.values())
        self._places = model._buffers()
        self._several = shards > 1
        self._before: list[Any] = []
        self._after: list[Any] = []
        self._keys: list[int] = []
        self._buffers: dict[str, tuple[Any, str, Array, Array]] = {}

    def begin(self) -> None:
        """Before the first shard."""
        self._before = [generator.bit_generator.state for generator in self._generators]
        if self._several:
            self._keys = [int(generator.integers(2**63)) for generator in self._generators]
            self._after = [generator.bit_generator.state for generator in self._generators]
            self._buffers = {
                path: (module, name, getattr(module, name), getattr(module, name).copy())
                for path, (module, name) in self._places.items()
            }

    def enter(self, shard: int) -> None:
        """Before a shard: let the model draw from its streams."""
        if self._several:
            for generator, key in zip(self._generators, self._keys, strict=True):
                seeded = type(generator.bit_generator)(np.random.SeedSequence([key, shard]))
                generator.bit_generator.state = seeded.state

    def leave(self) -> dict[str, Array]:
        """After a shard: the buffers that it has changed, which are then as before."""
        changed = {}
        for path, (module, name, buffer, copy) in self._buffers.items():
            now = getattr(module, name)
            if now is not buffer or not np.array_equal(now, copy, equal_nan=True):
                changed[path] = now.copy()
                buffer[...] = copy
                setattr(module, name, buffer)
        return changed

    def end(self, changed: Sequence[dict[str, Array]] = (), shares: Sequence[float] = ()) -> None:
        """After the last shard: each buffer becomes the mean of what the shards have made of it.

        changed: the buffers that each shard has changed, by their paths.
        shares: the share of each shard in the examples. A buffer that is not of floats is that of
            the first shard.
        """
        if self._several:
            self._set(self._after)
        for path in {path: None for buffers in changed for path in buffers}:
            module, name, buffer, _ = self._buffers[path]
            versions = [buffers.get(path, buffer) for buffers in changed]
            if buffer.dtype.kind == "f":
                mean = sum(part * share for part, share in zip(versions, shares, strict=True))
                versions[0] = np.asarray(mean, buffer.dtype)
            setattr(module, name, versions[0])

    def rewind(self) -> None:
        """Be as before ``begin``, to take the step again."""
        self.leave()
        self._set(self._before)

    def _set(self, states: list[Any]) -> None:
        for generator, state in zip(self._generators, states, strict=True):
            generator.bit_generator.state = state
