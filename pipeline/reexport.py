"""Shifts to the ERP by hand: which ones are meant, and what was written of them.

A shift is written as it is now, open and incomplete ones too, and marked so. What the ERP was told already is written
again only where that is wanted, as a new version: a name is used once.

Failures: `Reject` where a shift that is named does not exist. What keeps the outbox from taking documents is told; they
stay due.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from ..books import Books, ShiftDelivery, ShiftStanding
from ..errors import Fault, Reason, Reject
from . import views
from .collect import Collect
from .office import Office
from .outgoing import Outgone
from .salesviews import tills_of
from .telling import Telling

UNDER_WAY = (ShiftDelivery.DUE, ShiftDelivery.WRITTEN)  # what was told of them is what would be told now


@dataclass(frozen=True)
class Exported:
    """Shifts, each with the name of its document: None where the ERP was told just this before."""

    shifts: Sequence[tuple[ShiftStanding, str | None]]
    outgone: Outgone


def named(
    office: Office, books: Books, shop: str, till: str, numbers: Sequence[int], opened: date | None = None
) -> list[ShiftStanding]:
    """Of each number the newest shift, or that of them which was opened on a day. Raises Reject."""
    views.till(office, shop, till)
    with books.read() as txn:
        return [
            _one(txn.standings(shop, till, opened, opened, number=number, limit=1), shop, till, number)
            for number in dict.fromkeys(numbers)
        ]


def _one(found: Sequence[ShiftStanding], shop: str, till: str, number: int) -> ShiftStanding:
    if not found:
        raise Reject(Reason("sales.no-shift", shop=shop, till=till, shift=number), Fault.ERROR)
    return found[0]


def by_row(books: Books, shop: str, till: str, rows: Collection[int]) -> list[ShiftStanding]:
    """The shifts of these rows, oldest first. Raises Reject where one is none of the shop's, or of the till's."""
    with books.read() as txn:
        found = txn.standings(shop, till, ids=rows)
    gone = set(rows) - {shift.id for shift in found}
    if gone:
        raise Reject(Reason("recon.no-shift", row=min(gone)), Fault.ERROR)
    return found[::-1]


def undelivered(
    office: Office, books: Books, shop: str, till: str = "", *, with_open: bool = False, again: bool = False
) -> list[ShiftStanding]:
    """The shifts of a shop, or of one of its tills, that the ERP has not got: those whose documents are under way only
    where these are to be written `again`. Oldest first. Raises Reject where there is no such shop or till."""
    if till:
        views.till(office, shop, till)
    for_tills = [till] if till else tills_of(office, shop)
    with books.read() as txn:
        found = txn.standings(shop, till, only_undelivered=True)
        if with_open:
            newest = [txn.standings(shop, one, limit=1) for one in for_tills]
            found += [shift for shifts in newest for shift in shifts if shift.delivery is ShiftDelivery.OPEN]
    return [shift for shift in reversed(found) if again or shift.delivery not in UNDER_WAY]


def export(office: Office, books: Books, shifts: Sequence[ShiftStanding], *, again: bool = False) -> Exported:
    """Writes their documents, in one commit, and brings them to the outbox."""
    telling = Telling(office)
    with books.write() as txn:
        now = office.clock.now()
        told = [(shift, telling.by_hand(txn, shift.id, now, again=again)) for shift in shifts]
    return Exported(told, Collect(office, books).write_out())


def outcome(done: Exported) -> Reason:
    """What came of it, in words."""
    documents = sum(name is not None for _, name in done.shifts)
    parts = {"shifts": len(done.shifts), "documents": documents, "same": len(done.shifts) - documents}
    return Reason("recon.put-off" if done.outgone.troubles else "recon.exported", **parts)
