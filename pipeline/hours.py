"""Hours of the day as settings spell them: "22:00-08:00".

Failures: `Halt` (`settings.hours`) for any other spelling.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

from ..errors import Halt, Reason

DAY = 24 * 60  # minutes
CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d"
# "" or two different times; 24:00 is the day's end. A span that ends when it begins could mean all or nothing.
HOURS = rf"^(?:(?!(\d\d:\d\d)-\1\Z){CLOCK}-(?:{CLOCK}|24:00))?\Z"


@dataclass(frozen=True)
class Hours:
    """From `start`, which belongs to it, to `end`, which does not; minutes of the day, over midnight where the
    end is the smaller."""

    start: int = 0
    end: int = DAY

    @classmethod
    def parse(cls, text: str) -> Hours:
        """`text` is "hh:mm-hh:mm", or "" for the whole day."""
        if not re.match(HOURS, text):
            raise Halt(Reason("settings.hours", got=text))
        return cls(*map(_minutes, text.split("-"))) if text else cls()

    def open(self, at: time) -> bool:
        """Whether `at`, the shop's own time, lies in these hours."""
        minute = at.hour * 60 + at.minute
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)
