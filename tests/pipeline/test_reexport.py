"""Shifts to the ERP by hand: which are meant, what is written of them, and when that is outdated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from post_office import PostOffice
from sales_pages import Page, page, receipt, shift
from tillpost.books import ShiftDelivery
from tillpost.errors import Reject
from tillpost.pipeline import reexport
from tillpost.pipeline.collect import open_books

Make = Callable[..., PostOffice]
ONE = date(2026, 11, 20)


def sell(office: PostOffice, name: str, *documents: Page, till: str = "1", **told: Any) -> None:
    shifts = [{**shift(**told), "cashCode": till}] if told else []
    office.sell(f"{name}.json", page(shifts, [{**one, "cashCode": till} for one in documents]), till=till)
    office.collect()


def standing(office: PostOffice, till: str = "1") -> list[tuple[int, str]]:
    """A till's shifts, the newest first, and how far their documents came."""
    with office.open() as opened, open_books(opened) as books, books.read() as txn:
        return [(one.place.number, one.delivery.value) for one in txn.standings("5", till)]


def undelivered(office: PostOffice, till: str = "", **how: bool) -> list[tuple[str, int]]:
    with office.open() as opened, open_books(opened) as books:
        found = reexport.undelivered(opened, books, "5", till, **how)
    return [(one.place.till, one.place.number) for one in found]


def export(office: PostOffice, number: int = 12, till: str = "1", *, again: bool = False) -> str | None:
    """The name of its document."""
    with office.open() as opened, open_books(opened) as books:
        found = reexport.named(opened, books, "5", till, [number])
        ((_, name),) = reexport.export(opened, books, found, again=again).shifts
    return name


def test_shift_that_changed_after_it_was_told_is_undelivered_again(office: PostOffice) -> None:
    sell(office, "whole", receipt(1), gain=52.5)
    office.erp_takes()
    office.collect()
    assert standing(office) == [(12, "taken")]
    sell(office, "more", receipt(2))
    assert standing(office) == [(12, "changed")]
    assert undelivered(office) == [("1", 12)]
    sell(office, "record", gain=105)
    assert standing(office) == [(12, "in the outbox")]


def test_open_shift_told_by_hand_counts_until_it_goes_on(office: PostOffice) -> None:
    sell(office, "open", receipt(1), gain=None, closed=None)
    assert (standing(office), undelivered(office)) == ([(12, "open")], [])
    assert export(office) == "shift_5_1_12_2026-11-20.xml"
    assert standing(office) == [(12, "in the outbox")]
    sell(office, "more", receipt(2))
    assert standing(office) == [(12, "open")]
    assert export(office) == "shift_5_1_12_2026-11-20_v2.xml"


def test_repeat_of_what_is_known_leaves_a_shift_as_it_was_told(office: PostOffice) -> None:
    sell(office, "whole", receipt(1), gain=99)
    assert export(office)
    sell(office, "again", receipt(1), gain=99)
    assert standing(office) == [(12, "in the outbox")]


def test_what_the_erp_was_told_is_written_again_only_where_that_is_wanted(office: PostOffice) -> None:
    sell(office, "whole", receipt(1), gain=52.5)
    office.erp_takes()
    office.collect()
    assert (export(office), office.outbox()) == (None, [])
    assert export(office, again=True) == "shift_5_1_12_2026-11-20_v2.xml"
    assert office.outbox() == ["shift_5_1_12_2026-11-20_v2.xml"]
    assert export(office) is None


def test_all_that_is_undelivered_leaves_out_what_is_under_way_and_open(office: PostOffice) -> None:
    sell(office, "lacking", receipt(1, shift=11), number=11, gain=1)
    next_day = {"opened": "2026-11-21T09:00:00", "closed": "2026-11-21T12:00:00"}
    sell(office, "whole", receipt(1, at="2026-11-21T09:30:00"), gain=52.5, **next_day)
    sell(office, "other", receipt(1, shift=3), till="2", number=3, gain=1, opened="2026-11-20T07:00:00")
    sell(office, "open", till="2", number=4, gain=None, opened="2026-11-21T09:00:00", closed=None)
    assert standing(office) == [(12, "in the outbox"), (11, "not told")]
    assert undelivered(office) == [("2", 3), ("1", 11)]
    assert undelivered(office, "1") == [("1", 11)]
    assert undelivered(office, with_open=True) == [("2", 4), ("2", 3), ("1", 11)]
    assert undelivered(office, "1", again=True) == [("1", 11), ("1", 12)]


def test_shift_that_another_followed_without_its_close_is_undelivered(office: PostOffice) -> None:
    sell(office, "one", receipt(1), gain=None, closed=None)
    sell(office, "two", number=13, gain=None, opened="2026-11-21T08:00:00", closed=None)
    assert standing(office) == [(13, "open"), (12, "not told")]
    assert undelivered(office) == [("1", 12)]


def test_erp_that_wants_no_documents_of_shifts_lacks_none(make_office: Make) -> None:
    office = make_office(settings='[collect]\ndocuments = ["receipt"]')
    sell(office, "whole", receipt(1), gain=52.5)
    assert standing(office) == [(12, "not wanted")]
    assert undelivered(office) == []


def test_shift_is_named_by_its_number_and_day(office: PostOffice) -> None:
    for month in ("09", "11"):
        told = {"opened": f"2026-{month}-20T08:00:00", "closed": f"2026-{month}-20T09:00:00"}
        sell(office, month, receipt(1, at=f"2026-{month}-20T08:30:00"), gain=52.5, **told)
    with office.open() as opened, open_books(opened) as books:
        for day, expected in ((None, "2026-11-20"), (date(2026, 9, 20), "2026-09-20")):
            (found,) = reexport.named(opened, books, "5", "1", [12, 12], day)
            assert str(found.place.opened)[:10] == expected
        for till, number, day in (("1", 13, None), ("1", 12, ONE.replace(day=1)), ("9", 12, None)):
            with pytest.raises(Reject):
                reexport.named(opened, books, "5", till, [number], day)


@pytest.mark.parametrize("delivery", ShiftDelivery)
def test_every_standing_has_its_sentence(delivery: ShiftDelivery) -> None:
    assert delivery.sentence
