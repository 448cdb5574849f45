"""Documents that count, added up by the database: a row for each kind of document, or for each department of their
lines, never one for each document.

What is asked here of documents is kept for each shift, and asked again when one of them changes: `summaries`.

Failures: none of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Date, Select, extract, func, select, true

from ..model import CASH_IN, CASH_OUT, NOTHING, DocumentKind, ShiftSums
from .amounts import exact_sum
from .session import Session, batches
from .tables import DOCUMENTS, PAYMENTS, POSITIONS, SHIFTS

K = TypeVar("K", bound=Hashable)


class Kind(NamedTuple):
    """What the documents of one kind, in one shift and on one day, come to."""

    shift: int
    type: int
    sign: int
    annulled: bool
    documents: int
    sum: Decimal
    cash: Decimal
    cashless: Decimal
    day: date | None  # None: of documents without a time in a shift that has none


class Share(NamedTuple):
    """What the lines of one department come to, in one shift and on one day: those sold, or those taken back."""

    shift: int
    department: int | None  # None: of lines that name none
    sign: int
    day: date | None
    lines: int
    sum: Decimal


class MeansShare(NamedTuple):
    """What receipts of one type were paid with one means, or what went back by it, in one shift."""

    shift: int
    means: str
    move: str
    type: int
    sign: int
    sum: Decimal


class HourShare(NamedTuple):
    """What the receipts of one type that ended in one hour of a day come to, in one shift."""

    shift: int
    day: date | None
    hour: int | None  # 0 to 23
    type: int
    sign: int
    documents: int
    sum: Decimal


COUNTS = DOCUMENTS.c.counts == true()  # bare, SQLite would not look for it in an index
_KINDS = (DOCUMENTS.c.shift_id, DOCUMENTS.c.type, DOCUMENTS.c.sign, DOCUMENTS.c.annulled)
_AMOUNTS = (exact_sum(DOCUMENTS.c.sum), exact_sum(DOCUMENTS.c.cash), exact_sum(DOCUMENTS.c.cashless))
# A document without a time is of the day on which its shift began.
_AT = func.coalesce(DOCUMENTS.c.ended, DOCUMENTS.c.began, SHIFTS.c.starts)
DAY = func.date(_AT, type_=Date)
_RECEIPTS = COUNTS & (DOCUMENTS.c.sign != 0)


def kinds(session: Session, shifts: Sequence[int]) -> list[Kind]:
    """What the documents of these shifts come to."""
    day = DAY.label("day")
    wanted = select(*_KINDS, func.count(), *_AMOUNTS, day).select_from(DOCUMENTS).join(SHIFTS)
    return [Kind(*row) for row in _rows(session, shifts, wanted.where(COUNTS).group_by(*_KINDS, day))]


def shares(session: Session, shifts: Sequence[int]) -> list[Share]:
    """What the lines of the receipts of these shifts come to."""
    day = DAY.label("day")
    keys = (DOCUMENTS.c.shift_id, POSITIONS.c.department, DOCUMENTS.c.sign, day)
    tables = DOCUMENTS.join(POSITIONS).join(SHIFTS, DOCUMENTS.c.shift_id == SHIFTS.c.id)
    wanted = select(*keys, func.count(), exact_sum(POSITIONS.c.sum)).select_from(tables)
    return [Share(*row) for row in _rows(session, shifts, wanted.where(_RECEIPTS).group_by(*keys))]


def means(session: Session, shifts: Sequence[int]) -> list[MeansShare]:
    """What the receipts of these shifts were paid with."""
    keys = (DOCUMENTS.c.shift_id, PAYMENTS.c.means, PAYMENTS.c.move, DOCUMENTS.c.type, DOCUMENTS.c.sign)
    wanted = select(*keys, exact_sum(PAYMENTS.c.sum)).select_from(DOCUMENTS.join(PAYMENTS))
    return [MeansShare(*row) for row in _rows(session, shifts, wanted.where(_RECEIPTS).group_by(*keys))]


def hours(session: Session, shifts: Sequence[int]) -> list[HourShare]:
    """When the receipts of these shifts ended."""
    day, hour = DAY.label("day"), extract("hour", _AT).label("hour")
    keys = (DOCUMENTS.c.shift_id, day, hour, DOCUMENTS.c.type, DOCUMENTS.c.sign)
    wanted = select(*keys, func.count(), exact_sum(DOCUMENTS.c.sum)).select_from(DOCUMENTS).join(SHIFTS)
    rows = _rows(session, shifts, wanted.where(_RECEIPTS).group_by(*keys))
    found = [HourShare(*row)._replace(hour=None if row.hour is None else int(row.hour)) for row in rows]
    return [one for one in found if DocumentKind.of(one.type) is DocumentKind.RECEIPT]


def _rows(session: Session, shifts: Sequence[int], wanted: Select[Any]) -> Iterator[Any]:
    for some in batches(shifts):
        yield from session.rows(wanted.where(DOCUMENTS.c.shift_id.in_(some)))


def versions(session: Session, shifts: Sequence[int]) -> dict[int, int]:
    """How many versions of documents each shift has, whether they count or not."""
    columns = DOCUMENTS.c
    counted = select(columns.shift_id, func.count()).group_by(columns.shift_id)
    found: dict[int, int] = {}
    for some in batches(shifts):
        found.update(dict(session.rows(counted.where(columns.shift_id.in_(some)))))
    return found


def by_shift(rows: Iterable[Kind]) -> dict[int, ShiftSums]:
    return folded(rows, lambda row: row.shift)


def by_shift_and_day(rows: Iterable[Kind]) -> dict[tuple[int, date | None], ShiftSums]:
    return folded(rows, lambda row: (row.shift, row.day))


def folded(rows: Iterable[Kind], key: Callable[[Kind], K]) -> dict[K, ShiftSums]:
    """The sums of each key; of one without documents there are none."""
    sums: defaultdict[K, dict[str, Any]] = defaultdict(dict)
    for row in rows:
        mine = sums[key(row)]
        for name, value in _shares(*row[1:8]):
            mine[name] = mine.get(name, 0) + value
    return {one: ShiftSums(**named) for one, named in sums.items()}


def _shares(
    code: int,
    sign: int,
    annulled: bool,
    count: int,
    total: Any,
    cash: Any,
    cashless: Any,
) -> Iterator[tuple[str, Any]]:
    """What documents of one type bring to the sums."""
    if annulled:
        yield "annulled", count
    elif code == CASH_IN:
        yield "cash_in", total
    elif code == CASH_OUT:
        yield "cash_out", total
    elif DocumentKind.of(code) is DocumentKind.RECEIPT:
        trade = "sales" if sign > 0 else "returns"
        yield "receipts", count
        yield f"{trade}_cash", sign * cash
        yield f"{trade}_cashless", sign * cashless
        yield "gain", NOTHING + sign * total


def closed_documents(rows: Iterable[Kind]) -> int:
    """How many of them were closed: those of any type that were not annulled."""
    return sum(row.documents for row in rows if not row.annulled)


@dataclass(frozen=True)
class Numbering:
    """How the documents of a shift are numbered."""

    documents: int = 0
    missing: tuple[tuple[int, int], ...] = ()  # ranges between the least and the greatest number that none has
    shared: tuple[int, ...] = ()  # numbers that several have


def numberings(session: Session, shifts: Sequence[int]) -> dict[int, Numbering]:
    """Of each shift that has documents. Only where the numbers do not add up are they looked at one by one."""
    columns = DOCUMENTS.c
    ends = (func.min(columns.number), func.max(columns.number), func.count(columns.number.distinct()), func.count())
    wanted = select(columns.shift_id, *ends).where(COUNTS).group_by(columns.shift_id)
    found = [row for some in batches(shifts) for row in session.rows(wanted.where(columns.shift_id.in_(some)))]
    with_gaps = [shift for shift, least, greatest, numbers, _ in found if greatest - least >= numbers]
    missing: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for shift, number, before in _steps(session, with_gaps, lambda step: step > 1):
        missing[shift].append((before + 1, number - 1))
    with_twins = [shift for shift, _, _, numbers, documents in found if numbers < documents]
    shared: defaultdict[int, dict[int, None]] = defaultdict(dict)
    for shift, number, _ in _steps(session, with_twins, lambda step: step == 0):
        shared[shift][number] = None
    return {row[0]: Numbering(row[4], tuple(missing[row[0]]), tuple(shared[row[0]])) for row in found}


def _steps(
    session: Session, shifts: Sequence[int], wanted: Callable[[ColumnElement[int]], ColumnElement[bool]]
) -> Iterator[Any]:
    """A shift's documents by their numbers: (shift, number, the number before it) where the step is a wanted one."""
    columns = DOCUMENTS.c
    before = func.lag(columns.number).over(partition_by=columns.shift_id, order_by=columns.number).label("before")
    for some in batches(shifts):
        pair = select(columns.shift_id, columns.number, before).where(COUNTS & columns.shift_id.in_(some)).subquery().c
        odd = select(pair.shift_id, pair.number, pair.before).where(wanted(pair.number - pair.before))
        yield from session.rows(odd.order_by(pair.shift_id, pair.number))
