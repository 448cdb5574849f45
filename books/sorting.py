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


def sort_out(session: Session, number: Number, arrival: int, last_known: int, now: float) -> set[int]:
    """Moves the number's documents and records to where they belong. The rows of shifts that are no more.
    `last_known`: the last document's row before `arrival`."""
    documents = _documents(session, number)
    times = [_time(document) for document in documents]
    resolution = resolve(number.openings, times)
    groups = [resolution.of(at) for at in times]
    shifts = _rows(session, number, resolution, documents, groups)
    before = {shift.id: (shift.first, shift.last, shift.untimed) for shift in number.shifts}
    gone = set(before) - {shift.id for shift in shifts}
    for shift in shifts:
        if not shift.archive:  # what it holds is no more here
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
    homes = [shifts[group] for group in groups]
    counting = _counting(session, documents, homes, last_known)
    _move(session, documents, homes, counting, {shift.id: shift for shift in shifts}, arrival)
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
            columns.home,
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


def _counting(session: Session, documents: Sequence[Any], homes: Sequence[Shift], last_known: int) -> dict[int, int]:
    """The rows that count, and the home of each one's subject. A document that moves keeps its own, so that what the
    ERP was told of it is corrected and does not stand beside it; unless the shift it left has another one there."""
    versions: defaultdict[tuple[int, int, int], list[Any]] = defaultdict(list)
    for document, home in zip(documents, homes, strict=True):
        versions[home.id, document.type, document.number].append(document)
    stays: dict[tuple[int, int, int], int] = {}
    moves = []
    for (shift, code, value), rows in versions.items():
        best = max(rows, key=lambda row: rank(row.ended, row.live, bytes(row.digest)))
        told = sorted(row.home for row in rows if row.counts and row.id <= last_known)
        if not told or shift in told:
            stays[shift, code, value] = best.id
        else:
            moves.append((told[0], shift, code, value, best.id))
    for told_as, shift, code, value, row in sorted(moves):
        free = [home for home in (told_as, shift) if (home, code, value) not in stays]
        stays[free[0] if free else session.count_on("shift", 1)[0], code, value] = row
    return {row: home for (home, _, _), row in stays.items()}


def _move(
    session: Session,
    documents: Sequence[Any],
    homes: Sequence[Shift],
    counting: dict[int, int],
    shifts: dict[int, Shift],
    arrival: int,
) -> None:
    """Writes which shift each document is of, and which of its versions there counts."""
    moved = []
    for document, shift in zip(documents, homes, strict=True):
        home = counting.get(document.id)
        counts = home is not None
        values = {"shift_id": shift.id, "counts": counts, "home": document.home if home is None else home}
        if values == {name: getattr(document, name) for name in values}:
            continue
        moved.append({"row": document.id, "by": arrival, **values})
        shift.touched = True
        if document.shift_id in shifts:
            shifts[document.shift_id].touched = True
    names = ("shift_id", "counts", "home")
    change = (
        update(DOCUMENTS).where(DOCUMENTS.c.id == bindparam("row")).values({name: bindparam(name) for name in names})
    )
    for batch in batches([row for row in moved if row["counts"]]):
        session.run(change.values(counted_by=bindparam("by")), batch)
    for batch in batches([row for row in moved if not row["counts"]]):
        session.run(change, [{name: row[name] for name in (*names, "row")} for row in batch])
