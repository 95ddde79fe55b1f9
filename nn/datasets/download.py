"""Fetching files from mirrors into a folder, each verified before it is put there.

Which files, from where, is said by ``nn.datasets.handwriting``.
"""

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
    """Make sure that ``folder`` holds the files named in ``sha256``, with these digests.

    Those that it lacks or that differ are downloaded from ``mirror + name + ".gz"`` and unpacked;
    the digests are of the unpacked files, since mirrors pack them differently. They are gathered
    beside ``folder`` and moved there when all of them are right: one that fails leaves nothing,
    and several processes at once do not disturb each other. A mirror that does not answer is left
    for the next; a wrong file is asked of the next.

    Raises ``ConnectionError`` with each mirror's fault if some file came right from none,
    ``OSError`` if the files cannot be written, ``ImportError`` without pooch or tqdm.
    """
    missing = [name for name in sha256 if not _has_digest(folder / name, sha256[name])]
    if not missing:
        return
    wanted = tuple(missing)
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
                for name in wanted:
                    Path(part, name).replace(folder / name)
    except OSError as error:
        raise OSError(
            error.errno, f"the download cannot be written ({error.strerror})", str(folder)
        ) from error
    if missing:
        raise ConnectionError(f"no mirror gave all files ({'; '.join(faults)})")


def _download(url: str, path: Path, digest: str, progress: bool) -> None:
    """Write the unpacked file at ``url`` to ``path``, or raise ``DataError`` if it is wrong."""
    pooch = require("pooch", extra="train")
    tqdm = require("tqdm.auto", extra="train").tqdm
    packed = path.with_name(path.name + ".gz")
    # total=1 until the server tells: pooch asks bool(bar), which tqdm answers by its total.
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
    """Requests' error in a few words; its message is a nest of three libraries'."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"HTTP {response.status_code}"
    return "cut off" if type(error).__name__ == "ChunkedEncodingError" else "no answer"
