"""Shifts as the books have them: which there are, what each brought, which of its documents are missing.

Failures: `Halt` for a row that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, func, select, update

from ..model import Document, ReceiptLine, ShiftAccount, ShiftPlace, ShiftRecord, ShiftSums
from .nouns import Counted, ShiftRow
from .rows import noun
from .session import BATCH, Session, batches
from .summing import COUNTS, Numbering, by_shift, kinds, numberings
from .tables import DOCUMENTS, SHIFT_RECORDS, SHIFTS, TILLS

_PLACE = (TILLS.c.shop, TILLS.c.till, SHIFTS.c.number, SHIFTS.c.opened)


class Accounts:
    """The part of a transaction that knows shifts."""

    _session: Session

    def shift(self, shift: int) -> ShiftAccount | None:
        """What the documents that count make of a shift; None where there is no such row."""
        wanted = select(*_PLACE, SHIFTS.c.closed, SHIFTS.c.record_id).join(TILLS).where(SHIFTS.c.id == shift)
        found = self._session.first(wanted)
        if found is None:
            return None
        return ShiftAccount(
            ShiftPlace(*found[:4]),
            by_shift(kinds(self._session, [shift])).get(shift, ShiftSums()),
            self._lines(shift),
            found.closed,
            self._record(found.record_id),
            numberings(self._session, [shift]).get(shift, Numbering()).missing,
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
        counts: dict[int, int] = {}
        for some in batches([row.id for row in rows]):
            counted = select(DOCUMENTS.c.shift_id, func.count()).where(
                COUNTS & DOCUMENTS.c.shift_id.in_(some)
            )
            counts.update(dict(self._session.rows(counted.group_by(DOCUMENTS.c.shift_id))))
        return [
            ShiftRow(row.id, ShiftPlace(*row[:4]), row.closed, row.first, row.last, counts.get(row.id, 0), row.told)
            for row in rows
        ]

    # --- documents

    def untold(self, arrival: int) -> Iterator[Counted]:
        """Documents that this file made count, in the order in which they were booked. Deliveries may be made while
        it runs, bookings may not."""
        last = 0
        columns = (*_PLACE, DOCUMENTS.c.id, DOCUMENTS.c.shift_id, DOCUMENTS.c.home, DOCUMENTS.c.body, DOCUMENTS.c.raw)
        mine = (DOCUMENTS.c.counted_by == arrival) & DOCUMENTS.c.counts
        wanted = select(*columns).select_from(DOCUMENTS).join(SHIFTS).join(TILLS, SHIFTS.c.till_id == TILLS.c.id)
        wanted = wanted.where(mine).order_by(DOCUMENTS.c.id).limit(BATCH)
        while rows := self._session.rows(wanted.where(DOCUMENTS.c.id > last)):
            for row in rows:
                document = noun(Document, (row.body, row.raw))
                subject = f"document {row.home} {document.type} {document.number}"
                yield Counted(subject, ShiftPlace(*row[:4]), row.shift_id, document)
            last = rows[-1].id


def _rows() -> Select[Any]:
    columns = (SHIFTS.c.id, SHIFTS.c.closed, SHIFTS.c.first, SHIFTS.c.last, SHIFTS.c.told)
    return select(*_PLACE, *columns).join(TILLS)
