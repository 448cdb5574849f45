"""Finding one file in the archives: which archive is meant, which file in it, and what is shown of them.

An archive is named as `archive ls` shows it (`processed_archive/exports-26-11-20.tgz`) or by its last part where that
is enough; a file by its path in the archive, by its own name or by the number of its arrival.

Failures: `Reject` where nothing bears the name (`archive.none`, `archive.no-member`) or more than one thing does
(`archive.several`), and for a damaged archive; else as the disk says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

from ..errors import Fault, Reason, Reject
from ..queues.archives import Archive, Archives
from ..queues.layout import Room, Shelf, Trade
from ..queues.names import fit, printable
from ..queues.rooms import WHY
from ..queues.tape import Member
from .clock import moment
from .office import Office
from .trimviews import place
from .views import Row

T = TypeVar("T")

Damaged = list[tuple[str, Reason]]  # archive, what is wrong with it


def archives(
    office: Office, room: Room | Shelf | None = None, trade: Trade | None = None, day: date | None = None
) -> list[Archive]:
    """Those of one room, trade and day, or all of them."""
    return [
        archive
        for archive in Archives(office.disk, office.layout).all()
        if room in (None, archive.spot.room) and trade in (None, archive.spot.trade) and day in (None, archive.spot.day)
    ]


def archive_row(archive: Archive) -> Row:
    spot = archive.spot
    return {
        "archive": archive.name,
        "room": spot.room.value,
        "trade": spot.trade.value,
        "day": spot.day.isoformat(),
        "bytes": archive.size,
    }


def files(office: Office, archive: Archive, damaged: Damaged, pattern: str = "*") -> Iterator[Row]:
    """The files in `archive` whose name or arrival is like `pattern`; an archive that cannot be read to its end is
    added to `damaged`."""
    try:
        for member in Archives(office.disk, office.layout).members(archive):
            if _is_like(member, pattern):
                yield file_row(archive, member)
    except Reject as no:
        damaged.append((archive.name, no.reason))


def file_row(archive: Archive, member: Member) -> Row:
    return {
        "archive": archive.name,
        "arrival": _arrival(member),
        "name": printable(_name(member)),
        "bytes": member.size,
        "changed": moment(member.changed) if 0 <= member.changed < _YEAR_10000 else "",
        "file": member.regular and isinstance(archive.spot.room, Room),
        "member": printable(member.name),
    }


def one(office: Office, name: str) -> Archive:
    """The archive that is meant."""
    every = archives(office)
    wanted = [archive for archive in every if archive.name == name] or [
        archive for archive in every if archive.path.name == name
    ]
    if not wanted:
        raise Reject(Reason("archive.none", name=printable(name)), Fault.ERROR)
    return _only(name, wanted, (archive.name for archive in wanted))


def member(office: Office, archive: Archive, name: str) -> Member:
    """The file that is meant, as far as the archive can be read; damage is told where the file was not met before."""
    seen = list[Member]()
    no = Reject(Reason("archive.no-member", archive=archive.name, name=printable(name)), Fault.ERROR)
    try:
        seen.extend(Archives(office.disk, office.layout).members(archive))
    except Reject as damaged:
        no = damaged
    wanted = [one for one in seen if name in (one.name, printable(one.name))][:1] or _besides_why(
        [one for one in seen if _is_called(one, name)]
    )
    if not wanted:
        raise no
    return _only(name, wanted, (printable(one.name) for one in wanted))


def content(office: Office, archive: Archive, name: str) -> Iterator[bytes]:
    """The bytes of the file that is meant. Raises Reject at their end where the archive is damaged: then nobody knows
    whether they are right."""
    return Archives(office.disk, office.layout).content(archive, member(office, archive, name).name)


def restore(office: Office, archive: Archive, name: str, to: Path | None = None) -> Row:
    """Brings the file that is meant back to where it lay, or into the folder `to`."""
    found = member(office, archive, name)
    archives = Archives(office.disk, office.layout, **office.settings.rights.of_rooms)
    path = archives.restore(archive, found.name, to)
    there = printable(str(path)) if to else place(office, path)
    office.log.info("file_restored", archive=archive.name, member=printable(found.name), path=there)
    return {"archive": archive.name, "member": printable(found.name), "path": there}


_YEAR_10000 = 253_402_300_800  # seconds since the epoch: later times cannot be shown


def _only(name: str, wanted: list[T], names: Iterable[str]) -> T:
    if len(wanted) > 1:
        raise Reject(Reason("archive.several", name=printable(name), names=", ".join(names)), Fault.ERROR)
    return wanted[0]


def _besides_why(wanted: list[Member]) -> list[Member]:
    """Whoever names an arrival means its file, not the `.why` beside it."""
    explained = {(_arrival(one), fit(_name(one), WHY)) for one in wanted if _name(one)}
    return [one for one in wanted if (_arrival(one), _name(one)) not in explained]


def _is_like(member: Member, pattern: str) -> bool:
    names = {_name(member).casefold(), printable(_name(member)).casefold()}
    return any(fnmatchcase(name, pattern.casefold()) for name in names) or _is_number(member, pattern)


def _is_called(member: Member, name: str) -> bool:
    return name in (_name(member), printable(_name(member))) or _is_number(member, name)


def _is_number(member: Member, text: str) -> bool:
    return text.isascii() and text.isdecimal() and _arrival(member) == int(text)


def _name(member: Member) -> str:
    return member.name.rpartition("/")[2]


def _arrival(member: Member) -> int | None:
    """The number of the folder that it lies in; None where that is no number, or a till's."""
    if member.name.startswith(f"{Shelf.BOOKS}/"):
        return None
    folder = member.name.rpartition("/")[0].rpartition("/")[2]
    return int(folder) if folder.isascii() and folder.isdecimal() else None
