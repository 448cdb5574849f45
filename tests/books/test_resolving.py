"""To which shift things belong: a matter of the set of them, and of nothing else."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.books.placing import Kept, Number, Shift
from tillpost.books.resolving import WINDOW, Opening, leaders, nearest, resolve
from trial_sales import DAWN, moment

MINUTE = timedelta(minutes=1)
TIMES = st.integers(0, 12).map(lambda steps: DAWN + steps * timedelta(hours=16))
RECORDS = st.lists(
    st.builds(Opening, st.binary(min_size=1, max_size=1), st.none() | TIMES, st.none() | TIMES, st.booleans()),
    max_size=5,
    unique_by=lambda record: record.digest,
)


def opening(opened: float | None, closed: float | None = None, digest: bytes = b"a", *, live: bool = False) -> Opening:
    return Opening(digest, moment(opened), moment(closed), live)


@given(RECORDS, st.lists(st.none() | TIMES, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_records_and_documents_does_not_matter(records: list, times: list, chance) -> None:  # type: ignore[no-untyped-def,type-arg]
    one = resolve(records, times)
    chance.shuffle(records)
    other = resolve(records, sorted(times, key=lambda _: chance.random()) * 2)
    assert [(shift.starts, shift.counting, shift.closed) for shift in one.shifts] == [
        (shift.starts, shift.counting, shift.closed) for shift in other.shifts
    ]
    assert [one.of(at) for at in times] == [other.of(at) for at in times]
    assert sorted(record.digest for shift in one.shifts for record in shift.records) == sorted(
        record.digest for record in records
    )


@given(RECORDS, st.lists(st.none() | TIMES, max_size=12))
def test_opened_shifts_lie_two_days_apart_and_so_do_provisional_ones(records: list, times: list) -> None:  # type: ignore[type-arg]
    shifts = resolve(records, times).shifts
    for kind in ("opened", "leader"):
        starts = sorted(at for shift in shifts if (at := getattr(shift, kind)))
        assert all(later - earlier >= WINDOW for earlier, later in pairwise(starts))


@given(st.just([]) | RECORDS, st.lists(TIMES, max_size=6) | st.lists(st.none() | TIMES, max_size=12))
def test_a_document_is_placed_bit_by_bit_as_among_all_or_the_number_is_astray(records: list, times: list) -> None:  # type: ignore[type-arg]
    number = Number(1, 12, [], {})
    placed = {}
    for record in records:
        number.records[record.digest] = Kept(1, record)
        for resolved in number.settles(0.0):
            number.adopt(number.begin(Shift(len(number.shifts) + 1)), resolved, 0.0)
        number.arrange()
    for at in times:
        shift = number.place(at)
        if shift is None:
            shift = number.begin(Shift(len(number.shifts) + 1, first=at, last=at)).holds(at)
            number.arrange()
        placed[at] = shift
    if number.astray:
        return
    resolution = resolve(records, times)
    assert [(shift.opened, shift.closed) for shift in number.shifts] == [
        (shift.opened, shift.closed) for shift in resolution.shifts
    ]
    assert all(number.shifts[resolution.of(at)] is placed[at] for at in times)


@pytest.mark.parametrize(
    ("hours", "shift"),
    [
        (-47.9, 0),  # a clock that was put right: before the first opening, less than two days
        (-48, 2),  # a provisional one, which begins before all others
        (0, 0),
        (47.9, 0),
        (55.9, 0),  # nearer to the end of the first than to the next one's opening
        (96, 1),
        (100, 1),
        (168, 1),  # closed a week later: till then it reaches
        (200, 1),
        (215.9, 1),
        (216, 2),
    ],
)
def test_a_document_belongs_to_the_span_it_lies_in_or_the_nearest(hours: float, shift: int) -> None:
    at = moment(hours)
    resolution = resolve([opening(0), opening(96, 168, b"b")], [at])
    found = resolution.shifts[resolution.of(at)]
    assert found.opened == (moment(0), moment(96), None)[shift]
    assert (found.leader == at) is (shift == 2)


def test_the_later_opening_wins_where_spans_overlap() -> None:
    shifts = resolve([opening(0, 400, b"a"), opening(96, 100, b"b")], [])
    assert [shifts.of(moment(hours)) for hours in (95, 96, 143.9, 144, 399)] == [0, 1, 1, 0, 0]


def test_what_lies_at_the_end_of_a_span_is_nearest_to_it_all_the_same() -> None:
    assert nearest([(DAWN, None)], DAWN + WINDOW) == 0
    assert nearest([(DAWN, None)], DAWN + 2 * WINDOW) is None
    assert nearest([(DAWN, None)], DAWN + 2 * WINDOW - MINUTE) == 0
    assert nearest([], DAWN) is None


def test_the_record_that_counts_is_the_one_closed_last_then_of_a_shift_file_then_by_digest() -> None:
    records = [
        opening(0, None, b"z"),
        opening(1, 10, b"y", live=True),
        opening(2, 10, b"b"),
        opening(3, 10, b"c"),
        opening(4, 9, b"x"),
    ]
    (shift,) = resolve(records, []).shifts
    assert shift.counting == records[3]
    assert shift.opened == moment(0)


def test_dates_at_the_ends_of_the_calendar_are_compared_like_any_other() -> None:
    first, last = DAWN.replace(year=1, month=1, day=1), DAWN.replace(year=9999, month=12, day=31)
    records = [Opening(b"a", first, last, False), Opening(b"b", last, None, True)]
    resolution = resolve(records, [first, last])
    assert [resolution.of(at) for at in (first, last, None)] == [0, 1, 1]
    assert leaders([last, first]) == [first, last]
