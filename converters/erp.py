"""Sales as the ERP gets them: this file alone knows which of our nouns' fields stand where in its documents.

There are four, each with a schema of its name in `xsd/`: a receipt, cash in or out (`cashbox`), a shift's opening, and
a shift as a whole. README tells what each element means. `version` is the document's: 1, and one more with every
correction; the bytes of version 1 are therefore what a document's content can be compared by.

A shift tells what is missing of it and by how much it differs from the till's own count, and calls itself complete
only when it is closed and neither is the case.

Failures: none of its own. A document of another kind than the function is for is a mistake of the caller (ValueError).
"""

from __future__ import annotations

from collections.abc import Callable

from ..model import (
    CASH_IN,
    CASH_OUT,
    INVOICE,
    NOTHING,
    RETURN,
    RETURN_CANCELLED,
    RETURN_FREE,
    SALE,
    SALE_CANCELLED,
    Document,
    DocumentKind,
    DrawerRecord,
    Means,
    Position,
    ShiftAccount,
    ShiftPlace,
    ShiftRecord,
    money,
)
from .erpspelling import (
    Element,
    Value,
    amount,
    amount_if_told,
    attribute,
    child,
    plain,
    price,
    root,
    scanned,
    told,
    written,
)

OwnId = Callable[[str], str | None]
"""A till's goods code to the ERP's own id of the good; None where nobody knows it."""

KINDS = {
    SALE: "sale",
    RETURN: "return",
    CASH_IN: "cashIn",
    CASH_OUT: "cashOut",
    RETURN_CANCELLED: "returnCancelled",
    SALE_CANCELLED: "saleCancelled",
    INVOICE: "invoice",
    RETURN_FREE: "returnWithoutReceipt",
}
"""Words for the tills' types of documents."""

OTHER = "other"
CASHLESS = tuple(means for means in Means if means is not Means.CASH)


def receipt(place: ShiftPlace, document: Document, version: int, own_id: OwnId) -> bytes:
    """A sale, a return or the cancellation of one. `own_id` is asked once for every position."""
    page = _act(
        DocumentKind.RECEIPT,
        place,
        document,
        version,
        sign=document.sign,
        cash=amount(document.moved(Means.CASH)),
        cashless=amount(document.moved(*CASHLESS)),
        linesCancelled=document.lines_cancelled,
        selfCheckout=document.self_checkout,
    )
    for card in document.cards:
        child(page, "card", card)
    for position in document.positions:
        _position(page, position, own_id(position.code))
    _payments(page, document)
    for name, texts in (
        ("certificate", document.certificates),
        ("coupon", document.coupons),
        ("bonus", document.bonuses),
    ):
        for text in texts:
            child(page, name, text)
    return written(page)


def cashbox(place: ShiftPlace, document: Document, version: int) -> bytes:
    """Cash that was put into the drawer or taken out of it; `sum` is above zero both ways."""
    page = _act(DocumentKind.CASHBOX, place, document, version)
    _payments(page, document)
    return written(page)


def shift_opening(place: ShiftPlace, record: ShiftRecord, version: int) -> bytes:
    """That a shift was opened. It tells of the record only what a later record of the same shift says again, or every
    shift would open twice: once open, once closed."""
    page = root("shiftOpen", **_place(place, version), cashCode=record.cash_code)
    for drawer in record.drawers:
        begins = amount_if_told(drawer.protected_begin)
        if drawer.serial or begins:
            child(page, "drawer", serial=drawer.serial, protectedBegin=begins)
    return written(page)


