"""The coin acceptor of a composite machine: a coin that is in is in, so it is only journalled where it fell.

Such a device forgets its last coins with its power. So the journal says that it may let coins in before it does, and
that it does not when it was seen shut for a while. One that was without power in between has made something unknown,
and a person counts.

Failures: as the journal; never `Unanswered`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress

from ...errors import Retry
from ..journal.entries import Credit
from ..nouns import Credited, Happening, Lost, Rejected, Restarted, Standing
from ..promises import Acceptor
from . import nouns as told
from .daybook import Daybook
from .wayin import WayIn

COINS = "coins"
OPENED = "opened"
"""What the journal remembers it by that the acceptor may let coins in."""

SURELY = 3  # polls
LETS_IN = frozenset({Standing.ACCEPTING, Standing.BUSY, Standing.STARTING})


def may_let_in(book: Daybook) -> bool:
    return book.account.place(OPENED)[2] > 0


class Coins(WayIn):
    """`sorter`: the unit behind each path that the device names; `mixer`: where all others fall."""

    def __init__(
        self,
        device: Acceptor,
        book: Daybook,
        sorter: Mapping[str, str],
        mixer: str,
        *,
        came: Callable[[Credit], None],
        tell: Callable[[told.Notice], None],
    ) -> None:
        super().__init__(COINS, device, book, came=came, tell=tell)
        self._sorter, self._mixer = sorter, mixer
        self._wanted: Collection[int] = ()
        self._is_told = True  # what is wanted
        self._shut_for = 0  # polls in which it was seen shut

    @property
    def is_quiet(self) -> bool:
        """Nothing is let in any more."""
        return self.device.standing not in LETS_IN

    def take(self, denominations: Collection[int]) -> None:
        """It is opened in its next round: when that is on the disk."""
        self._wanted, self._is_told = denominations, not denominations
        if not denominations:
            super().take(())

    def happenings(self) -> Iterator[Happening]:
        with suppress(Retry):  # it stays as it is until that can be written
            self._open_or_shut()
        yield from super().happenings()
        is_shut = not self._wanted and self.device.standing is Standing.DISABLED
        self._shut_for = self._shut_for + 1 if is_shut else 0

    def _open_or_shut(self) -> None:
        if not self._is_told:
            self._remember(is_open=True)
            super().take(self._wanted)
            self._is_told = True
        elif self._shut_for >= SURELY:
            self._remember(is_open=False)

    def _remember(self, *, is_open: bool) -> None:
        if may_let_in(self._book) != is_open:
            self._book.remember(OPENED, ("", 0, int(is_open)))

    def _happened(self, happening: Happening) -> None:
        match happening:
            case Credited():
                self._credit(happening, self._sorter.get(happening.unit, self._mixer))
            case Rejected():
                self._tell(told.GivenBack(0, happening.code))
            case Lost():
                self.stopped = True
                self._unseen(happening.code)
            case Restarted() if may_let_in(self._book):
                self._unseen("machine.restarted")
