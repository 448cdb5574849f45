"""How answers look: tables and lines for people, JSON for programs.

A table fits the terminal: columns without a value in any row are left out; where it is too wide still, its note (a
long text) and then other columns go beneath their row. Read by a program or into a file it is never cut nor folded.

Failures: none.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click
import msgspec

Row = dict[str, Any]
GAP = 2
WIDE = 10_000  # columns: no limit
# Large ones are grouped. Other numbers are names (an arrival, a chunk): people copy them into commands.
COUNTS = frozenset(
    {
        "read", "refused", "warnings", "commands", "bytes", "chunks", "behind", "added", "changed", "deleted",
        "goods_before", "goods_gone", "prices_moved",
    }
)  # fmt: skip
SELDOM = frozenset({"refused", "warnings"})  # counts that matter only where there is something to count


def answer(rows: object, as_json: bool, page: Callable[[], None]) -> None:
    """`rows` as JSON for programs, or their `page` for people."""
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode())
    else:
        page()


def table(
    rows: Iterable[Row],
    columns: dict[str, str],
    empty: str = "",
    *,
    note: str = "",
    fold: Sequence[str] = (),
    blue: str = "",
) -> None:
    """Rows under headings; `columns` maps a row's key to its heading. `note` is the column that goes beneath the row
    first, then those of `fold`, in this order, until the table fits. A row is blue at a terminal where `blue` is the
    key of something true; a word must say the same."""
    rows = list(rows)
    if not rows:
        if empty:
            click.echo(empty)
        return
    cells = [{key: _cell(key, row[key]) for key in columns} for row in rows]
    shown = {key: heading for key, heading in columns.items() if any(row[key] for row in cells)}
    widths = {key: max(len(heading), *(_width(row[key]) for row in cells)) for key, heading in shown.items()}
    beneath = _beneath(widths, [key for key in (note, *fold) if key in widths])
    numbers = {key for key in shown if any(type(row[key]) is int for row in rows)}
    across = [key for key in shown if key not in beneath]

    def line(row: dict[str, str]) -> str:
        return (" " * GAP).join(_padded(row[key], widths[key], right=key in numbers) for key in across).rstrip()

    click.secho(line(shown), bold=True)
    click.echo("─" * (sum(widths[key] for key in across) + GAP * (len(across) - 1)))
    for row, told in zip(cells, rows, strict=True):
        click.secho(line(row), fg="blue" if blue and told[blue] else None)
        said = [row[key] if key == note else f"{shown[key]} {row[key].strip()}" for key in beneath if row[key]]
        under(", ".join(reversed(said)))


def amounts(rows: Sequence[Row], columns: dict[str, str], keys: Iterable[str]) -> None:
    """Sets amounts, which are text, under each other in a table of these columns. Nothing stays nothing."""
    for key in keys:
        width = max(len(columns[key]), *(len(row[key] or "") for row in rows)) if rows else 0
        for row in rows:
            row[key] = row[key] and row[key].rjust(width)


def _beneath(widths: dict[str, int], foldable: Sequence[str]) -> list[str]:
    """Which columns do not fit."""
    room, taken = _room(), sum(widths.values()) + GAP * (len(widths) - 1)
    beneath: list[str] = []
    for key in foldable:
        if taken <= room:
            break
        beneath.append(key)
        taken -= widths[key] + GAP
    return beneath


def _room() -> int:
    """How many columns a line may have."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS"):
        return shutil.get_terminal_size().columns
    return WIDE


def under(text: str, indent: int = 4) -> None:
    """`text` in lines that fit, moved in a little."""
    pad = " " * indent
    for line in textwrap.wrap(text, _room(), initial_indent=pad, subsequent_indent=pad, break_on_hyphens=False):
        click.echo(line)


def _padded(text: str, width: int, *, right: bool) -> str:
    pad = " " * (width - _width(text))
    return pad + text if right else text + pad


def _width(text: str) -> int:
    """Columns that `text` takes at a terminal."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width  # noqa: PLC0415 - most answers have no need of it

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _cell(key: str, value: object) -> str:
    if value is None or (key in SELDOM and not value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, int) and key in COUNTS:
        return f"{value:,}".replace(",", "\u00a0")
    return str(value)


def age(seconds: object) -> str:
    """A duration in the largest unit that fits: 45 s, 12 min, 3 h, 5 d."""
    if not isinstance(seconds, int):
        return ""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def several(count: int, noun: str) -> str:
    """1 export, 2 exports."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}".replace(",", "\u00a0")
