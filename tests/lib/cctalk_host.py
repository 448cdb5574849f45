"""A host of ccTalk devices that knows nothing of the package: frames by hand, on whatever lies under a path."""

from __future__ import annotations

import os
import select
import time
import tty
from collections.abc import Callable
from pathlib import Path

DEADLINE = 20.0  # seconds


class CctalkHost:
    """`echo`: it hears itself."""

    def __init__(self, path: Path, *, echo: bool = False) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self._file)
        self._echo = echo
        self._counter = 0
        self.values: dict[int, int] = {}  # by position, in minor units
        self.credited: list[int] = []

    def close(self) -> None:
        os.close(self._file)

    def ask(self, to: int, header: int, data: bytes = b"") -> bytes:
        """The data of the answer."""
        said = bytes([to, len(data), 1, header]) + data
        said += bytes([-sum(said) % 256])
        os.write(self._file, said)
        heard = b""
        while len(heard) < 5 or len(heard) < 5 + heard[1]:
            if not select.select([self._file], [], [], DEADLINE)[0]:
                raise AssertionError(f"no answer to {said.hex()}: {heard.hex()}")
            heard += os.read(self._file, 300)
            if self._echo and heard.startswith(said):
                heard = heard[len(said) :]
        assert sum(heard) % 256 == 0
        assert (heard[0], heard[2], heard[3]) == (1, to, 0), heard.hex()
        return heard[4:-1]

    def until(self, done: Callable[[], object], pause: float = 0.02) -> None:
        deadline = time.monotonic() + DEADLINE
        while not done():
            assert time.monotonic() < deadline, self.credited
            time.sleep(pause)

    # --- coins

    def begin(self) -> None:
        """Learns the coins, and lets all of them in."""
        assert self.ask(2, 245) == b"Coin Acceptor"
        for position in range(1, 17):
            name = self.ask(2, 184, bytes([position])).decode()
            if "." not in name:
                thousands, found, hundreds = name[2:5].partition("K")
                self.values[position] = int(thousands) * 1000 + int(hundreds) * 100 if found else int(thousands)
        self._counter = self.ask(2, 229)[0]
        self.ask(2, 231, b"\xff\xff")
        self.ask(2, 228, b"\x01")

    def poll(self) -> None:
        """New coins are credited, oldest first."""
        said = self.ask(2, 229)
        new = (said[0] - self._counter) % 255 if said[0] else 0
        assert new <= 5, "events were lost"
        for place in range(new, 0, -1):
            coin = said[2 * place - 1]
            if coin:
                self.credited.append(self.values[coin])
        self._counter = said[0]

    # --- a hopper

    def pay(self, address: int, count: int) -> tuple[int, int]:
        """Paid and unpaid."""
        serial = self.ask(address, 242)
        self.ask(address, 164, b"\xa5")
        self.ask(address, 167, serial + bytes([count]))
        self.until(lambda: self.ask(address, 166)[1] == 0)
        _, _, paid, unpaid = self.ask(address, 166)
        return paid, unpaid
