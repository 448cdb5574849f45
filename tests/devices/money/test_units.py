"""Containers are told as the reference draws them: grey, pink and red by what they are for, not by how full alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.devices.money.units import (
    Condition,
    DeviceStatus,
    Fill,
    FullStatus,
    Level,
    Unit,
    UnitKind,
    destination,
    device_status,
    dispensable,
    fill,
    full_status,
    is_pointless,
    levels,
    shared_out,
    takes_no_more,
)
from tillpost.devices.nouns import Form, Misuse, Pieces

R = 100  # kopecks


def unit(kind: UnitKind, denomination: int = 0, count: int = 0, **more: object) -> Unit:
    holds = (Pieces(denomination or 1000 * R, count),) if count else ()
    return Unit(**{"id": f"{kind}-{denomination}", "kind": kind, "denomination": denomination, "holds": holds, **more})


def hopper(denomination: int, count: int, **more: object) -> Unit:
    return unit(UnitKind.HOPPER, denomination, count, **more)


def drum(denomination: int, count: int, **more: object) -> Unit:
    return unit(UnitKind.DRUM, denomination, count, **more)


def cassette(count: int, **more: object) -> Unit:
    return unit(UnitKind.CASSETTE, 0, count, **more)


def mixer(count: int, **more: object) -> Unit:
    return unit(UnitKind.MIXER, 0, count, **more)


def level(each: Unit, need: int = 0, *, short: bool = False) -> Level:
    return levels([each], {each.denomination: need}, {each.denomination} if short else set())[each.id]


# --- colours


@pytest.mark.parametrize(
    ("each", "shown"),
    [
        (hopper(10 * R, 100, capacity=100), Level.SOON),  # spills into the mixer
        (hopper(10 * R, 99, capacity=100), Level.OK),
        (drum(500 * R, 30, capacity=30), Level.OK),  # so much change
        (cassette(0, capacity=400), Level.OK),
        (cassette(299, capacity=400), Level.OK),
        (cassette(300, capacity=400), Level.SOON),  # three quarters
        (cassette(359, capacity=400), Level.SOON),
        (cassette(360, capacity=400), Level.BLOCKED),
        (mixer(30, capacity=40), Level.SOON),
        (mixer(30, capacity=41), Level.OK),  # not quite three quarters
        (mixer(31, capacity=41), Level.SOON),
        (mixer(36, capacity=40), Level.BLOCKED),
    ],
)
def test_fullness_is_coloured_by_what_the_container_is_for(each: Unit, shown: Level) -> None:
    assert level(each) is shown


def test_levels_carry_the_colours_of_the_reference() -> None:
    assert [each.colour for each in Level] == ["grey", "pink", "red"]


@pytest.mark.parametrize(
    ("count", "short", "shown"),
    [(19, False, Level.OK), (18, False, Level.SOON), (9, False, Level.SOON), (8, True, Level.BLOCKED)],
)
def test_what_gives_change_is_pink_at_twice_the_reserve_and_red_below_it(count: int, short: bool, shown: Level) -> None:
    assert level(drum(500 * R, count), 9, short=short) is shown


@pytest.mark.parametrize(
    ("each", "shown"),
    [
        (drum(500 * R, 5, near_empty=4), Level.OK),
        (drum(500 * R, 4, near_empty=4), Level.SOON),
        (hopper(R, 60, near_full=60), Level.SOON),
        (cassette(10, near_full=10, blocked_from=12), Level.SOON),
        (cassette(12, near_full=10, blocked_from=12), Level.BLOCKED),
    ],
)
def test_limits_of_the_unit_come_before_those_of_its_kind(each: Unit, shown: Level) -> None:
    assert level(each, 9) is shown


@pytest.mark.parametrize("condition", [each for each in Condition if each is not Condition.READY])
def test_what_does_not_work_blocks_where_nothing_else_can_take_its_place(condition: Condition) -> None:
    assert level(cassette(0, condition=condition)) is Level.BLOCKED
    assert level(drum(500 * R, 20, condition=condition), 0) is Level.SOON
    assert dispensable([drum(500 * R, 20, condition=condition)]) == (Pieces(500 * R, 0),)


@pytest.mark.parametrize(
    ("sensed", "shown"), [(Fill.FULL, Level.BLOCKED), (Fill.NEAR_FULL, Level.BLOCKED), (Fill.SOME, Level.OK)]
)
def test_cassette_of_unknown_capacity_is_blocked_by_its_sensor(sensed: Fill, shown: Level) -> None:
    assert level(cassette(7, sensed=sensed)) is shown
    assert takes_no_more(cassette(7, sensed=sensed)) is (shown is Level.BLOCKED)


def test_near_full_by_sensor_is_soon_where_the_count_can_tell_when_to_block() -> None:
    assert level(cassette(7, capacity=400, sensed=Fill.NEAR_FULL)) is Level.SOON


# --- how full


@pytest.mark.parametrize(
    ("each", "told"),
    [
        (hopper(R, 0), Fill.EMPTY),
        (hopper(R, 1), Fill.NEAR_EMPTY),
        (hopper(R, 5), Fill.SOME),
        (hopper(R, 50, sensed=Fill.EMPTY), Fill.EMPTY),  # counted, and yet none comes out
        (hopper(R, 0, sensed=Fill.FULL), Fill.FULL),
        (hopper(R, 50, sensed=Fill.NEAR_EMPTY), Fill.NEAR_EMPTY),
        (hopper(R, 0, sensed=Fill.SOME), Fill.EMPTY),
        (hopper(R, 1, sensed=Fill.NEAR_FULL), Fill.NEAR_EMPTY),
    ],
)
def test_sensor_and_count_are_weighed(each: Unit, told: Fill) -> None:
    assert fill(each, need=2) is told


def test_unit_that_says_it_is_empty_gives_nothing_whatever_was_counted() -> None:
    assert hopper(R, 50, sensed=Fill.EMPTY).available == 0
    assert cassette(50).available == 0


def test_unit_is_worth_what_it_holds() -> None:
    held = Unit("mixer", UnitKind.MIXER, holds=(Pieces(10 * R, 3), Pieces(R, 4)))
    assert (held.count, held.amount) == (7, 34 * R)


# --- UnifiedPOS

JAM = hopper(5 * R, 50, condition=Condition.JAMMED)
BROKEN = hopper(5 * R, 50, condition=Condition.UNAVAILABLE)
EMPTY = hopper(2 * R, 0)
LOW = hopper(R, 1)
GOOD = hopper(10 * R, 50)


@pytest.mark.parametrize(
    ("some", "status"),
    [
        ([GOOD], DeviceStatus.OK),
        ([GOOD, LOW], DeviceStatus.NEAR_EMPTY),
        ([LOW, EMPTY], DeviceStatus.EMPTY),
        ([LOW, EMPTY, JAM], DeviceStatus.JAM),
        ([BROKEN, GOOD], DeviceStatus.JAM),
        ([GOOD, cassette(0)], DeviceStatus.OK),  # an empty cassette is no lack
    ],
)
def test_device_status_is_the_gravest(some: list[Unit], status: DeviceStatus) -> None:
    assert device_status(some, {R: 2, 2 * R: 2}) is status


@pytest.mark.parametrize(
    ("some", "status"),
    [
        ([GOOD, cassette(10, capacity=400)], FullStatus.OK),
        ([cassette(300, capacity=400)], FullStatus.NEAR_FULL),
        ([cassette(300, capacity=400), drum(500 * R, 30, capacity=30)], FullStatus.FULL),
    ],
)
def test_full_status_is_of_all_units(some: list[Unit], status: FullStatus) -> None:
    assert full_status(some) is status


# --- what goes where

MACHINE = [
    hopper(10 * R, 20, capacity=100),
    mixer(0, capacity=40),
    cassette(0, capacity=400),
    drum(500 * R, 5, capacity=30),
    drum(100 * R, 30, capacity=30),
]


@pytest.mark.parametrize(
    ("denomination", "form", "where"),
    [
        (10 * R, Form.COIN, "hopper-1000"),
        (5 * R, Form.COIN, "mixer-0"),
        (500 * R, Form.NOTE, "drum-50000"),
        (100 * R, Form.NOTE, "cassette-0"),  # its drum is full
        (5000 * R, Form.NOTE, "cassette-0"),
        (10 * R, Form.NOTE, "cassette-0"),  # the note, not the coin
    ],
)
def test_piece_goes_to_its_own_unit_or_to_where_nothing_comes_back_from(
    denomination: int, form: Form, where: str
) -> None:
    found = destination(MACHINE, denomination, form)
    assert found is not None
    assert found.id == where
    assert is_pointless(MACHINE, denomination, form) is not found.kind.gives


def test_piece_with_no_place_has_none_and_is_pointless() -> None:
    out = [cassette(0, condition=Condition.MISSING), drum(100 * R, 1, condition=Condition.JAMMED)]
    assert destination(out, 100 * R, Form.NOTE) is None
    assert is_pointless(out, 100 * R, Form.NOTE)


def test_change_comes_from_the_fullest_unit_first() -> None:
    two = [hopper(10 * R, 3, id="left"), hopper(10 * R, 5, id="right"), hopper(R, 9)]
    assert shared_out(two, [Pieces(10 * R, 6), Pieces(R, 2)]) == (
        ("right", Pieces(10 * R, 5)),
        ("left", Pieces(10 * R, 1)),
        ("hopper-100", Pieces(R, 2)),
    )


def test_more_than_the_units_hold_is_refused() -> None:
    with pytest.raises(Misuse, match="2 more pieces of 1000"):
        shared_out([hopper(10 * R, 3)], [Pieces(10 * R, 5)])


@given(st.lists(st.tuples(st.sampled_from([R, 2 * R]), st.integers(0, 9)), max_size=5), st.integers(0, 20))
def test_what_is_shared_out_is_there_and_all_of_it(held: list[tuple[int, int]], count: int) -> None:
    some = [hopper(denomination, pieces, id=str(at)) for at, (denomination, pieces) in enumerate(held)]
    there = sum(pieces for denomination, pieces in held if denomination == R)
    if count > there:
        with pytest.raises(Misuse):
            shared_out(some, [Pieces(R, count)])
        return
    shares = shared_out(some, [Pieces(R, count)])
    assert sum(pieces.count for _, pieces in shares) == count
    for id_, pieces in shares:
        assert 0 < pieces.count <= some[int(id_)].available
