"""What a transaction of the books promises.

Failures: `Retry` where the database is locked, gone or full; `Halt` where it is damaged or not ours; `Reject` (error)
where it refuses a value for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Protocol

from ..model import RefusedSale, SalesEvent, ShiftAccount
from .nouns import Counted, Delivery, DeliveryState, FileState, Request, SalesFile, Sent, ShiftRow, Tally


class Transaction(Protocol):
    # --- files
    def next_arrivals(self, count: int, above: int = 0) -> range:
        """Numbers that never were given before, and never are again; all greater than `above`."""

    def save(self, file: SalesFile) -> None: ...
    def forget(self, arrival: int) -> None: ...
    def file(self, arrival: int) -> SalesFile | None: ...
    def files(self, limit: int, state: FileState | None = None, shop: str = "", till: str = "") -> list[SalesFile]:
        """Newest first."""

    def unfinished(self) -> list[SalesFile]:
        """Those that are not put away yet, by arrival."""

    # --- booking
    def book(self, file: SalesFile, events: Iterable[SalesEvent]) -> Tally: ...
    def refused(self, arrival: int) -> list[RefusedSale]: ...
    def untold(self, arrival: int) -> Iterator[Counted]:
        """Documents that this file made count. Deliveries may be made while it runs."""

    def shifts_of(self, arrival: int) -> tuple[int, ...]:
        """Rows of the shifts that this file changed."""

    # --- shifts
    def shift(self, shift: int) -> ShiftAccount | None: ...
    def find_shifts(
        self, shop: str = "", till: str = "", number: int | None = None, limit: int = 100
    ) -> list[ShiftRow]:
        """Newest first."""

    def closed_untold(self, before: float) -> list[ShiftRow]:
        """Closed shifts, known as closed since before `before`, that `mark_told` was never called for."""

    def mark_told(self, shift: int) -> None:
        """The document of this closed shift was delivered."""

    # --- the ERP's documents
    def deliver(self, delivery: Delivery, now: float) -> str | None:
        """The name of the document's file; None where the subject's last version says the same."""

    def deliver_all(self, deliveries: Iterable[Delivery], now: float) -> list[str | None]: ...
    def due(self, limit: int) -> list[Sent]:
        """With their bodies, in the order in which they were made."""

    def written(self) -> list[Sent]:
        """Without their bodies."""

    def mark_written(self, ids: Iterable[int], now: float) -> None: ...
    def mark_taken(self, ids: Iterable[int], now: float) -> None: ...
    def drop_bodies(self, before: float) -> int:
        """Drops the bodies of what was taken before `before`; how many."""

    def deliveries(self, limit: int, state: DeliveryState | None = None) -> list[Sent]:
        """Newest first, without their bodies."""

    # --- requests, and once for ever
    def request(self, shop: str, till: str, since: date, until: date, now: float) -> None: ...
    def requests(self, shop: str = "", till: str = "", limit: int = 100) -> list[Request]:
        """Newest first."""

    def last_sale(self, shop: str, till: str) -> datetime | None:
        """The latest time of any document of the till, on the till's clock."""

    def last_sales(self) -> dict[tuple[str, str], datetime]:
        """The same for every till that has sent documents with a time."""

    def notice(self, key: str) -> bool:
        """Whether `key` was not noted before; notes it."""
