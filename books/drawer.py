"""The drawer in the books: what tills' cash machines told, each document once, and what they come to in a period.

A document is known by its till, its machine and the entry of the machine's journal. The same content again changes
nothing. Drawer documents are no sales: no shift, sum or document of the ERP knows of them.

Failures: `Reject` (books.other-money, error) where a known document comes with other content: a machine whose journal
was begun anew under its old name, or two machines of one name, tell of other money under known numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_, select

from ..errors import Fault, Reason, Reject
from ..model import DrawerDocument, DrawerMove, DrawerPieces
from . import stock
from .amounts import exact_sum
from .nouns import DrawerSums
from .session import Session, batches
from .tables import DRAWER, DRAWER_PIECES, TILLS

_SAME = ("machine", "entry", "kind", "verdict", "currency", "number", "within", "about", "unit", "device", "amount",
         "owed", "code", "by", "why")  # fmt: skip


def book(session: Session, till: int, arrival: int, documents: Sequence[DrawerDocument]) -> int:
    """How many of them were new. Raises Reject."""
    new: dict[tuple[str, int], DrawerDocument] = {}
    known = _known(session, till, documents)
    for document in documents:
        key = document.machine, document.entry
        digest = new[key].digest if key in new else known.get(key)
        if digest is None:
            new[key] = document
        elif digest != document.digest:
            raise Reject(Reason("books.other-money", machine=document.machine, entry=document.entry), Fault.ERROR)
    first = session.greatest(DRAWER) + 1
    rows = list(enumerate(new.values(), first))
    session.append(DRAWER, [_row(row, till, arrival, document) for row, document in rows])
    pieces = [
        (row, place, each.move.value, each.denomination, each.count)
        for row, document in rows
        for place, each in enumerate(document.pieces)
    ]
    session.append(DRAWER_PIECES, pieces)
    stock.add(session, till, new.values())
    return len(new)


def _known(session: Session, till: int, documents: Sequence[DrawerDocument]) -> dict[tuple[str, int], bytes]:
    columns = DRAWER.c
    mine = (columns.till_id == till) & columns.entry.in_({document.entry for document in documents})
    found = session.rows(select(columns.machine, columns.entry, columns.digest).where(mine))
    return {(row.machine, row.entry): bytes(row.digest) for row in found}


def _row(row: int, till: int, arrival: int, document: DrawerDocument) -> tuple[Any, ...]:
    values: dict[str, Any] = {
        **{name: getattr(document, name) for name in _SAME},
        **{move.value: document.sum(move) for move in DrawerMove},
        "id": row,
        "till_id": till,
        "at": document.at.timestamp(),
        "digest": document.digest,
        "arrival": arrival,
    }
    return tuple(values[column.name] for column in DRAWER.columns)


class Drawer:
    """The part of a transaction that knows the drawer."""

    _session: Session

    def drawer(
        self,
        shop: str,
        till: str,
        since: float | None = None,
        until: float | None = None,
        limit: int | None = None,
        below: tuple[str, int] | None = None,
    ) -> list[DrawerDocument]:
        """A till's documents from `since` on and before `until`, in seconds since the epoch; newest first. `below`:
        those that come after the document of this machine and entry."""
        wanted = _of(select(DRAWER), shop, till, since, until)
        if below is not None:
            wanted = wanted.where(self._after_document(shop, till, *below))
        order = (DRAWER.c.at.desc(), DRAWER.c.machine, DRAWER.c.entry.desc())
        rows = self._session.rows(wanted.order_by(*order).limit(limit))
        pieces = self._pieces([row.id for row in rows])
        return [_document(shop, till, row, tuple(pieces.get(row.id, ()))) for row in rows]

    def _after_document(self, shop: str, till: str, machine: str, entry: int) -> ColumnElement[bool]:
        """What a list, newest first, tells after a document; after one that there is not, nothing."""
        columns = DRAWER.c
        wanted = _of(select(columns.at), shop, till, None, None)
        found = self._session.first(wanted.where((columns.machine == machine) & (columns.entry == entry)))
        if found is None:
            return false()
        same = (columns.machine == machine) & (columns.entry < entry)
        not_later: ColumnElement[bool] = columns.at <= found.at
        return not_later & or_(columns.at < found.at, columns.machine > machine, same)

    def last_drawer(self, shop: str, till: str) -> float | None:
        """The moment of a till's newest document, in seconds since the epoch."""
        wanted = _of(select(DRAWER.c.at), shop, till, None, None).order_by(DRAWER.c.at.desc()).limit(1)
        found = self._session.first(wanted)
        return None if found is None else float(found.at)

    def drawer_sums(
        self, shop: str, till: str, since: float | None = None, until: float | None = None
    ) -> list[DrawerSums]:
        """What a till's documents of a period come to, by currency."""
        columns = DRAWER.c
        sums = (columns.deposited, columns.given, columns.taken, columns.removed, columns.owed)
        wanted = select(columns.currency, func.count(), *(exact_sum(column) for column in sums))
        found = self._session.rows(_of(wanted, shop, till, since, until).group_by(columns.currency))
        return sorted(DrawerSums(*row) for row in found)

    def _pieces(self, rows: Sequence[int]) -> dict[int, list[DrawerPieces]]:
        found: dict[int, list[DrawerPieces]] = {}
        for some in batches(rows):
            wanted = select(DRAWER_PIECES).where(DRAWER_PIECES.c.drawer_id.in_(some))
            for row in self._session.rows(wanted.order_by(DRAWER_PIECES.c.drawer_id, DRAWER_PIECES.c.place)):
                pieces = DrawerPieces(DrawerMove(row.move), row.denomination, row._mapping["count"])
                found.setdefault(row.drawer_id, []).append(pieces)
        return found


def _of(wanted: Select[Any], shop: str, till: str, since: float | None, until: float | None) -> Select[Any]:
    wanted = wanted.select_from(DRAWER.join(TILLS)).where((TILLS.c.shop == shop) & (TILLS.c.till == till))
    if since is not None:
        wanted = wanted.where(DRAWER.c.at >= since)
    return wanted if until is None else wanted.where(DRAWER.c.at < until)


def _document(shop: str, till: str, row: Any, pieces: tuple[DrawerPieces, ...]) -> DrawerDocument:
    values = {name: row._mapping[name] for name in _SAME}
    at = datetime.fromtimestamp(row.at, UTC)
    return DrawerDocument(cash_code=till, shop=shop, at=at, digest=bytes(row.digest), pieces=pieces, **values)
