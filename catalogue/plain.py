"""The quick way for plain goods: of whom one record says everything, but for a price and a stock of the same scope, and
whose barcodes nobody else claims.

Most goods are plain. The joining of one does little but put the tills' codes for its group, unit and tax, so its
command is made straight from the records, once for all shops that wish the same. Whatever is not plain goes the long
way in `goods`, which does the same to a plain good, only slower; a test compares the two.

Failures: `Halt` where a stored fact or line cannot be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from ..errors import Reason
from ..model import Good, Kind, Price, Rank, Shop, ShopGood, Stock
from .changelog import Line, ShopLog, Sold
from .facts import CHAIN
from .items import SHARP
from .joining import Choice, picked, stocked
from .keys import is_short
from .links import LONGEST_NAME, Relation
from .making import Making
from .outcome import DiffTally
from .selling import Selling, mine_of, sold_of

_REFERRING = (Relation.NAMED, Relation.RESTRICTED)


class Words(NamedTuple):
    """All that is said of a plain good."""

    good: Good
    price: Price | None
    stock: Stock | None


class _References(NamedTuple):
    """What a good refers to, as the tills know it."""

    codes: tuple[str | None, str | None, str | None]  # group, unit, tax
    unknown: tuple[tuple[Kind, str], ...]
    is_plain: bool  # the same for all shops


class _Joined(NamedTuple):
    """A good as the shops of one wish sell it."""

    noun: ShopGood
    command: bytes
    sold: Sold
    unsaid: tuple[str, ...]
    first_of: int  # see Choice


class _Tills(NamedTuple):
    """A shop's, and what they had when the making began: no code is another item's then or later."""

    shop: Shop
    wish: int  # which of those that the shops have
    log: ShopLog
    tally: DiffTally
    has_goods: bool
    has_scales: bool

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
        self._wishes: list[Shop] = []  # the first shop of each wish
        self._tills = [self._tills_of(shop) for shop in shops]
        self._nothing: list[Line | None] = [None] * len(shops)
        self._are_new = not any(tills.has_goods for tills in self._tills)
        self._may_wait = not self._shelves.waiting.is_empty()

    def _tills_of(self, shop: Shop) -> _Tills:
        log, wishes = self._making.logs[shop.id], list(map(_wish, self._wishes))
        if _wish(shop) not in wishes:
            wishes.append(_wish(shop))
            self._wishes.append(shop)
        tally = self._making.tallies[shop.id]
        return _Tills(shop, wishes.index(_wish(shop)), log, tally, log.has(Rank.GOOD), log.has(Rank.SCALE))

    def read(self, items: Sequence[str]) -> list[Words | None]:
        """What is said of each of `items`, which rise; None where it may be more."""
        facts, index, scopes = self._shelves.facts, self._shelves.index, {CHAIN, self._alone}
        alone = [item for item in items if SHARP not in item and is_short(LONGEST_NAME, item)] if self._shops else []
        alone = facts.without(Kind.PROMO, alone)
        for relation in _REFERRING:
            alone = index.without(relation, alone)
        said = (facts.lone(kind, alone, scopes) for kind in (Kind.GOOD, Kind.PRICE, Kind.STOCK))
        words = {
            item: Words(good, price or None, stock or None)
            for item, good, price, stock in zip(alone, *said, strict=True)
            if isinstance(good, Good) and not (price is True or stock is True)
        }
        return [words.get(item) for item in items]

    def make(self, item: str, words: Words) -> bool:
        """Makes an item as `read` has found it; whether it was plain, else nothing has happened."""
        good, code = words.good, self._shelves.codes.of(Kind.GOOD, item)
        barcodes = [barcode.code for barcode in good.barcodes]
        if code is None or not self._are_its_own(item, barcodes):
            return False
        references = self._refer(good)
        if not references.is_plain:
            return False
        olds = self._nothing if self._are_new else [tills.good(code) for tills in self._tills]
        if not self._are_new and not all(self._is_free(item, barcodes, old) for old in olds):
            return False
        wishes = self._wishes if words.price is not None or words.stock is not None else self._wishes[:1]
        choices = [_chosen(words, shop) for shop in wishes]
        if None in choices and any(mine_of(old, item) is not None for old in olds):
            return False  # a shop sells it no more
        joined = [
            None if choice is None else self._join(item, code, words, references, choice, shop)
            for shop, choice in zip(wishes, choices, strict=True)
        ]
        selling = Selling(self._making, item, code)
        self._sell(selling, item, joined, olds)
        self._tell(selling, item, references, joined)
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

    # --- the tills

    def _join(
        self, item: str, code: str, words: Words, references: _References, choice: Choice, shop: Shop
    ) -> _Joined:
        good, till_format = words.good, self._shelves.till_format
        if words.price is not None or references.codes != (good.group, good.unit, good.tax):
            group, unit, tax = references.codes
            good = msgspec.structs.replace(
                good, price=choice.price, min_price=choice.min_price, group=group, unit=unit, tax=tax
            )
        stock = words.stock if shop.send_stock else None
        noun = ShopGood(code, good, None if stock is None else stocked(stock, shop))
        sold = sold_of(item, good, choice.price)
        return _Joined(noun, till_format.put(noun), sold, till_format.unsupported(noun), choice.first_of)

    def _sell(
        self, selling: Selling, item: str, joined: Sequence[_Joined | None], olds: Sequence[Line | None]
    ) -> None:
        for tills, old in zip(self._tills, olds, strict=True):
            one = joined[tills.wish if len(joined) > 1 else 0]
            if one is None:
                continue
            noun = one.noun
            if old is None:
                if self._may_wait:
                    self._shelves.waiting.good(tills.shop.id, item, waits=False)
                tills.log.add(noun.code, one.command, one.sold)
                tills.tally.add(noun.code, noun.good.name)
                selling.unsaid.update(one.unsaid)
                if noun.good.plu is not None or tills.has_scales:
                    selling.scale(tills.log, noun.good)
                continue
            mine = mine_of(old, item)
            if mine is not None:
                tills.tally.price(noun.code, noun.good.name, mine.asked, one.sold.asked)
            selling.sell(tills.shop, noun, one.command, one.sold.asked, old)

    # --- what people are told

    def _tell(
        self, selling: Selling, item: str, references: _References, joined: Sequence[_Joined | None]
    ) -> None:
        making, sold = self._making, [one for one in joined if one is not None]
        if sold and references.unknown and making.tells_references:
            self._tell_unknown(item, references)
        selling.tell()
        unasked = max((one.first_of for one in sold), default=1)
        if unasked > 1:
            making.price_types.add(unasked)
        if len(sold) < len(joined) and not making.gatherer.has_variants(item):
            making.unsold.add(item)

    def _tell_unknown(self, item: str, references: _References) -> None:
        if self._making.remarks.is_full():
            self._making.remarks.count(len(references.unknown))
            return
        for kind, name in references.unknown:
            reason = Reason("catalogue.unknown-reference", good=item, kind=kind.value, reference=name)
            self._making.remarks.tell(reason, item)


def _wish(shop: Shop) -> object:
    """What a plain good's command depends on besides what is said of it."""
    return shop.price_type, shop.warehouses, shop.send_stock


def _chosen(words: Words, shop: Shop) -> Choice | None:
    """As `joining.choose`; None where it is not sold."""
    good, price = words.good, words.price
    if price is None:
        return None if good.price is None or good.price <= 0 else Choice(good.price, good.min_price)
    choice = picked(price, shop)
    if choice is None or choice.price <= 0:
        return None
    return choice if choice.min_price is not None else choice._replace(min_price=good.min_price)
