"""The simulated device, as an independent host sees it: packet by packet."""

from __future__ import annotations

import pytest
from ssp_frames import BODIES, KNOWN
from tillpost.devices.lines.simlink import SimClock
from tillpost.devices.ssp.frames import Command, Packet, Reader, packet
from tillpost.devices.ssp.simulated import SimSspDevice

PACKETS = {name: data for name, data, *_ in KNOWN}


class Host:
    """Says bodies with the bit that is due."""

    def __init__(self, **options: bool) -> None:
        self.clock = SimClock()
        self.device = SimSspDevice(self.clock, **options)
        self.bit = 1

    def say(self, data: bytes) -> bytes:
        return self.device.hear(data, self.clock.monotonic())

    def ask(self, what: Command, data: bytes = b"") -> str:
        answer = self.say(packet(bytes([what]) + data, self.bit))
        (heard,) = Reader().feed(answer)
        assert isinstance(heard, Packet)
        assert heard.sequence == self.bit
        self.bit = 1 - self.bit
        return heard.body.hex(" ").upper()

    def poll(self, after: float = 0.0) -> str:
        self.clock.sleep(after)
        return self.ask(Command.POLL)

    def ready(self) -> None:
        self.ask(Command.INHIBITS, b"\xff\xff")
        self.poll(2.0)
        self.ask(Command.ENABLE)
        assert self.poll() == "F0"


def test_the_published_packets_are_answered_with_published_ones() -> None:
    host = Host()
    assert host.say(PACKETS["sync"]) == PACKETS["ok"]
    host.bit = 0
    assert host.poll() == "F0 F1 E8"
    assert host.say(PACKETS["get serial"]) == PACKETS["serial 1873452"]
    host.bit = 0
    assert host.ask(Command.LAST_REJECT) == "F0 00"
    assert host.say(PACKETS["reject"]) == PACKETS["command cannot be processed"]
    host.bit = 0
    assert host.ask(Command.VERSION, b"\x06") == "F0"
    assert host.say(PACKETS["host protocol version 9"]) == PACKETS["fail"]


def test_a_repeated_bit_gets_the_last_answer_and_nothing_is_done() -> None:
    host = Host()
    first = host.say(packet(b"\x07", 1))
    assert host.say(packet(b"\x07", 1)) == host.say(packet(b"\x0a", 1)) == first
    assert host.say(PACKETS["sync"]) == PACKETS["ok"]


def test_a_note_is_accepted_by_the_poll_after_the_one_that_shows_it() -> None:
    host = Host()
    host.ready()
    host.device.insert(4)
    assert host.poll() == "F0 EF 00"
    assert host.poll(1.0) == "F0 EF 04"
    for _ in range(3):
        assert host.ask(Command.HOLD) == "F0"
        host.clock.sleep(9.0)
    assert host.poll() == "F0 CC"
    assert host.poll(1.0) == "F0 EE 04 CC"
    assert host.poll(1.0) == "F0 EB"
    assert host.poll() == "F0"
    assert host.device.cashbox == [4]


def test_a_note_goes_back_by_reject_or_after_ten_seconds() -> None:
    host = Host()
    host.ready()
    for wait, reason in ((0.0, "08"), (10.5, "13")):
        host.device.insert(4)
        assert host.poll(1.0) == "F0 EF 04"
        host.clock.sleep(wait)
        assert host.ask(Command.REJECT) == ("F5" if wait else "F0")
        assert host.poll() == "F0 ED"
        assert host.poll(1.0) == "F0 EC"
        assert host.ask(Command.LAST_REJECT) == f"F0 {reason}"
    assert host.device.given_back == [4, 4]


def test_poll_with_ack_repeats_a_credit_until_it_is_acknowledged_and_lets_no_note_in() -> None:
    host = Host()
    host.ready()
    host.device.insert(4)
    host.poll(1.0)
    host.poll()
    host.clock.sleep(3.0)
    assert host.ask(Command.POLL_WITH_ACK) == "F0 EE 04 EB"
    assert host.ask(Command.POLL_WITH_ACK) == "F0 EE 04"
    assert not host.device.insert(1)
    assert host.ask(Command.EVENT_ACK) == "F0"
    assert host.ask(Command.EVENT_ACK) == "F5"
    assert host.ask(Command.POLL_WITH_ACK) == "F0"
    assert host.device.insert(1)


def test_an_older_device_knows_no_poll_with_ack() -> None:
    assert Host(repeats=False).ask(Command.POLL_WITH_ACK) == "F2"


@pytest.mark.parametrize(("after", "told", "cashbox"), [(0.2, "E1 04", []), (1.0, "E2 04", [4])])
def test_a_power_cut_finds_the_note_where_it_is(after: float, told: str, cashbox: list[int]) -> None:
    host = Host()
    host.ready()
    host.device.insert(4)
    host.poll(1.0)
    host.poll()
    host.clock.sleep(after)
    host.device.cut_power()
    assert host.say(packet(b"\x07", host.bit)) == b""
    host.device.power_on()
    assert host.poll() == "F0 F1 E8"
    assert host.poll(2.0) == f"F0 {told} E8"
    assert (host.device.cashbox, host.device.given_back) == (cashbox, [] if cashbox else [4])


def test_a_spoilt_packet_and_one_for_another_address_are_not_answered() -> None:
    host = Host()
    assert host.say(PACKETS["poll"][:-1] + b"\x00") == b""
    assert host.say(packet(BODIES["poll"], 1, 0x10)) == b""


def test_a_note_into_a_device_that_takes_none_stays_outside_and_a_second_one_cannot_be() -> None:
    host = Host()
    assert not host.device.insert(4)
    host.ready()
    assert host.device.insert(4)
    with pytest.raises(ValueError, match="path"):
        host.device.insert(4)
