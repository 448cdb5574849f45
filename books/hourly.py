"""What was sold from hour to hour of a day, as it is kept with each shift.

Failures: `Halt` for a row that cannot be read.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from ..model import NOTHING, Noun
from .session import Session
from .shiftrows import of_tills, touch
from .summaries import wholes
from .tables import SHIFTS, TILLS


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
        found: defaultdict[int, dict[str, Any]] = defaultdict(lambda: {"receipts": 0})
        every = wholes(self._session, [row.id for row in shifts])
        for share in (share for one in every for share in one.hours if share.day == day):
            if share.hour is None:  # of documents without a time in a shift that has none
                continue
            sums, trade = found[share.hour], "sales" if share.sign > 0 else "returns"
            sums["receipts"] += share.documents
            sums[trade] = sums.get(trade, NOTHING) + share.sum
        return [HourSums(one, **sums) for one, sums in sorted(found.items())]
