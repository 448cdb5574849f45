"""Whatever files the sales come in, in which order and how often: the books are those of the set of all of them.

Compared with `naive_books`, which keeps everything and answers each question anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naive_books import NaiveBooks
from tillpost.books import Books, Delivery, summing
from tillpost.books.summaries import wholes
from tillpost.books.tables import SHIFT_SUMS
from tillpost.model import Means, Move, Payment, SalesEvent
from trial_books import Trial, empty
from trial_sales import DAWN, log_on, moment, receipt, record

HOURS = st.sampled_from([0, 1, 24, 47, 48, 60, 96, 97, 144, None])
NUMBERS = st.sampled_from([1, 1, 1, 2])
PAYMENTS = st.lists(
    st.builds(
        Payment,
        st.just(1),
        st.just(70),
        st.sampled_from([Means.CASH, Means.CARD]),
        st.sampled_from(Move),
        st.decimals(0, 99, places=2),
    ),
    max_size=2,
).map(tuple)


@st.composite
def documents(draw: Any) -> SalesEvent:
    hours = draw(HOURS)
    return receipt(
        draw(st.integers(1, 3)),
        hours,
        str(draw(st.decimals(0, 99, places=3))),
        shift=draw(NUMBERS),
        type=draw(st.sampled_from([1, 1, 1, 1, 2, 3, 4, 8, 77])),
        annulled=draw(st.sampled_from([False, False, True])),
        payments=draw(PAYMENTS),
        began=moment(draw(HOURS)) if hours is None else None,
    )


RECORDS = st.builds(record, HOURS.filter(lambda hours: hours is not None), HOURS, NUMBERS)
UNDATED = st.builds(record, st.none(), HOURS, st.sampled_from([1, 2]))
LOG_ONS = st.builds(log_on, st.integers(0, 3))
File = tuple[list[SalesEvent], bool]


@st.composite
def sales(draw: Any) -> list[File]:
    """The same events in files, some of them several times. Two different records without an open date are told
    apart by what is known when they come, so of these there is one of a number."""
    events = [
        *draw(st.lists(documents(), min_size=1, max_size=8)),
        *draw(st.lists(RECORDS, max_size=3)),
        *draw(st.lists(UNDATED, max_size=2, unique_by=lambda one: one.number)),
        *draw(st.lists(LOG_ONS, max_size=2)),
    ]
    again = draw(st.lists(st.sampled_from(events), max_size=4))
    order = draw(st.permutations([*events, *again]))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=3)))
    parts = [order[start:end] for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True)]
    return [(part, draw(st.booleans())) for part in parts]


def summed(trial: Trial) -> Any:
    """What the documents of each shift come to, asked of themselves."""
    with trial.books.read() as txn:
        session, rows = txn._session, [row.id for row in txn.find_shifts()]
        every = summing.kinds(session, rows)
        numbers, versions = summing.numberings(session, rows), summing.versions(session, rows)
        shares = (summing.shares(session, rows), summing.means(session, rows), summing.hours(session, rows))
    mine = {row: [{one for one in some if one.shift == row} for some in (every, *shares)] for row in rows}
    return {row: (numbers.get(row, summing.Numbering()), versions.get(row, 0), *mine[row]) for row in rows}


def kept(trial: Trial) -> Any:
    """The same, as it is kept beside them."""
    with trial.books.read() as txn:
        every = [row.shift_id for row in txn._session.rows(sqlalchemy.select(SHIFT_SUMS.c.shift_id))]
        found = zip(every, wholes(txn._session, every), strict=True)
    return {
        row: (one.numbering, one.versions, *map(set, (one.kinds, one.departments, one.means, one.hours)))
        for row, one in found
    }


def starts(*times: datetime | None) -> datetime:
    """By what shifts of a number are put in order."""
    return min((at for at in times if at is not None), default=DAWN)


def state(trial: Trial) -> list[Any]:
    """What can be seen of the shifts, by number and beginning."""
    found = []
    with trial.books.read() as txn:
        for row in txn.find_shifts():
            account = txn.shift(row.id)
            sums = {name: value for name in account.sums.__struct_fields__ if (value := getattr(account.sums, name))}
            lines = [(line.number, line.type, line.sum, line.ended, line.annulled) for line in account.documents]
            told = None if account.record is None else account.record.digest
            found.append(
                (row.place.number, starts(row.first, row.place.opened), lines, told, row.closed, sums, row.documents)
            )
    return sorted(found, key=lambda shift: shift[:2])


def expected(naive: NaiveBooks) -> list[Any]:
    found = []
    for shift in naive.shifts():
        counting = naive.counting(shift)
        moments = [at for one in shift.documents if (at := one.ended or one.began)]
        lines = [(one.number, one.type, one.sum, one.ended, one.annulled) for one in counting]
        told = naive.record(shift)
        sums = {name: value for name, value in naive.sums(shift).items() if value}
        closed = told.closed if told else None
        found.append(
            (
                shift.number,
                starts(shift.opened, *moments),
                lines,
                told.digest if told else None,
                closed,
                sums,
                len(counting),
            )
        )
    return sorted(found, key=lambda shift: shift[:2])


def deliver(trial: Trial, arrival: int, told: dict[str, bytes]) -> None:
    """As the pipeline does: what the file made count goes to the ERP, which keeps the latest of a subject."""
    with trial.books.write() as txn:
        for one in txn.untold(arrival):
            said = one.document.digest + repr(one.place).encode()
            made = Delivery("receipt", one.subject, f"r_{one.shift}_{one.document.number}", said, lambda _: b"<xml/>")
            if txn.deliver(made, 1.0) is not None:
                told[one.subject] = one.document.digest


def play(trial: Trial, files: Sequence[File]) -> None:
    naive = NaiveBooks()
    told: dict[str, bytes] = {}
    for events, live in files:
        tally = trial.book(*events, live=live)
        wanted = naive.book(events, live=live)
        assert {name: getattr(tally, name) for name in wanted} == wanted
        assert state(trial) == expected(naive)
        assert kept(trial) == summed(trial)
        deliver(trial, trial.last, told)
        counting = Counter(one.digest for shift in naive.shifts() for one in naive.counting(shift))
        subjects = trial.counted()
        assert Counter(one.document.digest for one in subjects) == counting
        assert {one.subject: one.document.digest for one in subjects}.items() <= told.items()
        assert len({one.subject for one in subjects}) == len(subjects)
    with trial.books.read() as txn:
        digests = {one.digest for one in trial_log_ons(files)}
        assert naive.log_ons() == digests
        assert sum(tally.log_ons_new for tally in trial.tallies.values()) == len(digests)
        assert txn.last_sale("5", "1") == max(
            (
                at
                for events, _ in files
                for one in events
                if (at := getattr(one, "ended", None) or getattr(one, "began", None))
            ),
            default=None,
        )


def trial_log_ons(files: Sequence[File]) -> list[Any]:
    return [one for events, _ in files for one in events if type(one).__name__ == "LogOn"]


def check(files: list[File], url: str) -> None:
    empty(url)
    books = Books.open(url)
    try:
        play(Trial(books), files)
    finally:
        books.close()


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=sales())
def test_any_order_repetition_and_splitting_books_the_same(files: list[File], sqlite_url: str) -> None:
    check(files, sqlite_url)


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=sales())
def test_any_order_books_the_same_on_a_server(files: list[File], postgres_url: str) -> None:
    check(files, postgres_url)
