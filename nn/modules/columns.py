"""The first layer of a model of tables or images, which knows how they become numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nn.data import Array, DataError
from nn.modules.module import Module
from nn.registry import register
from nn.tables import TableEncoder, as_table
from nn.tables.images import ImageEncoder


@register
class Columns(Module):
    """Passes numbers on, and knows how the columns of a table became numbers.

    encoder: the ``to_dict()`` of a ``TableEncoder``. It is saved with the model, so that
        ``nn.predict(model, table)`` takes a ``Table`` or a pandas ``DataFrame`` with the columns of
        the training data. ``self.encoder`` is the encoder.

    Raises ``ValueError`` if the description is damaged, and ``DataError`` for arrays of another
    width.
    """

    def __init__(self, encoder: Mapping[str, Any]) -> None:
        self.encoder: TableEncoder = TableEncoder.from_dict(encoder)

    def title(self) -> str:
        """Return the name, and the numbers of columns and inputs."""
        encoder = self.encoder
        return f"Columns({len(encoder.columns)} columns, {len(encoder.features)} inputs)"

    def encode(self, data: Any) -> Array:
        """Return the inputs of a ``Table`` or a ``DataFrame``, (n, features) float32."""
        return self.encoder.inputs(as_table(data))

    def forward(self, x: Any) -> Any:
        width = len(self.encoder.features)
        if x.shape[-1] != width:
            raise DataError(
                f"an input of shape {x.shape}: the columns of the training data became {width} "
                "numbers (nn.predict takes a table or a DataFrame, and encoder.inputs(table) gives "
                "these numbers)"
            )
        return x


@register
class Pixels(Module):
    """Passes numbers on, and knows the size and the colours of the images that they were.

    encoder: the ``to_dict()`` of an ``ImageEncoder``, which is saved with the model.
    """

    def __init__(self, encoder: Mapping[str, Any]) -> None:
        self.encoder: ImageEncoder = ImageEncoder.from_dict(encoder)

    def title(self) -> str:
        """Return the name, and the size of the images."""
        encoder = self.encoder
        return f"Pixels({encoder.height} x {encoder.width} x {encoder.channels})"

    def forward(self, x: Any) -> Any:
        return x
