"""To which shift records and documents belong, of one till's shifts that share a number. Pure.

A till counts its shifts, and one day begins again: a number alone names no shift. What is said here depends on the
*set* of records and documents only, never on the order in which they came:

* records with an open date, by that date: one opened less than WINDOW after its shift's first is of the same shift,
  any other begins a new one;
* a record without an open date belongs to the latest shift that has one; where none has, to the latest there is;
* of a shift's records the one that counts is the greatest by (closed, from a shift file, digest);
* a document belongs to the latest opened shift in whose span [opened, the later of closed and opened + WINDOW) its time
  lies; else to the shift whose span is nearest, if less than WINDOW away; else to a *provisional* shift, which begins
  with the earliest such document and reaches WINDOW from it;
* a document without a time belongs to the latest shift, provisional ones included.

Failures: none.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(days=2)
EARLIEST = datetime(1, 1, 1)  # noqa: DTZ001 - the tills' own local times are without a zone

Span = tuple[datetime, datetime | None]  # opened, closed


@dataclass(frozen=True, slots=True)
class Opening:
    """A shift record, as far as it matters here."""

    digest: bytes
    opened: datetime | None
    closed: datetime | None
    live: bool  # from a live file only

    @property
    def rank(self) -> tuple[bool, datetime, bool, bytes]:
        """The greatest of a shift's records counts."""
        return self.closed is not None, self.closed or EARLIEST, not self.live, self.digest


def rank(ended: datetime | None, live: bool, digest: bytes) -> tuple[bool, datetime, bool, bytes]:
    """The greatest of a document's versions counts."""
    return ended is not None, ended or EARLIEST, not live, digest


@dataclass(frozen=True, slots=True)
class Resolved:
    """A shift. `opened` is its records' first open date, `leader` a provisional shift's earliest time."""

    opened: datetime | None = None
    leader: datetime | None = None
    records: tuple[Opening, ...] = ()

    @property
    def counting(self) -> Opening | None:
        return max(self.records, key=lambda record: record.rank, default=None)

    @property
    def closed(self) -> datetime | None:
        return self.counting.closed if self.counting else None

    @property
    def starts(self) -> datetime | None:
        return self.opened or self.leader


def by_records(records: Iterable[Opening]) -> tuple[list[Resolved], tuple[Opening, ...]]:
    """The shifts that have an open date, by it, and the records that belong to none of them."""
    dated: list[tuple[datetime, list[Opening]]] = []
    undated: list[Opening] = []
    for record in sorted(records, key=lambda record: (record.opened or EARLIEST, record.digest)):
        if record.opened is None:
            undated.append(record)
        elif dated and record.opened - dated[-1][0] < WINDOW:
            dated[-1][1].append(record)
        else:
            dated.append((record.opened, [record]))
    if dated:
        dated[-1][1].extend(undated)
        undated = []
    return [Resolved(opened, None, tuple(group)) for opened, group in dated], tuple(undated)


def nearest(spans: Sequence[Span], at: datetime) -> int | None:
    """Which of the opened shifts, given by their open date, a document of this time belongs to; None: to none."""
    best: int | None = None
    least = WINDOW
    for index in reversed(range(len(spans))):
        away = _away(spans[index], at)
        if not away:
            return index
        if away < least:
            best, least = index, away
    return best


def _away(span: Span, at: datetime) -> timedelta:
    """From a span to a time outside it; nothing inside. A span's very end is outside, the least step away."""
    opened, closed = span
    if at < opened:
        return opened - at
    after = at - opened - WINDOW
    if closed is not None and at - closed < after:
        after = at - closed
    return timedelta(0) if after < timedelta(0) else max(after, timedelta.resolution)


def leaders(times: Iterable[datetime]) -> list[datetime]:
    """The earliest times of the provisional shifts that these times make."""
    found: list[datetime] = []
    for at in sorted(times):
        if not found or at - found[-1] >= WINDOW:
            found.append(at)
    return found


class Resolution:
    """The shifts of one number, by their beginning, and where each time belongs."""

    def __init__(self, shifts: Sequence[Resolved]) -> None:
        self.shifts = tuple(sorted(shifts, key=lambda shift: shift.starts or EARLIEST))
        opened = [(at, shift) for at, shift in enumerate(self.shifts) if shift.opened is not None]
        loose = [(at, shift) for at, shift in enumerate(self.shifts) if shift.opened is None]
        self._opened = [at for at, _ in opened]
        self._spans: list[Span] = [(shift.opened or EARLIEST, shift.closed) for _, shift in opened]
        self._loose = [at for at, _ in loose]
        self._leaders = [shift.leader or EARLIEST for _, shift in loose]

    def of(self, at: datetime | None) -> int:
        """The shift of a document of this time, which is one of those that were resolved."""
        if at is None:
            return len(self.shifts) - 1
        found = nearest(self._spans, at)
        return self._opened[found] if found is not None else self._loose[bisect_right(self._leaders, at) - 1]


def resolve(records: Iterable[Opening], times: Iterable[datetime | None]) -> Resolution:
    """The shifts that these records and the documents of these times make."""
    opened, undated = by_records(records)
    known = set(times)
    spans: list[Span] = [(shift.opened or EARLIEST, shift.closed) for shift in opened]
    loose = [at for at in known if at is not None and nearest(spans, at) is None]
    shifts = opened + [Resolved(leader=leader) for leader in leaders(loose)]
    if not shifts and (undated or None in known):
        shifts = [Resolved()]
    if undated:
        last = max(range(len(shifts)), key=lambda at: shifts[at].starts or EARLIEST)
        shifts[last] = Resolved(None, shifts[last].leader, undated)
    return Resolution(shifts)
