"""The drawer in the books, on both databases: each document once, none of other content, and what a period comes to."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tillpost.books import Books, DrawerSums, Tally
from tillpost.books.migrating import VERSION_TABLE
from tillpost.books.tables import REVISION
from tillpost.errors import Fault, Reject
from tillpost.model import DrawerDocument, DrawerMove, SalesEvent
from trial_books import Trial, empty, take_back
from trial_drawer import NOON, drawer, pieces
from trial_sales import receipt, record

UNHURRIED = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
NONE = Decimal(0)


def told(trial: Trial, *period: float, limit: int | None = None) -> list[DrawerDocument]:
    documents: list[DrawerDocument] = trial.ask(lambda txn: txn.drawer("5", "1", *period, limit=limit))
    return documents


def paged(trial: Trial, size: int) -> list[DrawerDocument]:
    """The same, page by page."""
    found: list[DrawerDocument] = []
    below = None
    while page := trial.ask(lambda txn, below=below: txn.drawer("5", "1", limit=size, below=below)):
        found += page
        below = page[-1].machine, page[-1].entry
    return found


def sums(trial: Trial, *period: float) -> list[DrawerSums]:
    found: list[DrawerSums] = trial.ask(lambda txn: txn.drawer_sums("5", "1", *period))
    return found


def stock(trial: Trial) -> dict[tuple[str, str, Decimal], int]:
    """What is kept of the pieces in each machine."""
    found = trial.ask(lambda txn: txn.stock("5", "1"))
    return {(one.machine, one.currency, one.denomination): one.pieces for one in found}


def counted(documents: Iterable[DrawerDocument]) -> dict[tuple[str, str, Decimal], int]:
    """The same, counted."""
    found: dict[tuple[str, str, Decimal], int] = {}
    for one in documents:
        for each in one.pieces:
            if each.move is not DrawerMove.UNSURE:
                key = (one.machine, one.currency, each.denomination)
                way = 1 if each.move in (DrawerMove.DEPOSITED, DrawerMove.TAKEN) else -1
                found[key] = found.get(key, 0) + way * each.count
    return found


# --- booked once


def test_document_comes_back_as_it_was(trial: Any) -> None:
    moved = pieces(DrawerMove.TAKEN, ("0.05", 3)) + pieces(DrawerMove.UNSURE, ("12345678901234.5", 1))
    words = {"about": "чек 12", "unit": "u", "device": "d", "code": "jam", "by": "Анна", "why": "so"}
    amounts = {"amount": Decimal("370.50"), "owed": Decimal("0.01")}
    whole = drawer(7, 0.25, number=3, within=2, verdict="unknown", pieces=moved, **amounts, **words)
    assert trial.book(whole) == Tally(drawer=1, drawer_new=1)
    assert told(trial) == [whole]


def test_document_that_comes_again_changes_nothing(trial: Any) -> None:
    trial.book(drawer(1), drawer(2))
    again = trial.book(drawer(2), drawer(1), drawer(2))
    assert (again, again.changes) == (Tally(drawer=3), False)
    assert [one.entry for one in told(trial)] == [2, 1]


def test_document_that_stands_twice_in_a_file_is_booked_once(trial: Any) -> None:
    assert trial.book(drawer(1), drawer(1)) == Tally(drawer=2, drawer_new=1)


@pytest.mark.parametrize("apart", [True, False])
def test_known_number_with_other_money_is_refused_and_nothing_of_it_booked(trial: Any, apart: bool) -> None:
    if apart:
        trial.book(drawer(1))
    other = drawer(1, pieces=pieces(DrawerMove.DEPOSITED, ("1000", 1)))
    with pytest.raises(Reject) as caught:
        trial.book(*([] if apart else [drawer(1)]), drawer(2), other)
    assert (caught.value.reason.code, caught.value.fault) == ("books.other-money", Fault.ERROR)
    assert caught.value.reason.parts == {"machine": "M1", "entry": 1}
    assert told(trial) == ([drawer(1)] if apart else [])


def test_tills_and_machines_do_not_mix(books: Any, trials: Any) -> None:
    for till in ("1", "2"):
        for machine in ("M1", "M2"):
            assert trials(books, "5", till).book(drawer(1, machine=machine)).drawer_new == 1
    assert [one.machine for one in told(trials(books))] == ["M1", "M2"]
    assert paged(trials(books), 1) == told(trials(books))
    assert trials(books).ask(lambda txn: txn.drawer("5", "1", below=("M3", 1))) == []


def test_many_documents_go_in_batches_and_all_arrive(trial: Any) -> None:
    documents = [drawer(entry, entry) for entry in range(1, 1203)]
    trial.book(*documents[:700])
    assert trial.book(*documents) == Tally(drawer=1202, drawer_new=502)
    assert told(trial) == documents[::-1]


def test_drawer_changes_no_takings(trial: Any) -> None:
    trial.book(record(8, 20), receipt(1))
    before = trial.account(), trial.ask(lambda txn: txn.last_sale("5", "1"))
    trial.book(drawer(1, 500))
    assert (trial.account(), trial.ask(lambda txn: txn.last_sale("5", "1"))) == before
    assert (trial.counted([trial.last]), trial.ask(lambda txn: txn.shifts_of(trial.last))) == ([], ())


# --- what a period comes to


def test_period_takes_its_first_moment_and_not_its_last(trial: Any) -> None:
    trial.book(*(drawer(entry, entry) for entry in range(1, 5)))
    hour = NOON.timestamp()
    assert [one.entry for one in told(trial, hour + 2 * 3600, hour + 4 * 3600)] == [3, 2]
    assert [one.entry for one in told(trial, limit=1)] == [4]
    assert trial.ask(lambda txn: txn.last_drawer("5", "1")) == hour + 4 * 3600
    assert trial.ask(lambda txn: txn.last_drawer("5", "2")) is None
    (period,) = sums(trial, hour + 2 * 3600, hour + 4 * 3600)
    assert (period.documents, period.deposited, period.given) == (2, Decimal(1000), Decimal(260))


def test_sums_tell_each_currency_and_leave_out_what_is_unsure(trial: Any) -> None:
    unsure = drawer(2, kind="unknown", verdict="unknown", pieces=pieces(DrawerMove.UNSURE, ("10", 9)))
    count = drawer(3, kind="count", pieces=pieces(DrawerMove.TAKEN, ("5", 1)) + pieces(DrawerMove.REMOVED, ("0.5", 3)))
    trial.book(drawer(1, owed=Decimal("0.10")), unsure, count, drawer(4, currency="EUR", pieces=()))
    assert sums(trial) == [
        DrawerSums("EUR", 1, NONE, NONE, NONE, NONE, NONE),
        DrawerSums("RUB", 3, Decimal(500), Decimal(130), Decimal(5), Decimal("1.5"), Decimal("0.10")),
    ]


def test_nothing_told_is_nothing(trial: Any) -> None:
    assert (told(trial), sums(trial)) == ([], [])


MOVES = st.lists(
    st.tuples(st.sampled_from(DrawerMove), st.sampled_from(["0.01", "5", "100.50", "5000"]), st.integers(1, 9)),
    max_size=4,
)


@st.composite
def days(draw: Any) -> list[list[SalesEvent]]:
    """The same documents in files, some of them several times, in any order."""
    moved = draw(st.lists(MOVES, min_size=1, max_size=6))
    documents: list[SalesEvent] = [
        drawer(entry, entry % 3, pieces=tuple(part for move, *held in moves for part in pieces(move, tuple(held))))
        for entry, moves in enumerate(moved, 1)
    ]
    order = draw(st.permutations([*documents, *draw(st.lists(st.sampled_from(documents), max_size=4))]))
    cut = draw(st.integers(0, len(order)))
    return [list(order[:cut]), list(order[cut:])]


def check(files: list[list[SalesEvent]], url: str) -> None:
    """Against plain Python over all that came."""
    empty(url)
    books = Books.open(url)
    trial = Trial(books)
    for events in files:
        trial.book(*events)
    every = {one.entry: one for events in files for one in events if isinstance(one, DrawerDocument)}
    assert told(trial) == sorted(every.values(), key=lambda one: (-one.at.timestamp(), -one.entry))
    assert paged(trial, 2) == told(trial)
    (found,) = sums(trial)
    assert found.documents == len(every)
    for move in set(DrawerMove) - {DrawerMove.UNSURE}:
        assert getattr(found, move) == sum(one.sum(move) for one in every.values())
    assert stock(trial) == counted(every.values())
    books.close()


@UNHURRIED
@given(files=days())
def test_any_order_repetition_and_splitting_books_the_same(files: list[list[SalesEvent]], sqlite_url: str) -> None:
    check(files, sqlite_url)


@UNHURRIED
@given(files=days())
def test_any_order_books_the_same_on_a_server(files: list[list[SalesEvent]], postgres_url: str) -> None:
    check(files, postgres_url)


# --- what lies in the machines


def test_stock_is_told_by_machine_and_currency_the_greatest_first_with_its_last_moment(books: Any, trials: Any) -> None:
    trials(books).book(drawer(1), drawer(2, 1), drawer(3, 5, pieces=pieces(DrawerMove.REMOVED, ("500", 1))))
    trials(books).book(drawer(2, 1), drawer(4, 3, currency="EUR", pieces=pieces(DrawerMove.TAKEN, ("0.50", 4))))
    trials(books).book(drawer(1, machine="A1", pieces=pieces(DrawerMove.UNSURE, ("10", 9))))
    trials(books, "5", "2").book(drawer(1))
    found = trials(books).ask(lambda txn: txn.stock("5"))
    assert [(one.till, one.machine, one.currency, str(one.denomination), one.pieces) for one in found] == [
        ("1", "M1", "EUR", "0.50", 4),
        ("1", "M1", "RUB", "500", 1),
        ("1", "M1", "RUB", "10", -26),
        ("2", "M1", "RUB", "500", 1),
        ("2", "M1", "RUB", "10", -13),
    ]
    assert [(one.at - NOON).total_seconds() / 3600 for one in found] == [3, 5, 1, 0, 0]


def test_books_of_the_version_before_have_the_stock_of_what_they_hold(fresh_url: str, trials: Any) -> None:
    books = Books.open(fresh_url)
    trials(books).book(drawer(1), drawer(2, pieces=pieces(DrawerMove.UNSURE, ("10", 9))), drawer(3, 2, machine="M2"))
    before = trials(books).ask(lambda txn: txn.stock("5"))
    books.close()
    take_back(fresh_url, "0006")
    books = Books.open(fresh_url)
    assert trials(books).ask(lambda txn: txn.stock("5")) == before
    trials(books).book(drawer(4, 3))
    assert stock(trials(books))["M1", "RUB", Decimal(500)] == 2
    books.close()


# --- books of before


def test_books_of_the_version_before_keep_what_they_have(fresh_url: str, trials: Any) -> None:
    books = Books.open(fresh_url)
    trials(books).book(record(8, 20), receipt(1))
    before = trials(books).account()
    books.close()
    take_back(fresh_url, "0001")
    books = Books.open(fresh_url)
    trial = trials(books)
    assert trial.account() == before
    assert trial.book(replace(drawer(1), about="x")).drawer_new == 1
    books.close()
    engine = sqlalchemy.create_engine(fresh_url, poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        assert connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar() == REVISION
