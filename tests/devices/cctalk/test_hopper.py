"""Pay-outs of a ccTalk hopper: what leaves it is what is told, whatever the line, the device and the host do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cctalk_bench import Bench, PowerCut
from hypothesis import given, settings
from hypothesis import strategies as st
from tillpost.devices.cctalk.frames import Header
from tillpost.devices.cctalk.messages import OFF, Count
from tillpost.devices.cctalk.payouts import Fate, fate, packed, unpacked
from tillpost.devices.lines import simlink
from tillpost.devices.nouns import Happening, Lost, Misuse, Paid, Pieces, Standing, Stood, Unanswered

COINS = 20  # the denomination of the bench's hopper


def of(number: int) -> tuple[Pieces, ...]:
    return (Pieces(COINS, number),) if number else ()


def ready(bench: Bench) -> Bench:
    bench.hopper.poll()
    return bench


def told(bench: Bench, rounds: int = 40) -> list[Happening]:
    return [happening for _ in range(rounds) for happening in bench.hopper.poll()]


# --- what it does


@pytest.mark.parametrize("echo", [False, True])
@pytest.mark.parametrize("cipher", [None, lambda key: bytes(byte ^ 0x5A for byte in key)], ids=["serial", "cipher"])
def test_what_is_asked_for_comes_out_and_its_end_is_told_once(
    echo: bool, cipher: Callable[[bytes], bytes] | None
) -> None:
    bench = Bench(echo=echo, cipher=cipher)
    for number in (1, 7, 30):
        assert bench.pay(number) == Paid(of(number))
    assert (bench.box.out, bench.box.stock) == (38, 12)
    assert not [each for each in told(bench) if isinstance(each, Paid)]


def test_who_it_is_and_how_it_stands() -> None:
    bench = Bench()
    assert bench.hopper.standing is Standing.OFFLINE
    identity = bench.hopper.identity()
    assert (identity.serial, identity.model) == ("345678", "Tillpost Simulated")
    assert bench.hopper.standing is Standing.DISABLED
    bench.hopper.dispense(of(2))
    assert bench.hopper.standing is Standing.BUSY
    told(bench)
    assert bench.hopper.standing is Standing.DISABLED


def test_after_a_payout_it_is_shut() -> None:
    bench = Bench()
    bench.pay(2)
    assert bench.box.flags & OFF
    data = bench.box.serial.to_bytes(3, "little") + b"\x05"
    assert bench.box.answer(Header.DISPENSE, data, bench.clock.monotonic()) is Header.NAK


@pytest.mark.parametrize(
    "pieces", [(), of(0), of(256), (Pieces(50, 1),), (Pieces(20, 1), Pieces(50, 1)), (Pieces(20, -1),)]
)
def test_only_its_own_coins_in_a_number_that_it_can_count_are_paid(pieces: tuple[Pieces, ...]) -> None:
    bench = ready(Bench())
    before = bench.link.written
    with pytest.raises(Misuse):
        bench.hopper.dispense(pieces)
    assert bench.link.written == before


def test_while_it_pays_it_begins_nothing_else() -> None:
    bench = Bench()
    bench.hopper.dispense(of(5))
    for use in (bench.hopper.counter, lambda: bench.hopper.dispense(of(1))):
        with pytest.raises(Misuse):
            use()
    told(bench)
    assert bench.box.out == 5


def test_an_empty_hopper_tells_what_came_out_and_what_did_not() -> None:
    bench = Bench(stock=3)
    assert bench.pay(5) == Paid(of(3), of(2), "cctalk.hopper-time-out")
    assert bench.hopper.standing is Standing.DISABLED


def test_a_jam_is_told_and_a_payout_after_it_may_be_tried() -> None:
    bench = Bench()
    bench.hopper.dispense(of(5))
    bench.hopper.poll()
    bench.hopper.poll()
    bench.box.jammed = True
    (paid,) = [each for each in told(bench) if isinstance(each, Paid)]
    assert paid.code == "cctalk.hopper-blocked"
    assert (paid.paid, paid.unpaid) == (of(bench.box.out), of(5 - bench.box.out))
    assert bench.hopper.standing is Standing.JAMMED
    bench.box.jammed = False
    assert bench.pay(2) == Paid(of(2))


def test_a_freed_hopper_shows_its_jam_no_more_once_it_is_reset() -> None:
    bench = Bench(stock=50)
    bench.box.jammed = True
    bench.hopper.dispense(of(2))
    told(bench)
    assert bench.hopper.standing is Standing.JAMMED
    bench.hopper.reset()
    bench.box.jammed = False
    told(bench)
    assert bench.hopper.standing is Standing.DISABLED
    assert bench.pay(2) == Paid(of(2))


def test_a_hopper_is_not_reset_while_it_pays_whoever_made_it_pay() -> None:
    bench = Bench()
    bench.hopper.dispense(of(5))
    with pytest.raises(Misuse):
        bench.hopper.reset()
    bench.restart()
    with pytest.raises(Misuse):
        bench.hopper.reset()
    told(bench)
    assert bench.box.out == 5


@pytest.mark.parametrize(("flags", "standing"), [(1 << 14 | OFF, Standing.FAULTY), (1 | OFF, Standing.JAMMED)])
def test_a_fault_that_it_shows_at_rest_is_how_it_stands_until_it_is_gone(flags: int, standing: Standing) -> None:
    bench = ready(Bench())
    bench.box.flags = flags
    told(bench)
    assert bench.hopper.standing is standing
    bench.box.flags = OFF
    told(bench)
    assert bench.hopper.standing is Standing.DISABLED


def test_a_payout_that_is_stopped_tells_what_had_come_out() -> None:
    bench = Bench()
    bench.hopper.dispense(of(20))
    for _ in range(4):
        bench.hopper.poll()
    bench.hopper.stop()
    (paid,) = [each for each in told(bench) if isinstance(each, Paid)]
    assert paid == Paid(of(bench.box.out), of(20 - bench.box.out), "cctalk.hopper-stopped")
    assert 0 < bench.box.out < 20


def test_a_hopper_that_refuses_pays_nothing_and_says_so() -> None:
    bench = Bench()
    bench.box._cipher = lambda key: key  # it wants what this host does not have
    ready(bench)
    with pytest.raises(Misuse):
        bench.hopper.dispense(of(3))
    bench.settle()
    assert bench.box.out == 0


def test_a_hopper_that_was_restarted_since_its_counter_was_journalled_is_not_made_to_pay() -> None:
    bench = Bench()
    bench.pay(3)
    bench.hopper.counter()
    bench.box._forget()
    with pytest.raises(Misuse):
        bench.hopper.dispense(of(3))
    assert bench.pay(3) == Paid(of(3))
    assert bench.box.out == 6


def test_a_silent_hopper_is_offline_and_pays_nothing() -> None:
    bench = ready(Bench())
    bench.box.cut_power()
    with pytest.raises(Unanswered):
        bench.hopper.counter()
    told(bench, 6)
    assert bench.hopper.standing is Standing.OFFLINE
    bench.box.restore_power()
    told(bench, 4)
    assert bench.hopper.standing is Standing.DISABLED


def test_a_line_that_is_gone_in_a_payout_hides_nothing_of_its_end() -> None:
    bench = Bench()
    bench.hopper.dispense(of(10))
    bench.hopper.poll()
    bench.link.unplug()
    assert bench.hopper.poll() == [Stood(Standing.OFFLINE, "cctalk.line")]
    told(bench, 5)
    bench.link.plug()
    assert Paid(of(10)) in told(bench)
    assert bench.box.out == 10


def test_another_hopper_in_its_place_leaves_the_payout_to_a_person() -> None:
    bench = Bench()
    bench.hopper.dispense(of(10))
    bench.link.unplug()
    bench.hopper.poll()
    bench.box._names[Header.SERIAL] = b"\x01\x00\x00"
    bench.link.plug()
    assert Lost(10, "cctalk.replaced") in told(bench)


def test_a_device_that_refuses_is_faulty_and_not_offline() -> None:
    bench = Bench()
    bench.box._names.clear()
    told(bench, 3)
    assert bench.hopper.standing is Standing.FAULTY


# --- the outcome


def test_outcome_waits_for_a_payout_that_is_under_way_and_is_told_once() -> None:
    bench = Bench()
    counter = bench.hopper.dispense(of(9))
    assert bench.hopper.outcome(counter) == Paid(of(9))
    assert not [each for each in told(bench) if isinstance(each, Paid)]
    assert bench.hopper.outcome(counter) == Paid(of(9))


@pytest.mark.parametrize("before", [0, 1, 254, 255])
def test_outcome_of_what_was_journalled_and_never_sent_is_none_again_and_again(before: int) -> None:
    bench = Bench()
    bench.box._counter, bench.box._paid = before, 3
    counter = bench.hopper.counter()
    for _ in range(3):
        bench.restart()
        assert bench.hopper.outcome(counter) is None
    bench.hopper.counter()
    bench.hopper.dispense(of(3))
    told(bench)
    for _ in range(2):
        bench.restart()
        assert bench.hopper.outcome(counter) == Paid(of(3))


def test_outcome_after_a_power_cut_in_the_middle_is_what_the_hopper_remembers() -> None:
    bench = Bench()
    counter = bench.hopper.dispense(of(10))
    for _ in range(6):
        bench.hopper.poll()
    bench.box.cut_power()
    bench.box.restore_power()
    bench.restart()
    bench.clock.sleep(1)
    with pytest.raises(Unanswered):
        bench.hopper.outcome(counter)
    bench.clock.sleep(1)
    out = bench.box.out
    assert 0 < out < 10
    assert bench.hopper.outcome(counter) == Paid(of(out), of(10 - out), "cctalk.hopper-power")


def test_outcome_where_the_numbers_could_be_those_from_before_is_unknown() -> None:
    bench = Bench()
    bench.pay(3)
    counter = bench.hopper.counter()
    bench.box._forget()
    with pytest.raises(Unanswered, match="cannot tell"):
        bench.hopper.outcome(counter)


def test_outcome_where_somebody_else_made_it_pay_is_unknown() -> None:
    bench = Bench()
    counter = bench.hopper.counter()
    bench.box._counter = 7
    with pytest.raises(Unanswered, match="cannot tell"):
        bench.hopper.outcome(counter)


numbers = st.integers(0, 255)
counts = st.builds(Count, numbers, st.just(0), numbers, numbers)


@given(counts)
def test_what_is_journalled_is_read_again(count: Count) -> None:
    assert unpacked(packed(count)) == count
    assert packed(count) & 0xFF == count.counter


@given(counts, st.integers(1, 255), st.data())
def test_the_judgement_is_never_wrong(before: Count, number: int, data: st.DataObject) -> None:
    """A hopper by its rules: made ready, then perhaps told, perhaps reset before or behind, perhaps ended early."""
    counter, paid, unpaid, on, began = before.counter, before.paid, before.unpaid, True, False
    if data.draw(st.booleans(), "reset before"):
        counter, on = 0, False
    if on and data.draw(st.booleans(), "told"):
        counter, began = counter % 255 + 1, True
        paid = data.draw(st.integers(0, number))
        unpaid = number - paid
    if data.draw(st.booleans(), "reset behind"):
        counter, on = 0, False
    now = Count(counter, 0, paid, unpaid)
    for known in (None, number):
        judged = fate(before, now, stayed_on=on, number=known)
        assert judged in (Fate.UNKNOWN, Fate.BEGAN if began else Fate.NEVER)
    if on:
        assert judged is not Fate.UNKNOWN


# --- bad frames

FAULTS: dict[str, simlink.Fault] = {
    "dropped": simlink.dropped,
    "twice": simlink.twice,
    "late": simlink.late(0.25),
    "cut": simlink.cut(3),
    "cut at the end": simlink.cut(-1),
    "in parts": simlink.in_parts(2, 0.03),
    "torn": simlink.in_parts(2, 0.1),
    "noisy": simlink.noisy(b"\x01\x04\x03\x00\xff", b"\x01\x03"),
    "flipped": simlink.flipped(37),
}
ANSWERS = {**FAULTS, "twice late": simlink.twice_late(0.25), "very late": simlink.late(0.7)}
# A command that comes twice, the second time when the first is done, is another command: no wire does that.


def day(bench: Bench) -> None:
    for number in (4, 1):
        assert bench.pay(number) is not None


def length_of_a_day(cipher: Callable[[bytes], bytes] | None = None) -> tuple[int, int]:
    bench = Bench(cipher=cipher)
    day(bench)
    return bench.link.written, bench.steps


@pytest.mark.parametrize("to_host", [False, True])
@pytest.mark.parametrize("fault", ANSWERS)
def test_a_bad_frame_anywhere_in_a_payout_changes_no_coin(fault: str, to_host: bool) -> None:
    if not to_host and fault not in FAULTS:
        return
    for position in range(length_of_a_day()[0] + 1):
        bench = Bench()
        (bench.link.to_host if to_host else bench.link.to_device)[position] = ANSWERS[fault]
        day(bench)
        bench.settle()
        assert bench.stock - bench.box.stock == bench.told_out == 5, position


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.integers(0, 60), st.sampled_from(sorted(FAULTS)), max_size=10),
    st.dictionaries(st.integers(0, 60), st.sampled_from(sorted(ANSWERS)), max_size=10),
    st.booleans(),
)
def test_many_bad_frames_pay_nothing_that_is_not_told(
    to_device: dict[int, str], to_host: dict[int, str], echo: bool
) -> None:
    bench = Bench(echo=echo)
    bench.link.to_device.update({at: FAULTS[name] for at, name in to_device.items()})
    bench.link.to_host.update({at: ANSWERS[name] for at, name in to_host.items()})
    for number in (4, 1):
        bench.pay(number)
    assert bench.adds_up()


# --- power cuts


def test_a_host_without_power_at_any_step_learns_what_became_of_its_payout() -> None:
    for step in range(1, length_of_a_day()[1] + 1):
        bench = Bench()
        bench.at_step[step] = bench.cut
        with pytest.raises(PowerCut):
            day(bench)
        bench.restart()
        assert bench.resolve() is not None, step
        bench.settle()
        assert bench.stock - bench.box.stock == bench.told_out, step
        day(bench)
        assert bench.adds_up()


@pytest.mark.parametrize("away", [0.0, 5.0])
@pytest.mark.parametrize("restarted", [False, True])
def test_a_hopper_without_power_at_any_step_pays_what_is_told_or_it_is_unknown(away: float, restarted: bool) -> None:
    for step in range(1, length_of_a_day()[1] + 1):
        bench = Bench()

        def blink(bench: Bench = bench) -> None:
            bench.box.turn(bench.clock.monotonic())
            bench.box.cut_power()
            bench.clock.sleep(away)
            bench.box.restore_power()
            if restarted:
                bench.cut()

        bench.at_step[step] = blink
        try:
            for number in (4, 1):
                bench.pay(number)
        except PowerCut:
            bench.restart()
            bench.resolve()
        assert bench.adds_up(), step
        assert bench.stock - bench.box.stock <= 5
        bench.pay(2)
        assert bench.adds_up(), step
