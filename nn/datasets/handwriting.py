"""Handwritten digits: the small set in scikit-learn, and MNIST."""

from __future__ import annotations

import os
from os import PathLike
from pathlib import Path

import numpy as np

from nn.data import DataError, Examples, TrainTest
from nn.datasets.download import fetch
from nn.datasets.idx import read_idx
from nn.extras import require

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def digits() -> Examples:
    """1,797 handwritten digits of 8 by 8 pixels: x (1797, 64) float32 in [0, 1], y (1797,) int64.

    The test part of the UCI set *Optical Recognition of Handwritten Digits* (Alpaydin and Kaynak
    1998), which is part of scikit-learn, so nothing is downloaded. It has no official split;
    ``nn.train_test_split`` makes one. Raises ``ImportError`` without scikit-learn.

    >>> x, y = digits()
    >>> x.shape, x.dtype.name, y[:4].tolist()
    ((1797, 64), 'float32', [0, 1, 2, 3])
    """
    bunch = require("sklearn.datasets", extra="train").load_digits()
    return Examples((bunch.data / 16).astype(np.float32), bunch.target.astype(np.int64))


def mnist(path: str | PathLike[str] | None = None, *, progress: bool = True) -> TrainTest:
    """60,000 training and 10,000 test digits of 28 by 28 pixels (LeCun, Cortes and Burges 1998).

    ``train.x`` is (60000, 784) float32 in [0, 1] (the pixels / 255), ``train.y`` (60000,) int64,
    and ``test`` likewise.

    The four IDX files, gzipped or not, are read from the folder ``path``, or by default from the
    folder that the environment variable MNIST_DIR names. Without either they are read from
    ``mnist_cache()``, and downloaded first if necessary: from public mirrors, with a progress bar,
    all four or none. The SHA-256 of files in the cache is verified at each use. Files in other
    folders are only checked for their format, so data such as Fashion-MNIST can be read too.

    Raises ``FileNotFoundError`` for files that are missing in the folder, ``DataError`` for a
    damaged one, and ``ConnectionError`` with instructions if the download fails.
    """
    source = os.environ.get("MNIST_DIR") if path is None else path
    if source:
        folder = Path(source).expanduser()
    else:
        folder = mnist_cache()
        try:
            fetch(folder, SHA256, MIRRORS, progress=progress)
        except (ConnectionError, ImportError) as error:
            raise type(error)(
                f"MNIST cannot be downloaded: {error}. Download {', '.join(SHA256)} by hand, put "
                f"them, gzipped or not, into a folder, and name it by path= or by the environment "
                f"variable MNIST_DIR; or put them unpacked into {folder}"
            ) from error
    files = {name: file for name in SHA256 if (file := _find(folder, name))}
    missing = ", ".join(name for name in SHA256 if name not in files)
    if missing:
        raise FileNotFoundError(f"{folder} lacks {missing} (gzipped or not)")
    train = _examples(files["train-images-idx3-ubyte"], files["train-labels-idx1-ubyte"])
    test = _examples(files["t10k-images-idx3-ubyte"], files["t10k-labels-idx1-ubyte"])
    if train.x.shape[1] != test.x.shape[1]:
        raise DataError(
            f"{folder}: training images of {train.x.shape[1]} pixels, test images of "
            f"{test.x.shape[1]}"
        )
    return TrainTest(train, test)


def mnist_cache() -> Path:
    """Return the folder for downloaded files: wengert/mnist in XDG_CACHE_HOME or ~/.cache."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root, "wengert", "mnist")


def _find(folder: Path, name: str) -> Path | None:
    """The file, gzipped or not; some archives have ``.idx`` in place of ``-idx``."""
    stems = (name, name.replace("-idx", ".idx"))
    candidates = [folder / (stem + end) for stem in stems for end in ("", ".gz")]
    return next((file for file in candidates if file.is_file()), None)


def _examples(images_file: Path, labels_file: Path) -> Examples:
    images, labels = read_idx(images_file), read_idx(labels_file)
    if images.ndim != 3 or labels.shape != images.shape[:1] or images.size == 0:
        raise DataError(
            f"{images_file} has shape {images.shape} and {labels_file.name} "
            f"{labels.shape}; they must be (n, height, width) and (n,)"
        )
    if labels.max() > 9:
        raise DataError(f"{labels_file}: label {labels.max()}; digits go from 0 to 9")
    x = images.reshape(len(images), -1).astype(np.float32)
    x /= 255
    return Examples(x, labels.astype(np.int64))
