"""A real line: pseudo-terminals and TCP, and what it is when they vanish."""

from __future__ import annotations

import os
import socket
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
from tillpost.devices.lines.seriallink import SerialLink
from tillpost.devices.nouns import Unanswered
from tillpost.errors import Halt


class Pty:
    """A pseudo-terminal whose other end is the test."""

    def __init__(self) -> None:
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        os.close(slave)

    def vanish(self) -> None:
        if self.master >= 0:
            os.close(self.master)
        self.master = -1


@pytest.fixture
def pty() -> Iterator[Pty]:
    one = Pty()
    yield one
    one.vanish()


def whole(link: SerialLink, length: int) -> bytes:
    got = b""
    while len(got) < length:
        part = link.read(10.0)
        assert part, got
        got += part
    return got


def test_bytes_go_both_ways_unchanged(pty: Pty) -> None:
    link = SerialLink(pty.path, baud=9600)
    link.open()
    every = bytes(range(256))
    link.write(every)
    assert os.read(pty.master, 1000) == every
    os.write(pty.master, every)
    assert whole(link, 256) == every
    assert link.read(0.0) == b""
    link.close()


def test_a_port_is_held_alone(pty: Pty) -> None:
    link, other = SerialLink(pty.path), SerialLink(pty.path)
    link.open()
    with pytest.raises(Unanswered, match="lock"):
        other.open()
    link.close()
    other.open()
    other.close()


def test_a_vanished_adapter_is_unanswered_in_every_use_and_opens_again_when_it_is_back(
    pty: Pty, tmp_path: Path
) -> None:
    port = tmp_path / "ttyUSB0"
    port.symlink_to(pty.path)
    link = SerialLink(str(port))
    link.open()
    pty.vanish()
    port.unlink()
    for use in (lambda: link.read(10.0), lambda: link.write(b"a"), lambda: link.read(0.0), link.open):
        with pytest.raises(Unanswered):
            use()
    link.close()
    back = Pty()
    port.symlink_to(back.path)
    link.open()
    os.write(back.master, b"here")
    assert whole(link, 4) == b"here"
    link.close()
    back.vanish()


def test_an_adapter_that_vanishes_before_a_write_is_unanswered(pty: Pty) -> None:
    link = SerialLink(pty.path)
    link.open()
    pty.vanish()
    with pytest.raises(Unanswered):
        link.write(b"a")


def test_a_line_can_be_held_low(pty: Pty) -> None:
    link = SerialLink(pty.path)
    link.open()
    link.hold_low(0.1)
    link.close()
    with pytest.raises(Unanswered):
        link.hold_low(0.1)


def test_a_port_that_is_not_there_is_unanswered_and_an_address_of_no_kind_stops_the_start() -> None:
    with pytest.raises(Unanswered, match="/nowhere"):
        SerialLink("/nowhere").open()
    with pytest.raises(Halt, match="pigeon://"):
        SerialLink("pigeon://home").open()


def test_tcp_does_as_well_and_a_peer_that_hangs_up_is_unanswered() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = SerialLink(f"socket://127.0.0.1:{server.getsockname()[1]}")
        link.open()
        peer, _ = server.accept()
        link.write(b"ping")
        assert peer.recv(4) == b"ping"
        peer.sendall(b"pong")
        assert whole(link, 4) == b"pong"
        peer.close()
        with pytest.raises(Unanswered):
            link.read(10.0)
        link.close()
