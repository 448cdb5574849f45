"""How deep queues were: what the service notes, and what a chart makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from post_office import NOON, PostOffice, good, goods
from tillpost.books import Depth
from tillpost.pipeline.collect import open_books
from tillpost.pipeline.depths import AGAIN, EVERY, HOLDS, Sampling, spells

TILLS = {"5": ["1", "2"]}


def noted(office: PostOffice, till: str = "1") -> list[tuple[int, int]]:
    """Seconds after noon, and chunks."""
    with office.open() as opened, open_books(opened) as books, books.read() as txn:
        return [(one.at - int(NOON), one.chunks) for one in txn.depths("5", till, 0, 2**40)]


def look(office: PostOffice, *pauses: float) -> None:
    """Looks after each of these pauses, as one service does."""
    with office.open() as opened, open_books(opened) as books:
        sampling = Sampling(opened, books)
        for pause in pauses:
            office.clock.pass_(seconds=pause)
            sampling.look()


def test_what_changed_is_noted_once_a_minute_and_what_did_not_once_an_hour(tmp_path: Path) -> None:
    office = PostOffice(tmp_path / "root", TILLS)
    look(office, 0, EVERY / 2, EVERY, AGAIN - EVERY, EVERY)
    assert noted(office) == [(0, 0), (AGAIN + 30, 0)]
    office.send("goods.xml", goods(good("1"), number=1))
    look(office, EVERY, EVERY)
    office.take("5", "1")
    office.feed()
    look(office, EVERY)
    begin = AGAIN + 30 + 2 * int(EVERY)
    assert noted(office)[2:] == [(begin, 1), (begin + 120, 0)]
    assert noted(office, "2")[2:] == [(begin, 1)]


def test_a_service_that_starts_anew_knows_what_was_noted(tmp_path: Path) -> None:
    office = PostOffice(tmp_path / "root", TILLS)
    look(office, 0)
    look(office, EVERY)
    assert noted(office) == [(0, 0)]


def test_a_clock_that_is_put_back_stops_nothing_and_what_is_too_old_goes(tmp_path: Path) -> None:
    office = PostOffice(tmp_path / "root", TILLS, "[trim]\nkeep_days = 1")
    look(office, 0, -7200)
    assert noted(office) == [(-7200, 0), (0, 0)]
    look(office, 90_000)
    assert noted(office) == [(0, 0), (82_800, 0)]


# --- for a chart


def chunks(*samples: tuple[int, int], since: int = 0, until: int = 600, count: int = 6) -> list[Any]:
    depths = [Depth("5", "1", at, many, oldest=at - 10 if many else None) for at, many in samples]
    return [one.chunks for one in spells(depths, since, until, count)]


def test_a_part_tells_the_deepest_and_a_sample_holds_until_the_next() -> None:
    assert chunks((-50, 3), (120, 5), (130, 1), (310, 0)) == [3, 5, 1, 1, 0, 0]
    assert chunks((100, 2)) == [None, 2, 2, 2, 2, 2]
    assert chunks() == [None] * 6


def test_a_sample_holds_for_two_hours_at_most() -> None:
    assert chunks((0, 4), until=6 * HOLDS, count=6) == [4, None, None, None, None, None]
    assert chunks((-HOLDS, 4), (300, 1)) == [None, None, None, 1, 1, 1]


def test_the_oldest_waited_until_it_was_gone() -> None:
    found = spells([Depth("5", "1", 0, 2, oldest=-100), Depth("5", "1", 250, 0)], 0, 600, 3)
    assert [one.waited for one in found] == [300, 350, 0]


@given(
    samples=st.lists(st.tuples(st.integers(-9000, 999), st.integers(0, 9)), max_size=8, unique_by=lambda one: one[0]),
    until=st.integers(1, 1000),
    count=st.integers(1, 20),
)
def test_parts_are_the_period_without_gaps_and_tell_what_each_second_would(
    samples: list[tuple[int, int]], until: int, count: int
) -> None:
    samples = sorted(one for one in samples if one[0] < until)
    depths = [Depth("5", "1", at, many) for at, many in samples]
    found = spells(depths, 0, until, count)
    assert [one.begin for one in found] == [0, *(one.end for one in found[:-1])]
    assert found[-1].end == until
    for one in found:
        seconds = [held(samples, second) for second in range(one.begin, one.end)]
        known = [many for many in seconds if many is not None]
        assert one.chunks == (max(known) if known else None)


def held(samples: list[tuple[int, int]], second: int) -> int | None:
    before = [one for one in samples if one[0] <= second]
    return before[-1][1] if before and second < before[-1][0] + HOLDS else None
