"""The event counter of a coin acceptor: which of the events it shows are new, which key each has, and whether some were
lost.

The counter runs 1..255 and then from 1 again; 0 is after a reset alone. A *place* is (serial, epoch, sequence) of the
newest event that is dealt with, and the key of each event is such a place: the sequence goes on where the counter
begins anew, the epoch rises with each reset that is seen. So the same event has the same key, whoever reads it again
from the same place.

A reset is seen by the counter 0; or by a counter below five with nothing shown beyond so many events, where the place
says that there were more, or where what is shown does not go on from what was shown before: then something came between
the reset and this look.

Failures: none.
"""

from __future__ import annotations

from ...model import Noun
from ..nouns import Key
from .messages import SHOWN, TURN, Event, Reading


class News(Noun, frozen=True):
    """What a reading says beyond a place. `lost` events happened that the device shows no more."""

    place: Key
    events: tuple[tuple[Key, Event], ...]  # the oldest first
    restarted: bool = False
    lost: int = 0


def counter_at(sequence: int) -> int:
    """What the counter shows when so many events have been since its reset."""
    return (sequence - 1) % TURN + 1 if sequence else 0


def goes_on(before: Reading, reading: Reading) -> bool:
    """Whether the same events, and perhaps newer ones, are shown."""
    new = (reading.counter - before.counter) % TURN if before.counter else reading.counter
    if bool(before.counter) and not reading.counter:
        return False
    return new >= SHOWN or reading.events[new:] == before.events[: SHOWN - new]


def since(place: Key, reading: Reading, before: Reading | None = None) -> News:
    """`before`: what was shown when that place was the newest, where it is known."""
    serial, epoch, sequence = place
    counter = reading.counter
    told_more = sequence > counter or (before is not None and not goes_on(before, reading))
    restarted = told_more and _is_young(reading)
    if restarted:
        epoch, sequence = epoch + 1, 0
    new = (counter - counter_at(sequence)) % TURN if sequence else counter
    newest = sequence + new
    shown = [
        ((serial, epoch, newest - age), event)
        for age, event in enumerate(reading.events[: min(new, SHOWN)])
        if not event.is_empty
    ]
    return News((serial, epoch, newest), tuple(reversed(shown)), restarted, new - len(shown))


def _is_young(reading: Reading) -> bool:
    """Whether all events since a reset are shown, and nothing older is."""
    counter = reading.counter
    return counter == 0 or (counter < SHOWN and all(event.is_empty for event in reading.events[counter:]))
