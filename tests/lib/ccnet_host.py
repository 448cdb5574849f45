"""A host of a CCNET validator that knows nothing of the package: frames by hand, on whatever lies under a path.

It accepts each note it is told of, unless `refuses`, and counts money at 81 alone.
"""

from __future__ import annotations

import os
import select
import termios
import time
import tty
from pathlib import Path

ACK, RESET, POLL, ENABLE, STACK, RETURN, IDENTIFICATION, TABLE = 0x00, 0x30, 0x33, 0x34, 0x35, 0x36, 0x37, 0x41
DEADLINE = 20.0  # seconds


class Gone(Exception):
    """The port is not there, or not any more."""


class CcnetHost:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.refuses = False
        self.credited: list[int] = []  # major units
        self.returned: list[int] = []
        self.states: list[int] = []  # as they were shown, each once in a row
        self.values: dict[int, int] = {}
        self._file: int | None = None

    # --- frames

    def open(self) -> None:
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError as error:
            raise Gone from error
        tty.setraw(self._file)
        settings = termios.tcgetattr(self._file)
        settings[4] = settings[5] = termios.B9600
        termios.tcsetattr(self._file, termios.TCSANOW, settings)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = None

    def say(self, body: bytes) -> None:
        data = b"\x02\x03" + bytes([len(body) + 5]) + body
        try:
            os.write(self._port, data + crc(data).to_bytes(2, "little"))
        except OSError as error:
            raise Gone from error

    def ask(self, body: bytes) -> bytes:
        """The answer's body; what came whole, in one piece."""
        self.say(body)
        if not select.select([self._port], [], [], DEADLINE)[0]:
            raise AssertionError(f"no answer to {body.hex()}")
        try:
            data = os.read(self._port, 300)
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        assert data[:2] == b"\x02\x03", data.hex()
        assert len(data) == data[2], data.hex()
        assert crc(data[:-2]).to_bytes(2, "little") == data[-2:]
        return data[3:-2]

    @property
    def _port(self) -> int:
        if self._file is None:
            raise Gone
        return self._file

    # --- a sale

    def begin(self) -> None:
        """From whatever state to idling."""
        self.until(lambda: self.ask(bytes([RESET])) == b"\0")
        self.until(lambda: self.poll() == 0x19)
        table = self.ask(bytes([TABLE]))
        self.say(bytes([ACK]))
        for kind in range(24):
            value, exponent = table[kind * 5], table[kind * 5 + 4]
            self.values[kind] = value * 10**exponent
        assert self.ask(bytes([ENABLE]) + b"\xff" * 6) == b"\0"
        self.until(lambda: self.poll() == 0x14)

    def poll(self) -> int:
        body = self.ask(bytes([POLL]))
        self.say(bytes([ACK]))
        state = body[0]
        if self.states[-1:] != [state]:
            self.states.append(state)
            self._seen(state, body[1:])
        return state

    def _seen(self, state: int, data: bytes) -> None:
        match state:
            case 0x80:
                assert self.ask(bytes([RETURN if self.refuses else STACK])) == b"\0"
            case 0x81:
                self.credited.append(self.values[data[0]])
            case 0x82:
                self.returned.append(self.values[data[0]])

    def until(self, done: object, pause: float = 0.02) -> None:
        deadline = time.monotonic() + DEADLINE
        while not done():  # type: ignore[operator]
            assert time.monotonic() < deadline, [hex(state) for state in self.states]
            time.sleep(pause)


def crc(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0x8408 if value & 1 else value >> 1
    return value
