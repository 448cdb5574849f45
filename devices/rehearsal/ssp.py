"""An SSP note validator on the stage: what can be done to it, and where its notes are.

Failures: as `notes`; `Halt` (ssp.no-encryption) where it shall encrypt and nothing can.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..promises import Clock
from ..ssp.events import Code
from ..ssp.simulated import SimSspDevice, State
from ..ssp.states import REJECTIONS
from .currencies import CURRENCIES, MINOR
from .notes import OFF, NoteScene, one_of, words
from .script import Outcome, Word, Words

SHOWS = {"unsafe-jam": Code.UNSAFE_JAM, "stacker-full": Code.STACKER_FULL, "path-open": Code.PATH_OPEN}
JAMMED = "jammed"


class SspScene(NoteScene):
    """`device` is to be served. `key`: the fixed half of its key, where it is spoken to encrypted only."""

    def __init__(self, clock: Clock, currency: str = "RUB", *, key: int | None = None) -> None:
        self.words: Words = WORDS
        self.states = frozenset({OFF, JAMMED, *SHOWS, *State})
        notes = CURRENCIES[currency].notes
        self.device = SimSspDevice(clock, notes=[note // MINOR for note in notes], currency=currency, key=key)
        super().__init__(self.device, dict(enumerate(notes, 1)))

    @property
    def state(self) -> str:
        device = self.device
        if not device.powered:
            return OFF
        if device.trouble:
            return next((word for word, code in SHOWS.items() if code == device.trouble[0]), JAMMED)
        return device.state.value

    @property
    def in_cassette(self) -> Iterable[int]:
        return self.device.cashbox

    def take_cassette(self) -> None:
        self.device.take_cashbox()

    def put_cassette(self) -> None:
        self.device.put_cashbox()

    # --- words

    def show(self, code: int) -> Outcome:
        self.device.jam(Code(code))
        return Outcome.DONE


WORDS: Words = words(
    REJECTIONS,
    {"show": Word((one_of(SHOWS),), "it tells this event again and again", SspScene.show)},
)
