"""What every till should have: the catalogue, inside one transaction of the store.

It keeps no state of its own: the caller commits, or throws everything away. It reads no clock and no file; shops,
the tills' language and random passwords are given to it.

Failures: `Halt` where the stored state cannot be read; `Retry` from the store, when the transaction ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..model import Change, Kind, Rank, Shop, TillFormat
from .booking import Booking
from .codes import fits
from .counting import Listing
from .footprints import Footprints
from .links import Relation
from .making import Shelves, still
from .naming import Naming
from .outcome import Outcome
from .passing import Passing
from .store import Transaction

PENDING_BOUND = 100_000


class Catalogue:
    """Facts in, changes out."""

    def __init__(
        self,
        txn: Transaction,
        till_format: TillFormat,
        random_password: Callable[[], str],
        moving: Callable[[], None] = still,
    ) -> None:
        """`moving` is called at each step of long work, and may raise to end it."""
        self._shelves = Shelves(txn, till_format, random_password, moving)
        self._naming = Naming(txn)
        self._listing = Listing(txn, self._shelves.facts)
        self._footprints = Footprints(txn)

    def booking(
        self,
        arrival: int,
        scope: str,
        shops: Sequence[Shop],
        *,
        keep_names: bool = False,
        release_of: int = 0,
    ) -> Booking:
        """Begins to book an export of `scope` ("" = the chain) for the `shops` that it concerns. Arrivals rise; an
        arrival tells which of two records is the later one. `keep_names`: something is held. `release_of`: the
        export was held as this arrival, and later words win over it."""
        return Booking(
            self._shelves,
            self._naming,
            self._listing,
            arrival,
            scope,
            shops,
            keep_names=keep_names,
            release_of=release_of,
            footprints=self._footprints,
        )

    def advance(self, arrival: int, shops: Sequence[Shop]) -> Outcome | None:
        """Does what time alone makes due; None where nothing was."""
        return Passing(self._shelves, self._listing, arrival, shops).advance()

    def forget_names(self) -> None:
        """Nothing is held any more: who last spoke of a fact no longer matters."""
        self._naming.forget()

    # --- what tills lack

    def changes(self, shop: str, after: int, limit: int, full_to: int = 0) -> list[Change]:
        """The next `limit` commands for a till at the revision `after`. `full_to`: the head at which its full load
        began; what is gone since before then is not told, because the till was emptied."""
        return list(self._shelves.changes.changes(shop, after, limit, full_to))

    def head(self, shop: str) -> int:
        """The newest revision; 0 = nothing yet. Never falls."""
        return self._shelves.changes.standing(shop).head

    def pending(self, shop: str, after: int, full_to: int = 0, bound: int = PENDING_BOUND) -> int:
        """How many commands a till at `after` lacks, counted up to `bound`."""
        return self._shelves.changes.pending(shop, after, bound, full_to)

    def size(self, shop: str) -> int:
        """How many commands a full load has, its clears included."""
        return self._shelves.changes.standing(shop).live + len(self.clears(shop))

    def clears(self, shop: str) -> tuple[bytes, ...]:
        """The commands with which a full load begins: of every kind that the shop has or had."""
        ranks = self._shelves.changes.standing(shop).ranks
        return tuple(command for rank in ranks for command in self._shelves.till_format.clear(Rank(rank)))

    def own_id(self, code: str) -> str | None:
        """The ERP's own id of the good (or good#characteristic) that tills know by `code`; None where nobody knows."""
        return self._shelves.codes.owner(Kind.GOOD, code)

    def find(self, shop: str, code_or_barcode: str) -> Change | None:
        """What a till should know of one good, by its till code or by a barcode; None where it should know none."""
        for code in self._codes(code_or_barcode):
            line = self._shelves.changes.lines.get((shop, int(Rank.GOOD), code))
            if line is None or line.sold is None:
                continue
            if code == code_or_barcode or code_or_barcode in line.sold.barcodes:
                return Change(line.revision, line.command)
        return None

    def _codes(self, code_or_barcode: str) -> Iterator[str]:
        if fits(Kind.GOOD, code_or_barcode):
            yield code_or_barcode
        for item in self._shelves.index.referrers(Relation.CLAIM, code_or_barcode):
            code = self._shelves.codes.of(Kind.GOOD, item)
            if code is not None:
                yield code
