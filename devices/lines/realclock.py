"""The machine's own clock, for sessions on real links.

Failures: none.
"""

from __future__ import annotations

import time


class RealClock:
    """`promises.Clock` as the system tells it."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))
