"""When something is due: by the clock on the wall, in every time zone, on the days when that clock is moved, too."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tillpost.pipeline.timetable import LONGEST, Timetable

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["UTC", "Europe/Moscow", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"]


def at(*moment: int, zone: ZoneInfo = BERLIN, fold: int = 0) -> float:
    return datetime(*moment, tzinfo=zone, fold=fold).timestamp()  # type: ignore[arg-type,misc]


def wall(due: float, zone: ZoneInfo = BERLIN) -> str:
    return datetime.fromtimestamp(due, zone).strftime("%m-%d %H:%M")


def test_hour_is_that_of_the_time_zone() -> None:
    table = Timetable(("05:00",), "Europe/Moscow")
    assert table.next(at(2026, 11, 21, 1, 59, zone=UTC)) == at(2026, 11, 21, 2, 0, zone=UTC)
    assert table.next(at(2026, 11, 21, 2, 0, zone=UTC)) == at(2026, 11, 22, 2, 0, zone=UTC)


def test_hour_that_the_wall_clock_leaves_out_comes_as_much_later() -> None:
    passed = Timetable(("02:30",), "Europe/Berlin").passed(at(2026, 3, 27), at(2026, 3, 31))
    assert [wall(due) for due in passed] == ["03-27 02:30", "03-28 02:30", "03-29 03:30", "03-30 02:30"]


def test_hour_that_the_wall_clock_has_twice_comes_once_at_the_first() -> None:
    passed = Timetable(("02:30",), "Europe/Berlin").passed(at(2026, 10, 24), at(2026, 10, 27))
    assert [wall(due) for due in passed] == ["10-24 02:30", "10-25 02:30", "10-26 02:30"]
    assert passed[1] == at(2026, 10, 25, 2, 30, fold=0)


def test_hour_of_a_day_that_never_was_comes_once() -> None:
    """In 2011 Samoa went from the 29th to the 31st of December."""
    apia = ZoneInfo("Pacific/Apia")
    passed = Timetable(("05:00",), "Pacific/Apia").passed(at(2011, 12, 29, zone=apia), at(2012, 1, 2, zone=apia))
    assert [wall(due, apia) for due in passed] == ["12-29 05:00", "12-31 05:00", "01-01 05:00"]


def test_no_hours_are_never_due() -> None:
    table = Timetable((), "UTC")
    assert table.next(0.0) is None
    assert table.passed(0.0, 1e9) == []


def test_hours_named_twice_or_out_of_order_come_once_and_in_order() -> None:
    passed = Timetable(("17:00", "05:00", "17:00"), "UTC").passed(0.0, 2 * 86400.0)
    assert passed == [5 * 3600.0, 17 * 3600.0, 29 * 3600.0, 41 * 3600.0]


def test_a_clock_that_leapt_by_ages_costs_no_more_than_a_year() -> None:
    passed = Timetable(("05:00",), "UTC").passed(0.0, at(9998, 1, 1, zone=UTC))
    assert len(passed) == LONGEST / 86400


hours = st.lists(st.tuples(st.integers(0, 23), st.integers(0, 59)), min_size=1, max_size=3, unique=True)
moments = st.integers(int(at(2011, 1, 1)), int(at(2035, 1, 1))).map(float)


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=25, deadline=None)
@given(hours=hours, begin=moments, cuts=st.lists(st.floats(0, 5 * 86400.0), max_size=4))
def test_cutting_time_into_pieces_neither_loses_nor_repeats_a_due_time(
    zone: str, hours: list[tuple[int, int]], begin: float, cuts: list[float]
) -> None:
    """However often somebody looks; and each day of the zone has each of its hours at most once."""
    table = Timetable(tuple(f"{hour:02}:{minute:02}" for hour, minute in hours), zone)
    end = begin + 5 * 86400.0
    looks = [begin, *sorted(begin + cut for cut in cuts), end]
    pieces = [due for one, other in itertools.pairwise(looks) for due in table.passed(one, other)]
    whole = table.passed(begin, end)
    assert pieces == whole == sorted(set(whole))
    assert all(begin < due <= end for due in whole)
    assert table.next(begin) == (whole[0] if whole else table.next(end))
    assert len(whole) <= 6 * len(hours)


@settings(max_examples=25, deadline=None)
@given(begin=moments, minute=st.integers(0, 1439))
def test_every_day_has_its_hour(begin: float, minute: int) -> None:
    """In a zone with summer time, the days being those of the wall."""
    table = Timetable((f"{minute // 60:02}:{minute % 60:02}",), "Europe/Berlin")
    first = datetime.fromtimestamp(begin, BERLIN).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    days = [(first + timedelta(days=number)).timestamp() for number in range(10)]
    for day, after in itertools.pairwise(days):
        assert len(table.passed(day - 1, after - 1)) == 1
