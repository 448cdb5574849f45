"""What reconciliation speaks of: shifts, days and departments with what was computed of them beside what tills count.

Money is exact and in major units; days and times are the tills' own.

Failures: none.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from ..model import NOTHING, Explained, Means, Noun, ShiftPlace, ShiftSums

SHIFT_SUBJECT = "shift/"  # and the shift's row: what its documents for the ERP are about


class ShiftDelivery(Explained):
    """Whether the ERP has a shift's document; each member carries its sentence for people."""

    OPEN = "open", "still open: its document is written when it is closed"
    NONE = "not told", "the ERP was told nothing of it as a whole"
    CHANGED = "changed", "it changed after the ERP was told of it"
    DUE = "due", "its document waits for the outbox"
    WRITTEN = "in the outbox", "the ERP has not taken its document yet"
    TAKEN = "taken", "the ERP took its document"
    UNWANTED = "not wanted", "the ERP gets no documents of shifts"

    @property
    def is_delivered(self) -> bool:
        """Whether nothing of it is left to bring."""
        return self in (ShiftDelivery.OPEN, ShiftDelivery.TAKEN, ShiftDelivery.UNWANTED)


class ShiftStanding(Noun, frozen=True, omit_defaults=True):
    """A shift, and whether the ERP has it."""

    id: int
    place: ShiftPlace
    delivery: ShiftDelivery
    closed: datetime | None = None


class ShiftReckoning(Noun, frozen=True, omit_defaults=True):
    """A shift: what its documents come to, and what the till counts."""

    id: int
    place: ShiftPlace
    sums: ShiftSums
    delivery: ShiftDelivery
    starts: datetime | None = None  # opened, or the time of its first document
    closed: datetime | None = None
    superseded: bool = False  # a later shift of the till has begun
    till_gain: Decimal | None = None
    till_drawer: Decimal | None = None
    drawer_before: Decimal | None = None  # as the till counted it at the end of the shift before
    missing: tuple[tuple[int, int], ...] = ()  # ranges of document numbers, both ends missing
    shared: tuple[int, ...] = ()  # numbers that more than one of its documents bears
    outdated: int = 0  # versions of its documents that do not count

    @property
    def difference(self) -> Decimal | None:
        """Ours minus the till's count of what the shift brought; None where the till tells none."""
        return None if self.till_gain is None else self.sums.gain - self.till_gain

    @property
    def drawer(self) -> Decimal:
        """The cash that must lie in the drawer. Where the shift before told no count, it began with an empty one."""
        return (self.drawer_before or NOTHING) + self.sums.drawer_change

    @property
    def drawer_difference(self) -> Decimal | None:
        """Ours minus the till's count of the drawer; None where the till tells none."""
        return None if self.till_drawer is None else self.drawer - self.till_drawer


class DayReckoning(Noun, frozen=True, omit_defaults=True):
    """A day of a shop, or of one of its tills. A document is of the day on which it ended."""

    day: date
    documents: int  # that were closed: of any type, and not annulled
    sums: ShiftSums
    drawer: Decimal  # that must lie in all drawers at the end of the day
    shifts: tuple[ShiftReckoning, ...] = ()  # that began on this day


class DepartmentSums(Noun, frozen=True, omit_defaults=True):
    """The lines of a department in the receipts of a shift or a day. Returns are told above zero."""

    department: int | None  # None: of lines that name none
    day: date | None = None
    lines: int = 0
    sales: Decimal = NOTHING
    returns: Decimal = NOTHING

    @property
    def takings(self) -> Decimal:
        return self.sales - self.returns


class MeansSums(Noun, frozen=True, omit_defaults=True):
    """What the receipts of a shift brought by one means, change taken off. Returns are told above zero."""

    means: Means
    sales: Decimal = NOTHING
    returns: Decimal = NOTHING


class Version(Noun, frozen=True, omit_defaults=True):
    """One of several versions of a document."""

    type: int
    number: int
    sum: Decimal
    arrival: int  # that brought it first
    ended: datetime | None = None
    live: bool = False  # seen in live files only
    counts: bool = False
    id: int = 0  # its row
