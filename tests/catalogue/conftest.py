"""What the tests of the catalogue share: both stores, and a trial shop floor around a catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from simulated_till import SimulatedTill, parse
from tillpost.catalogue import Booking, Catalogue, LmdbStore, MemoryStore, Outcome, Store, Transaction
from tillpost.converters.aif import Aif, encode
from tillpost.model import Change, Drop, Extent, Kind, Noun, Put, Refused, Shop

SMALL_MAP = 64 * 1024**2
TODAY = date(2026, 3, 10)

Record = Put | Drop | Extent | Refused


@pytest.fixture(params=["lmdb", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each kind of store in turn: what holds of one holds of the other."""
    made: Store = LmdbStore.open(tmp_path / "state", map_size=SMALL_MAP) if request.param == "lmdb" else MemoryStore()
    yield made
    made.close()


@dataclass
class Till:
    """A till, what was cut for it and it has not taken yet, and the cursor of what was cut."""

    shop: str
    till: SimulatedTill = field(default_factory=SimulatedTill)
    cursor: int = 0
    full_to: int = 0
    chunks: list[bytes] = field(default_factory=list)

    def take(self) -> None:
        """Takes the oldest chunk, if there is one."""
        if self.chunks:
            self.till.load(self.chunks.pop(0))


class Trial:
    """A catalogue with shops, driven as the pipeline drives it: one transaction per booking."""

    def __init__(self, store: Store | None = None, shops: Iterable[str] = ("5",)) -> None:
        self.store = store or MemoryStore()
        self.shops = {name: Shop(name, TODAY) for name in shops}
        self.arrival = 0
        self.passwords = 0

    def password(self) -> str:
        self.passwords += 1
        return f"locked {self.passwords}"

    def catalogue(self, txn: Transaction) -> Catalogue:
        return Catalogue(txn, Aif(), self.password)

    # --- bookings

    def book(
        self,
        *records: Record,
        scope: str = "",
        full: Sequence[Kind] = (),
        shops: Sequence[str] | None = None,
        arrival: int | None = None,
        prepare: Callable[[Booking], None] | None = None,
        factor: Decimal = Decimal(2),
        **named: object,
    ) -> Outcome:
        """Books the records in one commit; `refused` then holds those that were not taken."""
        if arrival is None:
            self.arrival += 1
            arrival = self.arrival
        with self.store.write() as txn:
            booking = self.catalogue(txn).booking(arrival, scope, self.concerned(scope, shops), **named)
            self.refused = [answer for record in records if (answer := take(booking, record)) is not None]
            for kind in full:
                booking.extent(Extent(kind))
            if prepare is not None:
                prepare(booking)
            return booking.complete(factor)

    def concerned(self, scope: str, shops: Sequence[str] | None) -> list[Shop]:
        names = self.shops if shops is None else shops
        return [self.shops[name] for name in names if scope in ("", name)]

    def advance(self) -> Outcome | None:
        self.arrival += 1
        with self.store.write() as txn:
            return self.catalogue(txn).advance(self.arrival, list(self.shops.values()))

    # --- tills

    def changes(self, shop: str = "5", after: int = 0, limit: int = 10_000, full_to: int = 0) -> list[Change]:
        with self.store.read() as txn:
            return self.catalogue(txn).changes(shop, after, limit, full_to)

    def commands(self, shop: str = "5", after: int = 0) -> list[str]:
        """Names of the commands that a till at `after` lacks, with what they are about."""
        return [told(change.command) for change in self.changes(shop, after)]

    def head(self, shop: str = "5") -> int:
        with self.store.read() as txn:
            return self.catalogue(txn).head(shop)

    def ask(self, question: Callable[[Catalogue], object]) -> object:
        with self.store.read() as txn:
            return question(self.catalogue(txn))

    def begin(self, till: Till) -> None:
        """A new epoch."""
        till.full_to = self.head(till.shop)
        till.cursor = 0
        if till.full_to:
            with self.store.read() as txn:
                till.chunks.append(encode(self.catalogue(txn).clears(till.shop)))

    def cut(self, till: Till, limit: int) -> bool:
        """Cuts the next chunk for a till; whether there was anything."""
        changes = self.changes(till.shop, till.cursor, limit, till.full_to)
        if changes:
            till.chunks.append(encode(change.command for change in changes))
            till.cursor = changes[-1].revision
        return bool(changes)

    def drain(self, till: Till) -> SimulatedTill:
        """Brings a till up to date."""
        while self.cut(till, 3):
            pass
        while till.chunks:
            till.take()
        return till.till

    def new_till(self, shop: str = "5") -> SimulatedTill:
        """A till that was filled just now."""
        till = Till(shop)
        self.begin(till)
        return self.drain(till)


def take(booking: Booking, record: Record) -> Refused | None:
    if isinstance(record, Put):
        return booking.put(record)
    if isinstance(record, Drop):
        booking.drop(record)
    elif isinstance(record, Extent):
        booking.extent(record)
    else:
        booking.spare(record)
    return None


def told(command: bytes) -> str:
    fields = parse(encode([command]))[0]
    name = str(fields.pop("command"))
    keys = ("inventcode", "barcode", "pricecode", "groupCode", "unitCode", "idTaxGroup", "code", "tmcscalecode")
    inner = fields if "inventcode" in fields or "barcode" in fields else next(iter(fields.values()), {})
    about = [str(inner[key]) for key in keys if key in inner]
    if name == "addInventItem":
        about = about[:1]
    return " ".join([name, *about])


@pytest.fixture
def trial() -> Trial:
    return Trial()


@pytest.fixture
def trials() -> type[Trial]:
    return Trial


@pytest.fixture
def tills() -> type[Till]:
    return Till


@pytest.fixture
def put() -> Callable[..., Put]:
    return make_put


def make_put(kind: Kind, *key: str, body: Noun, **named: object) -> Put:
    return Put(kind, key, body, 1, **named)
