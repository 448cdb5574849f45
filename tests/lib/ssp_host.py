"""A host of an SSP validator that knows nothing of the package: packets by hand, on whatever lies under a path.

It polls with acknowledgement, and counts money at EE alone.
"""

from __future__ import annotations

import os
import select
import time
import tty
from collections.abc import Callable
from pathlib import Path

SYNC, VERSION, SETUP, INHIBITS, ENABLE, REJECT = 0x11, 0x06, 0x05, 0x02, 0x0A, 0x08
POLL, EVENT_ACK = 0x56, 0x57
WITH_CHANNEL = frozenset({0xEF, 0xEE, 0xE6, 0xE1, 0xE2})  # events of two bytes
DEADLINE = 20.0  # seconds


class SspHost:
    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self._file)
        self._sequence = 0x80
        self.refuses = False
        self.values: dict[int, int] = {}  # by channel, in major units
        self.credited: list[int] = []
        self.events: list[int] = []

    def close(self) -> None:
        os.close(self._file)

    def ask(self, *body: int) -> bytes:
        """The data of an answer that says OK."""
        self._sequence = 0x80 if body[0] == SYNC else self._sequence ^ 0x80
        said = bytes([self._sequence, len(body), *body])
        os.write(self._file, b"\x7f" + (said + crc(said)).replace(b"\x7f", b"\x7f\x7f"))
        if not select.select([self._file], [], [], DEADLINE)[0]:
            raise AssertionError(f"no answer to {bytes(body).hex()}")
        heard = os.read(self._file, 600)
        assert heard[:1] == b"\x7f"
        told = heard[1:].replace(b"\x7f\x7f", b"\x7f")
        assert (told[0], len(told)) == (self._sequence, told[1] + 4)
        assert crc(told[:-2]) == told[-2:]
        assert told[2] == 0xF0, told.hex()
        return told[3:-2]

    def begin(self) -> None:
        """From whatever state to taking notes."""
        self.ask(SYNC)
        self.ask(VERSION, 6)
        told = self.ask(SETUP)
        count = told[11]
        wide = told[12 + 2 * count + 4 + 3 * count :]
        for channel in range(1, count + 1):
            self.values[channel] = int.from_bytes(wide[4 * channel - 4 : 4 * channel], "little")
        self.ask(INHIBITS, 0xFF, 0xFF)
        self.until(lambda: 0xB6 not in self.poll())
        self.ask(ENABLE)

    def poll(self) -> list[int]:
        told, events = self.ask(POLL), []
        credits_: list[int] = []
        while told:
            size = 2 if told[0] in WITH_CHANNEL else 1
            events.append(told[0])
            if told[0] == 0xEE:
                credits_.append(self.values[told[1]])
            if told[0] == 0xEF and told[1] and self.refuses:
                self.ask(REJECT)
            told = told[size:]
        if credits_:
            self.credited += credits_
            self.ask(EVENT_ACK)
        self.events += events
        return events

    def until(self, done: Callable[[], object], pause: float = 0.02) -> None:
        deadline = time.monotonic() + DEADLINE
        while not done():
            assert time.monotonic() < deadline, [hex(event) for event in self.events]
            time.sleep(pause)


def crc(data: bytes) -> bytes:
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x8005 if value & 0x8000 else value << 1) & 0xFFFF
    return value.to_bytes(2, "little")
