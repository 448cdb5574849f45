"""Receipts by what is told of them, newest first, page by page; and one of them whole, with its other versions.

They are in the order in which they ended; those without an end come last. A search walks down an index in that order
and looks at so many receipts at most for a page: it is quick, however many there are, and says how far it came. Where
the wares that are meant were sold seldom, their receipts are looked at instead, and all of them.

Failures: `Halt` for a row that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import REAL, ColumnElement, DateTime, cast, exists, func, literal, select, tuple_

from ..model import Document, Noun, ShiftPlace, ShiftRecord
from .amounts import Id
from .resolving import EARLIEST
from .rows import noun
from .session import Session, batches
from .shiftrows import of_tills
from .summing import COUNTS
from .tables import DOCUMENTS, FILES, POSITIONS, SHIFT_RECORDS, SHIFTS, TILLS, WARES
from .wares import called

WINDOWS = (500, 4_500, 15_000)  # receipts that are looked at, one window after the other
INTO_THEM = (500, 4_500)  # where more is read of each than stands in the index
WARES_NAMED = 500  # at most, where their receipts are looked for one by one
SELDOM = 5_000  # positions
_ABOVE = (1 << 63) - 1  # every row's id


class Spot(Noun, frozen=True):
    """Where a receipt stands in their order."""

    ended: datetime  # EARLIEST = it has no end
    id: int


class Sought(Noun, frozen=True):
    """What all hold of the receipts that are looked for; None and "" = any. Times are the tills' own."""

    shop: str = ""
    till: str = ""
    types: tuple[int, ...] = ()
    number: int | None = None
    goods: str = ""  # a code, a barcode, or a part of a name
    cashier: str = ""  # a code
    least: Decimal | None = None
    most: Decimal | None = None
    since: datetime | None = None
    until: datetime | None = None  # included


class ReceiptRow(Noun, frozen=True):
    """A receipt in a list."""

    id: int
    place: ShiftPlace
    type: int
    number: int
    sum: Decimal
    began: datetime | None
    ended: datetime | None
    cashier: str
    annulled: bool


class FoundReceipts(Noun, frozen=True):
    """`down_to`: all down to there was looked at, and there may be more below; None = there is no more."""

    rows: list[ReceiptRow]
    down_to: Spot | None = None


class ReceiptVersion(Noun, frozen=True):
    """One of the versions of a receipt."""

    id: int
    sum: Decimal
    ended: datetime | None
    arrival: int  # that brought it first
    file: str  # its name; "" = its record is no more
    live: bool  # seen in live files only
    counts: bool


class Receipt(Noun, frozen=True):
    """One version, whole."""

    id: int
    place: ShiftPlace
    document: Document
    counts: bool
    cashier: str  # the name, as the shift's record tells it; "" = it does not
    versions: list[ReceiptVersion]  # itself among them; the one that counts comes first


