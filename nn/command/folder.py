"""The folder of a training run: results all at once, and until then what ``--resume`` needs.

``DIR/unfinished`` holds the options and the checkpoint of a run that has not come to its end.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nn.command.errors import CommandError
from nn.files.arrayfile import write_atomically

UNFINISHED = "unfinished"
FILES = (
    *("model.safetensors", "history.csv"),
    *("curves.png", "confusion.png", "boundary.png", "graph.svg"),
)
# What may differ when a run goes on: it may be made longer.
FREE = ("arguments", "command", "out", "resume", "epochs", "team")


@dataclass(frozen=True)
class Unfinished:
    """A run that is under way in ``folder``, and its checkpoint there."""

    folder: Path

    @property
    def state(self) -> Path:
        """The checkpoint of ``fit``."""
        return self.folder / "checkpoint.safetensors"

    @property
    def options(self) -> Path:
        """The options the run was begun with, as JSON."""
        return self.folder / "options.json"

    def how_to_go_on(self, arguments: Sequence[str], shards: int | None, ranks: int) -> str:
        """The command line that resumes the run, on as many ranks, in a sentence."""
        words = [word for word in arguments if word != "--resume"]
        if ranks > 1 and not any(word.startswith("--shards") for word in words):
            words += ["--shards", str(shards)]
        launcher = f"mpiexec -n {ranks} " if ranks > 1 else ""
        return f"go on with: {launcher}python -m nn {shlex.join([*words, '--resume'])}"

    def discard(self) -> None:
        """Forget the run, and the folder of results if there are none."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if not os.listdir(self.folder.parent):
            self.folder.parent.rmdir()


@contextmanager
def results(out: Path) -> Iterator[Path]:
    """A folder to write ``FILES`` to, which move to ``out`` when all of them are there.

    They replace those of an earlier run, also where they are fewer. With that the run is finished:
    ``out`` no longer holds what it needed to go on.
    """
    with tempfile.TemporaryDirectory(prefix="results-", dir=out / UNFINISHED) as made:
        yield Path(made)
        for name in FILES:
            if Path(made, name).exists():
                Path(made, name).replace(out / name)
            else:
                Path(out, name).unlink(missing_ok=True)
    Unfinished(out / UNFINISHED).discard()


def begin(out: Path, options: Namespace) -> Unfinished:
    """Make the folder ready for a run: a new one, or with ``--resume`` the one that was begun.

    Raises ``CommandError`` where there is none to go on with, or one with other options.
    """
    run = Unfinished(out / UNFINISHED)
    described = _described(options)
    if options.resume:
        if not run.options.is_file():
            raise CommandError(f"--resume: there is no unfinished run in {out}")
        try:
            begun = json.loads(run.options.read_text(encoding="utf-8"))
        except ValueError as error:
            raise CommandError(f"{run.options} is damaged: {error}") from error
        for name, value in described.items():
            if begun.get(name) != value:
                raise CommandError(
                    f"--resume: the run in {out} was begun with {_option(name, begun.get(name))}, "
                    f"not {_option(name, value)}"
                )
        return run
    if out.exists() and not out.is_dir():
        raise CommandError(f"--out {out} is a file, not a folder")
    shutil.rmtree(run.folder, ignore_errors=True)
    run.folder.mkdir(parents=True)
    write_atomically(run.options, json.dumps(described, indent=2).encode())
    return run


def _described(options: Namespace) -> dict[str, Any]:
    """The options of a run as JSON gives them back."""
    named = {name: value for name, value in vars(options).items() if name not in FREE}
    described: dict[str, Any] = json.loads(json.dumps(named))
    return described


def _option(name: str, value: Any) -> str:
    if isinstance(value, list):
        value = ",".join(map(str, value)) or "0"
    return f"--{name.replace('_', '-')} {value}" if value is not None else f"no --{name}"
