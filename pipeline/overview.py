"""How everything stands, at one look: each shop and its tills with what they sold today, and what waits for somebody.

Rows of plain values, for pages and programs alike. A day is the shop's own; amounts are decimal text in major units.
Nothing here goes through all exports, files or receipts: it is quick, however many have come.

Failures: `Retry` where the books do not answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from ..books import Books, Transaction
from ..model import NOTHING, ShiftSums, money
from . import views
from .clock import moment
from .jobsview import rows as job_rows
from .jobsview import service
from .ledger import Ledger
from .office import Office

Row = dict[str, object]
Failed = Mapping[tuple[str, str], int]  # (shop, till): an arrival


def overview(office: Office, books: Books) -> Row:
    with books.read() as txn:
        shops = [_Shop(office, txn, shop) for shop in office.settings.shops]
        failed = txn.last_failed()
        told = [shop.row(failed) for shop in shops]
    return {
        "shops": told,
        "held": held(office),
        "sets": views.part_sets(office),
        "service": service(office),
        "jobs": job_rows(office),
    }


def held(office: Office) -> list[Row]:
    """The exports that wait for a person, newest first."""
    with office.store.read() as txn:
        ledger = Ledger(txn)
        return [views.export_row(office, export, ledger.verdict(export.arrival)) for export in ledger.held()]


class _Shop:
    """One shop today."""

    def __init__(self, office: Office, txn: Transaction, shop: str) -> None:
        self._office = office
        self._txn = txn
        self._shop = shop
        self._day = datetime.fromtimestamp(office.clock.now(), UTC).astimezone(office.settings.zone(shop)).date()
        self._takings = txn.takings(shop, self._day)

    def row(self, failed: Failed) -> Row:
        return {
            "shop": self._shop,
            "name": self._office.settings.shop(self._shop).name,
            "day": self._day.isoformat(),
            **_sold(self._takings.values()),
            "tills": [self._till(row, failed) for row in views.tills(self._office, self._shop)],
        }

    def _till(self, row: Row, failed: Failed) -> Row:
        """A till's row, with its sales, and with the last of its files that was no good."""
        till = str(row["till"])
        last_sale = self._txn.last_sale(self._shop, till)
        mine = [self._takings[till]] if till in self._takings else []
        return {
            **row,
            **_sold(mine),
            "last_sale": last_sale.isoformat() if last_sale else "",
            "last_error": self._error(failed.get((self._shop, till))),
        }

    def _error(self, arrival: int | None) -> Row | None:
        file = None if arrival is None else self._txn.file(arrival)
        if file is None:
            return None
        reason = file.reason.text(self._office.settings.language) if file.reason else ""
        return {"arrival": file.arrival, "name": file.name, "at": moment(file.decided), "reason": reason}


def _sold(takings: Iterable[ShiftSums]) -> Row:
    """How many receipts there are today, and what they come to."""
    every = list(takings)
    gain: Decimal = sum((sums.gain for sums in every), NOTHING)
    return {"receipts": sum(sums.receipts for sums in every), "takings": str(money(gain))}
