"""Old shifts out of the books: which may leave, what stays of them, and what becomes of sales that come again."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tillpost.books import Delivery, OldShift, ShiftDelivery, Tally
from tillpost.model import DrawerRecord, ShiftRecord
from trial_books import Trial
from trial_sales import DAWN, receipt, record

LATE = DAWN + timedelta(days=30)
TODAY = DAWN.date()
ARCHIVE = "sales-26-03-02.tgz"


def closed(opened: float, number: int = 12, cash: str = "300") -> ShiftRecord:
    """A shift of fourteen hours, after which so much lay in the drawer."""
    return record(opened, opened + 14, number, gain=Decimal(200), drawers=(DrawerRecord("1", Decimal(cash)),))


def day(trial: Trial, number: int = 12, after: float = 0) -> int:
    """Books a shift of two receipts, of which the ERP was told and took everything; its row."""
    sales = (receipt(one, after + 9, shift=number) for one in (1, 2))
    trial.book(closed(after + 8, number), *sales)
    (row,) = trial.ask(lambda txn: txn.shifts_of(trial.last))
    tell(trial, row)
    return int(row)


def tell(trial: Trial, row: int, *, taken: bool = True) -> None:
    with trial.books.write() as txn:
        for subject in (f"document {row} 1 1", f"shiftOpen/{row}", f"shift/{row}"):
            txn.deliver(Delivery("a", subject, subject.replace("/", "_"), b"", lambda _: b"<a/>"), 1.0)
        txn.mark_told(row)
        if taken:
            txn.mark_taken([one.id for one in txn.due(99)], 2.0)


def old(trial: Trial, before: datetime = LATE) -> list[OldShift]:
    found: list[OldShift] = trial.ask(lambda txn: txn.old_shifts(before))
    return found


def put_by(trial: Trial, row: int) -> None:
    with trial.books.write() as txn:
        txn.put_by(row, ARCHIVE)


def lines(trial: Trial, row: int) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in trial.ask(lambda txn: list(txn.told_of(row)))]


def codes(trial: Trial) -> list[str]:
    return [one.code for one in trial.ask(lambda txn: txn.refused(trial.last))]


# --- which may leave


def test_closed_shift_of_which_the_erp_has_everything_may_leave(trial: Trial) -> None:
    row = day(trial)
    [found] = old(trial)
    assert (found.id, found.documents, found.delivery, found.may_leave) == (row, 2, ShiftDelivery.TAKEN, True)


def test_shift_is_as_old_as_its_last_document(trial: Trial) -> None:
    day(trial)
    assert old(trial, DAWN + timedelta(hours=22)) == []  # it is closed at that very moment
    assert len(old(trial, DAWN + timedelta(hours=23))) == 1
    trial.book(receipt(3, 40))
    assert old(trial, DAWN + timedelta(hours=40)) == []
    assert len(old(trial, DAWN + timedelta(hours=41))) == 1


def test_open_shift_stays(trial: Trial) -> None:
    trial.book(record(8), receipt(1))
    assert old(trial) == []


def test_live_receipts_without_their_shift_stay(trial: Trial) -> None:
    trial.book(receipt(1), live=True)
    assert old(trial) == []


@pytest.mark.parametrize("awaited", ["document {} 1 1", "shiftOpen/{}", "shift/{}"])
def test_shift_about_which_the_erp_has_not_taken_a_document_may_not_leave(trial: Trial, awaited: str) -> None:
    row = day(trial)
    with trial.books.write() as txn:
        txn.deliver(Delivery("a", awaited.format(row), "again", b"new", lambda _: b"<a/>"), 3.0)
    [found] = old(trial)
    assert not found.may_leave


def test_shift_that_changed_after_it_was_told_may_not_leave(trial: Trial) -> None:
    row = day(trial)
    with trial.books.write() as txn:
        txn.mark_told(row, told=False)
    assert [one.may_leave for one in old(trial)] == [False]


# --- what leaves, and what stays


def test_archive_holds_each_version_as_it_was_written_and_as_it_was_understood(trial: Trial) -> None:
    trial.book(closed(8), receipt(1), receipt(2))
    trial.book(receipt(2, 10, "150"))
    (row,) = trial.ask(lambda txn: txn.shifts_of(1))
    shift, known, *documents = lines(trial, row)
    assert shift["shift"]["till"] == "1"
    assert known["record"]["gain"] == "200"
    assert known["counts"]
    assert [(one["document"]["number"], one["document"]["sum"], one["counts"]) for one in documents] == [
        (1, "100", True), (2, "100", False), (2, "150", True),
    ]  # fmt: skip
    assert documents[0]["raw"].startswith("1 9 100")
    assert documents[0]["document"]["positions"][0]["name"] == "Молоко"


def test_what_is_told_of_a_shift_is_the_same_each_time(trial: Trial) -> None:
    row = day(trial)
    before = lines(trial, row)
    day(trial, 13, 24)
    assert lines(trial, row) == before


def test_shift_that_left_is_no_candidate_again(trial: Trial) -> None:
    put_by(trial, day(trial))
    assert old(trial) == []


def test_sums_of_a_shift_that_left_are_what_they_were(trial: Trial) -> None:
    row = day(trial)
    ask = lambda: trial.ask(lambda txn: (txn.reckonings("5", "1"), txn.days("5", since=TODAY, until=TODAY)))  # noqa: E731
    before = ask()
    assert before[0][0].sums.gain == 200
    put_by(trial, row)
    assert ask() == before
    assert trial.ask(lambda txn: txn.shift(row)) is None
    assert trial.ask(lambda txn: txn.lines(row, 9, -1)) == []


def test_next_shift_begins_with_the_drawer_that_the_old_one_left(trial: Trial) -> None:
    first = day(trial)
    day(trial, 13, 24)
    put_by(trial, first)
    [newest, _] = trial.ask(lambda txn: txn.reckonings("5", "1"))
    assert newest.drawer_before == 300
    tomorrow = TODAY + timedelta(days=1)
    [found] = trial.ask(lambda txn: txn.days("5", since=tomorrow, until=tomorrow))
    assert found.drawer == 500


def test_departments_of_an_old_shift_stay(trial: Trial) -> None:
    row = day(trial)
    ask = lambda: (  # noqa: E731
        trial.ask(lambda txn: txn.departments(row)),
        trial.ask(lambda txn: txn.departments_by_day("5", since=TODAY, until=TODAY)),
    )
    before = ask()
    assert [one.takings for found in before for one in found] == [200, 200]
    put_by(trial, row)
    assert ask() == before


def test_drawers_of_a_day_after_which_all_shifts_left_are_known(trial: Trial) -> None:
    row = day(trial)
    wanted = date(2026, 3, 20)
    trial.book(record(18 * 24, None, 14), receipt(1, 18 * 24 + 1, shift=14))
    ask = lambda: trial.ask(lambda txn: txn.days("5", since=wanted, until=wanted))  # noqa: E731
    before = ask()
    put_by(trial, row)
    assert ask() == before


# --- what comes again


def test_receipt_that_comes_again_is_refused_and_never_booked_as_new(trial: Trial) -> None:
    row = day(trial)
    put_by(trial, row)
    tally = trial.book(receipt(1), receipt(7, 10))
    assert (tally.read, tally.new, tally.repeated, tally.refused, tally.archived) == (0, 0, 0, 2, 2)
    assert codes(trial) == ["books.archived"] * 2
    assert lines(trial, row)[2:] == []
    assert [one.documents for one in trial.shifts()] == [2]


def test_whole_file_of_an_old_shift_changes_nothing(trial: Trial) -> None:
    put_by(trial, day(trial))
    tally = trial.book(closed(8), receipt(1), receipt(2))
    assert (tally.changes, tally.shifts, tally.shifts_new, tally.refused) == (False, 1, 0, 2)
    assert trial.ask(lambda txn: txn.shifts_of(trial.last)) == ()


def test_another_record_of_an_old_shift_is_refused(trial: Trial) -> None:
    put_by(trial, day(trial))
    for again in (record(8, 23), record(2, 23), record(None, 23)):
        assert (trial.book(again).archived, codes(trial)) == (1, ["books.archived"])
    assert [one.closed for one in trial.shifts()] == [DAWN + timedelta(hours=22)]


def test_what_is_new_in_a_file_with_old_sales_is_booked(trial: Trial) -> None:
    put_by(trial, day(trial))
    tally = trial.book(receipt(1), record(32, None, 13), receipt(1, 33, shift=13))
    assert (tally.new, tally.archived) == (1, 1)


def test_number_of_an_old_shift_may_come_again(trial: Trial) -> None:
    """A till's counter begins anew: days away it is another shift."""
    put_by(trial, day(trial))
    tally = trial.book(closed(8 + 240), receipt(1, 9 + 240))
    assert (tally.new, tally.shifts_new, tally.archived) == (1, 1, 0)
    assert [one.documents for one in trial.shifts()] == [2, 1]


def test_old_shift_is_left_alone_where_its_number_is_sorted_out(trial: Trial) -> None:
    """Live receipts days apart, then the record that parts them."""
    row = day(trial)
    put_by(trial, row)
    before = trial.ask(lambda txn: txn.reckonings("5", "1"))
    trial.book(receipt(1, 250), receipt(2, 290), live=True)
    tally: Tally = trial.book(record(289, 300), receipt(2, 290))
    assert tally.archived == 0
    *_, first = trial.ask(lambda txn: txn.reckonings("5", "1"))
    assert (first.id, first.sums, first.outdated) == (row, before[0].sums, 0)
    assert trial.shifts()[0].first == DAWN + timedelta(hours=9)
