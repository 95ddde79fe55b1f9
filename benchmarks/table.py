"""Writes results as Markdown; measures nothing."""

import statistics
from collections.abc import Callable, Mapping, Sequence

from benchmarks.runner import Result
from benchmarks.summary import Spread, ratio, time
from benchmarks.works import Work

HOW_TO_INSTALL = "`python -m benchmarks --install` installs the other libraries."


def figures(number: float) -> str:
    """Three figures, without an exponent."""
    if number == 0 or number >= 100:
        return f"{number:.0f}"
    return f"{number:.3g}" if number >= 0.001 else f"{number:.6f}".rstrip("0")


def short(number: float) -> str:
    """Two figures: enough where a row has many numbers."""
    return f"{number:.0f}" if number >= 10 else f"{number:.2g}"


def duration(seconds: float) -> str:
    """A time in the unit that suits it."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{figures(seconds / scale)} {unit}"
    return f"{figures(seconds / 1e-9)} ns"


def amount(number: float) -> str:
    """So much memory in the unit that suits it."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= scale:
            return f"{figures(number / scale)} {unit}"
    return f"{figures(number)} B"


SHOW: Mapping[str, Callable[[float], str]] = {"time": duration, "memory": amount}


def spread(value: Spread, show: Callable[[float], str] = figures) -> str:
    """A value with its quartiles."""
    return f"{show(value.value)} ({show(value.low)} to {show(value.high)})"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose first column is text and whose others are numbers."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def report(
    environment: Mapping[str, str], sections: Sequence[tuple[Work, Sequence[Result]]]
) -> str:
    """The whole table: where it was measured, each work, and what did not take part."""
    results = [result for _, work_results in sections for result in work_results]
    versions = {name: text for result in results for name, text in result.versions.items()}
    libraries = ", ".join(f"{name} {version}" for name, version in versions.items())
    facts = [*environment.items(), ("Libraries", libraries or "none")]
    parts = [
        "# Benchmarks",
        "Times are medians over rounds in which the systems take turns, each in a process of its "
        "own; a ratio is one of medians. In brackets are quartiles: in half of the rounds the "
        "time, or the ratio within the round, was between these two.",
        markdown(("Measured on", ""), facts),
        *(section(work, work_results) for work, work_results in sections),
    ]
    if absent := footer(sections):
        parts.append(absent)
    return "\n\n".join(parts) + "\n"


def section(work: Work, results: Sequence[Result]) -> str:
    """One work: a list of systems for a single measure, a grid for many."""
    parts = [f"## {work.title[0].upper()}{work.title[1:]}", work.description]
    timed = [result for result in results if any(result.times.values()) and not result.error]
    for group, measures in grouped(timed).items():
        parts.append(f"### {group[0].upper()}{group[1:]}")
        if len(measures) == 1:
            parts.append(listing(work, timed, measures[0]))
        else:
            parts.append(grid(work, timed, measures))
    if work.quotients:
        parts += ["### Quotients", quotients(work, timed)]
    return "\n\n".join(parts)


def grouped(results: Sequence[Result]) -> dict[str, list[str]]:
    """The measures in the order met, under the group named before ' | '."""
    groups: dict[str, list[str]] = {}
    for result in results:
        for measure in result.times:
            group = groups.setdefault(measure.partition(" | ")[0], [])
            if measure not in group:
                group.append(measure)
    return groups


def present_baselines(work: Work, results: Sequence[Result]) -> list[Result]:
    """The systems the others are compared with, as far as they took part."""
    by_title = {result.contestant.title: result for result in results}
    return [by_title[title] for title in work.baselines if title in by_title]


def listing(work: Work, results: Sequence[Result], measure: str) -> str:
    """A row for each system, with its ratio to each baseline."""
    rivals = [result for result in results if measure in result.times]
    baselines = present_baselines(work, rivals)
    head = ["", work.unit, *(f"÷ {base.contestant.title}" for base in baselines), "notes"]
    rows = []
    for result in rivals:
        times = result.times[measure]
        rows.append(
            [
                result.contestant.title,
                spread(time(times), SHOW[work.unit]),
                *(spread(ratio(times, base.times[measure])) for base in baselines),
                result.note,
            ]
        )
    return markdown(head, rows)


def grid(work: Work, results: Sequence[Result], measures: Sequence[str]) -> str:
    """A row for each measure, a column for each system; ratios to the first baseline."""
    rivals = [result for result in results if any(name in result.times for name in measures)]
    baselines = present_baselines(work, rivals)[:1]
    rows = []
    for measure in measures:
        row = [measure.partition(" | ")[2]]
        for result in rivals:
            times = result.times.get(measure)
            cell = SHOW[work.unit](statistics.median(times)) if times else ""
            if times and baselines and baselines[0] is not result:
                base = baselines[0].times.get(measure)
                cell += f", x {spread(ratio(times, base), short)}" if base else ""
            row.append(cell)
        rows.append(row)
    table = markdown(["", *(result.contestant.title for result in rivals)], rows)
    if not baselines:
        return table
    return f"{table}\n\nx is the ratio to {baselines[0].contestant.title}."


def quotients(work: Work, results: Sequence[Result]) -> str:
    """A row for each pair of measures, a column for each system: the one over the other."""
    rows = []
    for above, below in work.quotients:
        row = [f"{above.replace(' | ', ', ')} ÷ {below.rpartition(' | ')[2]}"]
        for result in results:
            both = [result.times.get(measure) for measure in (above, below)]
            row.append(spread(ratio(both[0], both[1]), short) if both[0] and both[1] else "")
        rows.append(row)
    return markdown(["", *(result.contestant.title for result in results)], rows)


def footer(sections: Sequence[tuple[Work, Sequence[Result]]]) -> str:
    """What was not measured, and why."""
    lines = []
    for work, results in sections:
        for result in results:
            where = f"- {work.name}, {result.contestant.title}:"
            if result.missing:
                lines.append(f"{where} not installed ({result.missing})")
            elif result.error:
                lines.append(f"{where} **error**: {result.error}")
    if not lines:
        return ""
    if any(result.missing for _, results in sections for result in results):
        lines.append(f"\n{HOW_TO_INSTALL}")
    return "\n".join(["## Not measured", "", *lines])
