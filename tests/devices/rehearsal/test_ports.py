"""A device on a pseudo-terminal, as hosts find it: they come and go, and cables are pulled out."""

from __future__ import annotations

import os
import select
import termios
import tty
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from ccnet_frames import FROM_HOST
from ccnet_host import CcnetHost
from tillpost.devices.ccnet.frames import Command
from tillpost.devices.ccnet.simulated import SimValidator
from tillpost.devices.rehearsal import ports
from tillpost.devices.rehearsal.hurried import Hurried
from tillpost.devices.rehearsal.ports import Port
from tillpost.errors import Halt

TABLE = next(data for data, command, _ in FROM_HOST if command is Command.BILL_TABLE)
POLL = next(data for data, command, _ in FROM_HOST if command is Command.POLL)
SOON = 5.0  # seconds, at most


@pytest.fixture
def link(tmp_path: Path) -> Path:
    return tmp_path / "ttyUSB0"


@pytest.fixture
def port(link: Path) -> Iterator[Port]:
    with closing(served(link)) as one:
        yield one


def served(link: Path) -> Port:
    clock = Hurried()
    return Port(link, SimValidator(clock), clock)


class Host:
    def __init__(self, link: Path) -> None:
        self.file = os.open(link, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.file)

    def heard(self, patience: float = SOON) -> bytes:
        return os.read(self.file, 1000) if select.select([self.file], [], [], patience)[0] else b""

    def close(self) -> None:
        os.close(self.file)


def test_a_whole_frame_comes_at_once(port: Port, link: Path) -> None:
    with closing(Host(link)) as host:
        os.write(host.file, TABLE)
        port.step(SOON)
        assert len(host.heard()) == 125


def test_a_host_that_comes_hears_nothing_that_was_said_to_the_last(port: Port, link: Path) -> None:
    with closing(Host(link)) as host:
        os.write(host.file, TABLE)
        port.step(SOON)
    port.step(SOON)
    with closing(Host(link)) as host:
        port.step(0)
        os.write(host.file, POLL)
        port.step(SOON)
        assert host.heard() == bytes.fromhex("020306104392")


def test_what_a_host_said_before_it_closed_the_port_is_heard(link: Path) -> None:
    clock = Hurried()
    device = SimValidator(clock)
    with closing(Port(link, device, clock)) as port:
        with closing(Host(link)) as host:
            os.write(host.file, POLL)
        port.step(SOON)
        assert device.shown == [b"\x10"]


def test_a_port_that_nobody_has_open_is_no_work(port: Port, link: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Host(link)) as host:
        os.write(host.file, TABLE)
        port.step(SOON)
    woken: list[int] = []
    wait = select.select

    def counted(reads: list[int], *others: object) -> object:
        ready = wait(reads, *others)  # type: ignore[arg-type]
        woken.append(len(ready[0]))
        return ready

    monkeypatch.setattr(ports.select, "select", counted)
    for _ in range(10):
        port.step(0.01)
    assert woken[3:] == [0] * 7


def test_a_port_that_is_unplugged_is_gone_for_its_host_until_it_is_plugged_in(port: Port, link: Path) -> None:
    host = CcnetHost(link)
    with closing(Host(link)) as old:
        port.unplug()
        port.unplug()
        assert not link.is_symlink()
        with suppress(OSError):  # the kernel says it in one of two ways
            assert old.heard() == b""
    port.plug()
    port.plug()
    host.open()
    host.say(POLL[3:-2])
    port.step(SOON)
    host.close()


def test_the_end_takes_the_link_away(port: Port, link: Path) -> None:
    assert str(link.readlink()).startswith("/dev/pts/")
    port.close()
    assert list(link.parent.iterdir()) == []


def test_an_older_link_of_a_rehearsal_is_replaced_and_its_owner_leaves_the_new_one(port: Port, link: Path) -> None:
    before = link.readlink()
    with closing(served(link)) as other:
        assert link.readlink() != before
        port.close()
        assert link.is_symlink()
        assert other.name == str(link)
    assert not link.is_symlink()


@pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling"])
def test_what_is_no_link_of_a_rehearsal_is_left_alone(link: Path, kind: str) -> None:
    match kind:
        case "file":
            link.write_text("somebody's")
        case "folder":
            link.mkdir()
        case "link":
            link.symlink_to(link.parent)
        case "dangling":
            link.symlink_to("/dev/ttyUSB77")
    before = link.lstat()
    with pytest.raises(Halt) as caught:
        served(link)
    assert caught.value.reason.code == "rehearsal.link-taken"
    assert link.lstat() == before
    assert list(link.parent.iterdir()) == [link]


def test_a_folder_that_is_not_there_is_told(link: Path) -> None:
    with pytest.raises(Halt) as caught:
        served(link / "deeper")
    assert caught.value.reason.code == "rehearsal.link"
    assert "No such file" in str(caught.value)


def test_a_line_held_low_is_no_trouble(port: Port, link: Path) -> None:
    with closing(Host(link)) as host:
        termios.tcsendbreak(host.file, 0)
        os.write(host.file, POLL)
        port.step(SOON)
        assert host.heard() == bytes.fromhex("020306104392")
