"""What there is to see of a reconciliation: rows of plain values, for tables and for JSON alike.

Nothing here changes anything.

Failures: `Reject` where a shop, till or shift that was asked for does not exist, or a period ends before it begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from ..books import Books, ShiftReckoning, Transaction
from ..errors import Fault, Reason, Reject
from ..model import ReceiptLine
from . import views
from .office import Office
from .reconrows import Row, day_row, department_row, line_row, means_row, shift_row, till_row, version_row
from .salesviews import tills_of
from .telling import Telling

QUESTIONS = 10  # to one till, that are told


def by_shift(
    office: Office,
    books: Books,
    shop: str,
    till: str = "",
    since: date | None = None,
    until: date | None = None,
    *,
    only_undelivered: bool = False,
    only_open: bool = False,
    below: int | None = None,
    limit: int,
) -> Row:
    """The newest `limit` shifts of a till, or of all of a shop, that began on these days; `below`: those that come
    after this one. Raises Reject."""
    tills = _named(office, shop, till, since, until)
    telling = Telling(office)
    with books.read() as txn:
        which: dict[str, Any] = {"only_undelivered": only_undelivered, "only_open": only_open, "below": below}
        found = txn.reckonings(shop, till, since, until, limit=limit, **which)
        return {
            **_head(shop, till, since, until),
            "shifts": [shift_row(shift, telling) for shift in found],
            "tills": [till_row(office, txn, shop, one, QUESTIONS if till else 1) for one in tills],
        }


def by_day(
    office: Office,
    books: Books,
    shop: str,
    till: str = "",
    since: date | None = None,
    until: date | None = None,
    *,
    limit: int,
) -> Row:
    """The days of a shop or a till; where no period is named, the last `limit` up to its latest sale. Raises Reject."""
    tills = _named(office, shop, till, since, until)
    telling = Telling(office)
    with books.read() as txn:
        days = _period(txn, shop, till, since, until, limit)
        found = txn.days(shop, till, since=days[0], until=days[1]) if days else []
        return {
            **_head(shop, till, *(days or (since, until))),
            "days": [day_row(day, telling) for day in found],
            "tills": [till_row(office, txn, shop, one, QUESTIONS if till else 1) for one in tills],
        }


def by_department(
    office: Office,
    books: Books,
    shop: str,
    till: str = "",
    since: date | None = None,
    until: date | None = None,
    *,
    limit: int,
) -> Row:
    """The departments of a shop or a till, day by day; the period as in `by_day`. Raises Reject."""
    _named(office, shop, till, since, until)
    with books.read() as txn:
        days = _period(txn, shop, till, since, until, limit)
        found = txn.departments_by_day(shop, till, since=days[0], until=days[1]) if days else []
    return {
        **_head(shop, till, *(days or (since, until))),
        "departments": [department_row(one) for one in found],
    }


def shift(
    office: Office,
    books: Books,
    shop: str,
    till: str,
    number: int,
    opened: date | None = None,
    *,
    limit: int,
    above: int = -1,
) -> Row:
    """The newest shift of that number, or that of them which began on a day: whole, with the first `limit` of its
    documents whose numbers are above `above`. Raises Reject."""
    views.till(office, shop, till)
    with books.read() as txn:
        mine = txn.reckonings(shop, till, opened, opened, number=number, limit=1)
        if not mine:
            raise Reject(Reason("sales.no-shift", shop=shop, till=till, shift=number), Fault.ERROR)
        return _whole(office, txn, mine[0], limit, above)


def shift_of(office: Office, books: Books, row: int, *, limit: int, above: int = -1) -> Row:
    """As `shift`, by the shift's row. Raises Reject."""
    with books.read() as txn:
        mine = txn.reckonings("", ids=[row])
        if not mine:
            raise Reject(Reason("recon.no-shift", row=row), Fault.ERROR)
        return _whole(office, txn, mine[0], limit, above)


def _whole(office: Office, txn: Transaction, found: ShiftReckoning, limit: int, above: int) -> Row:
    lines = txn.lines(found.id, limit + 1, above)
    shown = _page(lines, limit)
    return {
        **shift_row(found, Telling(office)),
        "means": [means_row(one) for one in txn.means(found.id)],
        "departments": [department_row(one) for one in txn.departments(found.id)],
        "versions": [version_row(one) for one in txn.versions(found.id)],
        "documents": [line_row(line) for line in shown],
        "next": shown[-1].number if len(shown) < len(lines) else None,
    }


def _page(lines: Sequence[ReceiptLine], limit: int) -> Sequence[ReceiptLine]:
    """The first of them, at most `limit`. Documents of one number stay together: the next page begins above it."""
    end = min(limit, len(lines))
    while 1 < end < len(lines) and lines[end].number == lines[end - 1].number:
        end -= 1
    return lines[:end]


# --- which


def _named(office: Office, shop: str, till: str, since: date | None, until: date | None) -> list[str]:
    """The tills that are meant."""
    if since and until and since > until:
        raise Reject(Reason("requests.backwards", since=since, until=until), Fault.ERROR)
    if not till:
        return tills_of(office, shop)
    views.till(office, shop, till)
    return [till]


def _period(
    txn: Transaction, shop: str, till: str, since: date | None, until: date | None, limit: int
) -> tuple[date, date] | None:
    """None where nothing was sold yet."""
    last = until or txn.last_day(shop, till)
    if last is None:
        return None
    return since or last - timedelta(days=min(limit - 1, (last - date.min).days)), last


def _head(shop: str, till: str, since: date | None, until: date | None) -> Row:
    return {
        "shop": shop,
        "till": till or None,
        "from": since.isoformat() if since else None,
        "to": until.isoformat() if until else None,
    }
