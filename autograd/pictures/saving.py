"""`write_whole`: a file that appears whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to a file, which appears whole or not at all.

    The target of a symbolic link is replaced, not the link, and a device or a pipe is written to.
    Raises FileNotFoundError where the directory is missing, and OSError where it cannot be written.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{str(path)!r}: there is no directory {str(path.parent)!r}")
    if path.exists() and not path.is_file() and not path.is_dir():
        path.write_bytes(content)
        return
    target = path.resolve()
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        part.write_bytes(content)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
