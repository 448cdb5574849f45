"""One export, from its bytes to its verdict: read by exactly one converter, booked in one transaction, or not at all.

Here lies the commit point: when `book` returns, the facts, the change log, the stream's number and the verdict are
durable together; when it raises, none of them is. Nothing here moves a file.

Failures: `Rejected` (a Reject, with the verdict on what had been read), `Suspicious` for a person to look at, `Retry`
when the store or the disk does not take it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import BinaryIO

import msgspec

from ..catalogue import Booking, Outcome, Transaction
from ..converters import claim
from ..converters.reading import sniff
from ..errors import Fault, Reason, Reject
from ..model import (
    Aside,
    Converter,
    Drop,
    Event,
    Extent,
    Familiar,
    Head,
    Header,
    Kind,
    Put,
    Refused,
    Remark,
    Same,
    Skimmer,
    Told,
)
from .guard import suspicions
from .ledger import Export, ExportState, Ledger, Verdict
from .office import Office
from .readiness import digest
from .sets import Between, Part, named_in
from .tally import Tally, in_lines, with_outcome

HEAD = 64 * 1024  # bytes in which a root element must begin
PROGRESS_EVERY = 1000  # records


class Suspicious(Exception):
    """No error, but a question to a person: a correct export that nobody should book unseen, and what it changes."""

    def __init__(self, export: Export, verdict: Verdict) -> None:
        super().__init__(export.name)
        self.export = export
        self.verdict = verdict


class Rejected(Exception):
    """A Reject, with what is known of its export and the verdict on what had been read."""

    def __init__(self, reject: Reject, export: Export, verdict: Verdict) -> None:
        super().__init__(str(reject))
        self.reject = reject
        self.export = export
        self.verdict = verdict


@dataclass(frozen=True)
class Opened:
    """A file whose root was read: who speaks, and for which scope. Its digest is summed meanwhile."""

    export: Export  # without its digest
    converter: Converter
    head: Head
    header: Header
    summing: Future[str]

    def summed(self, export: Export) -> Export:
        """`export` with the file's digest. Raises Retry."""
        return msgspec.structs.replace(export, digest=self.summing.result())


