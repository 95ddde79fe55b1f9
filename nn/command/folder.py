"""The folder of a training run. The results are written to it all at once, at the end.

Until then ``DIR/unfinished`` holds the options and the checkpoint, which ``--resume`` needs.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nn.command.errors import CommandError
from nn.data import shortened, shown
from nn.files.arrayfile import write_atomically
from nn.files.lock import locked

UNFINISHED = "unfinished"
FINISHED = "finished"
"""The folder of what is needed to continue a finished run for more epochs."""
FILES = (
    *("model.safetensors", "history.csv"),
    *("curves.png", "confusion.png", "boundary.png", "graph.svg"),
)
# Options that may differ when a run is resumed; it may be made longer.
FREE = ("arguments", "command", "out", "resume", "overwrite", "epochs", "team", "memory_limit")


@dataclass(frozen=True)
class Unfinished:
    """An unfinished run in ``folder``."""

    folder: Path

    @property
    def state(self) -> Path:
        """The checkpoint of ``fit``."""
        return self.folder / "checkpoint.safetensors"

    @property
    def options(self) -> Path:
        """The options of the run, as JSON."""
        return self.folder / "options.json"

    def how_to_resume(self, arguments: Sequence[str], shards: int | None, ranks: int) -> str:
        """Return a sentence with the command that resumes the run on as many ranks."""
        words = [word for word in arguments if word != "--resume"]
        if ranks > 1 and not any(word.startswith("--shards") for word in words):
            words += ["--shards", str(shards)]
        launcher = f"mpiexec -n {ranks} " if ranks > 1 else ""
        return f"resume with: {launcher}python -m nn {shlex.join([*words, '--resume'])}"

    def discard(self) -> None:
        """Delete the run, and the folder of results if it is empty."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if not os.listdir(self.folder.parent):
            self.folder.parent.rmdir()


@contextmanager
def results(out: Path) -> Iterator[Path]:
    """Give a temporary folder for ``FILES``, and move them to ``out`` at the end of the block.

    All files of an earlier run are replaced or removed. The run is then finished, and its
    checkpoint kept in case that it is to be continued.
    """
    with tempfile.TemporaryDirectory(prefix="results-", dir=out / UNFINISHED) as folder:
        yield Path(folder)
        for name in FILES:
            if Path(folder, name).exists():
                Path(folder, name).replace(out / name)
            else:
                Path(out, name).unlink(missing_ok=True)
    shutil.rmtree(out / FINISHED, ignore_errors=True)
    (out / UNFINISHED).rename(out / FINISHED)


def locked_folder(out: Path) -> AbstractContextManager[None]:
    """A block in which no other run may write to the folder; ``InUseError`` if one does."""
    if out.exists() and not out.is_dir():
        raise CommandError(f"--out {out} is a file, not a folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    return locked(out, "wait until it has ended, or choose another --out")


def check(out: Path, options: Namespace) -> None:
    """Raise ``CommandError`` if the folder has a run, and no option says what becomes of it."""
    finished, unfinished = (out / "model.safetensors").exists(), (out / UNFINISHED).exists()
    if (finished or unfinished) and not options.resume and not options.overwrite:
        what = "an interrupted run" if unfinished else "a finished run"
        how = "continues it" if unfinished else "and a larger --epochs continue it"
        raise CommandError(
            f"{out} holds {what}: --resume {how}, --overwrite replaces it, and --out names another "
            "folder"
        )


def begin(out: Path, options: Namespace) -> Unfinished:
    """Prepare the folder for a new run, or with ``--resume`` for the unfinished one.

    Raises ``CommandError`` if there is no run to resume, or if its options differ.
    """
    run = Unfinished(out / UNFINISHED)
    values = _json_options(options)
    if options.resume:
        if not run.folder.exists() and (out / FINISHED).exists():
            shutil.copytree(out / FINISHED, run.folder)
        if not run.options.is_file():
            raise CommandError(f"--resume: there is no run in {out} to continue")
        try:
            earlier = json.loads(run.options.read_text(encoding="utf-8"))
            if not isinstance(earlier, dict):
                raise ValueError(f"a {type(earlier).__name__} and not options by name")
        except (ValueError, RecursionError) as error:
            raise CommandError(f"{run.options} is damaged: {shortened(error)}") from error
        for name, value in values.items():
            if earlier.get(name) != value:
                raise CommandError(
                    f"--resume: the run in {out} has {_option(name, earlier.get(name))}, "
                    f"not {_option(name, value)}"
                )
        return run
    shutil.rmtree(run.folder, ignore_errors=True)
    run.folder.mkdir(parents=True)
    write_atomically(run.options, json.dumps(values, indent=2).encode())
    return run


def _json_options(options: Namespace) -> dict[str, Any]:
    """The options of a run in the types that JSON returns."""
    values = {name: value for name, value in vars(options).items() if name not in FREE}
    return dict(json.loads(json.dumps(values)))


def _option(name: str, value: Any) -> str:
    if isinstance(value, list):
        value = ",".join(map(str, value)) or "0"
    if value is None:
        return f"no --{name}"
    text = str(value)
    return f"--{name.replace('_', '-')} {text if len(text) <= 60 else shown(text)}"
