"""The command line: `python -m benchmarks`."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchmarks import libraries, runner, table
from benchmarks.works import WORKS, Work

RESULTS = Path(__file__).parent / "results"


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Time the engine beside other libraries, in turns, and write a table.",
    )
    names = [work.name for work in WORKS]
    parser.add_argument("--list", action="store_true", help="name the works and systems")
    parser.add_argument("--only", action="append", choices=names, help="only this work; repeatable")
    parser.add_argument("--quick", action="store_true", help="a rough answer in a minute or so")
    parser.add_argument("--out", type=Path, help="the file for the table")
    parser.add_argument(
        "--install", action="store_true", help="install the other libraries and do nothing else"
    )
    parser.add_argument(
        "--libraries",
        type=Path,
        metavar="DIR",
        default=libraries.default_folder(),
        help="where the other libraries are installed (default: %(default)s)",
    )
    parser.add_argument("--threads", type=int, help="threads for every library, not its own choice")
    parser.add_argument(
        "--keep-blas-pin",
        action="store_true",
        help="leave OPENBLAS_CORETYPE as it is; otherwise it is unset for the run",
    )
    return parser.parse_args(arguments)


def describe_works() -> str:
    """The works and who takes part in each."""
    lines = []
    for work in WORKS:
        lines.append(f"{work.name}: {work.title}")
        lines += [f"    {contestant.title}" for contestant in work.contestants]
    return "\n".join(lines)


def output_path(options: argparse.Namespace) -> Path:
    """The table's file: only a whole run may replace the whole table."""
    if options.out:
        return Path(options.out)
    name = "-".join([*(options.only or ["all"]), *(["quick"] if options.quick else [])])
    return RESULTS / f"{name}.md"


def worker_conditions(setting: libraries.Setting) -> dict[str, str]:
    """Describe the environment as a worker sees it."""
    command = [sys.executable, "-P", "-m", "benchmarks.environment"]
    run = subprocess.run(
        command, env=setting.variables("numpy"), capture_output=True, text=True, check=True
    )
    conditions: dict[str, str] = json.loads(run.stdout)
    return conditions


def main(arguments: list[str]) -> int:
    """Do what the command line says; 1 if a system failed or gave a wrong answer."""
    options = parse(arguments)
    if options.list:
        print(describe_works())
        return 0
    if options.install:
        failed = libraries.install(options.libraries)
        for name in failed:
            print(f"{libraries.REQUIREMENTS[name]}: pip could not install it", file=sys.stderr)
        return 1 if failed else 0

    chosen: list[Work] = [work for work in WORKS if not options.only or work.name in options.only]
    setting = libraries.Setting(options.libraries, options.keep_blas_pin, options.threads)
    environment = worker_conditions(setting)
    sections = []
    for work in chosen:
        print(f"{work.name}: {work.title} ...", file=sys.stderr, flush=True)
        plan = work.quick if options.quick else work.plan
        results = runner.run(work, plan, setting)
        sections.append((work, results))

    text = table.report(environment, sections)
    path = output_path(options)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(text)
    print(f"Written to {path}", file=sys.stderr)
    return 1 if any(result.error for _, results in sections for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
