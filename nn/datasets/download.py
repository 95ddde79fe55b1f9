"""Download files from mirrors and verify them."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from nn.data import DataError
from nn.datasets.idx import gunzip
from nn.extras import require

TIMEOUT_SECONDS = 30
CHUNK_BYTES = 1 << 16


def fetch(
    folder: Path, sha256: Mapping[str, str], mirrors: Sequence[str], *, progress: bool = True
) -> None:
    """Make sure that ``folder`` has the files named in ``sha256``, with these digests.

    Files that are missing or differ are downloaded from ``mirror + name + ".gz"`` and unpacked. The
    digests are of the unpacked files, because mirrors compress them differently. The files are
    collected beside ``folder`` and moved there when all are correct, so a failure leaves nothing,
    and processes that run at the same time do not interfere. If a mirror does not answer or its
    file is wrong, the next is tried.

    Raises ``ConnectionError`` with the errors of all mirrors if they fail, ``OSError`` if the files
    cannot be written, and ``ImportError`` without pooch or tqdm.
    """
    missing = [name for name in sha256 if not _has_digest(folder / name, sha256[name])]
    if not missing:
        return
    new = tuple(missing)
    requests = require("requests", extra="train")
    faults = []
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=folder.name + ".part", dir=folder.parent) as part:
            for mirror in mirrors:
                for name in tuple(missing):
                    url = f"{mirror}{name}.gz"
                    try:
                        _download(url, Path(part, name), sha256[name], progress)
                    except DataError as error:
                        faults.append(f"{url}: {error}")
                    except requests.RequestException as error:
                        faults.append(f"{url}: {_reason(error)}")
                        break
                    else:
                        missing.remove(name)
            if not missing:
                folder.mkdir(exist_ok=True)
                for name in new:
                    Path(part, name).replace(folder / name)
    except OSError as error:
        raise OSError(
            error.errno, f"the download cannot be written ({error.strerror})", str(folder)
        ) from error
    if missing:
        raise ConnectionError(f"no mirror has all files ({'; '.join(faults)})")


def _download(url: str, path: Path, digest: str, progress: bool) -> None:
    """Download and unpack the file at ``url`` to ``path``; ``DataError`` if it is wrong."""
    pooch = require("pooch", extra="train")
    tqdm = require("tqdm.auto", extra="train").tqdm
    packed = path.with_name(path.name + ".gz")
    # total=1 until the size is known, because pooch tests bool(bar), which is that of the total.
    with tqdm(desc=packed.name, total=1, unit="B", unit_scale=True, disable=not progress) as bar:
        get = pooch.HTTPDownloader(progressbar=bar, chunk_size=CHUNK_BYTES, timeout=TIMEOUT_SECONDS)
        get(url, str(packed), None)
    path.write_bytes(gunzip(packed.read_bytes()))
    packed.unlink()
    if not _has_digest(path, digest):
        raise DataError(f"wrong content (its SHA-256 is not {digest})")


def _has_digest(path: Path, digest: str) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == digest


def _reason(error: Exception) -> str:
    """A short form of an error of requests, whose message nests those of three libraries."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"HTTP {response.status_code}"
    return "cut off" if type(error).__name__ == "ChunkedEncodingError" else "no answer"
