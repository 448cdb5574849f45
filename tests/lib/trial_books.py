"""Books driven as the pipeline drives them: a sales file is a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy
from tillpost.books import Books, Counted, FileState, SalesFile, ShiftRow, Tally
from tillpost.books.migrating import VERSION_TABLE
from tillpost.books.tables import METADATA
from tillpost.model import SalesEvent, ShiftAccount


def empty(url: str) -> None:
    """As it was when it was made."""
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        deletions = [str(table.delete()) for table in reversed(METADATA.sorted_tables)]
        if connection.dialect.name == "postgresql":  # in one go: each would be a journey of its own
            deletions = ["; ".join(deletions)]
        for deletion in deletions:
            connection.exec_driver_sql(deletion)
    engine.dispose()


MADE = {  # by each migration
    "0007": ("TABLE depths", "TABLE drawer_stock"),
    "0006": ("TABLE shift_sums", "shifts.archive"),
    "0005": (
        "INDEX ix_documents_newest",
        "INDEX ix_documents_newest_of_till",
        "INDEX ix_documents_newest_of_number",
        "INDEX ix_positions_ware_document_id",
        "positions.ware",
        "TABLE wares",
    ),
    "0004": ("TABLE audit", "TABLE log_in_failures", "TABLE tokens", "TABLE web_sessions", "TABLE users"),
    "0003": ("INDEX ix_documents_counted", "INDEX ix_requests_open", "shift_records.cash_end", "requests.answered"),
    "0002": ("TABLE drawer_pieces", "TABLE drawer"),
}


def take_back(url: str, revision: str) -> None:
    """Books as a program of that version left them."""
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        for made in (made for later, many in MADE.items() if later > revision for made in many):
            table, _, column = made.partition(".")
            drop = f"ALTER TABLE {table} DROP COLUMN {column}" if column else f"DROP {made}"
            connection.exec_driver_sql(drop)
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '{revision}'")
    engine.dispose()


@dataclass
class Trial:
    """Sales files into books, as the pipeline brings them: a transaction each."""

    books: Books
    shop: str = "5"
    till: str = "1"
    tallies: dict[int, Tally] = field(default_factory=dict)

    @property
    def last(self) -> int:
        return max(self.tallies)

    def file(self, arrival: int, *, live: bool = False, now: float = 1000.0) -> SalesFile:
        name = f"sale{arrival}.json"
        return SalesFile(arrival, name, FileState.PROCESSED, now, shop=self.shop, till=self.till, live=live)

    def book(self, *events: SalesEvent, live: bool = False, now: float = 1000.0) -> Tally:
        with self.books.write() as txn:
            arrival = txn.next_arrivals(1)[0]
            file = self.file(arrival, live=live, now=now)
            self.tallies[arrival] = txn.book(file, iter(events))
            txn.save(file)
        return self.tallies[arrival]

    def ask(self, question: Callable[[Any], Any]) -> Any:
        with self.books.read() as txn:
            return question(txn)

    def shifts(self) -> list[ShiftRow]:
        """Oldest first."""
        rows: list[ShiftRow] = self.ask(lambda txn: txn.find_shifts(self.shop, self.till))
        return rows[::-1]

    def accounts(self) -> list[ShiftAccount]:
        return [self.ask(lambda txn, row=row: txn.shift(row.id)) for row in self.shifts()]

    def account(self) -> ShiftAccount:
        (account,) = self.accounts()
        return account

    def numbers(self) -> list[list[int]]:
        """The numbers of the documents that count, shift by shift."""
        return [[line.number for line in account.documents] for account in self.accounts()]

    def counted(self, arrivals: Iterable[int] | None = None) -> list[Counted]:
        """What files made count; of all files where none is named."""
        with self.books.read() as txn:
            return [one for arrival in (arrivals or sorted(self.tallies)) for one in txn.untold(arrival)]
