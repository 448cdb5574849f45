"""Telling a person: the configured command is called for what somebody should know, once per event.

"Once" holds over restarts, because what was told is remembered before the command runs; a command that fails is
not called again for the same event. The command gets one JSON object on its standard input

    {"event": "held", "key": "held/7", "text": "…", "code": "export.told", "parts": {"name": "goods.xml", …}}

and the event's name in TILLPOST_EVENT. The feed waits for it, but never longer than the time-out; a command that
hangs is left alone for a while, so that many events cannot make tills wait for a dead mail server.

Failures: a damaged store's `Halt` goes up. Nothing else does: what a notice runs into is logged.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import IO, Protocol

from ..errors import Reason, Retry
from .clock import Clock
from .logs import Log
from .masking import masked, surrounding
from .sections import Notify

REST = 10  # time-outs that a command rests which hung; the setting's description names the same
MAX_READ = 1 << 16  # bytes at the end of a failed command's words, which are searched for secrets
MAX_SAID = 500  # characters of a failed command's own words that are logged


class Event(StrEnum):
    """What somebody should know."""

    HELD = "held"  # an export is suspicious and waits for a person
    BROKEN = "broken"  # an export is wrong
    ERROR = "error"  # an export is right, but could not be taken
    OVERDUE = "overdue"  # a till leaves its chunks untaken
    REFUSED = "refused"  # a sales file was booked, but for objects in it that cannot be taken
    INCOMPLETE = "incomplete"  # a closed shift lacks receipts, or its sum is not the till's own
    OUTBOX = "outbox"  # the ERP's documents do not reach the outbox, or its marker is away; once a day
    HALTED = "halted"  # a till's folder is not as it must be; nothing more is offered there
    JOB = "job"  # a job failed
    SETTINGS = "settings"  # settings were to be read again, and are wrong; the old ones stay in force


class Seen(Protocol):
    """Which events were told already; remembered over restarts."""

    def add(self, key: str) -> bool:
        """Whether `key` was new. Raises Retry where it cannot be remembered now."""
        ...


class SeenInMemory:
    """For tests, and for as long as the real one has no room."""

    def __init__(self) -> None:
        self._keys: set[str] = set()

    def add(self, key: str) -> bool:
        new = key not in self._keys
        self._keys.add(key)
        return new


class Notices:
    """Calls the command of `notify` in `folder`, with texts in `language`."""

    def __init__(self, notify: Notify, language: str, folder: Path, seen: Seen, log: Log, clock: Clock) -> None:
        self._notify = notify
        self._command = notify.arguments
        self._language = language
        self._folder = folder
        self._seen = seen
        self._seen_meanwhile = SeenInMemory()
        self._log = log
        self._clock = clock
        self._rests_until = float("-inf")

    def tell(self, event: Event, key: str, reason: Reason) -> None:
        """Tells `reason`, unless an event of this `key` was told before. Without a command nothing is told, nor
        remembered as told."""
        if not self._command:
            return
        if self._clock.monotonic() < self._rests_until:
            self._log.warning("notice_skipped", notice=event.value, key=key)
        elif self._new(key):
            self._call(event, key, json.dumps(self._page(event, key, reason)).encode())

    def _new(self, key: str) -> bool:
        """A disk so full that nothing can be remembered is no reason to tell nothing, or to tell it every round."""
        try:
            return self._seen.add(key)
        except Retry as trouble:
            self._log.warning("notice_not_remembered", key=key, reason=str(trouble))
            return self._seen_meanwhile.add(key)

    def _page(self, event: Event, key: str, reason: Reason) -> dict[str, object]:
        return {
            "event": event.value,
            "key": key,
            "text": reason.text(self._language),
            "code": reason.code,
            "parts": {name: str(part) for name, part in reason.parts.items()},
        }

    def _call(self, event: Event, key: str, page: bytes) -> None:
        try:
            with tempfile.TemporaryFile() as said:
                status = self._run(event, page, said)
                said.seek(max(said.seek(0, os.SEEK_END) - MAX_READ, 0))
                words = masked(said.read().decode(errors="replace").strip(), self._secrets())[-MAX_SAID:]
        except subprocess.TimeoutExpired:
            self._rests_until = self._clock.monotonic() + REST * self._notify.timeout_seconds
            self._log.error("notice_timed_out", notice=event.value, key=key, seconds=self._notify.timeout_seconds)
        except OSError as trouble:
            self._log.error("notice_failed", notice=event.value, key=key, reason=str(trouble))
        else:
            if status:
                self._log.error("notice_failed", notice=event.value, key=key, status=status, said=words)
            else:
                self._log.info("notice_given", notice=event.value, key=key)

    def _secrets(self) -> list[str]:
        """What the command may say again that is nobody else's business: its arguments, and what it inherits."""
        return [*self._command[1:], *(part for one in self._command[1:] for part in one.split("=")), *surrounding()]

    def _run(self, event: Event, page: bytes, said: IO[bytes]) -> int:
        """The command's exit status. One that runs too long is killed, with all it started."""
        with subprocess.Popen(  # noqa: S603 - the command is the administrator's own, and no shell reads it
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            cwd=self._folder,
            env={**os.environ, "TILLPOST_EVENT": event.value},
            start_new_session=True,
        ) as process:
            try:
                process.communicate(page, self._notify.timeout_seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
            return process.returncode
