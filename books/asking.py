"""What tills were asked for and last told us, and what was noticed once for ever.

Failures: none of its own.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import insert, select

from .nouns import Request
from .session import Session
from .tables import NOTICES, REQUESTS, TILLS


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
        return [Request(row.shop, row.till, row.since, row.until, row.asked) for row in self._session.rows(wanted)]

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
