"""A file in our own format, skimmed: what is known by its marks is counted, what is strange is read.

Failures: Aside where the file cannot be skimmed, or not safely; Reject as `ownreading` says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from ..model import Aside, Event, Familiar, Put, Same
from .ownreading import Reading
from .skimming import Cut, Cutting, mark

READ_AT_ONCE = 256 * 1024  # bytes of strange records
PASSED_AT_ONCE = 10_000  # known records, after which somebody wants to hear how far the file is


class Skimming:
    """One file whose known records are passed over. The strange ones are read some hundred at a time."""

    def __init__(self, cutting: Cutting, reading: Reading, familiar: Familiar) -> None:
        self._cutting = cutting
        self._reading = reading
        self._familiar = familiar
        self._passed = 0  # known records since the last strange one
        self._waiting: list[_Strange] = []
        self._size = 0

    def events(self) -> Iterator[Event]:
        for cut in self._cutting:
            self._sort(cut)
            if self._size > READ_AT_ONCE or (not self._waiting and self._passed > PASSED_AT_ONCE):
                yield from self._read()
        yield from self._read()

    def _sort(self, cut: Cut) -> None:
        marks = list(map(mark, cut.records))
        strange = self._familiar.strange(marks)
        places = self._cutting.places(cut) if strange else ()
        after = 0
        for at in strange:
            record = cut.records[at]
            self._waiting.append(_Strange(self._passed + at - after, places[at], record, marks[at]))
            self._size += len(record)
            self._passed, after = 0, at + 1
        self._passed += len(marks) - after

    def _read(self) -> Iterator[Event]:
        waiting, reading = self._waiting, self._reading
        puts = [reading.at_sight(one.record, one.place) for one in waiting]
        parsed = self._parsed([one for one, put in zip(waiting, puts, strict=True) if put is None])
        for one, put in zip(waiting, puts, strict=True):
            events = next(parsed) if put is None else reading.taken(put)
            if one.before:
                yield Same(one.before)
            if len(events) == 1 and isinstance(events[0], Put):
                yield replace(events[0], mark=one.mark)
            else:
                yield from events
        if self._passed:
            yield Same(self._passed)
        self._waiting, self._size, self._passed = [], 0, 0

    def _parsed(self, strange: list[_Strange]) -> Iterator[list[Event]]:
        if not strange:
            return iter(())
        forms = self._reading.forms(self._cutting.document([one.record for one in strange]))
        if len(forms) != len(strange):
            raise Aside
        return self._reading.take([(one.place, form) for one, form in zip(strange, forms, strict=True)])


class _Strange(NamedTuple):
    before: int  # known records between it and the one before
    place: int
    record: bytes
    mark: bytes
