"""The shifts of one till's number as the books hold them, and where a document goes without reading any other.

`resolving` says where everything belongs; here it is done bit by bit: a shift's row keeps its records' span and its
documents' earliest and latest time, which is enough to tell, almost always, that a newcomer moves nothing. Where it
is not, the number is `astray`, and is sorted out as a whole (`sorting`).

Failures: none of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from ..model import ShiftRecord
from .resolving import EARLIEST, WINDOW, Opening, Resolved, by_records, nearest
from .rows import body
from .session import Session
from .tables import SHIFT_RECORDS, SHIFTS


@dataclass(slots=True)
class Shift:
    """A row of `shifts`."""

    id: int
    opened: datetime | None = None
    closed: datetime | None = None
    first: datetime | None = None
    last: datetime | None = None
    untimed: bool = False
    record_id: int | None = None
    closed_seen: float | None = None
    archive: str | None = None  # that holds its documents
    new: bool = False
    changed: bool = False  # its row is to be written
    touched: bool = False  # by the file that is being booked

    @property
    def starts(self) -> datetime:
        return self.opened or self.first or EARLIEST

    def holds(self, at: datetime | None) -> Shift:
        """A document of this time is of this shift."""
        self.touched = True
        if at is None:
            self.changed |= not self.untimed
            self.untimed = True
            return self
        if self.first is None or at < self.first:
            self.first, self.changed = at, True
        if self.last is None or at > self.last:
            self.last, self.changed = at, True
        return self

    def obeys(self, resolved: Resolved, record_id: int | None, now: float) -> None:
        """Its records say this of it. `now`: seconds since the epoch."""
        if (self.opened, self.closed, self.record_id) == (resolved.opened, resolved.closed, record_id):
            return
        self.opened, self.closed, self.record_id = resolved.opened, resolved.closed, record_id
        if self.closed is not None and self.closed_seen is None:
            self.closed_seen = now
        self.changed = self.touched = True


@dataclass(slots=True)
class Kept:
    """A shift record as the books hold it. `record` is there while its row is still to be added."""

    id: int
    opening: Opening
    shift: int = 0
    counts: bool = False
    arrival: int = 0
    record: ShiftRecord | None = None
    changed: bool = False

    def is_of(self, shift: int, *, counts: bool) -> None:
        self.changed |= (self.shift, self.counts) != (shift, counts)
        self.shift, self.counts = shift, counts


@dataclass
class Number:
    """All shifts of one till that share a number."""

    till: int
    number: int
    shifts: list[Shift]  # by their beginning
    records: dict[bytes, Kept]
    astray: bool = field(default=False)  # some documents may lie with a wrong shift: to be sorted out

    @classmethod
    def load(cls, session: Session, till: int, number: int) -> Number:
        mine = (SHIFTS.c.till_id == till) & (SHIFTS.c.number == number)
        columns = (
            SHIFTS.c.id,
            SHIFTS.c.opened,
            SHIFTS.c.closed,
            SHIFTS.c.first,
            SHIFTS.c.last,
            SHIFTS.c.untimed,
            SHIFTS.c.record_id,
            SHIFTS.c.closed_seen,
            SHIFTS.c.archive,
        )
        shifts = [Shift(*row) for row in session.rows(select(*columns).where(mine))]
        known = SHIFT_RECORDS.c
        records = [
            Kept(row.id, Opening(bytes(row.digest), row.opened, row.closed, row.live), row.shift_id, row.counts)
            for row in session.rows(
                select(
                    known.id, known.digest, known.opened, known.closed, known.live, known.shift_id, known.counts
                ).where((known.till_id == till) & (known.number == number))
            )
        ]
        found = cls(till, number, shifts, {kept.opening.digest: kept for kept in records})
        found.arrange()
        return found

    def arrange(self) -> None:
        self.shifts.sort(key=lambda shift: (shift.starts, shift.id))

    @property
    def openings(self) -> Iterable[Opening]:
        return [kept.opening for kept in self.records.values()]

    # --- what is of a shift whose documents lie in an archive

    def archive_of(self, at: datetime | None, *, opening: bool) -> str | None:
        """Which archive a document of this time would belong to, or a record that was opened then."""
        opened = [shift for shift in self.shifts if shift.opened is not None]
        if not any(shift.archive for shift in opened):
            return None
        if at is None:
            return (opened if opening else self.shifts)[-1].archive
        if opening:
            near = (shift for shift in opened if shift.archive and abs(at - shift.starts) < WINDOW)
            return next((shift.archive for shift in near), None)
        found = nearest([(shift.starts, shift.closed) for shift in opened], at)
        return None if found is None else opened[found].archive

    # --- a document

    def place(self, at: datetime | None) -> Shift | None:
        """The shift of a document of this time; None where it begins one of its own."""
        if not self.shifts:
            return None
        if at is None:
            return self.shifts[-1].holds(None)
        opened = [shift for shift in self.shifts if shift.opened is not None]
        if opened:
            found = nearest([(shift.starts, shift.closed) for shift in opened], at)
            if found is not None:
                return opened[found].holds(at)
        return self._provisional(at)

    def _provisional(self, at: datetime) -> Shift | None:
        alone = self.shifts[0]
        if len(self.shifts) == 1 and alone.opened is None and alone.first is None:
            return alone.holds(at)
        loose = [shift for shift in self.shifts if shift.opened is None]
        for shift in loose:
            if shift.first is not None and shift.first <= at and at - shift.first < WINDOW:
                return shift.holds(at)
        after = next((shift for shift in loose if shift.first is not None and shift.first > at), None)
        if after is not None and after.first is not None and after.first - at < WINDOW:
            if after.last is not None and after.last - at < WINDOW:
                return after.holds(at)  # as its new leader
            return self._lost()
        if any(shift.untimed or (shift.opened is None and shift.record_id is not None) for shift in self.shifts):
            return self._lost()  # what belongs to the latest shift may move
        return None

    def _lost(self) -> Shift:
        """Any shift will do until they are sorted out."""
        self.astray = True
        return self.shifts[0]

    def begin(self, shift: Shift) -> Shift:
        shift.new = shift.changed = shift.touched = True
        self.shifts.append(shift)
        self.arrange()
        return shift

    # --- records

    def settles(self, now: float) -> list[Resolved]:
        """Takes in changed records. What is left is shifts that are to be begun for them; where any document might
        move, nothing is, and the number is astray."""
        opened, undated = by_records(self.openings)
        resolved = opened or [Resolved(records=undated)]
        if not self.shifts:
            return resolved
        if len(self.shifts) > 1 or len(resolved) > 1 or not self._reaches(resolved[0]):
            self.astray = True
            return []
        self.adopt(self.shifts[0], resolved[0], now)
        return []

    def _reaches(self, resolved: Resolved) -> bool:
        """Whether all documents of the one shift are of this one: its reach has no gaps."""
        if resolved.opened is None:
            return True
        spans = [(resolved.opened, resolved.closed)]
        alone = self.shifts[0]
        return all(at is None or nearest(spans, at) is not None for at in (alone.first, alone.last))

    def adopt(self, shift: Shift, resolved: Resolved, now: float) -> None:
        """The records are this shift's from now on."""
        counting = resolved.counting
        for opening in resolved.records:
            self.records[opening.digest].is_of(shift.id, counts=opening is counting)
        shift.obeys(resolved, self.records[counting.digest].id if counting else None, now)

    # --- the rows

    def save(self, session: Session) -> None:
        """Writes what changed, shifts first."""
        mine = (self.till, self.number)
        session.append(SHIFTS, [(shift.id, *mine, *_values(shift), False, None) for shift in self.shifts if shift.new])
        old = [shift for shift in self.shifts if shift.changed and not shift.new]
        if old:
            fields = ("opened", "closed", "first", "last", "untimed", "starts", "record_id", "closed_seen")
            changes = update(SHIFTS).where(SHIFTS.c.id == bindparam("row"))
            session.run(changes, [dict(zip(fields, _values(shift), strict=True), row=shift.id) for shift in old])
        for shift in self.shifts:
            shift.new = shift.changed = False
        self._save_records(session)

    def _save_records(self, session: Session) -> None:
        new = [(kept, kept.record) for kept in self.records.values() if kept.record is not None]
        session.append(SHIFT_RECORDS, [_record_values(self, kept, record) for kept, record in new])
        old = [kept for kept in self.records.values() if kept.changed and kept.record is None]
        if old:
            changes = update(SHIFT_RECORDS).where(SHIFT_RECORDS.c.id == bindparam("row"))
            rows = [
                {"row": kept.id, "shift_id": kept.shift, "counts": kept.counts, "live": kept.opening.live}
                for kept in old
            ]
            session.run(changes, rows)
        for kept in self.records.values():
            kept.record, kept.changed = None, False


def _values(shift: Shift) -> tuple[Any, ...]:
    starts = shift.opened or shift.first
    return (
        shift.opened,
        shift.closed,
        shift.first,
        shift.last,
        shift.untimed,
        starts,
        shift.record_id,
        shift.closed_seen,
    )


def _record_values(number: Number, kept: Kept, record: ShiftRecord) -> tuple[Any, ...]:
    return (
        kept.id,
        number.till,
        number.number,
        kept.shift or number.shifts[0].id,
        record.digest,
        record.opened,
        record.closed,
        kept.opening.live,
        kept.counts,
        kept.arrival,
        record.gain,
        body(record),
        record.raw.decode("utf-8", "replace"),
        record.cash_end,
    )
