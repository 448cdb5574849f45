"""What becomes of old files: which lie in the rooms, in which archive each belongs, and how it gets there and back.

    <room>/<trade>/2026-11-20/0000000012/NAME  ->  backup/<room>_archive/<trade>-26-11-20.tgz

An archive is of one room, trade and day, by the names of the folders and never by the time of a file. Inside it a file
has the path that is written above, so that the archive unpacked in a root puts it where it lay. What comes later for
the same day goes into `…-2.tgz`, then `…-3.tgz`: an archive is never replaced nor added to.

    written under a temporary name, synced; read back, each member's digest compared with its file's
    named, the folder synced                                     from here on the files are in an archive
    [each file removed, if it still looks as it did]; empty folders removed, their parents synced

Any of these may be the last before a crash. What it leaves in both places, `kept` finds to be the same bytes, and it
only has to be removed.

Failures: `Reject` (`archive.damaged`) for an archive that cannot be read to its end; `archive.no-member`,
`archive.foreign`, `archive.taken` for what cannot be brought back; `Retry` (`archive.unlike`) where what was read back
is not what was written, `archive.changed` where a file changes meanwhile; else as the disk says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import date
from itertools import chain
from pathlib import Path

from ..errors import Fault, Reason, Reject, Retry
from ..model import Noun
from .disk import Disk, Entry, FileKind
from .durable import digest_of, is_litter, pieces, publish_checked, sweep
from .inbox import NOT_OURS
from .layout import ARCHIVED, Layout, Room, Shelf, Trade
from .moving import Moves
from .names import printable
from .tape import Member, pack, unpack
from .troubles import Missing

_NAME = re.compile(r"([a-z]+)-([0-9]{2})-([0-9]{2})-([0-9]{2})(?:-([0-9]+))?\.tgz")
_CENTURY = 2000
_MODE = 0o440  # an archive is never written to again


class Spot(Noun, frozen=True, order=True):
    """What one archive is of."""

    day: date
    room: Room | Shelf
    trade: Trade

    @property
    def folder(self) -> str:
        return f"{self.room}/{self.trade}/{self.day.isoformat()}"


class Archive(Noun, frozen=True):
    """One archive: the `number`-th of its spot, from 1."""

    spot: Spot
    number: int
    path: Path
    size: int  # bytes

    @property
    def order(self) -> tuple[Spot, int]:
        return self.spot, self.number

    @property
    def name(self) -> str:
        """As people name it: processed_archive/exports-26-11-20.tgz."""
        return f"{self.path.parent.name}/{self.path.name}"


class OldFile(Noun, frozen=True):
    """A file in a room as it was seen; `member` is what it is called in an archive."""

    path: Path
    member: str
    entry: Entry

    @property
    def size(self) -> int:
        return self.entry.size


def dated(trade: Trade, day: date, number: int) -> str:
    """The name of the `number`-th archive of a day, from 1."""
    again = f"-{number}" if number > 1 else ""
    return f"{trade}-{day:%y-%m-%d}{again}.tgz"


def read_name(name: str) -> tuple[Trade, date, int] | None:
    """What `dated` made `name` of; None for a name that we never give."""
    found = _NAME.fullmatch(name)
    if found is None or found[1] not in set(Trade):
        return None
    try:
        day = date(_CENTURY + int(found[2]), int(found[3]), int(found[4]))
    except ValueError:
        return None
    told = Trade(found[1]), day, int(found[5] or 1)
    return told if dated(*told) == name else None


def file_name(spot: Spot, number: int) -> str:
    return dated(spot.trade, spot.day, number)


def named_so(room: Room | Shelf, name: str) -> tuple[Spot, int] | None:
    """What an archive of this name is of; None for a name that we never give."""
    found = read_name(name)
    return None if found is None else (Spot(found[1], room, found[0]), found[2])


def nobody(count: int) -> None:
    """Nobody watches."""


class Archives:
    """The archives of one root. One process at a time changes them: whoever holds the root. `seen` is told bytes of
    files and archives as they are read, and 0 for what else takes its time; it may raise to end the work."""

    def __init__(
        self,
        disk: Disk,
        layout: Layout,
        seen: Callable[[int], None] = nobody,
        *,
        folder_mode: int = 0o750,
        file_mode: int = 0o640,
    ) -> None:
        self._disk = disk
        self._layout = layout
        self._seen = seen
        self._file_mode = file_mode  # of what is brought back
        self._moves = Moves(disk, folder_mode=folder_mode)

    # --- which there are

    def all(self) -> list[Archive]:
        """Every archive, also of the books, by day, room, trade and number. Raises Missing where their folders are not
        there."""
        every = (self.room(room)[0] for room in (*ARCHIVED, Shelf.BOOKS))
        return sorted(chain.from_iterable(every), key=lambda one: one.order)

    def room(self, room: Room | Shelf) -> tuple[list[Archive], list[Path]]:
        """The archives of one room, and what else lies beside them."""
        folder = self._layout.archive(room)
        found, foreign = list[Archive](), list[Path]()
        for entry in self._disk.entries(folder):
            named = named_so(room, entry.name) if entry.kind is FileKind.FILE else None
            if named:
                found.append(Archive(*named, folder / entry.name, entry.size))
            elif not is_litter(entry.name) and entry.name not in NOT_OURS:
                foreign.append(folder / entry.name)
        return sorted(found, key=lambda one: one.order), sorted(foreign)

    def next_path(self, spot: Spot) -> Path:
        """Where the next archive of `spot` will lie."""
        folder = self._layout.archive(spot.room)
        named = (named_so(spot.room, entry.name) for entry in self._disk.entries(folder))
        taken = [one[1] for one in named if one and one[0] == spot]
        return folder / file_name(spot, max(taken, default=0) + 1)

    def sweep(self) -> None:
        """Removes what killed writers left beside the archives."""
        for room in ARCHIVED:
            with suppress(Missing):
                sweep(self._disk, self._layout.archive(room))

    # --- into an archive

    def add(self, spot: Spot, files: list[OldFile]) -> Path:
        """A new archive of `files`, compared with them when this returns."""
        path = self.next_path(spot)
        packed = pack((_member(file), self._told(pieces(self._disk, file.path))) for file in files)
        publish_checked(self._disk, path, packed, _MODE, lambda written: self._compare(written, path, files))
        return path

    def _compare(self, written: Path, path: Path, files: list[OldFile]) -> None:
        expected = iter(files)
        try:
            for member, content in self._members(written):
                file = next(expected, None)
                if file is None or member != _member(file) or not self._is_same(file, content):
                    raise _unlike(path, member.name)
        except Reject as damaged:
            raise _unlike(path, "-") from damaged
        if (lacking := next(expected, None)) is not None:
            raise _unlike(path, lacking.member)

    def _is_same(self, file: OldFile, content: Iterable[bytes]) -> bool:
        return digest_of(self._told(content)) == digest_of(pieces(self._disk, file.path))

    def _told(self, content: Iterable[bytes]) -> Iterator[bytes]:
        for piece in content:
            self._seen(len(piece))
            yield piece

    def kept(self, archive: Archive, files: Iterable[OldFile]) -> set[str]:
        """Which of `files`, by their names as members, lie in `archive` with the same bytes. Raises Reject where it
        cannot be read to its end: then none of them is certain."""
        wanted = {file.member: file for file in files}
        found = set()
        for member, content in self._members(archive.path):
            self._seen(0)
            file = wanted.get(member.name)
            if file and member.regular and member.size == file.size and self._is_same(file, content):
                found.add(member.name)
        return found

    def remove(self, spot: Spot, files: Iterable[OldFile], folders: Iterable[Path]) -> list[OldFile]:
        """Removes files that archives of `spot` hold, then those of `folders` (the arrivals') that are empty by that.
        Those that no longer look as they did stay, and are returned."""
        self._disk.sync_dir(self._layout.archive(spot.room))  # whoever named an archive may have died before its sync
        stayed = [file for file in files if not self._removed(file)]
        days = set()
        for folder in folders:
            self._seen(0)
            days.add(folder.parent)
            with suppress(Missing):
                sweep(self._disk, folder)
                if not self._disk.rmdir(folder):
                    self._disk.sync_dir(folder)
        for day in sorted(days):
            gone = self._disk.rmdir(day)
            with suppress(Missing):
                self._disk.sync_dir(day.parent if gone else day)
        return stayed

    def _removed(self, file: OldFile) -> bool:
        self._seen(0)
        entry = self._disk.stat(file.path)
        if entry is None:
            return True
        return _look(entry) == _look(file.entry) and self._disk.unlink(file.path)

    def drop(self, archives: Iterable[Archive]) -> int:
        """Removes archives for good; how many there were."""
        gone = [self._disk.unlink(archive.path) for archive in archives]
        for room in ARCHIVED if any(gone) else ():
            with suppress(Missing):
                self._disk.sync_dir(self._layout.archive(room))
        return sum(gone)

    def drop_replies(self, names: Iterable[str]) -> int:
        """Removes replies for good; how many there were."""
        gone = sum(self._disk.unlink(self._layout.replies / name) for name in names)
        if gone:
            self._disk.sync_dir(self._layout.replies)
        return gone

    # --- out of an archive

    def members(self, archive: Archive) -> Iterator[Member]:
        """What lies in `archive`. Raises Reject, perhaps after many members, where it is damaged."""
        return (member for member, _ in self._members(archive.path))

    def content(self, archive: Archive, name: str) -> Iterator[bytes]:
        """The bytes of a member, and then, unread, the rest of the archive: only when this ends is it certain that
        they are right. Raises Reject."""
        for member, content in self._members(archive.path):
            if member.name == name:
                self._refuse_strange(archive, member)
                yield from content
                name = ""  # no file has that name: a second one of the same name is passed over
        if name:
            raise Reject(Reason("archive.no-member", archive=archive.name, name=printable(name)), Fault.ERROR)

    def restore(self, archive: Archive, name: str, to: Path | None = None) -> Path:
        """Brings a file back to where it lay, or into the folder `to`; where it lies then. The same file there
        already is a success; another stays, and raises Reject."""
        place = self.place(archive, name)
        target = to / place.name if to else place
        digest = digest_of(self.content(archive, name))
        if self._disk.stat(target) is not None:
            if digest_of(pieces(self._disk, target)) == digest:
                return target
            raise Reject(Reason("archive.taken", path=printable(str(target))), Fault.ERROR)
        if not to:
            self._moves.make(target.parent, self._layout.room(Room(archive.spot.room)))

        def confirm(written: Path) -> None:
            if digest_of(pieces(self._disk, written)) != digest:
                raise Retry(Reason("durable.torn", path=target))

        publish_checked(self._disk, target, self.content(archive, name), self._file_mode, confirm)
        return target

    def place(self, archive: Archive, name: str) -> Path:
        """Where a member of this name lay. Raises Reject for a path that leads anywhere else than into the folder of
        its archive's day."""
        spot = archive.spot
        if isinstance(spot.room, Shelf):  # sales are no file of anybody's
            raise Reject(Reason("archive.of-books", archive=archive.name, name=printable(name)), Fault.ERROR)
        folder, slash, plain = name.removeprefix(f"{spot.folder}/").partition("/")
        if not (name.startswith(f"{spot.folder}/{folder}{slash}") and _is_number(folder) and _is_plain(plain)):
            raise self._foreign(archive, name)
        return self._layout.room(spot.room).joinpath(spot.trade, spot.day.isoformat(), folder, plain)

    def _refuse_strange(self, archive: Archive, member: Member) -> None:
        if not member.regular:
            raise self._foreign(archive, member.name)

    def _foreign(self, archive: Archive, name: str) -> Reject:
        return Reject(Reason("archive.foreign", archive=archive.name, name=printable(name)), Fault.ERROR)

    def _members(self, path: Path) -> Iterator[tuple[Member, Iterator[bytes]]]:
        with self._disk.open(path) as file:
            yield from unpack(file, path)


def _member(file: OldFile) -> Member:
    return Member(file.member, file.size, file.entry.mtime_ns // 1_000_000_000)


def _look(entry: Entry) -> tuple[int, int, int]:
    return entry.inode, entry.size, entry.mtime_ns


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdecimal()


def _is_plain(name: str) -> bool:
    return name not in ("", "..") and "\0" not in name and Path(name).name == name


def _unlike(path: Path, name: str) -> Retry:
    return Retry(Reason("archive.unlike", path=path, name=printable(name)))
