"""What systemd is told, by a socket in a folder or behind an @; and that nobody there is no trouble."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tillpost.pipeline.systemd import Systemd


@pytest.fixture(params=["path", "abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    name = f"@tillpost-test-{os.getpid()}-{tmp_path.name}" if request.param == "abstract" else str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name.replace("@", "\0", 1))
        listening.settimeout(60)
        yield listening, name


def test_each_word_is_one_datagram(listener: tuple[socket.socket, str]) -> None:
    listening, name = listener
    systemd = Systemd(name)
    systemd.ready("all is well")
    systemd.status("two\nlines")
    systemd.reloading()
    systemd.stopping()
    words = [listening.recv(4096).decode() for _ in range(4)]
    assert words[0] == "READY=1\nSTATUS=all is well"
    assert words[1] == "STATUS=two lines"
    assert words[2].startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert words[3] == "STOPPING=1"


def test_signs_of_life_are_given_as_often_as_somebody_needs_them(listener: tuple[socket.socket, str]) -> None:
    listening, name = listener
    systemd = Systemd(name)
    for _ in range(10_000):
        systemd.alive()
    systemd.stopping()
    words = [listening.recv(4096)]
    while words[-1] != b"STOPPING=1":
        words.append(listening.recv(4096))
    assert words[0] == b"WATCHDOG=1"
    assert len(words) < 100


def test_address_is_taken_out_of_the_environment() -> None:
    environment = {"NOTIFY_SOCKET": "/nowhere/at/all", "PATH": "/bin"}
    systemd = Systemd.of(environment)
    assert environment == {"PATH": "/bin"}
    systemd.ready("nobody is there")
    systemd.alive()


def test_without_a_listener_nothing_is_told() -> None:
    systemd = Systemd.of({})
    systemd.ready("")
    systemd.alive()
    systemd.stopping()
