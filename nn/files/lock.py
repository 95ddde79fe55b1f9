"""``locked``: a file or folder that one run at a time may write to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from nn.files.arrayfile import PathLike

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class InUseError(RuntimeError):
    """Another run is writing to the same file or folder."""


@contextmanager
def locked(path: PathLike, remedy: str) -> Iterator[None]:
    """A block in which no other block, in this process or another, may have ``path``.

    A file beside it, ``.NAME.lock``, is locked, which the system undoes if the process is killed.
    The lock binds those who ask for it. It is advisory, and none where the system has no ``flock``.

    remedy: what to do, for the message. Raises ``InUseError`` if the path is in use, at once.
    """
    target = Path(path).resolve()
    lock = target.with_name(f".{target.name}.lock")
    file = _acquired(lock, path, remedy)
    try:
        yield
    finally:
        if fcntl is None:  # Windows removes no open file
            file.close()
        lock.unlink(missing_ok=True)  # while it is locked, so that it is this file
        file.close()


def _acquired(lock: Path, path: PathLike, remedy: str) -> IO[str]:
    while True:
        file = lock.open("a+")
        try:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with file:
                file.seek(0)
                process = file.read(20)
            user = f"process {process}" if process.isdecimal() else "another process"
            raise InUseError(f"{path} is in use by a run of {user}: {remedy}") from None
        except OSError:  # some network file systems have no locks
            return file
        try:
            if os.fstat(file.fileno()).st_ino == lock.stat().st_ino:
                break
        except FileNotFoundError:
            pass
        file.close()  # the run that had it has ended, and has removed it since it was opened
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
