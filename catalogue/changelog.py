"""The commands of every shop as they stand, and the log that says in which order tills learn of them.

A *line* is the latest command for one key: a good, a group …, or a tombstone (`deleteBarcode` and the like), or a
clear. It stands in the log once, at its latest revision, so "everything after revision R" is the latest word on all
that a till at R lacks. A revision is `booking << 32 | place << 28 | sequence`: it rises with every booking, and inside
one booking the place puts what is gone before what may take its barcodes, units and groups before the goods that
refer to them, and extra prices that are gone after their good:

    0 CLEAR   1 DELETE   2 UNIT   3 GROUP   4 TAX   5 GOOD   6 SCALE   7 CASHIER   8 extra prices that are gone

Why a till may stop anywhere, at any time: between two chunks a line may move to a later revision, never to an
earlier one, and what it said before is then said nowhere. So all that must hold is between the lines as they stand:
whoever owns a barcode stands later than that barcode's tombstone; what is alive stands later than its own tombstone
or clear; and a good's tombstones of extra prices stand later than the good and name it by the main barcode it has
now, because a till finds the good by a barcode that it has at that moment. A good's tombstones of extra prices move
with it, therefore.

Failures: `Halt` where a stored line cannot be read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice

import msgspec

from ..model import Cashier, Change, ExtraPrice, Noun, Rank, Shop
from .keys import Key, last_number, number, pack, text
from .store import Records, Transaction

Options = tuple[str, bool, tuple[str, ...]]

AFTER_ALL = 8  # the place of extra prices that are gone

_GOOD = int(Rank.GOOD)
_GOODS = number(_GOOD)
_PLACE_BITS = 28
_BOOKING_BITS = 32


class Sold(msgspec.Struct, frozen=True, array_like=True):
    """What a good's command says that must be known when it changes."""

    item: str
    name: str
    barcodes: tuple[str, ...]
    price: Decimal
    min_price: Decimal | None
    extra_prices: tuple[ExtraPrice, ...]
    asked: Decimal  # the price its facts ask for; another than `price` while that waits for its hours
    left: tuple[int, ...] = ()  # codes of extra prices that it had once and has no more: they have tombstones


class Line(msgspec.Struct, frozen=True, array_like=True):
    """The latest command for one key."""

    revision: int
    command: bytes
    sold: Sold | None = None  # of goods
    cashier: Cashier | None = None  # of cashiers
    removed: bool = False  # a cashier who is gone, and locked out


class _Told(msgspec.Struct, frozen=True, array_like=True):
    """Of a line, what a till is told; the rest is passed over."""

    revision: int
    command: bytes


class Standing(Noun, frozen=True, omit_defaults=True):
    """How it stands with one shop."""

    head: int = 0  # its newest revision, ever
    live: int = 0  # lines that a full load sends
    sold: int = 0  # goods among them
    ranks: tuple[int, ...] = ()  # that it has or had
    today: str = ""  # dated prices have been looked at up to this day; "" = the shop was never filled
    options: Options | None = None  # what all its commands were made by; None = not the same for all
    stale: bool = False  # an export that concerns it was booked without it


def options_of(shop: Shop) -> Options:
    """What a shop's commands depend on besides its facts, the day and the hours."""
    return shop.price_type, shop.send_stock, shop.warehouses


class ChangeLog:
    """The lines and logs of all shops inside one transaction."""

    def __init__(self, txn: Transaction) -> None:
        self.lines = Records(txn.table("lines"), Line)  # (shop, rank, id…)
        self._told = Records(txn.table("lines"), _Told)
        self.log = txn.table("log")  # (shop, revision) -> the line's key
        self.standings = Records(txn.table("shops"), Standing)
        self._meta = txn.table("catalogue")

    def next_booking(self) -> int:
        number = int.from_bytes(self._meta.get(("booking",)) or b"", "big") + 1
        self._meta.put(("booking",), number.to_bytes(8, "big"))
        return number

    def standing(self, shop: str) -> Standing:
        return self.standings.get((shop,)) or Standing()

    def stand(self, shop: str, standing: Standing) -> None:
        self.standings.put((shop,), standing)

    def shops(self) -> list[str]:
        """Every shop that ever was made anything for."""
        return [str(key[0]) for key, _ in self.standings.scan()]

    def changes(self, shop: str, after: int, limit: int, full_to: int = 0) -> Iterator[Change]:
        """See `Catalogue.changes`."""
        for revision, row in self._entries(shop, after, full_to) if limit > 0 else ():
            told = self._told.get_packed(row)
            if told is not None:
                yield Change(revision, told.command)
                limit -= 1
                if not limit:
                    return

    def pending(self, shop: str, after: int, bound: int, full_to: int = 0) -> int:
        return sum(1 for _ in islice(self._entries(shop, after, full_to), bound))

    def _entries(self, shop: str, after: int, full_to: int) -> Iterator[tuple[int, bytes]]:
        """The revisions after `after`, and the rows of their lines, but for what a till that was emptied need not
        learn: what was gone or cleared up to `full_to`."""
        needless = pack((shop, int(Rank.CLEAR))), pack((shop, int(Rank.DELETE)))
        for entry, row in self.log.walk(text(shop), start=pack((shop, after + 1))):
            revision = last_number(entry)
            if revision > full_to or not row.startswith(needless):
                yield revision, row


