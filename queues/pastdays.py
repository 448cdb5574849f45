"""What lies in the rooms from the days before: a folder for each arrival, and what nobody of ours put there.

    <room>/<trade>/<YYYY-MM-DD>/<arrival>/

A day is known by the name of its folder; when a file was last written says nothing. `held` is not looked at: what
lies there waits for a person.

Failures: as the disk says; an arrival's folder that cannot be read is told as such, and stops no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ..errors import Trouble
from ..model import Noun
from .archives import Spot
from .claims import folder_name
from .disk import Entry, FileKind, Reading
from .durable import is_litter
from .inbox import NOT_OURS
from .layout import Layout, Room, Trade

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class ArrivalFolder(Noun, frozen=True):
    """One arrival's folder, with what is in it."""

    spot: Spot
    arrival: int
    path: Path
    entries: tuple[Entry, ...]

    @property
    def relative(self) -> str:
        """As an archive names it."""
        return f"{self.spot.folder}/{self.path.name}"


@dataclass(frozen=True)
class Strange:
    """What has no place where it lies, or could not be looked into: then `trouble` says why."""

    path: Path
    trouble: Trouble | None = None


class PastDays:
    """The rooms of one root before the day `before`."""

    def __init__(self, disk: Reading, layout: Layout, before: date) -> None:
        self._disk = disk
        self._layout = layout
        self._before = before

    def room(self, room: Room) -> Iterator[ArrivalFolder | Strange]:
        """What lies in `room`, in the order of trades, days and arrivals. Raises Missing where it is not there."""
        top = self._layout.room(room)
        for entry in self._entries(top):
            if entry.kind is FileKind.FOLDER and entry.name in set(Trade):
                yield from self._trade(room, Trade(entry.name), top / entry.name)
            elif entry.name not in NOT_OURS:
                yield Strange(top / entry.name)

    def _trade(self, room: Room, trade: Trade, folder: Path) -> Iterator[ArrivalFolder | Strange]:
        for entry in self._entries(folder):
            day = _day(entry)
            if day is None:
                yield Strange(folder / entry.name)
            elif day < self._before:
                yield from self._day(Spot(day, room, trade), folder / entry.name)

    def _day(self, spot: Spot, folder: Path) -> Iterator[ArrivalFolder | Strange]:
        for entry in self._entries(folder):
            if _is_arrival(entry):
                yield self._arrival(spot, folder / entry.name)
            else:
                yield Strange(folder / entry.name)

    def _arrival(self, spot: Spot, path: Path) -> ArrivalFolder | Strange:
        try:
            return ArrivalFolder(spot, int(path.name), path, tuple(self._entries(path)))
        except Trouble as trouble:
            return Strange(path, trouble)

    def _entries(self, folder: Path) -> list[Entry]:
        found = (entry for entry in self._disk.entries(folder) if not is_litter(entry.name))
        return sorted(found, key=lambda entry: entry.name)


def _day(entry: Entry) -> date | None:
    if entry.kind is not FileKind.FOLDER or not _DAY.fullmatch(entry.name):
        return None
    try:
        return date.fromisoformat(entry.name)
    except ValueError:
        return None


def _is_arrival(entry: Entry) -> bool:
    is_number = entry.kind is FileKind.FOLDER and entry.name.isascii() and entry.name.isdecimal()
    return is_number and folder_name(int(entry.name)) == entry.name
