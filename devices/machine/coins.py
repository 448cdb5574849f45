"""The coin acceptor of a composite machine: a coin that is in is in, so it is only journalled where it fell.

Such a device forgets its last coins with its power. So one that was without it while it may have let coins in has made
something unknown, and a person counts.

Failures: as the journal; never `Unanswered`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from ..nouns import Credited, Happening, Lost, Pieces, Rejected, Restarted, Standing
from ..promises import Acceptor
from . import nouns as told
from .daybook import Daybook
from .wayin import WayIn

COINS = "coins"

SURELY = 3
LETS_IN = frozenset({Standing.ACCEPTING, Standing.BUSY, Standing.STARTING})


class Coins(WayIn):
    """`sorter`: the unit behind each path that the device names; `mixer`: where all others fall."""

    def __init__(
        self,
        device: Acceptor,
        book: Daybook,
        sorter: Mapping[str, str],
        mixer: str,
        *,
        came: Callable[[Pieces], None],
        tell: Callable[[told.Notice], None],
    ) -> None:
        super().__init__(COINS, device, book, came=came, tell=tell)
        self._sorter, self._mixer = sorter, mixer
        self._shut_for = 0 if book.account.active and not book.is_counted else SURELY  # polls in which it was seen shut

    @property
    def is_quiet(self) -> bool:
        """Nothing is let in any more."""
        return self.device.standing not in LETS_IN

    def take(self, denominations: Collection[int]) -> None:
        self._shut_for = 0 if denominations else self._shut_for
        super().take(denominations)

    def poll(self) -> list[Happening]:
        happenings = self.device.poll()
        for happening in happenings:
            match happening:
                case Credited():
                    self._credit(happening, self._sorter.get(happening.unit, self._mixer))
                case Rejected():
                    self._tell(told.GivenBack(0, happening.code))
                case Lost():
                    self.stopped = True
                    self._unseen(happening.code)
                case Restarted() if self._shut_for < SURELY:
                    self._unseen("machine.restarted")
        self._shut_for = self._shut_for + 1 if self.device.standing is Standing.DISABLED else self._shut_for
        return happenings
