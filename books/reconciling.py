"""Reconciliation: what the documents that count come to, by shift and by day, beside what the tills count.

What documents come to is a row for each kind of them in a shift and on a day, kept with each shift. A shift's money in
the drawer begins with what the till counted at the end of the shift before.

Failures: `Halt` for a row that cannot be read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, false, func, or_, select

from ..model import NOTHING, ShiftPlace, ShiftSums
from .findings import DayReckoning, ShiftReckoning, ShiftStanding
from .resolving import EARLIEST
from .session import Session
from .shiftrows import delivery, first_of, last_of, of_tills, shift_rows, touch, undelivered
from .summaries import Summaries, every_kind, summaries
from .summing import Kind, by_shift, by_shift_and_day, closed_documents, folded
from .tables import SHIFTS, TILLS


class Reconciling:
    """The part of a transaction that compares."""

    _session: Session

    # --- shifts

    def reckonings(
        self, shop: str, till: str = "", since: date | None = None, until: date | None = None, **which: Any
    ) -> list[ShiftReckoning]:
        """As `standings`, with what the shifts' documents come to."""
        rows = self._chosen(shop, till, since, until, **which)
        return self._reckoned(rows, summaries(self._session, [row.id for row in rows]))

    def standings(
        self, shop: str, till: str = "", since: date | None = None, until: date | None = None, **which: Any
    ) -> list[ShiftStanding]:
        """The shifts that began on these days, both included; newest first. `which`: at most `limit`, those of one
        `number`, those of these `ids`, those alone that the ERP has not got (`only_undelivered`) or that are not closed
        (`only_open`), those that come after the shift `below`."""
        rows = self._chosen(shop, till, since, until, **which)
        return [ShiftStanding(row.id, ShiftPlace(*row[:4]), delivery(row), row.closed) for row in rows]

    def _chosen(
        self, shop: str, till: str, since: date | None, until: date | None, *, below: int | None = None, **which: Any
    ) -> Sequence[Any]:
        wanted = _chosen(shop, till, since, until, **which)
        return self._session.rows(wanted if below is None else wanted.where(self._after_shift(below)))

    def _after_shift(self, shift: int) -> ColumnElement[bool]:
        """What a list, newest first, tells after a shift; after one that is gone, nothing."""
        found = self._session.first(select(SHIFTS.c.starts).where(SHIFTS.c.id == shift))
        if found is None:
            return false()
        older = SHIFTS.c.id < shift
        if found.starts is None:
            return SHIFTS.c.starts.is_(None) & older
        same = (SHIFTS.c.starts == found.starts) & older
        return or_(SHIFTS.c.starts < found.starts, same, SHIFTS.c.starts.is_(None))

    def _reckoned(self, rows: Sequence[Any], found: Summaries) -> list[ShiftReckoning]:
        sums = by_shift(every_kind(found))
        return [
            ShiftReckoning(
                row.id,
                ShiftPlace(*row[:4]),
                sums.get(row.id, ShiftSums()),
                delivery(row),
                row.starts,
                row.closed,
                row.superseded,
                row.gain,
                row.cash_end,
                row.before,
                found[row.id].numbering.missing,
                found[row.id].numbering.shared,
                found[row.id].outdated,
            )
            for row in rows
        ]

    # --- days

    def days(self, shop: str, till: str = "", *, since: date, until: date) -> list[DayReckoning]:
        """The days, both included, on which a document ended or a shift began; newest first."""
        touched = self._session.rows(shift_rows(shop, till).where(touch(since, until)))
        begun_by_then = {row.till for row in touched if row.starts and row.starts.date() <= since}
        rows = touched + [row for row in self._before(shop, till, since) if row.till not in begun_by_then]
        found = summaries(self._session, [row.id for row in rows])
        by_day, reckonings = every_kind(found), self._reckoned(rows, found)
        within = [row for row in by_day if row.day is not None and since <= row.day <= until]
        sums = folded(within, _day)
        begun: defaultdict[date, list[ShiftReckoning]] = defaultdict(list)
        for one in sorted(reckonings, key=lambda one: (one.place.till, one.starts or EARLIEST, one.id)):
            if one.starts is not None and since <= one.starts.date() <= until:
                begun[one.starts.date()].append(one)
        drawers = _Drawers(reckonings, by_shift_and_day(by_day))
        return [
            DayReckoning(
                day,
                closed_documents(row for row in within if row.day == day),
                sums.get(day, ShiftSums()),
                drawers.at_the_end_of(day),
                tuple(begun[day]),
            )
            for day in sorted({*sums, *begun}, reverse=True)
        ]

    def _before(self, shop: str, till: str, since: date) -> list[Any]:
        """Of each till the last shift that ended before: what it left in the drawer lies there still."""
        later = SHIFTS.alias("later")
        between = (later.c.till_id == SHIFTS.c.till_id) & (later.c.starts > SHIFTS.c.starts)
        last = ~exists().where(between & (later.c.starts < first_of(since)))
        wanted = shift_rows(shop, till).where((SHIFTS.c.starts < first_of(since)) & last)
        return self._session.rows(wanted.where(func.coalesce(SHIFTS.c.last, SHIFTS.c.starts) < first_of(since)))

    def last_day(self, shop: str, till: str = "") -> date | None:
        """The day of the latest document of a shop's tills."""
        wanted = select(func.max(TILLS.c.last_sale).label("at")).where(of_tills(shop, till))
        found = self._session.first(wanted).at
        return None if found is None else found.date()

    def first_day(self, shop: str, till: str = "") -> date | None:
        """The day on which the first of their shifts began."""
        wanted = select(func.min(SHIFTS.c.starts).label("at")).select_from(SHIFTS.join(TILLS))
        found = self._session.first(wanted.where(of_tills(shop, till))).at
        return None if found is None else found.date()


