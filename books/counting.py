"""Which version of a document counts: the greatest by (end, from a shift file, digest), whatever came first.

Failures: none of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, select, update

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
    total = session.first(select(func.count()).select_from(DOCUMENTS).where(columns.id > last_known))[0]
    outcome.new = total
    conditions: list[ColumnElement[bool]] = [columns.id.in_(batch) for batch in batches(confirmed)]
    if total:
        conditions.append(columns.id > last_known)
    settled: set[tuple[int, int, int]] = set()
    for condition in conditions:
        for identity, versions in _with_others(session, condition):
            if identity not in settled:
                settled.add(identity)
                _settle(session, versions, arrival, last_known, outcome)
    if total:
        _part(session, last_known)
    return outcome


def _part(session: Session, last_known: int) -> None:
    """A document that moved to another shift kept its subject there. What has come since with its type and number
    into the shift that it left is another document: of a subject of its own."""
    moved = DOCUMENTS.alias("moved")
    new = DOCUMENTS.c
    same = (new.shift_id == moved.c.home) & (new.type == moved.c.type) & (new.number == moved.c.number)
    taken = (moved.c.home != moved.c.shift_id) & moved.c.counts & (new.home == new.shift_id) & new.counts
    found = session.rows(select(new.id).join(moved, same).where(taken & (new.id > last_known)).order_by(new.id))
    if found:
        homes = session.count_on("shift", len(found))
        change = update(DOCUMENTS).where(DOCUMENTS.c.id == bindparam("row")).values(home=bindparam("new_home"))
        session.run(change, [{"row": row.id, "new_home": home} for row, home in zip(found, homes, strict=True)])


def _with_others(session: Session, condition: ColumnElement[bool]) -> Iterator[tuple[tuple[int, int, int], list[Any]]]:
    """The documents meant by `condition` that have more than one version, each with all of them."""
    names = ("shift_id", "type", "number")
    meant = select(*(DOCUMENTS.c[name] for name in names)).where(condition).distinct().cte("meant")
    others = DOCUMENTS.alias("others")
    same = and_(*(others.c[name] == meant.c[name] for name in names))
    several = (
        select(*(meant.c[name] for name in names))
        .join(others, same)
        .group_by(*(meant.c[name] for name in names))
        .having(func.count() > 1)
        .cte("several")
    )
    columns = DOCUMENTS.c
    found = session.rows(
        select(
            columns.shift_id,
            columns.type,
            columns.number,
            columns.id,
            columns.ended,
            columns.live,
            columns.digest,
            columns.counts,
            columns.home,
        ).join(several, and_(*(columns[name] == several.c[name] for name in names)))
    )
    found.sort(key=lambda row: row[:4])
    for identity, rows in groupby(found, key=lambda row: row[:3]):
        yield tuple(identity), list(rows)


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
