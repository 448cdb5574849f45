"""A simulated device on a serial port: a pseudo-terminal, with a link to it where the host looks for its port.

The other end is held by hosts alone, so the kernel says when the last of them has closed it: what the device said to
that one is then thrown away, as a port that is closed throws it away, and the next host begins with nothing. `unplug`
closes our end, which a host sees as it sees an adapter that is pulled out; `plug` makes a new one under the same link.
Whatever the device says at once is written at once. A line held low does not come through a pseudo-terminal: a host's
reset of the bus is not seen.

Failures: `Halt` (rehearsal.link-taken) where something else lies at the link's place; (rehearsal.link) where it cannot
be made.
"""

from __future__ import annotations

import errno
import os
import select
import termios
import tty
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from ...errors import Halt, Reason
from ..lines.simlink import SimulatedDevice
from ..promises import Clock

PIECE = 1 << 12
TERMINALS = "/dev/pts/"


class Port:
    """`stage.Place`: serves `device` at `link`; `clock` is the device's."""

    def __init__(self, link: Path, device: SimulatedDevice, clock: Clock) -> None:
        self._link, self._device, self._clock = link, device, clock
        self._ours: int | None = None
        self._name = ""
        self._said = False  # since the port was last closed by all hosts
        self._more = False  # may be there to be read: the bell rings once only
        self.plug()

    @property
    def name(self) -> str:
        """What hosts open."""
        return str(self._link)

    def plug(self) -> None:
        """The port is there; nothing where it is already."""
        if self._ours is not None:
            return
        ours, theirs = os.openpty()
        try:
            tty.setraw(theirs)
            self._name = os.ttyname(theirs)
            os.set_blocking(ours, False)
            # By its edge: that nobody has the port open is told once, not again and again.
            self._bell = select.epoll()
            self._bell.register(ours, select.EPOLLIN | select.EPOLLET)
            _point(self._link, self._name)
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        self._ours, self._said, self._more = ours, False, False

    def unplug(self) -> None:
        """The adapter is pulled out; nothing where it is out already."""
        if self._ours is None:
            return
        if _target(self._link) == self._name:  # another rehearsal may have taken the place since
            self._link.unlink(missing_ok=True)
        self._bell.close()
        os.close(self._ours)
        self._ours = None

    close = unplug

    def step(self, seconds: float, also: Collection[int] = ()) -> None:
        """Waits until a host says something or one of `also` can be read, at most for `seconds`; and serves. One piece
        at a time, so that whoever looks between two steps sees each state that a host is shown."""
        here = [] if self._ours is None else [self._bell.fileno()]
        ready, _, _ = select.select([*here, *also], [], [], 0.0 if self._more else max(0.0, seconds))
        if self._ours is not None and here[0] in ready:
            self._bell.poll(0)
            self._more = True
        if self._ours is not None and self._more:
            self._serve(self._ours)

    def _serve(self, ours: int) -> None:
        try:
            data = os.read(ours, PIECE)
        except BlockingIOError:
            self._more = False
            return
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self._more = False
            self._closed()
            return
        answer = self._device.hear(data, self._clock.monotonic())
        if answer:
            self._said = True
            self._say(ours, answer)

    @staticmethod
    def _say(ours: int, answer: bytes) -> None:
        try:
            os.write(ours, answer)
        except BlockingIOError:  # nobody reads: a line does not wait
            return

    def _closed(self) -> None:
        """No host has the port open."""
        if self._said:
            self._said = False
            with suppress(OSError):  # the next host is there already, and holds it alone
                theirs = os.open(self._name, os.O_RDWR | os.O_NOCTTY)
                termios.tcflush(theirs, termios.TCIFLUSH)
                os.close(theirs)


def _point(link: Path, name: str) -> None:
    """Makes `link` a link to `name` in one step. One that a rehearsal left is replaced, anything else refused."""
    beside = link.with_name(f".{link.name}.{os.getpid()}")
    try:
        found = _target(link)
        if found is None and (link.exists() or link.is_symlink()):
            raise Halt(Reason("rehearsal.link-taken", path=link))
        beside.unlink(missing_ok=True)
        beside.symlink_to(name)
        beside.replace(link)
    except OSError as error:
        raise Halt(Reason("rehearsal.link", path=link, detail=error.strerror or error)) from error


def _target(link: Path) -> str | None:
    """The pseudo-terminal that `link` leads to; None = it is no such link."""
    try:
        target = str(link.readlink())
    except OSError:
        return None
    return target if target.startswith(TERMINALS) else None
