"""Examples from a folder of images, one folder in it for each class."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nn.data import Array, DataError, listed, shortened, shown
from nn.extras import require
from nn.tables.description import checked

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")


@dataclass(frozen=True)
class ImageEncoder:
    """Makes numbers of images (extra ``train``, with Pillow): from 0 to 1, row by row, and colour
    images channel by channel, so that ``Unflatten(1, (channels, height, width))`` gives them back.

    height, width, channels: of all images; 1 channel is grey, and 3 are red, green and blue. Other
        images are refused, or resized (bicubic) if ``resize``.
    """

    height: int
    width: int
    channels: int
    resize: bool = False

    @property
    def features(self) -> list[str]:
        """The names of the numbers of an image."""
        return [f"pixel {number}" for number in range(self.size)]

    @property
    def size(self) -> int:
        """How many numbers an image becomes."""
        return self.height * self.width * self.channels

    @classmethod
    def fit(cls, paths: Sequence[Path], size: tuple[int, int] | None = None) -> Self:
        """Take the size and the colours of images; ``DataError`` if they are of several sizes.

        size: (height, width) to resize all images to.
        """
        sizes: dict[tuple[int, int], Path] = {}
        channels = 1
        for path in paths:
            with _opened(path) as image:
                sizes.setdefault((image.height, image.width), path)
                if image.mode not in ("1", "L", "I", "I;16", "LA", "F"):
                    channels = 3
        if size is None and len(sizes) > 1:
            (first, one), (second, other) = list(sizes.items())[:2]
            raise DataError(
                f"{one} is an image of {first[1]} x {first[0]} pixels, and {other} of "
                f"{second[1]} x {second[0]}; size= (--size WIDTHxHEIGHT) resizes all of them"
            )
        height, width = size or next(iter(sizes))
        return cls(height, width, channels, resize=size is not None)

    def __call__(self, paths: Sequence[Path], limit: int) -> Array:
        """Return the images (n, channels · height · width) float32, from 0 to 1."""
        needed = 4 * len(paths) * self.size
        if needed > limit:
            raise DataError(
                f"{len(paths):,} images take {needed / 1e6:,.0f} MB of memory, more than the "
                f"{limit / 1e6:,.0f} MB allowed (memory_limit=, in bytes; --memory-limit, in MB)"
            )
        x: NDArray[np.float32] = np.empty((len(paths), self.size), np.float32)
        for row, path in enumerate(paths):
            with _opened(path) as image:
                x[row] = self._pixels(image, path).ravel()
        return x

    def _pixels(self, image: Any, path: Path) -> Array:
        if (image.height, image.width) != (self.height, self.width):
            if not self.resize:
                raise DataError(
                    f"{path} is an image of {image.width} x {image.height} pixels, and those of "
                    f"the training data have {self.width} x {self.height}"
                )
            if image.mode in ("P", "1"):
                image = image.convert("RGB" if self.channels == 3 else "L")
            image = image.resize((self.width, self.height), resample=3)
        most = 65535.0 if image.mode in ("I", "I;16") else 255.0
        if most == 255.0:
            image = image.convert("L" if self.channels == 1 else "RGB")
        elif self.channels == 3:
            raise DataError(f"{path}: a grey image of 16 bits among images in colour")
        pixels = np.asarray(image, np.float32) / np.float32(most)
        return pixels.transpose(2, 0, 1) if self.channels == 3 else pixels

    def to_dict(self) -> dict[str, Any]:
        """Return what ``from_dict`` needs, in JSON's types."""
        size = {"height": self.height, "width": self.width, "channels": self.channels}
        return {**size, "resize": self.resize}

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """Make the encoder that ``to_dict`` described; ``ValueError`` if it is damaged."""
        try:
            encoder = cls(**checked(state, ImageEncoder))
        except (TypeError, ValueError) as error:
            raise ValueError(f"not the description of an ImageEncoder: {error}") from error
        if encoder.channels not in (1, 3) or min(encoder.height, encoder.width) < 1:
            raise ValueError(f"not the description of images: {encoder}")
        return encoder


def image_paths(folder: Path) -> tuple[list[Path], list[str]]:
    """Return the images in the folders of a folder, and for each the name of its folder, its class.

    Raises ``DataError`` for images beside the folders, a folder without images, and fewer than two.
    """
    paths: list[Path] = []
    names: list[str] = []
    loose = [path for path in sorted(folder.iterdir()) if _is_image(path)]
    if loose:
        raise DataError(
            f"{loose[0]} is not in the folder of a class: {folder} must hold a folder for each "
            "class, with its images"
        )
    for inner in sorted(path for path in folder.iterdir() if path.is_dir()):
        if inner.name.startswith("."):
            continue
        found = sorted(path for path in inner.rglob("*") if _is_image(path))
        if not found:
            raise DataError(f"{inner}: a folder without images ({', '.join(ENDINGS)})")
        paths += found
        names += [inner.name] * len(found)
    if len(set(names)) < 2:
        raise DataError(
            f"{folder} holds {listed(sorted(map(shown, set(names)))) or 'no folders of images'}: a "
            "folder for each of two or more classes, with its images, is needed"
        )
    return paths, names


def all_images(path: Path) -> list[Path]:
    """Return the images of a folder, with those of its folders, or a single image."""
    if path.is_file():
        return [path]
    found = sorted(inner for inner in path.rglob("*") if _is_image(inner))
    if not found:
        raise DataError(f"{path}: a folder without images ({', '.join(ENDINGS)})")
    return found


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS and path.is_file()


def _opened(path: Path) -> Any:
    images = require("PIL.Image", extra="train")
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about damaged notes on the image
            warnings.simplefilter("error", images.DecompressionBombWarning)
            image = images.open(file)
            image.load()
    except Exception as error:  # Pillow raises many kinds for a damaged file
        raise DataError(
            f"{path}: not an image that Pillow can read ({shortened(error)})"
        ) from error
    return image
