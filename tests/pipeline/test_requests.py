"""Asking tills for their sales: which days, which questions are long, and what keeps one from being put."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from post_office import PostOffice
from sales_pages import page, receipt, shift
from tillpost.errors import Reject
from tillpost.pipeline.collect import open_books
from tillpost.pipeline.requests import Asked, Requests

TODAY = date(2026, 11, 21)
YESTERDAY = date(2026, 11, 20)
Make = Callable[..., PostOffice]


@contextmanager
def requests(office: PostOffice) -> Iterator[Requests]:
    with office.open() as opened, open_books(opened) as books:
        yield Requests(opened, books)


def period(office: PostOffice, till: str = "1", *days: date | None) -> tuple[date, date]:
    with requests(office) as asking:
        found = asking.period("5", till, *days)
    return found.since, found.until


def sold(office: PostOffice, day: str) -> None:
    office.sell("sale.json", page([shift()], [receipt(1, at=f"{day}T10:00:00")]))
    office.collect()


def question(office: PostOffice, till: str = "1") -> str | None:
    path = office.root / "sales" / "5" / till / "sale.req"
    return path.read_text("utf-8") if path.exists() else None


# --- which days


def test_till_that_never_sold_anything_is_asked_for_the_last_24_hours(office: PostOffice) -> None:
    assert period(office) == (YESTERDAY, TODAY)


def test_till_is_asked_from_the_day_of_its_last_sale_on(office: PostOffice) -> None:
    sold(office, "2026-11-17")
    assert period(office) == (date(2026, 11, 17), TODAY)
    assert period(office, "2") == (YESTERDAY, TODAY)


def test_till_whose_clock_is_ahead_is_asked_for_today(office: PostOffice) -> None:
    sold(office, "2027-01-01")
    assert period(office) == (TODAY, TODAY)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ((date(2026, 11, 1), date(2026, 11, 3)), (date(2026, 11, 1), date(2026, 11, 3))),
        ((date(2026, 11, 1),), (date(2026, 11, 1), TODAY)),
        ((None, date(2026, 11, 19)), (date(2026, 11, 17), date(2026, 11, 19))),
        ((None, date(2026, 11, 5)), (date(2026, 11, 5), date(2026, 11, 5))),
    ],
    ids=["both", "first", "last", "last before the last sale"],
)
def test_named_days_win(office: PostOffice, days: tuple[date | None, ...], expected: tuple[date, date]) -> None:
    sold(office, "2026-11-17")
    assert period(office, "1", *days) == expected


@pytest.mark.parametrize(
    ("zone", "hours", "today"),
    [
        ("Asia/Vladivostok", 3, "2026-11-21"),  # 23:00 there
        ("Asia/Vladivostok", 5, "2026-11-22"),  # 1:00 of the next day, while it is 18:00 in Moscow
        ("Europe/Kaliningrad", 11.5, "2026-11-21"),  # 23:30 there, while it is 0:30 in Moscow
    ],
)
def test_today_is_the_shops_own(make_office: Make, zone: str, hours: float, today: str) -> None:
    office = make_office()
    (office.root / "tillpost.toml").write_text(f"[shops.5]\ntimezone = '{zone}'", "utf-8")
    office.clock.pass_(hours=hours)
    assert period(office)[1].isoformat() == today


def test_period_that_ends_before_it_begins_is_refused(office: PostOffice) -> None:
    with pytest.raises(Reject) as refused:
        period(office, "1", TODAY, YESTERDAY)
    assert refused.value.reason.code == "requests.backwards"


@pytest.mark.parametrize("days", [(None, None), (TODAY, TODAY)])
@pytest.mark.parametrize(("shop", "till"), [("5", "9"), ("9", "1")])
def test_till_that_nobody_knows_is_refused(office: PostOffice, shop: str, till: str, days: tuple[date, date]) -> None:
    with requests(office) as asking, pytest.raises(Reject):
        asking.period(shop, till, *days)


@given(st.dates(date(2000, 1, 1), date(2099, 1, 1)), st.integers(1, 40))
def test_period_is_long_from_a_week_on(since: date, days: int) -> None:
    assert Asked("5", "1", since, since + timedelta(days=days - 1)).is_long is (days >= 7)


# --- put


def test_question_is_written_for_the_till_and_noted(office: PostOffice) -> None:
    with requests(office) as asking:
        asked = asking.ask(asking.period("5", "1", date(2026, 11, 1), date(2026, 11, 2)))
    assert (asked.new, asked.trouble) == (True, None)
    assert question(office) == "###\n01.11.2026-02.11.2026"
    with office.open() as opened, open_books(opened) as books, books.read() as txn:
        [noted] = txn.requests("5", "1")
    assert (noted.since, noted.until, noted.asked) == (date(2026, 11, 1), date(2026, 11, 2), office.clock.at)


def test_question_that_is_not_answered_stays_and_is_told(office: PostOffice) -> None:
    with requests(office) as asking:
        first = asking.ask(asking.period("5", "1", date(2026, 11, 1), date(2026, 11, 2)))
        again = asking.ask(asking.period("5", "1", TODAY, TODAY))
    assert (again.new, again.since, again.until) == (False, first.since, first.until)
    assert question(office) == "###\n01.11.2026-02.11.2026"
    with office.open() as opened, open_books(opened) as books, books.read() as txn:
        assert len(txn.requests("5", "1")) == 1


def test_question_that_somebody_else_wrote_and_nobody_reads_stays_as_it_is(office: PostOffice) -> None:
    (office.root / "sales" / "5" / "1" / "sale.req").write_text("all of it", "utf-8")
    with requests(office) as asking:
        asked = asking.ask(asking.period("5", "1"))
    assert (asked.new, question(office)) == (False, "all of it")


def test_answered_question_may_be_put_again(office: PostOffice) -> None:
    with requests(office) as asking:
        asking.ask(asking.period("5", "1"))
        (office.root / "sales" / "5" / "1" / "sale.req").unlink()
        assert asking.ask(asking.period("5", "1")).new
    assert question(office)


def test_question_is_no_sales_file(office: PostOffice) -> None:
    with requests(office) as asking:
        asking.ask(asking.period("5", "1"))
    assert office.collect().files == []
    assert question(office)


# --- to all


def test_every_till_is_asked_from_its_own_last_sale_on(office: PostOffice) -> None:
    sold(office, "2026-11-17")
    with requests(office) as asking:
        asked = asking.ask_all()
    assert [(one.till, one.since) for one in asked] == [("1", date(2026, 11, 17)), ("2", YESTERDAY)]
    assert question(office, "2") == "###\n20.11.2026-21.11.2026"


def test_till_whose_folder_is_away_is_told_and_the_others_are_asked(office: PostOffice) -> None:
    away = office.root / "elsewhere"
    with requests(office) as asking:
        (office.root / "sales" / "5" / "1").rename(away)
        first, second = asking.ask_all()
    assert (first.till, first.new, first.trouble is None) == ("1", False, False)
    assert (second.till, second.new, second.trouble) == ("2", True, None)
    assert list(away.iterdir()) == [away / "online"]
    with office.open() as opened, open_books(opened) as books, books.read() as txn:
        assert [request.till for request in txn.requests()] == ["2"]


# --- answered


def noted(office: PostOffice) -> list[float | None]:
    """When the questions to till 1 were answered, the newest first."""
    with office.open() as opened, open_books(opened) as books, books.read() as txn:
        return [one.answered for one in txn.requests("5", "1")]


def put(office: PostOffice) -> None:
    with requests(office) as asking:
        asking.ask(asking.period("5", "1"))


def test_question_is_answered_when_the_till_took_it_away(office: PostOffice) -> None:
    put(office)
    office.collect()
    assert noted(office) == [None]
    (office.root / "sales" / "5" / "1" / "sale.req").unlink()
    office.clock.pass_(seconds=5)
    office.collect()
    at = office.clock.at
    office.clock.pass_(hours=1)
    office.collect()
    assert noted(office) == [at]


def test_folder_that_is_away_answers_nothing(office: PostOffice) -> None:
    put(office)
    (office.root / "sales" / "5" / "1").rename(office.root / "elsewhere")
    with requests(office) as asking:
        asking.note_answers()
    assert noted(office) == [None]


def test_new_question_says_that_the_one_before_was_answered(office: PostOffice) -> None:
    put(office)
    (office.root / "sales" / "5" / "1" / "sale.req").unlink()
    office.clock.pass_(hours=1)
    put(office)
    assert noted(office) == [None, office.clock.at]
