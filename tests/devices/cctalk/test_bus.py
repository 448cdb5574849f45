"""One line for several devices: which answer counts, whose own bytes these are, and a line that goes and comes."""

from __future__ import annotations

import os
import select
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tillpost.devices.cctalk.bus import Bus, Refused
from tillpost.devices.cctalk.coins import CoinAcceptor
from tillpost.devices.cctalk.frames import Check, Header
from tillpost.devices.cctalk.hopper import Hopper
from tillpost.devices.cctalk.simulated import Answer, SimBus, SimCoinAcceptor, SimHopper
from tillpost.devices.lines import simlink
from tillpost.devices.lines.realclock import RealClock
from tillpost.devices.lines.seriallink import SerialLink
from tillpost.devices.lines.simlink import SimClock, SimLink
from tillpost.devices.nouns import Credited, Form, Happening, Paid, Pieces, Standing, Unanswered


class Parrot:
    """Answers each question with its data."""

    def __init__(self, address: int) -> None:
        self.address = address
        self.heard: list[tuple[int, bytes]] = []
        self.says: list[Answer] = []

    def answer(self, header: int, data: bytes, now: float) -> Answer:
        self.heard.append((header, data))
        return self.says.pop(0) if self.says else data


class Line:
    def __init__(self, *, echo: bool = False, check: Check = Check.SUM) -> None:
        self.clock, self.two, self.three = SimClock(), Parrot(2), Parrot(3)
        self.link = SimLink(self.clock, SimBus([self.two, self.three], check=check), echo=echo)
        self.bus = Bus(self.link, self.clock, check=check)

    def ask(self, data: bytes, address: int = 2, *, tries: int = 3) -> bytes:
        return self.bus.ask(address, Header.COIN_ID, data, length=len(data), tries=tries)


@pytest.mark.parametrize("check", Check)
@pytest.mark.parametrize("echo", [False, True])
def test_each_device_answers_for_itself_and_echo_is_noticed(echo: bool, check: Check) -> None:
    line = Line(echo=echo, check=check)
    assert line.bus.echo is None
    assert line.ask(b"two") == b"two"
    assert line.ask(b"three", 3) == b"three"
    assert line.bus.echo is echo
    assert (len(line.two.heard), len(line.three.heard)) == (1, 1)


def test_an_echo_in_pieces_or_behind_noise_hides_no_answer() -> None:
    line = Line(echo=True)
    put = line.link._put
    line.link._put = (
        lambda queue, at, data: [  # type: ignore[method-assign, assignment, func-returns-value]
            put(queue, at + 0.0001 * n, data[n : n + 1]) for n in range(len(data))
        ]
    )
    assert line.ask(b"abc") == b"abc"
    assert line.bus.echo
    quiet = Line()
    quiet.link.to_host[0] = simlink.noisy(bytes.fromhex("02 03 01"))  # begins as our own bytes would
    assert quiet.ask(b"abc") == b"abc"
    assert quiet.bus.echo is False


def test_a_lost_question_or_answer_is_asked_again_three_times_in_all() -> None:
    line = Line()
    line.link.to_host.update({0: simlink.dropped, 1: simlink.flipped(40)})
    assert line.ask(b"a") == b"a"
    assert line.bus.asked_again
    assert line.ask(b"b") == b"b"
    assert not line.bus.asked_again
    line.link.to_host.update(dict.fromkeys(range(4, 7), simlink.dropped))
    with pytest.raises(Unanswered, match="does not answer"):
        line.ask(b"c")
    assert len(line.two.heard) == 7


def test_what_may_be_said_once_is_said_once() -> None:
    line = Line()
    line.link.to_host[0] = simlink.dropped
    with pytest.raises(Unanswered):
        line.ask(b"a", tries=1)
    assert len(line.two.heard) == 1


def test_a_late_answer_is_not_taken_for_the_next_one() -> None:
    line = Line()
    line.link.to_host[0] = simlink.late(0.21)
    with pytest.raises(Unanswered):
        line.ask(b"old", tries=1)
    assert line.ask(b"new") == b"new"


def test_an_answer_of_another_length_or_from_another_device_is_none() -> None:
    line = Line()
    line.two.says = [b"longer"]
    assert line.ask(b"x") == b"x"
    line.link.to_host[line.link.answered] = lambda data: [(0.0, bytes.fromhex("01 01 03 00 78 83") + data)]
    assert line.ask(b"y") == b"y"