class Receipts:
    """The part of a transaction that finds receipts."""

    _session: Session

    def receipts(self, sought: Sought, limit: int, below: Spot | None = None) -> FoundReceipts:
        """The newest `limit` that count, or as many as were found so far; those `below` a spot where one is named."""
        found = _Search(self._session, sought, limit, below).found()
        spots, ends = [spot for part in found for spot in part[0]], [end for _, end in found if end is not None]
        end = max(ends, key=_rank, default=None)
        spots = sorted((one for one in spots if end is None or _rank(one) >= _rank(end)), key=_rank, reverse=True)
        if len(spots) > limit:
            spots, end = spots[:limit], spots[limit - 1]
        return FoundReceipts(self._rows([spot.id for spot in spots]), end)

    def _rows(self, ids: Sequence[int]) -> list[ReceiptRow]:
        columns = DOCUMENTS.c
        told = (columns.type, columns.number, columns.sum, columns.began, columns.ended)
        place = (TILLS.c.shop, TILLS.c.till, SHIFTS.c.number.label("shift"), SHIFTS.c.opened)
        wanted = select(*place, columns.id, *told, columns.cashier, columns.annulled).select_from(DOCUMENTS)
        wanted = wanted.join(SHIFTS, columns.shift_id == SHIFTS.c.id).join(TILLS, columns.till_id == TILLS.c.id)
        rows = [row for some in batches(ids) for row in self._session.rows(wanted.where(columns.id.in_(some)))]
        made = {row.id: ReceiptRow(row.id, ShiftPlace(*row[:4]), *row[5:]) for row in rows}
        return [made[one] for one in ids]

    def receipt(self, row: int) -> Receipt | None:
        """None where there is no such row."""
        columns = DOCUMENTS.c
        place = (TILLS.c.shop, TILLS.c.till, SHIFTS.c.number, SHIFTS.c.opened)
        mine = (columns.body, columns.raw, columns.counts, columns.shift_id, SHIFTS.c.record_id)
        wanted = select(*place, *mine).select_from(DOCUMENTS).join(SHIFTS, columns.shift_id == SHIFTS.c.id)
        found = self._session.first(wanted.join(TILLS, columns.till_id == TILLS.c.id).where(columns.id == row))
        if found is None:
            return None
        document = noun(Document, (found.body, found.raw))
        names = self._users(found.record_id)
        versions = self._versions_of(found.shift_id, document)
        name = names.get(document.cashier, "")
        return Receipt(row, ShiftPlace(*found[:4]), document, found.counts, name, versions)

    def _users(self, record: int | None) -> dict[str, str]:
        wanted = select(SHIFT_RECORDS.c.body, SHIFT_RECORDS.c.raw).where(SHIFT_RECORDS.c.id == record)
        found = self._session.first(wanted)
        return {} if found is None else dict(noun(ShiftRecord, found).users)

    def _versions_of(self, shift: int, document: Document) -> list[ReceiptVersion]:
        columns = DOCUMENTS.c
        file = func.coalesce(FILES.c.name, "")
        told = (columns.id, columns.sum, columns.ended, columns.arrival, file, columns.live, columns.counts)
        wanted = select(*told).select_from(DOCUMENTS).outerjoin(FILES, FILES.c.arrival == columns.arrival)
        same = (columns.shift_id == shift) & (columns.type == document.type) & (columns.number == document.number)
        rows = self._session.rows(wanted.where(same).order_by(columns.counts.desc(), columns.id.desc()))
        return [ReceiptVersion(*row) for row in rows]


Part = tuple[list[Spot], Spot | None]  # what was found, and how far was looked; None = to the end


def _rank(spot: Spot) -> tuple[datetime, int]:
    return spot.ended, spot.id


