"""What each shift's documents come to, kept beside them: so a question costs a row for each shift, and not all of its
documents; and so that it can still be answered when these lie in an archive.

A booking makes the summaries of all shifts that it touches anew, from the documents, in its own transaction: none can
fall behind. Those that an older program left out are made when the books are brought to this version (`complete`).

Failures: `Halt` for a row that cannot be read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec
from sqlalchemy import delete, select

from ..errors import Halt, Reason
from ..model import Noun
from .session import Session, batches
from .summing import (
    HourShare,
    Kind,
    MeansShare,
    Numbering,
    Share,
    hours,
    kinds,
    means,
    numberings,
    shares,
    versions,
)
from .tables import SHIFT_SUMS, SHIFTS

R = TypeVar("R", Kind, Share, MeansShare, HourShare)


class Summary(Noun, frozen=True, omit_defaults=True):
    """Of one shift."""

    kinds: tuple[Kind, ...] = ()
    numbering: Numbering = Numbering()
    versions: int = 0  # of documents, whether they count or not

    @property
    def outdated(self) -> int:
        """Versions of documents that do not count."""
        return self.versions - self.numbering.documents


class Whole(Summary, frozen=True, omit_defaults=True):
    """With what few ask for."""

    departments: tuple[Share, ...] = ()
    means: tuple[MeansShare, ...] = ()
    hours: tuple[HourShare, ...] = ()


S = TypeVar("S", bound=Summary)
Summaries = Mapping[int, Summary]  # by the shift's row


def keep(session: Session, shifts: Sequence[int]) -> None:
    """Makes the summaries of these shifts anew, but for those whose documents lie in an archive."""
    here = select(SHIFTS.c.id).where(SHIFTS.c.archive.is_(None))
    for some in batches(shifts):
        mine = [row.id for row in session.rows(here.where(SHIFTS.c.id.in_(some)))]
        session.run(delete(SHIFT_SUMS).where(SHIFT_SUMS.c.shift_id.in_(mine)))
        made = _summed(session, mine)
        session.append(SHIFT_SUMS, [(shift, msgspec.msgpack.encode(one)) for shift, one in made.items()])


def complete(session: Session) -> None:
    """Makes those that are missing."""
    missing = SHIFTS.outerjoin(SHIFT_SUMS, SHIFT_SUMS.c.shift_id == SHIFTS.c.id)
    rows = session.rows(select(SHIFTS.c.id).select_from(missing).where(SHIFT_SUMS.c.shift_id.is_(None)))
    keep(session, [row.id for row in rows])


def summaries(session: Session, shifts: Sequence[int]) -> Summaries:
    """Of each of these shifts."""
    return _kept(session, shifts, Summary)


def wholes(session: Session, shifts: Sequence[int]) -> list[Whole]:
    """Of each of these shifts."""
    return list(_kept(session, shifts, Whole).values())


def _kept(session: Session, shifts: Sequence[int], kind: type[S]) -> dict[int, S]:
    """What is not of this kind is passed over, not read."""
    found: dict[int, S] = {}
    for some in batches(shifts):
        kept = session.rows(select(SHIFT_SUMS).where(SHIFT_SUMS.c.shift_id.in_(some)))
        found.update((row.shift_id, _read(row.body, kind)) for row in kept)
    return found | {shift: kind() for shift in shifts if shift not in found}


def every_kind(found: Summaries) -> list[Kind]:
    return [kind for one in found.values() for kind in one.kinds]


def _summed(session: Session, shifts: Sequence[int]) -> dict[int, Whole]:
    if not shifts:
        return {}
    by_shift, departments = _grouped(kinds(session, shifts)), _grouped(shares(session, shifts))
    paid, sold = _grouped(means(session, shifts)), _grouped(hours(session, shifts))
    numbers, counts = numberings(session, shifts), versions(session, shifts)
    return {
        shift: Whole(
            tuple(by_shift[shift]),
            numbers.get(shift, Numbering()),
            counts.get(shift, 0),
            tuple(departments[shift]),
            tuple(paid[shift]),
            tuple(sold[shift]),
        )
        for shift in shifts
    }


def _grouped(rows: Iterable[R]) -> defaultdict[int, list[R]]:
    found: defaultdict[int, list[R]] = defaultdict(list)
    for row in rows:
        found[row.shift].append(row)
    return found


def _read(body: bytes, kind: type[S]) -> S:
    try:
        return msgspec.msgpack.decode(body, type=kind)
    except msgspec.DecodeError as trouble:
        raise Halt(Reason("books.row", kind=Summary.__name__, detail=trouble)) from trouble
