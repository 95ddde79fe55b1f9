"""Starts the contestants of a work, compares their answers, and lets them take turns."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.libraries import Setting
from benchmarks.problems import ANSWERS
from benchmarks.summary import disagreement
from benchmarks.worker import load_answers
from benchmarks.works import Contestant, Plan, Work


@dataclass
class Result:
    """What one contestant did: its times by measure, a list with one entry per round."""

    contestant: Contestant
    times: dict[str, list[float]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    missing: str = ""
    error: str = ""


class Worker:
    """The process of one contestant."""

    def __init__(
        self, contestant: Contestant, work: Work, scratch: Path, environment: Mapping[str, str]
    ) -> None:
        name = contestant.title.replace(" ", "_").replace("/", "_")
        self.answers = scratch / f"{name}.npz"
        self.complaints = scratch / f"{name}.txt"
        arguments = [contestant.module, work.name, contestant.variant, str(self.answers)]
        with self.complaints.open("w") as stderr:
            self.process = subprocess.Popen(
                # -P: the library's folder, not the current one, comes first when importing.
                [sys.executable, "-P", "-m", "benchmarks.worker", *arguments],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )

    def reply(self) -> dict[str, Any]:
        """The next reply, or `{"error": ...}` with what the process said when it died."""
        assert self.process.stdout is not None
        if line := self.process.stdout.readline():
            reply: dict[str, Any] = json.loads(line)
            return reply
        said = self.complaints.read_text().strip().splitlines()
        return {"error": said[-1] if said else f"ended with status {self.process.wait()}"}

    def turn(self, measure: str, plan: Plan) -> dict[str, Any]:
        """Let it take one measure."""
        assert self.process.stdin is not None
        request = {"measure": measure, "seconds": plan.seconds}
        print(json.dumps(request), file=self.process.stdin, flush=True)
        return self.reply()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self.process.kill()
        self.process.communicate()


def run(work: Work, plan: Plan, setting: Setting) -> list[Result]:
    """Run one work: all start, all prove their answers, then all take turns for some rounds."""
    right = ANSWERS[work.name]()
    results = [Result(contestant) for contestant in work.contestants]
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        workers: list[Worker] = []
        for contestant in work.contestants:
            library = contestant.module.rpartition(".")[2]
            variables = setting.variables(library)
            workers.append(stack.enter_context(Worker(contestant, work, scratch, variables)))
        for result, worker in zip(results, workers, strict=True):
            introduce(result, worker.reply())
            if not result.missing and not result.error:
                wrong = disagreement(load_answers(worker.answers), right, work.tolerance)
                result.error = f"wrong answer, not timed: {wrong}" if wrong else ""
        take_turns(results, workers, right, plan)
    return results


def introduce(result: Result, reply: Mapping[str, Any]) -> None:
    """Note what a worker said of itself."""
    result.missing = reply.get("missing", "")
    result.error = reply.get("error", "")
    result.versions = reply.get("versions", {})
    result.note = reply.get("note", "")
    result.times = {measure: [] for measure in reply.get("measures", [])}


def take_turns(
    results: list[Result], workers: list[Worker], measures: Iterable[str], plan: Plan
) -> None:
    """A B C A B C ...: in each round every contestant takes a turn at every measure."""
    for _ in range(plan.rounds):
        for measure in measures:
            for result, worker in zip(results, workers, strict=True):
                if result.error or measure not in result.times:
                    continue
                reply = worker.turn(measure, plan)
                if "error" in reply:
                    result.error = reply["error"]
                else:
                    result.times[measure].append(reply["measured"])
