"""Coins through a ccTalk acceptor: each credited once, whatever the line, the device and the host do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cctalk_bench import VALUES, Bench, PowerCut
from hypothesis import given, settings
from hypothesis import strategies as st
from tillpost.devices.cctalk.bus import Bus
from tillpost.devices.cctalk.coins import CoinAcceptor
from tillpost.devices.cctalk.frames import Check, Header
from tillpost.devices.cctalk.simulated import Answer, SimBus, SimCoinAcceptor
from tillpost.devices.lines import simlink
from tillpost.devices.lines.simlink import SimClock, SimLink
from tillpost.devices.nouns import (
    Credited,
    Form,
    Happening,
    Key,
    Left,
    Lost,
    Misuse,
    Rejected,
    Restarted,
    Standing,
    Stood,
    Unanswered,
)
from tillpost.errors import Reason, Retry


def kinds(happenings: list[Happening]) -> list[type[Happening]]:
    return [type(happening) for happening in happenings]


def sale(bench: Bench) -> None:
    """Opens, takes coins one by one and at once, and shuts."""
    bench.open()
    bench.coins.insert(3)
    bench.poll()
    bench.coins.insert(5)
    bench.coins.insert(6)
    bench.poll(2)
    bench.acceptor.enable(())
    bench.coins.insert(1)  # it comes late
    bench.until(lambda: bench.acceptor.standing in (Standing.DISABLED, Standing.FAULTY))
    bench.poll(3)


# --- what it does


@pytest.mark.parametrize("echo", [False, True])
@pytest.mark.parametrize("check", Check)
def test_a_sale_credits_every_coin_once_late_ones_too(echo: bool, check: Check) -> None:
    bench = Bench(echo=echo, check=check)
    sale(bench)
    assert bench.bus.echo is echo
    assert bench.coins.box == [3, 5, 6, 1]
    assert bench.journal.credits == {("4711", 1, n): value for n, value in enumerate([20, 100, 200, 5], 1)}
    assert bench.journal.told == 4
    assert not bench.coins.accepting


def test_a_coin_tells_its_form_and_where_it_went() -> None:
    bench = Bench()
    bench.open()
    bench.coins.insert(3, path=2)
    assert bench.poll() == [Credited(20, ("4711", 1, 1), Form.COIN, "2")]


def test_who_it_is_and_what_it_knows_is_what_it_says() -> None:
    bench = Bench()
    assert bench.acceptor.standing is Standing.OFFLINE
    assert bench.acceptor.denominations() == VALUES
    identity = bench.acceptor.identity()
    assert (identity.serial, identity.model, identity.currency) == ("4711", "Tillpost Simulated", "EU")
    assert kinds(bench.poll()) == [Stood, Stood]


def test_only_wanted_coins_are_let_in() -> None:
    bench = Bench()
    bench.acceptor.enable({20, 100})
    bench.poll(2)
    assert [position for position in range(1, 7) if bench.coins.insert(position)] == [3, 5]
    assert [each.code for each in bench.poll() if isinstance(each, Rejected)] == ["cctalk.inhibited"] * 3
    with pytest.raises(Misuse):
        bench.acceptor.enable({20, 33})


def test_it_holds_nothing_that_could_be_given_back() -> None:
    for use in (Bench().acceptor.accept, Bench().acceptor.give_back):
        with pytest.raises(Misuse):
            use()


def test_coins_stay_enabled_while_credits_are_acknowledged_at_once() -> None:
    bench = Bench()
    bench.open()
    for _ in range(20):
        assert bench.coins.insert(3)
        bench.poll()
        assert bench.coins.accepting
    assert bench.credited == 400


def test_a_credit_that_is_not_acknowledged_is_told_again_and_nothing_more_is_let_in() -> None:
    bench = Bench()
    bench.open()
    bench.coins.insert(3)
    first = bench.acceptor.poll()
    bench.coins.insert(4)
    assert bench.acceptor.poll()[: len(first)] == first
    assert not bench.coins.accepting
    assert bench.journal.place == ("4711", 1, 0)
    bench.poll(3)
    assert bench.credited == 70
    assert bench.coins.accepting
    assert bench.journal.place == ("4711", 1, 2)


def test_closing_lets_nothing_in_any_more() -> None:
    bench = Bench()
    bench.open()
    bench.acceptor.close()
    assert not bench.coins.accepting


def test_an_acceptor_of_another_scale_and_country() -> None:
    clock = SimClock()
    link = SimLink(clock, SimBus([SimCoinAcceptor(["EU020A", "RU001A", "RU010A"])]))
    acceptor = CoinAcceptor(Bus(link, clock), remember=lambda place: None, country="RU", scale=100)
    assert acceptor.denominations() == (100, 1000)


# --- the counter


def test_two_turns_of_the_counter_credit_every_coin_once() -> None:
    bench = Bench()
    bench.open()
    for n in range(180):
        for _ in range(1 + n % 5):
            bench.coins.insert(1)
        bench.poll()
    assert len(bench.coins.box) == len(bench.journal.credits) == bench.journal.told == 540


def test_more_than_five_events_stop_it_with_what_is_shown_credited_until_a_person_has_looked() -> None:
    bench = Bench()
    bench.open()
    for _ in range(8):
        bench.coins.insert(1)
    told = bench.poll()
    assert Lost(3, "cctalk.events-lost") in told
    assert bench.credited == 25
    assert bench.acceptor.standing is Standing.FAULTY
    assert not bench.coins.accepting
    bench.acceptor.enable(VALUES)
    bench.poll(3)
    assert not bench.coins.accepting
    bench.acceptor.reset()
    bench.open()
    bench.coins.insert(1)
    bench.poll()
    assert bench.credited == 30


def test_events_that_were_lost_are_not_forgotten_when_the_device_was_away() -> None:
    bench = Bench()
    bench.open()
    for _ in range(8):
        bench.coins.insert(1)
    bench.poll()
    bench.link.unplug()
    bench.until(lambda: bench.acceptor.standing is Standing.OFFLINE)
    bench.link.plug()
    bench.until(lambda: bench.acceptor.standing is Standing.FAULTY)
    bench.poll(2)
    assert not bench.coins.accepting


def test_a_reset_is_told_and_everything_is_set_anew() -> None:
    bench = Bench()
    sale(bench)
    bench.open()
    bench.coins.cut_power()
    bench.coins.restore_power()
    told: list[Happening] = []
    bench.until(lambda: bool(told.extend(bench.poll()) or Restarted(Left.NOTHING) in told))
    bench.until(lambda: bench.coins.accepting)
    bench.coins.insert(3)
    bench.poll()
    assert ("4711", 2, 1) in bench.journal.credits
    assert bench.credited == bench.in_box


@pytest.mark.parametrize("tells", [False, True])
def test_a_reset_too_short_to_be_noticed_is_mended_by_the_next_round(tells: bool) -> None:
    bench = Bench()
    bench.open()
    bench.coins.insert(3)
    bench.coins._forget()
    if not tells:
        bench.coins.answer = without(bench.coins.answer, Header.MASTER_INHIBIT_STATUS)  # type: ignore[method-assign]
    told = bench.poll()
    assert (Restarted(Left.NOTHING) in told) is tells
    assert bench.coins.accepting


def without(answer: Callable[[int, bytes, float], Answer], header: Header) -> Callable[[int, bytes, float], Answer]:
    return lambda what, data, now: Header.NAK if what == header else answer(what, data, now)


def test_events_from_before_the_first_meeting_are_nobodys_credit() -> None:
    bench = Bench()
    bench.coins.accepting, bench.coins._mask = True, 0xFFFF
    for _ in range(3):
        bench.coins.insert(6)
    bench.open()
    assert bench.credited == 0
    assert bench.journal.place == ("4711", 1, 3)


def test_another_device_begins_its_own_numbers() -> None:
    bench = Bench()
    sale(bench)
    other = Bench()
    other.coins.serial, other.coins._names[242] = 12, bytes([12, 0, 0])
    other.journal.place = bench.journal.place
    other.restart()
    other.open()
    other.coins.insert(1)
    other.poll()
    assert list(other.journal.credits) == [("12", 2, 1)]


def test_a_coin_that_the_device_does_not_know_itself_stops_it() -> None:
    bench = Bench()
    bench.open()
    bench.coins._happen(16, 1)
    assert Lost(1, "cctalk.unknown-coin") in bench.poll()
    assert bench.acceptor.standing is Standing.FAULTY


def test_a_blocked_way_is_a_jam_until_the_devices_own_check_is_good() -> None:
    bench = Bench()
    bench.open()
    bench.coins.fail(14)
    bench.coins.blocked = 2
    assert bench.poll()[:1] == [Rejected("cctalk.credit-sensor-blocked")]
    assert bench.acceptor.standing is Standing.JAMMED
    bench.poll(40)
    assert bench.acceptor.standing is Standing.JAMMED
    bench.coins.blocked = 0
    bench.until(lambda: bench.acceptor.standing is Standing.ACCEPTING)


# --- the line


def test_an_unplugged_line_is_offline_at_once_and_coins_that_fell_meanwhile_are_credited() -> None:
    bench = Bench()
    bench.open()
    bench.link.unplug()
    assert bench.poll() == [Stood(Standing.OFFLINE, "cctalk.line")]
    bench.coins.insert(5)
    bench.poll(5)
    bench.link.plug()
    bench.until(lambda: bench.acceptor.standing is Standing.ACCEPTING)
    assert bench.credited == 100
    assert bench.journal.restarts == 0


def test_a_silent_device_is_offline_after_a_while_and_one_lost_answer_is_not() -> None:
    bench = Bench()
    bench.open()
    bench.link.to_host[bench.link.answered] = simlink.dropped
    bench.poll(3)
    assert bench.acceptor.standing is Standing.ACCEPTING
    bench.coins.cut_power()
    bench.until(lambda: bench.acceptor.standing is Standing.OFFLINE)
    assert bench.stood[-1] == Stood(Standing.OFFLINE, "cctalk.silent")
    bench.restart()
    with pytest.raises(Unanswered):
        bench.acceptor.identity()


def test_an_adapter_that_echoed_and_does_not_any_more_is_blamed_itself() -> None:
    bench = Bench(echo=True)
    bench.open()
    bench.link._echo = False
    bench.coins.cut_power()
    bench.until(lambda: bench.acceptor.standing is Standing.OFFLINE)
    assert bench.stood[-1].code == "cctalk.no-echo"


def test_a_device_that_refuses_is_faulty_and_not_offline() -> None:
    bench = Bench()
    bench.coins._names.clear()
    bench.poll()
    assert bench.stood[-1] == Stood(Standing.FAULTY, "cctalk.refused")
    before = len(bench.stood)
    bench.poll(3)
    assert len(bench.stood) == before


FAULTS: dict[str, simlink.Fault] = {
    "dropped": simlink.dropped,
    "twice": simlink.twice,
    "twice late": simlink.twice_late(0.25),
    "late": simlink.late(0.25),
    "very late": simlink.late(0.7),
    "cut": simlink.cut(3),
    "cut at the end": simlink.cut(-1),
    "in parts": simlink.in_parts(2, 0.03),
    "torn": simlink.in_parts(2, 0.1),
    "noisy": simlink.noisy(b"\x01\x0b\x02\x00\xff", b"\x01\x03"),
    "flipped": simlink.flipped(37),
}


def writes_of(act: Callable[[Bench], None], echo: bool = False) -> int:
    bench = Bench(echo=echo)
    act(bench)
    return bench.link.written


MET = 45  # writes, about, until the device is known: the sweep takes each of the rest


@pytest.mark.parametrize("echo", [False, True])
@pytest.mark.parametrize("to_host", [False, True])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_bad_frame_anywhere_in_a_sale_leaves_each_coin_credited_once(
    fault: simlink.Fault, to_host: bool, echo: bool
) -> None:
    for position in range(MET, writes_of(sale, echo) + 1):
        bench = Bench(echo=echo)
        (bench.link.to_host if to_host else bench.link.to_device)[position] = fault
        sale(bench)
        assert bench.journal.told == len(bench.coins.box), position
        assert bench.credited == bench.in_box, position
        assert bench.journal.lost == []


faults = st.sampled_from(sorted(FAULTS.values(), key=id)) | st.builds(
    simlink.noisy, st.binary(max_size=30), st.binary(max_size=30)
)


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(st.integers(0, 90), faults, max_size=12),
    st.dictionaries(st.integers(0, 90), faults | st.builds(simlink.flipped, st.integers(0, 200)), max_size=12),
    st.booleans(),
)
def test_many_bad_frames_never_raise_and_never_credit_twice(
    to_device: dict[int, simlink.Fault], to_host: dict[int, simlink.Fault], echo: bool
) -> None:
    bench = Bench(echo=echo)
    bench.link.to_device.update(to_device)
    bench.link.to_host.update(to_host)
    sale(bench)
    bench.poll(20)
    assert bench.journal.told == len(bench.journal.credits)
    assert bench.credited == bench.in_box


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 80), st.binary(max_size=40)), max_size=20))
def test_nothing_that_is_on_the_line_credits_what_is_not_in_the_box(noise: list[tuple[int, bytes]]) -> None:
    bench = Bench()
    bench.link.to_host.update({at: lambda _, data=data: [(0.0, data)] for at, data in noise})  # type: ignore[misc]
    bench.acceptor.enable(VALUES)
    bench.poll(12)
    assert bench.journal.credits == {}


# --- power cuts


def test_a_host_without_power_at_any_step_credits_each_coin_once_when_it_is_back() -> None:
    whole = Bench()
    sale(whole)
    for step in range(1, whole.steps + 1):
        bench = Bench()
        bench.at_step[step] = bench.cut
        with pytest.raises(PowerCut):
            sale(bench)
        bench.coins.insert(2)  # where it is let in, nobody sees it fall
        bench.restart()
        sale(bench)
        assert bench.credited == bench.in_box, step
        assert len(bench.journal.credits) == len(bench.coins.box), step
        assert bench.journal.lost == []


@pytest.mark.parametrize("journalled", [False, True])
def test_a_host_without_power_between_credit_and_acknowledgement_hears_of_the_same_key_again(
    journalled: bool,
) -> None:
    bench = Bench()
    bench.open()
    bench.coins.insert(3)
    bench.coins.insert(4)
    credits_ = [each for each in bench.acceptor.poll() if isinstance(each, Credited)]
    if journalled:
        bench.acceptor.acknowledge(credits_[0])
    bench.restart()
    again: list[Happening] = []
    bench.until(lambda: bool(again.extend(bench.poll()) or len(again) > 2))
    assert [each for each in again if isinstance(each, Credited)] == credits_[1 if journalled else 0 :]


@pytest.mark.parametrize("written", [False, True])
def test_a_host_without_power_while_it_writes_its_place_down_credits_each_coin_once(written: bool) -> None:
    for which in range(5):
        bench = Bench()
        left, keep = [which], bench.journal.keep

        def cut(place: Key, left: list[int] = left, keep: Callable[[Key], None] = keep) -> None:
            left[0] -= 1
            if left[0] >= 0 or written:
                keep(place)
            if left[0] == -1:
                raise PowerCut

        bench.journal.keep = cut  # type: ignore[method-assign]
        bench.restart()
        with pytest.raises(PowerCut):
            sale(bench)
        bench.restart()
        sale(bench)
        assert (bench.credited, len(bench.journal.credits)) == (bench.in_box, len(bench.coins.box))


def test_where_its_place_cannot_be_written_down_nothing_is_let_in() -> None:
    bench = Bench()

    def full(_place: Key) -> None:
        raise Retry(Reason("journal.full"))

    bench.acceptor = CoinAcceptor(bench.bus, remember=full)
    bench.acceptor.enable(VALUES)
    for _ in range(5):
        with pytest.raises(Retry):
            bench.acceptor.poll()
    assert not bench.coins.accepting


def test_a_device_without_power_at_any_step_never_credits_twice_and_says_that_it_was_away() -> None:
    whole = Bench()
    sale(whole)
    for step in range(1, whole.steps + 1):
        bench = Bench()

        def blink(bench: Bench = bench) -> None:
            bench.coins.cut_power()
            bench.coins.restore_power()

        bench.at_step[step] = blink
        sale(bench)
        sale(bench)
        assert bench.journal.told == len(bench.journal.credits), step
        assert bench.credited <= bench.in_box, step
        if bench.credited < bench.in_box:
            assert bench.journal.restarts or bench.journal.lost, step
        assert sum(lost.events for lost in bench.journal.lost) <= len(bench.coins.box) - bench.journal.told, step
