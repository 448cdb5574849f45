"""A way for cash into a composite machine: the device behind it, and what it is told to take.

Failures: as the journal; never `Unanswered`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress

import msgspec

from ..journal.entries import Command, Verdict
from ..nouns import Credited, Misuse, Pieces, Unanswered
from ..promises import Acceptor
from .daybook import Daybook
from .nouns import Notice


class WayIn:
    """`name`: the device's, in the journal and for staff. `came`: money is in, and on the disk."""

    def __init__(
        self,
        name: str,
        device: Acceptor,
        book: Daybook,
        *,
        came: Callable[[Pieces], None],
        tell: Callable[[Notice], None],
    ) -> None:
        self.name, self.device = name, device
        self.stopped = False  # it lost count: a person must look
        self._book, self._came, self._tell = book, came, tell

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

    def _credit(self, credit: Credited, unit: str, of: int = 0) -> None:
        """Journalled before the device may forget it; known already, it is the same money."""
        fresh = self._book.credit(msgspec.structs.replace(credit, unit=unit), of, self.name)
        self.device.acknowledge(credit)
        if fresh:
            self._came(Pieces(credit.denomination, 1))

    def _unseen(self, code: str) -> None:
        """Money may be in that nobody saw: a person counts."""
        intent = self._book.intend(Command.ACCEPT, within=0, device=self.name, unit="", pieces=())
        self._book.conclude(intent.n, Verdict.UNKNOWN, code=code)
