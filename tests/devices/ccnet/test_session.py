"""A till's side of CCNET against the simulated validator: whole sales, bad lines, power cuts, and one credit each."""

from __future__ import annotations

import pytest
from ccnet_till import ALL, VALUES, Scene
from tillpost.devices.ccnet.frames import Command, command, frame
from tillpost.devices.ccnet.session import CcnetSession
from tillpost.devices.ccnet.simulated import SimValidator
from tillpost.devices.ccnet.states import State
from tillpost.devices.lines import simlink
from tillpost.devices.lines.simlink import SimClock, SimLink
from tillpost.devices.nouns import (
    Credited,
    Escrowed,
    GivenBack,
    Happening,
    Left,
    Lost,
    Misuse,
    Rejected,
    Restarted,
    Standing,
    Stood,
    Unanswered,
)
from tillpost.devices.promises import Acceptor

SERIAL = "21KC12345678"


@pytest.fixture
def scene() -> Scene:
    one = Scene()
    one.ready()
    return one


def notes(scene: Scene) -> list[Happening]:
    return scene.till.kinds_told(Escrowed, Credited, GivenBack, Rejected, Lost, Restarted)


def test_it_is_an_acceptor() -> None:
    clock = SimClock()
    acceptor: Acceptor = CcnetSession(SimLink(clock, SimValidator(clock)), clock)
    assert acceptor.standing is Standing.OFFLINE


def test_it_says_who_it_is_and_what_it_knows_from_its_own_table(scene: Scene) -> None:
    identity = scene.till.session.identity()
    assert (identity.serial, identity.model, identity.currency) == (SERIAL, "SM-RU1353", "RUS")
    assert scene.till.session.denominations() == ALL


def test_identity_is_read_before_the_first_poll_too() -> None:
    clock = SimClock()
    session = CcnetSession(SimLink(clock, SimValidator(clock)), clock)
    assert session.identity().serial == SERIAL
    assert session.poll() == [Restarted(Left.NOTHING), Stood(Standing.STARTING)]


def test_identity_of_a_silent_device_is_unanswered_after_some_seconds() -> None:
    clock = SimClock()
    device = SimValidator(clock)
    device.cut_power()
    session = CcnetSession(SimLink(clock, device), clock)
    with pytest.raises(Unanswered):
        session.identity()
    assert clock.monotonic() < 8


def test_identity_of_a_device_that_was_left_taking_notes_is_read_when_it_is_stopped() -> None:
    scene = Scene()
    scene.ready()
    session = CcnetSession(scene.link, scene.clock)
    assert session.denominations() == ALL
    assert scene.device.state is State.DISABLED


def test_start_goes_from_power_up_by_a_reset_to_accepting(scene: Scene) -> None:
    assert scene.till.told == [
        Restarted(Left.NOTHING),
        Stood(Standing.STARTING),
        Stood(Standing.DISABLED),
        Stood(Standing.ACCEPTING),
    ]


def test_a_sale_ends_in_one_credit_with_its_key(scene: Scene) -> None:
    scene.insert(5)
    scene.settle()
    key = (SERIAL, 1, 1)
    assert notes(scene)[1:] == [Escrowed(50_000, key), Credited(50_000, key)]
    assert scene.device.cassette == [5]
    scene.insert(3)
    scene.settle()
    assert notes(scene)[-1] == Credited(5_000, (SERIAL, 1, 2))


def test_every_note_is_held_before_anybody_takes_it(scene: Scene) -> None:
    orders = [data for side, data in scene.link.trace if side == "host" and data[3] == Command.ENABLE]
    assert orders[-1] == bytes.fromhex("02030C340000FC0000FCEBD1")


def test_a_refused_note_goes_back_and_is_no_money(scene: Scene) -> None:
    scene.accepts = lambda _note: False
    scene.insert(3)
    scene.settle()
    assert notes(scene)[1:] == [Escrowed(5_000, (SERIAL, 1, 1)), GivenBack(5_000)]
    assert scene.device.given_back == [3]
    assert scene.journal.amount == 0


