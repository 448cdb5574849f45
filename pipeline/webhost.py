"""The pages beside the service: a child process, which the service owns.

A process of their own, because a process may open a store once, and so that no page takes time from the feed, nor does
its fault stop the service. It ends with its owner, however that ends: the owner holds the other end of a pipe. Where it
ends by itself, it is told (once, until it has gone well again) and begun anew, later each time.

Failures: none go up: the service goes on without pages.
"""

from __future__ import annotations

import subprocess
import sys

from ..errors import Reason
from .notices import Event
from .office import Office
from .pauses import pause

MODULE = "tillpost.web"
FIRST_PAUSE = 5.0  # seconds before it is begun anew
LONGEST = 300.0
WELL_AFTER = 60.0  # seconds after which it goes well
ENDS_IN = 2.0  # seconds; the service as a whole has five


class WebHost:
    """The pages of one office, where its settings want them."""

    def __init__(self, office: Office, *, wanted: bool) -> None:
        self._office = office
        self._wanted = wanted and office.settings.web.on
        self._child: subprocess.Popen[str] | None = None
        self._begun = self._rests_until = float("-inf")
        self._failed = 0  # times in a row

    def look(self) -> None:
        """Between two rounds, with the lock: begins the pages where they do not run."""
        if not self._wanted:
            return
        now = self._office.clock.monotonic()
        if self._child is not None and self._child.poll() is not None:
            self._ended(self._child, now)
        if self._child is None and now >= self._rests_until:
            self._begin(now)

    def _begin(self, now: float) -> None:
        command = [sys.executable, "-m", MODULE, str(self._office.root)]
        try:
            self._child = subprocess.Popen(  # noqa: S603 - ourselves
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        except OSError as trouble:
            self._rest(str(trouble), now)
        else:
            self._begun = now

    def _ended(self, child: subprocess.Popen[str], now: float) -> None:
        said, _ = child.communicate()
        self._child = None
        if now - self._begun >= WELL_AFTER:
            self._failed = 0
        self._rest(said.strip() or f"exit status {child.returncode}", now)

    def _rest(self, why: str, now: float) -> None:
        wait = min(LONGEST, pause(FIRST_PAUSE, self._failed))
        self._failed += 1
        self._rests_until = now + wait
        self._office.log.error("pages_ended", reason=why, seconds=wait)
        if self._failed == 1:
            key = f"pages/{self._office.clock.now()}"
            self._office.tell(Event.JOB, key, Reason("web.ended", why=why))

    def close(self) -> None:
        """Ends the pages; those under way are finished where that is quick."""
        if self._child is None:
            return
        try:
            self._child.communicate(timeout=ENDS_IN)  # closes our end of the pipe
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.communicate()
        self._child = None
