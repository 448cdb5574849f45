"""Each till at a look: what it sold on a day, and the last of its files that was no good.

Failures: none of its own.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from ..model import ShiftSums
from .nouns import FileState
from .session import Session
from .shiftrows import touch
from .summaries import every_kind, summaries
from .summing import folded
from .tables import FILES, SHIFTS, TILLS

FAILED = (FileState.ERROR.value, FileState.BROKEN.value)


class Latest:
    """The part of a transaction that knows how each till goes."""

    _session: Session

    def takings(self, shop: str, day: date) -> dict[str, ShiftSums]:
        """What the documents of a day come to, by till; a till without any is left out."""
        mine = select(SHIFTS.c.id, TILLS.c.till).join(TILLS).where((TILLS.c.shop == shop) & touch(day, day))
        tills = {row.id: row.till for row in self._session.rows(mine)}
        rows = [row for row in every_kind(summaries(self._session, list(tills))) if row.day == day]
        return folded(rows, lambda row: str(tills[row.shift]))

    def last_failed(self) -> dict[tuple[str, str], int]:
        """By shop and till, the arrival of the newest file that ended in `error` or `broken`."""
        newest = select(FILES.c.shop, FILES.c.till, func.max(FILES.c.arrival).label("arrival"))
        newest = newest.where(FILES.c.state.in_(FAILED)).group_by(FILES.c.shop, FILES.c.till)
        return {(row.shop, row.till): row.arrival for row in self._session.rows(newest)}
