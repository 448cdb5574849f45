"""Whose turn it is to work in a root, and whose service it is.

Three files in the state, each a lock of the kernel's: it ends with the process, however that ends. What stands in a
file names its holder, and is a word for people only.

* `lock`: whoever changes anything has it; the service for each of its rounds, any other verb for as long as it runs;
* `lock.next`: whoever waits for `lock`. One that comes again at once, as a service does, finds it taken and waits
  behind: so nobody is overtaken for ever;
* `service.lock`: the service has it for its life.

Failures: `Retry` (`office.locked`, `service.running`) where somebody else has it for longer than patience allows.
"""

from __future__ import annotations

import fcntl
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from ..errors import Reason, Retry
from ..queues.layout import Layout
from ..queues.troubles import told

WORK, NEXT, SERVICE = "lock", "lock.next", "service.lock"
UNNAMED = "another process"
POLL = 0.05  # seconds between two looks; a lock that is waited for blocks in the kernel, where no signal ends it
FILE_MODE = 0o640
TOLD_AFTER = 2.0  # seconds of waiting after which a person is told what for


def _nobody(holder: str) -> None:
    """Nobody is told."""


@dataclass(frozen=True)
class Patience:
    """How long somebody waits for a lock, and who is told when it takes a while."""

    seconds: float = 30.0
    tell: Callable[[str], None] = _nobody  # given the holder, once
    pause: Callable[[float], None] = time.sleep  # may raise, to wait no more
    monotonic: Callable[[], float] = time.monotonic

    def until(self, taken: Callable[[], bool], holder: Callable[[], str]) -> bool:
        """Whether `taken` came to be true in time; asked at least twice: who only looks whose a lock is has it for a
        moment."""
        begun, told_it, looks = self.monotonic(), False, 0
        while not taken():
            looks += 1
            waited = self.monotonic() - begun
            if waited >= self.seconds and looks > 1:
                return False
            if waited >= TOLD_AFTER and not told_it:
                told_it = True
                self.tell(holder() or UNNAMED)
            self.pause(POLL)
        return True


@contextmanager
def work(layout: Layout, patience: Patience) -> Iterator[None]:
    """The root is ours to work in, until the end of the block."""
    with _opened(layout.state / WORK) as lock:
        with _opened(layout.state / NEXT) as turn:
            for file in (turn, lock):
                if not patience.until(partial(_take, file, fcntl.LOCK_EX), partial(holder, layout)):
                    raise Retry(Reason("office.locked", holder=holder(layout) or UNNAMED))
        with _named(lock):
            yield


@contextmanager
def service(layout: Layout) -> Iterator[None]:
    """Ours is the service of the root, until the end of the block. A second one is told at once whose it is."""
    with _opened(layout.state / SERVICE) as lock:
        if not Patience(0).until(partial(_take, lock, fcntl.LOCK_EX), partial(serving, layout)):
            raise Retry(Reason("service.running", holder=serving(layout) or UNNAMED))
        with _named(lock):
            yield


def holder(layout: Layout) -> str:
    """Who works in the root just now; "" when nobody does, whatever a process that was killed left written there."""
    return _holder(layout.state / WORK)


def serving(layout: Layout) -> str:
    """Whose service runs; "" where none does."""
    return _holder(layout.state / SERVICE)


def _holder(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as lock:
            return "" if _take(lock, fcntl.LOCK_SH) else lock.read() or UNNAMED
    except OSError:
        return ""


def _opened(path: Path) -> IO[str]:
    with told(path):
        return open(path, "a+", encoding="utf-8", opener=_make)


def _make(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, FILE_MODE)


@contextmanager
def _named(lock: IO[str]) -> Iterator[None]:
    """Says in the file who holds it; a full disk is no reason not to hold it."""
    with suppress(OSError):
        os.truncate(lock.fileno(), 0)
        os.write(lock.fileno(), _ourselves().encode("utf-8", "backslashreplace"))
    try:
        yield
    finally:
        with suppress(OSError):
            os.truncate(lock.fileno(), 0)


def _ourselves() -> str:
    return f"{' '.join(sys.argv[:6])} (process {os.getpid()} on {socket.gethostname()})"


def _take(lock: IO[str], how: int) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