class _Search:
    """One page's search, in one stream or in one for each till of a shop."""

    def __init__(self, session: Session, sought: Sought, limit: int, below: Spot | None) -> None:
        self._session = session
        self._sought = sought
        self._limit = limit
        self._below = below

    def found(self) -> list[Part]:
        tills: list[int] = []
        if self._sought.shop:
            mine = select(TILLS.c.id).where(of_tills(self._sought.shop, self._sought.till))
            tills = [row.id for row in self._session.rows(mine)]
            if not tills:
                return []
        if self._sought.goods:
            seldom = self._sold_seldom()
            if seldom is not None:
                return [(list(self._among(seldom, tills)), None)]
        if not tills or self._sought.number is not None:
            return [self._walked(tills, 1)]
        return [self._walked([till], len(tills)) for till in tills]

    # --- wares that were sold seldom

    def _sold_seldom(self) -> set[int] | None:
        """The documents that tell the wares; None where they are many."""
        meant = select(WARES.c.id).where(called(self._sought.goods)).limit(WARES_NAMED + 1)
        wares = [row.id for row in self._session.rows(meant)]
        if len(wares) > WARES_NAMED:
            return None
        told = select(POSITIONS.c.document_id).where(POSITIONS.c.ware.in_(wares)).limit(SELDOM + 1)
        rows = self._session.rows(told) if wares else []
        return {row.document_id for row in rows} if len(rows) <= SELDOM else None

    def _among(self, documents: set[int], tills: Sequence[int]) -> Iterator[Spot]:
        columns = DOCUMENTS.c
        wanted = select(columns.id, columns.ended).where(COUNTS, *self._period(), *self._told(columns, tills))
        for some in batches(sorted(documents)):
            for row in self._session.rows(wanted.where(columns.id.in_(some))):
                spot = Spot(row.ended or EARLIEST, row.id)
                if self._below is None or _rank(spot) < _rank(self._below):
                    yield spot

    # --- a walk down the index

    def _walked(self, tills: Sequence[int], streams: int) -> Part:
        """`streams`: among how many the receipts that are looked at are shared out."""
        sought, spots, below = self._sought, list[Spot](), self._below
        deep = bool(sought.goods or sought.cashier or (sought.number is not None and tills))
        for window in INTO_THEM if deep else WINDOWS:
            size = max(self._limit + 1, window // streams)
            some, end = self._window(tills, size, below)
            spots += some
            if end is None or len(spots) > self._limit:
                return spots, end
            below = end
        return spots, below

    def _window(self, tills: Sequence[int], size: int, below: Spot | None) -> Part:
        """What is found among the next `size` receipts: those that have ended, or after them those that have not."""
        sought, columns = self._sought, DOCUMENTS.c
        ended = below is None or below.ended != EARLIEST
        here = [COUNTS, *self._period(), columns.ended.is_not(None) if ended else columns.ended.is_(None)]
        if sought.number is not None:
            here.append(columns.number == sought.number)
        elif tills:
            here.append(columns.till_id == tills[0])
        if below is not None:
            here += _under(below)
        order = (columns.ended.desc(), columns.id.desc()) if ended else (columns.id.desc(),)
        names = ["id", "ended", "type", "sum", *(["cashier"] if sought.cashier else [])]
        names += ["till_id"] if sought.number is not None and tills else []
        names += ["number"] if sought.number is not None else []
        looked = select(*(columns[name] for name in names)).where(*here).order_by(*order).limit(size)
        window = looked.subquery("looked").c
        fits = select(window.id, window.ended).where(*self._told(window, tills))
        rows = self._session.rows(fits.order_by(window.ended.desc(), window.id.desc()).limit(self._limit + 1))
        spots = [Spot(row.ended or EARLIEST, row.id) for row in rows]
        if len(spots) > self._limit:
            return spots, spots[-1]
        last = self._session.first(looked.with_only_columns(columns.id, columns.ended).limit(1).offset(size - 1))
        if last is not None:
            return spots, Spot(last.ended or EARLIEST, last.id)
        if not ended or sought.since or sought.until:
            return spots, None
        more, end = self._window(tills, size, Spot(EARLIEST, _ABOVE))
        return spots + more, end

    # --- conditions

    def _period(self) -> list[ColumnElement[bool]]:
        since, until = self._sought.since, self._sought.until
        return [
            *([DOCUMENTS.c.ended >= since] if since else []),
            *([DOCUMENTS.c.ended <= until] if until else []),
        ]

    def _told(self, columns: Any, tills: Sequence[int]) -> Iterator[ColumnElement[bool]]:
        """What is not looked up in the index that is walked down."""
        sought = self._sought
        if sought.types:
            yield columns.type.in_(sought.types)
        if sought.least is not None:
            yield self._worth(columns.sum) >= self._value(sought.least)
        if sought.most is not None:
            yield self._worth(columns.sum) <= self._value(sought.most)
        if sought.cashier:
            yield columns.cashier == sought.cashier
        if sought.number is not None:
            yield columns.number == sought.number
        if tills and "till_id" in columns:
            yield columns.till_id.in_(tills)
        if sought.goods and columns is not DOCUMENTS.c:
            sold = (POSITIONS.c.document_id == columns.id) & (WARES.c.id == POSITIONS.c.ware)
            yield exists().where(sold & called(sought.goods))

    def _worth(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """An amount to compare. SQLite has it as text: a binary fraction tells amounts of 15 digits apart."""
        return column if self._session.is_postgres else cast(column, REAL)

    def _value(self, amount: Decimal) -> Any:
        return amount if self._session.is_postgres else float(amount)


def _under(spot: Spot) -> list[ColumnElement[bool]]:
    if spot.ended == EARLIEST:
        return [DOCUMENTS.c.id < spot.id]
    here = tuple_(literal(spot.ended, DateTime), literal(spot.id, Id))
    return [DOCUMENTS.c.ended <= spot.ended, tuple_(DOCUMENTS.c.ended, DOCUMENTS.c.id) < here]
