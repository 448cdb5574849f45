"""A CCNET note validator on the stage: what can be done to it, and where its notes are.

Failures: as `notes`.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..ccnet.simulated import SimValidator
from ..ccnet.states import FAILURES, REJECTIONS, State
from ..promises import Clock
from .currencies import CURRENCIES, spelt
from .notes import OFF, NoteScene, codes, named, one_of, words
from .script import Outcome, Word, Words

UNUSED = ((0, 0), (0, 0))  # the first types of a bill table: there is no note of them
SHOWS = (State.PAUSE, State.CHEATED, State.CASSETTE_FULL, State.CASSETTE_OUT, State.DISPENSING, State.UNLOADING)


def bill(note: int) -> tuple[int, int]:
    """Value and exponent, of major units."""
    digits = spelt(note)
    value = digits.rstrip("0")
    return int(value), len(digits) - len(value)


class CcnetScene(NoteScene):
    """`device` is to be served."""

    def __init__(self, clock: Clock, currency: str = "RUB") -> None:
        self.words: Words = WORDS
        self.states = frozenset({OFF, *(named(state.name) for state in State)})
        notes, country = CURRENCIES[currency].notes, CURRENCIES[currency].country
        self.device = SimValidator(clock, bills=(*UNUSED, *(bill(note) for note in notes)), country=country)
        super().__init__(self.device, dict(enumerate(notes, len(UNUSED))))

    @property
    def state(self) -> str:
        device = self.device
        del device.shown[:-1]  # a rehearsal may last for days
        if not device.powered:
            return OFF
        return named((State(device.trouble[0]) if device.trouble else device.state).name)

    @property
    def in_cassette(self) -> Iterable[int]:
        return self.device.cassette

    def take_cassette(self) -> None:
        self.device.take_cassette()

    def put_cassette(self) -> None:
        self.device.put_cassette()

    # --- words

    def jam_cassette(self) -> Outcome:
        self.device.jam(State.CASSETTE_JAMMED)
        return Outcome.DONE

    def fail(self, failure: int) -> Outcome:
        self.device.fail(failure)
        return Outcome.DONE

    def show(self, state: int) -> Outcome:
        self.device.jam(State(state))
        return Outcome.DONE


_SHOWN = one_of({named(state.name): state for state in SHOWS})

WORDS: Words = words(
    REJECTIONS,
    {
        "jam cassette": Word((), "a note is stuck in the cassette", CcnetScene.jam_cassette),
        "fail": Word((codes(FAILURES),), "it fails, with this code", CcnetScene.fail),
        "show": Word((_SHOWN,), "it answers with this state, whatever it does", CcnetScene.show),
    },
)