def test_a_note_is_held_for_as_long_as_its_owner_thinks(scene: Scene) -> None:
    scene.accepts = lambda _note: None
    scene.insert(4)
    scene.till.until(lambda: scene.till.kinds_told(Escrowed))
    began = scene.clock.monotonic()
    while scene.clock.monotonic() < began + 60:
        scene.till.turn()
    assert scene.till.kinds_told(GivenBack) == []
    scene.till.session.accept()
    scene.settle()
    assert scene.device.cassette == [4]
    assert len(scene.till.kinds_told(Credited)) == 1


def test_a_note_that_nobody_decides_on_goes_back_by_itself_and_is_told(scene: Scene) -> None:
    scene.accepts = lambda _note: None
    scene.insert(4)
    scene.till.until(lambda: scene.till.kinds_told(Escrowed))
    scene.clock.sleep(30)
    scene.settle()
    assert notes(scene)[-1] == GivenBack(10_000)
    with pytest.raises(Misuse):
        scene.till.session.accept()
    with pytest.raises(Misuse):
        scene.till.session.give_back()


def test_stack_for_a_note_that_has_just_gone_back_is_refused_and_credits_nothing(scene: Scene) -> None:
    scene.accepts = lambda _note: None
    scene.insert(4)
    scene.till.until(lambda: scene.till.kinds_told(Escrowed))
    scene.clock.sleep(30)
    with pytest.raises(Misuse):
        scene.till.session.accept()
    scene.settle()
    assert notes(scene)[-1] == GivenBack(10_000)
    assert scene.till.kinds_told(Credited, Lost) == []


def test_a_stacked_note_is_not_acknowledged_before_it_is_journalled(scene: Scene) -> None:
    scene.insert(5)
    scene.till.until(lambda: scene.device.state is State.STACKING)
    session, told = scene.till.session, []
    for _ in range(20):
        told += session.poll()
    assert [one for one in told if not isinstance(one, Stood)] == [Credited(50_000, (SERIAL, 1, 1))]
    assert scene.device.state is State.STACKED
    session.acknowledge(Credited(50_000, (SERIAL, 1, 7)))
    session.poll()
    assert scene.device.state is State.STACKED
    session.acknowledge(Credited(50_000, (SERIAL, 1, 1)))
    assert [one for one in session.poll() if isinstance(one, Credited)] == []
    assert scene.device.state is State.IDLING


def test_a_device_that_rests_after_each_note_is_enabled_again() -> None:
    scene = Scene(rests=True)
    scene.ready()
    for kind in (2, 3, 4):
        scene.insert(kind)
        scene.settle()
    assert scene.journal.amount == sum(VALUES[kind] for kind in (2, 3, 4))


def test_a_device_that_stacks_unasked_is_credited_for_each_note() -> None:
    scene = Scene(unasked=True)
    scene.ready()
    for kind in (2, 2, 2):
        scene.insert(kind)
        scene.settle()
    assert scene.till.kinds_told(Credited) == [Credited(1_000, (SERIAL, 1, number)) for number in (1, 2, 3)]


def test_only_what_is_enabled_is_taken_and_the_reason_is_told(scene: Scene) -> None:
    scene.till.session.enable([5_000])
    scene.settle()
    scene.insert(7)
    scene.settle()
    assert notes(scene)[-1] == Rejected("ccnet.rejected-inhibit")
    assert scene.device.given_back == [7]
    scene.insert(3)
    scene.settle()
    assert scene.device.cassette == [3]


def test_enable_nothing_takes_nothing_at_once(scene: Scene) -> None:
    scene.till.session.enable(())
    assert scene.device.state is State.DISABLED
    scene.till.turn()
    assert scene.till.session.standing is Standing.DISABLED


def test_a_denomination_that_the_device_does_not_know_is_misuse(scene: Scene) -> None:
    with pytest.raises(Misuse, match="200000"):
        scene.till.session.enable([5_000, 200_000])
    assert scene.device.state is State.IDLING


@pytest.mark.parametrize("reason", [*range(0x60, 0x6B), 0x6C, 0x6D, *range(0x92, 0x96), 0x6B])
def test_every_reason_of_a_rejection_has_its_code(scene: Scene, reason: int) -> None:
    scene.device.refuse_next(reason)
    scene.insert(5)
    scene.settle()
    (told,) = scene.till.kinds_told(Rejected)
    assert isinstance(told, Rejected)
    assert (told.code == "ccnet.rejected") == (reason == 0x6B)
    assert scene.till.kinds_told(Escrowed, Credited, GivenBack) == []


