"""Which version of a document counts: the greatest by (end, from a shift file, digest), whatever came first.

Failures: none of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import bindparam, func, select, update

from .resolving import rank
from .session import Session, batches
from .tables import DOCUMENTS


@dataclass
class Outcome:
    """What became of the new versions, and whose shifts have another version counting than before."""

    new: int = 0
    corrected: int = 0
    outdated: int = 0
    shifts: set[int] = field(default_factory=set)


def count(session: Session, last_known: int, confirmed: Sequence[int], arrival: int) -> Outcome:
    """Settles which versions count, of the documents with a version newer than the row `last_known`, and of those in
    the rows `confirmed`, which a shift file told again after a live one."""
    outcome = Outcome()
    columns = DOCUMENTS.c
    by_shift = select(columns.shift_id, func.count().label("documents")).group_by(columns.shift_id)
    new = {row.shift_id: row.documents for row in session.rows(by_shift.where(columns.id > last_known))}
    outcome.new = sum(new.values())
    told_again, of_these = set(confirmed), select(columns.shift_id).distinct()
    shifts = set(new)
    for batch in batches(confirmed):
        shifts.update(row.shift_id for row in session.rows(of_these.where(columns.id.in_(batch))))
    for versions in _several(session, sorted(shifts)):
        if any(row.id > last_known or row.id in told_again for row in versions):
            _settle(session, versions, arrival, last_known, outcome)
    _part(session, sorted(new), last_known)
    return outcome


def _part(session: Session, shifts: Sequence[int], last_known: int) -> None:
    """A document that moved to another shift kept its subject there. What has come since with its type and number
    into the shift that it left is another document: of a subject of its own."""
    columns = DOCUMENTS.c
    went = select(columns.home, columns.type, columns.number).where((columns.home != columns.shift_id) & columns.counts)
    came = select(columns.id, columns.shift_id, columns.type, columns.number).where(columns.counts)
    came = came.where((columns.home == columns.shift_id) & (columns.id > last_known))
    found: list[int] = []
    for some in batches(shifts):
        if taken := {tuple(row) for row in session.rows(went.where(columns.home.in_(some)))}:
            rows = session.rows(came.where(columns.shift_id.in_(some)))
            found += (row.id for row in rows if tuple(row[1:]) in taken)
    if found:
        homes = session.count_on("shift", len(found))
        change = update(DOCUMENTS).where(columns.id == bindparam("row")).values(home=bindparam("new_home"))
        session.run(change, [{"row": row, "new_home": home} for row, home in zip(sorted(found), homes, strict=True)])


def _several(session: Session, shifts: Sequence[int]) -> Iterator[list[Any]]:
    """The documents of these shifts that have more than one version, each with all of them.

    Each shift is gone through once, and no table is joined with another: how long that takes does not hang on what
    the database believes of its tables, which is wrong for as long as it has not looked at what was just booked."""
    columns = DOCUMENTS.c
    identity = (columns.shift_id, columns.type, columns.number)
    told = (columns.id, columns.ended, columns.live, columns.digest, columns.counts, columns.home)
    counted = select(*identity, *told, func.count().over(partition_by=identity).label("versions"))
    for some in batches(shifts):
        every = counted.where(columns.shift_id.in_(some)).subquery().c
        several = select(*every).where(every.versions > 1)
        rows = session.rows(several.order_by(every.shift_id, every.type, every.number, every.id))
        for _, versions in groupby(rows, key=lambda row: row[:3]):
            yield list(versions)


def _settle(session: Session, versions: list[Any], arrival: int, last_known: int, outcome: Outcome) -> None:
    best = max(versions, key=lambda row: rank(row.ended, row.live, bytes(row.digest)))
    newer = sum(row.id > last_known for row in versions)
    if newer == len(versions):
        outcome.outdated += newer - 1
        outcome.new -= newer - 1
    elif newer:
        corrects = best.id > last_known
        outcome.corrected += corrects
        outcome.outdated += newer - corrects
        outcome.new -= newer
    wrong = [row for row in versions if row.counts != (row.id == best.id)]
    if wrong:
        outcome.shifts.add(best.shift_id)
        change = update(DOCUMENTS).where(DOCUMENTS.c.id == bindparam("row"))
        losers = [{"row": row.id} for row in wrong if row.id != best.id]
        if losers:
            session.run(change.values(counts=False), losers)
        # what was told of the document before is corrected, not told beside it
        homes = {row.counts and row.id <= last_known: row.home for row in versions}
        values = {"counts": True, "home": homes.get(True, best.home)}
        if not best.counts:
            values["counted_by"] = arrival
        session.run(change.values(values), [{"row": best.id}])
