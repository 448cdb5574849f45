"""A BrueBox over TCP: questions, answers in any pieces, events, and connections that fail."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tillpost.devices.glory import session as glorysession
from tillpost.devices.glory.messages import LONGEST_ANSWER
from tillpost.devices.glory.nouns import Finished, Told
from tillpost.devices.glory.session import GlorySession
from tillpost.devices.glory.simserver import SimGloryServer
from tillpost.devices.glory.simstates import LASTS
from tillpost.devices.glory.simulated import SimBrueBox
from tillpost.devices.glory.states import State, Verdict
from tillpost.devices.glory.wire import LONGEST_HEAD, Exchange, Reply, TcpWire
from tillpost.devices.lines.realclock import RealClock
from tillpost.devices.nouns import Pieces, Standing, Unanswered
from tillpost.errors import Halt

BODY = b"<a>" + b"x" * 50 + b"</a>"
PLAIN = b"HTTP/1.1 200 OK\r\nServer: Axis2C\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
UNTIL_THE_END = b"HTTP/1.0 200 OK\r\n\r\n" + BODY
DEADLINE = 20.0


def read(*parts: bytes) -> bytes | None:
    reply = Reply()
    for part in parts:
        if (body := reply.feed(part)) is not None:
            return body
    return reply.feed(b"")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([PLAIN, CHUNKED, UNTIL_THE_END]), st.lists(st.integers(1, 150), max_size=6))
def test_an_answer_is_read_in_any_pieces(answer: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(answer)) for cut in cuts), len(answer)]
    parts = [answer[a:b] for a, b in pairwise(places) if a < b]
    assert read(*parts) == BODY


def test_a_whole_answer_is_not_waited_behind() -> None:
    assert Reply().feed(PLAIN) == BODY
    assert Reply().feed(CHUNKED) == BODY


def test_a_fault_comes_with_its_envelope() -> None:
    assert read(PLAIN.replace(b"200 OK", b"500 Internal Server Error")) == BODY


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "glory.garbled"),
        (PLAIN[:-1], "glory.garbled"),
        (CHUNKED[:-9], "glory.garbled"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "glory.garbled"),
        (PLAIN.replace(b"200 OK", b"404 Not Found"), "glory.http"),
        (b"x" * (LONGEST_HEAD + 1), "glory.garbled"),
        (PLAIN[:60] + b"x" * (LONGEST_HEAD + LONGEST_ANSWER), "glory.garbled"),
    ],
)
def test_what_is_no_answer_is_refused(answer: bytes, code: str) -> None:
    with pytest.raises(Unanswered) as caught:
        read(answer)
    assert caught.value.reason.code == code


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_noise_is_refused_or_read_and_never_worse(noise: bytes) -> None:
    for data in (noise, PLAIN[:40] + noise):
        try:
            read(data)
        except Unanswered:
            continue


# --- over TCP


class Served:
    """The machine on its own thread, which ends with the test."""

    def __init__(self) -> None:
        self.machine = SimBrueBox(RealClock())
        self.machine.force(State.IDLE)
        self.server = SimGloryServer(self.machine)
        self.lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            with self.lock:
                self.server.step(0.005)

    def do(self, act: Callable[[], object]) -> object:
        with self.lock:
            return act()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self.server.close()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    for state in LASTS:
        monkeypatch.setitem(LASTS, state, 0.02)
    monkeypatch.setattr(glorysession, "PERIOD_AWAY", 0.05)
    one = Served()
    yield one
    one.close()


@pytest.fixture
def wire(served: Served) -> Iterator[TcpWire]:
    one = TcpWire("127.0.0.1", served.server.port, listen=("127.0.0.1", 0))
    yield one
    one.close()


class Host:
    def __init__(self, wire: TcpWire) -> None:
        self.session = GlorySession(wire, RealClock(), address="127.0.0.1", port=wire.listens_on)
        self.told: list[Told] = []

    def until(self, done: Callable[[], object]) -> None:
        end = time.monotonic() + DEADLINE
        while not done():
            assert time.monotonic() < end, self.told
            self.told += self.session.poll()

    def finished(self) -> list[Finished]:
        return [one for one in self.told if isinstance(one, Finished)]


def test_a_whole_sale_over_tcp(served: Served, wire: TcpWire) -> None:
    host = Host(wire)
    host.until(lambda: host.session.state == State.IDLE)
    host.session.start_cashin(7)
    host.until(lambda: host.session.state == State.WAITING_INSERTION)
    assert served.do(lambda: served.machine.insert(50000))
    host.session.change_request(7, 40000)
    host.until(host.finished)
    done = host.finished()[0]
    assert (done.verdict, done.deposited, done.dispensed) == (Verdict.DONE, (Pieces(50000, 1),), (Pieces(10000, 1),))
    host.until(lambda: host.session.state == State.IDLE)
    assert sum(unit.capacity for unit in host.session.inventory().units)
    host.session.close()


def test_a_sale_is_cancelled_while_its_change_is_awaited(served: Served, wire: TcpWire) -> None:
    host = Host(wire)
    host.until(lambda: host.session.state == State.IDLE)
    host.session.change_request(7, 40000)
    host.until(lambda: host.session.state == State.WAITING_INSERTION)
    host.session.cancel(7)
    host.until(host.finished)
    assert host.finished()[0].verdict is Verdict.ENDED


def test_a_machine_that_loses_power_leaves_the_sale_unknown_and_is_found_again(served: Served, wire: TcpWire) -> None:
    host = Host(wire)
    host.until(lambda: host.session.state == State.IDLE)
    host.session.change_request(7, 40000)
    host.until(lambda: host.session.state == State.WAITING_INSERTION)
    served.do(served.machine.cut_power)
    host.until(lambda: host.finished() and host.session.standing is Standing.OFFLINE)
    assert host.finished()[0].verdict is Verdict.UNKNOWN
    served.do(served.machine.power_on)
    host.until(lambda: host.session.state == State.IDLE)


def outcome(wire: TcpWire, exchange: Exchange) -> str:
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        try:
            exchange.step()
        except Unanswered as trouble:
            return trouble.reason.code
        wire.wait(0.05)
    return "nothing"


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    wire = TcpWire("127.0.0.1", port, listen=("127.0.0.1", 0))
    exchange = wire.post("ChangeOperation", b"<a/>")
    assert outcome(wire, exchange) == "glory.line"
    assert not exchange.sent
    wire.close()


def test_where_the_connection_breaks_the_question_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        wire = TcpWire("127.0.0.1", server.getsockname()[1], listen=("127.0.0.1", 0))
        exchange = wire.post("ChangeOperation", b"<a/>")
        assert exchange.step() is None
        connection, _ = server.accept()
        while not exchange.sent:
            wire.wait(0.05)
            assert exchange.step() is None
        head = connection.recv(1000)
        connection.close()
        assert b'SOAPAction: "ChangeOperation"' in head
        assert outcome(wire, exchange) in ("glory.garbled", "glory.line")
        assert exchange.sent
        wire.close()


def test_events_are_taken_from_the_machine_alone() -> None:
    wire = TcpWire("127.0.0.2", 1, listen=("127.0.0.1", 0))
    with socket.create_connection(("127.0.0.1", wire.listens_on)) as stranger:
        stranger.sendall(b"<BbxEventRequest/>\0")
        wire.wait(DEADLINE)
        assert wire.events() == []
        stranger.settimeout(DEADLINE)
        with suppress(ConnectionResetError):
            assert stranger.recv(1) == b""
    wire.close()


def test_the_newest_event_connections_count() -> None:
    wire = TcpWire("127.0.0.1", 1, listen=("127.0.0.1", 0))
    callers: list[socket.socket] = []
    came: list[tuple[int, bytes]] = []
    end = time.monotonic() + DEADLINE
    for _ in range(6):
        callers.append(socket.create_connection(("127.0.0.1", wire.listens_on), timeout=DEADLINE))
        came += wire.events()
    callers[-1].sendall(b"x")
    while (6, b"x") not in came and time.monotonic() < end:
        wire.wait(1.0)
        came += wire.events()
    assert {(1, b""), (2, b""), (6, b"x")} <= set(came)
    for caller in callers:
        caller.close()
    wire.close()


def test_a_port_that_is_taken_halts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(Halt) as caught:
        TcpWire("127.0.0.1", 1, listen=("127.0.0.1", taken.getsockname()[1]))
    assert caught.value.reason.code == "glory.listener"