@pytest.mark.parametrize(
    ("trouble", "standing", "code"),
    [
        (b"\x41", Standing.FULL, "ccnet.cassette-full"),
        (b"\x42", Standing.OPEN, "ccnet.cassette-out"),
        (b"\x43", Standing.JAMMED, "ccnet.validator-jammed"),
        (b"\x44", Standing.JAMMED, "ccnet.cassette-jammed"),
        (b"\x45", Standing.FAULTY, "ccnet.cheated"),
        (b"\x46", Standing.BUSY, "ccnet.pause"),
        (b"\x47\x50", Standing.FAULTY, "ccnet.failure-stack-motor"),
        (b"\x47\x5f", Standing.FAULTY, "ccnet.failure-capacitance"),
        (b"\x47\x77", Standing.FAULTY, "ccnet.failure"),
        (b"\x47", Standing.FAULTY, "ccnet.failure"),
        (b"\x77", Standing.FAULTY, "ccnet.unknown-state"),
        (b"\x81", Standing.FAULTY, "ccnet.unknown-state"),
        (b"\x1b\x0a", Standing.BUSY, ""),
    ],
)
def test_trouble_is_told_once_and_ends(scene: Scene, trouble: bytes, standing: Standing, code: str) -> None:
    scene.till.told.clear()
    scene.device.trouble = trouble
    scene.settle()
    assert scene.till.told == [Stood(standing, code)]
    scene.device.clear()
    scene.settle()
    assert scene.till.session.standing is Standing.ACCEPTING


def test_a_cassette_that_is_taken_out_and_put_back(scene: Scene) -> None:
    scene.insert(5)
    scene.settle()
    assert scene.device.take_cassette() == [5]
    scene.settle()
    assert scene.till.session.standing is Standing.OPEN
    scene.device.put_cassette()
    scene.settle()
    assert scene.till.session.standing is Standing.ACCEPTING


def test_a_note_that_jams_on_its_way_to_the_cassette_is_for_a_person_when_it_is_gone(scene: Scene) -> None:
    scene.insert(5)
    scene.till.until(lambda: scene.device.state is State.STACKING)
    scene.device.jam(State.CASSETTE_JAMMED)
    scene.settle()
    assert scene.till.session.standing is Standing.JAMMED
    with pytest.raises(Misuse):
        scene.till.session.reset()
    scene.device.clear()
    scene.settle()
    assert notes(scene)[-1] == Lost(1, "ccnet.outcome-unseen")
    assert scene.device.taken_out == [5]
    assert scene.till.session.standing is Standing.DISABLED  # until a person has looked


def test_a_jam_that_frees_itself_credits_the_note_once(scene: Scene) -> None:
    scene.insert(5)
    scene.till.until(lambda: scene.device.state is State.STACKING)
    scene.device.jam()
    scene.settle()
    scene.device.clear(take_out=False)
    scene.settle()
    assert scene.till.kinds_told(Credited) == [Credited(50_000, (SERIAL, 1, 1))]


def test_a_reset_by_a_person_starts_it_anew(scene: Scene) -> None:
    scene.device.fail(0x50)
    scene.settle()
    scene.device.clear()
    scene.till.session.reset()
    assert scene.device.state is State.INITIALIZE
    scene.settle()
    assert scene.till.session.standing is Standing.ACCEPTING


# --- silence, and a line that is gone


def test_silence_is_offline_after_five_seconds_and_a_fault_is_not(scene: Scene) -> None:
    scene.till.told.clear()
    scene.device.powered = False
    began = scene.clock.monotonic()
    scene.till.until(lambda: scene.till.told)
    assert scene.till.told == [Stood(Standing.OFFLINE, "ccnet.silent")]
    assert 5 <= scene.clock.monotonic() - began < 7
    scene.settle()
    assert len(scene.till.told) == 1
    scene.device.powered = True
    scene.settle()
    assert scene.till.session.standing is Standing.ACCEPTING


def test_a_silent_bus_is_reset_now_and_then(scene: Scene) -> None:
    held: list[float] = []
    scene.link.hold_low = held.append  # type: ignore[method-assign]
    scene.device.powered = False
    scene.clock.sleep(6)
    began = scene.clock.monotonic()
    while scene.clock.monotonic() < began + 65:
        scene.till.turn()
    assert held == [0.1] * 3


