"""Archives, and files in them, by what is wanted of them, page by page, newest first.

To find a file its archives are read; a page reads so many bytes of them at most, and says where it stopped.

Failures: `Reject` for an archive or a place in the list that does not exist; else as the disk says. An archive that is
damaged is told beside what could be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import dropwhile, islice

from ..errors import Fault, Reason, Reject
from ..model import Noun
from ..queues.archives import Archive
from ..queues.layout import Room, Trade
from . import archive
from .archive import Damaged
from .office import Office
from .views import Row

READ = 32 << 20  # bytes of archives for one page


class Wanted(Noun, frozen=True):
    """Which archives; None = any."""

    room: Room | None = None
    trade: Trade | None = None
    day: date | None = None


class Found(Noun, frozen=True, omit_defaults=False):
    """A page; `older`: where the next one goes on, "" = there are no more."""

    rows: list[Row]
    older: str = ""
    damaged: list[str] = []  # noqa: RUF012 - msgspec gives each its own


def search(office: Office, wanted: Wanted, limit: int, start: str = "") -> Found:
    """Archives; `start`: the name of the newest that is looked at. Raises Reject."""
    found = list(islice(_from(office, wanted, start), limit + 1))
    return Found([archive.archive_row(one) for one in found[:limit]], found[limit].name if found[limit:] else "")


def search_files(office: Office, wanted: Wanted, words: str, limit: int, start: str = "") -> Found:
    """The files in them that are called so: by a part of the name, a pattern with * and ?, or the number of the
    arrival. `start`: an archive's name and how many of its files were shown. Raises Reject."""
    name, skipped = _place(start)
    rows: list[Row] = []
    damaged: Damaged = []
    size = 0
    for one in _from(office, wanted, name):
        left = limit - len(rows)
        if not left or size > READ:
            return Found(rows, one.name, _told(office, damaged))
        mine = list(islice(archive.files(office, one, damaged, _pattern(words)), skipped, skipped + left + 1))
        if len(mine) > left:
            return Found(rows + mine[:left], f"{one.name}~{skipped + left}", _told(office, damaged))
        rows += mine
        size += one.size
        skipped = 0
    return Found(rows, "", _told(office, damaged))


def files(office: Office, name: str, limit: int, start: int = 0) -> Found:
    """The files in one archive, from the `start`-th on, as they lie in it. Raises Reject."""
    damaged: Damaged = []
    rows = list(islice(archive.files(office, archive.one(office, name), damaged), start, start + limit + 1))
    return Found(rows[:limit], str(start + limit) if rows[limit:] else "", _told(office, damaged))


def _from(office: Office, wanted: Wanted, start: str) -> Iterator[Archive]:
    every = archive.archives(office, wanted.room, wanted.trade, wanted.day)
    every.sort(key=lambda one: one.order, reverse=True)
    if start and start not in {one.name for one in every}:
        raise Reject(Reason("archive.none", name=start), Fault.ERROR)
    return dropwhile(lambda one: bool(start) and one.name != start, every)


def _place(start: str) -> tuple[str, int]:
    name, _, skipped = start.partition("~")
    return name, int(skipped) if skipped.isascii() and skipped.isdecimal() and len(skipped) < 10 else 0


def _pattern(words: str) -> str:
    """A part of a name is one with anything around it; brackets mean themselves."""
    plain = words.replace("[", "[[]")
    return plain if words.isdecimal() or {"*", "?"} & set(words) else f"*{plain}*"


def _told(office: Office, damaged: Damaged) -> list[str]:
    return [reason.text(office.settings.language) for _, reason in damaged]
