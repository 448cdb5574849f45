"""Exports by what is wanted of them, page by page, newest first.

A page looks at so many exports at most: it is quick, however many have come, and says where it stopped where nothing
more was found so far.

Failures: those of the store.
"""

from __future__ import annotations

from itertools import islice

from ..converters import commerceml, ownrecords
from ..model import Noun
from .ledger import Export, Ledger, Verdict
from .office import Office
from .views import Row, export_row

KINDS = tuple(sorted({*ownrecords.KINDS, *commerceml.KINDS}))  # of exports
LOOKED_AT = 5_000  # exports for one page


class Wanted(Noun, frozen=True):
    """What all hold of the exports that are wanted; "" = any."""

    state: str = ""
    shop: str = ""
    kind: str = ""
    name: str = ""  # a part of it, in letters of any case
    unwell: bool = False  # only those with refused records or warnings

    def fits(self, export: Export) -> bool:
        """As far as its record tells; its verdict may be long."""
        return (
            self.state in ("", export.state)
            and self.shop in ("", export.scope)
            and self.kind in ("", export.header.kind if export.header else None)
            and self.name.casefold() in export.name.casefold()
        )

    def fits_verdict(self, verdict: Verdict) -> bool:
        return not self.unwell or bool(verdict.refused_total or verdict.warnings_total)


class Found(Noun, frozen=True):
    """A page; `older`: the number from which the next one goes on, None = there are no more."""

    rows: list[Row]
    older: int | None
    looked_at: int


def search(office: Office, wanted: Wanted, limit: int, start: int | None = None) -> Found:
    """`start`: the newest export that is looked at."""
    rows: list[Row] = []
    looked = 0
    with office.store.read() as txn:
        ledger = Ledger(txn)
        for export in islice(ledger.exports(start=start), LOOKED_AT + 1):
            if looked == LOOKED_AT or len(rows) == limit:
                return Found(rows, export.arrival, looked)
            looked += 1
            if wanted.fits(export) and wanted.fits_verdict(verdict := ledger.verdict(export.arrival)):
                rows.append(export_row(office, export, verdict))
    return Found(rows, None, looked)
