"""What has arrived, in which order, and whose it is from then on.

Files that are whole and closed are put in order (kinds that others refer to first, then by number, then by time of
change and name), given numbers in one commit, and moved to `.claimed/<arrival>/`. From there on the number names
them. What cannot be an export (a link, a pipe, a device) is numbered and refused likewise.

Failures: `Retry` where a file cannot be moved now; it stays where it is and is found again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import msgspec

from ..errors import Reason, Retry, Trouble
from ..model import Header
from ..queues.disk import FileKind
from ..queues.inbox import Flag, Found, scan
from ..queues.lease import Lease
from ..queues.names import back, kept, natural, printable
from ..queues.settling import Settling
from .booking import Reader
from .ledger import Export, ExportState, Ledger, PartSet
from .office import Office
from .readiness import why_not
from .sets import set_of
from .verdicts import end_of_set

ORDER = (
    "units", "taxes", "groups", "import", "goods", "barcodes", "offers", "prices", "rests", "cashiers", "sellers",
    "restrictions",
)  # fmt: skip
BATCH = 1000  # exports claimed at once: bounded, whatever lies in the inbox


Stream = tuple[str, str, str]  # source, kind, scope: numbers rise in it


@dataclass(frozen=True)
class Place:
    """A file and where its root puts it among the others; a root that cannot be read puts it nowhere."""

    found: Found
    kind: str = ""
    stream: Stream | None = None
    number: int | None = None

    @property
    def rank(self) -> tuple[int, int, object, str]:
        order = ORDER.index(self.kind) if self.kind in ORDER else len(ORDER)
        return order, self.found.mtime_ns, natural(self.found.name), self.found.shop


class Arrivals:
    """The inbox of one office, from one scan to the next."""

    def __init__(self, office: Office, reader: Reader) -> None:
        self._office = office
        self._reader = reader
        self._settling = Settling(office.settings.arrival.settle_seconds, office.disk, Lease())
        self.waiting: list[tuple[str, Reason]] = []  # of the last scan: name, and why it was not taken
        self.flags: tuple[Flag, ...] = ()  # of the last scan
        self._stuck: dict[Stream, int] = {}  # of the last scan: the least number that could not be taken

    def claim(self, *, once: bool) -> Iterator[list[Export]]:
        """What has arrived by now and is ours from now on, in batches, in the order in which it is to be read."""
        office = self._office
        seen = scan(office.disk, office.layout.inbox, office.settings.arrival.flag_suffix)
        self.flags = seen.flags
        self.waiting += [("", reason) for reason in seen.unread]
        self._settling.see(seen.found, office.clock.monotonic())
        judged = [(self._is_ready(found, once=once), found) for found in seen.found]
        self._stuck = {}
        for place in (self._place(found) for ready, found in judged if not ready):
            self._stay_behind(place)
        ready = iter(_ordered(self._place(found) for ready, found in judged if ready))
        while batch := list(islice(ready, BATCH)):
            yield [export for export, place in self._numbered(batch) if self._moved(export, place)]

    def _is_ready(self, found: Found, *, once: bool) -> bool:
        reason = why_not(found, self._settling, self._office.clock, once=once)
        if reason is not None:
            self.waiting.append((printable(found.name), reason))
        return reason is None

    # --- order

    def _place(self, found: Found) -> Place:
        header = self._header(found)
        if header is None:
            return Place(found)
        stream = (header.source, header.kind, header.shop or found.shop)
        return Place(found, header.kind, stream, header.number)

    def _stay_behind(self, place: Place) -> None:
        """What cannot be taken now keeps what is to be read after it waiting: it would find its number used up."""
        if place.stream and place.number is not None:
            least = self._stuck.get(place.stream, place.number)
            self._stuck[place.stream] = min(least, place.number)

    def _is_behind(self, place: Place) -> bool:
        number = self._stuck.get(place.stream) if place.stream else None
        return number is not None and place.number is not None and number < place.number

    def _header(self, found: Found) -> Header | None:
        """What the root says, as far as it can be read; its faults are told when the export is."""
        if found.kind is not FileKind.FILE:
            return None
        try:
            head, converter = self._reader.head(printable(found.name), found.path)
            return converter.header(head)
        except Trouble:
            return None

    # --- from the ERP's hands into ours

    def _numbered(self, batch: list[Place]) -> list[tuple[Export, Place]]:
        """Gives each file its number, in one commit, before any of them is moved."""
        now = self._office.clock.now()
        with self._office.store.write() as txn:
            ledger = Ledger(txn)
            numbered = [
                (Export.arrived(ledger.next_arrival(), found.name, kept(found.shop), found.size, now), place)
                for place in batch
                for found in (place.found,)
            ]
            for export, _ in numbered:
                ledger.save(export)
        return numbered

    def _moved(self, export: Export, place: Place) -> bool:
        if self._is_behind(place):
            self.waiting.append((export.name, Reason("feed.number-waits", number=place.number)))
            self._forget(export)
            return False
        try:
            self._office.rooms.claim(place.found, export.arrival)
        except Retry as trouble:
            if not self.still_ours(export):
                self.waiting.append((export.name, trouble.reason))
                self._stay_behind(place)
                return False
        self._office.log.info("export_claimed", export=export.name, arrival=export.arrival, shop=export.shop)
        return True

    def _forget(self, export: Export) -> None:
        """A number was given, and the file never moved: it will arrive under another."""
        with self._office.store.write() as txn:
            Ledger(txn).forget(export.arrival)

    def still_ours(self, export: Export) -> bool:
        """After a crash: whether the file is in our hands. If not, the arrival is forgotten, the file found again;
        unless it was in our hands before: then it is lost, and that is its verdict."""
        try:
            if self._office.rooms.resume(export.arrival, export.file_name, back(export.shop)) is not None:
                return True
            if export.closes:
                self._write_page(export)
            elif not export.tries and not export.released:
                self._forget(export)
                return False
        except Retry as trouble:
            self.waiting.append((export.name, trouble.reason))
            return False
        return True

    # --- the end of a set

    def parts_to_come(self) -> frozenset[tuple[str, str]]:
        """(shop, set) of parts that are not booked yet: in the inbox, or ours and waiting for their next try. Looked
        for anew: a listing of the inbox may show a flag, and not yet the part that came just before it."""
        office = self._office
        seen = scan(office.disk, office.layout.inbox, office.settings.arrival.flag_suffix)
        with office.store.read() as txn:
            ours = [export for export in Ledger(txn).unfinished() if export.state is ExportState.CLAIMED]
        names = [(found.shop, found.name) for found in seen.found] + [(export.shop, export.name) for export in ours]
        return frozenset((shop, set_of(name)) for shop, name in names)

    def flagged_sets(self) -> frozenset[tuple[str, str]]:
        """(shop, set) that the ERP says are complete."""
        return frozenset((flag.shop, flag.of) for flag in self.flags)

    def close(self, part_set: PartSet) -> Export:
        """The end of a set as an arrival: a page that names its parts. Its flag goes first: found again, it would
        end the next set at its first part."""
        office = self._office
        for flag in self.flags:
            if (flag.shop, flag.of) == (part_set.scope, part_set.name):
                office.rooms.lower_flag(flag)
        with office.store.write() as txn:
            ledger = Ledger(txn)
            arrived = Export.arrived(
                ledger.next_arrival(), f"{part_set.name}.set", part_set.scope, 0, office.clock.now()
            )
            export = msgspec.structs.replace(
                arrived,
                closes=part_set.key,
                scope=part_set.scope,
                header=msgspec.structs.replace(part_set.header, full=True),
            )
            ledger.save(export)
            ledger.save_set(msgspec.structs.replace(part_set, closing=True))
        self._write_page(export)
        return export

    def _write_page(self, export: Export) -> None:
        with self._office.store.read() as txn:
            part_set = Ledger(txn).part_set(export.closes)
        if part_set is not None:
            self._office.rooms.place(export.arrival, export.file_name, end_of_set(part_set))


def _ordered(places: Iterable[Place]) -> list[Place]:
    """Kinds that others refer to first; within a stream the numbers rise."""
    ordered = sorted(places, key=lambda place: place.rank)
    streams: dict[Stream, list[int]] = defaultdict(list)
    for at, place in enumerate(ordered):
        if place.stream and place.number is not None:
            streams[place.stream].append(at)
    for spots in streams.values():
        numbered = sorted((ordered[at] for at in spots), key=lambda place: place.number or 0)
        for at, place in zip(spots, numbered, strict=True):
            ordered[at] = place
    return ordered
