"""`cash simulate` as a process of its own, spoken to as another program does: lines in, lines of JSON out."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

DEADLINE = 30.0  # seconds
_RUNS = (
    "import sys; from tillpost.counter.cashsimulate import simulate;"
    "sys.exit(simulate.main(prog_name='simulate', standalone_mode=False))"
)


class Rehearsed:
    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.told: list[dict[str, Any]] = []
        self._heard = b""
        self.serves: str = self.next()["serves"]

    def next(self) -> dict[str, Any]:
        """The next line that it tells."""
        assert self.process.stdout
        deadline = time.monotonic() + DEADLINE
        while b"\n" not in self._heard:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            data = os.read(self.process.stdout.fileno(), 10_000) if ready else b""
            assert data, self.told
            self._heard += data
        line, _, self._heard = self._heard.partition(b"\n")
        self.told.append(json.loads(line))
        return self.told[-1]

    def until(self, done: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        while not done(told := self.next()):
            continue
        return told

    def say(self, line: str) -> dict[str, Any]:
        """What came of it."""
        assert self.process.stdin
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return self.until(lambda told: told.get("said") == line)

    def state(self, state: str) -> None:
        """Until it tells that it is in this state."""
        self.until(lambda told: told.get("state") == state)

    def stock(self) -> dict[str, str]:
        assert self.process.stdin
        self.process.stdin.write(b"stock\n")
        self.process.stdin.flush()
        return self.until(lambda told: len(told) > 3)

    def ends(self) -> int:
        return self.process.wait(DEADLINE)


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-c", _RUNS, *map(str, arguments)]


@contextmanager
def rehearsed(*arguments: object) -> Iterator[Rehearsed]:
    """It is stopped at the end, where it has not ended by itself."""
    with subprocess.Popen(
        command(*arguments, "--json"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            yield Rehearsed(process)
        finally:
            process.terminate()
            process.wait(DEADLINE)
