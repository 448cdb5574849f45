"""What every device on a ccTalk bus has behind it: when it is asked, what silence means, and how it stands.

A device is asked each PERIOD, one that is away each PERIOD_AWAY and once only, so that it does not hold up the others
on its bus. Silent for SILENT seconds = offline; a line that is gone is offline at once. Each silence makes the settings
of the device doubtful: it may have been without power.

How it stands is a state of the device's own table: (state, cause) -> state; what stands in no row changes nothing.

Failures: `Unanswered` as the bus says.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from ..nouns import Happening, Identity, Standing, Stood, Unanswered
from .bus import TRIES, Bus, Refused
from .frames import Header
from .messages import serial, text

# Seconds.
PERIOD = 0.15  # the generic specification wants credits to be read each 100 to 200 ms
PERIOD_AWAY = 1.0
SILENT = 2.0

State = TypeVar("State", bound=StrEnum)
Cause = TypeVar("Cause", bound=StrEnum)


class Device(Generic[State, Cause]):
    """One address on `bus`. `away` is the state of a device that does not answer, and the first."""

    def __init__(
        self,
        bus: Bus,
        address: int,
        away: State,
        moves: Mapping[tuple[State, Cause], State],
        standings: Mapping[State, Standing],
    ) -> None:
        self._bus, self._clock, self._address = bus, bus.clock, address
        self._away, self._moves, self._standings = away, moves, standings
        self._state = away
        self._code: str | None = None
        self._pending: list[Happening] = []
        self._due = self._heard = self._clock.monotonic()

    @property
    def standing(self) -> Standing:
        return self._standings[self._state]

    @property
    def due(self) -> float:
        """When the next poll is, in monotonic seconds: for an owner who has something else to do until then."""
        return self._due

    def _wait(self) -> None:
        self._clock.sleep(self._due - self._clock.monotonic())

    def _waited(self) -> list[Happening]:
        """The end of a poll: what is to be told."""
        self._due = self._clock.monotonic() + (PERIOD_AWAY if self._state == self._away else PERIOD)
        told, self._pending = self._pending, []
        return told

    def _ask(self, header: Header, data: bytes = b"", *, length: int | None = 0, tries: int = TRIES) -> bytes:
        answer = self._bus.ask(
            self._address, header, data, length=length, tries=1 if self._state == self._away else tries
        )
        self._heard = self._clock.monotonic()
        return answer

    def _name(self, header: Header) -> str:
        """A device that refuses to tell has no name."""
        try:
            return text(self._ask(header, length=None))
        except Refused:
            return ""

    def _who(self, *, backwards: bool = False) -> Identity:
        """Asks for it, in one order or the other: where answers come one question late, the two differ."""
        names = dict.fromkeys((Header.MANUFACTURER, Header.PRODUCT), "")
        if backwards:
            names = {header: self._name(header) for header in reversed(names)}
        number = serial(self._ask(Header.SERIAL, length=None))
        if not backwards:
            names = {header: self._name(header) for header in names}
        model = " ".join(name for _, name in sorted(names.items(), reverse=True) if name)
        return Identity(serial=number, model=model)

    def _is_lost(self) -> bool:
        """After a silence: whether it has lasted long enough to say that the device is away."""
        silent = self._clock.monotonic() - self._heard
        return self._bus.is_gone or self._state == self._away or silent >= SILENT

    def _fire(self, cause: Cause, code: str = "") -> None:
        """What has happened to the device: its state moves, and how it stands is told if that is new."""
        state = self._moves.get((self._state, cause))
        if state is None:
            return
        before, self._state = self._standings[self._state], state
        if (before, self._code) != (self._standings[state], code):
            self._code = code
            self._pending.append(Stood(self._standings[state], code))

    def _why(self, trouble: Unanswered) -> str:
        return "cctalk.line" if self._bus.is_gone else trouble.reason.code
