"""Shifts as the books have them: which there are, what each brought, which of its documents are missing.

Failures: `Halt` for a row that cannot be read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Select, select, update

from ..model import Document, ReceiptLine, ShiftAccount, ShiftPlace, ShiftRecord, ShiftSums
from .nouns import Counted, ShiftRow
from .rows import noun, understood
from .session import BATCH, Session
from .summaries import summaries
from .summing import COUNTS, by_shift
from .tables import DOCUMENTS, SHIFT_RECORDS, SHIFTS, TILLS

_PLACE = (TILLS.c.shop, TILLS.c.till, SHIFTS.c.number, SHIFTS.c.opened)


class Accounts:
    """The part of a transaction that knows shifts."""

    _session: Session

    def shift(self, shift: int) -> ShiftAccount | None:
        """What the documents that count make of a shift; None where there is no such row, or they lie in an archive."""
        here = (SHIFTS.c.id == shift) & SHIFTS.c.archive.is_(None)
        found = self._session.first(select(*_PLACE, SHIFTS.c.closed, SHIFTS.c.record_id).join(TILLS).where(here))
        if found is None:
            return None
        summary = summaries(self._session, [shift])[shift]
        return ShiftAccount(
            ShiftPlace(*found[:4]),
            by_shift(summary.kinds).get(shift, ShiftSums()),
            self._lines(shift),
            found.closed,
            self._record(found.record_id),
            summary.numbering.missing,
        )

    def _lines(self, shift: int) -> tuple[ReceiptLine, ...]:
        columns = (DOCUMENTS.c.type, DOCUMENTS.c.number, DOCUMENTS.c.sum, DOCUMENTS.c.ended, DOCUMENTS.c.annulled)
        mine = (DOCUMENTS.c.shift_id == shift) & COUNTS
        order = (DOCUMENTS.c.number, DOCUMENTS.c.type)
        return tuple(ReceiptLine(*row) for row in self._session.rows(select(*columns).where(mine).order_by(*order)))

    def _record(self, row: int | None) -> ShiftRecord | None:
        if row is None:
            return None
        wanted = select(SHIFT_RECORDS.c.body, SHIFT_RECORDS.c.raw).where(SHIFT_RECORDS.c.id == row)
        return noun(ShiftRecord, self._session.first(wanted))

    # --- lists

    def find_shifts(
        self, shop: str = "", till: str = "", number: int | None = None, limit: int = 100
    ) -> list[ShiftRow]:
        """Newest first."""
        wanted = _rows().order_by(SHIFTS.c.starts.desc().nulls_last(), SHIFTS.c.id.desc()).limit(limit)
        if shop:
            wanted = wanted.where(TILLS.c.shop == shop)
        if till:
            wanted = wanted.where(TILLS.c.till == till)
        if number is not None:
            wanted = wanted.where(SHIFTS.c.number == number)
        return self._listed(wanted)

    def closed_untold(self, before: float) -> list[ShiftRow]:
        """Closed shifts, known as closed since before `before`, that `mark_told` was never called for; oldest first."""
        wanted = _rows().where(SHIFTS.c.closed.is_not(None) & ~SHIFTS.c.told & (SHIFTS.c.closed_seen < before))
        return self._listed(wanted.order_by(SHIFTS.c.closed_seen, SHIFTS.c.id))

    def mark_told(self, shift: int, *, told: bool = True) -> None:
        """The ERP was told of this shift as it is; or it has changed since."""
        self._session.run(update(SHIFTS).where(SHIFTS.c.id == shift).values(told=told))

    def _listed(self, wanted: Select[Any]) -> list[ShiftRow]:
        rows = self._session.rows(wanted)
        found = summaries(self._session, [row.id for row in rows])
        return [
            ShiftRow(row.id, ShiftPlace(*row[:4]), row.closed, row.first, row.last, documents, row.told)
            for row in rows
            for documents in (found[row.id].numbering.documents,)
        ]

    # --- documents

    def untold(self, arrival: int, types: Collection[int] | None = None) -> Iterator[Counted]:
        """Documents that this file made count, of these types or of any, in the order in which they were booked.
        Without their raw texts. Deliveries may be made while it runs, bookings may not."""
        last = 0
        columns = (*_PLACE, DOCUMENTS.c.id, DOCUMENTS.c.shift_id, DOCUMENTS.c.home, DOCUMENTS.c.body)
        mine = (DOCUMENTS.c.counted_by == arrival) & DOCUMENTS.c.counts
        wanted = select(*columns).select_from(DOCUMENTS).join(SHIFTS).join(TILLS, SHIFTS.c.till_id == TILLS.c.id)
        wanted = wanted.where(mine).order_by(DOCUMENTS.c.id).limit(BATCH)
        if types is not None:
            wanted = wanted.where(DOCUMENTS.c.type.in_(types))
        while rows := self._session.rows(wanted.where(DOCUMENTS.c.id > last)):
            for row in rows:
                document = understood(Document, row.body)
                subject = f"document {row.home} {document.type} {document.number}"
                yield Counted(subject, ShiftPlace(*row[:4]), row.shift_id, document)
            last = rows[-1].id


def _rows() -> Select[Any]:
    columns = (SHIFTS.c.id, SHIFTS.c.closed, SHIFTS.c.first, SHIFTS.c.last, SHIFTS.c.told)
    return select(*_PLACE, *columns).join(TILLS)
