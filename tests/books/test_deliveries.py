"""What the ERP is to get: named once for ever, made again only when it says something else."""

from __future__ import annotations

from typing import Any

import pytest
from tillpost.books import Delivery, DeliveryState
from trial_sales import moment, receipt, record


def delivery(subject: str, content: bytes, stem: str = "receipt_5_1_12_2026-03-02_1_7") -> Delivery:
    return Delivery("receipt", subject, stem, content, lambda version: content + b" v%d" % version)


def test_the_same_is_told_once_and_something_else_is_a_new_version(books: Any) -> None:
    with books.write() as txn:
        names = [txn.deliver(delivery("a", content), 1.0) for content in (b"1", b"1", b"2", b"2", b"1")]
        due = txn.due(10)
    stem = "receipt_5_1_12_2026-03-02_1_7"
    assert names == [f"{stem}.xml", None, f"{stem}_v2.xml", None, f"{stem}_v3.xml"]
    assert [(one.name, one.version, one.body) for one in due] == [
        (f"{stem}.xml", 1, b"1 v1"),
        (f"{stem}_v2.xml", 2, b"2 v2"),
        (f"{stem}_v3.xml", 3, b"1 v3"),
    ]


def test_many_at_once_are_told_as_one_by_one(books: Any) -> None:
    many = [delivery(f"s{number % 700}", b"%d" % (number // 900), f"stem{number % 600}") for number in range(1800)]
    with books.write() as txn:
        at_once = txn.deliver_all(many, 1.0)
        names = [one.name for one in txn.deliveries(10_000)]
    assert [name for name in at_once if name] == names[::-1]
    assert len(set(names)) == len(names)
    with books.write() as txn:
        assert txn.deliver_all(many[1700:], 2.0) == [None] * 100


def test_a_name_is_given_once_even_where_two_subjects_share_it(books: Any) -> None:
    with books.write() as txn:
        first = txn.deliver(delivery("a", b"1", "stem"), 1.0)
        second = txn.deliver(delivery("b", b"1", "stem"), 1.0)
        third = txn.deliver(delivery("a", b"2", "stem"), 1.0)
    assert [first, second, third] == ["stem.xml", "stem_v2.xml", "stem_v3.xml"]


def test_a_subject_whose_stem_changes_goes_on_counting(books: Any) -> None:
    with books.write() as txn:
        txn.deliver(delivery("a", b"1", "stem_unopened"), 1.0)
        assert txn.deliver(delivery("a", b"2", "stem_2026-03-02"), 1.0) == "stem_2026-03-02_v2.xml"


def test_a_document_goes_from_due_to_written_to_taken(books: Any) -> None:
    with books.write() as txn:
        for number in range(4):
            txn.deliver(delivery(f"s{number}", b"x", f"stem{number}"), 1.0)
        due = txn.due(3)
        assert [one.name for one in due] == ["stem0.xml", "stem1.xml", "stem2.xml"]
        txn.mark_written([one.id for one in due], 2.0)
        txn.mark_taken([due[0].id], 3.0)
    with books.read() as txn:
        assert [one.name for one in txn.due(10)] == ["stem3.xml"]
        assert txn.undelivered() == 3
        assert [(one.name, one.body) for one in txn.written()] == [("stem1.xml", b""), ("stem2.xml", b"")]
        assert [one.state.value for one in txn.deliveries(10)] == ["due", "written", "written", "taken"]
        assert [one.name for one in txn.deliveries(10, DeliveryState.TAKEN)] == ["stem0.xml"]


def test_bodies_go_when_the_erp_has_had_them_long_enough_and_their_names_stay(books: Any) -> None:
    with books.write() as txn:
        for number in range(3):
            txn.deliver(delivery(f"s{number}", b"x", f"stem{number}"), 1.0)
        ids = [one.id for one in txn.due(10)]
        txn.mark_written(ids, 2.0)
        txn.mark_taken(ids[:2], 3.0)
        txn.mark_taken(ids[1:2], 5.0)
        assert [txn.drop_bodies(before) for before in (3.0, 4.0, 4.0, 6.0)] == [0, 1, 0, 1]
        assert txn.deliver(delivery("s0", b"x", "stem0"), 9.0) is None
        assert txn.deliver(delivery("s0", b"y", "stem0"), 9.0) == "stem0_v2.xml"


def test_nothing_is_delivered_where_the_booking_fails(trial: Any) -> None:
    def fails() -> None:
        with trial.books.write() as txn:
            txn.deliver(delivery("a", b"1"), 1.0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert trial.ask(lambda txn: txn.deliveries(10)) == []


def test_a_document_that_moves_to_another_shift_keeps_its_subject(trial: Any) -> None:
    """Else the ERP would have it twice: with the shift it left, and with the one where it is."""
    trial.book(receipt(1, 9), receipt(2, 56.5), live=True)
    before = {one.document.number: one for one in trial.counted()}
    trial.book(record(8, 20), record(56, 60))
    after = {one.document.number: one for one in trial.counted()}
    assert [one.place.opened for one in after.values()] == [moment(8), moment(56)]
    assert before[2].shift != after[2].shift
    assert {number: one.subject for number, one in before.items()} == {
        number: one.subject for number, one in after.items()
    }


def test_a_moved_document_leaves_its_subject_to_the_one_that_stays(trial: Any) -> None:
    trial.book(receipt(1, 9), receipt(1, 56.5), live=True)
    (before,) = trial.counted()
    trial.book(record(8, 20), record(56, 60))
    stays, moved = trial.counted()
    assert (stays.document.ended, moved.document.ended) == (moment(9), moment(56.5))
    assert stays.subject == before.subject != moved.subject


def test_a_correction_is_of_the_same_subject_wherever_the_document_moved(trial: Any) -> None:
    trial.book(receipt(2, 56.5), receipt(1, 9), live=True)
    before = {one.document.number: one.subject for one in trial.counted()}
    trial.book(record(8, 20), record(56, 60))
    trial.book(receipt(2, 57))
    (corrected,) = trial.counted([trial.last])
    assert (corrected.document.ended, corrected.subject) == (moment(57), before[2])


def test_what_comes_into_the_place_of_a_moved_document_is_another_subject(trial: Any) -> None:
    trial.book(receipt(1, 9), receipt(2, 56.5), live=True)
    trial.book(record(8, 20), record(56, 60))
    trial.book(receipt(2, 10))
    told = trial.counted()
    assert sorted((one.document.number, one.document.ended) for one in told) == [
        (1, moment(9)),
        (2, moment(10)),
        (2, moment(56.5)),
    ]
    assert len({one.subject for one in told}) == 3
    trial.book(receipt(2, 11))
    (corrected,) = trial.counted([trial.last])
    assert corrected.subject in {one.subject for one in told if one.document.ended == moment(10)}


def test_documents_are_told_in_pages_while_deliveries_are_made(trial: Any) -> None:
    trial.book(record(8), *(receipt(number) for number in range(1, 1103)))
    with trial.books.write() as txn:
        told = (
            delivery(one.subject, one.document.digest, f"r_{one.document.number}") for one in txn.untold(trial.last)
        )
        assert txn.deliver_all(told, 1.0) == [f"r_{number}.xml" for number in range(1, 1103)]
        assert len(txn.due(5000)) == 1102
