"""The records of sales files, the numbers of arrivals, requests, and what is noticed once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace
from tillpost.books import FileState, Request, SalesFile, Tally
from tillpost.errors import Reason
from tillpost.model import Told
from trial_sales import moment, receipt


def test_a_number_is_given_once(books: Any) -> None:
    with books.write() as txn:
        assert [list(txn.next_arrivals(3)), list(txn.next_arrivals(1))] == [[1, 2, 3], [4]]
        assert list(txn.next_arrivals(2, above=90)) == [91, 92]
        assert list(txn.next_arrivals(1, above=90)) == [93]


def test_a_number_of_a_transaction_that_failed_is_given_again(books: Any) -> None:
    def fails() -> None:
        with books.write() as txn:
            txn.next_arrivals(3)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with books.write() as txn:
        assert list(txn.next_arrivals(1)) == [1]


def test_a_file_comes_back_as_it_was_saved(books: Any) -> None:
    whole = SalesFile(
        7,
        "sale\\x0a.json",
        FileState.BROKEN,
        1_760_000_000.123456,
        kept="sale\\u000a.json",
        shop="5",
        till="1",
        live=True,
        size=1 << 40,
        digest="ab",
        decided=1_760_000_001.5,
        reason=Told.of(Reason("books.shift-undated", number=12)),
        put_away=True,
        tries=3,
        next_try=5.25,
        where="5/1/online",
        tally=Tally(read=3, by_type=((1, 2), (8, 1)), refused=1),
    )
    with books.write() as txn:
        txn.save(replace(whole, state=FileState.CLAIMED, put_away=False))
        txn.save(whole)
        assert txn.file(7) == whole
        assert txn.file(8) is None
        txn.forget(7)
        assert txn.file(7) is None


def test_files_are_listed_newest_first_and_those_to_be_finished_by_arrival(books: Any) -> None:
    with books.write() as txn:
        for arrival in range(1, 7):
            state = FileState.PROCESSED if arrival % 2 else FileState.ERROR
            till = str(arrival % 3)
            txn.save(SalesFile(arrival, "s", state, 1.0, shop="5", till=till, put_away=arrival < 4))
        assert [file.arrival for file in txn.files(3)] == [6, 5, 4]
        assert [file.arrival for file in txn.files(9, FileState.ERROR)] == [6, 4, 2]
        assert [file.arrival for file in txn.files(9, shop="5", till="1")] == [4, 1]
        assert txn.files(9, shop="6") == []
        counts = {FileState.CLAIMED: 0, FileState.PROCESSED: 3, FileState.ERROR: 3, FileState.BROKEN: 0}
        assert txn.counts() == counts
        assert [file.arrival for file in txn.unfinished()] == [4, 5, 6]


@pytest.mark.parametrize("state", FileState)
def test_a_state_is_a_room_and_has_a_sentence(state: FileState) -> None:
    assert state.value == state.name.lower()
    assert state.sentence


def test_requests_are_remembered_newest_first(books: Any) -> None:
    day = date(2026, 3, 2)
    with books.write() as txn:
        for till in ("1", "2", "1"):
            txn.request("5", till, day, day.replace(day=9), 5.0)
        assert txn.requests("5", "1") == [Request("5", "1", day, day.replace(day=9), 5.0)] * 2
        assert [one.till for one in txn.requests("5", limit=2)] == ["1", "2"]
        assert txn.requests("6") == []


def test_a_request_is_open_until_it_is_answered(books: Any) -> None:
    day = date(2026, 3, 2)
    with books.write() as txn:
        for till in ("1", "2"):
            txn.request("5", till, day, day, 5.0)
        txn.mark_answered("5", "1", 7.0)
        assert [(one.till, one.answered) for one in txn.open_requests()] == [("2", None)]
        txn.request("5", "1", day, day, 8.0)
        txn.mark_answered("5", "1", 9.0)
        assert [one.answered for one in txn.requests("5", "1")] == [9.0, 7.0]


def test_the_last_load_is_the_newest_file_that_was_booked(books: Any) -> None:
    with books.write() as txn:
        for arrival, till, state in ((1, "1", FileState.PROCESSED), (2, "2", FileState.PROCESSED), (3, "1", "error")):
            told = {"decided": 10.0 * arrival, "shop": "5", "till": till}
            txn.save(SalesFile(arrival, "s", FileState(state), 1.0, **told))
        assert [txn.last_load("5", till) for till in ("1", "2", "3")] == [10.0, 20.0, None]


def test_the_last_sale_is_the_latest_that_came_in_whatever_order(books: Any, trials: Any) -> None:
    trial = trials(books)
    assert trial.ask(lambda txn: txn.last_sale("5", "1")) is None
    trial.book(receipt(1, 20), receipt(2, 9))
    trial.book(receipt(3, 10), receipt(4, None))
    trials(books, "5", "2").book(receipt(4, None))
    assert trial.ask(lambda txn: txn.last_sale("5", "1")) == moment(20)
    assert trial.ask(lambda txn: txn.last_sales()) == {("5", "1"): moment(20)}


def test_something_is_noticed_once_for_ever(books: Any) -> None:
    with books.write() as txn:
        assert [txn.notice("a"), txn.notice("a"), txn.notice("Ж\0")] == [True, False, True]
    with books.write() as txn:
        assert [txn.notice("a"), txn.notice("Ж\0")] == [False, False]
