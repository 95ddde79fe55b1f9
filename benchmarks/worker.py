"""One contestant in a process of its own: proves its answers, then takes its turns when asked.

`python -P -m benchmarks.worker MODULE WORK VARIANT ANSWERS` replies in lines of JSON on standard
output. The first says what it is, with its answers in the file ANSWERS; then each request
`{"measure": ..., "seconds": ...}` on standard input is answered with what was measured.
"""

import importlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, cast

import numpy as np

from benchmarks.problems.arrays import Answer
from benchmarks.timing import Case


class System(Protocol):
    """What a module in `benchmarks.systems` offers, besides a function for each of its works."""

    def versions(self) -> Mapping[str, str]:
        """The version of each library the system is made of."""


def save_answers(path: Path, answers: Mapping[str, Answer]) -> None:
    """Write answers as one file of arrays named 'measure/name'."""
    arrays = {
        f"{measure}/{name}": np.asarray(array)
        for measure, answer in answers.items()
        for name, array in answer.items()
    }
    np.savez(path, allow_pickle=False, **arrays)


def load_answers(path: Path) -> dict[str, Answer]:
    """Read what `save_answers` wrote."""
    answers: dict[str, dict[str, np.ndarray]] = {}
    with np.load(path) as arrays:
        for key in arrays:
            measure, _, name = key.rpartition("/")
            answers.setdefault(measure, {})[name] = arrays[key]
    return cast("dict[str, Answer]", answers)


def serve(module: str, work: str, variant: str, answers: Path) -> None:
    """Introduce the contestant, then answer requests until there are no more."""
    # Libraries may print; the replies go where nothing else does.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def reply(message: Mapping[str, object]) -> None:
        print(json.dumps(message), file=replies, flush=True)

    try:
        system = importlib.import_module(module)
    except ModuleNotFoundError as error:
        reply({"missing": str(error)})
        return
    cases: Mapping[str, Case] = getattr(system, work.replace("-", "_"))(variant)
    proofs = {prove: prove() for prove in {case.answer for case in cases.values()}}
    save_answers(answers, {measure: proofs[case.answer] for measure, case in cases.items()})
    notes = list(dict.fromkeys(case.note for case in cases.values() if case.note))
    reply(
        {
            "versions": dict(cast("System", system).versions()),
            "measures": list(cases),
            "note": ", ".join(notes),
        }
    )
    meters = {measure: case.measured() for measure, case in cases.items()}
    for line in sys.stdin:
        request = json.loads(line)
        meter = meters[request["measure"]]
        reply({"measured": meter.turn(request["seconds"])})


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]))
