"""A way for cash into a composite machine: the device behind it, and what it is told to take.

What it tells is dealt with one by one. What could not be, because the journal could not be written, is dealt with in
the next round: a device tells most things only once.

Failures: as the journal; never `Unanswered`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress

import msgspec

from ..journal.entries import Command, Credit, Verdict
from ..nouns import Credited, Happening, Misuse, Unanswered
from ..promises import Acceptor
from .daybook import Daybook
from .nouns import Notice


class WayIn(ABC):
    """`name`: the device's, in the journal and for staff. `came`: money is in, and on the disk."""

    def __init__(
        self,
        name: str,
        device: Acceptor,
        book: Daybook,
        *,
        came: Callable[[Credit], None],
        tell: Callable[[Notice], None],
    ) -> None:
        self.name, self.device = name, device
        self.stopped = False  # it lost count: a person must look
        self._book, self._came, self._tell = book, came, tell
        self._waiting: list[Happening] = []

    def happenings(self) -> Iterator[Happening]:
        """One round with the device; each is dealt with when it is told here."""
        self._waiting += self.device.poll()
        while self._waiting:
            self._happened(self._waiting[0])
            yield self._waiting.pop(0)

    def take(self, denominations: Collection[int]) -> None:
        """These and no others, where it knows them; what is away does so when it is back."""
        known: Collection[int] = ()
        if denominations and not self.stopped:
            with suppress(Unanswered):
                known = self.device.denominations()
        with suppress(Misuse):
            self.device.enable(tuple(each for each in denominations if each in known))

    def recover(self) -> None:
        """A person has looked, and put right what was wrong."""
        self.stopped = False
        with suppress(Misuse, Unanswered):
            self.device.reset()

    @abstractmethod
    def _happened(self, happening: Happening) -> None: ...

    def _credit(self, credited: Credited, unit: str, of: int = 0) -> None:
        """Journalled before the device may forget it; known already, it is the same money."""
        credit = self._book.credit(msgspec.structs.replace(credited, unit=unit), of, self.name)
        self.device.acknowledge(credited)
        if credit:
            self._came(credit)

    def _unseen(self, code: str) -> None:
        """Money may be in that nobody saw: a person counts."""
        intent = self._book.intend(Command.ACCEPT, within=0, device=self.name, unit="", pieces=())
        self._book.conclude(intent.n, Verdict.UNKNOWN, code=code)
