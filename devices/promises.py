"""What the machine asks of a link, a clock and a device; each has a real one and a simulated twin.

Failures: `Unanswered` where a device does not answer (what became of a command is then unknown); `Misuse` where a
command is not allowed now (nothing was sent).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol, runtime_checkable

from .nouns import Credited, Happening, Identity, Paid, Pieces, Standing


class Clock(Protocol):
    """Time that a test can move. No module of this room sleeps in another way."""

    def now(self) -> float:
        """Seconds since the epoch; may jump."""
        ...

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        ...

    def sleep(self, seconds: float) -> None: ...


class Link(Protocol):
    """A line of bytes to a device. Raises Unanswered when it is gone; `open` then tries anew."""

    def open(self) -> None: ...

    def close(self) -> None: ...

    def read(self, timeout: float) -> bytes:
        """What has come, at least one byte; b"" after `timeout` seconds."""
        ...

    def write(self, data: bytes) -> None: ...


@runtime_checkable
class BusLink(Link, Protocol):
    """A link whose line can be held low: how some protocols reset a device that fell silent."""

    def hold_low(self, seconds: float) -> None: ...


class Acceptor(Protocol):
    """A note validator or coin acceptor behind its session. `poll` is called again and again by its owner; nothing
    happens between two calls."""

    @property
    def standing(self) -> Standing: ...

    @property
    def due(self) -> float:
        """When the next poll is, in monotonic seconds: for an owner who has something else to do until then."""
        ...

    def identity(self) -> Identity:
        """Raises Unanswered."""
        ...

    def denominations(self) -> tuple[int, ...]:
        """What the device itself says it knows, in minor units."""
        ...

    def enable(self, denominations: Collection[int]) -> None:
        """Takes these from now on, and nothing else. () = takes nothing."""
        ...

    def poll(self) -> list[Happening]:
        """One round with the device: what has happened since the last. Reconnects by itself; never raises for a device
        that is away: that is a Stood(OFFLINE)."""
        ...

    def accept(self) -> None:
        """Stacks the note in escrow. Irreversible: journal first."""
        ...

    def give_back(self) -> None:
        """Returns the note in escrow."""
        ...

    def acknowledge(self, credit: Credited) -> None:
        """The credit is journalled: the device may forget it."""
        ...

    def reset(self) -> None:
        """A person has put right what was wrong: it begins anew. Raises Misuse while a piece is under way, and
        Unanswered."""
        ...

    def close(self) -> None: ...


class Dispenser(Protocol):
    """A hopper, or a recycler's pay-out, behind its session."""

    @property
    def standing(self) -> Standing: ...

    @property
    def due(self) -> float:
        """When the next poll is, in monotonic seconds."""
        ...

    def identity(self) -> Identity: ...

    def poll(self) -> list[Happening]:
        """One round: ends with a Paid when a pay-out that was begun is over."""
        ...

    def counter(self) -> int:
        """The device's own event counter now: journalled with the intent, so that `outcome` can be asked after a power
        cut between the command and its answer, too. Raises Unanswered."""
        ...

    def dispense(self, pieces: Sequence[Pieces]) -> int:
        """Begins to pay out; the device's own event counter before. Irreversible: journal first. Raises Unanswered:
        then `outcome` tells, or nobody does."""
        ...

    def outcome(self, counter: int) -> Paid | None:
        """What became of the pay-out that was begun when the device's counter stood at `counter`; None = it never
        began, and may be sent again. Raises Unanswered when the device cannot tell: the outcome is unknown."""
        ...

    def stop(self) -> None:
        """Ends a pay-out now; a Paid tells what went out."""
        ...

    def reset(self) -> None:
        """A person has put right what was wrong: it begins anew. By what came before, no pay-out can be judged then.
        Raises Misuse while one is under way, and Unanswered."""
        ...

    def close(self) -> None: ...
