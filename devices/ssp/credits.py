"""Which key the credit of a note has: one credit for each note, whoever shows it, and however often.

A note that is to be stacked takes a number, and its credit has that number. A credit that is shown unasked gets a new
number only if the device was seen at rest, and then reading a note, since the last one; else it is the last note again.
So the host may be killed at any step: the next one begins with the last note that the journal knows, and shows the same
key.

Failures: none.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..nouns import NO_KEY, Credited, Key
from .states import Seen


class Credits:
    """`epoch` is the journal's numbering; `last` the newest note that the journal knows as to be stacked or credited.
    `serial` and `values` (denominations by channel) are what the device has told of itself; `known` once it has."""

    def __init__(self, epoch: int, last: Credited | None) -> None:
        self.serial = ""
        self.values: Mapping[int, int] = {}
        self.known = False
        self.acknowledged = True  # the newest credit that was told
        self._epoch, self._journalled = epoch, last
        self._last: Key = last.key if last else NO_KEY
        self._told: Key | None = None
        self._unasked = 0  # 1: seen at rest since the last credit, 2: and then reading a note

    def next(self) -> Key:
        """What a note would get that is to be stacked now."""
        number = self._last[2] if self._last[:2] == (self.serial, self._epoch) else 0
        return self.serial, self._epoch, number + 1

    def take(self, key: Key) -> None:
        """The note with this key is to be stacked."""
        self._last = key

    def saw(self, seen: Seen) -> None:
        if seen is Seen.REST:
            self._unasked = max(self._unasked, 1)
        elif seen is Seen.READING and self._unasked:
            self._unasked = 2

    def credit(self, channel: int, key: Key = NO_KEY) -> Credited | None:
        """The device shows a credit; `key` is that of the note under way, where one is. None: it was told already. A
        denomination of 0: nobody knows what this note is."""
        if key != NO_KEY:
            self._last = key
        elif self._unasked == 2:
            self._last = self.next()
        self._unasked = 0
        if self._told == self._last:
            return None
        value = self.value(channel, self._last)
        self.acknowledged, self._told = not value, None
        if value:
            self._last = self._told = self._last if self._last != NO_KEY else (self.serial, self._epoch, 0)
        return Credited(value, self._last)

    def value(self, channel: int, key: Key) -> int:
        """0 = not known: a note that an earlier host left in a device that has not said yet what it knows."""
        if not self.known and self._journalled and self._journalled.key == key:
            return self._journalled.denomination
        return self.values.get(channel, 0)

    def acknowledge(self, credit: Credited) -> None:
        self.acknowledged = self.acknowledged or credit.key == self._told
