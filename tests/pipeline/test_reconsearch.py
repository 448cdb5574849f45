"""Reconciliation page by page: pages together tell what one long list tells, whatever is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from post_office import PostOffice
from sales_pages import page, receipt, shift
from tillpost.books import Books
from tillpost.errors import Reject
from tillpost.pipeline import reconsearch, reconviews
from tillpost.pipeline.collect import open_books
from tillpost.pipeline.office import Office
from tillpost.pipeline.reconsearch import Place, Wanted, search

House = tuple[Office, Books]
SHOP = Place("5")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Five days of two tills; on the third only one of them sells, on the fourth none."""
    office = PostOffice(tmp_path_factory.mktemp("house") / "root", {"5": ["1", "2"], "6": ["1"]})
    for number, days in {"1": (16, 17, 18, 20), "2": (16, 17, 20)}.items():
        for day in days:
            at = f"2026-11-{day}T"
            told = shift(day, opened=f"{at}08:00:00", closed=None if day == 20 else f"{at}22:00:00")
            sold = [receipt(one, shift=day, at=f"{at}10:00:00") for one in (1, 2)]
            office.sell(f"sale_{number}_{day}.json", page([told], sold), till=number)
    office.collect()
    with ExitStack() as stack:
        opened = stack.enter_context(office.open())
        yield opened, stack.enter_context(open_books(opened))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconsearch, "SHIFTS", 2)
    monkeypatch.setattr(reconsearch, "DAYS", 2)


def pages(house: House, wanted: Wanted) -> list[dict[str, Any]]:
    found = [search(*house, wanted)]
    while found[-1].below is not None or found[-1].upto is not None:
        found.append(search(*house, wanted, found[-1].below, found[-1].upto))
    return [one.rows for one in found]


@pytest.mark.parametrize("only", ["", "undelivered", "open"])
@pytest.mark.parametrize("since", [None, date(2026, 11, 17)])
@pytest.mark.parametrize("place", [SHOP, Place("5", "1"), Place("6")])
def test_pages_of_shifts_tell_every_shift_once(house: House, place: Place, since: date | None, only: str) -> None:
    named = {f"only_{only}": True} if only else {}
    whole = reconviews.by_shift(*house, place.shop, place.till, since, limit=99, **named)
    found = pages(house, Wanted(place, "shifts", since, only=only))
    assert [row for rows in found for row in rows["shifts"]] == whole["shifts"]
    assert all(len(rows["shifts"]) <= 2 for rows in found)


@pytest.mark.parametrize("period", [(None, None), (date(2026, 11, 17), None), (None, date(2026, 11, 18))])
@pytest.mark.parametrize("place", [SHOP, Place("5", "2")])
def test_pages_of_days_tell_every_day_once(house: House, place: Place, period: tuple[date | None, date | None]) -> None:
    since, until = period
    days = (since or date(2026, 11, 1), until or date(2026, 11, 30))
    found = pages(house, Wanted(place, "days", since, until))
    whole = reconviews.by_day(*house, place.shop, place.till, *days, limit=99)
    assert [row for rows in found for row in rows["days"]] == whole["days"]
    found = pages(house, Wanted(place, "departments", since, until))
    by_department = reconviews.by_department(*house, place.shop, place.till, *days, limit=99)
    assert [row for rows in found for row in rows["departments"]] == by_department["departments"]


def test_a_period_in_which_nothing_was_sold_is_one_empty_page(house: House) -> None:
    for since, until in ((date(2026, 11, 25), None), (date(2026, 11, 25), date(2026, 11, 26))):
        assert [rows["days"] for rows in pages(house, Wanted(SHOP, "", since, until))] == [[]]
    assert [rows["days"] for rows in pages(house, Wanted(Place("6")))] == [[]]


def test_a_period_that_ends_before_it_begins_is_refused(house: House) -> None:
    for by in reconsearch.BY:
        with pytest.raises(Reject):
            search(*house, Wanted(SHOP, by, date(2026, 11, 18), date(2026, 11, 17)))


def test_every_shop_stands_before_its_tills(house: House) -> None:
    assert [str(place) for place in reconsearch.places(house[0])] == ["5", "5/1", "5/2", "6", "6/1"]
    assert [Place.named(name) for name in ("5", "5/1")] == [SHOP, Place("5", "1")]


def test_documents_of_one_number_are_never_parted(tmp_path: Path) -> None:
    office = PostOffice(tmp_path / "root", {"5": ["1"]})
    sold = [receipt(1), receipt(2), receipt(3), receipt(3, kind=2), receipt(4)]
    office.sell("sale.json", page([shift()], sold))
    office.collect()
    with office.open() as opened, open_books(opened) as books:
        seen: list[int] = []
        above: int | None = -1
        while above is not None:
            rows = reconviews.shift(opened, books, "5", "1", 12, limit=3, above=above)
            seen += [row["number"] for row in rows["documents"]]
            above = rows["next"]
    assert seen == [1, 2, 3, 3, 4]
