"""What the books make of a shift, and the lists of shifts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tillpost.model import DrawerRecord, Means, Move, Payment, ReceiptLine, ShiftSums
from trial_sales import moment, receipt, record


def paid(*rows: tuple[Means, Move, str]) -> tuple[Payment, ...]:
    return tuple(Payment(1, 70, means, move, Decimal(amount)) for means, move, amount in rows)


def test_sums_are_told_by_what_was_sold_given_back_and_put_into_the_drawer(trial: Any) -> None:
    cash, card, gift = Means.CASH, Means.CARD, Means.GIFT
    trial.book(
        record(8, 20, gain=Decimal("159.80")),
        receipt(1, total="0.10", payments=paid((cash, Move.PAID, "0.10"))),
        receipt(2, total="0.20", payments=paid((cash, Move.PAID, "0.20"))),
        receipt(3, total="199.50", payments=paid((cash, Move.PAID, "100"), (card, Move.PAID, "99.50"))),
        receipt(4, total="70", payments=paid((cash, Move.PAID, "100"), (cash, Move.CHANGE, "30"))),
        receipt(5, total="30", payments=paid((gift, Move.PAID, "30"))),
        receipt(6, total="40", type=2, payments=paid((cash, Move.REFUND, "40"))),
        receipt(7, total="60", type=25, payments=paid((card, Move.REFUND, "60"))),
        receipt(8, total="50", type=8, payments=paid((cash, Move.REFUND, "50"))),
        receipt(9, total="10", type=7, payments=paid((cash, Move.PAID, "10"))),
        receipt(10, total="1000", type=3),
        receipt(11, total="700.01", type=4),
        receipt(12, total="500", annulled=True),
        receipt(13, total="500", type=99),
    )
    account = trial.account()
    assert account.sums == ShiftSums(
        receipts=9,
        annulled=1,
        sales_cash=Decimal("180.30"),
        sales_cashless=Decimal("129.50"),
        returns_cash=Decimal("90"),
        returns_cashless=Decimal("60"),
        cash_in=Decimal("1000"),
        cash_out=Decimal("700.01"),
        gain=Decimal("159.80"),
    )
    assert account.difference == 0
    assert [line.number for line in account.documents] == list(range(1, 14))
    assert account.missing == ()


def test_sums_are_exact_however_many_digits_they_have(trial: Any) -> None:
    totals = ["0.1", "0.2", "123456789012345.678901234567", "0.000000000001", "-0.3"]
    trial.book(*(receipt(number, total=total, payments=()) for number, total in enumerate(totals, 1)))
    assert trial.account().sums.gain == sum(map(Decimal, totals))


def test_what_is_missing_is_told_as_ranges(trial: Any) -> None:
    trial.book(receipt(3), receipt(4), receipt(4, type=77), receipt(8), receipt(10), record(8))
    assert trial.account().missing == ((5, 7), (9, 9))


def test_a_far_number_makes_one_range_and_no_document_none(trial: Any) -> None:
    trial.book(record(8), receipt(0), receipt((1 << 63) - 1))
    trial.book(record(8, number=13))
    assert [account.missing for account in trial.accounts()] == [((1, (1 << 63) - 2),), ()]


def test_lines_stand_by_number_then_type(trial: Any) -> None:
    trial.book(receipt(2, total="1"), receipt(1, total="2", type=8), receipt(1, total="3"))
    assert trial.account().documents == (
        ReceiptLine(1, 1, Decimal(3), moment(9)),
        ReceiptLine(8, 1, Decimal(2), moment(9)),
        ReceiptLine(1, 2, Decimal(1), moment(9)),
    )


def test_the_record_comes_back_as_it_was(trial: Any) -> None:
    told = record(8, 20, gain=Decimal("1.10"), users=(("7", "Ж"),), drawers=(DrawerRecord("s", Decimal("0.01")),))
    trial.book(told)
    assert trial.account().record == told


def test_a_shift_nobody_knows_is_none(trial: Any) -> None:
    assert trial.ask(lambda txn: txn.shift(1)) is None


def test_shifts_are_found_newest_first_by_shop_till_and_number(books: Any, trials: Any) -> None:
    for shop, till in (("5", "1"), ("5", "2"), ("6", "1")):
        trial = trials(books, shop, till)
        trial.book(record(8, 20, number=1), record(80, number=2), receipt(1, 81, shift=2), receipt(2, 81, shift=2))
    with books.read() as txn:
        assert [row.place.number for row in txn.find_shifts()] == [2, 2, 2, 1, 1, 1]
        assert [row.place.opened for row in txn.find_shifts("5", "1")] == [moment(80), moment(8)]
        assert [(row.place.shop, row.documents) for row in txn.find_shifts(number=2)] == [("6", 2), ("5", 2), ("5", 2)]
        assert len(txn.find_shifts(limit=4)) == 4
        assert txn.find_shifts("9") == []


def test_a_closed_shift_is_told_of_once(trial: Any) -> None:
    trial.book(record(8, number=1), record(8, 20, number=2), now=100.0)
    trial.book(record(8, 30, number=1), now=200.0)
    trial.book(record(8, 40, number=1), now=300.0)

    def untold(before: float) -> list[int]:
        return [row.place.number for row in trial.ask(lambda txn: txn.closed_untold(before))]

    assert [untold(before) for before in (100.0, 100.1, 200.0, 200.1)] == [[], [2], [2], [2, 1]]
    with trial.books.write() as txn:
        txn.mark_told(txn.find_shifts(number=2)[0].id)
    assert untold(1000.0) == [1]
    assert [row.told for row in trial.shifts()] == [False, True]
