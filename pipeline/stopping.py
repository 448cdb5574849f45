"""How a service is told from outside: to stop, or to read its settings again.

The kernel hands a signal to Python's own handler, which only runs between two steps of the program; while the program
waits for a dead disk there is none. So a thread of its own listens, through the pipe into which Python's lowest layer
writes each signal at once: it asks the loop to stop, and where that has not come about in time it ends the process
the hard way. That is as safe as a kill: whatever was under way is finished, or done anew, at the next start.

Failures: `Stopping`, raised where long work asks how it stands; it is nobody's to catch but the service's.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..queues.watch import Watch

LAST_RESORT = 4.0  # seconds after a signal; a stop takes five at most, on a busy machine too
STOPS = frozenset({signal.SIGTERM, signal.SIGINT})
SAID_IN = 0.2  # seconds that the last word in the log may take: it may be the log's own disk that is dead


class Stopping(BaseException):
    """Enough: what is under way is given up, and nothing of it has happened. No Exception, so that nobody takes it
    for a fault of one file."""


class Stop:
    """What was asked of the loop, from any thread."""

    def __init__(self) -> None:
        self.asked = False
        self.reload = False
        self.done = threading.Event()
        self._watch: Watch | None = None

    def set(self) -> None:
        self.asked = True
        self.wake()

    def set_reload(self) -> None:
        """The settings are to be read again, between two rounds."""
        self.reload = True
        self.wake()

    def wakes(self, watch: Watch | None) -> None:
        self._watch = watch

    def wake(self) -> None:
        if self._watch is not None:
            self._watch.wake()

    def check(self) -> None:
        """Raises Stopping when it is enough."""
        if self.asked:
            raise Stopping


def _leave(number: int) -> None:
    """As a process that was killed, but for its exit code: it was asked to stop, and it does."""
    os._exit(0)


@contextmanager
def signals(
    stop: Stop,
    last_words: Callable[[], None],
    *,
    patience: float = LAST_RESORT,
    leave: Callable[[int], None] = _leave,
) -> Iterator[None]:
    """While the block runs SIGTERM and SIGINT ask `stop` to stop, SIGHUP to reload. Only the main thread may do this.
    `last_words` are said before the process leaves the hard way."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    before: dict[signal.Signals, Any] = {
        number: signal.signal(number, lambda *_: None) for number in (*STOPS, signal.SIGHUP)
    }
    pipe = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    listener = threading.Thread(target=_listen, args=(ours, stop, last_words, patience, leave), daemon=True)
    listener.start()
    try:
        yield
    finally:
        stop.done.set()
        signal.set_wakeup_fd(pipe)
        for number, handler in before.items():
            signal.signal(number, handler)
        theirs.close()  # ends the listener
        listener.join()
        ours.close()


def _listen(
    ours: socket.socket, stop: Stop, last_words: Callable[[], None], patience: float, leave: Callable[[int], None]
) -> None:
    while told := ours.recv(64):
        if signal.SIGHUP in told:
            stop.set_reload()
        if STOPS.intersection(told):
            stop.set()
            if not stop.done.wait(patience):
                saying = threading.Thread(target=last_words, daemon=True)
                saying.start()
                saying.join(SAID_IN)
                leave(signal.SIGTERM)
            return
