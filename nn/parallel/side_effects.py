"""``SideEffects``: random draws and buffers that do not depend on which rank computes a shard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nn.data import Array
from nn.modules.module import Module


class SideEffects:
    """The state that a forward pass changes in a model: random generators and buffers.

    A whole mini-batch draws from the model's generators and changes the buffers, such as running
    means. Of several shards each draws from its own streams, which are seeded by the state of the
    generators before the step and by the number of the shard, and starts with the buffers as they
    were before the step. So the result does not depend on which rank computes it. After the step
    each buffer is the mean over the shards.
    """

    def __init__(self, model: Module, shards: int) -> None:
        generators = model.named_generators().values()
        self._generators = list({id(generator): generator for generator in generators}.values())
        self._owners = model._buffers()
        self._several = shards > 1
        self._before: list[Any] = []
        self._after: list[Any] = []
        self._keys: list[int] = []
        self._buffers: dict[str, tuple[Any, str, Array, Array]] = {}

    @property
    def draws(self) -> bool:
        """Whether the model has generators to draw from."""
        return bool(self._generators)

    def begin(self) -> None:
        """Call before the first shard."""
        self._before = [generator.bit_generator.state for generator in self._generators]
        if self._several:
            self._keys = [int(generator.integers(2**63)) for generator in self._generators]
            self._after = [generator.bit_generator.state for generator in self._generators]
            self._buffers = {
                path: (module, name, getattr(module, name), getattr(module, name).copy())
                for path, (module, name) in self._owners.items()
            }

    def enter(self, shard: int) -> None:
        """Call before a shard: seed the generators for it."""
        if self._several:
            for generator, key in zip(self._generators, self._keys, strict=True):
                seeded = type(generator.bit_generator)(np.random.SeedSequence([key, shard]))
                generator.bit_generator.state = seeded.state

    def leave(self) -> dict[str, Array]:
        """Call after a shard: return the buffers that it changed, and undo the changes."""
        changed = {}
        for path, (module, name, buffer, copy) in self._buffers.items():
            current = getattr(module, name)
            if current is not buffer or not np.array_equal(current, copy, equal_nan=True):
                changed[path] = current.copy()
                buffer[...] = copy
                setattr(module, name, buffer)
        return changed

    def end(self, changed: Sequence[dict[str, Array]] = (), shares: Sequence[float] = ()) -> None:
        """Call after the last shard: set each buffer to the mean over the shards.

        changed: the buffers that each shard changed, by path.
        shares: the fraction of the examples in each shard. A buffer that is not of floats is taken
            from the first shard.
        """
        if self._several:
            self._set(self._after)
        for path in {path: None for buffers in changed for path in buffers}:
            module, name, buffer, _ = self._buffers[path]
            versions = [buffers.get(path, buffer) for buffers in changed]
            if buffer.dtype.kind == "f":
                mean = sum(array * share for array, share in zip(versions, shares, strict=True))
                versions[0] = np.asarray(mean, buffer.dtype)
            setattr(module, name, versions[0])

    def rewind(self) -> None:
        """Restore the state before ``begin``, to repeat the step."""
        self.leave()
        self._set(self._before)

    def _set(self, states: list[Any]) -> None:
        for generator, state in zip(self._generators, states, strict=True):
            generator.bit_generator.state = state