def test_what_cannot_be_read_is_told_as_such(scene: Scene) -> None:
    scene.device.hear = lambda _data, _now: b"\xf7\x03\x99"  # type: ignore[method-assign]
    scene.till.told.clear()
    scene.till.until(lambda: scene.till.told)
    assert scene.till.told == [Stood(Standing.OFFLINE, "ccnet.garbled")]


def test_an_adapter_that_is_pulled_out_is_offline_at_once_and_comes_back_by_itself(scene: Scene) -> None:
    scene.till.told.clear()
    scene.link.unplug()
    assert scene.till.turn() == [Stood(Standing.OFFLINE, "ccnet.line")]
    scene.settle()
    scene.link.plug()
    scene.settle()
    assert scene.till.told[0] == Stood(Standing.OFFLINE, "ccnet.line")
    assert scene.till.session.standing is Standing.ACCEPTING
    scene.insert(5)
    scene.settle()
    assert scene.journal.amount == 50_000


def test_an_adapter_that_was_never_there_is_offline_and_identity_is_unanswered() -> None:
    clock = SimClock()
    link = SimLink(clock, SimValidator(clock))
    link.unplug()
    session = CcnetSession(link, clock)
    with pytest.raises(Unanswered):
        session.identity()
    assert session.poll() == [Stood(Standing.OFFLINE, "ccnet.line")]
    link.plug()
    assert session.denominations() == ALL


@pytest.mark.parametrize("away", [2.0, 30.0])
def test_a_note_that_is_held_while_the_adapter_is_out_is_settled_once(scene: Scene, away: float) -> None:
    """For a short time the device still holds it; after a long one it has given it back."""
    scene.accepts = lambda _note: None
    scene.insert(5)
    scene.till.until(lambda: scene.till.kinds_told(Escrowed))
    scene.link.unplug()
    with pytest.raises(Unanswered):
        scene.till.session.accept()
    scene.till.turn()
    scene.clock.sleep(away)
    scene.link.plug()
    scene.accepts = lambda _note: True
    scene.settle()
    expected = Credited(50_000, (SERIAL, 1, 1)) if away < 10 else GivenBack(50_000)
    assert notes(scene)[-1] == expected
    assert scene.in_cassette() == scene.journal.amount


def test_another_note_of_another_value_is_not_taken_for_the_one_that_was_held(scene: Scene) -> None:
    scene.accepts = lambda _note: None
    scene.insert(5)
    scene.till.until(lambda: scene.till.kinds_told(Escrowed))
    scene.link.unplug()
    scene.till.turn()
    scene.clock.sleep(30)
    scene.device.hear(command(Command.POLL), scene.clock.monotonic())
    scene.device.hear(command(Command.ACK), scene.clock.monotonic())
    assert scene.device.insert(3)
    scene.clock.sleep(2)
    scene.link.plug()
    scene.settle()
    assert notes(scene)[-2:] == [GivenBack(50_000), Escrowed(5_000, (SERIAL, 1, 1))]


def test_another_device_in_its_place_numbers_anew_and_the_note_in_the_first_is_for_a_person(scene: Scene) -> None:
    scene.insert(5)
    scene.settle()
    scene.accepts = lambda _note: None
    scene.insert(5)
    scene.till.until(lambda: len(scene.till.kinds_told(Escrowed)) == 2)
    scene.link.unplug()
    scene.till.turn()
    other = SimValidator(scene.clock, serial="99")
    scene.link._device = other
    scene.link.plug()
    scene.settle()
    assert notes(scene)[-2:] == [Lost(1, "ccnet.replaced"), Restarted(Left.NOTHING)]
    assert scene.till.session.identity().serial == "99"
    scene.device, scene.accepts = other, lambda _note: True
    scene.insert(2)
    scene.settle()
    assert notes(scene)[-1] == Credited(1_000, ("99", 1, 1))


# --- power cuts of the device


def test_a_note_in_the_path_at_power_up_goes_back(scene: Scene) -> None:
    scene.insert(5)
    scene.till.until(lambda: scene.device.state is State.STACKING)
    scene.device.cut_power()
    scene.device.power_on()
    scene.settle()
    assert notes(scene)[-1] == Restarted(Left.PATH)
    assert scene.device.given_back == [5]
    assert scene.journal.amount == scene.in_cassette() == 0


