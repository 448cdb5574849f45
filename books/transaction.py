"""Everything that can be asked of the books, and done to them, inside one transaction.

Failures: see `database`; `Halt` for a row that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..model import SalesEvent
from .accounts import Accounts
from .asking import Asking
from .audit import Audit
from .booking import Booking
from .breakdown import Breakdown
from .deliveries import Deliveries
from .depths import Depths
from .drawer import Drawer
from .files import Files
from .hourly import Hourly
from .latest import Latest
from .nouns import SalesFile, Tally
from .people import People
from .receipts import Receipts
from .reconciling import Reconciling
from .session import Session
from .stock import Stock
from .trimming import Trimming


class Transaction(
    Files,
    Accounts,
    Deliveries,
    Drawer,
    Stock,
    Asking,
    Reconciling,
    Breakdown,
    Latest,
    Hourly,
    Receipts,
    People,
    Audit,
    Depths,
    Trimming,
):
    """Made by `Books.read` and `Books.write`; of no use after their block."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def book(self, file: SalesFile, events: Iterable[SalesEvent]) -> Tally:
        """Books what a file of `file.shop` and `file.till` tells; once for an arrival, in the transaction that also
        saves the file's record. What is known already changes nothing; `file.live` says that a shift file's word for
        the same is better. What `events` raises goes through, and the caller's transaction must not be committed."""
        booking = Booking(self._session, file)
        for event in events:
            booking.take(event)
        return booking.complete()
