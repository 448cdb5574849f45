"""What documents come to, by shift, day, department and means, beside what tills count; and that indexes serve it."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
import sqlalchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tillpost.books import (
    Books,
    DayReckoning,
    Delivery,
    DepartmentSums,
    MeansSums,
    ShiftDelivery,
    ShiftReckoning,
)
from tillpost.books.tables import SHIFT_SUMS
from tillpost.model import Document, DrawerRecord, Means, Move, Payment, Position, ShiftRecord
from trial_books import Trial, empty, take_back
from trial_sales import DAWN, receipt, record

UNHURRIED = settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
TODAY = DAWN.date()
TOMORROW = TODAY + timedelta(days=1)
NONE = Decimal(0)


def shifts(trial: Trial, *period: date | None, **named: Any) -> list[ShiftReckoning]:
    found: list[ShiftReckoning] = trial.ask(lambda txn: txn.reckonings(trial.shop, trial.till, *period, **named))
    return found


def days(trial: Trial, since: date = TODAY, until: date = TOMORROW, till: str = "") -> list[DayReckoning]:
    found: list[DayReckoning] = trial.ask(lambda txn: txn.days(trial.shop, till, since=since, until=until))
    return found


def only(trial: Trial) -> ShiftReckoning:
    (shift,) = shifts(trial)
    return shift


def counted(opened: float, closed: float | None, number: int = 12, **told: str) -> ShiftRecord:
    """A record of a till that counts its gain or its cash."""
    cash = tuple(DrawerRecord(serial, Decimal(amount)) for serial, amount in told.items() if serial != "gain")
    gain = {"gain": Decimal(told["gain"])} if "gain" in told else {}
    return record(opened, closed, number, drawers=cash, **gain)


def paid(*rows: tuple[Means, Move, str]) -> tuple[Payment, ...]:
    return tuple(Payment(1, 70, means, move, Decimal(amount)) for means, move, amount in rows)


def sold(*lines: tuple[int | None, str]) -> tuple[Position, ...]:
    return tuple(
        Position(at, "A", Decimal(1), Decimal(amount), Decimal(amount), department=department)
        for at, (department, amount) in enumerate(lines, 1)
    )


# --- a shift beside its till's own counters


def test_a_shift_is_told_with_the_difference_to_what_its_till_counts(trial: Any) -> None:
    trial.book(counted(8, 20, gain="250", a="40.50", b="59.50"), receipt(1), receipt(2, total="100.05"))
    found = only(trial)
    assert (found.sums.gain, found.till_gain, found.difference) == (Decimal("200.05"), 250, Decimal("-49.95"))
    assert (found.drawer, found.till_drawer, found.drawer_difference) == (Decimal("200.05"), 100, Decimal("100.05"))


def test_a_till_that_counts_nothing_differs_in_nothing(trial: Any) -> None:
    trial.book(record(8, 20), receipt(1))
    found = only(trial)
    assert (found.till_gain, found.difference, found.till_drawer, found.drawer_difference) == (None, None, None, None)
    assert found.drawer == 100


def test_the_drawer_begins_with_what_the_till_counted_at_the_end_of_the_shift_before(trial: Any) -> None:
    trial.book(counted(8, 20, 12, a="250"), receipt(1), receipt(2, total="30", type=4))
    trial.book(counted(32, 44, 13), receipt(1, 33, shift=13), receipt(2, 34, total="500", type=3, shift=13))
    trial.book(counted(56, None, 14), receipt(1, 57, total="20", type=2, shift=14))
    third, second, first = shifts(trial)
    assert (first.drawer_before, first.drawer, first.drawer_difference) == (None, 70, -180)
    assert (second.drawer_before, second.drawer) == (250, 850)
    assert (third.drawer_before, third.drawer) == (None, -20)


def test_a_shift_without_documents_has_sums_of_nothing(trial: Any) -> None:
    trial.book(counted(8, 20, gain="5"))
    assert (only(trial).sums.receipts, only(trial).difference, only(trial).missing) == (0, -5, ())


def test_what_repeats_in_a_shift_is_told(trial: Any) -> None:
    first = receipt(4, 9)
    trial.book(record(8), first, receipt(5), receipt(5, type=2), receipt(9))
    trial.book(receipt(4, 10, total="101"), first)
    found = only(trial)
    assert (found.missing, found.shared, found.outdated) == (((6, 8),), (5,), 1)
    versions = trial.ask(lambda txn: txn.versions(found.id))
    told = [(one.number, one.sum, one.counts, one.arrival) for one in versions]
    assert told == [(4, 101, True, 2), (4, 100, False, 1)]


def test_lines_are_paged_by_number(trial: Any) -> None:
    trial.book(record(8), *(receipt(number) for number in (3, 1, 2, 7)))
    shift = only(trial).id
    pages = [trial.ask(lambda txn, above=above: txn.lines(shift, 2, above)) for above in (-1, 2, 7)]
    assert [[line.number for line in page] for page in pages] == [[1, 2], [3, 7], []]


def test_shifts_are_chosen_by_the_day_on_which_they_began(trial: Any) -> None:
    trial.book(*(record(8 + 24 * day, 20 + 24 * day, 12 + day) for day in range(4)))
    assert [one.place.number for one in shifts(trial)] == [15, 14, 13, 12]
    assert [one.place.number for one in shifts(trial, TOMORROW)] == [15, 14, 13]
    assert [one.place.number for one in shifts(trial, TODAY, TOMORROW)] == [13, 12]
    assert [one.place.number for one in shifts(trial, number=13)] == [13]
    assert [one.place.number for one in shifts(trial, limit=1)] == [15]
    assert trial.ask(lambda txn: txn.first_day("5", "1")) == TODAY
    assert trial.ask(lambda txn: txn.first_day("5", "2")) is None


def test_a_list_of_shifts_goes_on_where_its_page_ended_whatever_the_shifts_have_told(trial: Any) -> None:
    trial.book(*(record(8 + 24 * day, 20 + 24 * day, 12 + day) for day in range(3)), record(8, 20, 31))
    trial.book(receipt(1, None, shift=40), receipt(1, None, shift=41), record(200, None, 42))
    every = [one.id for one in shifts(trial)]
    found: list[int] = []
    while page := shifts(trial, limit=2, below=found[-1] if found else None):
        found += [one.id for one in page]
    assert (found, len(set(found))) == (every, 7)
    assert [one.id for one in shifts(trial, below=4711)] == []
    assert {one.place.number for one in shifts(trial, only_open=True)} == {40, 41, 42}
    assert [one.id for one in shifts(trial, ids=every[2:4])] == every[2:4]


# --- whether the ERP has it


def deliver(trial: Trial, shift: int, content: bytes = b"x") -> None:
    with trial.books.write() as txn:
        txn.deliver(Delivery("shift", f"shift/{shift}", f"shift_{shift}", content, lambda _: content), 1.0)
        txn.mark_told(shift)


def hand_over(trial: Trial, *, taken: bool) -> None:
    with trial.books.write() as txn:
        txn.mark_written([one.id for one in txn.due(10)], 2.0)
        if taken:
            txn.mark_taken([one.id for one in txn.written()], 3.0)


def test_a_shift_is_told_by_how_far_its_document_came(trial: Any) -> None:
    trial.book(record(8, number=12))
    assert only(trial).delivery is ShiftDelivery.OPEN
    trial.book(record(8, 20, number=12))
    shift = only(trial).id

    def standing() -> tuple[ShiftDelivery, bool]:
        found = only(trial).delivery
        (standing,) = trial.ask(lambda txn: txn.standings("5", "1"))
        assert standing.delivery is found
        listed = bool(shifts(trial, only_undelivered=True))
        assert listed is not found.is_delivered
        return found, listed

    assert standing() == (ShiftDelivery.NONE, True)
    deliver(trial, shift)
    assert standing() == (ShiftDelivery.DUE, True)
    hand_over(trial, taken=False)
    assert standing() == (ShiftDelivery.WRITTEN, True)
    hand_over(trial, taken=True)
    assert standing() == (ShiftDelivery.TAKEN, False)
    with trial.books.write() as txn:
        txn.mark_told(shift, told=False)
    assert standing() == (ShiftDelivery.CHANGED, True)


def test_a_shift_that_no_document_is_wanted_of_counts_as_delivered(trial: Any) -> None:
    trial.book(record(8, 20))
    with trial.books.write() as txn:
        txn.mark_told(only(trial).id)
    assert only(trial).delivery is ShiftDelivery.UNWANTED
    assert shifts(trial, only_undelivered=True) == []


def test_a_shift_that_never_closed_is_told_once_another_began(trial: Any) -> None:
    trial.book(record(8, number=12))
    assert (only(trial).superseded, shifts(trial, only_undelivered=True)) == (False, [])
    trial.book(record(32, number=13))
    assert [(one.place.number, one.superseded, one.delivery) for one in shifts(trial)] == [
        (13, False, ShiftDelivery.OPEN),
        (12, True, ShiftDelivery.NONE),
    ]
    assert [one.place.number for one in shifts(trial, only_undelivered=True)] == [12]


# --- days


def test_a_shift_over_midnight_is_parted_by_the_ends_of_its_documents(trial: Any) -> None:
    trial.book(counted(20, 30, 12, a="70"), receipt(1, 21), receipt(2, 25, total="30"), receipt(3, None, total="5"))
    today, tomorrow = days(trial)[::-1]
    assert [(day.day, day.documents, day.sums.gain, day.drawer) for day in (today, tomorrow)] == [
        (TODAY, 2, 105, 105),
        (TOMORROW, 1, 30, 135),
    ]
    assert [[shift.place.number for shift in day.shifts] for day in (today, tomorrow)] == [[12], []]
    assert days(trial, TOMORROW) == [tomorrow]


def test_a_day_adds_up_the_tills_of_a_shop_and_their_drawers(books: Any, trials: Any) -> None:
    one, other, stranger = trials(books), trials(books, till="2"), trials(books, shop="6")
    for trial, cash in ((one, "1"), (other, "20"), (stranger, "300")):
        trial.book(counted(8, 20, 12, a=cash), receipt(1, total=cash), receipt(2, total="7", annulled=True))
        put_in = receipt(2, 58, total="2", type=3, shift=13)
        trial.book(counted(56, 68, 13), receipt(1, 57, total=cash, shift=13), put_in)
    last, first = days(one, until=TODAY + timedelta(days=9))
    assert (first.documents, first.sums.annulled, first.sums.sales_cash, first.drawer) == (2, 2, 21, 21)
    assert (last.documents, last.sums.receipts, last.sums.cash_in, last.drawer) == (4, 2, 4, 46)
    assert [day.drawer for day in days(one, till="2", until=TODAY + timedelta(days=9))] == [42, 20]


def test_a_drawer_holds_what_the_last_shift_left_however_long_ago(books: Any, trials: Any) -> None:
    trials(books).book(record(8, 20), receipt(1, total="11"))
    trials(books, till="2").book(record(200, 210), receipt(1, 201, total="5"))
    later = TODAY + timedelta(days=8)
    assert [(day.day, day.documents, day.drawer) for day in days(trials(books), later, later)] == [(later, 1, 16)]


def test_the_last_day_is_that_of_the_latest_document(books: Any, trials: Any) -> None:
    assert trials(books).ask(lambda txn: txn.last_day("5")) is None
    trials(books).book(receipt(1, 9), receipt(2, 30))
    trials(books, till="2").book(receipt(1, 60))
    found = [trials(books).ask(lambda txn, till=till: txn.last_day("5", till)) for till in ("", "1", "2", "9")]
    assert found == [TODAY + timedelta(days=2), TOMORROW, TODAY + timedelta(days=2), None]


# --- departments, means


def test_lines_are_added_up_by_department(trial: Any) -> None:
    trial.book(
        record(8),
        receipt(1, positions=sold((1, "10"), (2, "20.05"), (None, "1"))),
        receipt(2, 30, positions=sold((1, "5"))),
        receipt(3, type=2, positions=sold((2, "0.05"))),
        receipt(4, annulled=True, positions=sold((2, "9"))),
    )
    assert trial.ask(lambda txn: txn.departments(only(trial).id)) == [
        DepartmentSums(1, None, 2, Decimal(15), NONE),
        DepartmentSums(2, None, 2, Decimal("20.05"), Decimal("0.05")),
        DepartmentSums(None, None, 1, Decimal(1), NONE),
    ]
    found = trial.ask(lambda txn: txn.departments_by_day("5", since=TODAY, until=TOMORROW))
    assert [(one.day, one.department, one.takings) for one in found] == [
        (TOMORROW, 1, 5),
        (TODAY, 1, 10),
        (TODAY, 2, 20),
        (TODAY, None, 1),
    ]
    assert trial.ask(lambda txn: txn.departments_by_day("5", "2", since=TODAY, until=TOMORROW)) == []


def test_means_are_told_with_change_taken_off(trial: Any) -> None:
    cash, card, gift = Means.CASH, Means.CARD, Means.GIFT
    trial.book(
        record(8),
        receipt(1, payments=paid((cash, Move.PAID, "150"), (cash, Move.CHANGE, "50"), (gift, Move.PAID, "3"))),
        receipt(2, type=2, payments=paid((card, Move.REFUND, "30"))),
        receipt(3, type=7, payments=paid((card, Move.REFUND, "10"))),
    )
    assert trial.ask(lambda txn: txn.means(only(trial).id)) == [
        MeansSums(cash, Decimal(100), NONE),
        MeansSums(card, Decimal(10), Decimal(30)),
        MeansSums(gift, Decimal(3), NONE),
    ]


# --- the law: whatever is asked, it is the same documents


amounts = st.decimals("0.01", "99999", places=2).map(str)
means = st.sampled_from(Means)
moves = st.sampled_from(Move)
payments = st.lists(st.tuples(means, moves, amounts), max_size=3).map(lambda rows: paid(*rows))
positions = st.lists(st.tuples(st.sampled_from([None, 1, 2]), amounts), max_size=3).map(lambda lines: sold(*lines))
documents = st.builds(
    receipt,
    st.integers(1, 9),
    st.none() | st.floats(8, 60, allow_nan=False),
    amounts,
    type=st.sampled_from([1, 2, 3, 4, 7, 8, 16, 18, 25]),
    annulled=st.booleans(),
    payments=payments,
    positions=positions,
)


def check(told: list[Document], url: str) -> None:
    empty(url)
    books = Books.open(url)
    trial = Trial(books)
    trial.book(record(8, 61), *told)
    counting = {(one.type, one.number): one for one in sorted(told, key=_rank)}.values()
    found = only(trial)
    assert found.sums == trial.account().sums
    assert found.sums.takings_cash == sum((one.moved(Means.CASH) for one in counting), NONE)
    by_means = trial.ask(lambda txn: txn.means(found.id))
    assert {one.means: one.sales - one.returns for one in by_means if one.sales or one.returns} == {
        one: took for one in Means if (took := sum((document.moved(one) for document in counting), NONE))
    }
    ours = days(trial, TODAY, TODAY + timedelta(days=3))
    assert sum(day.documents for day in ours) == sum(not one.annulled for one in counting)
    assert sum((day.sums.gain for day in ours), NONE) == found.sums.gain
    assert (ours[0].drawer if counting else NONE) == found.drawer
    lines = sum((line.sum * one.sign for one in counting for line in one.positions), NONE)
    assert sum((one.takings for one in trial.ask(lambda txn: txn.departments(found.id))), NONE) == lines
    assert found.outdated == len({one.digest for one in told}) - len(counting)
    books.close()


def _rank(document: Document) -> tuple[bool, datetime, bytes]:
    return document.ended is not None, document.ended or DAWN, document.digest


@UNHURRIED
@given(told=st.lists(documents, max_size=8))
def test_all_sums_are_of_the_same_documents(told: list[Document], sqlite_url: str) -> None:
    check(told, sqlite_url)


@UNHURRIED
@given(told=st.lists(documents, max_size=8))
def test_all_sums_are_of_the_same_documents_on_a_server(told: list[Document], postgres_url: str) -> None:
    check(told, postgres_url)


# --- indexes


SHIFTS, RECEIPTS = 24, 50
LARGE = re.compile(r"(?:SCAN|Seq Scan on) (?:documents|positions|payments)\b")
INDEX = re.compile(r"documents USING (?:COVERING )?INDEX|(?:ix|uq|pk)_documents")


@pytest.fixture
def full(books: Books) -> Trial:
    trial = Trial(books)
    events: list[Document | ShiftRecord] = []
    for shift in range(1, SHIFTS + 1):
        hour = 24.0 * shift
        events += [record(hour, hour + 12, shift), receipt(1, hour + 2, shift=shift)]
        events += (receipt(number, hour + 1, shift=shift) for number in range(1, RECEIPTS + 1))
    trial.book(*events)
    with books.write() as txn:
        txn._session.connection.exec_driver_sql("ANALYZE")
    return trial


DAY = TODAY + timedelta(days=9)
QUESTIONS: dict[str, Any] = {
    "a till": lambda txn: txn.reckonings("5", "1", limit=2),
    "a shift": lambda txn: txn.reckonings("5", number=9, limit=1),
    "a shift's account": lambda txn: txn.shift(9),
    "a shift's receipts": lambda txn: txn.lines(9, 50),
    "a shift's repeats": lambda txn: txn.versions(9),
    "a shift's means": lambda txn: txn.means(9),
    "a shift's departments": lambda txn: txn.departments(9),
    "a shop's day": lambda txn: txn.days("5", since=DAY, until=DAY),
    "a page of a shop's shifts": lambda txn: txn.reckonings("5", limit=2, below=9),
    "a shop's first day": lambda txn: txn.first_day("5"),
    "a day's departments": lambda txn: txn.departments_by_day("5", since=DAY, until=DAY),
    "a day's hours": lambda txn: txn.hours("5", day=DAY),
    "what is undelivered": lambda txn: txn.reckonings("5", only_undelivered=True, limit=2),
}
SUMMED = (  # of them no document is read
    *("a till", "a shift", "a page of a shop's shifts", "a shop's first day"),
    *("a shop's day", "what is undelivered", "a shift's departments", "a day's departments"),
    *("a shift's means", "a day's hours"),
)


def test_no_question_reads_a_large_table_whole(full: Any) -> None:
    with full.books.read() as txn:
        connection = txn._session.connection
        explain = "EXPLAIN QUERY PLAN "
        if connection.dialect.name == "postgresql":  # a test's tables are small enough to be read whole
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            explain = "EXPLAIN "
        asked: list[tuple[str, Any]] = []
        sqlalchemy.event.listen(
            connection, "before_cursor_execute", lambda _c, _u, text, values, *_: asked.append((text, values))
        )
        for name, question in QUESTIONS.items():
            asked.clear()
            assert question(txn)
            large = [(text, values) for text, values in asked if re.search("FROM (documents|positions)", text)]
            assert bool(large) != (name in SUMMED), name
            for text, values in large:
                plan = [" ".join(map(str, row)) for row in connection.exec_driver_sql(explain + text, values)]
                assert [line for line in plan if LARGE.search(line)] == [], (name, text)
                assert INDEX.search("\n".join(plan)), (name, plan)


# --- books of before


def test_books_of_the_version_before_learn_what_their_tills_counted(fresh_url: str, trials: Any) -> None:
    books = Books.open(fresh_url)
    trials(books).book(counted(8, 20, 12, a="1.10", b="2"), receipt(1))
    trials(books).book(record(32, 44, 13))
    trials(books).book(replace(counted(56, 68, 14), drawers=(DrawerRecord("x"),)))
    before = shifts(trials(books))
    books.close()
    take_back(fresh_url, "0002")
    books = Books.open(fresh_url)
    assert shifts(trials(books)) == before
    assert [one.till_drawer for one in before] == [None, None, Decimal("3.10")]
    books.close()


def test_books_of_the_version_before_learn_what_their_departments_came_to(fresh_url: str, trials: Any) -> None:
    books = Books.open(fresh_url)
    trial = trials(books)
    for hours, number in ((8, 12), (32, 13)):
        lines = sold((3, "10"), (None, "5"))
        trial.book(record(hours, hours + 12, number), receipt(1, hours + 1, "15", shift=number, positions=lines))
    period = {"since": TODAY, "until": TOMORROW}
    asked = [lambda txn: txn.departments_by_day("5", **period), lambda txn: txn.departments(1)]
    before = [trial.ask(question) for question in asked]
    assert [[(one.department, one.sales) for one in found] for found in before] == [
        [(3, 10), (None, 5)] * 2,
        [(3, 10), (None, 5)],
    ]
    with books.write() as txn:
        [found] = txn._session.rows(sqlalchemy.select(SHIFT_SUMS).where(SHIFT_SUMS.c.shift_id == 1))
        poorer = msgspec.msgpack.decode(found.body)
        assert poorer.pop("departments")
        body = msgspec.msgpack.encode(poorer)
        txn._session.run(sqlalchemy.update(SHIFT_SUMS).where(SHIFT_SUMS.c.shift_id == 1).values(body=body))
        txn._session.run(sqlalchemy.delete(SHIFT_SUMS).where(SHIFT_SUMS.c.shift_id == 2))  # older still
    books.close()
    take_back(fresh_url, "0007")
    books = Books.open(fresh_url)
    assert [trials(books).ask(question) for question in asked] == before
    with books.read() as txn:
        kept = txn._session.rows(sqlalchemy.select(SHIFT_SUMS.c.shift_id))
    assert sorted(row.shift_id for row in kept) == [1, 2]
    books.close()