def test_a_note_in_the_stacker_at_power_up_is_for_the_journal(scene: Scene) -> None:
    scene.insert(5)
    scene.till.until(lambda: scene.device.state is State.STACKING)
    scene.clock.sleep(0.8)
    scene.device.cut_power()
    scene.device.power_on()
    scene.settle()
    assert notes(scene)[-1] == Restarted(Left.STACKER)
    assert scene.journal.amount == scene.in_cassette() == 50_000
    scene.insert(3)
    scene.settle()
    assert scene.journal.amount == scene.in_cassette() == 55_000


def test_a_power_up_is_left_only_after_it_was_told(scene: Scene) -> None:
    scene.device.cut_power()
    scene.device.power_on()
    assert Restarted(Left.NOTHING) in scene.till.turn()
    assert scene.device.state is State.POWER_UP
    scene.till.turn()
    assert scene.device.state is State.INITIALIZE


def test_a_restart_of_the_host_finds_what_the_device_still_shows() -> None:
    """The device shows a stacked note, and refuses to say who it is meanwhile: value and key come from the journal."""
    scene = Scene()
    scene.ready()
    scene.insert(5)
    scene.till.until(lambda: scene.device.state is State.STACKING)
    scene.clock.sleep(2)
    scene.start()
    scene.till.turn()
    assert notes(scene) == [Credited(50_000, (SERIAL, 1, 1))]
    scene.start()
    scene.settle()
    assert notes(scene) == [Credited(50_000, (SERIAL, 1, 1))]
    assert (scene.journal.repeats, scene.journal.amount) == (1, 50_000)
    scene.insert(5)
    scene.settle()
    assert notes(scene)[-1] == Credited(50_000, (SERIAL, 1, 2))


def test_a_held_note_that_an_earlier_host_left_goes_back() -> None:
    scene = Scene()
    scene.ready()
    scene.accepts = lambda _note: None
    scene.insert(5)
    scene.till.until(lambda: scene.till.kinds_told(Escrowed))
    scene.start()
    scene.settle()
    assert notes(scene) == [GivenBack(0)]
    assert scene.device.given_back == [5]
    assert scene.till.session.standing is Standing.ACCEPTING


def test_a_stacked_note_that_no_journal_knows_is_for_a_person_and_stops_nothing() -> None:
    scene = Scene()
    scene.ready()
    scene.insert(5)
    scene.till.until(lambda: scene.device.state is State.STACKING)
    scene.clock.sleep(2)
    scene.journal.intents.clear()
    scene.start()
    scene.settle()
    assert notes(scene) == [Lost(1, "ccnet.unknown-note")]
    assert scene.till.session.standing is Standing.ACCEPTING


def test_close_leaves_a_device_that_takes_nothing(scene: Scene) -> None:
    scene.till.session.close()
    assert scene.device.state is State.DISABLED
    scene.till.session.close()


def test_on_one_wire_the_host_knows_its_own_voice() -> None:
    clock = SimClock()
    device = SimValidator(clock)
    session = CcnetSession(SimLink(clock, device, echo=True), clock)
    session.enable(ALL)
    told: list[Happening] = []
    for _ in range(60):
        told += session.poll()
    assert device.insert(5)
    for _ in range(60):
        told += session.poll()
        if any(isinstance(one, Escrowed) for one in told) and device.state is State.ESCROW:
            session.accept()
    assert Credited(50_000, (SERIAL, 1, 1)) in told
    assert device.cassette == [5]


def test_an_answer_of_another_address_is_not_the_device_speaking(scene: Scene) -> None:
    scene.link.to_host[scene.link.answered] = simlink.noisy(before=frame(b"\x81\x05", address=1))
    scene.settle()
    assert scene.till.kinds_told(Credited) == []


def test_a_poll_costs_less_than_a_millisecond_of_our_own(scene: Scene) -> None:
    """As a count of reads and writes, which no busy machine changes."""
    before = len(scene.link.trace)
    for _ in range(100):
        scene.till.turn()
    assert len(scene.link.trace) - before == 300  # the question, the answer, its acknowledgement
