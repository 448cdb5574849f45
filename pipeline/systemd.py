"""Telling systemd how a service is: one datagram for each word, as sd_notify(3) has it. Where nobody listens, nothing
is told.

Failures: none. A listener that is gone is no reason to stop.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import MutableMapping
from contextlib import suppress

BEAT = 1.0  # seconds between two signs of life: work gives them far more often than anybody needs


class Systemd:
    """Whoever listens at `address`: the path of a socket, or a name behind an @; "" = nobody."""

    def __init__(self, address: str = "") -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._beaten = float("-inf")

    @classmethod
    def of(cls, environment: MutableMapping[str, str] = os.environ) -> Systemd:
        """The listener that the environment names. Taken out of it: what we call has nothing to tell there."""
        return cls(environment.pop("NOTIFY_SOCKET", ""))

    def ready(self, status: str) -> None:
        self._tell("READY=1", f"STATUS={status}")

    def status(self, status: str) -> None:
        """A line for `systemctl status`."""
        self._tell(f"STATUS={status}")

    def reloading(self) -> None:
        """The settings are being read; `ready` ends it."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        self._tell("STOPPING=1")

    def alive(self) -> None:
        """The watchdog's food: to be called where the work really goes on, however often."""
        if not self._address:
            return
        now = time.monotonic()
        if now - self._beaten >= BEAT:
            self._beaten = now
            self._tell("WATCHDOG=1")

    def _tell(self, *words: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.setblocking(False)
            out.sendto("\n".join(word.replace("\n", " ") for word in words).encode(), self._address)
