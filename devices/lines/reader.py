"""What reads frames out of a stream, whatever the pieces it comes in: what is held, and for how long.

Failures: none; noise is passed over.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

Event = TypeVar("Event")


class Reader(ABC, Generic[Event]):
    """Bytes in, events out. `piece`: so many bytes are taken in at once, at least the longest frame: what is held never
    grows beyond two of them."""

    def __init__(self, piece: int) -> None:
        self._held = bytearray()
        self._piece = piece

    @property
    def waits(self) -> bool:
        """Whether the beginning of something is here."""
        return bool(self._held)

    def feed(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        for at in range(0, len(data), self._piece):
            self._held += data[at : at + self._piece]
            self._take(events)
        return events

    def pause(self) -> list[Event]:
        """No byte has come for longer than a frame allows: a beginning that waits was none. What stands behind it is
        looked at anew."""
        events: list[Event] = []
        while self._held:
            del self._held[0]
            self._take(events)
        return events

    def clear(self) -> None:
        self._held.clear()

    @abstractmethod
    def _take(self, events: list[Event]) -> None:
        """Moves what is whole from `_held` to `events`, and drops what can begin nothing."""
