"""What was sold from hour to hour of a day.

It is asked of the documents themselves, by an index that holds all that is asked: what is read is a shop's day. Of a
shift whose documents lie in an archive nothing is told here.

Failures: none of its own.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import extract, func, select

from ..model import NOTHING, DocumentKind, Noun
from .amounts import exact_sum
from .session import Session, batches
from .shiftrows import of_tills, touch
from .summing import COUNTS, DAY
from .tables import DOCUMENTS, SHIFTS, TILLS


class HourSums(Noun, frozen=True, omit_defaults=True):
    """The receipts that ended in one hour, on the tills' clocks; returns are told above zero."""

    hour: int  # 0 to 23
    receipts: int = 0
    sales: Decimal = NOTHING
    returns: Decimal = NOTHING

    @property
    def takings(self) -> Decimal:
        return self.sales - self.returns


class Hourly:
    """The part of a transaction that knows the hours of a day."""

    _session: Session

    def hours(self, shop: str, till: str = "", *, day: date) -> list[HourSums]:
        """The hours of a shop's or a till's day in which receipts ended, in their order."""
        shifts = self._session.rows(select(SHIFTS.c.id).join(TILLS).where(of_tills(shop, till) & touch(day, day)))
        columns = DOCUMENTS.c
        at = func.coalesce(columns.ended, columns.began, SHIFTS.c.starts)  # as that of which its day is
        hour = extract("hour", at).label("hour")
        keys = (hour, columns.type, columns.sign)
        wanted = select(*keys, func.count().label("documents"), exact_sum(columns.sum).label("sum"))
        wanted = wanted.select_from(DOCUMENTS.join(SHIFTS, columns.shift_id == SHIFTS.c.id)).group_by(*keys)
        told = wanted.where(COUNTS & (columns.sign != 0) & DAY.between(day, day))
        found: defaultdict[int, dict[str, Any]] = defaultdict(lambda: {"receipts": 0})
        for some in batches([row.id for row in shifts]):
            for row in self._session.rows(told.where(columns.shift_id.in_(some))):
                if DocumentKind.of(row.type) is DocumentKind.RECEIPT:
                    sums, trade = found[int(row.hour)], "sales" if row.sign > 0 else "returns"
                    sums["receipts"] += row.documents
                    sums[trade] = sums.get(trade, NOTHING) + row.sum
        return [HourSums(one, **sums) for one, sums in sorted(found.items())]
