"""Which sales files have come, and whose they are from then on.

As for exports (`arrivals`): what is whole and closed gets a number, in one commit for many, and is then moved to
`sales/.claimed/<arrival>/`. The order does not matter: the books come to the same whatever comes first.

Failures: `Retry` where a file cannot be moved now; it stays where it is and is found again.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ..books import Books, SalesFile
from ..errors import Reason, Retry
from ..queues.inbox import Found
from ..queues.lease import Lease
from ..queues.names import natural, printable
from ..queues.rooms import Rooms
from ..queues.salesbox import scan_sales
from ..queues.settling import Settling
from ..queues.whole import SALES
from .office import Office
from .readiness import why_not
from .salesfiles import arrived, file_name, folder_of

BATCH = 500  # files claimed at once: bounded, whatever lies in the folders


class SalesArrivals:
    """The tills' sales folders of one office, from one scan to the next."""

    def __init__(self, office: Office, books: Books, rooms: Rooms) -> None:
        self._office = office
        self._books = books
        self._rooms = rooms
        settle = office.settings.arrival.settle_seconds
        self._settling = Settling(settle, office.disk, Lease(), SALES)
        self._highest: int | None = None  # number in any room when this process began
        self.waiting: list[tuple[str, Reason]] = []  # of the last scan: name, and why it was not taken

    def claim(self, *, once: bool) -> Iterator[list[SalesFile]]:
        """What has arrived by now and is ours from now on, in batches."""
        office = self._office
        seen = scan_sales(office.disk, office.layout.sales)
        self.waiting += [("", reason) for reason in seen.unread]
        self._settling.see(seen.found, office.clock.monotonic())
        ready = [found for found in seen.found if self._is_ready(found, once=once)]
        coming = iter(sorted(ready, key=lambda found: (found.mtime_ns, natural(found.name), found.shop, found.till)))
        while batch := list(islice(coming, BATCH)):
            yield [file for file, found in self._numbered(batch) if self._moved(file, found)]

    def _is_ready(self, found: Found, *, once: bool) -> bool:
        reason = why_not(found, self._settling, self._office.clock, once=once)
        if reason is not None:
            self.waiting.append((printable(found.name), reason))
        return reason is None

    def _numbered(self, batch: list[Found]) -> list[tuple[SalesFile, Found]]:
        """Gives each file its number, in one commit, before any of them is moved."""
        now = self._office.clock.now()
        with self._books.write() as txn:
            numbered = [
                (arrived(arrival, found, now), found)
                for arrival, found in zip(txn.next_arrivals(len(batch), self._above()), batch, strict=True)
            ]
            for file, _ in numbered:
                txn.save(file)
        return numbered

    def _above(self) -> int:
        """The number that new ones must exceed: books that were made anew know nothing of the files in the rooms."""
        if self._highest is None:
            self._highest = self._rooms.highest()
        return self._highest

    def _moved(self, file: SalesFile, found: Found) -> bool:
        try:
            self._rooms.claim(found, file.arrival)
        except Retry as trouble:
            if not self.still_ours(file):
                self.waiting.append((file.name, trouble.reason))
                return False
        self._office.log.info("sales_claimed", file=file.name, arrival=file.arrival, shop=file.shop, till=file.till)
        return True

    def still_ours(self, file: SalesFile) -> bool:
        """After a crash: whether the file is in our hands. If it never was, its number is forgotten and the file
        found again; if it was and is lost, that is its verdict."""
        try:
            if self._rooms.resume(file.arrival, file_name(file), folder_of(file)) is not None:
                return True
            if not file.tries:
                with self._books.write() as txn:
                    txn.forget(file.arrival)
                return False
        except Retry as trouble:
            self.waiting.append((file.name, trouble.reason))
            return False
        return True
