"""Pay-outs over eSSP: what leaves the device is what is told, whatever the line, the device and the host do."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ssp_bench import STOCK, Bench, PowerCut
from tillpost.devices.lines import simlink
from tillpost.devices.lines.simlink import SimClock, SimLink
from tillpost.devices.nouns import Lost, Misuse, Paid, Pieces, Standing, Unanswered
from tillpost.devices.promises import Dispenser
from tillpost.devices.ssp.events import Code
from tillpost.devices.ssp.messages import fewer, packed
from tillpost.devices.ssp.payout import SspPayout
from tillpost.devices.ssp.paystates import PAY_MOVES, PAY_STANDINGS, PayState
from tillpost.devices.ssp.session import SspSession
from tillpost.devices.ssp.simulated import SimSspDevice

WANTED = (Pieces(5_000, 3), Pieces(50_000, 1))


@pytest.fixture
def bench() -> Bench:
    one = Bench()
    one.turns(25)
    return one


def test_it_is_a_dispenser(bench: Bench) -> None:
    dispenser: Dispenser = bench.payout
    assert (dispenser.standing, dispenser.identity().model) == (Standing.DISABLED, "SMART Payout")


@pytest.mark.parametrize("version", [6, 8])
def test_what_is_asked_for_comes_out_and_its_end_is_told_once(version: int) -> None:
    bench = Bench(version=version)
    bench.turns(25)
    for pieces in ((Pieces(10_000, 1),), WANTED):
        bench.pay(pieces)
        assert bench.told[-1] == Paid(pieces)
    bench.turns(30)
    assert len(bench.told) == 2
    assert bench.paid_out == bench.told_paid == 75_000


def test_it_is_busy_while_it_pays_and_begins_nothing_else(bench: Bench) -> None:
    bench.begin(WANTED)
    assert bench.payout.standing is Standing.BUSY
    for use in (bench.payout.counter, lambda: bench.payout.dispense(WANTED)):
        with pytest.raises(Misuse):
            use()
    bench.turns(40)
    assert bench.payout.standing is Standing.DISABLED
    assert bench.told == [Paid(WANTED)]


@pytest.mark.parametrize("pieces", [(), *((Pieces(*one),) for one in ((5_000, 0), (5_000, 11), (700, 1), (5_000, -1)))])
def test_only_what_is_stored_is_paid(bench: Bench, pieces: tuple[Pieces, ...]) -> None:
    with pytest.raises(Misuse):
        bench.payout.dispense(pieces)
    bench.turns(20)
    assert bench.device.paid_out == []


def test_a_payout_of_what_has_changed_since_it_was_counted_is_not_begun(bench: Bench) -> None:
    bench.payout.counter()
    bench.device.to_cashbox(5_000)
    with pytest.raises(Misuse):
        bench.payout.dispense(WANTED)
    bench.turns(20)
    assert bench.device.paid_out == []


def test_a_payout_that_is_stopped_tells_what_had_come_out(bench: Bench) -> None:
    bench.begin((Pieces(5_000, 8),))
    bench.turns(12)
    bench.payout.stop()
    bench.turns(10)
    count = len(bench.device.paid_out)
    assert 0 < count < 8
    assert bench.told == [Paid((Pieces(5_000, count),), (Pieces(5_000, 8 - count),), "ssp.payout-stopped")]
    with pytest.raises(Misuse):
        bench.payout.stop()


def test_after_a_jam_was_freed_a_reset_makes_it_pay_again(bench: Bench) -> None:
    bench.begin((Pieces(5_000, 8),))
    with pytest.raises(Misuse):
        bench.payout.reset()
    bench.turns(6)
    bench.device.jam()
    bench.turns(30)
    assert bench.payout.standing is Standing.JAMMED
    bench.device.clear()
    bench.payout.reset()
    bench.turns(40)
    assert bench.payout.standing is Standing.DISABLED
    bench.pay((Pieces(10_000, 1),))
    assert bench.told[-1] == Paid((Pieces(10_000, 1),))


def test_a_jam_is_told_with_what_had_come_out(bench: Bench) -> None:
    bench.begin((Pieces(5_000, 8),))
    bench.turns(12)
    bench.device.jam()
    bench.turns(10)
    count = len(bench.device.paid_out)
    assert bench.told == [Paid((Pieces(5_000, count),), (Pieces(5_000, 8 - count),), "ssp.payout-jammed")]
    assert bench.payout.standing is Standing.JAMMED
    bench.device.clear()
    bench.pay(WANTED)
    assert bench.payout.standing is Standing.DISABLED


def test_a_device_that_lost_its_power_tells_how_much_had_come_out(bench: Bench) -> None:
    bench.begin((Pieces(5_000, 8),))
    bench.turns(12)
    bench.cut_device()
    bench.turns(60)
    count = len(bench.device.paid_out)
    assert bench.told == [Paid((Pieces(5_000, count),), (Pieces(5_000, 8 - count),), "ssp.payout-power")]


def test_a_piece_that_has_gone_and_was_not_paid_is_for_a_person(bench: Bench) -> None:
    bench.begin(WANTED)
    bench.device.to_cashbox(10_000)
    bench.turns(40)
    assert bench.told == []
    assert Lost(4, "ssp.outcome-unknown") in bench.happenings


def test_a_device_that_forgets_its_payout_is_for_a_person_only_where_something_has_gone(bench: Bench) -> None:
    for turns, unknown in ((2, 0), (12, 40_000)):
        bench.begin((Pieces(5_000, 8),))
        bench.turns(turns)
        bench.device.cut_power()
        bench.device.power_on(forgetful=True)
        bench.turns(150)
        assert bench.unknown == unknown
    assert bench.told == [Paid((), (Pieces(5_000, 8),), "ssp.payout-never-began")]


def test_a_payout_whose_command_never_arrived_never_began(bench: Bench) -> None:
    counter = bench.payout.counter()
    bench.device.powered = False
    with pytest.raises(Unanswered):
        bench.payout.dispense(WANTED)
    with pytest.raises(Unanswered):
        bench.payout.outcome(counter)
    bench.device.powered = True
    bench.turns(10)
    assert bench.payout.outcome(counter) is None
    bench.turns(20)
    assert bench.device.paid_out == []


def test_outcome_after_a_restart_of_the_host_waits_for_the_end(bench: Bench) -> None:
    bench.begin(WANTED)
    bench.turns(4)
    bench.restart()
    bench.resolve()
    assert bench.told == [Paid(WANTED)]


def test_the_end_of_an_earlier_payout_is_not_taken_for_that_of_the_next(bench: Bench) -> None:
    bench.begin(WANTED)
    bench.turns(4)
    bench.clock.sleep(10)
    bench.restart()  # and nobody asks what became of it
    bench.begin(WANTED)
    assert len(bench.device.paid_out) == 4
    bench.turns(40)
    assert bench.told == [Paid(WANTED)]
    assert bench.paid_out == 2 * bench.told_paid


def test_a_device_that_refuses_pays_nothing_and_says_why(bench: Bench) -> None:
    bench.device.jam(Code.UNSAFE_JAM)
    with pytest.raises(Misuse) as trouble:
        bench.payout.dispense(WANTED)
    assert trouble.value.reason.code == "ssp.payout-disabled"


def test_silence_is_offline_and_told_once(bench: Bench) -> None:
    bench.device.powered = False
    bench.turns(30)
    assert bench.payout.standing is Standing.OFFLINE
    assert [one.code for one in bench.stood].count("ssp.silent") == 2  # by the session, and by the pay-out


def test_in_the_clear_nothing_can_be_paid() -> None:
    clock = SimClock()
    with pytest.raises(Misuse):
        SspPayout(SspSession(SimLink(clock, SimSspDevice(clock)), clock), clock)


@given(st.dictionaries(st.integers(1, 10**6), st.integers(0, 3000), min_size=1, max_size=8), st.data())
def test_what_has_gone_is_read_off_the_packed_levels(levels: dict[int, int], data: st.DataObject) -> None:
    most = 2 ** (63 // len(levels)) // 2 - 1
    gone = {value: data.draw(st.integers(-min(count, most), min(count, most))) for value, count in levels.items()}
    assert packed(levels) < 2**63
    assert fewer(packed(levels), {value: levels[value] - gone[value] for value in levels}) == gone


def test_every_state_stands_for_something_and_is_reached() -> None:
    assert set(PAY_STANDINGS) == set(PayState)
    assert {*PAY_MOVES.values()} == set(PayState)


# --- faults

FAULTS = (
    simlink.dropped,
    simlink.twice,
    simlink.late(0.4),
    simlink.late(1.2),
    simlink.late(2.0),
    simlink.late(7.0),
    simlink.twice_late(0.2),
    simlink.twice_late(1.0),
    simlink.cut(-1),
    simlink.flipped(41),
)


def payday(bench: Bench) -> None:
    bench.pay((Pieces(10_000, 2),))
    bench.pay((Pieces(5_000, 1), Pieces(50_000, 1)))


@pytest.mark.parametrize("side", ["to_device", "to_host"])
def test_a_packet_lost_late_doubled_cut_or_spoilt_pays_nothing_twice(side: str) -> None:
    clean = Bench()
    clean.turns(25)
    first = clean.link.written
    payday(clean)
    for at in range(first, clean.link.written, 3):
        bench = Bench()
        bench.turns(25)
        getattr(bench.link, side)[at] = FAULTS[at // 3 % len(FAULTS)]
        payday(bench)
        bench.turns(10)
        assert (bench.paid_out, bench.told_paid, bench.unknown) == (75_000, 75_000, 0), at


def test_power_cuts_at_any_step_of_a_payout_leave_nothing_untold() -> None:
    clean = Bench()
    clean.turns(25)
    first = clean.steps
    payday(clean)
    for at in range(first, clean.steps, 4):
        bench = Bench()
        bench.turns(25)
        bench.at_step[at] = (bench.cut, bench.cut_device, bench.cut_both)[at // 4 % 3]
        try:
            payday(bench)
        except PowerCut:
            bench.restart()
            bench.resolve()
        bench.turns(30)
        assert bench.told_paid <= bench.paid_out <= bench.told_paid + bench.unknown, at
        assert sum(STOCK.values()) - sum(bench.device.stock.values()) == len(bench.device.paid_out), at


@settings(max_examples=15)
@given(st.integers(0, 2**32))
def test_a_storm_of_faults_pays_nothing_that_is_not_told_or_unknown(seed: int) -> None:
    dice = random.Random(seed)
    bench = Bench()
    bench.turns(25)
    for at in range(150):
        for side, now in ((bench.link.to_device, bench.link.written), (bench.link.to_host, bench.link.answered)):
            if dice.random() < 0.06:
                side[now + at] = dice.choice(FAULTS)
    payday(bench)
    bench.turns(30)
    assert bench.told_paid <= bench.paid_out <= bench.told_paid + bench.unknown
