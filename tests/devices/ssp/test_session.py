"""A till's side of SSP against the simulated device: whole sales, silence, power cuts, and one credit each."""

from __future__ import annotations

from itertools import pairwise

import pytest
from ssp_till import ALL, VALUES, Scene
from tillpost.devices.lines import simlink
from tillpost.devices.lines.simlink import SimClock, SimLink
from tillpost.devices.nouns import (
    Credited,
    Escrowed,
    GivenBack,
    Happening,
    Identity,
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
from tillpost.devices.ssp.cipher import FIXED_KEY
from tillpost.devices.ssp.dialogue import POLLS, TRIES
from tillpost.devices.ssp.events import Code
from tillpost.devices.ssp.frames import Command, packet
from tillpost.devices.ssp.session import SspSession
from tillpost.devices.ssp.simulated import SimSspDevice, State

SERIAL = "1873452"


@pytest.fixture(params=["repeating", "plain", "encrypted"])
def scene(request: pytest.FixtureRequest) -> Scene:
    one = Scene(repeats=request.param != "plain", key=FIXED_KEY if request.param == "encrypted" else None)
    one.ready()
    return one


def notes(scene: Scene) -> list[Happening]:
    return scene.till.kinds_told(Escrowed, Credited, GivenBack, Rejected, Lost, Restarted)


def undecided(scene: Scene, channel: int = 4) -> None:
    """A note is held, and nobody decides on it."""
    scene.accepts = lambda _note: None
    scene.insert(channel)
    scene.till.until(lambda: scene.till.kinds_told(Escrowed))


def commands(scene: Scene) -> list[int]:
    return [data[3] for side, data in scene.link.trace if side == "host"]


def test_it_is_an_acceptor() -> None:
    clock = SimClock()
    acceptor: Acceptor = SspSession(SimLink(clock, SimSspDevice(clock)), clock)
    assert acceptor.standing is Standing.OFFLINE


def test_it_says_who_it_is_and_what_it_knows(scene: Scene) -> None:
    assert scene.till.session.identity() == Identity(SERIAL, "validator", "0459", "RUB")
    assert scene.till.session.denominations() == ALL


@pytest.mark.parametrize("version", [4, 5, 7, 8])
def test_the_highest_version_that_both_know_is_spoken(version: int) -> None:
    scene = Scene(version=version, notes=(50, 100, 500))
    assert scene.till.session.denominations() == (5_000, 10_000, 50_000)
    asked = [data[4] for side, data in scene.link.trace if side == "host" and data[3] == Command.VERSION]
    assert asked == list(range(8, version - 1, -1))


def test_identity_is_read_before_the_first_poll_too() -> None:
    scene = Scene()
    assert scene.till.session.identity().serial == SERIAL
    assert scene.till.session.poll() == [Stood(Standing.STARTING)]


def test_identity_of_a_silent_device_is_unanswered_after_some_seconds() -> None:
    scene = Scene()
    scene.device.cut_power()
    with pytest.raises(Unanswered):
        scene.till.session.identity()
    assert scene.clock.monotonic() < 8


def test_start_goes_from_the_power_up_to_accepting(scene: Scene) -> None:
    assert scene.till.told == [
        Stood(Standing.STARTING),
        Restarted(Left.NOTHING),
        Stood(Standing.DISABLED),
        Stood(Standing.ACCEPTING),
    ]


def test_a_sale_ends_in_one_credit_with_its_key(scene: Scene) -> None:
    scene.insert(4)
    scene.settle()
    key = (SERIAL, 1, 1)
    assert notes(scene)[1:] == [Escrowed(50_000, key), Credited(50_000, key)]
    assert scene.device.cashbox == [4]
    scene.insert(2)
    scene.settle()
    assert notes(scene)[-1] == Credited(5_000, (SERIAL, 1, 2))


def test_every_question_has_another_bit_than_the_last_and_every_poll_has_1() -> None:
    scene = Scene()
    scene.ready()
    scene.insert(4)
    scene.settle()
    said = [(data[1] >> 7, data[3]) for side, data in scene.link.trace if side == "host"]
    assert {bit for bit, what in said if what in (Command.SYNC, *POLLS)} == {1}
    assert all(bit != next_bit or what == Command.SYNC for (bit, _), (next_bit, what) in pairwise(said))


def test_a_refused_note_goes_back_and_is_no_money(scene: Scene) -> None:
    scene.accepts = lambda _note: False
    scene.insert(2)
    scene.settle()
    assert notes(scene)[1:] == [Escrowed(5_000, (SERIAL, 1, 1)), GivenBack(5_000)]
    assert scene.device.given_back == [2]
    assert scene.journal.amount == 0


def test_a_note_is_held_and_not_polled_for_as_long_as_its_owner_thinks(scene: Scene) -> None:
    undecided(scene)
    said = len(commands(scene))
    began = scene.clock.monotonic()
    while scene.clock.monotonic() < began + 60:
        scene.till.turn()
    if scene.key is None:
        assert set(commands(scene)[said:]) == {Command.HOLD}
    assert scene.till.kinds_told(GivenBack) == []
    scene.till.session.accept()
    scene.settle()
    assert scene.device.cashbox == [4]
    assert len(scene.till.kinds_told(Credited)) == 1


def test_a_note_that_nobody_decides_on_goes_back_by_itself_and_is_told(scene: Scene) -> None:
    undecided(scene)
    scene.clock.sleep(30)
    with pytest.raises(Misuse):
        scene.till.session.accept()
    scene.settle()
    assert notes(scene)[-1] == GivenBack(50_000)
    for decide in (scene.till.session.accept, scene.till.session.give_back):
        with pytest.raises(Misuse):
            decide()
    assert scene.till.kinds_told(Credited, Lost) == []


def test_a_credit_is_not_acknowledged_before_it_is_journalled() -> None:
    for repeats in (True, False):
        scene = Scene(repeats=repeats)
        scene.ready()
        scene.insert(4)
        scene.till.until(lambda scene=scene: scene.device.state is State.STACKING)
        session, told = scene.till.session, []
        for _ in range(20):
            told += session.poll()
        assert [one for one in told if not isinstance(one, Stood)] == [Credited(50_000, (SERIAL, 1, 1))]
        last = scene.link.trace[-2][1]
        session.acknowledge(Credited(50_000, (SERIAL, 1, 7)))
        session.poll()
        assert scene.link.trace[-2][1] == last
        session.acknowledge(Credited(50_000, (SERIAL, 1, 1)))
        assert [one for one in session.poll() if isinstance(one, Credited)] == []
        assert (Command.EVENT_ACK in commands(scene)[-5:]) == repeats


def test_a_device_that_does_not_know_poll_with_ack_is_polled_without() -> None:
    scene = Scene(repeats=False)
    scene.ready()
    scene.insert(4)
    scene.settle()
    assert commands(scene)[-1] in (Command.POLL, Command.SERIAL)
    assert Command.EVENT_ACK not in commands(scene)


def test_only_what_is_enabled_is_taken_and_the_reason_is_told(scene: Scene) -> None:
    scene.till.session.enable([5_000])
    scene.settle()
    scene.insert(6)
    scene.settle()
    assert notes(scene)[-1] == Rejected("ssp.rejected-inhibited")
    assert scene.device.given_back == [6]
    scene.insert(2)
    scene.settle()
    assert scene.device.cashbox == [2]


def test_enable_nothing_takes_nothing_at_once(scene: Scene) -> None:
    scene.till.session.enable(())
    assert scene.device.state is State.DISABLED
    scene.till.turn()
    assert scene.till.session.standing is Standing.DISABLED


def test_a_denomination_that_the_device_does_not_know_is_misuse(scene: Scene) -> None:
    with pytest.raises(Misuse, match="200000"):
        scene.till.session.enable([5_000, 200_000])
    assert scene.device.state is State.IDLE


@pytest.mark.parametrize("reason", range(0x01, 0x1F))
def test_every_reason_of_a_rejection_is_told(reason: int) -> None:
    scene = Scene()
    scene.ready()
    scene.device.refuse_next(reason)
    scene.insert(4)
    scene.settle()
    told = scene.till.kinds_told(Rejected, GivenBack)
    assert told == [GivenBack(0)] if reason in (0x08, 0x13) else isinstance(told[0], Rejected)
    assert scene.till.kinds_told(Escrowed, Credited) == []


@pytest.mark.parametrize(
    ("trouble", "standing", "code"),
    [
        (b"\xe7", Standing.FULL, "ssp.stacker-full"),
        (b"\xe7\xe8", Standing.FULL, "ssp.stacker-full"),
        (b"\xe0", Standing.OPEN, "ssp.path-open"),
        (b"\xe9\xe8", Standing.JAMMED, "ssp.jammed-in-reach"),
        (b"\xea", Standing.JAMMED, "ssp.jammed-inside"),
        (b"\xe6\x02", Standing.FAULTY, "ssp.fraud"),
        (b"\x77", Standing.FAULTY, "ssp.unknown-event"),
        (b"\xb0", Standing.BUSY, ""),
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


def test_a_cashbox_that_is_taken_out_and_put_back(scene: Scene) -> None:
    scene.insert(4)
    scene.settle()
    assert scene.device.take_cashbox() == [4]
    scene.settle()
    assert scene.till.session.standing is Standing.OPEN
    scene.device.put_cashbox()
    scene.settle()
    assert scene.till.session.standing is Standing.ACCEPTING


def test_a_full_cashbox_is_told() -> None:
    scene = Scene(capacity=1)
    scene.ready()
    scene.insert(4)
    scene.settle()
    assert scene.till.told[-1] == Stood(Standing.FULL, "ssp.stacker-full")


def test_a_note_that_jams_on_its_way_to_the_cashbox_is_for_a_person_when_it_is_gone(scene: Scene) -> None:
    scene.insert(4)
    scene.till.until(lambda: scene.device.state is State.STACKING)
    scene.device.jam()
    scene.settle()
    assert scene.till.session.standing is Standing.JAMMED
    with pytest.raises(Misuse):
        scene.till.session.reset()
    scene.device.clear()
    scene.settle()
    assert notes(scene)[-1] == Lost(1, "ssp.outcome-unseen")
    assert scene.device.taken_out == [4]
    assert scene.till.session.standing is Standing.DISABLED  # until a person has looked


def test_a_jam_that_frees_itself_credits_the_note_once(scene: Scene) -> None:
    scene.insert(4)
    scene.till.until(lambda: scene.device.state is State.STACKING)
    scene.device.jam(Code.UNSAFE_JAM)
    scene.settle()
    scene.device.clear(take_out=False)
    scene.settle()
    assert scene.till.kinds_told(Credited) == [Credited(50_000, (SERIAL, 1, 1))]


def test_a_reset_by_a_person_starts_it_anew(scene: Scene) -> None:
    scene.till.session.reset()
    assert scene.device.state is State.INITIALISING
    scene.settle()
    assert notes(scene)[-1] == Restarted(Left.NOTHING)
    assert scene.till.session.standing is Standing.ACCEPTING


# --- silence, and a line that is gone


def test_silence_is_offline_after_five_seconds(scene: Scene) -> None:
    scene.till.told.clear()
    scene.device.powered = False
    began = scene.clock.monotonic()
    scene.till.until(lambda: scene.till.told)
    assert scene.till.told == [Stood(Standing.OFFLINE, "ssp.silent")]
    assert 5 <= scene.clock.monotonic() - began < 8
    scene.settle()
    assert len(scene.till.told) == 1
    scene.device.powered = True
    scene.settle()
    assert scene.till.session.standing is Standing.ACCEPTING


def test_what_cannot_be_read_is_told_as_such(scene: Scene) -> None:
    scene.device.hear = lambda _data, _now: b"\xf7\x03\x99"  # type: ignore[method-assign]
    scene.till.told.clear()
    scene.till.until(lambda: scene.till.told)
    assert scene.till.told == [Stood(Standing.OFFLINE, "ssp.garbled")]


def test_an_adapter_that_is_pulled_out_is_offline_at_once_and_comes_back_by_itself(scene: Scene) -> None:
    scene.till.told.clear()
    scene.link.unplug()
    assert scene.till.turn() == [Stood(Standing.OFFLINE, "ssp.line")]
    scene.settle()
    scene.link.plug()
    scene.settle()
    assert scene.till.told[0] == Stood(Standing.OFFLINE, "ssp.line")
    assert scene.till.session.standing is Standing.ACCEPTING
    scene.insert(4)
    scene.settle()
    assert scene.journal.amount == 50_000


def test_an_adapter_that_was_never_there_is_offline_and_identity_is_unanswered() -> None:
    scene = Scene()
    scene.link.unplug()
    with pytest.raises(Unanswered):
        scene.till.session.identity()
    assert scene.till.session.poll() == [Stood(Standing.OFFLINE, "ssp.line")]
    scene.link.plug()
    assert scene.till.session.denominations() == ALL


@pytest.mark.parametrize("away", [2.0, 30.0])
def test_a_note_that_is_held_while_the_adapter_is_out_goes_back(scene: Scene, away: float) -> None:
    """Another one may have been put in meanwhile."""
    undecided(scene)
    scene.link.unplug()
    with pytest.raises(Unanswered):
        scene.till.session.accept()
    scene.till.turn()
    scene.clock.sleep(away)
    scene.link.plug()
    scene.settle()
    assert notes(scene)[-1] == GivenBack(50_000)
    assert scene.in_cashbox() == scene.journal.amount == 0


def test_a_note_that_was_accepted_while_the_line_went_is_credited_when_it_is_back(scene: Scene) -> None:
    undecided(scene)
    scene.till.journal.intend(Escrowed(50_000, (SERIAL, 1, 1)))
    for after in range(1, 1 + TRIES):  # the first is HOLD's
        scene.link.to_host[scene.link.answered + after] = simlink.dropped
    with pytest.raises(Unanswered):
        scene.till.session.accept()
    scene.link.unplug()
    scene.till.turn()
    scene.link.plug()
    scene.settle()
    assert notes(scene)[-1] == Credited(50_000, (SERIAL, 1, 1))
    assert scene.in_cashbox() == scene.journal.amount == 50_000


def test_another_device_in_its_place_numbers_anew_and_the_note_in_the_first_is_for_a_person() -> None:
    scene = Scene()
    scene.ready()
    scene.insert(4)
    scene.settle()
    scene.accepts = lambda _note: None
    scene.insert(4)
    scene.till.until(lambda: len(scene.till.kinds_told(Escrowed)) == 2)
    scene.link.unplug()
    scene.till.turn()
    other = SimSspDevice(scene.clock, serial=99)
    scene.link._device = other
    scene.link.plug()
    scene.settle()
    assert notes(scene)[-2:] == [Lost(1, "ssp.replaced"), Restarted(Left.NOTHING)]
    assert scene.till.session.identity().serial == "99"
    scene.device, scene.accepts = other, lambda _note: True
    scene.till.session.enable(ALL)
    scene.insert(1)
    scene.settle()
    assert notes(scene)[-1] == Credited(1_000, ("99", 1, 1))


def test_a_device_that_lost_its_key_is_given_another_one() -> None:
    scene = Scene(key=FIXED_KEY)
    scene.ready()
    scene.device.forget()
    scene.insert(4)
    scene.settle()
    assert scene.journal.amount == 50_000


# --- power cuts


def test_a_note_in_the_path_at_power_up_goes_back(scene: Scene) -> None:
    scene.insert(4)
    scene.till.until(lambda: scene.device.state is State.STACKING)
    scene.device.cut_power()
    scene.device.power_on()
    scene.settle()
    assert notes(scene)[-1] == Restarted(Left.PATH)
    assert scene.device.given_back == [4]
    assert scene.journal.amount == scene.in_cashbox() == 0


def test_a_note_in_the_cashbox_at_power_up_is_for_the_journal(scene: Scene) -> None:
    scene.insert(4)
    scene.till.until(lambda: scene.device.state is State.STACKING)
    scene.clock.sleep(1.0)
    scene.device.cut_power()
    scene.device.power_on()
    scene.settle()
    assert notes(scene)[-1] == Restarted(Left.STACKER)
    assert scene.journal.amount == scene.in_cashbox() == 50_000
    scene.insert(2)
    scene.settle()
    assert scene.journal.amount == scene.in_cashbox() == 55_000


def test_a_restart_of_the_host_finds_what_the_device_has_told_an_earlier_one() -> None:
    """Of one that was killed with the answer in its hands; from a device that tells it once, and before it says who it
    is: value and key come from the journal."""
    scene = Scene(repeats=False)
    scene.ready()
    scene.insert(4)
    scene.till.until(lambda: scene.device.state is State.STACKING)
    scene.clock.sleep(1.0)
    scene.till.session.poll()
    for _ in range(2):
        scene.start()
        scene.till.turn()
        assert notes(scene) == [Credited(50_000, (SERIAL, 1, 1))]
    assert (scene.journal.repeats, scene.journal.amount) == (1, 50_000)
    scene.insert(4)
    scene.settle()
    assert notes(scene)[-1] == Credited(50_000, (SERIAL, 1, 2))


def test_a_held_note_that_an_earlier_host_left_goes_back(scene: Scene) -> None:
    undecided(scene)
    scene.start()
    scene.till.until(lambda: notes(scene))
    assert [type(one) for one in notes(scene)] == [GivenBack]
    assert scene.device.given_back == [4]
    scene.settle()
    assert scene.till.session.standing is Standing.ACCEPTING


def test_a_credit_that_no_journal_knows_is_for_a_person_and_stops_nothing() -> None:
    scene = Scene(repeats=False)
    scene.ready()
    scene.insert(4)
    scene.till.until(lambda: scene.device.state is State.STACKING)
    scene.clock.sleep(1.0)
    scene.till.session.poll()
    scene.journal.intents.clear()
    scene.start()
    scene.settle()
    assert notes(scene) == [Lost(1, "ssp.unknown-note")]
    assert scene.till.session.standing is Standing.ACCEPTING


def test_close_leaves_a_device_that_takes_nothing(scene: Scene) -> None:
    scene.till.session.close()
    assert scene.device.state is State.DISABLED
    scene.till.session.close()


def test_the_hosts_own_voice_is_no_answer() -> None:
    clock = SimClock()
    device = SimSspDevice(clock)
    session = SspSession(SimLink(clock, device, echo=True), clock)
    session.enable(ALL)
    told: list[Happening] = []
    for _ in range(60):
        told += session.poll()
    assert device.insert(4)
    for _ in range(60):
        told += (now := session.poll())
        if any(isinstance(one, Escrowed) for one in now):
            session.accept()
    assert Credited(VALUES[4], (SERIAL, 1, 1)) in told
    assert device.cashbox == [4]


def test_an_answer_of_another_address_or_bit_is_not_the_device_speaking() -> None:
    scene = Scene()
    scene.ready()
    for other in (packet(b"\xf0\xee\x04", 0), packet(b"\xf0\xee\x04", 1, 0x10)):
        scene.link.to_host[scene.link.answered + 1] = simlink.noisy(before=other)  # the poll behind a spacer
        scene.settle()
    assert scene.till.kinds_told(Credited, Lost) == []


def test_a_quiet_round_is_a_poll_and_a_spacer() -> None:
    """As a count of reads and writes, which no busy machine changes."""
    scene = Scene()
    scene.ready()
    before = len(scene.link.trace)
    for _ in range(100):
        scene.till.turn()
    assert len(scene.link.trace) - before == 400