def _chosen(
    shop: str,
    till: str,
    since: date | None,
    until: date | None,
    *,
    number: int | None = None,
    ids: Collection[int] | None = None,
    only_undelivered: bool = False,
    only_open: bool = False,
    limit: int | None = None,
) -> Select[Any]:
    wanted = shift_rows(shop, till).order_by(SHIFTS.c.starts.desc().nulls_last(), SHIFTS.c.id.desc()).limit(limit)
    if since is not None:
        wanted = wanted.where(SHIFTS.c.starts >= first_of(since))
    if until is not None:
        wanted = wanted.where(SHIFTS.c.starts <= last_of(until))
    if number is not None:
        wanted = wanted.where(SHIFTS.c.number == number)
    if ids is not None:
        wanted = wanted.where(SHIFTS.c.id.in_(ids))
    if only_open:
        wanted = wanted.where(SHIFTS.c.closed.is_(None))
    return wanted.where(undelivered()) if only_undelivered else wanted


def _day(row: Kind) -> date:
    """Of documents that have one."""
    return row.day or date.min


class _Drawers:
    """The money in the drawers of tills, day by day."""

    def __init__(self, shifts: Iterable[ShiftReckoning], changes: dict[tuple[int, date | None], ShiftSums]) -> None:
        self._changes: defaultdict[int, list[tuple[date, Decimal]]] = defaultdict(list)
        for (shift, day), sums in changes.items():
            self._changes[shift].append((day or date.min, sums.drawer_change))
        known = [one for one in shifts if one.starts is not None]
        known.sort(key=lambda one: (one.place.till, one.starts, one.id), reverse=True)
        self._tills = [list(mine) for _, mine in groupby(known, lambda one: one.place.till)]

    def at_the_end_of(self, day: date) -> Decimal:
        """In all of them: the last shift of each till is looked at, as far as that day."""
        return sum((self._of(shifts, day) for shifts in self._tills), NOTHING)

    def _of(self, shifts: Sequence[ShiftReckoning], day: date) -> Decimal:
        last = next((one for one in shifts if one.starts is not None and one.starts.date() <= day), None)
        if last is None:
            return NOTHING
        changes = (change for at, change in self._changes[last.id] if at <= day)
        return sum(changes, last.drawer_before or NOTHING)
