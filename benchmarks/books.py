"""How long the books need for each question of a page: run by `make bench-books`; what came of it: RESULTS-books.md.

Fills a database with made-up receipts through the books' own front door and prints the least time of each question
beside that of a trivial one, which makes machines comparable. `SIZE` is the number of receipts, `URL` another database
than a new file of SQLite; what is in it stays there, and with `SIZE=0` nothing is booked: what an earlier run left is
asked.
"""

from __future__ import annotations

import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import make_url
from tillpost.books import Books, Delivery, FileState, SalesFile, Sought
from tillpost.model import Document, DrawerRecord, Means, Move, Payment, Position, SalesEvent, ShiftRecord, digest

SHOP = "5"
TILLS = 10
RECEIPTS = 500  # of a shift
LINES = 3  # of a receipt
FIRST = datetime(2026, 1, 1, 8)  # noqa: DTZ001 - tills tell no zone
TIMES = 7  # each question is asked


def receipt(shift: int, number: int, opened: datetime) -> Document:
    price = Decimal(1000 + number * 7 % 90_000) / 100
    at = opened + timedelta(seconds=60 * number)
    positions = tuple(
        Position(line, f"{number * line % 30_000}", Decimal(1), price, price, name="Молоко 3,2 %", department=line % 7)
        for line in range(1, LINES + 1)
    )
    total = price * LINES
    means = Means.CARD if number % 3 else Means.CASH
    payments = (Payment(1, 70, means, Move.PAID, total),)
    raw = f'{{"shift": {shift}, "docNum": {number}, "docType": 1}}'.encode().ljust(900)  # a real one's size
    told = digest(f"{shift} {number}".encode())
    return Document("1", shift, number, 1, told, raw, "7", at, at, total, positions, payments)


def shift_events(shift: int) -> Iterator[SalesEvent]:
    opened = FIRST + timedelta(days=shift - 1)
    receipts = [receipt(shift, number, opened) for number in range(1, RECEIPTS + 1)]
    gain = sum(one.sum for one in receipts)
    cash = sum(one.moved(Means.CASH) for one in receipts)
    told = digest(f"record {shift}".encode())
    drawers = (DrawerRecord("1", Decimal(cash) * shift),)
    yield ShiftRecord("1", shift, told, b"{}", opened, opened + timedelta(hours=14), Decimal(gain), drawers)
    yield from receipts


def fill(books: Books, size: int) -> int:
    """Books so many receipts; how many shifts each till has."""
    shifts = max(1, size // (TILLS * RECEIPTS))
    for shift in range(1, shifts + 1):
        with books.write() as txn:
            for till in range(1, TILLS + 1):
                arrival = txn.next_arrivals(1)[0]
                file = SalesFile(arrival, f"{till}-{shift}", FileState.PROCESSED, 1.0, shop=SHOP, till=str(till))
                txn.book(file, shift_events(shift))
                txn.save(file)
                for row in txn.shifts_of(arrival):
                    txn.deliver(Delivery("shift", f"shift/{row}", f"s{row}", b"", lambda _: b""), 1.0)
                    txn.mark_told(row)
    with books.write() as txn:
        taken = [one.id for one in txn.due(shifts * TILLS)]
        txn.mark_taken(taken[:-5], 2.0)
    return shifts


def filled(books: Books) -> int:
    """How many shifts each till has."""
    with books.read() as txn:
        return len(txn.find_shifts(SHOP, "1", limit=1_000_000))


def timed(books: Books, question: Callable[[Any], object]) -> float:
    """The least of some tries, in seconds, each in a transaction of its own: other programs only make it longer."""
    spent = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        with books.read() as txn:
            question(txn)
        spent.append(time.perf_counter() - begun)
    return min(spent)


def questions(books: Books, shifts: int) -> dict[str, Callable[[Any], object]]:
    middle = (shifts + 1) // 2
    with books.read() as txn:
        some = txn.find_shifts(SHOP, "3", number=middle)[0].id
    last = (FIRST + timedelta(days=shifts - 1)).date()
    month, week = last - timedelta(days=30), last - timedelta(days=6)

    def within(since: date) -> dict[str, date]:
        return {"since": since, "until": last}

    return {
        "a trivial one": lambda txn: txn.last_sale(SHOP, "3"),
        "a till's last 20 shifts": lambda txn: txn.reckonings(SHOP, "3", limit=20),
        "a shift": lambda txn: txn.reckonings(SHOP, "3", number=middle, limit=1),
        "a shift's receipts, a page": lambda txn: txn.lines(some, 50, 200),
        "a shift's repeats": lambda txn: txn.versions(some),
        "a shift's means of payment": lambda txn: txn.means(some),
        "a shift's departments": lambda txn: txn.departments(some),
        "a shop's day": lambda txn: txn.days(SHOP, **within(last)),
        "a shop's week": lambda txn: txn.days(SHOP, **within(week)),
        "a shop's month": lambda txn: txn.days(SHOP, **within(month)),
        "each till's takings of a day": lambda txn: txn.takings(SHOP, last),
        "a day's departments": lambda txn: txn.departments_by_day(SHOP, **within(last)),
        "a month's departments": lambda txn: txn.departments_by_day(SHOP, **within(month)),
        "a day's hours": lambda txn: txn.hours(SHOP, day=last),
        "what the ERP has not got": lambda txn: txn.reckonings(SHOP, only_undelivered=True, limit=50),
        "a till's last load": lambda txn: txn.last_load(SHOP, "3"),
        "the newest receipts, a page": lambda txn: txn.receipts(Sought(), 50),
        "receipts of a number, a page": lambda txn: txn.receipts(Sought(shop=SHOP, number=77), 50),
        "receipts with a good, a page": lambda txn: txn.receipts(Sought(goods="29999"), 50),
        "a receipt as printed": lambda txn: txn.receipt(txn.receipts(Sought(), 1).rows[0].id),
        "what may leave for its age": lambda txn: txn.old_shifts(datetime.combine(month, FIRST.time())),
    }


def bench(url: str, size: int) -> None:
    books = Books.open(url)
    begun = time.perf_counter()
    shifts = fill(books, size) if size else filled(books)
    spent, receipts = time.perf_counter() - begun, shifts * TILLS * RECEIPTS
    if size:
        print(f"{receipts:,} receipts of {TILLS} tills booked in {spent:.1f} s: {receipts / spent:,.0f} a second")
    else:
        print(f"{receipts:,} receipts of {TILLS} tills")
    name = make_url(url).get_backend_name()
    print(f"Python {platform.python_version()}, {name}, SQLite {sqlite3.sqlite_version}, {platform.machine()}\n")
    print(f"{'question':<28}{'ms':>10}{'ratio':>10}")
    trivial = None
    for name, question in questions(books, shifts).items():
        took = timed(books, question)
        trivial = trivial or took
        print(f"{name:<28}{took * 1000:>10.2f}{took / trivial:>10.1f}")
    books.close()


def main(size: str = "100000", url: str = "") -> None:
    if url:
        bench(url, int(size))
        return
    with tempfile.TemporaryDirectory(prefix="tillpost-bench-") as folder:
        bench(f"sqlite:///{Path(folder) / 'books.sqlite'}", int(size))


if __name__ == "__main__":
    main(*sys.argv[1:])
