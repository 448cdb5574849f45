"""What there is to see of the way back: rows of plain values, for tables and for JSON alike.

Nothing here changes anything.

Failures: `Reject` where a sales file or a shift that was asked for does not exist.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ..books import Books, FileState
from ..errors import Fault, Reason, Reject, Trouble
from ..model import ShiftAccount, ShiftPlace, money
from . import jobs, views
from .collect import Collected, open_books
from .jobs import Outcome
from .ledger import Ledger
from .office import Office
from .requests import Asked
from .salesverdicts import row, whole
from .telling import Telling

Row = dict[str, object]

EVERY = 10_000  # shifts of one number, at one till
FILE_STATES = {state.value: state for state in FileState}


def collected(office: Office, done: Collected) -> dict[str, object]:
    """What one round did."""
    language = office.settings.language
    return {
        "files": [row(file, language) for file in done.files],
        "waiting": [{"name": name, "why": reason.text(language)} for name, reason in done.waiting],
        "documents": {"written": done.outgone.written, "taken": done.outgone.taken},
        "outbox_troubles": [reason.text(language) for reason in done.outgone.troubles],
    }


def summary(office: Office) -> Row:
    """How the way back stands: sales files by state, what the ERP has not taken, and why that cannot be told, or why
    nothing comes to the outbox."""
    try:
        with open_books(office) as books, books.read() as txn:
            counted = {state.value: count for state, count in txn.counts().items()}
            return {
                "files": counted,
                "undelivered": txn.undelivered(),
                "trouble": "",
                "outbox": _outbox_trouble(office),
            }
    except Trouble as trouble:
        told = trouble.reason.text(office.settings.language)
        return {"files": {}, "undelivered": None, "trouble": told, "outbox": ""}


def _outbox_trouble(office: Office) -> str:
    """What the last round of `collect` met there; "" = nothing."""
    last = jobs.load(office, "collect").last
    if last is None or last.outcome is not Outcome.PUT_OFF or last.reason is None:
        return ""
    return last.reason.text(office.settings.language)


def files(office: Office, books: Books, limit: int, state: str = "", shop: str = "", till: str = "") -> list[Row]:
    """The newest `limit` sales files, newest first."""
    with books.read() as txn:
        found = txn.files(limit, FILE_STATES.get(state), shop=shop, till=till)
    return [row(file, office.settings.language) for file in found]


def file(office: Office, books: Books, arrival: int) -> Row:
    """One sales file with its verdict. Raises Reject."""
    with books.read() as txn:
        found = txn.file(arrival)
        if found is None:
            raise Reject(Reason("view.no-sales-file", arrival=arrival), Fault.ERROR)
        return whole(found, txn.refused(arrival), office.settings.language)


def shifts(office: Office, books: Books, shop: str, till: str, limit: int, number: int | None = None) -> list[Row]:
    """A till's newest `limit` shifts, newest first; `number`: only those of that number. Raises Reject where there is
    no such till."""
    views.till(office, shop, till)
    telling = Telling(office)
    with books.read() as txn:
        found = [(row.id, txn.shift(row.id)) for row in txn.find_shifts(shop, till, number=number, limit=limit)]
    return [shift_row(shift, account, telling) for shift, account in found if account is not None]


def shift_row(shift: int, account: ShiftAccount, telling: Telling) -> Row:
    """Money as decimal text in major units."""
    sums, place = account.sums, account.place
    return {
        "id": shift,
        "shop": place.shop,
        "till": place.till,
        "shift": place.number,
        "opened": place.opened.isoformat() if place.opened else None,
        "closed": account.closed.isoformat() if account.closed else None,
        "complete": telling.is_complete(account),
        "receipts": sums.receipts,
        "annulled": sums.annulled,
        "sales_cash": _text(sums.sales_cash),
        "sales_cashless": _text(sums.sales_cashless),
        "returns_cash": _text(sums.returns_cash),
        "returns_cashless": _text(sums.returns_cashless),
        "cash_in": _text(sums.cash_in),
        "cash_out": _text(sums.cash_out),
        "gain": _text(sums.gain),
        "till_gain": _text(account.record.gain) if account.record and account.record.gain is not None else None,
        "missing": [list(both) for both in account.missing],
    }


def _text(value: Decimal) -> str:
    return str(money(value))


def asked(office: Office, question: Asked) -> Row:
    trouble = question.trouble.text(office.settings.language) if question.trouble else ""
    return {
        "shop": question.shop,
        "till": question.till,
        "from": question.since.isoformat(),
        "to": question.until.isoformat(),
        "asked": question.new,
        "trouble": trouble,
    }


def shift_id(books: Books, shop: str, till: str, number: int, opened: date | None = None) -> int:
    """The newest shift of that number, or that of them which was opened on a day. Raises Reject."""
    with books.read() as txn:
        every = txn.find_shifts(shop, till, number=number, limit=EVERY if opened else 1)
    found = next((one for one in every if opened is None or _is_of(one.place, opened)), None)
    if found is None:
        raise Reject(Reason("sales.no-shift", shop=shop, till=till, shift=number), Fault.ERROR)
    return found.id


def _is_of(place: ShiftPlace, day: date) -> bool:
    return place.opened is not None and place.opened.date() == day


def tills_of(office: Office, shop: str) -> list[str]:
    """Every till of a shop. Raises Reject where there is none."""
    with office.store.read() as txn:
        tills = [state.till for state in Ledger(txn).tills(shop)]
    if not tills:
        raise Reject(Reason("view.no-shop", shop=shop, known=", ".join(office.settings.shops) or "-"), Fault.ERROR)
    return tills