def shift(account: ShiftAccount, version: int) -> bytes:
    """A shift with its sums, closed or still open, whole or with what it lacks."""
    record, difference = account.record, account.difference
    complete = account.closed is not None and not account.missing and not money(difference or NOTHING)
    page = root(
        "shift",
        **_place(account.place, version),
        cashCode="" if record is None else record.cash_code,
        closed=account.closed,
        state="open" if account.closed is None else "closed",
        complete=complete,
    )
    _sums(page, account)
    if record is not None and record.gain is not None and difference is not None:
        child(page, "tillCount", gain=amount(record.gain), difference=amount(difference))
    for first, last in account.missing:
        child(page, "missing", first=first, last=last)
    if record is not None:
        for drawer in record.drawers:
            _drawer(page, drawer)
        for code, name in record.users:
            child(page, "user", name, code=code)
    for line in account.documents:
        child(
            page,
            "document",
            type=line.type,
            kind=KINDS.get(line.type, OTHER),
            number=line.number,
            sum=amount(line.sum),
            ended=line.ended,
            annulled=line.annulled,
        )
    return written(page)


# --- parts -------------------------------------------------------------------------------------------------


def _place(place: ShiftPlace, version: int) -> dict[str, Value]:
    return {
        "version": version,
        "shop": place.shop,
        "till": place.till,
        "shift": place.number,
        "opened": place.opened,
    }


def _act(kind: DocumentKind, place: ShiftPlace, document: Document, version: int, **more: Value) -> Element:
    """The root of a receipt or cash document, with what both begin with."""
    if document.kind is not kind:
        raise ValueError(f"document of type {document.type}: not a {kind}")
    page = root(
        kind.value,
        **_place(place, version),
        cashCode=document.cash_code,
        type=document.type,
        kind=KINDS[document.type],
        number=document.number,
        began=document.began,
        ended=document.ended,
        cashier=document.cashier,
        sum=amount(document.sum),
        annulled=document.annulled,
        **more,
    )
    told(page, "identifier", document.identifier)
    told(page, "fiscalNumber", document.fiscal_number)
    told(page, "source", document.source)
    told(page, "reason", document.reason)
    return page


def _position(page: Element, position: Position, good: str | None) -> None:
    """Its attributes are put together here: there are more of them than of all others."""
    base, tax, department = position.base_sum, position.tax, position.department
    line = page.add(
        Element(
            "position",
            f' number="{position.number}"{attribute("code", position.code)}{attribute("good", good or "")}'
            f'{attribute("barcode", position.barcode)} operation="{position.operation}"'
            f' quantity="{plain(position.quantity)}" price="{price(position.price)}" sum="{amount(position.sum)}"'
            + ("" if base is None else f' baseSum="{amount(base)}"')
            + (f' discountSum="{amount(position.discount)}"' if position.discount else "")
            + ("" if tax is None else f' tax="{amount(tax)}"')
            + ("" if department is None else f' department="{department}"'),
        )
    )
    told(line, "name", position.name)
    if position.extra_barcode:
        scanned(line, "extraBarcode", position.extra_barcode)
    for mark in position.marks:
        scanned(line, "mark", mark)
    for discount in position.discounts:
        child(line, "discount", discount.name, sum=amount(discount.sum), type=discount.type)


def _payments(page: Element, document: Document) -> None:
    for row in document.payments:
        child(page, "payment", code=row.code, operation=row.operation, means=row.means, move=row.move,
              sum=amount(row.sum))  # fmt: skip


def _sums(page: Element, account: ShiftAccount) -> None:
    sums = account.sums
    child(
        page,
        "sums",
        receipts=sums.receipts,
        annulled=sums.annulled,
        gain=amount(sums.gain),
        salesCash=amount(sums.sales_cash),
        salesCashless=amount(sums.sales_cashless),
        returnsCash=amount(sums.returns_cash),
        returnsCashless=amount(sums.returns_cashless),
        takingsCash=amount(sums.takings_cash),
        takingsCashless=amount(sums.takings_cashless),
        cashIn=amount(sums.cash_in),
        cashOut=amount(sums.cash_out),
    )


def _drawer(page: Element, drawer: DrawerRecord) -> None:
    child(
        page,
        "drawer",
        serial=drawer.serial,
        cashEnd=amount_if_told(drawer.cash_end),
        protectedBegin=amount_if_told(drawer.protected_begin),
        protectedEnd=amount_if_told(drawer.protected_end),
        back=amount_if_told(drawer.back),
    )
