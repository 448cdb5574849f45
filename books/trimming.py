"""Shifts that are past their age: which may leave, what an archive is to hold of them, and what stays here.

A shift leaves as a whole: all versions of its documents with their positions and payments. Its row, its records and its
summary stay: so the next shift's drawer has its beginning, a reconciliation its sums, and what comes again of the shift
is known as old.

Failures: `Halt` for a row that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec
from sqlalchemy import delete, func, select, update

from ..model import Document, Noun, ShiftPlace, ShiftRecord
from .findings import ShiftDelivery
from .nouns import DeliveryState
from .rows import noun
from .session import Session, batches
from .shiftrows import delivery, shift_rows
from .summaries import keep, summaries
from .tables import DELIVERIES, DOCUMENTS, PAYMENTS, POSITIONS, SHIFT_RECORDS, SHIFTS

_UNDER_WAY = (DeliveryState.DUE.value, DeliveryState.WRITTEN.value)


class OldShift(Noun, frozen=True):
    """A closed shift that ended before a moment."""

    id: int
    place: ShiftPlace
    closed: datetime
    documents: int  # all versions
    delivery: ShiftDelivery
    awaited: bool  # the ERP has not taken every document about it

    @property
    def may_leave(self) -> bool:
        return self.delivery.is_delivered and not self.awaited


class Trimming:
    """The part of a transaction that knows what is too old for the books."""

    _session: Session

    def old_shifts(self, before: datetime) -> list[OldShift]:
        """Those whose documents are all of before that moment, and here; oldest first."""
        ended = (SHIFTS.c.closed < before) & (func.coalesce(SHIFTS.c.last, SHIFTS.c.closed) < before)
        mine = ended & SHIFTS.c.archive.is_(None) & SHIFTS.c.opened.is_not(None)
        rows = self._session.rows(shift_rows().where(mine).order_by(SHIFTS.c.opened, SHIFTS.c.id))
        found, awaited = summaries(self._session, [row.id for row in rows]), self._awaited() if rows else set()
        return [
            OldShift(
                row.id, ShiftPlace(*row[:4]), row.closed, found[row.id].versions, delivery(row), row.id in awaited
            )
            for row in rows
        ]

    def _awaited(self) -> set[int]:
        """The shifts about which the ERP has not taken every document; a document's subject is where it counted first,
        and it may lie elsewhere by now."""
        subjects = select(DELIVERIES.c.subject).where(DELIVERIES.c.state.in_(_UNDER_WAY))
        found = {_shift_of(row.subject) for row in self._session.rows(subjects)}
        moved = select(DOCUMENTS.c.shift_id).where(DOCUMENTS.c.home != DOCUMENTS.c.shift_id).distinct()
        for some in batches(sorted(found)):
            found |= {row.shift_id for row in self._session.rows(moved.where(DOCUMENTS.c.home.in_(some)))}
        return found

    def told_of(self, shift: int) -> Iterator[bytes]:
        """All that leaves with a shift, as lines of JSON: the shift, its records, and each version of its documents,
        as the till wrote it (`raw`) and as it was understood. The same as long as nothing of it changes."""
        row = self._session.first(shift_rows().where(SHIFTS.c.id == shift))
        yield _line({"shift": ShiftPlace(*row[:4]), "closed": row.closed})
        columns = SHIFT_RECORDS.c
        for row in self._session.rows(select(SHIFT_RECORDS).where(columns.shift_id == shift).order_by(columns.id)):
            told = {"counts": row.counts, "live": row.live, "arrival": row.arrival, "raw": row.raw}
            record = msgspec.structs.replace(noun(ShiftRecord, (row.body, "")), raw=b"")
            yield _line({"record": record, **told})
        columns = DOCUMENTS.c
        for row in self._session.rows(select(DOCUMENTS).where(columns.shift_id == shift).order_by(columns.id)):
            told = {name: row._mapping[name] for name in ("counts", "live", "home", "arrival", "counted_by", "raw")}
            yield _line({"document": noun(Document, (row.body, "")), **told})

    def put_by(self, shift: int, archive: str) -> None:
        """Removes what `archive` holds of a shift."""
        keep(self._session, [shift])
        mine = select(DOCUMENTS.c.id).where(DOCUMENTS.c.shift_id == shift)
        for table in (POSITIONS, PAYMENTS):
            self._session.run(delete(table).where(table.c.document_id.in_(mine)))
        self._session.run(delete(DOCUMENTS).where(DOCUMENTS.c.shift_id == shift))
        self._session.run(update(SHIFTS).where(SHIFTS.c.id == shift).values(archive=archive))


def _shift_of(subject: str) -> int:
    """Of a document's subject ("document 7 1 12"), or a shift's ("shift/7")."""
    return int(subject.split()[1] if " " in subject else subject.rpartition("/")[2])


def _line(told: object) -> bytes:
    return msgspec.json.encode(told) + b"\n"
