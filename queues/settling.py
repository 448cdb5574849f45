"""Whether a file that was dropped is whole and closed, so that it may be taken.

    open for writing      -> wait                        (as far as the kernel can tell: `lease`)
    a flag speaks of it   -> take: its writer says so
    closed and whole      -> take: closed for sure, and its last bytes are an end (`whole`)
    stood still           -> take: device, inode, size and time of change were the same in every scan for as long as
                             the settle time, by a clock that nobody sets; a file put in its place starts anew
    else                  -> wait

What was taken because it stood still is judged as it is: a torn tail makes it broken, and that is its verdict.

Failures: none. What the disk says of one file is why that file waits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..errors import Reason, Trouble
from ..model import Noun
from .disk import FileKind, Reading
from .inbox import Found, Look
from .lease import Answer, Writers
from .names import printable
from .whole import XML, End


class Sign(StrEnum):
    """By what a file is known to be whole, or at least left alone."""

    FLAG = "flag"
    WHOLE = "whole"  # and closed; asked once, where nobody can tell: whole alone, if nothing can follow its end
    STILL = "still"
    CLOSED = "closed"  # asked once only: nobody writes it, and nobody comes again to see it whole


class Settled(Noun, frozen=True):
    sign: Sign


class Wait(Noun, frozen=True):
    reason: Reason


@dataclass(slots=True)
class _Sighting:
    look: Look
    since: float
    whole: bool | None = None  # None = not looked at yet


class Settling:
    """Remembers the files of the last scan, and nothing of those that have gone. `end`: how such files end."""

    def __init__(self, settle_seconds: float, disk: Reading, writers: Writers, end: End = XML) -> None:
        self._settle_seconds = settle_seconds
        self._disk = disk
        self._writers = writers
        self._end = end
        self._seen: dict[tuple[Path, str], _Sighting] = {}

    def see(self, found: Iterable[Found], now: float) -> None:
        """Notes a whole scan, made at `now` by a clock that only goes forward."""
        files = [file for file in found if file.kind is FileKind.FILE]
        self._seen = {(file.folder, file.name): self._sighting(file, now) for file in files}

    def _sighting(self, found: Found, now: float) -> _Sighting:
        known = self._seen.get((found.folder, found.name))
        return known if known and known.look == found.look else _Sighting(found.look, now)

    def judge(self, found: Found, now: float) -> Settled | Wait:
        """Whether a file of the last scan may be taken, by one who will come again."""
        sighting = self._seen[found.folder, found.name] = self._sighting(found, now)
        answer = self._ask(found, sighting)
        if isinstance(answer, Wait):
            return answer
        if found.flags:
            return Settled(Sign.FLAG)
        if answer is Answer.NOBODY and sighting.whole:
            return Settled(Sign.WHOLE)
        return self._still(found, now - sighting.since)

    def judge_once(self, found: Found, wall: float) -> Settled | Wait:
        """Whether a file may be taken by one who will not come again: any that nobody writes, whole or not. Where
        nobody can tell, one that is whole or was left alone for the settle time; `wall` in seconds of time()."""
        sighting = _Sighting(found.look, wall)
        answer = self._ask(found, sighting)
        if isinstance(answer, Wait):
            return answer
        if found.flags:
            return Settled(Sign.FLAG)
        if sighting.whole and (answer is Answer.NOBODY or self._end.is_last):
            return Settled(Sign.WHOLE)
        return Settled(Sign.CLOSED) if answer is Answer.NOBODY else self._still(found, wall - found.mtime_ns / 1e9)

    def _ask(self, found: Found, sighting: _Sighting) -> Answer | Wait:
        """Who writes the file. Looks for its end, too, unless that was done since it last changed."""
        path = found.path
        try:
            with self._disk.open(path) as file:
                answer = self._writers.of(file, path)
                if answer is Answer.SOMEBODY:
                    return Wait(Reason("arrival.written", name=printable(found.name)))
                if sighting.whole is None:
                    sighting.whole = self._end.stands_in(file)
            entry = self._disk.stat(path)
        except Trouble as trouble:
            return Wait(trouble.reason)
        if entry is None or not found.is_same(entry):
            sighting.whole = None
            return Wait(Reason("arrival.changed", name=printable(found.name)))
        return answer

    def _still(self, found: Found, seconds: float) -> Settled | Wait:
        if seconds >= self._settle_seconds:
            return Settled(Sign.STILL)
        shown = {"seconds": f"{max(seconds, 0):.0f}", "settle": f"{self._settle_seconds:.0f}"}
        return Wait(Reason("arrival.settling", name=printable(found.name), **shown))
