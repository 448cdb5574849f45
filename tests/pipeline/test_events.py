"""What happened is written down once, and read together with what people did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from post_office import NOON, PostOffice, good, goods
from tillpost.errors import Reason
from tillpost.model import Told
from tillpost.pipeline import errorsfile, eventviews
from tillpost.pipeline.collect import open_books
from tillpost.pipeline.eventviews import Wanted, past
from tillpost.pipeline.notices import Event
from tillpost.pipeline.people import People

TILLS = {"5": ["1", "2"]}
ANY = Wanted()


@pytest.fixture
def office(tmp_path: Path) -> PostOffice:
    return PostOffice(tmp_path / "root", TILLS)


def pages(office: PostOffice, wanted: Wanted = ANY, size: int = 100) -> list[list[dict[str, Any]]]:
    """All there is, page by page."""
    found, spot = [], None
    with office.open() as opened, open_books(opened) as books:
        people = People(books, opened.clock, opened.settings.web)
        while True:
            page = past(opened, people, wanted, size, spot)
            found.append(page.rows)
            if page.older is None:
                return found
            assert page.older != spot
            spot = page.older


def told(office: PostOffice, wanted: Wanted = ANY, size: int = 100) -> list[str]:
    rows = [row for page in pages(office, wanted, size) for row in page]
    return [row.get("verb") or f"{row['event']} {row['about']}".strip() for row in rows]


def act(office: PostOffice, verb: str, about: str = "") -> None:
    with office.open() as opened, open_books(opened) as books, books.write() as txn:
        txn.note("anna", verb, about, opened.clock.now(), Told("people.done"))


def happens(office: PostOffice, *keys: str) -> None:
    with office.open() as opened:
        for key in keys:
            opened.tell(Event.JOB, key, Reason("job.failed", job="trim", why="x"))


def test_what_befalls_files_is_told_newest_first_without_a_command(office: PostOffice) -> None:
    office.send("torn.xml", "<torn")
    office.clock.pass_(hours=1)
    office.send("goods.xml", goods(*(good(str(code)) for code in range(1, 11)), number=1))
    office.send("little.xml", goods(good("1"), number=2))
    office.sell("bad.json", "{", "5", "2")
    office.collect()
    (rows,) = pages(office)
    assert [f"{row['event']} {row['about'].rpartition(' ')[0]}" for row in rows] == [
        "broken sales file",
        "held export",
        "broken export",
    ]
    assert [row["kind"] for row in rows] == ["sales", "exports", "exports"]
    assert [row["at"] for row in rows] == ["2026-11-21T11:00:00Z", "2026-11-21T11:00:00Z", "2026-11-21T10:00:00Z"]
    assert "torn.xml" in rows[-1]["text"]
    office.feed()
    office.collect()
    assert pages(office) == [rows]


def test_an_event_that_is_told_again_is_written_down_and_counted_once(office: PostOffice) -> None:
    happens(office, "a", "b", "a")
    happens(office, "b")
    assert told(office) == ["job job trim"] * 2
    with office.open() as opened, opened.store.read() as txn:
        assert errorsfile.counted(txn).errors == 2


def test_an_error_that_an_older_program_counted_is_not_counted_again(office: PostOffice) -> None:
    with office.open() as opened, opened.store.write() as txn:
        errorsfile.count(txn, Event.JOB, "a", "x", NOON)
    happens(office, "a")
    assert told(office) == ["job job trim"]
    with office.open() as opened, opened.store.read() as txn:
        assert errorsfile.counted(txn).errors == 1


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_acts_and_events_stand_in_one_order_on_pages_of_any_size(office: PostOffice, size: int) -> None:
    order = ["queue hold", "a", "b", "till resync", "c", "held release"]
    for one in order:
        office.clock.pass_(seconds=5)
        if " " in one:
            act(office, one, "till 5/1")
        else:
            happens(office, one)
    found = ["held release", "job job trim", "till resync", "job job trim", "job job trim", "queue hold"]
    assert told(office, size=size) == found
    assert {len(page) for page in pages(office, size=size)[:-1]} <= {size}
    assert told(office, Wanted("acts"), size) == [one for one in reversed(order) if " " in one]
    assert told(office, Wanted(who="anna"), size) == [one for one in reversed(order) if " " in one]
    assert told(office, Wanted("house"), size) == ["job job trim"] * 3
    assert told(office, Wanted(about="job trim"), size) == ["job job trim"] * 3
    assert told(office, Wanted("tills", about="till 5/1"), size) == []


@pytest.mark.parametrize("looked_at", [1, 2, 3])
def test_a_page_that_looked_at_enough_says_where_it_goes_on_and_mixes_nothing_up(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch, looked_at: int
) -> None:
    monkeypatch.setattr(eventviews, "LOOKED_AT", looked_at)
    for number in range(6):
        office.clock.pass_(seconds=5)
        happens(office, f"job {number}")
        act(office, f"act {number}")
    assert told(office, size=4) == [one for number in range(5, -1, -1) for one in (f"act {number}", "job job trim")]
    assert told(office, Wanted(about="till 5/1"), 4) == []
