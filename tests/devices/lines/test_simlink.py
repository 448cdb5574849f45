"""What a simulated line does with time and with bytes."""

from __future__ import annotations

import pytest
from tillpost.devices.lines import simlink
from tillpost.devices.lines.simlink import SimClock, SimLink
from tillpost.devices.nouns import Unanswered


class Parrot:
    """Answers what it hears, and remembers it."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, bytes]] = []
        self.held = 0.0

    def hear(self, data: bytes, now: float) -> bytes:
        self.heard.append((round(now, 3), data))
        return data.upper()

    def line_held(self, seconds: float, now: float) -> None:
        self.held = seconds


class Line:
    def __init__(self, *, echo: bool = False) -> None:
        self.clock, self.parrot = SimClock(), Parrot()
        self.link = SimLink(self.clock, self.parrot, latency=0.01, echo=echo)
        self.link.open()

    def passed(self) -> float:
        return round(self.clock.monotonic(), 6)


def test_clock_stands_still_until_somebody_sleeps() -> None:
    clock = SimClock(1000.0)
    assert (clock.now(), clock.monotonic()) == (1000.0, 0.0)
    clock.sleep(2.5)
    clock.sleep(-1)
    assert (clock.now(), clock.monotonic()) == (1002.5, 2.5)


def test_an_answer_comes_after_the_latency_and_a_silence_takes_its_time() -> None:
    line = Line()
    line.link.write(b"hello")
    assert line.link.read(0.2) == b"HELLO"
    assert line.passed() == 0.01
    assert line.link.read(0.2) == b""
    assert line.passed() == 0.21


def test_an_answer_after_the_time_out_is_read_by_who_reads_later() -> None:
    line = Line()
    line.link.to_host[0] = simlink.late(0.3)
    line.link.write(b"a")
    assert line.link.read(0.2) == b""
    assert line.link.read(0.2) == b"A"
    assert line.passed() == 0.31


@pytest.mark.parametrize(
    ("fault", "read"),
    [
        (simlink.dropped, b""),
        (simlink.twice, b"HELLOHELLO"),
        (simlink.twice_late(0.1), b"HELLOHELLO"),
        (simlink.cut(2), b"HE"),
        (simlink.cut(-1), b"HELL"),
        (simlink.in_parts(2, 0.1), b"HELLO"),
        (simlink.noisy(b"<", b">"), b"<HELLO>"),
        (simlink.flipped(40), b"IELLO"),
    ],
)
def test_a_fault_falls_on_one_answer_and_then_the_line_is_good(fault: simlink.Fault, read: bytes) -> None:
    line = Line()
    line.link.to_host[0] = fault
    line.link.write(b"hello")
    assert line.link.read(0.05) + line.link.read(0.2) == read
    line.link.write(b"again")
    assert line.link.read(0.2) == b"AGAIN"


def test_a_fault_on_the_way_to_the_device_is_what_the_device_hears() -> None:
    line = Line()
    line.link.to_device[1] = simlink.late(0.05)
    line.link.write(b"a")
    line.link.write(b"b")
    assert line.link.read(0.02) == b"A"
    assert line.link.read(0.2) == b"B"
    assert line.parrot.heard == [(0.0, b"a"), (0.05, b"b")]


def test_on_one_wire_the_host_hears_itself_first() -> None:
    line = Line(echo=True)
    line.link.write(b"a")
    assert line.link.read(0.2) == b"a"
    assert line.link.read(0.2) == b"A"


def test_an_unplugged_line_is_gone_until_it_is_plugged_and_opened_and_keeps_nothing() -> None:
    line = Line()
    line.link.write(b"a")
    line.link.unplug()
    for use in (lambda: line.link.write(b"b"), lambda: line.link.read(0.1), line.link.open):
        with pytest.raises(Unanswered):
            use()
    line.link.plug()
    with pytest.raises(Unanswered):
        line.link.read(0.1)
    line.link.open()
    assert line.link.read(0.1) == b""


def test_a_line_held_low_takes_its_time_and_reaches_the_device() -> None:
    line = Line()
    line.link.hold_low(0.1)
    assert (line.parrot.held, line.passed()) == (0.1, 0.1)


def test_the_witness_is_told_before_and_after_and_may_end_it_all() -> None:
    told: list[str] = []

    class PowerCut(Exception):
        pass

    def witness(what: str) -> None:
        told.append(what)
        if len(told) == 4:
            raise PowerCut

    parrot, clock = Parrot(), SimClock()
    link = SimLink(clock, parrot, witness=witness)
    link.open()
    link.write(b"a")
    assert link.read(0.1) == b"A"
    with pytest.raises(PowerCut):
        link.write(b"b")
    assert told == ["write", "written", "read", "write"]
    assert [data for _, data in parrot.heard] == [b"a"]
