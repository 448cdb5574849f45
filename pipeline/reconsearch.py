"""Reconciliation by what is wanted of it, page by page, newest first: shifts, days or departments.

A page of days holds so many days at most, whatever period is wanted: it is quick, however much was sold. Each page says
where the next one goes on.

Failures: `Reject` where a shop or till does not exist, or a period ends before it begins.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from ..books import Books
from ..model import Noun
from . import reconviews
from .ledger import Ledger
from .office import Office
from .reconrows import Row

BY = ("shifts", "days", "departments")
ONLY = ("undelivered", "open")  # shifts
DAYS = 14  # on a page
SHIFTS = 50


class Place(Noun, frozen=True):
    """A shop, or one of its tills."""

    shop: str
    till: str = ""

    def __str__(self) -> str:
        return f"{self.shop}/{self.till}" if self.till else self.shop

    @classmethod
    def named(cls, name: str) -> Place:
        """`5` or `5/1`."""
        shop, _, till = name.partition("/")
        return cls(shop, till)


class Wanted(Noun, frozen=True):
    """`by`: one of BY, "" = shifts of a till, days of a shop; `only`: one of ONLY, "" = any; then it is by shifts."""

    place: Place
    by: str = ""
    since: date | None = None
    until: date | None = None
    only: str = ""

    @property
    def shown(self) -> str:
        """By what it is told."""
        if self.only:
            return "shifts"
        return self.by if self.by in BY else "shifts" if self.place.till else "days"


class Found(Noun, frozen=True):
    """A page. The next one goes on after the shift `below`, or with the day `upto`; None = there are no more."""

    rows: Row
    below: int | None = None
    upto: date | None = None


def places(office: Office) -> list[Place]:
    """Every shop that has tills, and after it each of these."""
    with office.store.read() as txn:
        tills = list(Ledger(txn).tills())
    shops: dict[str, list[Place]] = {}
    for state in tills:
        shops.setdefault(state.shop, [Place(state.shop)]).append(Place(state.shop, state.till))
    return [place for group in shops.values() for place in group]


def search(office: Office, books: Books, wanted: Wanted, below: int | None = None, upto: date | None = None) -> Found:
    """`below`, `upto`: where the page before ended. Raises Reject."""
    if wanted.shown == "shifts":
        return _shifts(office, books, wanted, below)
    return _days(office, books, wanted, upto)


def _shifts(office: Office, books: Books, wanted: Wanted, below: int | None) -> Found:
    which: dict[str, Any] = {f"only_{one}": True for one in ONLY if one == wanted.only}
    shop, till, limit = wanted.place.shop, wanted.place.till, SHIFTS + 1
    rows = reconviews.by_shift(
        office, books, shop, till, wanted.since, wanted.until, below=below, limit=limit, **which
    )
    shifts = rows["shifts"]
    rows["shifts"] = shifts[:SHIFTS]
    return Found(rows, below=shifts[SHIFTS - 1]["id"] if len(shifts) > SHIFTS else None)


def _days(office: Office, books: Books, wanted: Wanted, upto: date | None) -> Found:
    shop, till = wanted.place.shop, wanted.place.till
    with books.read() as txn:
        first, last = txn.first_day(shop, till), txn.last_day(shop, till)
    since, until = _window(wanted, upto, last)
    if wanted.shown == "days":
        rows = reconviews.by_day(office, books, shop, till, since, until, limit=DAYS)
    else:
        rows = reconviews.by_department(office, books, shop, till, since, until, limit=DAYS)
    begins = max((day for day in (wanted.since, first) if day), default=None)
    more = since is not None and begins is not None and begins < since
    return Found(rows, upto=since - timedelta(days=1) if more and since else None)


def _window(wanted: Wanted, upto: date | None, last: date | None) -> tuple[date | None, date | None]:
    """The days of a page; where there was nothing sold in those that are wanted, these."""
    if last is None or (wanted.since and wanted.since > min(wanted.until or last, last)):
        return wanted.since, wanted.until
    until = min(day for day in (wanted.until, upto, last) if day)
    since = until - timedelta(days=min(DAYS - 1, (until - date.min).days))
    return max(wanted.since or since, since), until
