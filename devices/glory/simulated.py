"""A simulated BrueBox: what customers, staff and the power do to it, by script.

`held`, `outside` and `escrow` are the truth that a test compares with what the host believes.

Failures: ValueError where a script asks for what cannot be.
"""

from __future__ import annotations

from collections import Counter

from ..money.units import UnitKind
from . import simwords as words
from .messages import DEPOSITED, Cash
from .simcontroller import SimController
from .simstates import CLEAR, INSERT, MOVES, REJECT, TAKE
from .simstock import lines
from .states import Command, State


class SimBrueBox(SimController):
    """The machine."""

    def insert(self, denomination: int, count: int = 1) -> bool:
        """A customer puts pieces in; whether they were taken."""
        self.advance()
        takes = self.powered and self.state in (State.WAITING_INSERTION, State.COUNTING)
        if not takes or self.stock.place(denomination) is None:
            return False
        self.inserted[denomination] += count
        self.escrow[denomination] += count
        self._go(INSERT)
        for event in words.counted(self.escrow):
            self._tell(event)
        return True

    def reject(self) -> bool:
        """A customer puts in what is not taken, and has to take it back; whether it was drawn in at all."""
        self.advance()
        drawn = self.powered and (self.state, REJECT) in MOVES
        if drawn:
            self._go(REJECT)
        return drawn

    def take(self) -> bool:
        """The customer takes what was given out or rejected; whether there was something."""
        self.advance()
        there = self.powered and (self.state, TAKE) in MOVES
        if there:
            self._go(TAKE)
        return there

    def force(self, state: int) -> None:
        """Into any state, also one that does not exist."""
        self.advance()
        self._enter(state)

    def jam(self, error: int = 1281) -> None:
        """A note is stuck: what is under way ends with a device error, and what was put in stays inside."""
        self.advance()
        self._tell(words.of_device(1, f"<eventError><ErrorCode>{error}</ErrorCode></eventError>"))
        self._keep_all()
        self._enter(State.ERROR)
        self._finish(100)

    def clear(self) -> None:
        """Staff puts right what was wrong, without a command from the host: what was put in stays inside, and what was
        under way ends with a device error."""
        self.advance()
        if (self.state, CLEAR) in MOVES:
            self._keep_all()
            self._finish(100)
            self._go(CLEAR)

    def take_cassette(self) -> Counter[int]:
        """Staff takes the cassette out, with what is in it."""
        if self.state != State.UNLOCKING:
            raise ValueError("the door is locked")
        cassette = self.stock.first(UnitKind.CASSETTE)
        gone, cassette.holds, cassette.here = cassette.holds, Counter(), False
        self.outside += gone
        self._tell(words.of_device(1, "<eventOpened><DevicePositionID>1</DevicePositionID></eventOpened>"))
        self._tell(words.cassette("Removal", "A", gone))
        return gone

    def put_cassette(self, holds: Counter[int] | None = None) -> None:
        """An empty one is told; what is in one with cash, nobody knows."""
        cassette = self.stock.first(UnitKind.CASSETTE)
        cassette.here, cassette.holds = True, Counter(holds or {})
        self.inserted += cassette.holds
        self._tell(words.of_device(1, "<eventClosed><DevicePositionID>1</DevicePositionID></eventClosed>"))
        if not holds:
            self._tell(words.cassette("Insertion", "B", {}))

    def fill(self, denomination: int, count: int) -> None:
        """Staff puts pieces into the containers by hand: nothing is told, an inventory shows it."""
        self.inserted[denomination] += count
        self.stock.put(Counter({denomination: count}))

    def empty(self, denomination: int) -> None:
        """Staff takes all pieces of a denomination out of the containers that give them."""
        self.outside += self.stock.take(Counter({denomination: self.stock.held(to_give=True)[denomination]}))

    def cut_power(self) -> None:
        self.advance()
        self.powered = False
        self.outgoing.clear()

    def power_on(self) -> None:
        """What was in escrow or going out stays inside; sessions are forgotten, what was cut is told by its name."""
        cut, current = self._asked, lines(self.escrow)
        if cut or current:
            name = (cut.command if cut else Command.START_CASHIN).value
            self._incomplete = words.incomplete(name, Cash(DEPOSITED, current))
        self._keep_all()
        self.powered, self.boots = True, self.boots + 1
        self._asked, self._session, self._occupied, self.listener = None, "", False, None
        self._beat = self._clock.monotonic()
        self._enter(State.INITIALIZING)
