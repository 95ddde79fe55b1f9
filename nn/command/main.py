"""``python -m nn``: from the arguments to an exit code, with one sentence for what went wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from nn.command import use
from nn.command.arguments import parse
from nn.command.errors import FAILED, INTERRUPTED, WRONG, CommandError
from nn.command.train import train
from nn.data import DataError
from nn.files.arrayfile import ModelFileError
from nn.parallel import RankError, Team, launched
from nn.training.checkpoint import CheckpointError

COMMANDS = {"train": train, "evaluate": use.evaluate, "predict": use.predict}


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line; by default the process's own. Gives the exit code.

    0: done. 1: training came to no result. 2: wrong arguments, files or data; nothing is changed.
    130: interrupted by Ctrl-C. Of processes that were launched together one speaks for all.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    team = Team(None)
    try:
        team = Team(launched())
        with team:
            return _carry_out(given, team)
    except CommandError as error:
        return _complain(team, str(error), error.code)
    except RankError as error:
        return _complain(team, str(error), FAILED)
    except BrokenPipeError:  # the reader of the output, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return WRONG
    except OSError as error:
        return _complain(team, _of_the_system(error), WRONG)
    except (DataError, ModelFileError, CheckpointError, ImportError, MemoryError) as error:
        return _complain(team, str(error) or "there is not enough memory", WRONG)
    except KeyboardInterrupt:
        return _complain(team, "interrupted", INTERRUPTED)


def _carry_out(arguments: list[str], team: Team) -> int:
    options = parse(arguments)
    options.arguments = arguments
    options.team = team
    if options.command != "train" and team.rank > 0:  # one is enough
        return 0
    return COMMANDS[options.command](options)


def _complain(team: Team, message: str, code: int) -> int:
    """One line, whatever the message looked like, and from one process."""
    if team.speaks:
        print(f"python -m nn: {' '.join(message.split())}", file=sys.stderr)
    return code


def _of_the_system(error: OSError) -> str:
    """What the system says, without its number: ``folder/x.npz: Permission denied``."""
    if error.strerror is None:
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
