"""The exchange of a cassette: it is unlocked, taken out (the document is made then), and an empty one has to go in.

Until it is known that an empty one is in, the open EXCHANGE in the journal says so, across any power cut, and cash is
blocked. Whoever takes a cassette out without being asked for it takes out what was in it all the same.

Failures: `Misuse` where there is nothing to exchange, or nothing is under way; else as the journal.
"""

from __future__ import annotations

from collections.abc import Callable

from ...errors import Reason
from ..journal.entries import Command, Intent, Verdict
from ..money.units import Condition
from ..nouns import Misuse, Pieces
from .daybook import Daybook
from .nouns import CassetteStep, CassetteTold, Ended, Notice


class Exchange:
    """Of the cassette `unit`."""

    def __init__(self, unit: str, book: Daybook, tell: Callable[[Notice], None]) -> None:
        self.unit = unit
        self._book, self._tell = book, tell
        self._is_out = False  # as the device says

    @property
    def removal(self) -> Intent | None:
        """It is unlocked, and nobody has taken it yet."""
        return self._open(Command.REMOVE)

    @property
    def awaited(self) -> Intent | None:
        """An empty one has to go in."""
        return self._open(Command.EXCHANGE)

    @property
    def condition(self) -> Condition:
        if self._is_out:
            return Condition.MISSING
        return Condition.UNCOUNTED if self.is_under_way else Condition.READY

    @property
    def is_under_way(self) -> bool:
        return self.removal is not None or self.awaited is not None

    def begin(self, begin: Callable[[tuple[Pieces, ...]], Intent]) -> int:
        """Raises Misuse."""
        if self.is_under_way:
            raise Misuse(Reason("machine.exchange-open", unit=self.unit))
        return begin(self._book.account.stock(self.unit)).n

    def keep(self) -> None:
        """Nobody took it out. Raises Misuse."""
        removal = self.removal
        if removal is None or self._is_out:
            raise Misuse(Reason("machine.no-exchange", unit=self.unit))
        self._book.conclude(removal.n, Verdict.RETURNED)
        self._tell(Ended(removal.n, removal.command, Verdict.RETURNED))

    def out(self, removed: tuple[Pieces, ...] | None = None) -> None:
        """The device says that it is out. `removed`: what was in it, where the device counts; else what the journal
        says."""
        if self._is_out:
            return
        self._is_out = True
        asked = self.removal
        if asked is None and self.awaited:
            return
        held = self._book.account.stock(self.unit) if removed is None else removed
        removal = asked or self._book.intend(Command.REMOVE, within=0, device="", unit=self.unit, pieces=held)
        self._tell(CassetteTold(self.unit, CassetteStep.OUT))
        self._await()
        self._taken(removal, held, "" if asked else "machine.cassette-unasked")

    def settle(self) -> None:
        """After a start: one that had been seen out was taken. Of any other a person says how its exchange ends."""
        if self.removal and self.awaited:
            self._taken(self.removal, self._book.account.stock(self.unit))

    def back(self) -> None:
        """The device says that one is in."""
        if self._is_out:
            self._is_out = False
            self._tell(CassetteTold(self.unit, CassetteStep.IN))

    def empty(self, by: str) -> None:
        """Somebody, or the machine, says that an empty one is in; where nobody saw the other one go, it went. Raises
        Misuse."""
        if self._is_out or not self.is_under_way:
            raise Misuse(Reason("machine.no-exchange", unit=self.unit))
        if removal := self.removal:
            self._await()
            self._taken(removal, self._book.account.stock(self.unit))
        if awaited := self.awaited:
            self._book.conclude(awaited.n, Verdict.COMMITTED, code=by)
        self._tell(CassetteTold(self.unit, CassetteStep.EMPTY))

    def _await(self) -> None:
        if self.awaited is None:
            self._book.intend(Command.EXCHANGE, within=0, device="", unit=self.unit, pieces=())

    def _taken(self, removal: Intent, held: tuple[Pieces, ...], code: str = "") -> None:
        self._book.conclude(removal.n, Verdict.COMMITTED, removed=held, code=code)
        self._tell(Ended(removal.n, removal.command, Verdict.COMMITTED, given=held, code=code))

    def _open(self, command: Command) -> Intent | None:
        return next(
            (each for each in self._book.account.open if each.command is command and each.unit == self.unit), None
        )
