"""Which notes and coins lie in each cash machine, as far as its documents tell: what went in, less what went out.

It is kept beside the documents, and added to as each of them is booked: a drawer document has one version for ever, so
nothing that was added is ever taken back. A machine that held cash before its first document holds more than is told
here, and may come to less than nothing.

Failures: none of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Table, Text, select

from ..model import DrawerDocument, DrawerMove, Noun
from .amounts import Amount, Id, Words
from .session import Session
from .shiftrows import of_tills
from .tables import METADATA, TILLS

DRAWER_STOCK = Table(
    "drawer_stock",
    METADATA,
    Column("till_id", Id, ForeignKey("tills.id"), primary_key=True, autoincrement=False),
    Column("machine", Words, primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("denomination", Amount, primary_key=True),
    Column("pieces", BigInteger, nullable=False),
    Column("at", Float(53), nullable=False),  # of the latest document that moved some
)
WAYS = {DrawerMove.DEPOSITED: 1, DrawerMove.TAKEN: 1, DrawerMove.GIVEN: -1, DrawerMove.REMOVED: -1}

_Key = tuple[str, str, Decimal]  # machine, currency, denomination


class Stocked(Noun, frozen=True):
    """The pieces of one denomination in one machine. `at`: when they last became more or fewer."""

    till: str
    machine: str
    currency: str
    denomination: Decimal
    pieces: int
    at: datetime


def add(session: Session, till: int, documents: Iterable[DrawerDocument]) -> None:
    """Documents that are new to the books."""
    moved: defaultdict[_Key, int] = defaultdict(int)
    latest: dict[_Key, float] = {}
    for document in documents:
        for each in document.pieces:
            if each.move in WAYS:
                key = (document.machine, document.currency, each.denomination)
                moved[key] += WAYS[each.move] * each.count
                latest[key] = max(latest.get(key, 0.0), document.at.timestamp())
    if not moved:
        return
    columns = DRAWER_STOCK.c
    mine = columns.till_id == till
    rows = session.rows(select(DRAWER_STOCK).where(mine))
    known = {(row.machine, row.currency, row.denomination): row for row in rows}
    for key in moved.keys() & known.keys():
        here = mine & (columns.machine == key[0]) & (columns.currency == key[1])
        # as it was spelt when it came first: SQLite compares the text
        change = DRAWER_STOCK.update().where(here & (columns.denomination == known[key].denomination))
        more = {"pieces": known[key].pieces + moved[key], "at": max(known[key].at, latest[key])}
        session.run(change.values(**more))
    new = moved.keys() - known.keys()
    session.append(DRAWER_STOCK, [(till, *key, moved[key], latest[key]) for key in sorted(new)])


class Stock:
    """The part of a transaction that knows what lies in machines."""

    _session: Session

    def stock(self, shop: str, till: str = "") -> list[Stocked]:
        """By till, machine and currency, the greatest denomination first; what there is none of any more included."""
        columns = DRAWER_STOCK.c
        told = (columns.machine, columns.currency, columns.denomination, columns.pieces, columns.at)
        wanted = select(TILLS.c.till, *told).select_from(DRAWER_STOCK.join(TILLS)).where(of_tills(shop, till))
        rows = self._session.rows(wanted)
        found = [Stocked(**{**row._mapping, "at": datetime.fromtimestamp(row.at, UTC)}) for row in rows]
        return sorted(found, key=lambda one: (one.till, one.machine, one.currency, -one.denomination))
