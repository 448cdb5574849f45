"""What people would rather look at than read, as rows of plain values: sales from hour to hour, and how deep a till's
queue was. For charts, and for the tables and the JSON that say the same.

Days and hours are the tills' own, amounts decimal text in major units; moments of queues are UTC.

Failures: `Reject` where there is no such shop or till; `Retry` where the books do not answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from ..books import Books, HourSums
from ..model import NOTHING, money
from . import views
from .clock import moment
from .depths import DAY, Spell, spells
from .office import Office
from .salesviews import tills_of

Row = dict[str, Any]

PERIODS = {1: 96, 7: 84, 30: 120}  # days that a queue is looked back, and in how many parts


def today(office: Office, shop: str) -> date:
    """In a shop."""
    return datetime.fromtimestamp(office.clock.now(), UTC).astimezone(office.settings.zone(shop)).date()


def days_with_sales(office: Office, books: Books, shop: str, till: str = "") -> tuple[date, date]:
    """The first day and the last on which a shop or a till sold something; where it never did, today. Raises Reject."""
    _check(office, shop, till)
    with books.read() as txn:
        last = txn.last_day(shop, till) or today(office, shop)
        return min(txn.first_day(shop, till) or last, last), last


def hours(office: Office, books: Books, shop: str, till: str = "", day: date | None = None) -> Row:
    """The hours of a day in which a shop or a till had receipts; where none is named, of today. Raises Reject."""
    _check(office, shop, till)
    meant = day or today(office, shop)
    with books.read() as txn:
        found = txn.hours(shop, till, day=meant)
    return {"shop": shop, "till": till or None, "day": meant.isoformat(), **_told(found)}


def _check(office: Office, shop: str, till: str) -> None:
    if till:
        views.till(office, shop, till)
    else:
        tills_of(office, shop)


def _told(found: Sequence[HourSums]) -> Row:
    """Hours, and what they come to."""
    return {
        "receipts": sum(one.receipts for one in found),
        "sales": str(money(sum((one.sales for one in found), NOTHING))),
        "returns": str(money(sum((one.returns for one in found), NOTHING))),
        "takings": str(money(sum((one.takings for one in found), NOTHING))),
        "hours": [
            {
                "hour": one.hour,
                "receipts": one.receipts,
                "sales": str(money(one.sales)),
                "returns": str(money(one.returns)),
                "takings": str(money(one.takings)),
            }
            for one in found
        ],
    }


def depths(office: Office, books: Books, shop: str, till: str, days: int = 1) -> Row:
    """How deep a till's queue was in the last `days` (one of PERIODS), part by part. Raises Reject."""
    views.till(office, shop, till)
    until = int(office.clock.now()) + 1
    since = until - days * DAY
    with books.read() as txn:
        found = txn.depths(shop, till, since, until)
    parts = [_part(one) for one in spells(found, since, until, PERIODS[days])]
    return {"shop": shop, "till": till, "from": moment(since), "to": moment(until), "parts": parts}


def _part(spell: Spell) -> Row:
    """`chunks`: the most that stood there at one time; None = nobody looked."""
    return {
        "from": moment(spell.begin),
        "to": moment(spell.end),
        "chunks": spell.chunks,
        "commands": spell.commands,
        "waited_seconds": spell.waited,
    }
