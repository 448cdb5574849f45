"""What the ERP is told of what was booked: which documents, when, and in which version.

    a receipt, cash in or out   when it counts for the first time, and when another version of it counts
    a shift's opening           when its record comes, and when that tells another opening
    a shift                     when it is closed and complete, and when it then changes; by hand at any time

Complete is what `collect.shift_check` says. Everything is written down in the transaction that books; `outgoing` brings
it to the outbox afterwards. Content that was told is never told again.

Failures: as the books.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from itertools import islice

from ..books import SHIFT_SUBJECT, Counted, Delivery, ShiftReckoning, Transaction
from ..converters import erp
from ..converters.erp import OwnId
from ..converters.erpnames import ErpKind, stem
from ..model import CASH_IN, CASH_OUT, SIGNS, DocumentKind, ShiftAccount, digest
from .office import Office

BATCH = 500  # documents written down at once
GOODS = 65_536  # of which it is remembered for how the ERP calls them, while one file is told
_TYPES = {ErpKind.RECEIPT: tuple(SIGNS), ErpKind.CASHBOX: (CASH_IN, CASH_OUT)}  # of documents that are told each alone


class Telling:
    """Makes the ERP's documents of one office."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._wanted = frozenset(office.settings.collect.documents)
        self._types = {code for kind, codes in _TYPES.items() if kind in self._wanted for code in codes}

    def file(self, txn: Transaction, arrival: int, now: float) -> None:
        """Everything that a file changed. In the transaction that booked it."""
        if self._types:
            with self._own_ids() as own_id:
                told = self._wanted_of(_document(counted, own_id) for counted in txn.untold(arrival, self._types))
                while batch := list(islice(told, BATCH)):
                    txn.deliver_all(batch, now)
        for shift in txn.shifts_of(arrival):
            account = txn.shift(shift)
            if account is not None:
                txn.deliver_all(self._wanted_of([_opening(shift, account)]), now)
                complete = self.is_complete(account)
                if complete:
                    txn.deliver_all(self._wanted_of([_shift(shift, account)]), now)
                txn.mark_told(shift, told=complete)

    def by_hand(self, txn: Transaction, shift: int, now: float, *, again: bool = False) -> str | None:
        """Tells a shift as it is now, open or incomplete, too, and marked so, whatever the settings; the name of its
        document. None = the ERP was told just this, and not wanted `again`; or there is no such shift."""
        account = txn.shift(shift)
        if account is None:
            return None
        txn.mark_told(shift)
        return txn.deliver(_shift(shift, account), now, again=again)

    def is_complete(self, shift: ShiftAccount | ShiftReckoning) -> bool:
        """Whether a shift's document may be written by itself."""
        check = self._office.settings.collect.shift_check
        if shift.closed is None:
            return False
        numbers = check == "none" or not shift.missing
        return numbers and (check != "gain" or not shift.difference)

    @contextmanager
    def _own_ids(self) -> Iterator[OwnId]:
        with self._office.store.read() as txn:
            yield lru_cache(GOODS)(self._office.catalogue(txn).own_id)

    def _wanted_of(self, deliveries: Iterable[Delivery | None]) -> Iterator[Delivery]:
        return (one for one in deliveries if one is not None and one.kind in self._wanted)


def _document(counted: Counted, own_id: OwnId) -> Delivery | None:
    document, place = counted.document, counted.place
    body: Callable[[int], bytes]
    if document.kind is DocumentKind.RECEIPT:
        kind, body = ErpKind.RECEIPT, partial(erp.receipt, place, document, own_id=own_id)
    elif document.kind is DocumentKind.CASHBOX:
        kind, body = ErpKind.CASHBOX, partial(erp.cashbox, place, document)
    else:
        return None
    return _delivery(kind, counted.subject, stem(kind, place, document.type, document.number), body)


def _opening(shift: int, account: ShiftAccount) -> Delivery | None:
    if account.record is None or account.place.opened is None:
        return None
    kind, place = ErpKind.SHIFT_OPEN, account.place
    return _delivery(kind, f"{kind}/{shift}", stem(kind, place), partial(erp.shift_opening, place, account.record))


def _shift(shift: int, account: ShiftAccount) -> Delivery:
    kind = ErpKind.SHIFT
    return _delivery(kind, f"{SHIFT_SUBJECT}{shift}", stem(kind, account.place), partial(erp.shift, account))


def _delivery(kind: ErpKind, subject: str, name: str, body: Callable[[int], bytes]) -> Delivery:
    """Version 1 stands for what a document says, whatever its version; it is made once."""
    first = body(1)
    return Delivery(kind.value, subject, name, digest(first), lambda version: first if version == 1 else body(version))
