"""When a job is due: moments computed from hours of the day, a time zone and what was done already.

Nothing waits here and nothing is remembered: moments go in, moments come out. So a clock that is moved, a process that
was not there and a machine that slept are all one case: due times lie between then and now.

An hour of the day means the clock on the wall. On the day on which that clock leaves out the hour, the job comes as
much later as the clock was put on; where the hour comes twice, it comes at the first.

Failures: none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import MAXYEAR, UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

LONGEST = 366 * 86400.0  # seconds: missed times are counted no further back


class Timetable:
    """The hours `times` (hh:mm) of every day in the zone `zone`; no hours: never."""

    def __init__(self, times: tuple[str, ...], zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._triggers = [_trigger(at) for at in sorted(set(times))]

    def next(self, after: float) -> float | None:
        """The first due time after the moment `after` (seconds since 1970)."""
        return next(self._from(after), None)

    def passed(self, after: float, now: float) -> list[float]:
        """The due times after `after` and up to `now`, the latest last; none that lie more than a year back."""
        found = []
        for due in self._from(max(after, now - LONGEST)):
            if due > now:
                break
            found.append(due)
        return found

    def _from(self, after: float) -> Iterator[float]:
        """Every due time after `after`, in order. Begins a day early: what a day's wall clock left out comes later."""
        wall = datetime.fromtimestamp(after, self._zone).replace(tzinfo=UTC)
        midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
        while self._triggers and midnight.year < MAXYEAR:
            fires = (trigger.get_next_fire_time(None, midnight) for trigger in self._triggers)
            for due in sorted(self._moment(fire) for fire in fires):
                if due > after:
                    after = due
                    yield due
            midnight += timedelta(days=1)

    def _moment(self, wall: datetime) -> float:
        return wall.replace(tzinfo=self._zone, fold=0).timestamp()


def _trigger(at: str) -> CronTrigger:
    """Tells the wall's time, which knows of no summer: for it that is always UTC."""
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415 - felt at the start, and few verbs need hours

    return CronTrigger(hour=int(at[:2]), minute=int(at[3:]), timezone=UTC)
