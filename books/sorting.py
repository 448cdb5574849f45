"""Where a number's documents may lie with a wrong shift: all of them are looked at, and moved.

Rare: another record of the same number came, days away; or live receipts spread over days before their record. What
`resolving` says of the whole set is then so, and nothing else has changed.

Failures: none of its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from .placing import Number, Shift
from .resolving import Resolution, rank, resolve
from .session import Session, batches
from .tables import DOCUMENTS, SHIFTS


def sort_out(session: Session, number: Number, arrival: int, now: float) -> set[int]:
    """Moves the number's documents and records to where they belong. The rows of shifts that are no more."""
    documents = _documents(session, number)
    times = [_time(document) for document in documents]
    resolution = resolve(number.openings, times)
    groups = [resolution.of(at) for at in times]
    shifts = _rows(session, number, resolution, documents, groups)
    before = {shift.id: (shift.first, shift.last, shift.untimed) for shift in number.shifts}
    gone = set(before) - {shift.id for shift in shifts}
    for shift in shifts:
        shift.first = shift.last = None
        shift.untimed = False
    touched = {shift.id: shift.touched for shift in shifts}
    for group, at in zip(groups, times, strict=True):
        shifts[group].holds(at)
    number.shifts = []
    for shift, resolved in zip(shifts, resolution.shifts, strict=True):
        shift.touched = touched[shift.id] or shift.id not in before
        shift.changed |= (shift.first, shift.last, shift.untimed) != before.get(shift.id)
        number.shifts.append(shift)
        number.adopt(shift, resolved, now)
    number.arrange()
    number.save(session)
    _move(session, documents, [shifts[group] for group in groups], {shift.id: shift for shift in shifts}, arrival)
    if gone:
        session.run(delete(SHIFTS).where(SHIFTS.c.id.in_(gone)))
    number.astray = False
    return gone


def _documents(session: Session, number: Number) -> list[Any]:
    columns = DOCUMENTS.c
    return session.rows(
        select(
            columns.id,
            columns.shift_id,
            columns.type,
            columns.number,
            columns.began,
            columns.ended,
            columns.live,
            columns.digest,
            columns.counts,
        ).where((columns.till_id == number.till) & (columns.shift_number == number.number))
    )


def _time(document: Any) -> Any:
    return document.ended or document.began


def _rows(
    session: Session, number: Number, resolution: Resolution, documents: Sequence[Any], groups: Sequence[int]
) -> list[Shift]:
    """A row for each shift: the one that has most in common with it, records before documents; else a new one."""
    records = Counter(
        (group, kept.shift)
        for group, resolved in enumerate(resolution.shifts)
        for opening in resolved.records
        if (kept := number.records[opening.digest]).shift
    )
    shared = Counter((group, document.shift_id) for group, document in zip(groups, documents, strict=True))
    known = {shift.id: shift for shift in number.shifts}
    found: dict[int, Shift] = {}
    pairs = sorted({*records, *shared}, key=lambda pair: (-records[pair], -shared[pair], pair))
    for group, row in pairs:
        if group not in found and row in known:
            found[group] = known.pop(row)
    left = [group for group in range(len(resolution.shifts)) if group not in found]
    for group, row in zip(left, session.count_on("shift", len(left)) if left else (), strict=True):
        found[group] = Shift(row, new=True, changed=True)
    return [found[group] for group in range(len(resolution.shifts))]


def _move(
    session: Session, documents: Sequence[Any], homes: Sequence[Shift], shifts: dict[int, Shift], arrival: int
) -> None:
    """Writes which shift each document is of, and which of its versions there counts."""
    versions = defaultdict(list)
    for document, home in zip(documents, homes, strict=True):
        versions[home.id, document.type, document.number].append(document)
    counting = {
        max(rows, key=lambda row: rank(row.ended, row.live, bytes(row.digest))).id for rows in versions.values()
    }
    moved = []
    for document, home in zip(documents, homes, strict=True):
        counts = document.id in counting
        if (document.shift_id, document.counts) == (home.id, counts):
            continue
        moved.append({"row": document.id, "shift_id": home.id, "counts": counts, "by": arrival})
        home.touched = True
        if document.shift_id in shifts:
            shifts[document.shift_id].touched = True
    change = update(DOCUMENTS).where(DOCUMENTS.c.id == bindparam("row"))
    for batch in batches([row for row in moved if row["counts"]]):
        session.run(
            change.values(shift_id=bindparam("shift_id"), counts=bindparam("counts"), counted_by=bindparam("by")), batch
        )
    for batch in batches([row for row in moved if not row["counts"]]):
        session.run(change.values(shift_id=bindparam("shift_id"), counts=bindparam("counts")), batch)