def test_a_busy_device_is_asked_again_and_one_that_refuses_is_not() -> None:
    line = Line()
    line.two.says = [Header.BUSY, Header.BUSY]
    assert line.ask(b"a") == b"a"
    line.two.says = [Header.NAK]
    with pytest.raises(Refused):
        line.ask(b"b")
    assert len(line.two.heard) == 4
    line.two.says = [Header.BUSY] * 3
    with pytest.raises(Refused):
        line.ask(b"c")


def test_a_line_that_babbles_for_ever_is_given_up() -> None:
    class Babble(SimLink):
        def read(self, timeout: float) -> bytes:
            self._clock.sleep(0.001)
            return b"\x01\x02\x03" * 10

    line = Line()
    line.bus._link = Babble(line.clock, SimBus([]))
    with pytest.raises(Unanswered):
        line.ask(b"a")
    assert line.clock.monotonic() < 5


def test_a_line_that_is_gone_is_looked_for_once_in_a_second() -> None:
    line = Line()
    line.ask(b"a")
    line.link.unplug()
    with pytest.raises(Unanswered):
        line.ask(b"b")
    assert line.bus.is_gone
    line.link.plug()
    with pytest.raises(Unanswered):
        line.ask(b"c")
    line.clock.sleep(1.0)
    assert line.ask(b"d") == b"d"
    assert not line.bus.is_gone


def test_a_device_that_is_away_does_not_hold_up_the_others() -> None:
    clock, coins, box = SimClock(), SimCoinAcceptor(["EU020A"]), SimHopper(5)
    bus = Bus(SimLink(clock, SimBus([coins, box])), clock)
    acceptor, hopper = CoinAcceptor(bus, remember=lambda place: None), Hopper(bus, 20)
    box.cut_power()
    acceptor.enable([20])
    for _ in range(10):
        acceptor.poll()
        hopper.poll()
    begun, rounds = clock.monotonic(), 0
    while clock.monotonic() - begun < 10:
        acceptor.poll()
        rounds += 1
        if hopper.due <= clock.monotonic():
            hopper.poll()
    assert rounds >= 50
    assert hopper.standing is Standing.OFFLINE


# --- over a real line


class Machine(threading.Thread):
    """The simulated devices behind a pseudo-terminal, until it is closed."""

    def __init__(self, port: Path) -> None:
        super().__init__()
        self.coins, self.box = SimCoinAcceptor(["EU020A", "EU100A"]), SimHopper(5)
        self._clock, self._bus = RealClock(), SimBus([self.coins, self.box])
        self._master, slave = os.openpty()
        tty.setraw(slave)
        port.symlink_to(os.ttyname(slave))
        self._slave, (self._end, self._ending) = slave, os.pipe()

    def run(self) -> None:
        while True:
            ready, _, _ = select.select([self._master, self._end], [], [])
            if self._end in ready:
                return
            os.write(self._master, self._bus.hear(os.read(self._master, 1000), self._clock.monotonic()))

    def end(self) -> None:
        os.write(self._ending, b"x")
        self.join()
        for each in (self._master, self._slave, self._end, self._ending):
            os.close(each)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    one = Machine(tmp_path / "ttyUSB0")
    one.start()
    yield one
    one.end()


def test_a_sale_over_a_pseudo_terminal(machine: Machine, tmp_path: Path) -> None:
    clock = RealClock()
    link = SerialLink(str(tmp_path / "ttyUSB0"))
    bus = Bus(link, clock)
    acceptor, hopper = CoinAcceptor(bus, remember=lambda place: None), Hopper(bus, 20)
    deadline = clock.monotonic() + 60
    told: list[Happening] = []

    def until(device: CoinAcceptor | Hopper, is_so: Callable[[], bool]) -> None:
        while not is_so():
            told.extend(device.poll())
            assert clock.monotonic() < deadline, told

    acceptor.enable([20, 100])
    until(acceptor, lambda: acceptor.standing is Standing.ACCEPTING)
    assert machine.coins.insert(2)
    credit = Credited(100, ("4711", 1, 1), Form.COIN, "1")
    until(acceptor, lambda: credit in told)
    acceptor.acknowledge(credit)
    hopper.poll()
    hopper.dispense([Pieces(20, 2)])
    until(hopper, lambda: Paid((Pieces(20, 2),)) in told)
    assert machine.box.out == 2
    bus.close()
