"""One sales file into the books: what is known already is left, what is new is added, what it moves is moved.

The file's objects come as a stream and go in batches; whatever a file holds, memory is bounded by a batch and by what
is known of its shifts. Nothing of it counts before the transaction is committed.

Failures: what the reader of the file raises goes through, and `Reject` as `drawer` says; the caller's transaction then
books nothing.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import insert, select, update

from ..errors import Reason
from ..model import Document, DrawerDocument, LogOn, RefusedSale, SalesEvent, ShiftRecord, Told
from . import drawer
from .counting import count
from .nouns import SalesFile, Tally
from .placing import Kept, Number, Shift
from .resolving import Opening
from .rows import document_rows, payment_rows, position_rows, too_large
from .session import BATCH, Session, batches
from .sorting import sort_out
from .summaries import keep
from .tables import DOCUMENTS, FILE_SHIFTS, LOG_ONS, PAYMENTS, POSITIONS, REFUSED, SHIFT_RECORDS, SHIFTS, TILLS
from .wares import Wares

NUMBERS_AT_ONCE = 8  # numbers of shifts whose documents are looked up together


class Booking:
    """One file, from its first object to its tally."""

    def __init__(self, session: Session, file: SalesFile) -> None:
        self._session = session
        self._file = file
        self._now = file.decided or file.received
        self._till = _till(session, file.shop, file.till)
        self._last_known = self._last_document = session.greatest(DOCUMENTS)
        self._last_record = session.greatest(SHIFT_RECORDS)
        self._last_log_on = session.greatest(LOG_ONS)
        self._wares = Wares(session)
        self._numbers: dict[int, Number] = {}
        self._documents: list[Document] = []
        self._records: list[ShiftRecord] = []
        self._undated: list[ShiftRecord] = []  # after all others: what they join may be in this very file
        self._log_ons: list[LogOn] = []
        self._drawer: list[DrawerDocument] = []
        self._refused: list[RefusedSale] = []
        self._refusals = self._archived = 0
        self._types: Counter[int] = Counter()
        self._confirmed: list[int] = []  # rows that only live files had told of
        self._latest: datetime | None = None
        self._touched: set[int] = set()
        self._gone: set[int] = set()
        self._shifts = self._shifts_new = self._log_ons_read = self._log_ons_new = 0
        self._drawer_read = self._drawer_new = 0

    def take(self, event: SalesEvent) -> None:
        if not isinstance(event, RefusedSale | DrawerDocument) and (name := too_large(event)):
            event = _refused(event, name)
        match event:
            case Document():
                self._documents.append(event)
                self._types[event.type] += 1
            case ShiftRecord():
                (self._records if event.opened else self._undated).append(event)
                self._shifts += 1
            case LogOn():
                self._log_ons.append(event)
                self._log_ons_read += 1
            case DrawerDocument():
                self._drawer.append(event)
                self._drawer_read += 1
            case RefusedSale():
                self._refused.append(event)
        held = len(self._documents), len(self._records), len(self._log_ons), len(self._drawer), len(self._refused)
        if max(held) >= BATCH:
            self._flush()

    def complete(self) -> Tally:
        self._flush()
        self._take_undated()
        outcome = count(self._session, self._last_known, self._confirmed, self._file.arrival)
        self._note_latest()
        for number in self._numbers.values():
            self._touched |= {shift.id for shift in number.shifts if shift.touched}
        rows = sorted((self._touched | outcome.shifts) - self._gone)
        self._session.append(FILE_SHIFTS, [(self._file.arrival, row) for row in rows])
        keep(self._session, rows)
        read = sum(self._types.values())
        return Tally(
            read=read,
            new=outcome.new,
            repeated=read - outcome.new - outcome.corrected - outcome.outdated,
            corrected=outcome.corrected,
            outdated=outcome.outdated,
            refused=self._refusals,
            archived=self._archived,
            by_type=tuple(sorted((+self._types).items())),
            shifts=self._shifts,
            shifts_new=self._shifts_new,
            log_ons=self._log_ons_read,
            log_ons_new=self._log_ons_new,
            drawer=self._drawer_read,
            drawer_new=self._drawer_new,
        )

    def _flush(self) -> None:
        changed = self._flush_records(self._records)
        here = [document for document in self._new_documents() if not self._is_archived(document)]
        placed = [(document, self._place(document)) for document in here]
        changed |= {document.shift for document, _ in placed}
        for number in changed:
            self._numbers[number].save(self._session)
        self._add(placed)
        if placed:
            self._session.look_at(SHIFTS, DOCUMENTS, POSITIONS, PAYMENTS)
        for number in changed:
            if self._numbers[number].astray:
                self._gone |= self._sort_out(self._numbers[number])
        self._flush_log_ons()
        if self._drawer:
            self._drawer_new += drawer.book(self._session, self._till, self._file.arrival, self._drawer)
            self._drawer.clear()
        self._flush_refused()
        self._documents.clear()
        self._records.clear()

    def _number(self, number: int) -> Number:
        if number not in self._numbers:
            self._numbers[number] = Number.load(self._session, self._till, number)
        return self._numbers[number]

    def _begin(self, number: Number, at: datetime | None = None) -> Shift:
        row = self._session.count_on("shift", 1)[0]
        return number.begin(Shift(row, first=at, last=at))

    # --- documents

    def _new_documents(self) -> list[Document]:
        """Those of the batch that the books have not got, each once."""
        known = {}
        numbers = sorted({document.shift for document in self._documents})
        for some in batches(numbers, NUMBERS_AT_ONCE):
            digests = [document.digest for document in self._documents if document.shift in some]
            columns = DOCUMENTS.c
            mine = (columns.till_id == self._till) & columns.shift_number.in_(some) & columns.digest.in_(digests)
            wanted = select(columns.shift_number, columns.digest, columns.id, columns.live).where(mine)
            known.update({(row[0], bytes(row[1])): (row[2], row[3]) for row in self._session.rows(wanted)})
        new: dict[tuple[int, bytes], Document] = {}
        confirmed = set()
        for document in self._documents:
            self._notice(document.ended or document.began)
            row, live = known.get((document.shift, document.digest), (None, False))
            if row is None:
                new.setdefault((document.shift, document.digest), document)
            elif live and not self._file.live:
                confirmed.add(row)
        if confirmed:
            self._session.run(update(DOCUMENTS).where(DOCUMENTS.c.id.in_(confirmed)).values(live=False))
            self._confirmed += confirmed
        return list(new.values())

    def _is_archived(self, event: Document | ShiftRecord) -> bool:
        """Whether it is of a shift whose documents lie in an archive; then it is refused, for nobody knows any more
        whether it was booked."""
        at = (event.ended or event.began) if isinstance(event, Document) else event.opened
        number = event.shift if isinstance(event, Document) else event.number
        archive = self._number(number).archive_of(at, opening=isinstance(event, ShiftRecord))
        if archive is None:
            return False
        told = Told.of(Reason("books.archived", number=number, archive=archive))
        section = "shift info"
        if isinstance(event, Document):
            section = "sales data"
            self._types[event.type] -= 1
        else:
            self._shifts -= 1
        key = f"{event.type} {event.number}" if isinstance(event, Document) else f"{event.number}"
        self._refused.append(RefusedSale(0, section, key, "shift", told.code, told.parts, event.raw))
        self._archived += 1
        return True

    def _place(self, document: Document) -> int:
        """The row of the document's shift."""
        number = self._number(document.shift)
        at = document.ended or document.began
        shift = number.place(at)
        if shift is None:
            shift = self._begin(number).holds(at)
            number.arrange()
        return shift.id

    def _add(self, placed: list[tuple[Document, int]]) -> None:
        start = self._last_document + 1
        self._last_document += len(placed)
        told = (self._till, self._file.arrival, self._file.live)
        rows = [(start + at, document, shift) for at, (document, shift) in enumerate(placed)]
        self._session.append(DOCUMENTS, document_rows(rows, *told))
        wares = self._wares.rows(position for document, _ in placed for position in document.positions)
        self._session.append(POSITIONS, position_rows(rows, wares))
        self._session.append(PAYMENTS, payment_rows(rows))

    def _notice(self, at: datetime | None) -> None:
        if at is not None and (self._latest is None or at > self._latest):
            self._latest = at

    def _note_latest(self) -> None:
        if self._latest is not None:
            earlier = TILLS.c.last_sale.is_(None) | (TILLS.c.last_sale < self._latest)
            self._session.run(update(TILLS).where((TILLS.c.id == self._till) & earlier).values(last_sale=self._latest))

    # --- shift records

    def _flush_records(self, records: list[ShiftRecord]) -> set[int]:
        """Takes records in, and begins what they begin. The numbers that changed."""
        changed = {record.number for record in records if self._take_record(record)}
        for value in changed:
            number = self._numbers[value]
            for resolved in number.settles(self._now):
                number.adopt(self._begin(number), resolved, self._now)
            number.arrange()
        return changed

    def _take_record(self, record: ShiftRecord) -> bool:
        """Whether it changes anything."""
        number = self._number(record.number)
        kept = number.records.get(record.digest)
        if kept is None:
            if self._is_archived(record):
                return False
            self._last_record += 1
            self._shifts_new += 1
            opening = Opening(record.digest, record.opened, record.closed, self._file.live)
            number.records[record.digest] = Kept(self._last_record, opening, arrival=self._file.arrival, record=record)
            return True
        if not kept.opening.live or self._file.live:
            return False
        kept.opening = Opening(record.digest, record.opened, record.closed, live=False)
        kept.changed = True
        return True

    def _take_undated(self) -> None:
        taken = []
        undated: dict[int, bytes] = {}
        for record in self._undated:
            known = self._number(record.number).openings
            if record.digest in self._numbers[record.number].records or any(opening.opened for opening in known):
                taken.append(record)
            elif any(True for _ in known) or undated.setdefault(record.number, record.digest) != record.digest:
                self._refused.append(_undated(record))
                self._shifts -= 1
            else:
                taken.append(record)
        changed = self._flush_records(taken)
        for number in changed:
            self._numbers[number].save(self._session)
            if self._numbers[number].astray:
                self._gone |= self._sort_out(self._numbers[number])
        self._flush_refused()

    def _sort_out(self, number: Number) -> set[int]:
        return sort_out(self._session, number, self._file.arrival, self._last_known, self._now)

    # --- the rest

    def _flush_log_ons(self) -> None:
        digests = {log_on.digest: log_on for log_on in self._log_ons}
        mine = (LOG_ONS.c.till_id == self._till) & LOG_ONS.c.digest.in_(digests)
        known = (
            {bytes(row.digest) for row in self._session.rows(select(LOG_ONS.c.digest).where(mine))}
            if digests
            else set()
        )
        new = [log_on for digest, log_on in digests.items() if digest not in known]
        rows: list[tuple[Any, ...]] = []
        for log_on in new:
            self._last_log_on += 1
            told = (log_on.operation, log_on.user, log_on.at, self._file.arrival, log_on.raw.decode("utf-8", "replace"))
            rows.append((self._last_log_on, self._till, log_on.digest, *told))
        self._session.append(LOG_ONS, rows)
        self._log_ons_new += len(new)
        self._log_ons.clear()

    def _flush_refused(self) -> None:
        rows = []
        for sale in self._refused:
            parts = msgspec.json.encode(sale.parts).decode()
            told = (sale.line, sale.section, sale.key, sale.field, sale.code, parts, sale.raw)
            rows.append((self._file.arrival, self._refusals, *told))
            self._refusals += 1
        self._session.append(REFUSED, rows)
        self._refused.clear()


def _till(session: Session, shop: str, till: str) -> int:
    found = session.first(select(TILLS.c.id).where((TILLS.c.shop == shop) & (TILLS.c.till == till)))
    if found is not None:
        return int(found.id)
    row = session.greatest(TILLS) + 1
    session.run(insert(TILLS), {"id": row, "shop": shop, "till": till})
    return row


def _undated(record: ShiftRecord) -> RefusedSale:
    told = Told.of(Reason("books.shift-undated", number=record.number))
    return RefusedSale(0, "shift info", str(record.number), "timeBeg", told.code, told.parts, record.raw)


def _refused(event: Document | ShiftRecord | LogOn, name: str) -> RefusedSale:
    """An object with a number that no column holds."""
    told = Told.of(Reason("books.too-large", field=name))
    match event:
        case Document():
            section, key = "sales data", f"{event.type} {event.number}"
        case ShiftRecord():
            section, key = "shift info", f"{event.number}"
        case LogOn():
            section, key = "securitylog info", f"{event.operation}"
    return RefusedSale(0, section, key, name, told.code, told.parts, event.raw)
