"""What a shop's tills are told of an item that they sell, or sell no more.

The difference of two commands is told before whatever gains from it: barcodes that left a good, goods that are gone.

Failures: `Halt` where a stored line cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from ..errors import Reason
from ..model import ExtraPrice, Gone, Good, Rank, Shop, ShopGood, ShopScale
from .changelog import AFTER_ALL, Line, ShopLog, Sold
from .keys import Key
from .making import Making

Prices = tuple[Decimal, Decimal | None, tuple[ExtraPrice, ...]]


class Selling:
    """One item at the tills of the shops, one after the other."""

    def __init__(self, making: Making, item: str, code: str) -> None:
        self._making = making
        self._shelves = making.shelves
        self._item = item
        self._code = code
        self.unsaid: set[str] = set()  # fields that no command can say

    def sell(self, shop: Shop, noun: ShopGood, command: bytes, asked: Decimal, old: Line | None) -> None:
        """`command` says `noun`, whose price is `asked` for; `old` is what the tills have under the code."""
        log, mine = self._making.logs[shop.id], mine_of(old, self._item)
        waits = mine is not None and not shop.prices_open and _prices_of(mine) != _prices(noun.good)
        if mine is not None and waits:
            noun = _with_prices(noun, mine)
            command = self._shelves.till_format.put(noun)
        self._shelves.waiting.good(shop.id, self._item, waits)
        if self._tell(log, sold_of(self._item, noun.good, asked), command, old):
            self._count(shop, noun.good.name, mine)
            self.unsaid.update(self._shelves.till_format.unsupported(noun))
        self.scale(log, noun.good)

    def withdraw(self, shop: Shop, old: Line, mine: Sold) -> None:
        """A deleted good takes its extra prices along, so their tombstones go too."""
        log = self._making.logs[shop.id]
        self._shelves.waiting.good(shop.id, self._item, waits=False)
        self._bury_barcodes(log, mine.barcodes)
        for code in mine.left:
            log.lift(self._extra_price(code))
        command = self._shelves.till_format.gone(Gone.GOOD, (self._code,))
        log.tombstone((Gone.GOOD.value, self._code), command)
        log.erase((int(Rank.GOOD), self._code), old)
        self.scale(log, None)
        self._making.tallies[shop.id].delete(self._code, mine.name)

    def tell(self) -> None:
        """One warning for all shops of what their tills cannot be told."""
        if self.unsaid:
            fields = ", ".join(sorted(self.unsaid))
            reason = Reason("catalogue.till-cannot-say", key=self._item, fields=fields)
            self._making.remarks.tell(reason, self._item)

    def scale(self, log: ShopLog, good: Good | None) -> None:
        """The good's number on the scales is a line of its own."""
        key: Key = (int(Rank.SCALE), self._code)
        old = log.line(key)
        if good is not None and good.plu is not None:
            command = self._shelves.till_format.put(ShopScale(self._code, good.plu))
            if old is None or old.command != command:
                log.write(key, Line(0, command), old)
        elif old is not None:
            command = self._shelves.till_format.gone(Gone.SCALE, (self._code,))
            log.tombstone((Gone.SCALE.value, self._code), command)
            log.erase(key, old)

    def _tell(self, log: ShopLog, sold: Sold, command: bytes, old: Line | None) -> bool:
        """Whether the tills had to be told anything."""
        key: Key = (int(Rank.GOOD), self._code)
        before = old.sold if old is not None else None
        if before is not None:
            self._bury_barcodes(log, [code for code in before.barcodes if code not in sold.barcodes])
            sold = msgspec.structs.replace(sold, left=self._extra_prices_left(log, before, sold))
        line = Line(0, command, sold)
        if old is None or _says_more(old, line):
            log.write(key, line, old)
            self._bury_extra_prices(log, sold)
            return True
        if before != sold:
            log.keep(key, msgspec.structs.replace(line, revision=old.revision))
        return False

    def _bury_barcodes(self, log: ShopLog, barcodes: Iterable[str]) -> None:
        for barcode in barcodes:
            command = self._shelves.till_format.gone(Gone.BARCODE, (barcode,))
            log.tombstone((Gone.BARCODE.value, barcode), command)

    def _extra_prices_left(self, log: ShopLog, before: Sold, sold: Sold) -> tuple[int, ...]:
        """The codes of prices that have tombstones from now on; those that came back have none any more."""
        had, has = ({extra.code for extra in prices} for prices in (before.extra_prices, sold.extra_prices))
        for code in has & set(before.left):
            log.lift(self._extra_price(code))
        return tuple(sorted((had | set(before.left)) - has))

    def _bury_extra_prices(self, log: ShopLog, sold: Sold) -> None:
        """Told anew whenever the good is, and after it: see `changelog` for why."""
        main = sold.barcodes[0] if sold.barcodes else self._code
        for code in sold.left:
            command = self._shelves.till_format.gone(Gone.EXTRA_PRICE, (main, str(code)))
            log.tombstone(self._extra_price(code), command, AFTER_ALL)

    def _extra_price(self, code: int) -> Key:
        """The key of its tombstone."""
        return Gone.EXTRA_PRICE.value, self._code, str(code)

    def _count(self, shop: Shop, name: str, mine: Sold | None) -> None:
        tally = self._making.tallies[shop.id]
        if mine is None:
            tally.add(self._code, name)
        else:
            tally.change()


def mine_of(old: Line | None, item: str) -> Sold | None:
    """What a line says of `item`; None where it is another's, or there is none."""
    return old.sold if old is not None and old.sold is not None and old.sold.item == item else None


def sold_of(item: str, good: Good, asked: Decimal) -> Sold:
    barcodes = tuple([barcode.code for barcode in good.barcodes])
    price, min_price, extra_prices = _prices(good)
    return Sold(item, good.name, barcodes, price, min_price, extra_prices, asked)


def _says_more(old: Line, new: Line) -> bool:
    """Whether tills must be told: the bytes differ, or what they leave out does."""
    if old.sold is None or new.sold is None or old.command != new.command:
        return True
    return (old.sold.barcodes, old.sold.extra_prices, old.sold.left) != (
        new.sold.barcodes,
        new.sold.extra_prices,
        new.sold.left,
    )


def _prices(good: Good) -> Prices:
    return good.price or Decimal(0), good.min_price, good.extra_prices


def _prices_of(sold: Sold) -> Prices:
    return sold.price, sold.min_price, sold.extra_prices


def _with_prices(noun: ShopGood, sold: Sold) -> ShopGood:
    """`noun` with the prices that its tills have already."""
    good = msgspec.structs.replace(
        noun.good, price=sold.price, min_price=sold.min_price, extra_prices=sold.extra_prices
    )
    return msgspec.structs.replace(noun, good=good)
