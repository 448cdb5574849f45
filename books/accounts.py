"""Shifts as the books have them: which there are, what each brought, which of its documents are missing.

Failures: `Halt` for a row that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Select, func, select, update

from ..model import (
    CASH_IN,
    CASH_OUT,
    NOTHING,
    Document,
    DocumentKind,
    ReceiptLine,
    ShiftAccount,
    ShiftPlace,
    ShiftRecord,
    ShiftSums,
)
from .amounts import exact_sum
from .nouns import Counted, ShiftRow
from .rows import noun
from .session import BATCH, Session, batches
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
        lines = self._lines(shift)
        return ShiftAccount(
            ShiftPlace(*found[:4]),
            self._sums(shift),
            lines,
            found.closed,
            self._record(found.record_id),
            tuple(missing(line.number for line in lines)),
        )

    def _lines(self, shift: int) -> tuple[ReceiptLine, ...]:
        columns = (DOCUMENTS.c.type, DOCUMENTS.c.number, DOCUMENTS.c.sum, DOCUMENTS.c.ended, DOCUMENTS.c.annulled)
        mine = (DOCUMENTS.c.shift_id == shift) & DOCUMENTS.c.counts
        order = (DOCUMENTS.c.number, DOCUMENTS.c.type)
        return tuple(ReceiptLine(*row) for row in self._session.rows(select(*columns).where(mine).order_by(*order)))

    def _record(self, row: int | None) -> ShiftRecord | None:
        if row is None:
            return None
        wanted = select(SHIFT_RECORDS.c.body, SHIFT_RECORDS.c.raw).where(SHIFT_RECORDS.c.id == row)
        return noun(ShiftRecord, self._session.first(wanted))

    def _sums(self, shift: int) -> ShiftSums:
        columns = DOCUMENTS.c
        kinds = (columns.type, columns.sign, columns.annulled)
        amounts = (exact_sum(columns.sum), exact_sum(columns.cash), exact_sum(columns.cashless))
        mine = (columns.shift_id == shift) & columns.counts
        sums: dict[str, Any] = {}
        for code, sign, annulled, count, total, cash, cashless in self._session.rows(
            select(*kinds, func.count(), *amounts).where(mine).group_by(*kinds)
        ):
            for name, value in _shares(code, sign, annulled, count, total, cash, cashless):
                sums[name] = sums.get(name, 0) + value
        return ShiftSums(**sums)

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

    def mark_told(self, shift: int) -> None:
        """The document of this closed shift was delivered."""
        self._session.run(update(SHIFTS).where(SHIFTS.c.id == shift).values(told=True))

    def _listed(self, wanted: Select[Any]) -> list[ShiftRow]:
        rows = self._session.rows(wanted)
        counts: dict[int, int] = {}
        for some in batches([row.id for row in rows]):
            counted = select(DOCUMENTS.c.shift_id, func.count()).where(
                DOCUMENTS.c.counts & DOCUMENTS.c.shift_id.in_(some)
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


def _shares(
    code: int,
    sign: int,
    annulled: bool,
    count: int,
    total: Any,
    cash: Any,
    cashless: Any,
) -> Iterator[tuple[str, Any]]:
    """What documents of one type bring to a shift's sums."""
    if annulled:
        yield "annulled", count
    elif code == CASH_IN:
        yield "cash_in", total
    elif code == CASH_OUT:
        yield "cash_out", total
    elif DocumentKind.of(code) is DocumentKind.RECEIPT:
        trade = "sales" if sign > 0 else "returns"
        yield "receipts", count
        yield f"{trade}_cash", sign * cash
        yield f"{trade}_cashless", sign * cashless
        yield "gain", NOTHING + sign * total


def missing(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The ranges between the least and the greatest number that no document has; `numbers` come sorted."""
    last: int | None = None
    for number in numbers:
        if last is not None and number > last + 1:
            yield last + 1, number - 1
        last = number
