"""The entry point of ``python -m nn``, which turns errors into one sentence and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from nn.command import use
from nn.command.arguments import parse
from nn.command.errors import FAILED, INTERRUPTED, WRONG, CommandError
from nn.command.train import train
from nn.data import DataError, shortened
from nn.files.arrayfile import ModelFileError
from nn.files.lock import InUseError
from nn.parallel import RankError, Team, launched
from nn.training.checkpoint import CheckpointError

LONGEST_MESSAGE = 2000

COMMANDS = {"train": train, "evaluate": use.evaluate, "predict": use.predict}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, by default that of the process; return the exit code.

    0: done. 1: training failed. 2: wrong arguments, files or data; nothing has changed. 130:
    interrupted by Ctrl-C. Of several processes only one prints messages.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    team = Team(None)
    try:
        team = Team(launched())
        with team:
            return _run(words, team)
    except CommandError as error:
        return _fail(team, str(error), error.code)
    except RankError as error:
        return _fail(team, str(error), FAILED)
    except BrokenPipeError:  # the reader of the output, such as `head`, has ended
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return WRONG
    except OSError as error:
        return _fail(team, _system_message(error), WRONG)
    except (
        *(DataError, ModelFileError, CheckpointError, InUseError),
        *(ImportError, MemoryError),
    ) as error:
        return _fail(team, str(error) or "there is not enough memory", WRONG)
    except KeyboardInterrupt:
        return _fail(team, "interrupted", INTERRUPTED)


def _run(arguments: list[str], team: Team) -> int:
    options = parse(arguments)
    options.arguments = arguments
    options.team = team
    if options.command != "train" and team.rank > 0:  # one process is enough
        return 0
    return COMMANDS[options.command](options)


def _fail(team: Team, message: str, code: int) -> int:
    """Print the message on one line, from one process; return the exit code."""
    if team.speaks:
        print(f"python -m nn: {shortened(message, LONGEST_MESSAGE)}", file=sys.stderr)
    return code


def _system_message(error: OSError) -> str:
    """The system's message without its number: ``folder/x.npz: Permission denied``."""
    if error.strerror is None:
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
