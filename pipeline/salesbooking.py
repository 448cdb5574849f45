"""One sales file, from its bytes to its verdict: read by one converter, booked in one transaction, or not at all.

Here lies the commit point of the way back: when `book` returns, the documents, the shifts, what the ERP is to be told
and the verdict are durable together; when it raises, none of them is. Nothing here moves a file.

Failures: `Reject` for a file that is broken, of a till that nobody knows, or of another till than its folder's; `Retry`
when the books or the disk do not take it.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ..books import Books, FileState, SalesFile, Tally, Transaction
from ..converters import claim_sales
from ..errors import Fault, Reason, Reject
from ..model import DrawerDocument, RefusedSale, SalesConverter, SalesEvent
from .ledger import Ledger
from .office import Office
from .readiness import digest
from .telling import Telling

HEAD = 64 * 1024  # bytes by which a file is known
PROGRESS_EVERY = 1000  # objects


class SalesReader:
    """Reads and books the sales files of one office."""

    def __init__(self, office: Office, books: Books) -> None:
        self._office = office
        self._books = books
        self._telling = Telling(office)

    def book(self, file: SalesFile, path: Path) -> SalesFile:
        """Books the file, in one commit; its record then."""
        self._check_till(file)
        self._check_size(file)
        known = msgspec.structs.replace(file, digest=digest(self._office.disk, path))
        converter = self._claim(known, path)
        with _uncollected(), self._books.write() as txn, self._office.disk.open(path) as source:
            events = converter.read(source, self._office.settings.sales_options())
            tally = txn.book(known, self._checked(known, self._watched(known, events, source.tell)))
            self._check_share(txn, known, tally)
            decided = msgspec.structs.replace(
                known, state=FileState.PROCESSED, decided=self._office.clock.now(), reason=None, tally=tally
            )
            self._telling.file(txn, decided.arrival, decided.decided)
            txn.save(decided)
        return decided

    # --- what must be right before anything is read

    def _check_till(self, file: SalesFile) -> None:
        if not file.till:
            raise Reject(Reason("sales.no-till", name=file.name), Fault.ERROR)
        with self._office.store.read() as txn:
            known = Ledger(txn).till(file.shop, file.till) is not None
        if not known or file.shop not in self._office.settings.shops:
            raise Reject(Reason("sales.unknown-till", shop=file.shop, till=file.till), Fault.ERROR)

    def _check_size(self, file: SalesFile) -> None:
        limit = self._office.settings.collect.max_file_bytes
        if file.size > limit:
            raise Reject(Reason("sales.too-large", size=file.size, limit=limit))

    def _claim(self, file: SalesFile, path: Path) -> SalesConverter:
        with self._office.disk.open(path) as source:
            return claim_sales(file.name, source.read(HEAD))

    # --- what must be right while it is read

    def _watched(self, file: SalesFile, events: Iterable[SalesEvent], tell: Callable[[], int]) -> Iterator[SalesEvent]:
        limit = self._office.settings.collect.max_objects
        for count, event in enumerate(events, 1):
            if count > limit:
                raise Reject(Reason("sales.too-many-objects", limit=limit))
            yield event
            if count % PROGRESS_EVERY == 0:
                self._office.progress(file.name, tell(), file.size)

    def _checked(self, file: SalesFile, events: Iterable[SalesEvent]) -> Iterator[SalesEvent]:
        """Shop and till are the folder's: a file that names others was dropped in the wrong place."""
        own = self._office.settings.shop(file.shop).cash_code(file.till)
        for event in events:
            if not isinstance(event, RefusedSale) and event.cash_code not in ("", own, file.till):
                parts = {"named": event.cash_code, "shop": file.shop, "till": file.till}
                raise Reject(Reason("sales.other-till", **parts), Fault.ERROR)
            if isinstance(event, DrawerDocument) and event.shop != file.shop:
                parts = {"named": event.shop, "shop": file.shop, "till": file.till}
                raise Reject(Reason("sales.other-shop", **parts), Fault.ERROR)
            yield event

    def _check_share(self, txn: Transaction, file: SalesFile, tally: Tally) -> None:
        """The first refusal is told with the verdict: nothing of the file is kept that could tell it later."""
        limit = self._office.settings.collect.refused_share
        refused = tally.refused - tally.archived  # what is old is no sign of a wrong file
        objects = tally.read + tally.shifts + tally.log_ons + tally.drawer + refused
        if refused > objects * limit:
            first = txn.refused(file.arrival, 1)[0]
            told = {"line": first.line, "why": first.why.text(self._office.settings.language)}
            counts = {"refused": refused, "read": objects, "limit": f"{limit:.0%}"}
            raise Reject(Reason("sales.refused-share", **counts, **told))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of cycles, which would look through all that was read, again and again: what is read and
    booked holds none, and what errors leave is collected afterwards."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
