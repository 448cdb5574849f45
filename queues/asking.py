"""How a till is asked for its sales: the file `sale.req` in the folder where it drops them.

    ###
    01.03.2026-07.03.2026

Two lines, UTF-8, nothing behind the second. The till answers with sales files and removes the request; so one that
is there has not been answered, and is never overwritten.

Failures: as the disk says; `Missing` where the till's folder is not there.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path

from .disk import Disk, Entry, FileKind, Reading
from .durable import Clash, publish, sweep
from .troubles import Missing, told

REQUEST = "sale.req"

_PAGE = re.compile(r"\s*###\s*([0-9]{2}\.[0-9]{2}\.[0-9]{4})\s*-\s*([0-9]{2}\.[0-9]{2}\.[0-9]{4})\s*")
_DATE = "%d.%m.%Y"
_MOST = 4096  # bytes of a request that are looked at


def ask(disk: Disk, folder: Path, since: date, until: date, mode: int = 0o640) -> bool:
    """Asks for the sales of the days from `since` to `until`, both included; False where a request is there already.

    The till sees the whole request or none, and it outlasts a power cut."""
    sweep(disk, folder)
    if _standing(disk, folder) is not None:
        return False
    try:
        publish(disk, folder / REQUEST, f"###\n{_shown(since)}-{_shown(until)}".encode(), mode)
    except Clash:  # put there meanwhile
        return False
    return True


def asked(disk: Reading, folder: Path) -> tuple[date, date] | None:
    """Which days the till was asked for and has not answered yet; None where there is no request, or none that can
    be understood."""
    path = _standing(disk, folder)
    if path is None:
        return None
    try:
        with disk.open(path) as file, told(path):
            page = _PAGE.fullmatch(file.read(_MOST).decode("utf-8-sig", "replace"))
    except Missing:  # answered meanwhile
        return None
    try:
        return (_day(page[1]), _day(page[2])) if page else None
    except ValueError:  # no day of any calendar
        return None


def is_asked(disk: Reading, folder: Path) -> bool:
    """Whether a request lies there, whatever it says."""
    return _standing(disk, folder) is not None


def is_request(entry: Entry) -> bool:
    """Whether this is a request: Windows and its shares care for no letter case."""
    return entry.kind is FileKind.FILE and entry.name.lower() == REQUEST


def _standing(disk: Reading, folder: Path) -> Path | None:
    return next((folder / entry.name for entry in disk.entries(folder) if is_request(entry)), None)


def _shown(day: date) -> str:
    return f"{day.day:02}.{day.month:02}.{day.year:04}"  # strftime() writes the year 800 as each system likes


def _day(text: str) -> date:
    return datetime.strptime(text, _DATE).date()  # noqa: DTZ007 - a day has no zone
