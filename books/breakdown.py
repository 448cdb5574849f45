"""What a shift or a day is made of: departments, means of payment, documents, and the versions of these.

Failures: none of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import exists, select

from ..model import NOTHING, Means, Move, ReceiptLine, direction
from .findings import DepartmentSums, MeansSums, Version
from .session import Session
from .shiftrows import of_tills, touch
from .summaries import summaries, wholes
from .summing import COUNTS, Share
from .tables import DOCUMENTS, SHIFTS, TILLS


class Breakdown:
    """The part of a transaction that looks into shifts and days."""

    _session: Session

    # --- departments, means

    def departments(self, shift: int) -> list[DepartmentSums]:
        """By department, those without one last."""
        return _departments(share._replace(day=None) for share in self._shares([shift]))

    def departments_by_day(self, shop: str, till: str = "", *, since: date, until: date) -> list[DepartmentSums]:
        """Of each of these days, newest first."""
        shifts = self._session.rows(select(SHIFTS.c.id).join(TILLS).where(of_tills(shop, till) & touch(since, until)))
        mine = self._shares([row.id for row in shifts])
        return _departments(share for share in mine if share.day is not None and since <= share.day <= until)

    def _shares(self, shifts: Sequence[int]) -> list[Share]:
        return [share for one in wholes(self._session, shifts) for share in one.departments]

    def means(self, shift: int) -> list[MeansSums]:
        """What a shift's receipts brought by each means that was used."""
        found: defaultdict[str, list[Decimal]] = defaultdict(lambda: [NOTHING, NOTHING])
        [mine] = wholes(self._session, [shift])
        for share in mine.means:
            way = direction(share.type, share.sign, Move(share.move))
            found[share.means][share.sign < 0] += share.sum * way * share.sign
        return [MeansSums(means, *found[means.value]) for means in Means if means.value in found]

    # --- documents

    def lines(self, shift: int, limit: int, above: int = -1) -> list[ReceiptLine]:
        """The documents that count with numbers above `above`, by number, then type."""
        columns = DOCUMENTS.c
        wanted = select(columns.type, columns.number, columns.sum, columns.ended, columns.annulled, columns.id)
        mine = (columns.shift_id == shift) & COUNTS & (columns.number > above)
        order = (columns.number, columns.type)
        return [ReceiptLine(*row) for row in self._session.rows(wanted.where(mine).order_by(*order).limit(limit))]

    def versions(self, shift: int) -> list[Version]:
        """The documents of a shift of which there are several versions: all of these, those that count first."""
        if not summaries(self._session, [shift])[shift].outdated:
            return []
        columns = DOCUMENTS.c
        other = DOCUMENTS.alias("other")
        same = (other.c.shift_id == shift) & (other.c.type == columns.type) & (other.c.number == columns.number)
        wanted = select(
            columns.type,
            columns.number,
            columns.sum,
            columns.arrival,
            columns.ended,
            columns.live,
            columns.counts,
            columns.id,
        ).where((columns.shift_id == shift) & exists().where(same & (other.c.id != columns.id)))
        order = (columns.number, columns.type, columns.counts.desc(), columns.id)
        return [Version(*row) for row in self._session.rows(wanted.order_by(*order))]


def _departments(shares: Iterable[Share]) -> list[DepartmentSums]:
    """By day, newest first, then by department."""
    found: defaultdict[tuple[date | None, int | None], dict[str, Any]] = defaultdict(lambda: {"lines": 0})
    for share in shares:
        sums, trade = found[share.day, share.department], "sales" if share.sign > 0 else "returns"
        sums["lines"] += share.lines
        sums[trade] = sums.get(trade, NOTHING) + share.sum
    listed = [DepartmentSums(department, day, **sums) for (day, department), sums in found.items()]
    listed.sort(key=lambda one: (one.department is None, one.department or 0))
    return sorted(listed, key=lambda one: one.day or date.min, reverse=True)
