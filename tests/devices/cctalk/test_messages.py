"""What ccTalk's answers say, and the law of the event counter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tillpost.devices.cctalk.events import counter_at, since
from tillpost.devices.cctalk.messages import (
    ANOTHER_ERROR,
    Coin,
    Count,
    Event,
    Reading,
    coin,
    count,
    error,
    fault,
    flags,
    kinds,
    mask,
    reading,
    serial,
    text,
)
from tillpost.devices.nouns import Standing


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        (b"EU020A", Coin("EU", 20)),
        (b"EU100A", Coin("EU", 100)),
        (b"RU010A", Coin("RU", 10)),
        (b"RU1K0B", Coin("RU", 1000)),
        (b"RU2K5A", Coin("RU", 2500)),
        (b"HU10KA", Coin("HU", 10_000)),
        (b"HUM10A", Coin("HU", 100_000)),
        (b"GB2.0A", Coin("GB", 2)),
        (b"EU005", Coin("EU", 5)),
        (b"......", None),
        (b"      ", None),
        (bytes(6), None),
        (b"", None),
        (b"TK001A", None),
        (b"EU5m0A", None),
        (b"EU2.5A", None),
        (b"EU000A", None),
        (b"EU0200AA", None),
        (b"EU...A", None),
        (b"EU1KKA", None),
    ],
)
def test_a_coin_is_worth_what_its_code_says(told: bytes, meant: Coin | None) -> None:
    assert coin(told) == meant


def test_an_acceptor_that_counts_in_roubles_is_read_in_kopecks() -> None:
    assert coin(b"RU010A", scale=100) == Coin("RU", 1000)


def test_only_coins_of_one_country_are_money() -> None:
    ids = [b"......", b"EU020A", b"GB100A", b"EU100A", b"TK001A"]
    assert kinds(ids) == {2: 20, 4: 100}
    assert kinds(ids, "GB") == {3: 100}
    assert kinds([b"......"]) == {}


def test_the_mask_has_the_first_coin_in_its_lowest_bit() -> None:
    assert (mask([]), mask([1, 3]), mask([16]), mask(range(1, 17))) == (
        b"\x00\x00",
        b"\x05\x00",
        b"\x00\x80",
        b"\xff\xff",
    )


def test_events_are_read_newest_first() -> None:
    seen = reading(bytes([3, 0, 14, 5, 1, 3, 1, 0, 0, 0, 0]))
    assert seen.counter == 3
    assert seen.events == (Event(0, 14), Event(5, 1), Event(3, 1), Event(0, 0), Event(0, 0))
    with pytest.raises(ValueError, match="10 bytes"):
        reading(bytes(10))


def test_a_hopper_tells_a_payout_that_the_power_cut() -> None:
    assert count(bytes([0, 0, 7, 3])) == Count(counter=0, remaining=0, paid=7, unpaid=3)
    with pytest.raises(ValueError, match="3 bytes"):
        count(bytes(3))


def test_names_and_numbers_of_devices() -> None:
    assert serial(bytes.fromhex("4E4605")) == "345678"
    assert text(b"Suzo-Happ\x00 ") == "Suzo-Happ"


def test_of_several_flags_the_gravest_counts_and_a_hopper_that_is_off_is_no_fault() -> None:
    assert fault(flags(b"\x80\x80")) == (Standing.DISABLED, "")
    assert fault(flags(b"\x22\x00")) == (Standing.JAMMED, "cctalk.hopper-blocked")
    assert fault(flags(b"\x02\x00")) == (Standing.DISABLED, "cctalk.hopper-time-out")
    assert fault(flags(b"\x00\x40")) == (Standing.FAULTY, "cctalk.hopper-memory")


def test_every_error_has_a_code_even_one_that_nobody_knows() -> None:
    assert error(14) == "cctalk.credit-sensor-blocked"
    assert error(130) == "cctalk.inhibited"
    assert error(77) == ANOTHER_ERROR


# --- the event counter


class Acceptor:
    """The counter's rules from the device's side, written as simply as they are told."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.counter, self.shown = 0, [Event(0, 0)] * 5

    def happen(self, event: Event) -> None:
        self.counter = 1 if self.counter == 255 else self.counter + 1
        self.shown = [event, *self.shown[:4]]

    def read(self) -> Reading:
        return Reading(self.counter, tuple(self.shown))


@given(st.lists(st.lists(st.tuples(st.integers(1, 16), st.integers(0, 8)), max_size=5), max_size=150))
def test_up_to_five_events_at_a_time_are_each_told_once_and_in_order_round_and_round(
    batches: list[list[tuple[int, int]]],
) -> None:
    device, place = Acceptor(), ("7", 1, 0)
    happened, told = [], []
    for batch in batches:
        for coin_, path in batch:
            device.happen(Event(coin_, path))
            happened.append(Event(coin_, path))
        news = since(place, device.read())
        told += news.events
        place = news.place
        assert (news.lost, news.restarted) == (0, False)
        assert since(place, device.read()).events == ()
    assert [event for _, event in told] == happened
    assert [key for key, _ in told] == [("7", 1, number) for number in range(1, len(happened) + 1)]


@given(st.integers(0, 600), st.integers(6, 254))
def test_more_than_five_new_events_are_lost_but_for_those_that_are_shown(before: int, new: int) -> None:
    device = Acceptor()
    for _ in range(before + new):
        device.happen(Event(1, 1))
    news = since(("7", 1, before), device.read())
    assert news.lost == new - 5
    assert [key[2] for key, _ in news.events] == list(range(before + new - 4, before + new + 1))
    assert news.place == ("7", 1, before + new)


@given(st.integers(5, 600), st.integers(0, 4))
def test_a_reset_is_seen_with_all_that_came_since(before: int, since_reset: int) -> None:
    device = Acceptor()
    for _ in range(since_reset):
        device.happen(Event(0, 2))
    news = since(("7", 1, before), device.read())
    assert (news.restarted, news.lost, news.place) == (True, 0, ("7", 2, since_reset))
    assert [key for key, _ in news.events] == [("7", 2, number) for number in range(1, since_reset + 1)]


@given(st.integers(0, 255), st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), min_size=5, max_size=5))
def test_whatever_a_device_says_is_told_once_at_most(counter: int, pairs: list[tuple[int, int]]) -> None:
    seen = Reading(counter, tuple(Event(*pair) for pair in pairs))
    news = since(("7", 3, 77), seen)
    assert news.place >= ("7", 3, 77)
    assert len(news.events) <= 5
    again = since(news.place, seen)
    assert (again.events, again.lost, again.restarted) == ((), 0, False)


def test_the_counter_goes_from_255_to_1() -> None:
    assert [counter_at(number) for number in (0, 1, 255, 256, 510, 511)] == [0, 1, 255, 1, 255, 1]
