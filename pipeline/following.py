"""Feeding on and on: the program's only loop. A scan on a timer is the truth, the inbox's events only wake it.

Failures: a `Retry` of a whole round is logged and the next round tries again; a `Halt` ends the loop.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import Retry
from ..queues.watch import Watch
from .feed import Account, Feed
from .office import Office


class Stop:
    """How a loop is told that it is enough, from a signal's handler or from anywhere."""

    def __init__(self) -> None:
        self.asked = False
        self._watch: Watch | None = None

    def set(self) -> None:
        self.asked = True
        if self._watch is not None:
            self._watch.wake()

    def wakes(self, watch: Watch) -> None:
        self._watch = watch


def follow(office: Office, stop: Stop, *, ignore_hours: bool = False) -> Iterator[Account]:
    """A round after another until it is told to stop; yields what each did."""
    feed = Feed(office)
    with Watch(office.layout.inbox) as watch:
        stop.wakes(watch)
        for reason in watch.blind:
            office.log.warning("inbox_unwatched", reason=reason.text())
        while not stop.asked:
            try:
                yield feed.round(ignore_hours=ignore_hours)
            except Retry as trouble:
                office.log.warning("round_put_off", reason=str(trouble))
            if not stop.asked:
                watch.wait(office.settings.arrival.scan_seconds)
