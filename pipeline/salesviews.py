"""What there is to see of the way back: rows of plain values, for tables and for JSON alike.

Nothing here changes anything.

Failures: `Reject` where a sales file or a shop that was asked for does not exist.
"""

from __future__ import annotations

from ..books import Books, FileState
from ..errors import Fault, Reason, Reject, Trouble
from . import jobs
from .collect import Collected, open_books
from .jobs import Outcome
from .ledger import Ledger
from .office import Office
from .requests import Asked
from .salesverdicts import row, whole

Row = dict[str, object]

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


def tills_of(office: Office, shop: str) -> list[str]:
    """Every till of a shop. Raises Reject where there is none."""
    with office.store.read() as txn:
        tills = [state.till for state in Ledger(txn).tills(shop)]
    if not tills:
        raise Reject(Reason("view.no-shop", shop=shop, known=", ".join(office.settings.shops) or "-"), Fault.ERROR)
    return tills
