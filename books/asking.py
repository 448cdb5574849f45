"""What tills were asked for, whether they answered, what they last told us, and what was noticed once for ever.

Failures: none of its own.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update

from .nouns import FileState, Request
from .session import Session
from .tables import FILES, NOTICES, REQUESTS, TILLS


class Asking:
    """The part of a transaction that knows requests and notices."""

    _session: Session

    def request(self, shop: str, till: str, since: date, until: date, now: float) -> None:
        """Notes that the till was asked for its sales of these days, both included."""
        row_id = self._session.greatest(REQUESTS) + 1
        values = {"id": row_id, "shop": shop, "till": till, "since": since, "until": until, "asked": now}
        self._session.run(insert(REQUESTS), values)

    def requests(self, shop: str = "", till: str = "", limit: int = 100) -> list[Request]:
        """Newest first."""
        wanted = select(REQUESTS).order_by(REQUESTS.c.id.desc()).limit(limit)
        for column, value in ((REQUESTS.c.shop, shop), (REQUESTS.c.till, till)):
            if value:
                wanted = wanted.where(column == value)
        return [_request(row) for row in self._session.rows(wanted)]

    def open_requests(self) -> list[Request]:
        """Those of which no answer is known, oldest first."""
        wanted = select(REQUESTS).where(REQUESTS.c.answered.is_(None)).order_by(REQUESTS.c.id)
        return [_request(row) for row in self._session.rows(wanted)]

    def mark_answered(self, shop: str, till: str, now: float) -> None:
        """No question lies at this till any more."""
        mine = (REQUESTS.c.shop == shop) & (REQUESTS.c.till == till) & REQUESTS.c.answered.is_(None)
        self._session.run(update(REQUESTS).where(mine).values(answered=now))

    def last_load(self, shop: str, till: str) -> float | None:
        """When the last sales file of the till was booked."""
        mine = (FILES.c.shop == shop) & (FILES.c.till == till) & (FILES.c.state == FileState.PROCESSED.value)
        found = self._session.first(select(FILES.c.decided).where(mine).order_by(FILES.c.arrival.desc()).limit(1))
        return None if found is None else found.decided

    def last_sale(self, shop: str, till: str) -> datetime | None:
        """The latest time of any document of the till, on the till's clock."""
        found = self._session.first(select(TILLS.c.last_sale).where((TILLS.c.shop == shop) & (TILLS.c.till == till)))
        return None if found is None else found.last_sale

    def last_sales(self) -> dict[tuple[str, str], datetime]:
        """The same for every till that has sent documents with a time."""
        found = self._session.rows(select(TILLS).where(TILLS.c.last_sale.is_not(None)))
        return {(row.shop, row.till): row.last_sale for row in found}

    def notice(self, key: str) -> bool:
        """Whether `key` was not noted before; notes it."""
        if self._session.first(select(NOTICES.c.key).where(NOTICES.c.key == key)) is not None:
            return False
        self._session.run(insert(NOTICES), {"key": key})
        return True


def _request(row: Any) -> Request:
    return Request(row.shop, row.till, row.since, row.until, row.asked, row.answered)
