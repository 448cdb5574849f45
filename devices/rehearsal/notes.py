"""What can be done to any simulated note validator, whatever it speaks: customers, staff and the power.

Failures: `Misuse` where a note is unknown (rehearsal.no-denomination) or one is in the path already
(rehearsal.occupied).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Protocol

from ...errors import Reason
from ..nouns import Misuse
from .currencies import pieces, spelt
from .script import AMOUNT, Argument, Outcome, Word, Words

OFF = "off"


class SimValidator(Protocol):
    """A note is what its protocol calls it: a bill type, or a channel."""

    powered: bool
    note: int | None
    given_back: list[int]
    taken_out: list[int]

    def insert(self, kind: int, /) -> bool: ...

    def refuse_next(self, reason: int, /) -> None: ...

    def jam(self) -> None: ...

    def clear(self, *, take_out: bool = True) -> None: ...

    def cut_power(self) -> None: ...

    def power_on(self, *, forgetful: bool = False) -> None: ...


class NoteScene(ABC):
    """`stage.Scene` of a validator that knows `notes`: minor units by what its protocol calls them."""

    busy = False

    def __init__(self, validator: SimValidator, notes: Mapping[int, int]) -> None:
        self._validator, self._notes = validator, notes
        self._is_out = False

    @property
    @abstractmethod
    def in_cassette(self) -> Iterable[int]: ...

    @abstractmethod
    def take_cassette(self) -> None: ...

    @abstractmethod
    def put_cassette(self) -> None: ...

    def truth(self) -> dict[str, str]:
        validator = self._validator
        return {
            "path": self._pieces([] if validator.note is None else [validator.note]),
            "cassette": "out" if self._is_out else self._pieces(self.in_cassette),
            "given back": self._pieces(validator.given_back),
            "taken out": self._pieces(validator.taken_out),
        }

    def _pieces(self, kinds: Iterable[int]) -> str:
        return pieces([self._notes[kind] for kind in kinds])

    # --- words

    def insert(self, value: int) -> Outcome:
        kind = next((kind for kind, note in self._notes.items() if note == value), None)
        if kind is None:
            known = ", ".join(spelt(note) for note in self._notes.values())
            raise Misuse(Reason("rehearsal.no-denomination", amount=spelt(value), known=known))
        if self._validator.note is not None:
            raise Misuse(Reason("rehearsal.occupied"))
        return Outcome.TAKEN if self._validator.insert(kind) else Outcome.NOT_TAKEN

    def refuse(self, reason: int) -> Outcome:
        self._validator.refuse_next(reason)
        return Outcome.DONE

    def jam(self) -> Outcome:
        self._validator.jam()
        return Outcome.DONE

    def clear(self) -> Outcome:
        self._validator.clear()
        return Outcome.DONE

    def free(self) -> Outcome:
        self._validator.clear(take_out=False)
        return Outcome.DONE

    def cassette_out(self) -> Outcome:
        self.take_cassette()
        self._is_out = True
        return Outcome.DONE

    def cassette_in(self) -> Outcome:
        self.put_cassette()
        self._is_out = False
        return Outcome.DONE

    def cut(self) -> Outcome:
        self._validator.cut_power()
        return Outcome.DONE

    def power(self) -> Outcome:
        return self._power(forgetful=False)

    def power_forgetful(self) -> Outcome:
        return self._power(forgetful=True)

    def _power(self, *, forgetful: bool) -> Outcome:
        if not self._validator.powered:
            self._validator.power_on(forgetful=forgetful)
        return Outcome.DONE


def words(refusals: Iterable[int], more: Words) -> Words:
    """Those of every validator; `refusals` are the reasons that its protocol has, `more` its own words."""
    return {
        "note": Word((AMOUNT,), "a customer puts a note in", NoteScene.insert),
        "refuse": Word((codes(refusals),), "the next note is rejected for this reason", NoteScene.refuse),
        "jam": Word((), "a note is stuck in the validator", NoteScene.jam),
        **more,
        "clear": Word((), "what is wrong is put right; the note in the path is taken out by hand", NoteScene.clear),
        "free": Word((), "what is wrong is put right; the note in the path goes on", NoteScene.free),
        "cassette out": Word((), "staff takes the cassette out, with its notes", NoteScene.cassette_out),
        "cassette in": Word((), "staff puts an empty cassette in", NoteScene.cassette_in),
        "cut": Word((), "the device's power is cut", NoteScene.cut),
        "power": Word((), "its power comes back", NoteScene.power),
        "power forgetful": Word(
            (), "its power comes back; it forgets what it has swallowed", NoteScene.power_forgetful
        ),
    }


def one_of(known: Mapping[str, int]) -> Argument:
    """One of these words, which stand for numbers of the protocol."""

    def read(text: str) -> int:
        if text.lower() not in known:
            raise ValueError(text)
        return known[text.lower()]

    return Argument("|".join(known), read)


def codes(numbers: Iterable[int]) -> Argument:
    """In hexadecimal, as the protocol's tables have them."""
    return one_of({f"{code:02x}": code for code in sorted(numbers)})


def named(name: str) -> str:
    """A state's name, as a script says it."""
    return name.lower().replace("_", "-")
