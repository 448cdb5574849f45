"""What there is to see of receipts: rows of plain values, for pages and for JSON alike.

Amounts are decimal text in major units; times are the tills' own, without a zone. Nothing here changes anything.

Failures: `Reject` for a receipt that does not exist, or a place in the list that none can have.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from ..books import Books, FoundReceipts, Receipt, ReceiptRow, ReceiptVersion, Sought, Spot
from ..errors import Fault, Reason, Reject
from ..model import NOTHING, SIGNS, Move, Payment, Position, money
from .views import Row

TYPES = (*sorted(SIGNS), 3, 4)  # of documents, that can be asked for by name


def receipts(books: Books, sought: Sought, limit: int, below: str = "") -> Row:
    """The newest that fit. `older`: where the next ones begin, None = there are no more; there may be fewer than
    `limit` before it, because one look goes through so many receipts only. Raises Reject."""
    with books.read() as txn:
        found: FoundReceipts = txn.receipts(sought, limit, _spot(below) if below else None)
    spot = found.down_to
    return {
        "receipts": [_row(one) for one in found.rows],
        "older": f"{spot.ended.isoformat()}~{spot.id}" if spot else None,
    }


def receipt(books: Books, row: int) -> Row:
    """One version, as it was printed and beyond. Raises Reject."""
    with books.read() as txn:
        found = txn.receipt(row)
    if found is None:
        raise Reject(Reason("view.no-receipt", row=row), Fault.ERROR)
    return _whole(found)


def _spot(told: str) -> Spot:
    ended, _, row = told.partition("~")
    try:
        spot = Spot(datetime.fromisoformat(ended).replace(tzinfo=None), int(row))
    except ValueError:
        spot = None
    if spot is None or not 0 < spot.id < 1 << 63:
        raise Reject(Reason("view.no-spot", spot=told), Fault.ERROR)
    return spot


def _row(one: ReceiptRow) -> Row:
    return {
        "id": one.id,
        "shop": one.place.shop,
        "till": one.place.till,
        "shift": one.place.number,
        "opened": _time(one.place.opened),
        "type": one.type,
        "number": one.number,
        "ended": _time(one.ended or one.began),
        "cashier": one.cashier,
        "sum": str(money(one.sum)),
        "annulled": one.annulled,
    }


def _whole(found: Receipt) -> Row:
    told = found.document
    given = [one.sum for one in told.payments if one.move is Move.CHANGE]
    taxes = [one.tax for one in told.positions if one.tax is not None]
    return {
        "id": found.id,
        "counts": found.counts,
        "shop": found.place.shop,
        "till": found.place.till,
        "shift": found.place.number,
        "opened": _time(found.place.opened),
        "type": told.type,
        "number": told.number,
        "began": _time(told.began),
        "ended": _time(told.ended),
        "cashier": told.cashier,
        "cashier_name": found.cashier,
        "positions": [_position(one) for one in told.positions],
        "payments": [_payment(one) for one in told.payments if one.move is not Move.CHANGE],
        "sum": str(money(told.sum)),
        "discount": _total(one.discount for one in told.positions),
        "tax": _total(taxes) if taxes else None,
        "change": _total(given) if given else None,
        "annulled": told.annulled,
        "lines_cancelled": told.lines_cancelled,
        "self_checkout": told.self_checkout,
        "fiscal_number": told.fiscal_number,
        "source": told.source,
        "reason": told.reason,
        "cards": list(told.cards),
        "coupons": list(told.coupons),
        "versions": [_version(one) for one in found.versions],
    }


def _position(one: Position) -> Row:
    return {
        "code": one.code,
        "barcode": one.barcode,
        "name": one.name,
        "quantity": format(one.quantity, "f"),
        "price": str(money(one.price)),
        "sum": str(money(one.sum)),
        "discount": str(money(one.discount)) if one.discount else None,
        "discounts": [{"name": each.name, "sum": str(money(each.sum))} for each in one.discounts],
        "tax": None if one.tax is None else str(money(one.tax)),
        "department": one.department,
        "marks": list(one.marks),
    }


def _payment(one: Payment) -> Row:
    return {"means": one.means.value, "move": one.move.value, "code": one.code, "sum": str(money(one.sum))}


def _version(one: ReceiptVersion) -> Row:
    return {
        "id": one.id,
        "counts": one.counts,
        "sum": str(money(one.sum)),
        "ended": _time(one.ended),
        "arrival": one.arrival,
        "file": one.file,
        "live": one.live,
    }


def _total(amounts: Iterable[Decimal]) -> str:
    return str(money(sum(amounts, NOTHING)))


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
