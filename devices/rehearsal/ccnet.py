"""A CCNET note validator on the stage: what can be done to it, and where its notes are.

Failures: `Misuse` where a note is unknown (rehearsal.no-denomination) or one is in the path already
(rehearsal.occupied).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...errors import Reason
from ..ccnet.simulated import SimValidator
from ..ccnet.states import FAILURES, REJECTIONS, State
from ..nouns import Misuse
from ..promises import Clock
from .currencies import CURRENCIES, pieces, spelt
from .script import AMOUNT, Argument, Outcome, Word, Words

OFF = "off"
UNUSED = ((0, 0), (0, 0))  # the first types of a bill table: there is no note of them
SHOWS = (State.PAUSE, State.CHEATED, State.CASSETTE_FULL, State.CASSETTE_OUT, State.DISPENSING, State.UNLOADING)


def _word(state: State) -> str:
    return state.name.lower().replace("_", "-")


def bill(note: int) -> tuple[int, int]:
    """Value and exponent, of major units."""
    digits = spelt(note)
    value = digits.rstrip("0")
    return int(value), len(digits) - len(value)


class CcnetScene:
    """`stage.Scene`; `device` is to be served."""

    busy = False

    def __init__(self, clock: Clock, currency: str = "RUB") -> None:
        self.words: Words = WORDS
        self.states = frozenset({OFF, *(_word(state) for state in State)})
        notes, country = CURRENCIES[currency].notes, CURRENCIES[currency].country
        self.device = SimValidator(clock, bills=(*UNUSED, *(bill(note) for note in notes)), country=country)
        self._notes = dict(enumerate(notes, len(UNUSED)))
        self._cassette_out = False

    @property
    def state(self) -> str:
        device = self.device
        del device.shown[:-1]  # a rehearsal may last for days
        if not device.powered:
            return OFF
        return _word(State(device.trouble[0]) if device.trouble else device.state)

    def truth(self) -> dict[str, str]:
        device = self.device
        return {
            "path": self._pieces([] if device.note is None else [device.note]),
            "cassette": "out" if self._cassette_out else self._pieces(device.cassette),
            "given back": self._pieces(device.given_back),
            "taken out": self._pieces(device.taken_out),
        }

    def _pieces(self, kinds: Iterable[int]) -> str:
        return pieces([self._notes[kind] for kind in kinds])

    # --- words

    def note(self, value: int) -> Outcome:
        kind = next((kind for kind, note in self._notes.items() if note == value), None)
        if kind is None:
            known = ", ".join(spelt(note) for note in self._notes.values())
            raise Misuse(Reason("rehearsal.no-denomination", amount=spelt(value), known=known))
        try:
            return Outcome.TAKEN if self.device.insert(kind) else Outcome.NOT_TAKEN
        except ValueError as error:
            raise Misuse(Reason("rehearsal.occupied")) from error

    def refuse(self, reason: int) -> Outcome:
        self.device.refuse_next(reason)
        return Outcome.DONE

    def jam(self) -> Outcome:
        self.device.jam()
        return Outcome.DONE

    def jam_cassette(self) -> Outcome:
        self.device.jam(State.CASSETTE_JAMMED)
        return Outcome.DONE

    def fail(self, failure: int) -> Outcome:
        self.device.fail(failure)
        return Outcome.DONE

    def show(self, state: int) -> Outcome:
        self.device.jam(State(state))
        return Outcome.DONE

    def clear(self) -> Outcome:
        self.device.clear()
        return Outcome.DONE

    def free(self) -> Outcome:
        self.device.clear(take_out=False)
        return Outcome.DONE

    def cassette_out(self) -> Outcome:
        self.device.take_cassette()
        self._cassette_out = True
        return Outcome.DONE

    def cassette_in(self) -> Outcome:
        self.device.put_cassette()
        self._cassette_out = False
        return Outcome.DONE

    def cut(self) -> Outcome:
        self.device.cut_power()
        return Outcome.DONE

    def power(self) -> Outcome:
        return self._power(forgetful=False)

    def power_forgetful(self) -> Outcome:
        return self._power(forgetful=True)

    def _power(self, *, forgetful: bool) -> Outcome:
        if not self.device.powered:
            self.device.power_on(forgetful=forgetful)
        return Outcome.DONE


def _one_of(known: Mapping[str, int]) -> Argument:
    def read(text: str) -> int:
        if text.lower() not in known:
            raise ValueError(text)
        return known[text.lower()]

    return Argument("|".join(known), read)


def _codes(codes: Iterable[int]) -> Argument:
    """In hexadecimal, as the protocol's tables have them."""
    return _one_of({f"{code:02x}": code for code in sorted(codes)})


_SHOWN = _one_of({_word(state): state for state in SHOWS})

WORDS: Words = {
    "note": Word((AMOUNT,), "a customer puts a note in", CcnetScene.note),
    "refuse": Word((_codes(REJECTIONS),), "the next note is rejected for this reason", CcnetScene.refuse),
    "jam": Word((), "a note is stuck in the validator", CcnetScene.jam),
    "jam cassette": Word((), "a note is stuck in the cassette", CcnetScene.jam_cassette),
    "fail": Word((_codes(FAILURES),), "it fails, with this code", CcnetScene.fail),
    "show": Word((_SHOWN,), "it answers with this state, whatever it does", CcnetScene.show),
    "clear": Word((), "what is wrong is put right; the note in the path is taken out by hand", CcnetScene.clear),
    "free": Word((), "what is wrong is put right; the note in the path goes on", CcnetScene.free),
    "cassette out": Word((), "staff takes the cassette out, with its notes", CcnetScene.cassette_out),
    "cassette in": Word((), "staff puts an empty cassette in", CcnetScene.cassette_in),
    "cut": Word((), "the device's power is cut", CcnetScene.cut),
    "power": Word((), "its power comes back", CcnetScene.power),
    "power forgetful": Word((), "its power comes back; it forgets what it has swallowed", CcnetScene.power_forgetful),
}
