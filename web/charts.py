"""The charts of the pages, from the rows that the pipeline tells: what is a bar, and which words stand below.

Failures: none of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .drawing import Chart, chart

Row = dict[str, Any]

OPENS, CLOSES = 8, 20  # the hours that a day's chart shows at least
EVERY = {1: 4, 7: 24, 30: 120}  # hours between two marks, by the days of a chart
SHORT = {"en": "%m-%d", "ru": "%d.%m"}


def hours_chart(found: Row) -> Chart:
    """What was sold from hour to hour."""
    sold = {row["hour"]: float(row["sales"]) for row in found["hours"]}
    first, last = min([OPENS, *sold]), max([CLOSES, *sold])
    marks = [(hour - first, f"{hour:02}") for hour in range(first, last + 2) if (hour - first) % 2 == 0]
    return chart([sold.get(hour, 0.0) for hour in range(first, last + 1)], marks, gap=0.2)


def depth_chart(found: Row, days: int, zone: ZoneInfo, language: str) -> Chart:
    """How many chunks stood in a till's folder."""
    parts = found["parts"]
    begin = datetime.fromisoformat(found["from"])
    width = datetime.fromisoformat(parts[0]["to"]) - begin
    marks = [
        ((at - begin) / width, at.strftime(SHORT[language] if days > 1 else "%H:%M"))
        for at in _marks(begin.astimezone(zone), datetime.fromisoformat(found["to"]), EVERY[days])
    ]
    return chart([part["chunks"] for part in parts], marks)


def _marks(begin: datetime, end: datetime, hours: int) -> Iterator[datetime]:
    """Round hours of the wall's clock."""
    at = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    while at <= end:
        if at >= begin:
            yield at
        at += timedelta(hours=hours)


def depth_rows(found: Row) -> list[Row]:
    """The same for a table, newest first: parts beside each other that tell the same depth are one row."""
    rows: list[Row] = []
    for part in found["parts"]:
        if rows and rows[-1]["chunks"] == part["chunks"]:
            last = rows[-1]
            most = {key: max(last[key], part[key]) for key in ("commands", "waited_seconds")}
            rows[-1] = {**last, **most, "to": part["to"]}
        else:
            rows.append(part)
    return rows[::-1]
