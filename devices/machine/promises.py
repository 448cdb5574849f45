"""The one interface to a cash machine, whatever it is made of: for the till's software, the staff's page and the
command line.

The verbs are those of UnifiedPOS CashChanger. Nothing happens between two calls: whoever owns a machine calls `poll`
again and again, and gets what has happened since; every verb returns at once, and its end is told by `poll` as `Ended`.

Failures: `Misuse` where a verb is not allowed now (nothing was done); `Retry` and `Halt` where the journal or the
documents cannot be written (nothing was done that is not in the journal).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..nouns import Pieces
from .nouns import End, Notice, Status


class CashMachine(Protocol):
    @property
    def status(self) -> Status: ...

    @property
    def due(self) -> float:
        """When the next `poll` is, in monotonic seconds: for an owner who has something else to do until then."""
        ...

    def poll(self) -> list[Notice]:
        """One round. Sleeps until it is due. Never raises for a device that is away."""
        ...

    # --- a deposit: a sale, or staff putting cash in

    def begin_deposit(self, amount: int = 0, about: str = "") -> int:
        """Takes cash from now on: for a sale of `amount`, until that is enough; 0 = staff puts cash in, until it is
        ended. `about`: which receipt. The number of the operation. Raises Misuse where cash is blocked or something is
        under way, and for an amount that the machine cannot take or give exactly."""
        ...

    def pause_deposit(self, *, paused: bool = True) -> None:
        """Takes nothing for now, or takes cash again."""
        ...

    def fix_deposit(self) -> None:
        """Takes nothing more; FIXED when all that was put in is counted."""
        ...

    def end_deposit(self, end: End) -> None:
        """Fixes the deposit where that was not done, and ends it. Raises Misuse for CHANGE of what is not enough."""
        ...

    # --- giving out

    def dispense_change(self, amount: int, about: str = "") -> int:
        """Gives `amount` without a deposit: a return. The number of the operation. Raises Misuse where it cannot be
        made."""
        ...

    def dispense_cash(self, pieces: Sequence[Pieces], about: str = "") -> int:
        """Gives exactly these. The number of the operation. Raises Misuse where they are not there."""
        ...

    # --- staff

    def read_cash_counts(self) -> tuple[Pieces, ...]:
        """What is in the machine, by denomination."""
        ...

    def adjust_cash_counts(self, unit: str, pieces: Sequence[Pieces], about: str = "") -> int:
        """`unit` was counted, or filled, by hand: it holds exactly these. The number of the operation."""
        ...

    def withdraw(self, unit: str, amount: int = 0, about: str = "") -> int:
        """A hopper's coins are given out, a multiple of their value; a mixer as a whole (`amount` 0); notes of a drum
        go into the cassette. The number of the operation. Raises Misuse where the unit cannot do that."""
        ...

    def exchange_cassette(self, about: str = "") -> int:
        """Unlocks the cassette; cash is blocked until an empty one is in. The number of the operation."""
        ...

    def keep_cassette(self) -> None:
        """The cassette stays: nobody took it out. Raises Misuse where somebody has."""
        ...

    def cassette_is_empty(self, by: str) -> None:
        """A person says that the cassette that was put in is empty, where the machine cannot know."""
        ...

    def recover(self) -> None:
        """A person has put right what was wrong: devices that were stopped begin anew, and what cannot be settled with
        a device that is away becomes unknown."""
        ...

    def close(self) -> None:
        """Takes nothing any more, and lets its devices go. What is open stays open in the journal."""
        ...
