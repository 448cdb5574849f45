"""The quick way for plain goods: of whom one record says everything, at a price, and whose barcodes nobody else claims.

Most goods are plain. The joining of one does nothing but put the tills' codes for its group, unit and tax, so its
command is made straight from the record, once for all shops. Whatever is not plain goes the long way in `goods`, which
does the same to a plain good, only slower; a test compares the two.

Failures: `Halt` where a stored fact or line cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple, cast

import msgspec

from ..errors import Reason
from ..model import Good, Kind, Rank, Shop, ShopGood
from .changelog import Line, ShopLog
from .facts import CHAIN
from .items import SHARP
from .keys import is_short
from .links import LONGEST_NAME, Relation
from .making import Making
from .outcome import DiffTally
from .selling import Selling, mine_of, sold_of

_SPEAKING = (Kind.PRICE, Kind.PROMO, Kind.STOCK)
_REFERRING = (Relation.NAMED, Relation.RESTRICTED)


class _References(NamedTuple):
    """What a good refers to, as the tills know it."""

    codes: tuple[str | None, str | None, str | None]  # group, unit, tax
    unknown: tuple[tuple[Kind, str], ...]
    is_plain: bool  # the same for all shops


class _Tills(NamedTuple):
    """A shop's, and what they had when the making began: no code is another item's then or later."""

    shop: Shop
    log: ShopLog
    tally: DiffTally
    has_goods: bool
    has_scales: bool

    @classmethod
    def of(cls, making: Making, shop: Shop) -> _Tills:
        log = making.logs[shop.id]
        return cls(shop, log, making.tallies[shop.id], log.has(Rank.GOOD), log.has(Rank.SCALE))

    def good(self, code: str) -> Line | None:
        return self.log.good(code) if self.has_goods else None


class PlainGoods:
    """Plain goods on their way to the tills of `shops`, in one making. Each item comes once."""

    def __init__(self, making: Making, shops: Sequence[Shop]) -> None:
        self._making = making
        self._shelves = making.shelves
        self._shops = shops
        self._alone = shops[0].id if len(shops) == 1 else CHAIN  # whose own word is as good as the chain's
        self._references: dict[tuple[str | None, str | None, str | None], _References] = {}
        self._tills = [_Tills.of(making, shop) for shop in shops]
        self._nothing: list[Line | None] = [None] * len(shops)
        self._are_new = not any(tills.has_goods for tills in self._tills)
        self._may_wait = not self._shelves.waiting.is_empty()

    def read(self, items: Sequence[str]) -> list[Good | None]:
        """Of each of `items`, which rise, the one record that says everything; None where it may be otherwise."""
        facts, index = self._shelves.facts, self._shelves.index
        alone = [item for item in items if SHARP not in item and is_short(LONGEST_NAME, item)] if self._shops else []
        for kind in _SPEAKING:
            alone = facts.without(kind, alone)
        for relation in _REFERRING:
            alone = index.without(relation, alone)
        scopes = {CHAIN, self._alone}
        found = cast("Iterable[Good | None]", facts.lone(Kind.GOOD, alone, scopes))
        goods = dict(zip(alone, found, strict=True))
        return [goods.get(item) for item in items]

    def make(self, item: str, good: Good) -> bool:
        """Makes an item as `read` has found it; whether it was plain, else nothing has happened."""
        price, code = good.price, self._shelves.codes.of(Kind.GOOD, item)
        barcodes = [barcode.code for barcode in good.barcodes]
        if price is None or price <= 0 or code is None or not self._are_its_own(item, barcodes):
            return False
        references = self._refer(good)
        if not references.is_plain:
            return False
        olds = self._nothing if self._are_new else [tills.good(code) for tills in self._tills]
        if not self._are_new and not all(self._is_free(item, barcodes, old) for old in olds):
            return False
        if references.codes != (good.group, good.unit, good.tax):
            group, unit, tax = references.codes
            good = msgspec.structs.replace(good, group=group, unit=unit, tax=tax)
        selling = self._sell(ShopGood(code, good), item, price, olds)
        self._tell_unknown(item, references)
        selling.tell()
        return True

    def _are_its_own(self, item: str, barcodes: list[str]) -> bool:
        """Whether nobody else claims one of these barcodes, and none stands here twice."""
        rivals = self._making.rivals
        for barcode in barcodes:
            if rivals.of_own(barcode, item):
                return False
        return len(barcodes) < 2 or len(set(barcodes)) == len(barcodes)

    def _is_free(self, item: str, barcodes: list[str], old: Line | None) -> bool:
        """Whether nobody else claims a barcode that the item had."""
        mine = mine_of(old, item)
        had = [] if mine is None else [barcode for barcode in mine.barcodes if barcode not in barcodes]
        return not any(self._making.rivals.of(barcode, item) for barcode in had)

    # --- references

    def _refer(self, good: Good) -> _References:
        names = (good.group, good.unit, good.tax)
        found = self._references.get(names)
        if found is None:
            found = self._references[names] = self._looked_up(names)
        return found

    def _looked_up(self, names: tuple[str | None, str | None, str | None]) -> _References:
        references, shop = self._making.references, self._shops[0].id
        named = [
            (kind, name)
            for kind, name in zip((Kind.GROUP, Kind.UNIT, Kind.TAX), names, strict=True)
            if name is not None
        ]
        is_plain = all(references.scopes(kind, name) <= {CHAIN, self._alone} for kind, name in named)
        codes = {kind: references.code(kind, name, shop) for kind, name in named}
        unknown = tuple(sorted((kind, name) for kind, name in named if codes[kind] is None))
        return _References((codes.get(Kind.GROUP), codes.get(Kind.UNIT), codes.get(Kind.TAX)), unknown, is_plain)

    def _tell_unknown(self, item: str, references: _References) -> None:
        if not references.unknown or not self._making.tells_references:
            return
        if self._making.remarks.is_full():
            self._making.remarks.count(len(references.unknown))
            return
        for kind, name in references.unknown:
            reason = Reason("catalogue.unknown-reference", good=item, kind=kind.value, reference=name)
            self._making.remarks.tell(reason, item)

    # --- the tills

    def _sell(self, noun: ShopGood, item: str, price: Decimal, olds: Sequence[Line | None]) -> Selling:
        good, till_format = noun.good, self._shelves.till_format
        command, sold, unsaid = till_format.put(noun), sold_of(item, good, price), till_format.unsupported(noun)
        selling = Selling(self._making, item, noun.code)
        for tills, old in zip(self._tills, olds, strict=True):
            if old is None:
                if self._may_wait:
                    self._shelves.waiting.good(tills.shop.id, item, waits=False)
                tills.log.add(noun.code, command, sold)
                tills.tally.add(noun.code, good.name)
                selling.unsaid.update(unsaid)
                if good.plu is not None or tills.has_scales:
                    selling.scale(tills.log, good)
                continue
            mine = mine_of(old, item)
            if mine is not None:
                tills.tally.price(noun.code, good.name, mine.asked, price)
            selling.sell(tills.shop, noun, command, price, old)
        return selling