class Reader:
    """Opens, weighs and books the exports of one office."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._beside = ThreadPoolExecutor(1, "digest")

    # --- opening

    def open(self, export: Export, path: Path) -> Opened:
        """Reads the root. Raises Rejected."""
        with _rejected(lambda: (export, Verdict())):
            limit = self._office.settings.feed.max_export_bytes
            if export.size > limit:
                raise Reject(Reason("feed.too-large", size=export.size, limit=limit))
            head, converter = self.head(export.name, path)
            header = converter.header(head)
            export = msgspec.structs.replace(export, header=header)
        summing = self._beside.submit(digest, self._office.disk, path)
        with _rejected(lambda: (msgspec.structs.replace(export, digest=summing.result()), Verdict())):
            export = msgspec.structs.replace(export, scope=self._scope(export, header))
        return Opened(export, converter, head, header, summing)

    def head(self, name: str, path: Path) -> tuple[Head, Converter]:
        """What the first bytes say, and the one converter for them. Raises Reject."""
        with self._office.disk.open(path) as source:
            head = sniff(source.read(HEAD), name)
        return head, claim(head)

    def _scope(self, export: Export, header: Header) -> str:
        """The shop an export is for: its root's or its folder's, which may not differ; "" = the chain."""
        if header.shop and export.shop and header.shop != export.shop:
            raise Reject(Reason("feed.shops-differ", named=header.shop, folder=export.shop), Fault.ERROR)
        scope = header.shop or export.shop
        shops = self._office.settings.shops
        if scope and scope not in shops:
            raise Reject(Reason("feed.unknown-shop", shop=scope, known=", ".join(sorted(shops)) or "-"), Fault.ERROR)
        return scope

    # --- booking

    def book(self, opened: Opened, path: Path) -> tuple[Export, Verdict]:
        """Books the export, in one commit. Raises Rejected, Suspicious or Retry; then nothing has happened."""
        try:
            return self._book(opened, path, skims=True)
        except Aside:
            return self._book(opened, path, skims=False)

    def _book(self, opened: Opened, path: Path, *, skims: bool) -> tuple[Export, Verdict]:
        with self._office.store.write() as txn:
            export, verdict = self.weigh(txn, opened, path, skims=skims)
            if verdict.suspicions:
                raise Suspicious(export, verdict)
            ledger = Ledger(txn)
            if not export.released:
                ledger.advance(opened.header, export.scope, export.digest, export.arrival)
            ledger.save(export, verdict)
        return export, verdict

    def weigh(
        self, txn: Transaction, opened: Opened, path: Path, *, skims: bool = False
    ) -> tuple[Export, Verdict]:
        """What the export changes, done in `txn`; whether that stays is the caller's to say. `skims`: records whose
        bytes are known are passed over where that is safe. Raises Rejected, and Aside where it was not safe after all.
        """
        settings = self._office.settings
        tally = Tally(settings.replies.max_refused, settings.feed.max_records)
        with _rejected(lambda: (opened.summed(opened.export), tally.verdict())):
            export, verdict = self._weigh(txn, opened, path, tally, skims=skims)
        return opened.summed(export), verdict

    def _weigh(
        self, txn: Transaction, opened: Opened, path: Path, tally: Tally, *, skims: bool
    ) -> tuple[Export, Verdict]:
        ledger, header, scope = Ledger(txn), opened.header, opened.export.scope
        export = msgspec.structs.replace(
            opened.export, state=ExportState.PROCESSED, decided=self._office.clock.now(), reason=None
        )
        doubts: list[Reason] = []
        if not export.released:
            follows = ledger.follow(header, scope, opened.summing.result)
            if follows == "repeat":
                return msgspec.structs.replace(
                    export, reason=Told("feed.repeat", {"number": header.number or 0})
                ), Verdict()
            if follows == "gap" and not header.full:
                doubts = self._gap(ledger, header, scope, tally)
        booking = self._booking(txn, export)
        part = Part.of(ledger, opened.export) or Between.of(ledger, scope)
        familiar = self._familiar(ledger, opened, booking, part) if skims else None
        try:
            extents = self._read(opened, path, booking, tally, part, familiar)
            tally.check_share(self._office.settings.feed.refused_share)
            outcome = self._complete(booking)
        except Reject as reject:
            if familiar is None:
                raise
            raise Aside from reject  # why it is refused, a reader of every record tells
        if extents:
            export = msgspec.structs.replace(export, header=msgspec.structs.replace(header, full=True))
        export, verdict = self._weighed(export, tally.verdict(), outcome, doubts)
        return export, verdict if familiar is None else self._with_lines(verdict, opened, path)

    def _weighed(
        self, export: Export, verdict: Verdict, outcome: Outcome, doubts: list[Reason]
    ) -> tuple[Export, Verdict]:
        verdict = with_outcome(verdict, outcome)
        full = export.header is not None and export.header.full
        if not export.released:
            doubts = [*doubts, *suspicions(verdict.shops, self._office.settings.guard, full=full)]
            verdict = msgspec.structs.replace(verdict, suspicions=tuple(map(Told.of, doubts)))
        return export, verdict

    def _gap(self, ledger: Ledger, header: Header, scope: str, tally: Tally) -> list[Reason]:
        """Changes that follow a gap: told in the reply, or, by a setting, a reason to wait for a person."""
        last = ledger.stream(header, scope)
        if last is None or header.number is None:
            return []
        missing = header.number - last.number - 1
        if self._office.settings.feed.hold_gaps:
            return [Reason("guard.gap", number=header.number, last=last.number, missing=missing)]
        tally.warn(Remark(Reason("feed.gap", number=header.number, last=last.number, missing=missing)))
        return []

    def _booking(self, txn: Transaction, export: Export) -> Booking:
        shops = [shop for shop in self._office.shops() if export.scope in ("", shop.id)]
        catalogue, keep_names = self._office.catalogue(txn), Ledger(txn).keeps_waiting()
        if not keep_names:
            catalogue.forget_names()
        release_of = export.arrival if export.released else 0
        return catalogue.booking(export.arrival, export.scope, shops, keep_names=keep_names, release_of=release_of)

    def _complete(self, booking: Booking) -> Outcome:
        return booking.complete(Decimal(str(self._office.settings.guard.moved_factor)))

    def _familiar(
        self, ledger: Ledger, opened: Opened, booking: Booking, part: Part | Between
    ) -> Familiar | None:
        """Who knows the file's records by their marks; None where every record has to be seen, known or not: because
        something else must learn of each, or because only a full export says what all is known."""
        converter, header = opened.converter, opened.header
        if not isinstance(converter, Skimmer) or not header.full or opened.export.released:
            return None
        terms = converter.terms(opened.head, self._office.settings.read_options())
        if terms is None or ledger.keeps_waiting() or not part.is_idle:
            return None
        return booking.skim(terms)

    def _read(
        self,
        opened: Opened,
        path: Path,
        booking: Booking,
        tally: Tally,
        part: Part | Between,
        familiar: Familiar | None,
    ) -> list[Extent]:
        """Gives every record to the booking. Returns the file's claims to be complete; a part's hold for its set."""
        extents: list[Extent] = []
        told = 0
        with self._office.disk.open(path) as source:
            for event in self._events(opened, source, familiar):
                if isinstance(event, Extent):
                    extents.append(event)
                    continue
                take(event, booking, tally)
                if isinstance(event, Put | Refused):
                    part.name(event)
                if tally.read >= told + PROGRESS_EVERY:
                    told = tally.read
                    self._office.progress(opened.export.name, source.tell(), opened.export.size)
        if isinstance(part, Part):
            part.join(extents, self._office.clock.now())
        elif not opened.header.part_of:
            for extent in extents:
                booking.extent(extent)
        return extents

    def _events(self, opened: Opened, source: BinaryIO, familiar: Familiar | None) -> Iterator[Event]:
        options, converter = self._office.settings.read_options(), opened.converter
        if familiar is not None and isinstance(converter, Skimmer):
            return converter.skim(source, opened.head, options, familiar)
        return converter.read(source, opened.head, options)

    def _with_lines(self, verdict: Verdict, opened: Opened, path: Path) -> Verdict:
        """Lines in place of the places that a file was skimmed by."""
        told = [line.line for line in (*verdict.refused, *verdict.warnings) if line.line < 0]
        if not told or not isinstance(opened.converter, Skimmer):
            return verdict
        with self._office.disk.open(path) as source:
            lines = opened.converter.lines_at(source, opened.head, told)
        return in_lines(verdict, lines)

    # --- the end of a set

    def close(self, export: Export) -> tuple[Export, Verdict]:
        """Books that a set of parts is complete: what none of them named is gone. Raises Rejected for a set one of
        whose parts was no good, Suspicious or Retry."""
        self._refuse_spoilt(export)
        with self._office.store.write() as txn:
            export, verdict = self.weigh_close(txn, export)
            if verdict.suspicions:
                raise Suspicious(export, verdict)
            Ledger(txn).drop_set(export.closes)
            Ledger(txn).save(export, verdict)
        return export, verdict

    def _refuse_spoilt(self, export: Export) -> None:
        with self._office.store.read() as txn:
            part_set = Ledger(txn).part_set(export.closes)
        if part_set is not None and part_set.spoilt:
            reason = Reason("sets.spoilt", set=part_set.name, part=part_set.spoilt)
            raise Rejected(Reject(reason, Fault.ERROR), export, Verdict())

    def weigh_close(self, txn: Transaction, export: Export) -> tuple[Export, Verdict]:
        """What the end of a set deletes, done in `txn`."""
        ledger = Ledger(txn)
        part_set = ledger.part_set(export.closes)
        export = msgspec.structs.replace(
            export, state=ExportState.PROCESSED, decided=self._office.clock.now(), reason=None
        )
        booking = self._booking(txn, export)
        for kind, origin in part_set.extents if part_set else ():
            booking.extent(Extent(Kind(kind), origin), partial(named_in, ledger, export.closes, kind))
        return self._weighed(export, Verdict(), self._complete(booking), [])


@contextmanager
def _rejected(known: Callable[[], tuple[Export, Verdict]]) -> Iterator[None]:
    try:
        yield
    except Reject as reject:
        raise Rejected(reject, *known()) from reject


def take(event: Event, booking: Booking, tally: Tally) -> None:
    """Gives one record to the booking, and its fate to the tally."""
    match event:
        case Put():
            tally.record()
            refused = booking.put(event)
            if refused is not None:
                tally.refuse(refused)
        case Drop():
            tally.record()
            booking.drop(event)
        case Refused():
            tally.record()
            tally.refuse(event)
            booking.spare(event)
        case Same():
            tally.record(event.count)
            booking.same(event.count)
        case Remark():
            tally.warn(event)
