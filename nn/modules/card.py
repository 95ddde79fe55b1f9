"""The table that a module shows in a notebook."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from autograd import summary

MOST_ROWS = 60


def module_card(
    modules: Mapping[str, Any], parameters: Mapping[str, Any], learning: Mapping[str, Any]
) -> str:
    """Return an HTML table of the modules by path, each followed by its own parameters.

    The row of a parameter shows its shape, size, range, mean and standard deviation. Parameters
    that are not in ``learning`` are marked as frozen.
    """
    of_module: dict[str, list[str]] = {path: [] for path in modules}
    for name in parameters:
        owner = name
        while owner not in of_module:  # the name may include a position in a list
            owner = owner.rpartition(".")[0]
        of_module[owner].append(name)
    rows = list(islice(_rows(modules, of_module, parameters, learning), MOST_ROWS))
    more = len(modules) + len(parameters) - len(rows)
    if more:
        rows.append(_row("", f"{more:,} more rows"))
    total = sum(parameter.size for parameter in parameters.values())
    return f"<table>{''.join(rows)}{_row('', '<b>parameters</b>', f'<b>{total:,}</b>')}</table>"


def _rows(
    modules: Mapping[str, Any],
    of_module: Mapping[str, list[str]],
    parameters: Mapping[str, Any],
    learning: Mapping[str, Any],
) -> Iterator[str]:
    for path, module in modules.items():
        yield _row(f"<b>{html.escape(path)}</b>", f"<b>{html.escape(module.title())}</b>")
        for name in of_module[path]:
            statistics = summary(parameters[name])
            text = str(statistics).removeprefix(f"shape {statistics.shape}, ")
            frozen = "" if name in learning else " (frozen)"
            count = f"{parameters[name].size:,}"
            yield _row(*map(html.escape, (f"{name}{frozen}", f"{statistics.shape}", count, text)))


def _row(*cells: str) -> str:
    columns = (
        f'<td style="text-align:{"right" if number == 2 else "left"}">{cell}</td>'
        for number, cell in enumerate(cells)
    )
    return f"<tr>{''.join(columns)}</tr>"
