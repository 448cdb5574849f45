"""The simulated validator, as an independent host sees it: frame by frame."""

from __future__ import annotations

import pytest
from ccnet_frames import FROM_DEVICE
from tillpost.devices.ccnet.frames import Command, command, frame
from tillpost.devices.ccnet.simulated import SimValidator
from tillpost.devices.ccnet.states import State
from tillpost.devices.lines.simlink import SimClock

POLL, ACK, RESET = command(Command.POLL), command(Command.ACK), command(Command.RESET)


class Host:
    """Says frames as they stand in the published session."""

    def __init__(self) -> None:
        self.clock = SimClock()
        self.device = SimValidator(self.clock)

    def say(self, data: bytes | str) -> str:
        data = bytes.fromhex(data) if isinstance(data, str) else data
        return self.device.hear(data, self.clock.monotonic()).hex(" ").upper()

    def poll(self, after: float = 0.0) -> str:
        self.clock.sleep(after)
        answer = self.say(POLL)
        assert self.say(ACK) == ""
        return answer

    def idle(self) -> None:
        self.say(RESET)
        self.poll(2.0)
        self.say("02030C34FFFFFFFFFFFFFEF7")
        assert self.poll() == "02 03 06 14 67 D4"


def test_the_published_sale_goes_frame_by_frame() -> None:
    host = Host()
    assert host.poll() == "02 03 06 10 43 92"
    assert host.say("0203063041B3") == "02 03 06 00 C2 82"
    assert host.poll() == "02 03 06 13 D8 A0"
    assert bytes.fromhex(host.say("02030637FEC7")) in dict(FROM_DEVICE)
    assert bytes.fromhex(host.say("020306414FD1")) in dict(FROM_DEVICE)
    assert host.poll(2.0) == "02 03 06 19 82 0F"
    assert host.say("02030C34FFFFFFFFFFFFFEF7") == "02 03 06 00 C2 82"
    assert host.poll() == "02 03 06 14 67 D4"
    assert host.device.insert(5)
    assert host.poll() == "02 03 06 15 EE C5"
    assert host.poll(1.0) == "02 03 07 80 05 21 64"
    assert host.say("02030635ECE4") == "02 03 06 00 C2 82"
    assert host.poll() == "02 03 06 17 FC E6"
    assert host.poll(1.5) == "02 03 07 81 05 F9 7D"
    assert host.poll() == "02 03 06 14 67 D4"
    assert host.device.insert(3)
    assert host.poll(1.0) == "02 03 07 80 03 17 01"
    assert host.say("0203063677D6") == "02 03 06 00 C2 82"
    assert host.poll() == "02 03 06 18 0B 1E"
    assert host.poll(1.0) == "02 03 07 82 03 A7 32"
    assert host.poll() == "02 03 06 14 67 D4"
    assert (host.device.cassette, host.device.given_back) == ([5], [3])


def test_a_stacked_note_is_shown_until_that_answer_is_acknowledged() -> None:
    host = Host()
    host.idle()
    host.device.insert(5)
    host.poll(1.0)
    host.say(command(Command.STACK))
    host.clock.sleep(2.0)
    for _ in range(3):
        assert host.say(POLL) == "02 03 07 81 05 F9 7D"
    host.say(command(Command.GET_STATUS))
    host.say(ACK)
    assert host.say(POLL) == "02 03 07 81 05 F9 7D"
    host.say(ACK)
    assert host.say(POLL) == "02 03 06 14 67 D4"


def test_a_note_goes_back_after_ten_seconds_unless_it_is_held() -> None:
    host = Host()
    host.idle()
    host.device.insert(4)
    host.poll(1.0)
    for _ in range(3):
        host.clock.sleep(9.0)
        assert host.say("02030638093F") == "02 03 06 00 C2 82"
        assert host.poll() == "02 03 06 1A 19 3D"
    assert host.poll(10.1) == "02 03 06 18 0B 1E"
    host.poll(1.0)
    assert host.device.given_back == [4]


def test_a_spoilt_command_is_answered_by_nak_and_nak_by_the_last_answer() -> None:
    host = Host()
    assert host.say("02030633DA82") == "02 03 06 FF BA 8D"
    assert host.say(POLL) == "02 03 06 10 43 92"
    assert host.say(command(Command.NAK)) == "02 03 06 10 43 92"
    assert host.say(frame(b"\x33", address=1)) == ""


@pytest.mark.parametrize(
    "what", [Command.STACK, Command.RETURN, Command.HOLD, Command.IDENTIFICATION, Command.BILL_TABLE]
)
def test_what_is_not_allowed_in_a_state_is_illegal(what: Command) -> None:
    host = Host()
    host.idle()
    assert host.say(command(what)) == "02 03 06 30 41 B3"


def test_a_power_cut_finds_the_note_where_it_is() -> None:
    for after, state, cassette in ((0.2, State.POWER_UP_NOTE_IN_PATH, []), (0.7, State.POWER_UP_NOTE_IN_STACKER, [5])):
        host = Host()
        host.idle()
        host.device.insert(5)
        host.poll(1.0)
        host.say(command(Command.STACK))
        host.clock.sleep(after)
        host.device.cut_power()
        assert host.say(POLL) == ""
        host.device.power_on()
        assert (host.device.state, host.device.cassette) == (state, cassette)
        host.say(RESET)
        host.poll(2.0)
        assert host.device.given_back == ([] if cassette else [5])


def test_a_note_into_a_device_that_takes_none_stays_outside_and_a_second_one_cannot_be() -> None:
    host = Host()
    assert not host.device.insert(5)
    host.idle()
    assert host.device.insert(5)
    with pytest.raises(ValueError, match="path"):
        host.device.insert(5)


def test_a_full_cassette_is_told() -> None:
    clock = SimClock()
    device = SimValidator(clock, capacity=0)
    device.hear(RESET, 0.0)
    clock.sleep(2.0)
    assert device.hear(POLL, 2.0) == bytes.fromhex("020306414FD1")
