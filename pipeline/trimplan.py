"""What trimming would do: which files go into which archive, what is deleted for its age, and what stays.

A file goes when the day of its folder is over, its arrival is decided and put away on record, and it lies in the room
of its verdict. Whatever else lies there stays, and is told; so does what is larger than any file that is read. Ages go
by the dates in names and records alone, so they are worth what the clock is: one that went back stops the trimming, and
where it may have leapt ahead nothing is deleted for its age.

Failures: `Halt` and `Retry` where the ledger cannot be read; `Retry` (`trim.clock-back`) where the clock went back.
A room, day or archive that cannot be read now is told in the plan, and stops no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..errors import Reason, Reject, Retry, Trouble
from ..model import Noun
from ..queues.archives import Archive, Archives, OldFile, Spot
from ..queues.disk import FileKind
from ..queues.layout import ARCHIVED, Room, Trade
from ..queues.names import back, fit
from ..queues.pastdays import ArrivalFolder, PastDays
from ..queues.rooms import REPLY, WHY
from .clock import moment
from .ledger import ExportState, Ledger
from .office import Office
from .rootsettings import SQLITE

if TYPE_CHECKING:
    from ..books import Books

DAY = 86_400.0
# What the ledger notes: when the last run was; the day on which nothing was deleted, and what was the last before it.
TRIMMED, LEAPT = "trimmed", "trim leapt"


class Arrival(Protocol):
    """What is known of an arrival: an export of the ledger, or a sales file of the books."""

    @property
    def name(self) -> str: ...

    @property
    def kept(self) -> str: ...

    @property
    def state(self) -> str: ...

    @property
    def put_away(self) -> bool: ...


Known = Callable[[int], Arrival | None]


class Bundle(Noun, frozen=True):
    """What goes into one archive. `kept` are those of `files`, as members, that an archive of the day holds already;
    `folders` those of the arrivals."""

    spot: Spot
    files: tuple[OldFile, ...]
    kept: frozenset[str]
    folders: tuple[Path, ...]
    path: Path  # of the archive for the others

    @property
    def lacking(self) -> list[OldFile]:
        return [file for file in self.files if file.member not in self.kept]


@dataclass
class Plan:
    bundles: list[Bundle] = field(default_factory=list)
    archives: list[Archive] = field(default_factory=list)  # past their age
    replies: list[str] = field(default_factory=list)  # past their age, by file name
    before: float = 0.0  # what was done with before this moment is past its age
    leapt: float | None = None  # nothing is deleted for its age in this run: the last that is known is so long ago
    left: list[tuple[Path, Reason]] = field(default_factory=list)  # what a person should look at
    waiting: list[tuple[Path, Reason]] = field(default_factory=list)  # what a later run will do

    def trouble(self, path: Path, trouble: Trouble) -> None:
        (self.waiting if isinstance(trouble, Retry) else self.left).append((path, trouble.reason))


def plan(office: Office, *, trust_clock: bool = False) -> Plan:
    """What a run at this moment would do; changes nothing. `trust_clock`: a person says that the clock is right."""
    return _Planning(office).plan(trust_clock=trust_clock)


class _Planning:
    def __init__(self, office: Office) -> None:
        self._office = office
        self._archives = Archives(office.disk, office.layout, self._seen)
        self._now = office.clock.now()
        self._today = datetime.fromtimestamp(self._now, UTC).date()
        self._keep = office.settings.trim.keep_days
        self._plan = Plan(before=self._now - self._keep * DAY)
        settings = office.settings
        self._largest = {
            Trade.EXPORTS: settings.feed.max_export_bytes,
            Trade.SALES: settings.collect.max_file_bytes,
        }
        self._known: dict[Trade, Known] = {}

    def plan(self, *, trust_clock: bool) -> Plan:
        with ExitStack() as open_:
            ledger = Ledger(open_.enter_context(self._office.store.read()))
            replies = _Replies(ledger, self._plan.before)
            newest = [replies.newest, *self._open_sales(open_)]
            self._known[Trade.EXPORTS] = ledger.export
            archives = [self._archives_of(room) for room in ARCHIVED]
            newest += [_seconds(archive.spot.day) for found in archives for archive in found or ()]
            if not trust_clock:
                self._judge_clock(ledger, newest)
            for room, found in zip(ARCHIVED, archives, strict=True):
                if found is not None:
                    self._room(room, found)
        if not self._plan.leapt:
            self._plan.replies = self._there(replies)
        return self._plan

    def _seen(self, count: int) -> None:
        """Somebody may wait for a sign of life, or want us to stop."""
        self._office.progress("trim", 0, 0)

    # --- the clock

    def _judge_clock(self, ledger: Ledger, newest: list[float]) -> None:
        """What the ledger noted of the last run says most: an export that came after the leap is as new as the leap."""
        last, (held, _, gap) = float(ledger.noted(TRIMMED) or 0), ledger.noted(LEAPT).partition(" ")
        latest = max(last, *newest)
        if latest > self._now + DAY:
            raise Retry(Reason("trim.clock-back", now=moment(self._now), latest=moment(latest)))
        since = float(gap) if held == self._today.isoformat() else last or latest
        if since and self._now - since > self._keep * DAY:
            self._plan.leapt = since
            self._plan.archives = []

    # --- what is known of arrivals

    def _open_sales(self, open_: ExitStack) -> list[float]:
        """Opens the books, where there are any; when the last sales file came. Books that cannot be read keep every
        sales file where it lies."""
        if not has_books(self._office):
            self._known[Trade.SALES] = lambda arrival: None
            return []
        try:
            txn = open_.enter_context(open_.enter_context(books_of(self._office)).read())
            newest = [max(file.received, file.decided) for file in txn.files(1)]
        except Trouble as trouble:
            self._plan.trouble(self._office.layout.sales, trouble)
            return []
        self._known[Trade.SALES] = txn.file
        return newest

    # --- rooms

    def _archives_of(self, room: Room) -> list[Archive] | None:
        """The room's archives; None where nothing can be put with them."""
        try:
            found, foreign = self._archives.room(room)
        except Trouble as trouble:
            self._plan.trouble(self._office.layout.archive(room), trouble)
            return None
        self._plan.left += [(path, Reason("trim.no-archive")) for path in foreign]
        oldest = self._today - timedelta(days=self._keep)
        self._plan.archives += [archive for archive in found if archive.spot.day < oldest]
        return found

    def _room(self, room: Room, archives: Sequence[Archive]) -> None:
        days = dict[Spot, _Day]()
        try:
            for found in PastDays(self._office.disk, self._office.layout, self._today).room(room):
                if isinstance(found, ArrivalFolder):
                    self._arrival(found, days.setdefault(found.spot, _Day()))
                elif found.trouble:
                    self._plan.trouble(found.path, found.trouble)
                else:
                    self._plan.left.append((found.path, Reason("trim.foreign")))
        except Trouble as trouble:
            self._plan.trouble(self._office.layout.room(room), trouble)
        for spot, day in sorted(days.items()):
            if day.folders:
                self._bundle(spot, day, [archive for archive in archives if archive.spot == spot])

    def _arrival(self, folder: ArrivalFolder, day: _Day) -> None:
        """Adds what lies in an arrival's folder to its day, or tells why it stays."""
        self._seen(0)
        known = self._known.get(folder.spot.trade)
        if known is None:
            return
        record = known(folder.arrival) if folder.entries else None
        if record is None and folder.entries:
            self._plan.left.append((folder.path, Reason("trim.unknown", arrival=folder.arrival)))
        elif record and not record.put_away:
            self._plan.waiting.append((folder.path, Reason("trim.unfinished", arrival=folder.arrival)))
        elif record and str(record.state) != folder.spot.room.value:
            state = str(record.state)
            self._plan.left.append((folder.path, Reason("trim.elsewhere", arrival=folder.arrival, state=state)))
        else:
            day.folders.append(folder.path)
            day.files += self._files(folder, _names(record) if record else ())

    def _files(self, folder: ArrivalFolder, names: Sequence[str]) -> Iterator[OldFile]:
        limit = self._largest[folder.spot.trade]
        for entry in folder.entries:
            path = folder.path / entry.name
            if entry.name not in names:
                self._plan.left.append((path, Reason("trim.foreign")))
            elif entry.kind is not FileKind.FILE:
                self._plan.left.append((path, Reason("trim.no-file", kind=entry.kind.value)))
            elif entry.size > limit:  # rejected unread; it may be a terabyte of holes, which nobody should compress
                self._plan.left.append((path, Reason("trim.too-large", size=entry.size, limit=limit)))
            else:
                yield OldFile(path, f"{folder.relative}/{entry.name}", entry)

    def _bundle(self, spot: Spot, day: _Day, archives: Sequence[Archive]) -> None:
        kept = set[str]()
        try:
            for archive in archives if day.files else ():
                kept |= self._kept(archive, day.files)
            path = self._archives.next_path(spot)
        except Trouble as trouble:
            self._plan.trouble(self._office.layout.room(Room(spot.room)) / spot.trade / spot.day.isoformat(), trouble)
        else:
            self._plan.bundles.append(Bundle(spot, tuple(day.files), frozenset(kept), tuple(day.folders), path))

    def _kept(self, archive: Archive, files: Sequence[OldFile]) -> set[str]:
        """A damaged archive holds nothing for certain: then the files go into the next one."""
        try:
            return self._archives.kept(archive, files)
        except Reject as damaged:
            self._plan.left.append((archive.path, damaged.reason))
            return set()

    # --- replies

    def _there(self, replies: _Replies) -> list[str]:
        try:
            there = {entry.name for entry in self._office.disk.entries(self._office.layout.replies)}
        except Trouble as trouble:
            self._plan.trouble(self._office.layout.replies, trouble)
            return []
        return sorted((replies.old - replies.needed) & there)


