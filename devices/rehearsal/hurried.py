"""A clock that goes faster than the machine's own: motors that take seconds take a part of them.

Failures: none.
"""

from __future__ import annotations

from ..lines.realclock import RealClock


class Hurried:
    """`promises.Clock`, `speed` times as fast as the real one since it was made."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._real = RealClock()
        self._began, self._began_now = self._real.monotonic(), self._real.now()

    def now(self) -> float:
        return self._began_now + self.monotonic() - self._began

    def monotonic(self) -> float:
        return self._began + (self._real.monotonic() - self._began) * self.speed

    def sleep(self, seconds: float) -> None:
        self._real.sleep(seconds / self.speed)
