"""What a booking did, counted as it goes: bounded lists, exact totals.

Failures: none.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Generic, TypeVar

import msgspec

from ..errors import Reason
from ..model import Kind, Remark

LISTED = 1000  # remarks and unsold items told one by one
SAMPLES = 100  # goods and prices shown of a shop

T = TypeVar("T")

PriceMove = tuple[str, str, Decimal, Decimal]  # code, name, old, new


class ShopDiff(msgspec.Struct, frozen=True):
    """What changes at one shop's tills."""

    shop: str
    added: int = 0
    changed: int = 0
    deleted: int = 0
    commands: int = 0  # entries of its change log
    sold_before: int = 0
    priced_before: int = 0
    moved: int = 0  # prices that move by more than the given factor, either way
    goods_before: int = 0  # goods and variants on its list, sold or not
    dropped: int = 0  # of those now gone
    price_moves: tuple[PriceMove, ...] = ()  # the biggest ratio first
    added_goods: tuple[tuple[str, str], ...] = ()  # code, name
    deleted_goods: tuple[tuple[str, str], ...] = ()


class Outcome(msgspec.Struct, frozen=True):
    """What a booking did. Records are counted by kind, commands by shop."""

    put: Mapping[Kind, int] = {}
    deleted: Mapping[Kind, int] = {}
    unchanged: Mapping[Kind, int] = {}
    skipped: int = 0  # of a held export booked late: records of which a later export spoke
    remarks: tuple[Remark, ...] = ()
    remarks_total: int = 0
    unsold: tuple[str, ...] = ()  # ids of goods without a price above zero
    unsold_total: int = 0
    shops: tuple[ShopDiff, ...] = ()
    touched: frozenset[Kind] = frozenset()  # kinds of which something changed


class Bounded(Generic[T]):
    """The first of many, and how many there were."""

    def __init__(self, limit: int) -> None:
        self.first: list[T] = []
        self.total = 0
        self._limit = limit

    def add(self, one: T) -> None:
        self.total += 1
        if len(self.first) < self._limit:
            self.first.append(one)


    def is_full(self) -> bool:
        """Whether more of them are only counted."""
        return self.total >= self._limit

    def count(self, more: int) -> None:
        """Counts more where it is full."""
        self.total += more


class Remarks(Bounded[Remark]):
    """Warnings."""

    def __init__(self) -> None:
        super().__init__(LISTED)

    def tell(self, reason: Reason, key: str = "", line: int = 0) -> None:
        self.add(Remark(reason, line, key))


class DiffTally:
    """One shop's diff while it grows."""

    def __init__(self, shop: str, factor: Decimal, sold_before: int, goods_before: int = 0) -> None:
        self._shop = shop
        self._factor = Fraction(factor)
        self._sold_before = sold_before
        self._goods_before = goods_before
        self._counts: Counter[str] = Counter()
        self._added: Bounded[tuple[str, str]] = Bounded(SAMPLES)
        self._deleted: Bounded[tuple[str, str]] = Bounded(SAMPLES)
        self._moves: list[tuple[Fraction, int, PriceMove]] = []  # a heap: the smallest ratio on top

    def add(self, code: str, name: str) -> None:
        self._added.add((code, name))

    def change(self) -> None:
        self._counts["changed"] += 1

    def delete(self, code: str, name: str) -> None:
        self._deleted.add((code, name))

    def drop(self) -> None:
        self._counts["dropped"] += 1

    def price(self, code: str, name: str, old: Decimal, new: Decimal) -> None:
        """Both are above zero."""
        if old == new:
            return
        ratio = Fraction(max(old, new)) / Fraction(min(old, new))
        self._counts["moved"] += ratio > self._factor
        self._counts["moves"] += 1
        move = (ratio, -self._counts["moves"], (code, name, old, new))
        (heapq.heappush if len(self._moves) < SAMPLES else heapq.heappushpop)(self._moves, move)

    def diff(self, commands: int) -> ShopDiff:
        counts = self._counts
        return ShopDiff(
            shop=self._shop,
            added=self._added.total,
            changed=counts["changed"],
            deleted=self._deleted.total,
            commands=commands,
            sold_before=self._sold_before,
            priced_before=self._sold_before,
            moved=counts["moved"],
            goods_before=self._goods_before,
            dropped=counts["dropped"],
            price_moves=tuple(move for _, _, move in sorted(self._moves, reverse=True)),
            added_goods=tuple(self._added.first),
            deleted_goods=tuple(self._deleted.first),
        )
