"""A simulated device on a pseudo-terminal, served by a thread of the test."""

from __future__ import annotations

import os
import select
import threading
import tty
from pathlib import Path

from tillpost.devices.ccnet.simulated import SimValidator
from tillpost.devices.lines.realclock import RealClock


class Served:
    """A port at `path` with a validator on it. `device` may be used under `turn` only."""

    def __init__(self, path: Path, device: SimValidator | None = None) -> None:
        self.clock = RealClock()
        self.device = device or SimValidator(self.clock)
        self.turn = threading.Lock()
        self._path = path
        self._master, slave = os.openpty()
        tty.setraw(slave)
        path.symlink_to(os.ttyname(slave))
        self._slave = slave  # held open, so that the port lives while nobody else has it open
        self._stop_out, self._stop_in = os.pipe()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            ready, _, _ = select.select([self._master, self._stop_out], [], [])
            if self._stop_out in ready:
                return
            data = os.read(self._master, 1000)
            with self.turn:
                answer = self.device.hear(data, self.clock.monotonic())
            if answer:
                os.write(self._master, answer)

    def vanish(self) -> None:
        """The adapter is pulled out."""
        if self._thread.is_alive():
            os.write(self._stop_in, b"x")
            self._thread.join()
            self._path.unlink()
            for end in (self._master, self._slave, self._stop_in, self._stop_out):
                os.close(end)
