"""Who drives a cash machine from the counter: polls it until something is over, shows what it tells, and hears Ctrl-C.

Ctrl-C, SIGTERM and a terminal that is closed never end the program in the middle: they are asked for in each round, and
what is under way is brought to its end first.

Failures: as the machine.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from ..devices.machine.nouns import Ended, Notice, Phase, Status
from ..devices.machine.promises import CashMachine
from ..devices.promises import Clock

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MORE = 5.0  # seconds beside the plan's patience, in which a machine settles


class View(Protocol):
    """Shows a machine while it is driven."""

    def tell(self, notice: Notice) -> None: ...

    def show(self, machine: CashMachine) -> None: ...


class Bell:
    """Whether somebody wants it to end."""

    rung = False

    def ring(self, *_: object) -> None:
        self.rung = True

    @contextmanager
    def listening(self) -> Iterator[Bell]:
        """Only the main thread may do this."""
        before = {number: signal.signal(number, self.ring) for number in STOPS}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class Drive:
    """`rest`: how long a machine may take to settle, in seconds."""

    def __init__(self, machine: CashMachine, clock: Clock, view: View, bell: Bell, rest: float) -> None:
        self.machine, self.bell = machine, bell
        self._clock, self._view, self._rest = clock, view, rest + MORE
        self._ended: dict[int, Ended] = {}
        self.notices: list[Notice] = []

    @property
    def status(self) -> Status:
        return self.machine.status

    def until(self, is_so: Callable[[], object], seconds: float | None = None) -> bool:
        """Polls until it is so, at most for `seconds`; whether it is."""
        end = None if seconds is None else self._clock.monotonic() + seconds
        while not is_so():
            if end is not None and self._clock.monotonic() >= end:
                return False
            for notice in self.machine.poll():
                self._hear(notice)
            self._view.show(self.machine)
        return True

    def ended(self, number: int) -> Ended:
        """Brings operation `number` to its end."""
        self.until(lambda: number in self._ended)
        return self._ended[number]

    def has_ended(self, number: int) -> bool:
        return number in self._ended

    def settles(self, seconds: float | None = None) -> bool:
        """The machine compares its journal with its devices; whether they let it, by default in the time that it may
        take."""
        return self.until(lambda: self.status.phase is not Phase.STARTING, self._rest if seconds is None else seconds)

    def rest(self, seconds: float) -> None:
        """What falls in behind an end is dealt with, too."""
        self.until(lambda: False, seconds)
        self.until(lambda: self.status.phase in (Phase.IDLE, Phase.PAUSED), self._rest)

    def _hear(self, notice: Notice) -> None:
        self.notices.append(notice)
        if isinstance(notice, Ended):
            self._ended[notice.number] = notice
        self._view.tell(notice)
