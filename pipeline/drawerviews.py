"""What there is to see of a till's drawer: rows of plain values, for tables and for JSON alike.

Days are the shop's own, and so are times, with their offset. Amounts are decimal text in major units.

Failures: `Reject` where there is no such till, or the period ends before it begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from ..books import Books, DrawerSums, Stocked
from ..errors import Fault, Reason, Reject
from ..model import NOTHING, DrawerDocument, DrawerMove, money
from . import views
from .office import Office
from .salesviews import tills_of

Row = dict[str, object]


def drawer(
    office: Office,
    books: Books,
    shop: str,
    till: str,
    since: date | None = None,
    until: date | None = None,
    *,
    limit: int,
    below: tuple[str, int] | None = None,
) -> Row:
    """The newest `limit` documents of a period, and what all of it come to; both days included. `below`: the documents
    that come after the one of this machine and entry; `next` names the last one where there are more. Raises Reject."""
    views.till(office, shop, till)
    zone = office.settings.zone(shop)
    begin, end = _period(since, until, zone)
    with books.read() as txn:
        documents = txn.drawer(shop, till, begin, end, limit + 1, below)
        sums = txn.drawer_sums(shop, till, begin, end)
        stock = txn.stock(shop, till)
    shown, more = documents[:limit], documents[limit:]
    return {
        **_head(shop, till, since, until),
        "levels": _levels(stock, zone),
        "sums": [_sums(each) for each in sums],
        "documents": [_document(each, zone) for each in shown],
        "next": {"machine": shown[-1].machine, "entry": shown[-1].entry} if more else None,
    }


def drawers(
    office: Office, books: Books, shop: str, since: date | None = None, until: date | None = None
) -> Row:
    """What a period's documents come to at each till of a shop; both days included. Raises Reject."""
    tills, zone = tills_of(office, shop), office.settings.zone(shop)
    begin, end = _period(since, until, zone)
    with books.read() as txn:
        rows: list[Row] = [
            {
                "till": till,
                "last": _moment(txn.last_drawer(shop, till), zone),
                "sums": [_sums(each) for each in txn.drawer_sums(shop, till, begin, end)],
            }
            for till in tills
        ]
        stock = txn.stock(shop)
    return {**_head(shop, None, since, until), "levels": _levels(stock, zone), "tills": rows}


def last_days(office: Office, books: Books, shop: str, till: str = "", *, days: int) -> tuple[date, date]:
    """So many days that end with the newest document, of a till or of a shop; where there is none, with today. Raises
    Reject."""
    tills = [till] if till else tills_of(office, shop)
    with books.read() as txn:
        told = [at for one in tills if (at := txn.last_drawer(shop, one)) is not None]
    last = datetime.fromtimestamp(max(told, default=office.clock.now()), office.settings.zone(shop)).date()
    return last - timedelta(days=days - 1), last


def _head(shop: str, till: str | None, since: date | None, until: date | None) -> Row:
    return {
        "shop": shop,
        "till": till,
        "from": since.isoformat() if since else None,
        "to": until.isoformat() if until else None,
    }


def _period(since: date | None, until: date | None, zone: ZoneInfo) -> tuple[float | None, float | None]:
    """From the first moment of a day to that after another one."""
    if since and until and since > until:
        raise Reject(Reason("requests.backwards", since=since, until=until), Fault.ERROR)
    return _midnight(since, zone) if since else None, _midnight(until + timedelta(days=1), zone) if until else None


def _moment(at: float | None, zone: ZoneInfo) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, zone).isoformat(timespec="seconds")


def _midnight(day: date, zone: ZoneInfo) -> float:
    """Where summer time leaves midnight out, the first moment of the day."""
    return datetime.combine(day, time(), zone).astimezone(UTC).timestamp()


def _sums(sums: DrawerSums) -> Row:
    return {
        "currency": sums.currency,
        "documents": sums.documents,
        "in": _text(sums.deposited + sums.taken),
        "out": _text(sums.given + sums.removed),
        "deposited": _text(sums.deposited),
        "given": _text(sums.given),
        "taken": _text(sums.taken),
        "removed": _text(sums.removed),
        "owed": _text(sums.owed),
    }


def _levels(stock: Sequence[Stocked], zone: ZoneInfo) -> list[Row]:
    """What lies in each machine by now, whatever the period: as far as its documents tell."""
    rows: list[Row] = []
    for (till, machine, currency), held in groupby(stock, lambda one: (one.till, one.machine, one.currency)):
        mine = list(held)
        rows.append(
            {
                "till": till,
                "machine": machine,
                "currency": currency,
                "at": _moment(max(one.at.timestamp() for one in mine), zone),
                "sum": _text(sum((one.denomination * one.pieces for one in mine), NOTHING)),
                "pieces": [
                    {
                        "denomination": _text(one.denomination),
                        "count": one.pieces,
                        "sum": _text(one.denomination * one.pieces),
                    }
                    for one in mine
                    if one.pieces
                ],
            }
        )
    return rows


def _document(document: DrawerDocument, zone: ZoneInfo) -> Row:
    return {
        "at": document.at.astimezone(zone).isoformat(timespec="seconds"),
        "machine": document.machine,
        "entry": document.entry,
        "kind": document.kind,
        "verdict": document.verdict,
        "number": document.number,
        "within": document.within,
        "about": document.about,
        "unit": document.unit,
        "device": document.device,
        "currency": document.currency,
        "amount": _text(document.amount),
        "in": _text(document.sum(DrawerMove.DEPOSITED) + document.sum(DrawerMove.TAKEN)),
        "out": _text(document.sum(DrawerMove.GIVEN) + document.sum(DrawerMove.REMOVED)),
        "unsure": _text(document.sum(DrawerMove.UNSURE)),
        "owed": _text(document.owed),
        "code": document.code,
        "by": document.by,
        "why": document.why,
        "pieces": [
            {"move": each.move.value, "denomination": _text(each.denomination), "count": each.count}
            for each in document.pieces
        ],
    }


def _text(value: Decimal) -> str:
    """Two digits, or more where a currency has more."""
    return str(money(value)) if money(value) == value else str(value)