class ShopLog:
    """Writes one shop's lines in one booking; `close` keeps how the shop stands after it."""

    def __init__(self, changes: ChangeLog, shop: str, booking: int) -> None:
        self._lines = changes.lines
        self._log = changes.log
        self._standings = changes.standings
        self._shop = shop
        self._row = text(shop)  # with which all rows of the shop begin
        self._base = booking << _BOOKING_BITS
        self._sequence: Counter[int] = Counter()
        self._live = self._sold = 0
        self._ranks: set[int] = set()
        self.before = changes.standing(shop)
        self.commands = 0

    def has(self, rank: Rank) -> bool:
        """Whether there is any line of it."""
        return next(self.scan(rank), None) is not None

    def line(self, key: Key) -> Line | None:
        return self._lines.get((self._shop, *key))

    def good(self, code: str) -> Line | None:
        """`line` of a good."""
        return self._lines.get_packed(self._row + _GOODS + text(code))

    def under(self, *beginning: str | int) -> list[tuple[Key, Line]]:
        """Every line whose key begins so: for kinds of which there are few."""
        return [(key[1:], line) for key, line in self._lines.scan((self._shop, *beginning))]

    def scan(self, rank: Rank) -> Iterator[tuple[Key, Line]]:
        """The lines of one rank; no line may be changed meanwhile."""
        return ((key[1:], line) for key, line in self._lines.scan((self._shop, int(rank))))

    def is_new(self, line: Line) -> bool:
        """Whether this booking wrote the line."""
        return line.revision >= self._base

    def write(self, key: Key, line: Line, old: Line | None, place: int | None = None) -> None:
        """`line` is the latest word for `key`, and every till learns it. `old` is what stood there."""
        place = int(key[0]) if place is None else place
        revision = self._next(place)
        if old is not None:
            self._log.delete((self._shop, old.revision))
        row = pack((self._shop, *key))
        self._lines.put_packed(row, msgspec.structs.replace(line, revision=revision))
        self._log.put_packed(self._row + number(revision), row)
        self._count(key, 1 if old is None else 0)
        if old is None or not self.is_new(old):
            self.commands += 1

    def add(self, code: str, command: bytes, sold: Sold) -> None:
        """`write` for a good that is new in the shop."""
        revision = self._next(_GOOD)
        row = self._row + _GOODS + text(code)
        self._lines.put_packed(row, Line(revision, command, sold))
        self._log.put_packed(self._row + number(revision), row)
        self._live += 1
        self._sold += 1
        self._ranks.add(_GOOD)
        self.commands += 1

    def _next(self, place: int) -> int:
        """The next revision at `place`."""
        sequence = self._sequence[place]
        self._sequence[place] = sequence + 1
        return self._base | place << _PLACE_BITS | sequence

    def keep(self, key: Key, line: Line) -> None:
        """What is known of a line changes; what tills are told does not."""
        self._lines.put((self._shop, *key), line)

    def erase(self, key: Key, old: Line) -> None:
        """Tills that have not learned the line yet never will."""
        self._log.delete((self._shop, old.revision))
        self._lines.delete((self._shop, *key))
        self._count(key, -1)
        if self.is_new(old):
            self.commands -= 1

    def tombstone(self, key: Key, command: bytes, place: int | None = None) -> None:
        """Tells tills what is gone. `key` follows Rank.DELETE: (what, id…)."""
        full = (int(Rank.DELETE), *key)
        self.write(full, Line(0, command), self.line(full), place)

    def lift(self, key: Key) -> None:
        """Takes a tombstone back, where what it removed is told by another line again."""
        full = (int(Rank.DELETE), *key)
        old = self.line(full)
        if old is not None:
            self.erase(full, old)

    def close(self, shop: Shop, *, filled: bool = False, looked: bool = False) -> None:
        """Keeps how the shop stands now. `filled`: everything was made; `looked`: all that was due up to today.

        A clock that went back moves the day back, too: what was made as of an earlier day is due again when the
        days after it pass. Other options than before hold for some lines only until the shop is filled."""
        before, today, options = self.before, shop.today.isoformat(), options_of(shop)
        after = msgspec.structs.replace(
            before,
            head=self._head(),
            live=before.live + self._live,
            sold=before.sold + self._sold,
            ranks=tuple(sorted({*before.ranks, *self._ranks})),
            today=today if filled or looked or today < before.today else before.today,
            options=options if filled or options == before.options else None,
            stale=False,
        )
        if after != before:
            self._standings.put((self._shop,), after)

    def _head(self) -> int:
        if not self._sequence:
            return self.before.head
        place = max(self._sequence)
        return self._base | place << _PLACE_BITS | (self._sequence[place] - 1)

    def _count(self, key: Key, more: int) -> None:
        rank = int(key[0])
        if rank in (Rank.CLEAR, Rank.DELETE):
            return
        self._live += more
        self._sold += more if rank == Rank.GOOD else 0
        self._ranks.add(rank)