@dataclass
class _Day:
    """What is to go of one room, trade and day."""

    files: list[OldFile] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)


class _Replies:
    """Which replies are past their age. A name is free again once its reply is gone, so several exports of the ledger
    may name one; it is the youngest of them that counts."""

    def __init__(self, ledger: Ledger, before: float) -> None:
        self.newest = 0.0  # when the last export was decided
        self.old: set[str] = set()
        self.needed: set[str] = set()
        for export in ledger.exports():
            self.newest = max(self.newest, export.decided)
            done = export.put_away and export.state not in (ExportState.CLAIMED, ExportState.HELD)
            (self.old if done and export.decided < before else self.needed).add(back(export.reply))
            if not done:  # its reply may be written, and its name not yet be noted
                name = export.file_name
                self.needed |= {fit(name, REPLY), fit(name, f".{export.arrival}{REPLY}")}


def _names(record: Arrival) -> tuple[str, str]:
    """What an arrival's folder may hold: the file, and why it lies there."""
    name = back(record.kept) if record.kept else record.name
    return name, fit(name, WHY)


def has_books(office: Office) -> bool:
    """Whether sales were ever booked here: looking must not make a database."""
    settings, layout = office.settings, office.layout
    return bool(settings.books.url) or office.disk.stat(layout.state / SQLITE) is not None


def books_of(office: Office) -> AbstractContextManager[Books]:
    """The sales database, opened."""
    from .collect import open_books  # noqa: PLC0415 - its library is felt at the start, and not every root has sales

    return open_books(office)


def _seconds(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
