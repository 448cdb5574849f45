"""Where an arrival's file lies, and the moves between: a file never changes its number, it changes its folder.

    claim      <home>/…/NAME                        -> <home>/.claimed/<arrival>/NAME    (`claims`)
    put_away   .claimed/<arrival>/NAME              -> <room>/<trade>/<date>/<arrival>/NAME
    release    held/<trade>/<date>/<arrival>/NAME   -> .claimed/<arrival>/NAME

A trade's home is the inbox for exports, the tills' folder for sales; arrivals are numbered in each trade for itself.
Each is one rename, both folders synced, and may be done again after a crash at any point. A `.why` is written
before the file comes to lie beside it, and removed after the file has left. What is no file (a link, a pipe) and
cannot be renamed into its room, because that lies on another file system, is set aside in `.refused` beside the
`.claimed` it lies in.

Failures: `Reject` where a file to be released is gone (`arrival.lost`); `Clash` where its name in the room stands for
another file; else as the disk says.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, count
from pathlib import Path

from ..model import Noun
from .claims import Claims, folder_name, is_number
from .disk import FileKind
from .durable import Clash, publish, replace, sweep
from .inbox import Found
from .layout import CLAIMED, Room
from .names import back, fit, kept
from .troubles import Apart, Missing

WHY, REPLY = ".why", ".json"
REFUSED = ".refused"


class Place(Noun, frozen=True):
    path: Path
    room: Room | None  # None = claimed


class Rooms(Claims):
    def put_away(self, arrival: int, name: str, room: str, date: str, why: str | None = None) -> Path | None:
        """Moves an arrival's file, wherever it lies, into its room, with `why` beside it; where it lies then.

        `date` as YYYY-MM-DD. None = it lies nowhere: somebody removed it by hand."""
        claimed = self._claimed(arrival, name)
        places = [Place(claimed, None)] if claimed else self._places(arrival, name)
        if not places:
            self._be_sure()
            return None
        base = self._layout.room(Room(room))
        done = next((place.path for place in places if place.room is Room(room)), None)  # perhaps on another day
        target = done or base / self._trade / date / folder_name(arrival) / name
        if not done:
            self._moves.make(target.parent, base)
        sweep(self._disk, target.parent)
        self._explain(target, why)
        for place in places:
            if place.path != target:
                target = self._move_or_set_aside(place.path, target, why)
                self._leave(place, name)
        if done:
            self._sync_move(self._home / CLAIMED, target)
            self._clear(arrival, name, besides=target.parent)
        return target

    def _explain(self, target: Path, why: str | None) -> None:
        if why is not None:
            path = target.with_name(fit(target.name, WHY))
            replace(self._disk, path, why.encode("utf-8", "backslashreplace"), self._file_mode)

    def _move_or_set_aside(self, source: Path, target: Path, why: str | None) -> Path:
        try:
            self._moves.move(source, target)
        except Apart:  # no file, so nothing to copy
            self._leave(Place(target, Room.BROKEN), target.name)
            home = source.parents[2]
            target = home / REFUSED / source.parent.name / source.name
            self._moves.make(target.parent, home)
            self._explain(target, why)
            self._moves.move(source, target)
        return target

    def refuse(self, found: Found, arrival: int, date: str, why: str) -> Path:
        """Moves what can be neither export nor sales file, a link itself and not what it points to, into `broken`."""
        claimed = self.claim(found, arrival)
        return self.put_away(arrival, found.name, Room.BROKEN, date, why) or claimed

    def release(self, arrival: int, name: str) -> Path:
        """Moves a held file back among the claimed ones."""
        target = self._claimed(arrival, name)
        held = next((place for place in self._places(arrival, name) if place.room is Room.HELD), None)
        if held is not None:  # also if it is claimed: a copy across file systems may have been cut short
            target = self._place(self._home, arrival, name)
            self._moves.make(target.parent, self._home)
            self._moves.move(held.path, target)
        if target is None:
            raise self._lost(arrival, name)
        self._clear(arrival, name, besides=target.parent)
        return target

    def resume(self, arrival: int, name: str, where: str = "") -> Path | None:
        """As `Claims.resume`; ends a release that was cut short, too."""
        path = super().resume(arrival, name, where)
        held = any(place.room is Room.HELD for place in self._places(arrival, name))
        return self.release(arrival, name) if path or held else None

    # --- where it lies

    def find(self, arrival: int, name: str) -> Place | None:
        """Where the arrival's file lies; None = nowhere."""
        claimed = self._claimed(arrival, name)
        return Place(claimed, None) if claimed else next(iter(self._places(arrival, name)), None)

    def highest(self) -> int:
        """The greatest number of an arrival that has a folder, claimed or in a room; 0 = none has. A record of
        arrivals that begins anew must go on above it."""
        self._look()
        self._be_sure()
        homes = self._homes()
        folders = [*homes, *(home.parent / REFUSED for home in homes)]
        folders += [date for _, dates in self._dates() for date in dates]
        return max((number for folder in folders for number in self._numbers(folder)), default=0)

    def _numbers(self, folder: Path) -> Iterator[int]:
        with suppress(Missing):
            yield from (int(entry.name) for entry in self._disk.entries(folder) if is_number(entry))

    def _places(self, arrival: int, name: str) -> list[Place]:
        """Where the file lies among what was put away: two places while a copy between them is not ended."""
        places = [Place(folder / name, room) for room, folder in self._folders(arrival)]
        return [place for place in places if self._disk.stat(place.path) is not None]

    def _folders(self, arrival: int) -> Iterator[tuple[Room, Path]]:
        """The folders that the arrival has in any room."""
        for room, dates in self._dates():
            folders = (date / folder_name(arrival) for date in dates)
            yield from ((room, folder) for folder in folders if self._disk.stat(folder) is not None)
        refused = (home.parent / REFUSED / folder_name(arrival) for home in self._homes())
        yield from ((Room.BROKEN, folder) for folder in refused if self._is_seen(folder))

    def _dates(self) -> Iterator[tuple[Room, list[Path]]]:
        for room in Room:
            top = self._layout.room(room) / self._trade
            with suppress(Missing):
                yield room, [top / entry.name for entry in self._disk.entries(top) if entry.kind is FileKind.FOLDER]

    def _clear(self, arrival: int, name: str, besides: Path) -> None:
        """Removes what moves that were cut short may have left, anywhere but in the folder `besides`."""
        places = [Place(folder / name, room) for room, folder in self._folders(arrival)]
        claimed = (home / folder_name(arrival) for home in self._homes())
        places += [Place(folder / name, None) for folder in claimed if self._is_seen(folder)]
        for place in places:
            if place.path.parent != besides:
                self._leave(place, name)

    def _leave(self, place: Place, name: str) -> None:
        """Removes what is left where a file was: its `.why`, and folders that are empty now."""
        folder = place.path.parent
        if place.room is None:
            self._moves.leave(folder)
        else:
            self._disk.unlink(folder / fit(name, WHY))
            self._moves.leave(folder, folder.parent)

    # --- replies

    def reply(self, taken: str, name: str, arrival: int, data: bytes) -> str:
        """Writes the reply to an export as NAME.json; as NAME.<arrival>.json where an earlier export of the name
        was replied to. Returns that file name for the caller to keep, and to give as `taken` when the reply is
        written again: then it is replaced. "" = not replied to yet, or not known: the same bytes are found."""
        if taken:
            replace(self._disk, self._layout.replies / back(taken), data, self._file_mode)
            return taken
        for suffix in chain((REPLY, f".{arrival}{REPLY}"), (f".{arrival}-{again}{REPLY}" for again in count(2))):
            path = self._layout.replies / fit(name, suffix)
            entry = self._disk.stat(path)
            if entry is None or entry.kind is FileKind.FILE:
                with suppress(Clash):
                    publish(self._disk, path, data, self._file_mode)
                    return kept(path.name)
        raise AssertionError  # count() does not end

    def tidy(self) -> None:
        """As `Claims.tidy`; empty days in the rooms, and what killed writers of replies left, too."""
        super().tidy()
        sweep(self._disk, self._layout.replies)
        for _, dates in self._dates():
            for date in dates:
                self._moves.leave(date)
