"""Sales files into the books, on both databases: what is new, known, corrected, and which shift it belongs to."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy
from msgspec.structs import replace
from tillpost.books import Books, FileState, SalesFile, Sought, Tally
from tillpost.errors import Reject
from tillpost.model import Document, ShiftPlace
from trial_books import Trial, empty
from trial_sales import DAWN, log_on, moment, receipt, record, refusal


def shown(counted: Any) -> list[tuple[int, Decimal]]:
    return [(one.document.number, one.document.sum) for one in counted]


# --- what is known already


def test_a_file_is_tallied_by_what_it_holds(trial: Any) -> None:
    tally = trial.book(record(8), receipt(1), receipt(2, type=3), receipt(3, type=77), log_on(8), refusal())
    assert tally == Tally(
        read=3,
        new=3,
        refused=1,
        by_type=((1, 1), (3, 1), (77, 1)),
        shifts=1,
        shifts_new=1,
        log_ons=1,
        log_ons_new=1,
    )


def test_a_file_that_comes_again_changes_nothing(trial: Any) -> None:
    events = (record(8, 20), receipt(1), receipt(2), log_on(8))
    trial.book(*events)
    before = trial.accounts()
    again = trial.book(*events)
    assert (again.new, again.repeated, again.shifts_new, again.log_ons_new) == (0, 2, 0, 0)
    assert not again.changes
    assert trial.accounts() == before
    assert trial.ask(lambda txn: txn.shifts_of(trial.last)) == ()
    assert trial.counted([trial.last]) == []


def test_a_document_that_stands_twice_in_a_file_is_booked_once(trial: Any) -> None:
    tally = trial.book(receipt(1), receipt(1), log_on(8), log_on(8), record(8), record(8))
    assert (tally.read, tally.new, tally.repeated) == (2, 1, 1)
    assert (tally.log_ons_new, tally.shifts_new) == (1, 1)
    assert trial.numbers() == [[1]]


def test_no_booking_compares_all_documents_with_all_whatever_a_server_believes_of_them(postgres_url: str) -> None:
    """The tables were emptied and looked at, so it believes them empty throughout the booking."""
    books = Books.open(postgres_url)
    versions = [receipt(number, total=total) for number in range(1, 101) for total in ("100", "200")]
    Trial(books).book(record(8), *versions)
    empty(postgres_url)
    plans: list[tuple[str, list[str]]] = []

    def explain(connection: Any, _: Any, text: str, values: Any, *__: Any) -> None:
        if text.startswith("SELECT") and "FROM documents" in text:
            rows = connection.connection.driver_connection.execute(f"EXPLAIN {text}", values)
            plans.append((text, [row[0] for row in rows]))

    with books.write() as txn:
        connection = txn._session.connection
        connection.exec_driver_sql("ANALYZE documents")
        sqlalchemy.event.listen(connection, "before_cursor_execute", explain)
        file = SalesFile(txn.next_arrivals(1)[0], "a.json", FileState.PROCESSED, 1000.0, shop="5", till="1")
        assert txn.book(file, iter((record(8), *versions))).outdated == 100
        believed = "SELECT reltuples FROM pg_class WHERE oid = 'documents'::regclass"
        assert connection.exec_driver_sql(believed).scalar() == 200
    books.close()
    assert [text for text, _ in plans if "ended" in text]
    for text, plan in plans:
        assert sum(" on documents" in line for line in plan) <= 1, (text, plan)
        assert not [line for line in plan if "Join Filter" in line and "document_id" in line], (text, plan)


def test_many_documents_go_in_batches_and_all_arrive(trial: Any) -> None:
    receipts = [receipt(number) for number in range(1, 1203)]
    assert trial.book(record(8), *receipts[:700]).new == 700
    tally = trial.book(*receipts)
    assert (tally.new, tally.repeated) == (502, 700)
    assert trial.account().sums.receipts == 1202


def test_tills_and_shops_do_not_mix(books: Any, trials: Any) -> None:
    for shop, till in (("5", "1"), ("5", "2"), ("6", "1")):
        assert trials(books, shop, till).book(receipt(1)).new == 1
    assert [len(trials(books, shop, "1").shifts()) for shop in ("5", "6", "7")] == [1, 1, 0]


def test_the_same_number_with_another_type_is_another_document(trial: Any) -> None:
    assert trial.book(receipt(1), receipt(1, type=2)).new == 2


def test_a_document_comes_back_as_it_was(trial: Any) -> None:
    whole = receipt(
        7,
        total="12345678901234.567890123",
        cashier="Ж\0",
        cards=("1", "2"),
        annulled=True,
        source="9",
        coupons=('{"a":1}',),
    )
    trial.book(record(8), whole)
    (counted,) = trial.counted()
    assert counted.document == replace(whole, raw=b"")  # who tells the ERP needs no raw text
    assert counted.place == ShiftPlace("5", "1", 12, moment(8))
    row = trial.ask(lambda txn: txn.receipts(Sought(), 1).rows[0].id)
    assert trial.ask(lambda txn: txn.receipt(row)).document == whole


# --- corrections


def test_a_later_end_corrects(trial: Any) -> None:
    trial.book(receipt(1, 9, "100"), receipt(2))
    tally = trial.book(receipt(1, 10, "90"))
    assert (tally.corrected, tally.outdated, tally.new) == (1, 0, 0)
    assert shown(trial.counted([trial.last])) == [(1, Decimal(90))]
    assert trial.account().sums.gain == Decimal(190)


def test_an_earlier_end_is_kept_and_counts_for_nothing(trial: Any) -> None:
    trial.book(receipt(1, 10, "90"))
    tally = trial.book(receipt(1, 9, "100"))
    assert (tally.corrected, tally.outdated, tally.new) == (0, 1, 0)
    assert tally.changes
    assert trial.counted([trial.last]) == []
    assert trial.account().sums.gain == Decimal(90)


def test_a_document_with_an_end_counts_rather_than_one_without(trial: Any) -> None:
    trial.book(receipt(1, None, "90"))
    assert trial.book(receipt(1, 9, "100")).corrected == 1
    assert trial.account().sums.gain == Decimal(100)


@pytest.mark.parametrize("live_first", [True, False])
def test_a_shift_file_counts_rather_than_a_live_one(trial: Any, live_first: bool) -> None:
    one, other = sorted((receipt(1, 9, "100"), receipt(1, 9, "90")), key=lambda document: document.digest)
    files = [(other, True), (one, False)]  # by digest alone, `other` would count
    for document, live in files if live_first else files[::-1]:
        trial.book(document, live=live)
    assert trial.account().sums.gain == one.sum


def test_a_live_document_told_again_by_a_shift_file_counts_as_from_there(trial: Any) -> None:
    one, other = sorted((receipt(1, 9, "100"), receipt(1, 9, "90")), key=lambda document: document.digest)
    trial.book(one, live=True)
    trial.book(other, live=True)
    assert trial.account().sums.gain == other.sum
    tally = trial.book(one)
    assert tally.repeated == 1
    assert trial.account().sums.gain == one.sum
    assert shown(trial.counted([trial.last])) == [(1, one.sum)]
    assert trial.ask(lambda txn: txn.shifts_of(trial.last)) == (trial.shifts()[0].id,)


def test_versions_of_one_file_are_one_new_document(trial: Any) -> None:
    tally = trial.book(receipt(1, 9), receipt(1, 11), receipt(1, 10))
    assert (tally.new, tally.corrected, tally.outdated) == (1, 0, 2)
    assert trial.account().documents[0].ended == moment(11)


# --- shifts


def test_one_number_two_days_later_is_another_shift(trial: Any) -> None:
    trial.book(record(8, 20), receipt(1, 9), record(56, 70), receipt(1, 57))
    assert [row.place.opened for row in trial.shifts()] == [moment(8), moment(56)]
    assert trial.numbers() == [[1], [1]]


def test_a_record_opened_within_two_days_is_of_the_same_shift(trial: Any) -> None:
    trial.book(record(8, 20), receipt(1, 9))
    trial.book(record(55.9, 56), receipt(2, 55.95))
    (row,) = trial.shifts()
    assert (row.place.opened, row.closed) == (moment(8), moment(56))
    assert trial.numbers() == [[1, 2]]


def test_live_receipts_join_a_provisional_shift_which_the_record_adopts(trial: Any) -> None:
    trial.book(receipt(1, 9), live=True)
    trial.book(receipt(2, 10), live=True)
    (row,) = trial.shifts()
    assert row.place.opened is None
    trial.book(record(8, 20), receipt(1, 9), receipt(2, 10), receipt(3, 11))
    (adopted,) = trial.shifts()
    assert (adopted.id, adopted.place.opened, adopted.closed) == (row.id, moment(8), moment(20))
    assert trial.numbers() == [[1, 2, 3]]
    assert shown(trial.counted([trial.last])) == [(3, Decimal(100))]


def test_live_receipts_of_two_shifts_part_when_the_records_come(trial: Any) -> None:
    trial.book(receipt(1, 9, "10"), live=True)
    trial.book(receipt(1, 56.5, "20"), live=True)
    assert [row.documents for row in trial.shifts()] == [1]  # within two days: a correction, as far as one knows
    trial.book(record(8, 20), record(56, 60))
    assert [account.sums.gain for account in trial.accounts()] == [Decimal(10), Decimal(20)]
    assert shown(trial.counted([trial.last])) == [(1, Decimal(10)), (1, Decimal(20))]  # the moved one, too
    assert len(trial.ask(lambda txn: txn.shifts_of(trial.last))) == 2


def test_a_record_days_away_adopts_no_provisional_shift(trial: Any) -> None:
    trial.book(receipt(1, 9), live=True)
    trial.book(record(80, 90))
    assert [row.place.opened for row in trial.shifts()] == [None, moment(80)]
    assert trial.numbers() == [[1], []]


def test_provisional_shifts_part_when_an_earlier_receipt_moves_their_beginning(trial: Any) -> None:
    trial.book(receipt(2, 50), receipt(3, 90), live=True)
    assert trial.numbers() == [[2, 3]]
    trial.book(receipt(1, 10), live=True)
    assert trial.numbers() == [[1, 2], [3]]


def test_a_provisional_shift_begins_with_its_earliest_receipt(trial: Any) -> None:
    trial.book(receipt(2, 50), receipt(3, 57), live=True)
    trial.book(receipt(1, 10), live=True)
    (row,) = trial.shifts()
    assert (row.first, row.last, row.documents) == (moment(10), moment(57), 3)


def test_an_undated_record_follows_the_latest_provisional_shift(trial: Any) -> None:
    trial.book(record(None, 20), receipt(1, 9))
    trial.book(receipt(2, 100), live=True)
    assert [row.closed for row in trial.shifts()] == [None, moment(20)]
    assert trial.numbers() == [[1], [2]]


def test_a_live_record_told_again_by_a_shift_file_counts_as_from_there(trial: Any) -> None:
    records = [record(8, 20, gain=Decimal(1)), record(8, 20, gain=Decimal(2))]
    lesser, greater = sorted(records, key=lambda one: one.digest)
    trial.book(lesser, greater, live=True)
    assert trial.account().record == greater
    assert trial.book(lesser).shifts_new == 0
    assert trial.account().record == lesser
    assert len(trial.ask(lambda txn: txn.shifts_of(trial.last))) == 1


def test_a_shift_that_lasts_a_week_keeps_its_receipts(trial: Any) -> None:
    trial.book(record(8), receipt(1, 9))
    trial.book(receipt(2, 150))
    assert len(trial.shifts()) == 2
    trial.book(record(8, 170))
    assert trial.numbers() == [[1, 2]]


def test_a_document_without_a_time_belongs_to_the_latest_shift(trial: Any) -> None:
    trial.book(record(8, 20), receipt(9, None))
    assert trial.numbers() == [[9]]
    trial.book(record(80, 90), receipt(1, 81))
    assert trial.numbers() == [[], [1, 9]]
    trial.book(receipt(2, 300), live=True)
    assert trial.numbers() == [[], [1], [2, 9]]


def test_rows_of_shifts_that_are_no_more_are_gone_and_their_ids_never_come_again(trial: Any) -> None:
    trial.book(receipt(1, 9), receipt(2, 100))
    first, second = (row.id for row in trial.shifts())
    trial.book(record(8, 120))
    (row,) = trial.shifts()
    assert row.id in (first, second)
    trial.book(receipt(1, 9, shift=13))
    assert {row.id for row in trial.shifts()}.isdisjoint({first, second} - {row.id})


def test_a_correction_of_the_record_that_comes_late_is_known_for_what_it_is(trial: Any) -> None:
    trial.book(record(8, 21, gain=Decimal("99.5")))
    trial.book(record(8, 20, gain=Decimal(1)))
    account = trial.account()
    assert (account.closed, account.record.gain) == (moment(21), Decimal("99.5"))


# --- records without an open date


def test_a_record_without_an_open_date_joins_the_latest_shift(trial: Any) -> None:
    trial.book(record(8, 20), record(80), receipt(1, 81))
    tally = trial.book(record(None, 95))
    assert (tally.shifts_new, tally.refused) == (1, 0)
    assert [row.closed for row in trial.shifts()] == [moment(20), moment(95)]


def test_a_second_record_without_an_open_date_is_refused(trial: Any) -> None:
    trial.book(record(None, 20))
    tally = trial.book(receipt(1), record(None, 21))
    assert (tally.shifts, tally.shifts_new, tally.refused, tally.new) == (0, 0, 1, 1)
    (refused,) = trial.ask(lambda txn: txn.refused(trial.last))
    assert (refused.code, refused.parts, refused.raw) == ("books.shift-undated", {"number": 12}, record(None, 21).raw)
    assert refused.why.text("ru")
    assert trial.account().closed == moment(20)


def test_the_same_record_without_an_open_date_is_a_repeat(trial: Any) -> None:
    trial.book(record(None, 20))
    tally = trial.book(record(None, 20))
    assert (tally.shifts_new, tally.refused) == (0, 0)


def test_a_record_without_an_open_date_is_placed_by_what_its_own_file_tells_later(trial: Any) -> None:
    tally = trial.book(record(None, 20), record(None, 21), receipt(1, 9), record(8))
    assert (tally.shifts_new, tally.refused) == (3, 0)
    account = trial.account()
    assert (account.place.opened, account.closed) == (moment(8), moment(21))


def test_an_undated_record_and_the_receipts_before_it_are_one_shift(trial: Any) -> None:
    trial.book(receipt(1, 9), live=True)
    trial.book(record(None, 20))
    trial.book(receipt(2, 10))
    (row,) = trial.shifts()
    assert (row.place.opened, row.closed, row.documents) == (None, moment(20), 2)


# --- all or nothing


def test_what_the_reader_raises_books_nothing(trial: Any) -> None:
    def torn() -> Any:
        yield from (receipt(number) for number in range(1, 600))
        raise Reject(refusal().why)

    with pytest.raises(Reject), trial.books.write() as txn:
        txn.book(trial.file(1), torn())
    assert trial.shifts() == []
    assert trial.ask(lambda txn: txn.file(1)) is None


def test_a_number_that_no_column_holds_refuses_its_object_alone(trial: Any) -> None:
    huge = 1 << 63
    position, payment = receipt(1).positions[0], receipt(1).payments[0]
    wrong = [
        receipt(huge),
        receipt(2, shift=-huge - 1),
        receipt(3, type=huge),
        receipt(4, positions=(replace(position, operation=huge),)),
        receipt(5, payments=(replace(payment, code=huge),)),
        record(8, number=huge),
        log_on(8, operation=huge),
    ]
    tally = trial.book(receipt(1), *wrong, receipt(6))
    assert (tally.read, tally.new, tally.refused, tally.shifts, tally.log_ons) == (2, 2, 7, 0, 0)
    refused = trial.ask(lambda txn: txn.refused(trial.last))
    assert [one.raw for one in refused] == [one.raw for one in wrong]
    assert all(one.why.text() for one in refused)
    assert trial.numbers() == [[1, 6]]


def test_texts_and_dates_at_their_ends_are_taken(trial: Any) -> None:
    odd: list[Document] = [
        receipt(1, None, began=DAWN.replace(year=1), cashier="\0\n'\""),
        receipt(2, None, ended=DAWN.replace(year=9999, month=12, day=31), cashier="я" * 10_000),
        receipt(3, total="-0.00"),
    ]
    trial.book(*odd)
    assert sorted(one.document.digest for one in trial.counted()) == sorted(one.digest for one in odd)
    assert len(trial.shifts()) == 3
    trial.book(record(8))
    assert len(trial.shifts()) == 3


def test_documents_that_a_file_made_count_can_be_asked_for_by_their_types(trial: Any) -> None:
    trial.book(receipt(1), receipt(2, type=3), receipt(3, type=2), receipt(4, type=16))
    arrival = trial.last

    def numbers(types: Collection[int] | None) -> list[int]:
        return [one.document.number for one in trial.ask(lambda txn: list(txn.untold(arrival, types)))]

    assert numbers(None) == [1, 2, 3, 4]
    assert numbers((1, 2)) == [1, 3]
    assert numbers(()) == []
