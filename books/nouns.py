"""What the books speak of beyond the shared nouns: a sales file and its tally, a shift's row, what the ERP is to get.

Times with a zone's meaning are seconds since the epoch (`received`, `decided`, …); times of sales are the till's own.

Failures: none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from ..model import Document, Explained, Noun, ShiftPlace, Told


class FileState(Explained):
    """Where a sales file stands; each member carries its sentence for people."""

    CLAIMED = "claimed", "ours, and being read; or waiting to be tried again"
    PROCESSED = "processed", "booked: every object of it was taken, known already, or told as refused"
    ERROR = "error", "the file is right, but was refused for good"
    BROKEN = "broken", "the file is wrong"


class Tally(Noun, frozen=True, omit_defaults=True):
    """What a file held. Of `read` documents each is new, repeated, corrected (a known document's other version, which
    counts from now on) or outdated (another version, which does not)."""

    read: int = 0
    new: int = 0
    repeated: int = 0
    corrected: int = 0
    outdated: int = 0
    refused: int = 0  # objects of any sort
    archived: int = 0  # of these, those of shifts whose documents lie in an archive
    by_type: tuple[tuple[int, int], ...] = ()  # type of document, how many were read; by type
    shifts: int = 0  # shift records read, those refused left out
    shifts_new: int = 0
    log_ons: int = 0  # lines of the security log read
    log_ons_new: int = 0
    drawer: int = 0  # documents of the cash machine read
    drawer_new: int = 0

    @property
    def changes(self) -> bool:
        """Whether the books are not what they were before."""
        others = self.shifts_new or self.log_ons_new or self.drawer_new
        return bool(self.new or self.corrected or self.outdated or others)


class SalesFile(Noun, frozen=True, omit_defaults=True):
    """One arrival. `name` is its printable form, `kept` the name's own spelling as text where that differs."""

    arrival: int
    name: str
    state: FileState
    received: float
    kept: str = ""
    shop: str = ""
    till: str = ""
    live: bool = False  # from the till's online folder
    size: int = 0  # bytes
    digest: str = ""
    decided: float = 0.0
    reason: Told | None = None
    put_away: bool = False
    tries: int = 0
    next_try: float = 0.0
    where: str = ""
    tally: Tally = Tally()


class Counted(Noun, frozen=True, omit_defaults=True):
    """A document that counts, with its resolved shift. `subject` names it for ever, whichever version counts."""

    subject: str
    place: ShiftPlace
    shift: int  # the row of its shift
    document: Document


class ShiftRow(Noun, frozen=True, omit_defaults=True):
    """A shift in a list. `first` and `last` are the earliest and latest time of its documents."""

    id: int
    place: ShiftPlace
    closed: datetime | None = None
    first: datetime | None = None
    last: datetime | None = None
    documents: int = 0  # that count
    told: bool = False  # the document of the closed shift was delivered


@dataclass(frozen=True)
class Delivery:
    """A document for the ERP, to be made. `subject` is what it is about; `content` the digest of what it says, its
    version left out; `body` makes the bytes of a version. The file's name begins with `stem`."""

    kind: str
    subject: str
    stem: str
    content: bytes
    body: Callable[[int], bytes]


class DeliveryState(StrEnum):
    """Where a document for the ERP stands."""

    DUE = "due"  # to be written
    WRITTEN = "written"  # in the outbox
    TAKEN = "taken"  # the ERP removed it


class Sent(Noun, frozen=True, omit_defaults=True):
    """A delivery. `body` is empty where it is not asked for, or was dropped."""

    id: int
    kind: str
    subject: str
    version: int
    name: str
    state: DeliveryState
    made: float = 0.0
    body: bytes = b""


class DrawerSums(Noun, frozen=True, order=True):
    """What drawer documents of one currency come to."""

    currency: str
    documents: int
    deposited: Decimal
    given: Decimal
    taken: Decimal
    removed: Decimal
    owed: Decimal


class Request(Noun, frozen=True, omit_defaults=True):
    """A till was asked for its sales of these days, both included."""

    shop: str
    till: str
    since: date
    until: date
    asked: float
    answered: float | None = None  # when the question was seen to be gone
