"""What a module shows of itself in a notebook: its parts, and the numbers in its parameters.

What it prints in a terminal is in ``nn.modules.tree``.
"""

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
    """A table of modules by their paths, each followed by its own parameters.

    ``learning`` are those of the parameters that are not frozen. A parameter comes with shape,
    count, range, mean and spread.
    """
    of_module: dict[str, list[str]] = {path: [] for path in modules}
    for name in parameters:
        owner = name
        while owner not in of_module:  # in a list, its place is part of the name
            owner = owner.rpartition(".")[0]
        of_module[owner].append(name)
    rows = list(islice(_rows(modules, of_module, parameters, learning), MOST_ROWS))
    left_out = len(modules) + len(parameters) - len(rows)
    if left_out:
        rows.append(_row("", f"{left_out:,} more rows"))
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
            figures = summary(parameters[name])
            text = str(figures).removeprefix(f"shape {figures.shape}, ")
            frozen = "" if name in learning else " (frozen)"
            count = f"{parameters[name].size:,}"
            yield _row(*map(html.escape, (f"{name}{frozen}", f"{figures.shape}", count, text)))


def _row(*cells: str) -> str:
    aligned = (
        f'<td style="text-align:{"right" if place == 2 else "left"}">{cell}</td>'
        for place, cell in enumerate(cells)
    )
    return f"<tr>{''.join(aligned)}</tr>"
