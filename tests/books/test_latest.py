"""Each till at a look: what it sold on a day, and the last of its files that was no good."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tillpost.books import Books, FileState, SalesFile
from trial_sales import DAWN, receipt, record

DAY = DAWN.date()


def test_a_day_is_told_by_till_without_other_days_shops_and_corrected_versions(books: Books, trials: Any) -> None:
    trials(books).book(record(8, 30), receipt(1, 9), receipt(2, 23, "50"), receipt(3, 25, "7"), receipt(4, -4, "9"))
    trials(books).book(receipt(2, 23.5, "60"))  # a correction
    trials(books, till="2").book(record(8), receipt(1, 9, "1"), receipt(2, 10, "3", type=2))
    trials(books, shop="6").book(record(8), receipt(1, 9, "1000"))
    with books.read() as txn:
        today, tomorrow = txn.takings("5", DAY), txn.takings("5", DAY + timedelta(days=1))
        assert {till: (sums.receipts, sums.gain) for till, sums in today.items()} == {
            "1": (2, Decimal(160)),
            "2": (2, Decimal(-2)),
        }
        assert {till: sums.gain for till, sums in tomorrow.items()} == {"1": Decimal(7)}
        assert txn.takings("5", DAY + timedelta(days=9)) == {}
        assert txn.takings("7", DAY) == {}


def test_the_last_file_that_was_no_good_is_known_by_till(books: Books) -> None:
    states = [FileState.BROKEN, FileState.ERROR, FileState.PROCESSED, FileState.BROKEN, FileState.CLAIMED]
    with books.write() as txn:
        for arrival, state in enumerate(states, 1):
            till = "2" if arrival == 4 else "1"
            txn.save(SalesFile(arrival, f"sale{arrival}.json", state, 1.0, shop="5", till=till))
        txn.save(SalesFile(9, "sale.json", FileState.PROCESSED, 1.0, shop="5", till="3"))
    with books.read() as txn:
        assert txn.last_failed() == {("5", "1"): 2, ("5", "2"): 4}
