"""What was sold from hour to hour, on both databases."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tillpost.books import Books, HourSums
from trial_sales import DAWN, receipt, record

DAY = DAWN.date()


def test_hours_of_a_day_come_to_the_takings_of_that_day(books: Books, trials: Any) -> None:
    trials(books).book(
        record(8, 30),
        receipt(1, 9),
        receipt(2, 9.99, "50.5"),
        receipt(3, 25, "7"),  # the next day
        receipt(4, 11, "9", annulled=True),
        receipt(5, 11, "30", type=2),
        receipt(6, 12, "1000", type=3, positions=(), payments=()),  # cash put in
        receipt(7, 23.9, "1"),
    )
    trials(books).book(receipt(2, 9.5, "60"))  # a correction: the version of 9.99 ended last
    trials(books, till="2").book(record(8), receipt(1, 9.2, "3"))
    trials(books, shop="6").book(record(8), receipt(1, 9, "1000"))
    with books.read() as txn:
        shop, till = txn.hours("5", day=DAY), txn.hours("5", "1", day=DAY)
        takings = txn.takings("5", DAY)
    assert [(one.hour, one.receipts, one.takings) for one in shop] == [
        (9, 3, Decimal("153.5")),
        (11, 1, Decimal(-30)),
        (23, 1, Decimal(1)),
    ]
    assert till[1] == HourSums(11, 1, returns=Decimal(30))
    assert sum(one.takings for one in shop) == sum(sums.gain for sums in takings.values())
    assert sum(one.receipts for one in shop) == sum(sums.receipts for sums in takings.values())


def test_a_receipt_without_a_time_is_of_the_hour_in_which_its_shift_began(trial: Any) -> None:
    trial.book(record(8, 20), receipt(1, None, "5"))
    (found,) = trial.ask(lambda txn: txn.hours("5", "1", day=DAY))
    assert (found.hour, found.receipts, found.sales) == (8, 1, Decimal(5))


def test_a_day_without_sales_has_no_hours(trial: Any) -> None:
    assert trial.ask(lambda txn: txn.hours("5", day=DAY)) == []
